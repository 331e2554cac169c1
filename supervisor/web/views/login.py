"""Signing in and out, on servers that ask who somebody is."""

from supervisor.web.gate import NOBODY
from supervisor.web.messages import Answer, Later, Request, Response
from supervisor.web.site import SignedIn, Site
from supervisor.web.views import errors, layout
from supervisor.web.views.actions import go_to
from supervisor.web.views.arguments import arguments
from supervisor.web.views.back import HOME, here, way_back
from supervisor.web.views.kit import NOTHING, Template

_LOGIN = Template("login.html")


def is_stranger(request: Request) -> bool:
    """Whether somebody has yet to say who he is."""
    return request.caller is NOBODY


def invite(request: Request, site: Site) -> Response:
    """The page to sign in, in place of any other."""
    return _page(request, site, here(request.path, request.query))


def sign_in(request: Request, site: Site) -> Answer:
    """``/sign-in``: name and password of the form."""
    said = arguments(request)
    back = way_back(said.get("back", ""))
    name = said.get("user", "")
    if request.method != "POST":
        return _page(request, site, HOME) if is_stranger(request) else go_to(HOME)
    if not site.server.has_users:
        return go_to(back)
    promised = site.sessions.sign_in(request, name, said.get("password", ""))
    later = Later(promised.abandon)

    def tell(outcome: SignedIn | str) -> None:
        if isinstance(outcome, str):
            later.resolve(_page(request, site, back, outcome, name))
        else:
            answer = go_to(back)
            cookie = (("Set-Cookie", outcome.cookie),)
            later.resolve(answer._replace(headers=answer.headers + cookie))

    promised.then(lambda known: tell(known.result()))
    return later


def sign_out(request: Request, site: Site) -> Response:
    """``/logout``: end the session."""
    why = site.forms.check(request, arguments(request).get("token", ""))
    if why is not None:
        trouble = errors.Trouble(403, "This form cannot be believed", why, again=HOME)
        return errors.page(request, site, trouble)
    answer = go_to(HOME)
    cookie = (("Set-Cookie", site.sessions.sign_out(request)),)
    return answer._replace(headers=answer.headers + cookie)


def _page(request: Request, site: Site, back: str, problem: str = "", name: str = "") -> Response:
    main = _LOGIN["page"](
        identifier=site.services.identity.identifier,
        back=back,
        user=name,
        problem=_LOGIN["problem"](text=problem) if problem else NOTHING,
    )
    page = layout.Page("Sign in", main_class="small", status=401)
    return layout.answer(site, request, page, main)
