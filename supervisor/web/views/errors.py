"""Pages that say what went wrong: what happened, what was not done, and what to do next."""

from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Sequence
from supervisor.states import SupervisorStates
from supervisor.tuples import NamedTuple
from supervisor.web.messages import REASONS, Request, Response, error_response
from supervisor.web.site import Site
from supervisor.web.views import layout
from supervisor.web.views.back import HOME, to_root
from supervisor.web.views.kit import NOTHING, Template, joined

_ERROR = Template("error.html")


class Trouble(NamedTuple):
    """What an error page says."""

    status: int
    headline: str
    text: str
    """Whole sentences."""
    facts: tuple[tuple[str, str], ...] = ()
    """What else is known: (what, value)."""
    again: str = ""
    """Where to try again; empty if that is of no use."""
    headers: tuple[tuple[str, str], ...] = ()


def wants_html(request: Request) -> bool:
    """Whether a person is going to read the answer: browsers say that they take HTML."""
    return "text/html" in (request.header(b"accept") or "").lower()


def page(request: Request, site: Site, trouble: Trouble) -> Response:
    """The error page; for clients that are no browsers the short one that they know."""
    if not wants_html(request):
        return error_response(trouble.status, trouble.headers)
    reason = REASONS[trouble.status]
    facts = joined(_ERROR["fact"](what=what, value=value) for what, value in trouble.facts)
    main = _ERROR["page"](
        code=f"{trouble.status} {reason}",
        headline=trouble.headline,
        text=trouble.text,
        facts=_ERROR["facts"](fact=facts) if facts else NOTHING,
        again=_ERROR["again"](address=trouble.again) if trouble.again else NOTHING,
        home=to_root(request) + HOME,
    )
    frame = layout.Page(
        trouble.headline, main_class="small", status=trouble.status, headers=trouble.headers
    )
    return layout.answer(site, request, frame, main)


def not_found(request: Request, site: Site) -> Response:
    """There is no such page."""
    # Everything but reading has always been refused as a bad request.
    status = 404 if request.method in ("GET", "HEAD") else 400
    return page(
        request,
        site,
        Trouble(
            status,
            "There is no such page",
            "The address may be mistyped, or of another program. "
            "All pages are reached from the list of processes.",
            (("Address", request.path),),
        ),
    )


def wrong_method(request: Request, site: Site, methods: Sequence[str]) -> Response:
    """A page was asked for in a way that it has no answer to."""
    return page(
        request,
        site,
        Trouble(
            405,
            "That is not how this page is used",
            f"It takes {' and '.join(methods)}. Nothing was done. "
            "Go back, and use the buttons of the page.",
            headers=(("Allow", ", ".join(methods)),),
        ),
    )


def no_such_process(request: Request, site: Site, name: str) -> Response:
    """A page was asked for of a process that there is not, or not for this caller."""
    return page(
        request,
        site,
        Trouble(
            404,
            "There is no such process",
            "It may have been removed from the configuration, or its name is mistyped. "
            "The list of processes has all that there are.",
            (("Name", name),),
        ),
    )


def leaving(request: Request, site: Site, wanted: str = "") -> Response:
    """The daemon is shutting down or restarting: it takes no orders."""
    restarts = site.services.control.mood() == SupervisorStates.RESTARTING
    return page(
        request,
        site,
        Trouble(
            503,
            "The daemon is restarting" if restarts else "The daemon is shutting down",
            "It stops its processes, then it "
            f"{'starts anew' if restarts else 'ends'}. Until then it takes no orders.",
            (("You wanted", f"{wanted} (not done)"),) if wanted else (),
            again="?",
            headers=(("Retry-After", "5"),),
        ),
    )


def refusal(request: Request, site: Site, refused: RequestRefused, wanted: str) -> Response:
    """What was asked for is refused: to this caller, or just now."""
    if refused.fault == Fault.SHUTDOWN_STATE:
        return leaving(request, site, wanted)
    if refused.fault == Fault.FORBIDDEN:
        return page(
            request,
            site,
            Trouble(
                403,
                "You may not do that",
                "Ask whoever looks after this daemon for the right to do it; "
                "rights are given in the [user:NAME] sections of its configuration.",
                (("You wanted", f"{wanted} (not done)"), ("Why not", refused.text)),
            ),
        )
    return page(
        request,
        site,
        Trouble(
            400,
            "That cannot be done",
            "Nothing was changed.",
            (("You wanted", wanted), ("Why not", refused.text)),
        ),
    )
