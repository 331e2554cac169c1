"""What RPC plug-ins do to processes from outside, and that the rest of the core stays right."""

import pytest

from supervisor.core import inputs
from supervisor.core.control import Ticket
from supervisor.core.intervention import may_enter
from supervisor.core.policies import GroupSpec, ProcessSpec, Restart, RestartPolicy, StartPolicy
from supervisor.states import ProcessStates
from supervisor.tests.core.story import EXIT_0, EXIT_1, Story

WITH_CHILD = ("STARTING", "RUNNING", "STOPPING", "UNKNOWN")


def manual(name: str = "web", group: str = "web", **policies: object) -> ProcessSpec:
    """A process that is not started by itself."""
    policies.setdefault("start", StartPolicy(autostart=False))
    return ProcessSpec(name, group, **policies)  # type: ignore[arg-type]


def story() -> Story:
    """A group web with one process web, and supervision under way."""
    return Story(GroupSpec("web", processes=(manual(),)))


def patch(told: Story, announced: bool = False, **fields: object) -> Story:
    """Write fields of web:web."""
    return told.happen(inputs.ProcessPatched(told.ids["web:web"], fields, announced))


def test_process_that_is_added_belongs_to_its_group() -> None:
    """A process put into a group by a plug-in is a member like any other."""
    told = story()
    told.happen(inputs.ProcessAdded(manual("second")._replace(priority=1), 7))

    group = told.core.group("web")
    assert group is not None
    assert [each.name for each in group.processes] == ["second", "web"]
    assert told.core.find("web", "second") == told.core.process(7)


def test_process_that_is_added_is_started_in_the_next_turn_if_it_wants_that() -> None:
    """First the plug-in that adds it may tell others of it, or write more into it."""
    told = story()
    told.happen(inputs.ProcessAdded(ProcessSpec("second", "web"), 7))
    assert told.spawns() == []

    assert told.pass_s(0).spawns() == [7]
    assert told.pass_s(0).spawns() == []


def test_process_that_is_added_and_started_by_hand_is_not_started_twice() -> None:
    """A plug-in may have called spawn() on it in the meantime."""
    told = story()
    told.happen(inputs.ProcessAdded(ProcessSpec("second", "web"), 7))
    told.happen(inputs.StartRequested(7, Ticket())).happen(inputs.ChildSpawned(7, 200))

    assert told.pass_s(0).spawns() == []


def test_process_that_is_added_and_taken_out_again_is_not_started() -> None:
    """Nothing is left of it."""
    told = story()
    told.happen(inputs.ProcessAdded(ProcessSpec("second", "web"), 7))
    told.happen(inputs.ProcessRemoved(7))

    assert told.pass_s(0).spawns() == []


def test_process_that_is_added_before_supervision_waits_for_it() -> None:
    """Nothing is started before the daemon is ready."""
    told = Story(GroupSpec("web"), began=False)
    told.happen(inputs.ProcessAdded(ProcessSpec("second", "web"), 7))
    assert told.spawns() == []

    told.happen(inputs.SupervisionBegan())
    assert told.spawns() == [7]


def test_process_that_is_removed_is_gone() -> None:
    """A process taken out is not found any more, and its group can be removed."""
    told = story()
    told.happen(inputs.ProcessRemoved(told.ids["web:web"]))

    assert told.core.find("web", "web") is None
    group = told.core.group("web")
    assert group is not None
    assert group.processes == ()
    told.happen(inputs.GroupRemoved("web"))
    assert told.core.groups() == []


def test_revised_policy_decides_about_the_next_exit() -> None:
    """`autorestart = false` set by a plug-in keeps a running process from being restarted."""
    told = Story.of(start=StartPolicy(autostart=False))
    told.start()
    told.spawned().pass_s(1)
    spec = manual(restart=RestartPolicy(Restart.NEVER))
    told.happen(inputs.ProcessRevised(told.ids["web:web"], spec))

    told.exited(EXIT_1)
    assert told.state() == "EXITED"
    assert told.spawns() == []


