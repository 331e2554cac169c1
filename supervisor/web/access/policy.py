"""Which requests of browsers are meant by the person in front of them.

A browser sends whatever any page asks it to send, from inside the network and with the passwords
it knows. What it adds by itself tells the difference: pages cannot set Sec-Fetch-*, Origin, Referer
or Host. Plain clients add nothing of that, and are never refused here.
"""

from supervisor.enums import Enum
from supervisor.hints import Iterable
from supervisor.sockets import socket
from supervisor.web.gate import looks_like_browser
from supervisor.web.messages import Request, Response

_SAFE_METHODS = ("GET", "HEAD")
_OWN_SITES = ("same-origin", "none")
"""Values of Sec-Fetch-Site: from one of our pages, or from the person in front of the browser."""

_PREFETCHERS = (b"purpose", b"sec-purpose", b"x-moz", b"x-purpose")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


class Verdict(Enum):
    """What becomes of an action that a link asks for."""

    ACT = "a plain client asks for it: do it"
    ASK = "a person may have clicked on it: show what it does, with a form to do it"
    REFUSE = "a page of somebody else asks for it, or nobody does: a browser prefetches"


def judge_action(request: Request, allowed: Iterable[str] = ()) -> Verdict:
    """Whether an action may be done that is asked for without the token of a form.

    Links of old, such as ``index.html?action=stopall``, are used by scripts: those go on working.
    `allowed` are patterns of hosts whose pages are ours, too.
    """
    if not looks_like_browser(request):
        agent = request.header(b"user-agent") or ""
        # Crawlers and readers of links call themselves so; PowerShell, which scripts use, does too.
        is_robot = agent.startswith("Mozilla/") and "PowerShell" not in agent
        return Verdict.ASK if is_robot else Verdict.ACT
    if is_foreign(request, allowed) or _is_prefetch(request):
        return Verdict.REFUSE
    return Verdict.ASK


def is_foreign(request: Request, allowed: Iterable[str] = ()) -> bool:
    """Whether a page of somebody else made the browser send it.

    `allowed` are patterns of hosts, as configured, whose pages are ours, too.
    """
    site = request.header(b"sec-fetch-site")
    if site is not None:
        return site not in _OWN_SITES and not _comes_from(request, allowed)
    for name in (b"origin", b"referer"):
        source = request.header(name)
        if source is not None:
            return not _is_own(source, request) and not _comes_from(request, allowed)
    return False


def why_not(request: Request, allowed: Iterable[str]) -> Response | None:
    """The refusal of what must not come from the page of somebody else, None if it may go on.

    Links from elsewhere may be followed: only what changes something, and what a page loads
    without showing it, has to come from our own pages.
    """
    if request.method in _SAFE_METHODS:
        mode = request.header(b"sec-fetch-mode")
        if mode is None or mode == "navigate":
            return None
    if not is_foreign(request, allowed):
        return None
    return refusal(
        403,
        "supervisord has refused this request: it comes from a page of another site, and nothing"
        " was done.\nIf that site is yours, such as a proxy in front of supervisord, name it in"
        " allowed_hosts of the server's section.\n",
    )


def why_misdirected(request: Request, names: Iterable[str]) -> Response | None:
    """The refusal of a browser that was led here by a name which is not ours (DNS rebinding).

    Names of other sites can be made to lead here; addresses cannot. None if the host is fine.
    """
    host = _host_of(request.header(b"host") or "")
    if not host or _is_address(host) or host == "localhost" or host.endswith(".localhost"):
        return None
    if _matches(host, names):
        return None
    shown = ascii(host[:100])
    return refusal(
        421,
        f"supervisord does not know itself by the name {shown}, so it does not answer browsers that"
        " use it: such a name may belong to a hostile site.\nUse its address, or put the name into"
        " allowed_hosts of the server's section. Servers with users answer to any name.\n",
    )


def refusal(status: int, text: str) -> Response:
    """A refusal in clear words; the connection ends with it."""
    headers = (("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store"))
    body = text.encode("utf-8")
    return Response(status, "text/plain;charset=utf-8", body, headers, closes=True)


def _is_prefetch(request: Request) -> bool:
    return any(name in _PREFETCHERS for name, _ in request.headers)


def _comes_from(request: Request, allowed: Iterable[str]) -> bool:
    """Whether the page that sent it says that it is on an allowed host, over HTTP or HTTPS."""
    source = request.header(b"origin") or request.header(b"referer") or ""
    _, colon, rest = source.partition("://")
    return bool(colon) and _matches(_host_of(rest.partition("/")[0]), allowed)


def _is_own(source: str, request: Request) -> bool:
    """Whether an Origin or Referer is the host and port that the browser has asked.

    Proxies tell by X-Forwarded-Host what they were asked; a page of another site cannot set it.
    """
    scheme, colon, rest = source.partition("://")
    port = _DEFAULT_PORTS.get(scheme.lower())
    if not colon or port is None:
        return False
    own = _with_port(rest.partition("/")[0], port)
    asked = (request.header(b"host"), request.header(b"x-forwarded-host"))
    return own in [_with_port(each, port) for each in asked if each]


def _with_port(host: str, default: str) -> tuple[str, str]:
    name = _host_of(host)
    port = host.strip().rpartition(":")[2]
    return name, port if port.isdigit() and not host.endswith("]") else default


def _host_of(value: str) -> str:
    """The name in a Host header or an origin: lower case, without port, brackets and last dot."""
    value = value.strip().lower()
    if value.startswith("["):
        return value[1:].partition("]")[0]
    return value.partition(":")[0].rstrip(".")


def _is_address(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except OSError:
            continue
        return True
    return False


def _matches(host: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns is that name, or ``*.`` and one of the names that end it."""
    return any(
        host.endswith(pattern[1:]) and len(host) >= len(pattern)
        if pattern.startswith("*.")
        else host == pattern
        for pattern in patterns
    )
