"""Users: their secrets, and which of them somebody has just proved to be."""

from collections.abc import Callable, Iterable

from supervisor.rpc.caller import Caller, Role
from supervisor.tuples import NamedTuple
from supervisor.web.access.digests import sha256_hex


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

    def caller(self, how: str) -> Caller:
        """This user as one who calls."""
        return Caller(self.name, self.role, self.programs, how)


class Users:
    """All users of one server; `wall_s` tells the time, for tokens that expire."""

    __slots__ = ("_by_name", "_by_token", "_by_uid", "_wall_s")

    def __init__(self, users: Iterable[User], wall_s: Callable[[], float]) -> None:
        self._wall_s = wall_s
        self._by_name: dict[str, list[User]] = {}
        self._by_uid: dict[int, User] = {}
        # By digest: how long a look takes tells nothing about a token.
        self._by_token: dict[str, tuple[User, float | None]] = {}
        for user in users:
            if user.password is not None:
                self._by_name.setdefault(user.name, []).append(user)
            if user.uid is not None:
                self._by_uid[user.uid] = user
            for token in user.tokens:
                self._by_token[token.sha256] = (user, token.expires_s)

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
        return user if expires_s is None or self._wall_s() < expires_s else None
