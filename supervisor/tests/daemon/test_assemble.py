"""From settings to policies: each key arrives where the core looks for it."""

import signal
from typing import Any

import pytest

from supervisor.config.sections.group import GroupSettings
from supervisor.config.values import Autorestart, Origin
from supervisor.core.policies import Restart, RestartPolicy, Rung, StartPolicy
from supervisor.daemon.assemble import group_spec, process_spec, stop_policy
from supervisor.tests.daemon.nursery import settings


def test_start_keys_make_the_start_policy() -> None:
    spec = process_spec(settings(autostart=False, startsecs=7, startretries=5))
    assert spec.start == StartPolicy(False, 7.0, 5)


@pytest.mark.parametrize(
    ("autorestart", "when"),
    [
        (Autorestart.NEVER, Restart.NEVER),
        (Autorestart.UNEXPECTED, Restart.UNEXPECTED),
        (Autorestart.ALWAYS, Restart.ALWAYS),
    ],
)
def test_autorestart_and_exitcodes_make_the_restart_policy(
    autorestart: Autorestart, when: Restart
) -> None:
    spec = process_spec(settings(autorestart=autorestart, exitcodes=(0, 2)))
    assert spec.restart == RestartPolicy(when, (0, 2))


@pytest.mark.parametrize(
    ("options", "stop_to_group", "kill_to_group"),
    [
        ({}, False, False),
        ({"killasgroup": True}, False, True),
        ({"stopasgroup": True, "killasgroup": True}, True, True),
    ],
)
def test_stop_keys_make_a_ladder_that_ends_with_sigkill(
    options: dict[str, Any], stop_to_group: bool, kill_to_group: bool
) -> None:
    """stopsignal first, SIGKILL after stopwaitsecs and every stopwaitsecs from then on."""
    policy = stop_policy(settings(stopsignal=int(signal.SIGINT), stopwaitsecs=3, **options))
    assert policy.ladder == (
        Rung(signal.SIGINT, "SIGINT", 3.0, stop_to_group),
        Rung(signal.SIGKILL, "SIGKILL", 3.0, kill_to_group),
    )


def test_group_keeps_its_members_in_configuration_order() -> None:
    group = group_spec(
        GroupSettings(
            name="site",
            priority=5,
            kind="program",
            processes=(settings("b", priority=2), settings("a", priority=1)),
            origin=Origin("test.conf", 1),
        )
    )
    assert (group.name, group.priority, group.kind) == ("site", 5, "program")
    assert [(spec.name, spec.priority) for spec in group.processes] == [("b", 2), ("a", 1)]
