"""Leaving with `event_drain_secs`: listeners stop last, and only when they have got everything."""

from collections.abc import Sequence

import pytest

from supervisor.core import inputs
from supervisor.core.commands import DrainEvents, GiveUpDraining, SendSignal
from supervisor.core.policies import GroupSpec, ProcessSpec, StartPolicy
from supervisor.tests.core.story import EXIT_0, EXIT_1, Story

AT_ONCE = StartPolicy(up_after_s=0.0)


def group(name: str, priority: int, kind: str = "program") -> GroupSpec:
    return GroupSpec(name, priority, kind, (ProcessSpec(name, name, start=AT_ONCE),))


def site(event_drain_s: float, listener: StartPolicy = AT_ONCE) -> Story:
    """Two programs around two listeners in the order of priorities; everything runs."""
    ears = ProcessSpec("ears", "ears", start=listener)
    story = Story(
        group("early", 1),
        GroupSpec("ears", 2, "eventlistener", (ears,)),
        group("eyes", 3, "eventlistener"),
        group("late", 4),
        event_drain_s=event_drain_s,
    )
    for name in story.ids:
        story.spawned(name)
    return story


def stopped(story: Story) -> list[str]:
    """Names of those that were asked to stop by the last input."""
    ids = {process_id: name.split(":")[0] for name, process_id in story.ids.items()}
    return [ids[c.process_id] for c in story.seen if isinstance(c, SendSignal)]


def commanded(commands: Sequence[object], kind: type) -> int:
    """How often that was commanded."""
    return sum(isinstance(command, kind) for command in commands)


def gone(story: Story, *names: str) -> Story:
    for name in names:
        story.exited(EXIT_0, f"{name}:{name}")
    return story


def test_without_it_groups_stop_in_the_order_of_their_priorities() -> None:
    """Default 0: as ever."""
    story = site(0.0).shutdown()
    order = stopped(story)
    for name in ("late", "eyes", "ears", "early"):
        order += stopped(gone(story, name))
    assert order == ["late", "eyes", "ears", "early"]
    assert not commanded(story.all_seen, DrainEvents)
    assert story.left()


@pytest.mark.parametrize("leave", [inputs.ShutdownRequested(), inputs.RestartRequested()])
def test_listeners_stop_last(leave: inputs.Input) -> None:
    """All other groups first, in their order; then events are drained; then listeners stop."""
    story = site(5.0).happen(leave)
    assert stopped(story) == ["late"]
    assert stopped(gone(story, "late")) == ["early"]
    gone(story, "early")
    assert commanded(story.seen, DrainEvents)
    assert stopped(story) == []
    assert stopped(story.happen(inputs.EventsDrained())) == ["eyes"]
    assert stopped(gone(story, "eyes")) == ["ears"]
    assert commanded(story.all_seen, DrainEvents) == 1
    assert not commanded(story.all_seen, GiveUpDraining)
    assert not story.left()
    assert gone(story, "ears").left()


def test_time_for_draining_is_bounded() -> None:
    """It begins when everything else has stopped; then listeners stop, and losses are told."""
    story = gone(site(5.0).shutdown().pass_s(60.0), "late", "early").pass_s(4.5)
    assert not commanded(story.all_seen, GiveUpDraining)
    story.pass_s(0.5)
    assert commanded(story.seen, GiveUpDraining)
    assert stopped(story) == ["eyes"]
    # What comes too late is not waited for any more.
    assert story.happen(inputs.EventsDrained()).seen == []
    assert gone(story, "eyes", "ears").left()


def test_log_says_what_the_daemon_waits_for() -> None:
    """Nobody is asked to stop yet: it is not waiting for anybody to die."""
    story = gone(site(10.0).shutdown(), "late", "early")
    assert story.pass_s(7.0).lines() == [
        "waiting for events to be delivered, at most 7 seconds more",
        "waiting for events to be delivered, at most 4 seconds more",
    ]
    story.happen(inputs.EventsDrained())
    assert story.pass_s(3.0).lines() == ["waiting for ears, eyes to die"]


def test_draining_ends_when_nobody_is_left_to_listen() -> None:
    """Nothing is started any more: what waits cannot be delivered."""
    story = gone(site(5.0).shutdown(), "late", "early", "ears")
    assert not commanded(story.all_seen, GiveUpDraining)
    gone(story, "eyes")
    assert commanded(story.seen, GiveUpDraining)
    assert story.left()


def test_listener_in_backoff_is_nobody_to_wait_for() -> None:
    """Its next start would come, but none comes any more."""
    story = site(5.0, StartPolicy(up_after_s=1.0))
    story.exited(EXIT_1, "ears:ears")
    assert story.state("ears:ears") == "BACKOFF"
    gone(story.shutdown(), "late", "early", "eyes")
    assert commanded(story.seen, GiveUpDraining)
    assert story.state("ears:ears") == "FATAL"
    assert story.left()


def test_without_programs_draining_begins_at_once() -> None:
    story = Story(group("ears", -1, "eventlistener"), event_drain_s=5.0).spawned("ears:ears")
    story.shutdown()
    assert commanded(story.seen, DrainEvents)
    assert stopped(story) == []
    assert stopped(story.happen(inputs.EventsDrained())) == ["ears"]
    assert gone(story, "ears").left()


def test_without_listeners_there_is_nothing_to_drain() -> None:
    story = Story(group("web", 1), event_drain_s=5.0).spawned("web:web")
    assert gone(story.shutdown(), "web").left()
    assert not commanded(story.all_seen, DrainEvents)


def test_shutdown_during_the_drain_of_a_restart_goes_on_with_it() -> None:
    """A restart may turn into a shutdown; the events are delivered all the same."""
    story = gone(site(5.0).happen(inputs.RestartRequested()), "late", "early").shutdown()
    assert commanded(story.all_seen, DrainEvents) == 1
    assert stopped(story.happen(inputs.EventsDrained())) == ["eyes"]
