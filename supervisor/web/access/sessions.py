"""Sessions: who has signed in by the page is known by a cookie from then on.

The cookie is a random text that nothing can be read from; what it stands for is here, and gone with
the daemon. A session ends when it has not been used for long, when it is old, when its owner signs
out, when his user is changed, or when there are too many: then the one that has not been used for
longest.
"""

import re

from supervisor.core.component import Clock
from supervisor.hints import Callable
from supervisor.rpc.caller import Caller
from supervisor.web.access.digests import keyed_digest, random_key, random_text
from supervisor.web.messages import Request

IDLE_S = 12 * 60 * 60.0
"""A session that has not been used for so long is over."""
AGE_S = 7 * 24 * 60 * 60.0
"""A session that is so old is over, used or not."""
SESSIONS_MAX = 1000
"""On one server; one more ends the one that has not been used for longest."""
SESSIONS_PER_USER_MAX = 50
"""Of one user: nobody can sign the others out by signing in all the time."""


class Session:
    """Somebody who has signed in."""

    __slots__ = ("born_s", "caller", "used_s")

    def __init__(self, caller: Caller, now_s: float) -> None:
        self.caller = caller
        self.born_s = self.used_s = now_s

    def is_over(self, now_s: float) -> bool:
        """Whether it has lasted long enough."""
        return now_s - self.used_s > IDLE_S or now_s - self.born_s > AGE_S


class SessionStore:
    """The sessions of one server.

    `cookie` is the name of its cookie: browsers do not tell the ports of a machine apart.
    """

    __slots__ = ("_clock", "_cookie", "_key", "_pattern", "_sessions")

    def __init__(self, clock: Clock, cookie: str) -> None:
        self._clock = clock
        self._cookie = cookie
        self._pattern = re.compile(
            rf"(?:^|;)\s*{re.escape(cookie)}=([A-Za-z0-9_-]{{1,128}})\s*(?=;|$)"
        )
        self._key = random_key()
        # By a digest of the cookie: how long a look takes tells nothing about what is in here.
        self._sessions: dict[bytes, Session] = {}
        """In the order in which they were used."""

    def __len__(self) -> int:
        return len(self._sessions)

    def id_of(self, request: Request) -> str:
        """The cookie that the request came with, '' without one. Others than ours may be there."""
        header = request.header(b"cookie")
        found = None if header is None else self._pattern.search(header)
        return "" if found is None else found[1]

    def caller_of(self, request: Request) -> Caller | None:
        """Who has signed in with the cookie of the request; this use keeps the session alive."""
        cookie = self.id_of(request)
        if not cookie:
            return None
        key = keyed_digest(self._key, cookie)
        session = self._sessions.pop(key, None)
        now_s = self._clock.now().mono_s
        if session is None or session.is_over(now_s):
            return None
        session.used_s = now_s
        self._sessions[key] = session
        return session.caller

    def open(self, request: Request, caller: Caller) -> str:
        """Begin a session with a cookie of its own; value of the Set-Cookie header.

        A cookie that was there before is never used on: somebody else may know it.
        """
        self._forget(request)
        now_s = self._clock.now().mono_s
        self._make_room(caller.name, now_s)
        cookie = random_text()
        opened = Session(caller._replace(how="session"), now_s)
        self._sessions[keyed_digest(self._key, cookie)] = opened
        return self._header(request, cookie, "")

    def close(self, request: Request) -> str:
        """End the session of the request; value of the Set-Cookie header that forgets it."""
        self._forget(request)
        return self._header(request, "", "; Max-Age=0")

    def retain(self, counts: Callable[[Caller], bool]) -> None:
        """End the sessions of all others."""
        for key in [key for key, each in self._sessions.items() if not counts(each.caller)]:
            del self._sessions[key]

    def _forget(self, request: Request) -> None:
        self._sessions.pop(keyed_digest(self._key, self.id_of(request)), None)

    def _make_room(self, name: str, now_s: float) -> None:
        for key in [key for key, each in self._sessions.items() if each.is_over(now_s)]:
            del self._sessions[key]
        own = [key for key, each in self._sessions.items() if each.caller.name == name]
        if len(own) >= SESSIONS_PER_USER_MAX:
            del self._sessions[own[0]]
        elif len(self._sessions) >= SESSIONS_MAX:
            del self._sessions[next(iter(self._sessions))]

    def _header(self, request: Request, value: str, more: str) -> str:
        # A proxy in front of us says how it was asked; whoever else says so harms himself alone.
        by_proxy = request.header(b"x-forwarded-proto") == "https"
        secure = "; Secure" if request.is_secure or by_proxy else ""
        return f"{self._cookie}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}"
