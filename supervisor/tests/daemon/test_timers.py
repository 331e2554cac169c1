"""Calls that are to come, against the simplest thing that could be right."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.daemon.timers import Call, TimerHeap

SWEEP_SIZE = 32

WHEN = st.floats(0.0, 100.0)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), WHEN),
        st.tuples(st.just("cancel"), st.integers(0, 50)),
        st.tuples(st.just("take"), WHEN),
    ),
    max_size=80,
)


def drained(timers: TimerHeap, now_s: float) -> int:
    """Make all calls that are due; how many there were."""
    count = 0
    while (callback := timers.pop_due(now_s)) is not None:
        callback()
        count += 1
    return count


@given(STEPS)
def test_timers_do_what_a_sorted_list_would_do(steps: list[tuple[str, float]]) -> None:
    """By time, then in the order in which they were set; cancelled ones never."""
    timers, called = TimerHeap(), list[int]()
    calls: list[Call] = []
    pending: dict[int, float] = {}
    for what, value in steps:
        if what == "set":
            number = len(calls)
            calls.append(timers.call_at(value, lambda n=number: called.append(n)))
            pending[number] = value
        elif what == "cancel" and calls:
            number = int(value) % len(calls)
            calls[number].cancel()
            pending.pop(number, None)
        elif what == "take":
            due = sorted((when_s, n) for n, when_s in pending.items() if when_s <= value)
            called.clear()
            assert drained(timers, value) == len(due)
            assert called == [n for _, n in due]
            for _, number in due:
                del pending[number]
        assert timers.next_deadline_s() == min(pending.values(), default=None)


def test_cancelling_a_call_that_was_made_is_harmless() -> None:
    timers, called = TimerHeap(), list[int]()
    call = timers.call_at(1.0, lambda: called.append(1))
    assert drained(timers, 1.0) == 1
    call.cancel()
    assert called == [1]


def test_call_may_cancel_another_that_is_due_with_it() -> None:
    timers, called = TimerHeap(), list[str]()
    timers.call_at(1.0, lambda: second.cancel())
    second = timers.call_at(1.0, lambda: called.append("second"))
    assert drained(timers, 2.0) == 1
    assert called == []


@pytest.mark.parametrize("when_s", [math.nan, math.inf, -math.inf])
def test_what_is_no_time_disturbs_no_other_call(when_s: float) -> None:
    """A NaN in the heap would leave no order in it: others would never be made."""
    timers, called = TimerHeap(), list[int]()
    timers.call_at(2.0, lambda: called.append(2))
    with pytest.raises(ValueError, match="that is no time"):
        timers.call_at(when_s, lambda: called.append(0))
    timers.call_at(1.0, lambda: called.append(1))
    assert drained(timers, 1.0) == 1
    assert (called, timers.next_deadline_s()) == ([1], 2.0)


def test_cancelled_calls_do_not_pile_up() -> None:
    """A connection that sets and cancels a time-out with each request must not cost memory."""
    timers = TimerHeap()
    for number in range(20 * SWEEP_SIZE):
        timers.call_at(1e6 + number, lambda: None).cancel()
    assert len(timers._heap) <= SWEEP_SIZE


class CountingHeap(TimerHeap):
    """Counts how often all entries were looked at."""

    sweeps = 0

    def _sweep(self) -> None:
        self.sweeps += 1
        super()._sweep()


def test_calls_that_live_are_not_swept_through_with_each_new_one() -> None:
    """A sweep looks at every entry; with many living ones it comes ever more rarely."""
    timers = CountingHeap()
    for number in range(16 * SWEEP_SIZE):
        timers.call_at(1e6 + number, lambda: None)
    assert timers.sweeps <= 5
    assert len(timers._heap) == 16 * SWEEP_SIZE


def test_sweep_keeps_order_and_the_living() -> None:
    timers, called = TimerHeap(), list[int]()
    for number in range(3 * SWEEP_SIZE):
        call = timers.call_at(float(-number), lambda n=number: called.append(n))
        if number % 3:
            call.cancel()
    assert drained(timers, 0.0) == SWEEP_SIZE
    assert called == sorted(range(0, 3 * SWEEP_SIZE, 3), reverse=True)
