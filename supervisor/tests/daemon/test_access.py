"""From settings to who may come in."""

import os
from pathlib import Path
from typing import Any

import pytest

from supervisor.config.sections.servers import ServerSettings
from supervisor.config.sections.users import UserSettings
from supervisor.config.values import Origin, StoredToken, UserRole
from supervisor.daemon import access
from supervisor.daemon.timers import TimerHeap
from supervisor.rpc.caller import Role
from supervisor.sockets import socket
from supervisor.tests.fakes.clock import FakeClock
from supervisor.web.access.door import Door
from supervisor.web.access.passwords import ScryptPasswords
from supervisor.web.service import Ports

PLACE = Origin("/etc/supervisord.conf", 1)
USERS = (
    UserSettings(
        name="alice",
        section="user:alice",
        origin=PLACE,
        role=UserRole.ADMIN,
        password="wonder",
    ),
    UserSettings(
        name="carla",
        section="user:carla",
        origin=PLACE,
        role=UserRole.OPERATE,
        programs=("web",),
        uid=7,
        tokens=(StoredToken("ab" * 32, 99.0),),
    ),
)


class Whole:
    """A configuration, as far as it is about users."""

    path = "/etc/supervisord.conf"

    def __init__(self, users: tuple[UserSettings, ...] = ()) -> None:
        self.users = users


def facts(users: tuple[UserSettings, ...] = (), **server: Any) -> Any:
    """What the door of a server is given."""
    settings: Any = Whole(users)
    clock = FakeClock()
    poller: Any = None
    ports = Ports(poller, TimerHeap(), clock, lambda level, text: None)
    found = ServerSettings(
        **{"kind": "inet", "name": "", "section": "s", "origin": PLACE, "port": 1} | server
    )
    is_open = not found.username and not users
    made = access.facts_of(found, settings, is_open=is_open)
    door: Door = access.access_of(found, made, ports, ScryptPasswords(clock)).door
    return door._facts


def test_users_are_those_of_the_sections_and_the_server_s_own() -> None:
    """The server's own comes first, and is an admin over everything."""
    legacy, alice, carla = facts(USERS, username="op", password="word").users
    assert (legacy.name, legacy.role, legacy.programs) == ("op", Role.ADMIN, ())
    assert (alice.role, alice.password, alice.uid) == (Role.ADMIN, "wonder", None)
    assert (carla.role, carla.programs, carla.uid) == (Role.OPERATE, ("web",), 7)
    assert carla.password is None
    assert carla.tokens[0] == ("ab" * 32, 99.0)


@pytest.mark.parametrize(
    ("users", "username", "is_open"),
    [((), None, True), ((), "op", False), (USERS, None, False), (USERS, "op", False)],
)
def test_server_asks_nobody_only_if_there_is_nobody(
    users: tuple[UserSettings, ...], username: str | None, is_open: bool
) -> None:
    assert facts(users, username=username, password="word").is_open is is_open


def test_own_uid_counts_on_sockets_without_a_user_name() -> None:
    assert facts(USERS, kind="unix", file="/s").own_uid == os.geteuid()
    assert facts(USERS, kind="unix", file="/s", username="op", password="x").own_uid is None
    assert facts(USERS).own_uid is None


def test_names_are_those_of_the_machine_and_the_configured_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the hosts file knows the machine; the network is not asked."""
    hosts = tmp_path / "hosts"
    hosts.write_bytes(
        b"127.0.0.1 localhost\n127.0.1.1\tBox.Example.org box # evil.example\n\n"
        b"10.0.0.9 db\n\xff x\n"
    )
    monkeypatch.setattr(access, "HOSTS_FILE", str(hosts))
    monkeypatch.setattr(socket, "gethostname", lambda: "Box")
    found = facts(host="Ops.Example.org", allowed_hosts=("panel.example", "*.corp")).names
    assert set(found) == {
        "box", "box.local", "box.example.org", "ops.example.org", "panel.example", "*.corp",
    }  # fmt: skip
    monkeypatch.setattr(access, "HOSTS_FILE", str(tmp_path / "none"))
    assert "box" in facts().names
    assert facts(kind="unix", file="/s").names == ()
