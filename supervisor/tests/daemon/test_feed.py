"""The feed of events: who pays for it, what is kept, and what a long absence costs."""

import pytest

from supervisor import events
from supervisor.daemon.announcer import Moment
from supervisor.daemon.feed import (
    KEPT_CHARS_MAX,
    KEPT_COUNT_MAX,
    LINGER_S,
    PAYLOAD_CHARS_MAX,
    Feed,
    news_kinds,
)
from supervisor.daemon.timers import TimerHeap
from supervisor.rpc.ports import News
from supervisor.subscriptions import Subscriptions
from supervisor.tests.fakes.clock import FakeClock


class Stand:
    """A feed with nothing but its ports."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.timers = TimerHeap()
        self.subscriptions = Subscriptions()
        self.failures: list[str] = []
        self.feed = Feed(self.subscriptions, self.clock, self.timers, self.failures.append)
        self.told: list[News] = []

    def happen(self, text: str = "x") -> None:
        self.subscriptions.notify(events.RemoteCommunicationEvent("t", text))

    def pass_s(self, seconds: float) -> None:
        self.clock.advance(seconds)
        while (callback := self.timers.pop_due(self.clock.mono_s)) is not None:
            callback()


@pytest.fixture
def stand() -> Stand:
    return Stand()


def test_nobody_pays_for_a_feed_that_nobody_watches(stand: Stand) -> None:
    """No subscription, no timer, nothing kept."""
    assert not stand.subscriptions.wants(events.ProcessStateRunningEvent)
    assert stand.timers.next_deadline_s() is None
    stand.happen()
    assert (stand.feed.last_serial, stand.feed.kept()) == (0, ())


def test_watching_makes_no_ticks() -> None:
    """Whoever watches causes no wake-ups: TICKs are no news, and nor are questions to one pool."""
    kinds = news_kinds()
    for kind in (*events.TICK_EVENTS, events.TickEvent, events.MonitorQueryEvent):
        assert not issubclass(kind, kinds)
        assert not any(issubclass(kind, each) for each in kinds)
    for name in ("PROCESS_STATE_RUNNING", "PROCESS_STATE_CHANGE_FATAL", "PROCESS_LOG_STDERR"):
        assert issubclass(events.event_type(name) or object, kinds), name


def test_each_event_is_told_once(stand: Stand) -> None:
    """No class that is subscribed to is below another one."""
    stand.feed.watch(stand.told.append)
    kinds = {events.event_type(name) for name in events.event_names()}
    process = Moment("p", "g", 7, 0)
    for kind in (events.ProcessStateFatalEvent, events.SettledFatalEvent):
        assert kind in kinds
        stand.subscriptions.notify(kind(process, 10))
    stand.subscriptions.notify(events.ProcessLogStdoutEvent(process, 7, b"out"))
    stand.subscriptions.notify(events.ProcessGroupRemovedEvent("g"))
    stand.subscriptions.notify(events.SupervisorFatalEvent("full"))
    assert [(each.serial, each.type, each.group, each.name) for each in stand.told] == [
        (1, "PROCESS_STATE_FATAL", "g", "p"),
        (2, "PROCESS_STATE_CHANGE_FATAL", "g", "p"),
        (3, "PROCESS_LOG_STDOUT", "g", "p"),
        (4, "PROCESS_GROUP_REMOVED", "g", ""),
        (5, "SUPERVISOR_STATE_CHANGE_FATAL", "", ""),
    ]


def test_events_of_plugins_are_news_under_their_names(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a plug-in registers is told by its name, with no process."""

    class Odd(events.Event):
        process = "nothing that we know"

        def payload(self) -> str:
            return "odd"

    monkeypatch.setattr(events.EventTypes, "ODD", Odd, raising=False)
    stand.feed.watch(stand.told.append)
    stand.subscriptions.notify(Odd())
    assert [(each.type, each.group, each.payload) for each in stand.told] == [("ODD", "", "odd")]


def test_event_that_cannot_be_told_has_no_number(stand: Stand) -> None:
    """A payload that fails is the business of its own event: no gap is left."""

    class Broken(events.RemoteCommunicationEvent):
        def payload(self) -> str:
            raise RuntimeError("broken")

    stand.feed.watch(stand.told.append)
    with pytest.raises(RuntimeError):
        stand.subscriptions.notify(Broken("t", ""))
    stand.happen()
    assert [each.serial for each in stand.told] == [1]


