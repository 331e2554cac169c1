"""Users: their secrets, and which of them somebody has just proved to be.

Whoever has proved it carries a mark of his user and of what he gave: it counts no more when that
user is gone, may do something else, or has another secret.
"""

from supervisor.hints import Callable, Iterable
from supervisor.rpc.caller import Caller, Role
from supervisor.tuples import NamedTuple
from supervisor.web.access.digests import keyed_text, sha256_hex


class Token(NamedTuple):
    """What is kept of a token."""

    sha256: str
    """64 hexadecimal digits in lower case."""
    expires_s: float | None = None
    """Wall time from which on it is no longer good; None: never."""


class User(NamedTuple):
    """Somebody who may come in."""

    name: str
    role: Role = Role.READ
    programs: tuple[str, ...] = ()
    password: str | None = None
    """As stored; None: no password lets this user in."""
    uid: int | None = None
    """Of the system, on unix sockets."""
    tokens: tuple[Token, ...] = ()

    def caller(self, how: str, mark: str = "") -> Caller:
        """This user as one who calls."""
        return Caller(self.name, self.role, self.programs, how, mark)


class Users:
    """All users of one server; `wall_s` tells the time, for tokens that expire.

    Marks are made with `key`: those of other users, or of these at another time, are comparable if
    that is the same.
    """

    __slots__ = ("_by_mark", "_by_name", "_by_token", "_by_uid", "_key", "_wall_s")

    def __init__(self, users: Iterable[User], wall_s: Callable[[], float], key: bytes) -> None:
        self._wall_s = wall_s
        self._key = key
        self._by_mark: dict[str, float | None] = {}
        """Until when each counts."""
        self._by_name: dict[str, list[User]] = {}
        self._by_uid: dict[int, User] = {}
        # By digest: how long a look takes tells nothing about a token.
        self._by_token: dict[str, tuple[User, float | None]] = {}
        for user in users:
            if user.password is not None:
                self._by_name.setdefault(user.name, []).append(user)
                self._by_mark[self.mark(user, user.password)] = None
            if user.uid is not None:
                self._by_uid[user.uid] = user
            for token in user.tokens:
                self._by_token[token.sha256] = (user, token.expires_s)
                self._by_mark[self.mark(user, token.sha256)] = token.expires_s

    def mark(self, user: User, secret: str) -> str:
        """Of a user, and the secret that he has proved to know, as it is stored."""
        return keyed_text(self._key, user.name, user.role.name, secret, *user.programs)

    def counts(self, mark: str) -> bool:
        """Whether somebody with that mark is still who he was, and may do the same."""
        return self._is_good(self._by_mark[mark]) if mark in self._by_mark else False

    def _is_good(self, expires_s: float | None) -> bool:
        return expires_s is None or self._wall_s() < expires_s

    def knows(self, name: str) -> bool:
        """Whether a user of that name has a password."""
        return name in self._by_name

    def stored_passwords(self, name: str) -> list[tuple[User, str]]:
        """Users of that name, two if the server itself has one, with what is stored for each."""
        found = self._by_name.get(name, ())
        return [(user, user.password) for user in found if user.password is not None]

    def by_uid(self, uid: int) -> User | None:
        """Who a user of the system is."""
        return self._by_uid.get(uid)

    def by_token(self, token: str) -> User | None:
        """Whose token that is, unless it has expired."""
        found = self._by_token.get(sha256_hex(token))
        if found is None:
            return None
        user, expires_s = found
        return user if self._is_good(expires_s) else None
