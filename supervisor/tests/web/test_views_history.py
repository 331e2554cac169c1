"""The history of states: the strip of a day, and the words beside each change."""

import pytest

from supervisor.rpc.ports import Moment
from supervisor.states import ProcessStates
from supervisor.web.views.history import STRIP_S, Stretch, look_of_moment, stretches

NOW_S = 1_700_000_000.0
RUNNING, EXITED, FATAL = ProcessStates.RUNNING, ProcessStates.EXITED, ProcessStates.FATAL


def test_the_strip_shows_the_last_day() -> None:
    moments = [
        Moment(NOW_S - 3 * STRIP_S, EXITED, ""),
        Moment(NOW_S - 2 * STRIP_S, RUNNING, ""),
        Moment(NOW_S - 60, FATAL, ""),
    ]
    assert stretches(moments, NOW_S) == [
        Stretch(RUNNING, NOW_S - STRIP_S, NOW_S - 60),
        Stretch(FATAL, NOW_S - 60, NOW_S),
    ]


def test_a_clock_that_was_put_back_turns_nothing_around() -> None:
    moments = [Moment(NOW_S + 500, RUNNING, ""), Moment(NOW_S - 10, EXITED, "")]
    found = stretches(moments, NOW_S)
    assert found == [Stretch(EXITED, NOW_S - 10, NOW_S)]
    assert all(each.begin_s <= each.end_s for each in found)


@pytest.mark.parametrize(
    ("why", "look"),
    [
        ("exit status 0", "EXITED"),
        ("exit status 2", "EXITED"),
        ("exit status 3", "bad-exit"),
        ("terminated by SIGKILL", "bad-exit"),
        ("", "bad-exit"),
    ],
)
def test_an_exit_looks_as_expected_as_it_was(why: str, look: str) -> None:
    assert look_of_moment(Moment(NOW_S, EXITED, why), frozenset({0, 2})) == look


def test_other_states_look_like_their_badges() -> None:
    assert look_of_moment(Moment(NOW_S, RUNNING, ""), frozenset()) == "RUNNING"
    assert look_of_moment(Moment(NOW_S, ProcessStates.UNKNOWN, ""), frozenset()) == "UNKNOWN"