def test_revised_priority_changes_the_order() -> None:
    """Members stand in ascending priority, also after one was changed."""
    told = Story(GroupSpec("g", processes=(manual("a", "g"), manual("b", "g"))))
    told.happen(inputs.ProcessRevised(told.ids["g:b"], manual("b", "g")._replace(priority=1)))

    group = told.core.group("g")
    assert group is not None
    assert [each.name for each in group.processes] == ["b", "a"]


def test_spawn_brings_the_next_try_forward() -> None:
    """A process in BACKOFF is started at once, not when its pause is over."""
    told = story()
    told.start()
    told.spawn_failed()
    assert told.state() == "BACKOFF"

    told.happen(inputs.SpawnDemanded(told.ids["web:web"]))
    assert told.state() == "STARTING"
    assert told.spawns() == [told.ids["web:web"]]


def test_spawn_of_a_running_process_does_nothing() -> None:
    """A second child is never made."""
    told = story()
    told.start()
    told.spawned()
    told.happen(inputs.SpawnDemanded(told.ids["web:web"]))

    assert told.spawns() == []


def test_kill_stops_with_the_signal_that_was_given() -> None:
    """The first signal is the plug-in's, the ladder after it the configured one."""
    told = story()
    told.start()
    told.spawned().pass_s(1)
    told.happen(inputs.KillDemanded(told.ids["web:web"], 10, "SIGUSR1"))
    assert told.state() == "STOPPING"
    assert told.signals() == [(101, 10, False)]

    told.pass_s(10)
    assert told.signals() == [(101, 9, False)]
    told.exited(EXIT_0)
    told.start()
    told.spawned().pass_s(1)
    told.stop()
    assert told.signals() == [(102, 15, False)]


def test_kill_during_a_stop_sends_the_signal_again() -> None:
    """Who kills a process that is stopping sends another signal."""
    told = story()
    told.start()
    told.spawned().pass_s(1)
    told.stop()
    told.happen(inputs.KillDemanded(told.ids["web:web"], 9, "SIGKILL"))

    assert told.signals() == [(101, 9, False)]
    assert told.changes() == []


def test_giving_up_ends_the_tries() -> None:
    """BACKOFF becomes FATAL, and nothing is tried any more."""
    told = story()
    told.start()
    told.spawn_failed()
    told.happen(inputs.GivenUp(told.ids["web:web"]))

    assert told.changes() == [("BACKOFF", "FATAL")]
    told.pass_s(100)
    assert told.spawns() == []


def test_written_state_comes_with_its_deadline() -> None:
    """A process put into BACKOFF is tried again like any other; its error is what was written."""
    told = story()
    patch(told, state=ProcessStates.BACKOFF, spawnerr="because")
    assert told.changes() == []
    assert told.look().spawnerr == "because"

    told.pass_s(1)
    assert told.state() == "STARTING"


def test_announced_state_is_told() -> None:
    """`change_state` of a plug-in tells those who subscribed."""
    told = patch(story(), announced=True, state=ProcessStates.FATAL)

    assert told.changes() == [("STOPPED", "FATAL")]


def test_state_written_to_a_running_process_is_answered_to_who_waits() -> None:
    """Whoever waits for RUNNING is answered when a plug-in declares it."""
    told = story()
    ticket = told.start()
    told.spawned()
    patch(told, announced=True, state=ProcessStates.RUNNING)

    assert ticket.done
    told.pass_s(10)
    assert told.changes() == []


@pytest.mark.parametrize("name", [n for n in vars(ProcessStates) if n.isupper()])
def test_states_with_and_without_child_are_told_apart(name: str) -> None:
    """A process with a child is never put into a state without one, nor the other way round."""
    state = getattr(ProcessStates, name)

    assert may_enter(ProcessStates.RUNNING, 101, state) == (name in WITH_CHILD)
    assert may_enter(ProcessStates.STOPPED, 0, state) == (name not in WITH_CHILD)
    assert not may_enter(ProcessStates.STARTING, 0, state)
