"""How many followers of logs go on at once."""

import time
from functools import partial

import pytest

from supervisor.core.component import Now
from supervisor.daemon.timers import TimerHeap
from supervisor.web.wakes import PERIOD_S, WAKES_MAX, Wakes


class Clock:
    """Stands still."""

    def __init__(self) -> None:
        self.mono_s = time.monotonic()

    def now(self) -> Now:
        return Now(self.mono_s, 0.0)


class Desk:
    """Followers who say when they go on."""

    def __init__(self, count: int) -> None:
        self.clock, self.timers = Clock(), TimerHeap()
        self.wakes = Wakes(self.timers, self.clock)
        self.heard: list[int] = []
        self.followers = [partial(self.heard.append, number) for number in range(count)]

    def grow(self) -> None:
        for each in self.followers:
            self.wakes.ask(each)

    def pass_time(self, time_s: float = PERIOD_S) -> None:
        self.clock.mono_s += time_s
        while (call := self.timers.pop_due(self.clock.mono_s)) is not None:
            call()


def test_few_followers_go_on_at_once() -> None:
    """And nothing is to be done later."""
    desk = Desk(WAKES_MAX)
    desk.grow()
    assert desk.heard == list(range(WAKES_MAX))
    assert desk.timers.next_deadline_s() is None


@pytest.mark.parametrize("growths", [1, 7])
def test_crowd_of_followers_goes_on_in_turns(growths: int) -> None:
    """Each once for all that has been written meanwhile, in the order in which they asked."""
    desk = Desk(3 * WAKES_MAX)
    desk.grow()
    del desk.followers[:WAKES_MAX]
    for _ in range(growths):
        desk.grow()
    for part in range(1, 4):
        assert desk.heard == list(range(part * WAKES_MAX))
        desk.pass_time()
    assert len(desk.heard) == 3 * WAKES_MAX
    assert desk.timers.next_deadline_s() is None


def test_followers_leave_time_to_a_loop_that_is_late() -> None:
    """It has too much to do: twice as long as it is late."""
    desk = Desk(3 * WAKES_MAX)
    desk.grow()
    desk.pass_time(4 * PERIOD_S)
    assert len(desk.heard) == 2 * WAKES_MAX
    for _ in range(6):
        desk.pass_time()
        assert len(desk.heard) == 2 * WAKES_MAX
    desk.pass_time(2 * PERIOD_S)
    assert len(desk.heard) == 3 * WAKES_MAX


def test_follower_who_has_gone_is_not_called() -> None:
    desk = Desk(WAKES_MAX + 2)
    desk.grow()
    desk.wakes.forget(desk.followers[-1])
    desk.wakes.forget(desk.followers[0])
    desk.pass_time()
    assert desk.heard == list(range(WAKES_MAX + 1))


def test_followers_who_have_all_gone_leave_nothing_to_do() -> None:
    desk = Desk(WAKES_MAX + 1)
    desk.grow()
    desk.wakes.forget(desk.followers[-1])
    desk.pass_time()
    assert desk.timers.next_deadline_s() is None
    desk.grow()
    assert len(desk.heard) == 2 * WAKES_MAX
