"""The table of the conversation with a listener: complete, and sane in every cell."""

import itertools
from typing import Any

import pytest

from supervisor.core.commands import WriteLog
from supervisor.core.listener import (
    ACKNOWLEDGED,
    BUSY,
    IGNORED,
    IMPOSSIBLE,
    READY,
    STATES,
    TABLE,
    UNKNOWN,
    Conversation,
    Fate,
    Happening,
    Row,
    Undecided,
)
from supervisor.core.pool_commands import Command, GiveUpParsing
from supervisor.core.pool_inputs import EventAccepted
from supervisor.core.pool_letter import Letter
from supervisor.states import getEventListenerStateDescription
from supervisor.tokens import BadResultLine, Garbage, ReadyToken, ResultToken, Token

CELLS = list(itertools.product(STATES, Happening))
ROWS = [cell for cell in CELLS if isinstance(TABLE[cell[0]][cell[1]], Row)]
H = Happening

TOKENS: dict[Happening, Token] = {
    H.SAID_READY: ReadyToken(),
    H.SAID_RESULT: ResultToken(b"OK"),
    H.SAID_ANSWER: ResultToken(b"42"),
    H.SAID_BAD_RESULT: BadResultLine(b"no"),
    H.SAID_BAD_RESULT_IGNORED: BadResultLine(b"no"),
    H.SAID_GARBAGE: Garbage(b"hello"),
    H.SAID_GARBAGE_IGNORED: Garbage(b"hello"),
}


def cell_name(cell: tuple[int, Happening]) -> str:
    return f"{getEventListenerStateDescription(cell[0])}-{cell[1].name}"


def listener_in(state: int) -> Conversation:
    listener = Conversation(1, "a", -1)
    listener.state = state
    listener.is_up = True
    if state == BUSY:
        listener.letter = Letter(EventAccepted(7, "TICK_5", b"", None), 3)
    return listener


def put_through(
    state: int, happening: Happening
) -> tuple[Conversation, Fate, Letter | None, list[Any]]:
    listener = listener_in(state)
    commands: list[Command] = []
    if happening is H.OFFERED:
        listener.offer(Letter(EventAccepted(7, "TICK_5", b"", None), 3))
        return listener, Fate.STAYS, listener.letter, commands
    fate, letter = listener.apply(happening, TOKENS.get(happening), commands)
    return listener, fate, letter, commands


def test_every_cell_is_decided() -> None:
    """Every cell decided."""
    assert set(TABLE) == set(STATES)
    for state, happening in CELLS:
        assert isinstance(TABLE[state][happening], Row | Undecided), cell_name((state, happening))


@pytest.mark.parametrize("cell", ROWS, ids=cell_name)
def test_row_enters_its_state(cell: tuple[int, Happening]) -> None:
    row = TABLE[cell[0]][cell[1]]
    assert isinstance(row, Row)
    listener, *_ = put_through(*cell)
    assert listener.state == (cell[0] if row.enters is None else row.enters)


@pytest.mark.parametrize("cell", ROWS, ids=cell_name)
def test_listener_has_an_event_exactly_while_it_is_busy(cell: tuple[int, Happening]) -> None:
    listener, *_ = put_through(*cell)
    assert (listener.letter is not None) == (listener.state == BUSY)


@pytest.mark.parametrize("cell", [c for c in ROWS if c[0] == BUSY], ids=cell_name)
def test_event_of_a_listener_that_leaves_busy_has_a_fate(cell: tuple[int, Happening]) -> None:
    """Delivered, offered again, or never sent: nothing is forgotten."""
    listener, fate, letter, _ = put_through(*cell)
    if listener.state != BUSY:
        assert letter is not None
        assert fate in (Fate.IS_DONE, Fate.IS_REFUSED, Fate.IS_RETURNED)


@pytest.mark.parametrize("cell", ROWS, ids=cell_name)
def test_change_of_state_is_logged_with_both_names(cell: tuple[int, Happening]) -> None:
    """DEBG `<p>: A -> B`; none when a child begins or ends, an event is sent or cannot be."""
    row = TABLE[cell[0]][cell[1]]
    assert isinstance(row, Row)
    _, _, _, commands = put_through(*cell)
    said = [c.text for c in commands if isinstance(c, WriteLog) and " -> " in c.text]
    if row.enters is None or row.silent:
        assert said == []
    else:
        before, after = map(getEventListenerStateDescription, (cell[0], row.enters))
        assert said == [f"a: {before} -> {after}"]


@pytest.mark.parametrize("cell", ROWS, ids=cell_name)
def test_unknown_state_is_warned_of_and_ends_the_parsing(cell: tuple[int, Happening]) -> None:
    """WARN after the DEBG line: the listener will no longer receive events."""
    listener, _, _, commands = put_through(*cell)
    entered = listener.state == UNKNOWN and cell[0] != UNKNOWN
    assert (GiveUpParsing(1) in commands) == entered
    warned = [c for c in commands if isinstance(c, WriteLog) and "no longer receive" in c.text]
    assert len(warned) == entered


def test_only_a_new_child_leads_out_of_unknown() -> None:
    """UNKNOWN: anything is discarded, forever; only a restart of the process recovers."""
    ways_out = {
        happening
        for happening, row in TABLE[UNKNOWN].items()
        if isinstance(row, Row) and row.enters not in (None, UNKNOWN)
    }
    assert ways_out == {H.BEGAN, H.GONE}


def test_only_a_ready_listener_is_offered_events() -> None:
    assert [state for state in STATES if TABLE[state][H.OFFERED] is IMPOSSIBLE] == [
        ACKNOWLEDGED,
        BUSY,
        UNKNOWN,
    ]
    for state in STATES:
        assert listener_in(state).is_eligible == (state == READY)


@pytest.mark.parametrize("cell", [c for c in CELLS if TABLE[c[0]][c[1]] is IGNORED], ids=cell_name)
def test_ignored_cell_changes_nothing(cell: tuple[int, Happening]) -> None:
    listener, fate, _, commands = put_through(*cell)
    assert (listener.state, fate, commands) == (cell[0], Fate.STAYS, [])


@pytest.mark.parametrize(
    "cell", [c for c in CELLS if TABLE[c[0]][c[1]] is IMPOSSIBLE], ids=cell_name
)
def test_impossible_cell_is_a_mistake_of_the_caller(cell: tuple[int, Happening]) -> None:
    with pytest.raises(AssertionError):
        put_through(*cell)
