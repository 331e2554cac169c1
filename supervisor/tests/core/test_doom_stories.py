"""A listener that is given up: stopped for good, FATAL in the end, not started again by itself."""

import pytest

from supervisor.core import inputs
from supervisor.core.policies import Restart, RestartPolicy, StartPolicy
from supervisor.errors import Fault
from supervisor.tests.core.story import BY_TERM, EXIT_0, Story

WHY = "refused an event too often"


def doomed(**policies: object) -> Story:
    """A process that was up and has been told to stop for good."""
    policies.setdefault("restart", RestartPolicy(Restart.ALWAYS))
    story = Story.of(start=StartPolicy(up_after_s=0.0), **policies).spawned()
    return story.happen(inputs.Doomed(1, WHY))


def test_doomed_process_is_stopped_and_then_fatal() -> None:
    """`event_max_retries_action = fatal`: whatever autorestart says."""
    story = doomed()
    assert (story.state(), story.signals()) == ("STOPPING", [(101, 15, False)])
    story.exited(BY_TERM)
    assert story.changes() == [("STOPPING", "FATAL")]
    assert story.look().spawnerr == WHY
    assert story.spawns() == []


def test_doomed_process_that_does_not_end_is_killed() -> None:
    """By the same ladder as in any stop."""
    story = doomed().pass_s(10)
    assert story.signals() == [(101, 9, False)]


def test_doomed_process_settles_with_its_reason() -> None:
    """PROCESS_STATE_CHANGE_FATAL says why, not that it exited too quickly."""
    story = doomed().pass_s(2).exited(BY_TERM)
    settled = story.seen[0].settled
    assert (settled.words, settled.expected, settled.uptime_s) == (WHY, False, 2.0)


def test_fatal_process_can_be_started_again() -> None:
    """By hand; its doom is forgotten then."""
    story = doomed().exited(BY_TERM)
    ticket = story.start()
    story.spawned()
    assert (story.state(), ticket.fault) == ("RUNNING", Fault.SUCCESS)
    assert story.look().spawnerr is None
    story.exited(EXIT_0)
    assert story.state() == "STARTING"


def test_whoever_stops_a_doomed_process_is_answered() -> None:
    """FATAL is a stopped state like others."""
    story = doomed()
    ticket = story.stop()
    story.exited(BY_TERM)
    assert ticket.fault is Fault.SUCCESS


@pytest.mark.parametrize("begin", ["STOPPED", "STARTING", "STOPPING"])
def test_process_that_is_not_up_is_not_doomed(begin: str) -> None:
    """It has ended, or is about to; nothing changes."""
    story = Story.of(start=StartPolicy(autostart=False, up_after_s=1.0))
    if begin != "STOPPED":
        story.start()
        story.spawned()
    if begin == "STOPPING":
        story.stop()
    story.happen(inputs.Doomed(1, WHY))
    assert (story.state(), story.seen) == (begin, [])


def test_shutdown_waits_for_a_doomed_process() -> None:
    """It is on its way out already."""
    story = doomed().shutdown()
    assert not story.left()
    story.exited(BY_TERM)
    assert story.left()
