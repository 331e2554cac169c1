"""Signing in and out, on servers that ask who somebody is."""

from supervisor.web.messages import Answer, Handler, Later, Request, Response
from supervisor.web.site import SignedIn, Site
from supervisor.web.views import errors, layout, statics, theme
from supervisor.web.views.actions import go_to
from supervisor.web.views.arguments import arguments
from supervisor.web.views.back import HOME, came_from, here, to_root, way_back
from supervisor.web.views.kit import NOTHING, Template

_LOGIN = Template("login.html")
_CHALLENGE = (("WWW-Authenticate", 'Form realm="default"'),)
"""No scheme that a browser knows: it would ask in a window of its own, in front of the page."""

OVER = (
    "Your session is over, so nothing was done. Sign in: you come back to where you were, and can"
    " do it again."
)


def make_sign_in(site: Site) -> Handler:
    """The handler of those who have yet to say who they are: whatever they ask for, they are asked.

    Only the files that this page consists of are there for them, too.
    """

    def answer(request: Request) -> Answer:
        path = request.path.lstrip("/")
        if path == "sign-in" and request.method == "POST":
            return sign_in(request, site)
        if path == "theme" and request.method == "POST":
            return theme.choose(request)
        if path in statics.FILES:
            return statics.serve(request)
        if request.method == "POST":
            # Whoever sends one of our forms was known when he was given it.
            back = came_from(request) if request.header(b"referer") else _said_back(request)
            return _page(request, site, back, OVER)
        return _page(request, site, here(request.path, request.query))

    return answer


def sign_in(request: Request, site: Site) -> Answer:
    """``/sign-in``: name and password of the form; who is known may become somebody else."""
    said = arguments(request)
    back = way_back(said.get("back", ""))
    name = said.get("user", "")
    if request.method != "POST":
        return go_to(HOME)
    if not site.server.has_users():
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


def _said_back(request: Request) -> str:
    return way_back(arguments(request).get("back", ""))


def _page(request: Request, site: Site, back: str, problem: str = "", name: str = "") -> Response:
    main = _LOGIN["page"](
        root=to_root(request),
        back=back,
        user=name,
        problem=_LOGIN["problem"](text=problem) if problem else NOTHING,
    )
    page = layout.Page("Sign in", main_class="small", status=401, headers=_CHALLENGE)
    return layout.answer(site, request, page, main)
