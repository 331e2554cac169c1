"""Laws of the listener protocol: chunks do not matter, garbage does no harm, little is kept."""

import sys

from hypothesis import given
from hypothesis import strategies as st

from supervisor.states import EventListenerStates
from supervisor.tokens import BadResultLine, Garbage, ReadyToken, ResultToken, Token
from supervisor.wire.listener import RESULT_LINE_BYTES_MAX, ListenerParser

BUSY, READY = EventListenerStates.BUSY, EventListenerStates.READY

PIECES = st.sampled_from(
    [
        b"READY\n",
        b"RESULT 2\n",
        b"RESULT 0\n",
        b"RESULT 12\r\n",
        b"RESULT -1\n",
        b"RESALT 3\n",
        b"RESULT 99999999999\n",
        b"OK",
        b"FAIL",
        b"\n",
        b"R",
        b"\xff\x00",
        b"x" * 500,
    ]
)
OUTPUT = st.lists(PIECES | st.binary(max_size=8), max_size=12).map(b"".join)
TURNS = st.lists(OUTPUT, max_size=6)
"""What is printed between one moment at which an event may be sent and the next."""
CUTS = st.lists(st.integers(min_value=1, max_value=64), min_size=1, max_size=20)


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """Pieces of these sizes, again and again."""
    chunks, number = [], 0
    while data:
        size = sizes[number % len(sizes)]
        chunks.append(data[:size])
        data, number = data[size:], number + 1
    return chunks


def converse(turns: list[list[bytes]], resync: bool) -> tuple[list[Token], int]:
    """Tokens and the last state; an event is sent after each turn that ends READY."""
    parser = ListenerParser(resync)
    tokens: list[Token] = []
    for chunks in turns:
        for chunk in chunks:
            tokens += parser.feed(chunk)
        if parser.state == READY:
            parser.event_sent()
    return tokens, parser.state


def essence(tokens: list[Token], resync: bool) -> list[Token]:
    """Without what may depend on chunks: how much garbage, or how many bad lines, came at once."""
    kept: list[Token] = []
    for token in tokens:
        if isinstance(token, ReadyToken):
            kept.append(ReadyToken())
        elif isinstance(token, Garbage):
            if kept[-1:] != [Garbage(b"")]:
                kept.append(Garbage(b""))
        elif resync and isinstance(token, BadResultLine):
            if kept[-1:] != [BadResultLine(b"")]:
                kept.append(BadResultLine(b""))
        else:
            kept.append(token)
    return kept


@given(TURNS, CUTS, st.booleans())
def test_tokens_do_not_depend_on_chunks(turns: list[bytes], sizes: list[int], resync: bool) -> None:
    """Feeding whole or cut anywhere gives the same messages."""
    whole, state = converse([[turn] for turn in turns], resync)
    parts, state_of_parts = converse([cut(turn, sizes) for turn in turns], resync)
    assert (essence(parts, resync), state_of_parts) == (essence(whole, resync), state)


@given(st.lists(st.binary(max_size=300) | PIECES, max_size=30), st.booleans())
def test_any_bytes_do_no_harm(chunks: list[bytes], resync: bool) -> None:
    """Garbage gives tokens or nothing, never an exception."""
    tokens, state = converse([[chunk] for chunk in chunks], resync)
    assert state in (10, 20, 30, 40)
    assert all(isinstance(token, Token) for token in tokens)


@given(TURNS)
def test_resync_never_loses_a_listener(turns: list[bytes]) -> None:
    _, state = converse([[turn] for turn in turns], resync=True)
    assert state != EventListenerStates.UNKNOWN


@given(st.lists(st.binary(max_size=100), max_size=10), CUTS, st.booleans())
def test_results_arrive_as_they_were_sent(
    bodies: list[bytes], sizes: list[int], resync: bool
) -> None:
    """Round trip: a listener that keeps to the protocol is understood, whatever its results are."""
    turns = [b"READY\n", *(b"RESULT %d\n%bREADY\n" % (len(body), body) for body in bodies)]
    tokens, state = converse([cut(turn, sizes) for turn in turns], resync)
    assert [token.body for token in tokens if isinstance(token, ResultToken)] == bodies
    assert not any(isinstance(token, Garbage | BadResultLine) for token in tokens)
    assert state == BUSY


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=30), st.booleans())
def test_nothing_but_a_result_is_kept(chunks: list[bytes], resync: bool) -> None:
    """What is held back is a line at most, unless a result was announced."""
    parser = ListenerParser(resync)
    for chunk in chunks:
        for _ in parser.feed(chunk):
            pass
        assert len(parser._buffer) <= RESULT_LINE_BYTES_MAX
        assert sys.getsizeof(parser._buffer) <= 4 * RESULT_LINE_BYTES_MAX
