"""Gates for servers of tests: with a password, or with users."""

from collections.abc import Sequence

from supervisor.rpc.caller import Role
from supervisor.web.access.desk import Access, make_access
from supervisor.web.access.door import DoorFacts
from supervisor.web.access.passwords import ScryptPasswords
from supervisor.web.access.users import User
from supervisor.web.auth import make_authenticator
from supervisor.web.gate import Gate, ServerGate
from supervisor.web.service import Ports


def access(
    ports: Ports,
    users: Sequence[User] = (),
    *,
    names: tuple[str, ...] = (),
    allowed_hosts: tuple[str, ...] = (),
    own_uid: int | None = None,
) -> Access:
    """The access to a server with these users; without any it is open."""
    facts = DoorFacts(
        section="inet_http_server",
        users=tuple(users),
        is_open=not users,
        names=names,
        allowed_hosts=allowed_hosts,
        own_uid=own_uid,
    )
    return make_access(facts, ports, ScryptPasswords(ports.clock), "127.0.0.1:0")


def password_gate(ports: Ports, username: str, password: str) -> Gate:
    """The gate of a server with one user name and password, as ever."""
    made = access(ports, [User(username, Role.ADMIN, (), password)])
    return ServerGate(
        lambda: made.door,
        is_open=False,
        quick=make_authenticator(username, password),
        username=username,
    )


def user_gate(made: Access) -> Gate:
    """The gate of a server with users."""
    return ServerGate(lambda: made.door, is_open=False)


def open_gate(made: Access) -> Gate:
    """The gate of a server that asks nobody."""
    return ServerGate(lambda: made.door)
