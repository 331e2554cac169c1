"""Deadlines of many things, against a plain dictionary."""

from hypothesis import given
from hypothesis import strategies as st

from supervisor.core.deadlines import Deadlines

KEYS = st.integers(0, 5)
# Few values, so that equal ones and ones that come back are common.
WHEN = st.integers(0, 12).map(float)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), KEYS, st.one_of(st.none(), WHEN)),
        st.tuples(st.just("take"), st.just(0), WHEN),
    ),
    max_size=300,
)


@given(STEPS)
def test_deadlines_do_what_a_dictionary_would_do(
    steps: list[tuple[str, int, float | None]],
) -> None:
    """Each key has at most one deadline; what is due comes once, earliest first."""
    deadlines, model = Deadlines(), dict[int, float]()
    for what, key, when_s in steps:
        if what == "set":
            deadlines.set(key, when_s)
            if when_s is None:
                model.pop(key, None)
            else:
                model[key] = when_s
        else:
            assert when_s is not None
            due = deadlines.take_due(when_s)
            assert [model[each] for each in due] == sorted(model[each] for each in due)
            assert sorted(due) == sorted(each for each, at_s in model.items() if at_s <= when_s)
            for each in due:
                del model[each]
        assert deadlines.earliest_s() == min(model.values(), default=None)


@given(st.lists(st.tuples(KEYS, WHEN), max_size=500))
def test_replaced_deadlines_do_not_pile_up(changes: list[tuple[int, float]]) -> None:
    """A process that crashes for days must not make the heap grow for days."""
    deadlines = Deadlines()
    for number, (key, when_s) in enumerate(changes):
        deadlines.set(key, when_s + number)
        assert len(deadlines._heap) <= 2 * 6 + 64 + 1


def test_deadline_set_while_others_are_taken_waits_for_the_next_turn() -> None:
    deadlines = Deadlines()
    deadlines.set(1, 1.0)
    for key in deadlines.take_due(5.0):
        deadlines.set(key, 2.0)
    assert deadlines.earliest_s() == 2.0
    assert deadlines.take_due(5.0) == [1]
