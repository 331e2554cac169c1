"""Code that only some configurations need: loaded when it is needed, and refused in clear words."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.config.settings import Settings
from supervisor.daemon.late import LISTENERS, load_for
from supervisor.daemon.latepools import LatePools
from supervisor.daemon.pools import ListenerPools
from supervisor.daemon.programs import ActiveGroups
from supervisor.errors import Fault, HostError, RequestRefused
from supervisor.tests.daemon.nursery import File, Home, event_desk

LISTENER = "[eventlistener:ear]\ncommand=/bin/cat\nevents=TICK_5\n"
PLUGIN = "[rpcinterface:guest]\nsupervisor.rpcinterface_factory=os:getcwd\n"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.close()


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path)


def settings(file: File, text: str) -> Settings:
    """Of a file with that text."""
    file.write(text)
    found = file.load().settings
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "module", "users"),
    [
        (LISTENER, "supervisor.daemon.pools", "event listeners"),
        (PLUGIN, "supervisor.daemon.plugins", "plug-ins"),
    ],
)
def test_code_that_cannot_be_loaded_any_more_is_told(
    file: File, monkeypatch: pytest.MonkeyPatch, text: str, module: str, users: str
) -> None:
    """Who needs it, why it cannot be loaded, and what to do."""
    wanted = settings(file, text)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(HostError) as refused:
        load_for(wanted)
    assert refused.value.message.startswith(f"cannot load the code that {users} need: ")
    assert refused.value.message.endswith("restart the daemon)")


def test_plain_configuration_needs_nothing(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon without listeners and plug-ins does without their code."""
    for module in LISTENERS.modules:
        monkeypatch.setitem(sys.modules, module, None)
    load_for(settings(file, "[program:web]\ncommand=/bin/cat\n"))


def test_group_that_needs_code_which_is_gone_changes_nothing(
    home: Home, file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The group is not active, as if it had never been asked for."""
    told: list[object] = []
    groups = ActiveGroups(home.children, event_desk(home, told.append).pools, told.append)
    (group,) = settings(file, LISTENER).groups
    monkeypatch.setitem(sys.modules, "supervisor.daemon.pools", None)
    with pytest.raises(HostError, match="event listeners"):
        groups.add(group)
    assert (groups.settings(), told) == ([], [])


def test_pools_are_made_with_the_first_listener(home: Home, file: File) -> None:
    """Until then there is nobody to ask, to tell or to wait for."""
    pools = event_desk(home, lambda happened: None).pools
    assert isinstance(pools, LatePools)
    (group,) = settings(file, LISTENER).groups
    assert (pools.snapshots(), pools.journal(), pools.tap(1), pools.state_of(1)) == (
        [],
        None,
        None,
        None,
    )
    pools.add(group, (1,))
    assert isinstance(pools.load(), ListenerPools)
    assert [each.name for each in pools.snapshots()] == ["ear"]


def test_without_pools_nothing_is_asked_or_waited_for(home: Home) -> None:
    """A query is refused, a shutdown has no events to deliver."""
    pools = event_desk(home, lambda happened: None).pools
    drained: list[bool] = []
    with pytest.raises(RequestRefused) as refused:
        pools.query("ear", "who?", 1.0)
    assert (refused.value.fault, refused.value.text) == (Fault.BAD_NAME, "BAD_NAME: ear")
    pools.when_drained(lambda: drained.append(True))
    pools.give_up_draining()
    assert drained == [True]
    with pytest.raises(KeyError):
        pools.waiting("ear")
