"""Functions of plug-ins that know their answer later."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from supervisor.daemon.timers import TimerHeap
from supervisor.errors import Fault, RequestRefused
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.polling import DELAY_S_MIN, NOT_DONE_YET, Polling
from supervisor.tests.fakes.clock import FakeClock


class Desk:
    """Polling under a clock that only moves when told."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.timers = TimerHeap()
        self.polling = Polling(self.timers, self.clock)
        self.asked_s: list[float] = []

    def function(self, *answers: Any, delay: float = 0.5) -> Any:
        """A function that gives these answers, one after the other; exceptions are raised."""
        left = list(answers)

        def ask() -> Any:
            self.asked_s.append(self.clock.mono_s)
            answer = left.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        ask.delay = delay  # type: ignore[attr-defined]
        return ask

    def answer_of(self, value: Any) -> Any:
        return self.polling.answer_of(value, lambda call: call())

    def pass_s(self, seconds: float) -> None:
        """Let time pass; calls that become due are made when they are."""
        end_s = self.clock.mono_s + seconds
        while (when_s := self.timers.next_deadline_s()) is not None and when_s <= end_s:
            self.clock.advance_to(when_s)
            self.due()
        self.clock.advance_to(end_s)

    def due(self) -> None:
        """Make the calls that are due now."""
        call: Callable[[], None] | None
        while (call := self.timers.pop_due(self.clock.mono_s)) is not None:
            call()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("value", [5, None, len, partial(len, "x"), Desk().pass_s])
def test_what_is_no_plain_function_is_a_value(desk: Desk, value: Any) -> None:
    """Only plain functions are asked: methods, partials and built-ins are not."""
    assert desk.answer_of(value) is value


def test_function_is_asked_at_its_own_pace_until_it_knows(desk: Desk) -> None:
    """The first time at once, then each `delay` seconds."""
    answer = desk.answer_of(desk.function(NOT_DONE_YET, NOT_DONE_YET, "done"))
    began_s = desk.clock.mono_s
    desk.pass_s(5)

    assert answer.result() == "done"
    assert [each - began_s for each in desk.asked_s] == [0.0, 0.5, 1.0]
    assert desk.timers.next_deadline_s() is None


@pytest.mark.parametrize("delay", [0, 0.0, -1])
def test_function_that_wants_to_be_asked_all_the_time_is_not(desk: Desk, delay: float) -> None:
    """There is a pause between two calls whatever it wants."""
    answer = desk.answer_of(desk.function(NOT_DONE_YET, "done", delay=delay))
    desk.pass_s(DELAY_S_MIN / 2)
    assert not answer.done
    desk.pass_s(DELAY_S_MIN)

    assert answer.result() == "done"


@pytest.mark.parametrize("delay", [None, "soon"])
def test_function_without_a_pace_is_refused(desk: Desk, delay: Any) -> None:
    """A function that does not say how often it wants to be called cannot be waited for."""
    with pytest.raises(TypeError, match="has no delay"):
        desk.answer_of(desk.function(delay=delay))


@pytest.mark.parametrize("delay", [math.nan, math.inf, -math.inf, 10**400])
def test_function_whose_pace_is_no_number_of_seconds_is_refused(desk: Desk, delay: float) -> None:
    """It is told what is wrong, and no call is set for a time that never comes."""
    with pytest.raises(TypeError, match=r"its delay is (nan|-?inf), so it cannot be waited for"):
        desk.answer_of(desk.function(delay=delay))
    assert desk.timers.next_deadline_s() is None


def test_refusal_is_the_answer(desk: Desk) -> None:
    """What the function raises is what the call raises."""
    answer = desk.answer_of(desk.function(RequestRefused(Fault.FAILED, "x")))
    desk.due()

    with pytest.raises(RequestRefused, match="FAILED: x"):
        answer.result()


def test_answer_of_ours_is_waited_for_and_not_asked_for(desk: Desk) -> None:
    """A function that stands for a Deferred is known at once when that is."""
    known = Deferred()
    function = desk.function()
    function.deferred = known

    assert desk.answer_of(function) is known
    assert desk.timers.next_deadline_s() is None


def test_nobody_is_asked_for_an_answer_that_nobody_waits_for(desk: Desk) -> None:
    """When who asked has gone, the calls end."""
    answer = desk.answer_of(desk.function(NOT_DONE_YET, "never"))
    desk.due()
    outer = Deferred()
    outer.settle(lambda: answer)
    outer.abandon()
    desk.pass_s(5)

    assert len(desk.asked_s) == 1
    assert not answer.done
