"""What all pages have around them: head, navigation, notice, foot; and the headers they have."""

from supervisor.rpc.caller import Role
from supervisor.rpc.ports import Services
from supervisor.tuples import NamedTuple
from supervisor.web.access.headers import PAGE_HEADERS
from supervisor.web.gate import NOBODY
from supervisor.web.messages import Request, Response
from supervisor.web.site import Site
from supervisor.web.views import notice, statics, theme, words
from supervisor.web.views.arguments import query_arguments
from supervisor.web.views.back import HOME, here, to_root
from supervisor.web.views.kit import NOTHING, Html, Template, attributes

HTML = "text/html;charset=utf-8"

NO_CACHE = (
    ("Pragma", "no-cache"),
    ("Cache-Control", "no-cache"),
    ("Expires", "Thu, 01 Jan 1970 00:00:00 GMT"),
)
"""Headers of a page, which is made anew for each request."""

REFRESH_S_MIN, REFRESH_S_MAX = 2, 24 * 60 * 60

_FRAME = Template("frame.html")
_MAIN = Html("\ufdd0")
"""Where the frame is cut in two; no escaped text contains it."""

_MAY = {Role.READ: "may look", Role.OPERATE: "may operate", Role.ADMIN: "may do everything"}


class Page(NamedTuple):
    """What a view says about its page, besides what is on it."""

    title: str
    """What it is about, such as ``web:api – Fatal``; the identifier follows."""
    nav: str = ""
    """The entry of the navigation that it is: processes, events or log."""
    main_class: str = "wrap"
    """``wrap`` for the full width, ``small`` for one card."""
    live: str = ""
    """Query of its live stream, such as ``page=status``; empty if it has none."""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


def answer(site: Site, request: Request, page: Page, main: Html) -> Response:
    """A complete page with that content."""
    before, after = around(site, request, page)
    body = f"{before}{main}{after}".encode()
    return Response(page.status, HTML, body, headers_of(request, page))


def around(site: Site, request: Request, page: Page) -> tuple[Html, Html]:
    """The HTML before and after the content, for pages that are sent piece by piece."""
    chosen = theme.theme_of(request)
    back, root = here(request.path, request.query), to_root(request)
    is_known = request.caller is not NOBODY
    whole = _FRAME["page"](
        title=full_title(site.services, page.title) if is_known else f"{page.title} – Supervisor",
        theme=attributes(data_theme=chosen or False),
        css=statics.version("supervisor.css"),
        js=statics.version("live.js"),
        root=root,
        home=root + HOME,
        # Strangers are shown how to sign in, and nothing of what is behind that.
        nav=_nav(request, page, root) if is_known else NOTHING,
        state=_state(site, page, root + back) if is_known else NOTHING,
        who=_who(request),
        leave=_leave(site, request, root),
        back=back,
        next_theme=theme.next_theme(chosen),
        main_class=page.main_class,
        note=_note(site, request, back) if is_known else NOTHING,
        main=_MAIN,
        foot=_foot(site, request, root, root + back) if is_known else NOTHING,
        keys=_FRAME["keys"]() if is_known else NOTHING,
    )
    before, _, after = ("<!DOCTYPE html>\n" + whole).partition(_MAIN)
    return Html(before), Html(after)


def full_title(services: Services, title: str) -> str:
    """What the browser calls a page: what it is about comes first, for narrow tabs."""
    return f"{title} – {services.identity.identifier}"


def headers_of(request: Request, page: Page) -> tuple[tuple[str, str], ...]:
    """Headers of a page: those of its own, and how to keep it."""
    seconds = refresh_s(request)
    refresh = (("Refresh", str(seconds)),) if seconds and page.status == 200 else ()
    return (*page.headers, *PAGE_HEADERS, *NO_CACHE, *refresh)


def refresh_s(request: Request) -> int:
    """Seconds after which a browser without the script loads the page again; 0 for never."""
    asked = query_arguments(request).get("refresh", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 6):
        return 0
    seconds = int(asked)
    return min(max(seconds, REFRESH_S_MIN), REFRESH_S_MAX) if seconds else 0


def _with_refresh(address: str, seconds: int) -> str:
    name, _, query = address.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith("refresh=")]
    if seconds:
        kept.append(f"refresh={seconds}")
    return f"{name}?{'&'.join(kept)}"


def _nav(request: Request, page: Page, root: str) -> Html:
    on = {
        f"on_{entry}": attributes(aria_current="page") if entry == page.nav else NOTHING
        for entry in ("processes", "events", "log")
    }
    # It tells about all programs: not for those who see only some.
    log = _FRAME["main_log"](root=root, on_log=on.pop("on_log"))
    shown = NOTHING if request.caller.programs else log
    return _FRAME["nav"](root=root, home=root + HOME, main_log=shown, **on)


def _state(site: Site, page: Page, back: str) -> Html:
    now = site.services.clock.now().wall_s
    return _FRAME["state"](
        now=words.clock_time(now),
        now_utc=words.machine_time(now),
        reload=back,
        live=_FRAME["live"](source=f"live?{page.live}") if page.live else NOTHING,
    )


def _foot(site: Site, request: Request, root: str, back: str) -> Html:
    every_s = refresh_s(request)
    return _FRAME["foot"](
        version=site.services.identity.version,
        root=root,
        every=_with_refresh(back, 0 if every_s else 10),
        every_words="Stop reloading" if every_s else "Reload every 10 seconds",
    )


def _who(request: Request) -> Html:
    caller = request.caller
    if not caller.name:
        return NOTHING
    return _FRAME["who"](name=f"{caller.name}, {_MAY[caller.role]}")


def _leave(site: Site, request: Request, root: str) -> Html:
    if request.caller.how != "session":
        return NOTHING
    return _FRAME["leave"](root=root, token=site.forms.token(request))


def _note(site: Site, request: Request, back: str) -> Html:
    said = notice.read(site.services.clock.now().wall_s, request)
    if said is None:
        return NOTHING
    return _FRAME["note"](
        kind="note" if said.is_good else "note err",
        icon="ok" if said.is_good else "bad-exit",
        text=said.text,
        at=words.clock_time(said.wall_s),
        at_utc=words.machine_time(said.wall_s),
        dismiss=back,
    )
