"""Answers that come later."""

import pytest

from supervisor.errors import Fault, RequestRefused
from supervisor.rpc.deferred import Deferred


def refuse() -> None:
    raise RequestRefused(Fault.FAILED)


def test_answer_is_told_to_all_who_asked_before() -> None:
    """then() calls back when the answer is known."""
    answer, told = Deferred(), []
    answer.then(lambda known: told.append(("first", known.result())))
    answer.then(lambda known: told.append(("second", known.result())))
    assert told == []
    assert not answer.done
    answer.settle(lambda: 5)
    assert told == [("first", 5), ("second", 5)]


def test_answer_is_told_at_once_to_who_asks_after() -> None:
    """then() calls back now, if the answer is known."""
    answer, told = Deferred(), []
    answer.settle(lambda: 5)
    answer.then(lambda known: told.append(known.value))
    assert told == [5]


def test_answer_may_be_a_refusal() -> None:
    """A refusal is raised to who wants the result, not to who made it known."""
    answer = Deferred()
    answer.settle(refuse)
    assert answer.done
    with pytest.raises(RequestRefused):
        answer.result()


def test_mistake_in_the_end_of_a_call_does_not_reach_the_state_change() -> None:
    """Whoever makes the answer known is not hit by what goes wrong with it."""
    answer = Deferred()
    answer.settle(lambda: 1 // 0)
    assert isinstance(answer.error, ZeroDivisionError)


def test_answer_that_is_deferred_again_is_waited_for() -> None:
    """settle() follows a Deferred."""
    answer, later = Deferred(), Deferred()
    answer.settle(lambda: later)
    assert not answer.done
    later.settle(lambda: "at last")
    assert answer.result() == "at last"