def test_watcher_that_fails_keeps_nobody_from_hearing(stand: Stand) -> None:
    """The others are told, and it is reported."""

    def fail(news: News) -> None:
        raise RuntimeError("broken page")

    stand.feed.watch(fail)
    stand.feed.watch(stand.told.append)
    stand.happen()
    assert len(stand.told) == 1
    assert stand.failures == ["somebody who watches failed on REMOTE_COMMUNICATION"]


def test_watcher_that_has_left_is_told_nothing(stand: Stand) -> None:
    """Leaving twice is as good as once, and the others stay."""
    leave = stand.feed.watch(stand.told.append)
    others: list[News] = []
    stand.feed.watch(others.append)
    leave()
    leave()
    stand.happen()
    assert (len(stand.told), len(others)) == (0, 1)
    assert stand.timers.next_deadline_s() is None


def test_feed_goes_on_for_a_while_without_watchers(stand: Stand) -> None:
    """Whoever comes back in time has missed nothing."""
    stand.feed.watch(stand.told.append)()
    stand.pass_s(LINGER_S - 1)
    stand.happen("seen by none")
    stand.feed.watch(stand.told.append)
    stand.pass_s(LINGER_S + 1)
    stand.happen("seen")
    assert [each.payload for each in stand.told] == ["type:t\nseen"]
    missed = stand.feed.since(0)
    assert missed is not None
    assert [each.serial for each in missed] == [1, 2]


def test_feed_forgets_everything_after_a_while(stand: Stand) -> None:
    """Then it costs nothing, and whoever comes back is told that there is a gap."""
    stand.feed.watch(stand.told.append)()
    stand.happen()
    assert stand.feed.last_serial == 1
    stand.pass_s(LINGER_S + 1)
    assert stand.subscriptions.callbacks == []
    assert stand.timers.next_deadline_s() is None
    assert stand.feed.kept() == ()
    stand.feed.watch(stand.told.append)
    assert stand.feed.since(1) is None
    stand.happen()
    assert stand.told[-1].serial == stand.feed.last_serial == 3
    assert [each.serial for each in stand.feed.since(2) or ()] == [3]


def test_feed_survives_that_all_subscriptions_are_cleared(stand: Stand) -> None:
    """A plug-in may call `events.clear()`."""
    stand.feed.watch(stand.told.append)()
    stand.subscriptions.clear()
    stand.pass_s(LINGER_S + 1)
    stand.feed.watch(stand.told.append)
    stand.happen()
    assert len(stand.told) == 1


def test_feed_keeps_a_bounded_number(stand: Stand) -> None:
    """At the bound all are known, one beyond it the oldest is not."""
    stand.feed.watch(stand.told.append)
    for _ in range(KEPT_COUNT_MAX):
        stand.happen()
    assert len(stand.feed.since(0) or ()) == KEPT_COUNT_MAX
    stand.happen()
    assert stand.feed.since(0) is None
    assert len(stand.feed.since(1) or ()) == len(stand.feed.kept()) == KEPT_COUNT_MAX


def test_feed_keeps_a_bounded_amount(stand: Stand) -> None:
    """Long payloads push the older ones out, and are cut themselves."""
    stand.feed.watch(stand.told.append)
    for _ in range(100):
        stand.happen("x" * (10 * PAYLOAD_CHARS_MAX))
    kept = stand.feed.kept()
    assert 1 <= sum(len(each.payload) for each in kept) <= KEPT_CHARS_MAX
    head = "type:t\n"
    more_count = 9 * PAYLOAD_CHARS_MAX + len(head)
    assert kept[-1].payload.endswith(f"xxx\n[{more_count} characters more]")
    assert stand.feed.since(stand.feed.last_serial) == []
    assert stand.feed.since(stand.feed.last_serial + 1) is None
    assert stand.feed.since(-1) is None


def test_lives_have_names_of_their_own() -> None:
    """A restarted daemon counts from 1 again: its numbers are no others'."""
    one, other = Stand(), Stand()
    other.clock.advance(0.5)
    later = Feed(other.subscriptions, other.clock, other.timers, other.failures.append)
    assert one.feed.life != later.life
    assert later.life.isalnum()
