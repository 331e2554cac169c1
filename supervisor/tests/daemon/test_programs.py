"""Active groups: what is made and told when one comes or goes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from supervisor.config.record import replaced
from supervisor.config.sections.group import GroupKind, GroupSettings
from supervisor.config.values import Origin
from supervisor.core.inputs import (
    GroupAdded,
    GroupRemoved,
    GroupRevised,
    ProcessAdded,
    ProcessRemoved,
    ProcessRevised,
)
from supervisor.daemon.assemble import process_spec
from supervisor.daemon.programs import ActiveGroups
from supervisor.tests.daemon.nursery import Home, event_desk, settings


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.close()


@pytest.fixture
def told() -> list[Any]:
    """Inputs handed to the core."""
    return []


@pytest.fixture
def groups(home: Home, told: list[Any]) -> ActiveGroups:
    return ActiveGroups(home.children, event_desk(home, told.append).pools, told.append)


def group(*names: str, kind: GroupKind = "program") -> GroupSettings:
    return GroupSettings(
        name=names[0],
        priority=1,
        kind=kind,
        processes=tuple(settings(name) for name in names),
        origin=Origin("test.conf", 1),
    )


def test_members_get_ids_and_logs_before_the_core_is_told(
    home: Home, groups: ActiveGroups, told: list[Any]
) -> None:
    groups.add(group("a", "b"))
    (added,) = told
    assert isinstance(added, GroupAdded)
    assert added.process_ids == groups.process_ids("a") == (1, 2)
    assert [home.children.name(each) for each in added.process_ids] == ["a", "b"]
    assert len(home.logs_of("b", "stdout")) == 1


def test_group_that_goes_is_forgotten_and_its_ids_are_never_used_again(
    home: Home, groups: ActiveGroups, told: list[Any]
) -> None:
    groups.add(group("a", "b"))
    groups.remove("a")
    assert told[-1] == GroupRemoved("a")
    assert "a" not in groups
    assert not home.children.knows(1)
    groups.add(group("a"))
    assert groups.process_ids("a") == (3,)


def test_groups_are_kept_in_order_of_creation(groups: ActiveGroups) -> None:
    for name in ("b", "a", "c"):
        groups.add(group(name))
    assert [each.name for each in groups.settings()] == ["b", "a", "c"]


@pytest.mark.parametrize("name", ["remove", "process_ids"])
def test_group_that_is_not_active_is_a_key_error(groups: ActiveGroups, name: str) -> None:
    with pytest.raises(KeyError):
        getattr(groups, name)("nobody")


class TestSingleProcesses:
    """Plug-ins put processes in, take them out, and give them other settings."""

    def test_process_that_is_put_in_is_the_last_member(
        self, home: Home, groups: ActiveGroups, told: list[Any]
    ) -> None:
        groups.add(group("a", "b"))
        extra = replaced(settings("c"), group="a")
        assert groups.add_process(extra) == 3
        assert told[-1] == ProcessAdded(process_spec(extra), 3)
        assert groups.process_ids("a") == (1, 2, 3)
        assert [each.name for each in groups.group("a").processes] == ["a", "b", "c"]
        assert groups.added("a") == [extra]
        assert home.children.name(3) == "c"

    def test_process_that_is_taken_out_is_forgotten(
        self, home: Home, groups: ActiveGroups, told: list[Any]
    ) -> None:
        gone: list[int] = []
        groups.add(group("a", "b", "c"))
        groups.on_removed = gone.extend
        groups.remove_process("a", 2)
        assert told[-1] == ProcessRemoved(2)
        assert gone == [2]
        assert groups.process_ids("a") == (1, 3)
        assert [each.name for each in groups.group("a").processes] == ["a", "c"]
        assert not home.children.knows(2)

    def test_other_settings_are_those_of_the_group_too(
        self, home: Home, groups: ActiveGroups, told: list[Any]
    ) -> None:
        groups.add(group("a"))
        revised = settings("a", command="/bin/sleep 5", startsecs=7)
        groups.revise_process(1, revised)
        assert told[-1] == ProcessRevised(1, process_spec(revised))
        assert groups.group("a").processes == (revised,)
        assert home.children.body(1).settings is revised

    def test_other_priority_is_that_of_the_group(
        self, groups: ActiveGroups, told: list[Any]
    ) -> None:
        groups.add(group("a"))
        groups.revise("a", 7)
        assert told[-1] == GroupRevised("a", 7)
        assert groups.group("a").priority == 7
