"""At the gate of a server: who calls, and may this be answered at all? Asked before a body is read.

What most daemons need is here: servers that ask nobody, and plain clients with the one user name
and password of the server. Whatever else there is to judge (users, tokens, sessions, wrong
credentials, anything that a browser sends) is the business of `web.access`, which is loaded by the
first request that needs it.
"""

from supervisor.hints import Callable, Final, Protocol
from supervisor.rpc.caller import ANYBODY, Caller, Role
from supervisor.web.messages import Later, Request, Response

NOBODY: Final = Caller("", Role.READ, ("",), "nobody")
"""Whoever has yet to say who he is. No process is his; he is shown the page to sign in, if any."""

GO_ON: Final = Response(100, "", b"")
"""What a `Later` of a gate is resolved with for a request that may go on."""

Verdict = Response | Later | None
"""The answer of a gate: a refusal, one to come (or GO_ON), or None to go on."""

Gate = Callable[[Request, int | None], Verdict]
"""Judges a request whose head has come, and sets its `caller`; with the uid of a local peer."""

Holds = Callable[[Caller, int | None], bool]
"""Whether somebody who came in, with the uid of a local peer, would be let in as the same now."""

Authenticator = Callable[[str | None], bool]
"""Tells from the value of the Authorization header, if there is one, whether it may come in."""

_BROWSERS: Final = frozenset(
    {
        b"accept-language",
        b"cookie",
        b"origin",
        b"purpose",
        b"referer",
        b"sec-fetch-dest",
        b"sec-fetch-mode",
        b"sec-fetch-site",
        b"sec-purpose",
        b"upgrade-insecure-requests",
        b"x-moz",
        b"x-purpose",
    }
)
"""Headers of browsers. Each browser sends Accept-Language at least, and no page can keep it from
doing so; plain clients send none of them unless they are told to."""


class Judge(Protocol):
    """What `web.access` knows of one server."""

    def may_try(self, request: Request) -> bool:
        """Whether a password is looked at at all: it is not after too many wrong ones."""
        ...

    def admit(self, request: Request, uid: int | None) -> Verdict:
        """Whether somebody may come in who has to say who he is. Sets the caller."""
        ...

    def why_foreign(self, request: Request) -> Response | None:
        """The refusal of what a browser sends on behalf of somebody else's page."""
        ...

    def holds(self, caller: Caller, uid: int | None) -> bool:
        """Whether somebody who came in would be let in as the same now."""
        ...


class ServerGate:
    """The gate of one server.

    `quick` knows the one user name and password, if there is just that; `is_open` says that nobody
    is asked.
    """

    __slots__ = ("_admin", "_is_open", "_judge", "_made", "_quick")

    def __init__(
        self,
        judge: Callable[[], Judge],
        *,
        is_open: bool = True,
        quick: Authenticator | None = None,
        username: str = "",
    ) -> None:
        self._judge = judge
        self._made: Judge | None = None
        self.change(is_open=is_open, quick=quick, username=username)

    def change(
        self, *, is_open: bool, quick: Authenticator | None = None, username: str = ""
    ) -> None:
        """Ask for something else from now on: whoever came in by `quick` is a stranger then."""
        self._is_open = is_open
        self._quick = quick
        self._admin = Caller(username, Role.ADMIN, (), "password")

    def holds(self, caller: Caller, uid: int | None) -> bool:
        """Whether somebody who came in would be let in as the same now."""
        if caller.how == "open":
            return self._is_open
        # Who has yet to say who he is may do nothing that he may not now.
        if caller is self._admin or caller is NOBODY:
            return True
        return self._made is not None and self._made.holds(caller, uid)

    def __call__(self, request: Request, uid: int | None) -> Verdict:
        """Judge a request."""
        if self._is_open:
            request.caller = ANYBODY
        elif self._is_admin(request):
            request.caller = self._admin
        else:
            return self._late().admit(request, uid)
        return self._late().why_foreign(request) if looks_like_browser(request) else None

    def _is_admin(self, request: Request) -> bool:
        if self._quick is None or (self._made is not None and not self._made.may_try(request)):
            # Nobody has failed as long as there was nothing to judge.
            return False
        return self._quick(request.header(b"authorization"))

    def _late(self) -> Judge:
        if self._made is None:
            self._made = self._judge()
        return self._made


def looks_like_browser(request: Request) -> bool:
    """Whether a browser sent it. User-Agent tells nothing: scripts and pages choose it freely."""
    for name, _ in request.headers:  # noqa: SIM110 - asked for each request: a third of the time
        if name in _BROWSERS:
            return True
    return False
