"""TICK events: at each slice of the wall clock, while somebody wants them."""

from supervisor import events
from supervisor.daemon.announcer import Announcer
from supervisor.daemon.ticks import LOOK_EVERY_S, Ticks
from supervisor.daemon.timers import TimerHeap
from supervisor.subscriptions import Subscriptions
from supervisor.tests.daemon.test_announcer import nobody
from supervisor.tests.fakes.clock import FakeClock

HOUR_S = 1_700_000_000 // 3600 * 3600 + 3600
"""A wall-clock time at which all three slices begin."""


class Watch:
    """A clock, timers, and the ticks that were heard."""

    def __init__(self, wall_s: float = HOUR_S + 1.0) -> None:
        self.clock = FakeClock(wall_s=wall_s)
        self.timers = TimerHeap()
        self.subscriptions = Subscriptions()
        self.announcer = Announcer(self.subscriptions, nobody)
        self.ticks = Ticks(self.clock, self.timers, self.announcer)
        self.subscriptions.on_change = self.changed
        self.heard: list[tuple[int, int]] = []
        """(period, when)."""
        self.wakeup_count = 0

    def changed(self) -> None:
        self.announcer.subscriptions_changed()
        self.ticks.subscriptions_changed()

    def hear(self, event: events.TickEvent) -> None:
        self.heard.append((event.period, event.when))

    def want(self, kind: type) -> "Watch":
        self.subscriptions.subscribe(kind, self.hear)
        return self

    def pass_s(self, seconds: float) -> "Watch":
        """Let time pass; timers are served when they are due, not a moment later."""
        end_s = self.clock.mono_s + seconds
        while (due_s := self.timers.next_deadline_s()) is not None and due_s <= end_s:
            self.clock.advance_to(due_s)
            callback = self.timers.pop_due(self.clock.mono_s)
            assert callback is not None
            self.wakeup_count += 1
            callback()
        self.clock.advance_to(end_s)
        return self


def test_tick_is_sent_when_its_slice_begins() -> None:
    """`when` is the beginning of the slice, a multiple of the period."""
    watch = Watch().want(events.Tick5Event).pass_s(14)
    assert watch.heard == [(5, HOUR_S + 5), (5, HOUR_S + 10), (5, HOUR_S + 15)]


def test_no_tick_is_sent_at_the_start() -> None:
    """The slice that runs has begun before."""
    assert Watch().want(events.TickEvent).pass_s(3.9).heard == []


def test_all_periods_begin_on_the_hour() -> None:
    """At most one event per period and slice."""
    watch = Watch(HOUR_S - 1.0).want(events.TickEvent).pass_s(2)
    assert watch.heard == [(5, HOUR_S), (60, HOUR_S), (3600, HOUR_S)]


def test_daemon_without_subscribers_makes_no_wakeups() -> None:
    """There is no timer at all; nor after the last subscriber left."""
    watch = Watch()
    assert watch.timers.next_deadline_s() is None
    watch.want(events.TickEvent).subscriptions.unsubscribe(events.TickEvent, watch.hear)
    assert watch.timers.next_deadline_s() is None
    assert watch.pass_s(7200).heard == []


def test_other_subscriptions_need_no_ticks() -> None:
    """Only those who want ticks cause wake-ups."""
    watch = Watch().want(events.ProcessStateEvent)
    assert watch.timers.next_deadline_s() is None


def test_wakeups_are_those_of_the_shortest_period() -> None:
    """One per slice of five seconds, whoever else listens."""
    watch = Watch(HOUR_S).want(events.TickEvent).pass_s(3600)
    assert watch.wakeup_count == 720
    assert len(watch.heard) == 720 + 60 + 1


def test_clock_set_forward_sends_one_tick() -> None:
    """Slices that were skipped are not made up for."""
    watch = Watch().want(events.Tick60Event)
    watch.clock.set_wall(HOUR_S + 1000)
    watch.pass_s(LOOK_EVERY_S)
    assert watch.heard == [(60, HOUR_S + 960)]


def test_clock_set_back_sends_a_tick() -> None:
    """Another slice is another slice; from then on as usual."""
    watch = Watch(HOUR_S + 100).want(events.Tick60Event)
    watch.clock.set_wall(HOUR_S + 1)
    watch.pass_s(LOOK_EVERY_S)
    assert watch.heard == [(60, HOUR_S)]
    watch.pass_s(60)
    assert watch.heard[1:] == [(60, HOUR_S + 60)]


def test_wall_clock_that_is_slow_delays_the_tick() -> None:
    """The monotonic clock wakes up too early: it is looked at again, and sent once."""
    watch = Watch(HOUR_S + 1).want(events.Tick5Event)
    watch.clock.set_wall(HOUR_S + 0.5)
    watch.pass_s(4.1)
    assert watch.heard == []
    watch.pass_s(0.5)
    assert watch.heard == [(5, HOUR_S + 5)]


def test_subscriber_that_fails_does_not_end_the_ticks() -> None:
    """The next one is planned before anybody is told."""
    watch = Watch().want(events.Tick5Event)

    def fail(_: object) -> None:
        raise RuntimeError("no time")

    watch.subscriptions.subscribe(events.Tick5Event, fail)
    for _ in range(2):
        try:
            watch.pass_s(5)
        except RuntimeError:
            watch.pass_s(0)
    assert len(watch.heard) == 2


def test_late_subscriber_of_another_period_keeps_the_first_one_on_time() -> None:
    """Beginning with the hour does not begin the five seconds anew."""
    watch = Watch().want(events.Tick5Event).pass_s(2)
    watch.want(events.Tick3600Event).pass_s(2)
    assert watch.heard == [(5, HOUR_S + 5)]


def test_event_carries_the_view_of_plug_ins() -> None:
    """`event.supervisord` is what plug-ins walk."""
    watch = Watch()
    view = object()
    watch.ticks.supervisord = lambda: view
    seen: list[object] = []
    watch.subscriptions.subscribe(events.Tick5Event, lambda event: seen.append(event.supervisord))
    watch.pass_s(5)
    assert seen == [view]
