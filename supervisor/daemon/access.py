"""From the settings of users and servers to who may come in.

Loaded by the first server with users, and by the first request of a browser or for a page.
"""

import os

from supervisor.config.sections.servers import ServerSettings
from supervisor.config.sections.users import UserSettings
from supervisor.config.settings import Settings
from supervisor.rpc.caller import Role
from supervisor.sockets import socket
from supervisor.web.access.desk import Access, make_access
from supervisor.web.access.door import DoorFacts
from supervisor.web.access.passwords import ScryptPasswords
from supervisor.web.access.users import Token, User
from supervisor.web.gateway import Gateway
from supervisor.web.service import Ports
from supervisor.web.site import ServerFacts, Site
from supervisor.web.turns import turns_by

HOSTS_FILE = "/etc/hosts"
HOSTS_BYTES_MAX = 64 * 1024
"""Of it that are read."""


def access_of(
    server: ServerSettings, facts: DoorFacts, ports: Ports, scrypt: ScryptPasswords
) -> Access:
    """The access to one server."""
    return make_access(facts, ports, scrypt, _address(server))


def facts_of(server: ServerSettings, settings: Settings, *, is_open: bool) -> DoorFacts:
    """What the door of one server knows; `is_open` says that it asks nobody who he is."""
    return DoorFacts(
        section=server.section,
        users=_users(server, settings),
        is_open=is_open,
        names=_names(server),
        allowed_hosts=server.allowed_hosts,
        own_uid=os.geteuid() if server.kind == "unix" and not server.username else None,
    )


def site_of(
    gateway: Gateway, server: ServerSettings, settings: Settings, access: Access, ports: Ports
) -> Site:
    """What pages, API and metrics of a server are given."""
    door = access.door
    facts = ServerFacts(
        section=server.section,
        kind=server.kind,
        address=_address(server),
        has_users=lambda: not door.is_open,
        config_path=settings.path,
        allowed_hosts=server.allowed_hosts,
    )
    turns = turns_by(ports.timers, ports.clock)
    return Site(gateway, gateway.whole, facts, access.forms, door, ports.timers, turns)


def _users(server: ServerSettings, settings: Settings) -> tuple[User, ...]:
    users = [_user(each) for each in settings.users]
    if server.username:
        users.insert(0, User(server.username, Role.ADMIN, (), server.password or ""))
    return tuple(users)


def _user(settings: UserSettings) -> User:
    return User(
        name=settings.name,
        role=Role[settings.role.name],
        programs=settings.programs,
        password=settings.password,
        uid=settings.uid,
        tokens=tuple(Token(each.sha256, each.expires_s) for each in settings.tokens),
    )


def _address(server: ServerSettings) -> str:
    return server.file if server.kind == "unix" else f"{server.host or '*'}:{server.port}"


def _names(server: ServerSettings) -> tuple[str, ...]:
    """Names that browsers may use for a server."""
    if server.kind == "unix":
        return ()
    return (*_machine_names(), server.host.lower(), *server.allowed_hosts)


def _machine_names() -> list[str]:
    """Names of this machine as far as they are known without asking the network."""
    own = socket.gethostname().lower()
    short = own.partition(".")[0]
    return [own, short, f"{short}.local", *_aliases(own)]


def _aliases(own: str) -> list[str]:
    """Names that the hosts file has in one line with the name of the machine."""
    try:
        with open(HOSTS_FILE, encoding="utf-8", errors="replace") as file:
            lines = file.read(HOSTS_BYTES_MAX).lower().splitlines()
    except OSError:
        return []
    entries = [line.partition("#")[0].split()[1:] for line in lines]
    return [name for names in entries if own in names for name in names]
