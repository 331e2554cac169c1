"""The table of the process machine: complete, and sane in every cell."""

import itertools

import pytest

from supervisor.core.commands import StateChange
from supervisor.core.component import Now
from supervisor.core.inputs import Ending
from supervisor.core.policies import ProcessSpec
from supervisor.core.process import IGNORED, TABLE, Row, Undecided, step
from supervisor.core.process_values import STATES, Detail, Happening, Process
from supervisor.states import ProcessStates, getProcessStateDescription

S = ProcessStates
SPEC = ProcessSpec("web", "web")
CELLS = list(itertools.product(STATES, Happening))
ROWS = [cell for cell in CELLS if isinstance(TABLE[cell[0]][cell[1]], Row)]
WITH_CHILD = {S.STARTING, S.RUNNING, S.STOPPING, S.UNKNOWN}


def cell_name(cell: tuple[int, Happening]) -> str:
    return f"{getProcessStateDescription(cell[0])}-{cell[1].name}"


def put_through(state: int, happening: Happening) -> tuple[Process, list[object]]:
    has_child = state in WITH_CHILD and happening is not Happening.STOP_UNSPAWNED
    process = Process(1, state=state, pid=77 if has_child else 0)
    detail = Detail(Now(10.0, 20.0), 78, "reason", Ending(0, 0, "exit status 0"))
    return step(process, SPEC, happening, detail)


def test_every_cell_is_decided() -> None:
    """Every cell decided."""
    assert set(TABLE) == set(STATES)
    for state, happening in CELLS:
        assert isinstance(TABLE[state][happening], Row | Undecided), cell_name((state, happening))


@pytest.mark.parametrize("cell", ROWS, ids=cell_name)
def test_row_announces_each_state_it_enters_in_order(cell: tuple[int, Happening]) -> None:
    row = TABLE[cell[0]][cell[1]]
    assert isinstance(row, Row)
    process, commands = put_through(*cell)
    changes = [c for c in commands if isinstance(c, StateChange)]
    assert tuple(c.to_state for c in changes) == row.enters
    assert [c.from_state for c in changes] == [cell[0], *row.enters][: len(row.enters)]
    assert process.state == (row.enters[-1] if row.enters else cell[0])


@pytest.mark.parametrize("cell", ROWS, ids=cell_name)
def test_row_leaves_a_pid_exactly_where_there_is_a_child(cell: tuple[int, Happening]) -> None:
    process, _ = put_through(*cell)
    if process.state == S.STARTING and cell[1] in (Happening.START, Happening.RETRY_DUE):
        assert process.pid == 0, "the child has yet to be made"
    else:
        assert bool(process.pid) == (process.state in WITH_CHILD)


@pytest.mark.parametrize("cell", ROWS, ids=cell_name)
def test_row_leaves_no_deadline_in_a_state_that_waits_for_nothing(
    cell: tuple[int, Happening],
) -> None:
    process, _ = put_through(*cell)
    waits = process.state in (S.BACKOFF, S.STOPPING) or (
        process.state == S.STARTING and process.pid != 0
    )
    assert (process.deadline_s is not None) == waits


@pytest.mark.parametrize("cell", [c for c in CELLS if TABLE[c[0]][c[1]] is IGNORED], ids=cell_name)
def test_ignored_happening_changes_nothing(cell: tuple[int, Happening]) -> None:
    process = Process(1, state=cell[0], pid=77)
    assert step(process, SPEC, cell[1], Detail(Now(10.0, 20.0))) == (process, [])


@pytest.mark.parametrize(
    "cell",
    [c for c in CELLS if TABLE[c[0]][c[1]] in (Undecided.REFUSED, Undecided.IMPOSSIBLE)],
    ids=cell_name,
)
def test_what_cannot_happen_is_an_error_of_the_caller(cell: tuple[int, Happening]) -> None:
    with pytest.raises(AssertionError):
        put_through(*cell)


PUBLISHED = {
    (S.STOPPED, S.STARTING),
    (S.EXITED, S.STARTING),
    (S.FATAL, S.STARTING),
    (S.BACKOFF, S.STARTING),
    (S.STARTING, S.BACKOFF),
    (S.STARTING, S.RUNNING),
    (S.BACKOFF, S.FATAL),
    (S.BACKOFF, S.STOPPED),
    (S.RUNNING, S.EXITED),
    (S.STARTING, S.STOPPING),
    (S.RUNNING, S.STOPPING),
    (S.STOPPING, S.STOPPED),
    (S.STARTING, S.UNKNOWN),
    (S.RUNNING, S.UNKNOWN),
    (S.STOPPING, S.UNKNOWN),
    # L13: a child that could not be killed, and ended all the same.
    (S.UNKNOWN, S.EXITED),
    (S.UNKNOWN, S.STOPPED),
    # A listener that refused an event too often (event_max_retries_action).
    (S.STOPPING, S.FATAL),
    (S.UNKNOWN, S.FATAL),
}


def test_table_knows_the_published_transitions_and_no_others() -> None:
    """Transition table (complete)."""
    found = set()
    for state, happening in ROWS:
        row = TABLE[state][happening]
        assert isinstance(row, Row)
        path = (state, *row.enters)
        found |= set(itertools.pairwise(path))
    assert found == PUBLISHED
