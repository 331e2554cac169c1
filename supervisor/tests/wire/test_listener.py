"""The listener protocol: which bytes are which token, at every limit."""

from types import SimpleNamespace

import pytest

from supervisor.states import EventListenerStates, getEventListenerStateDescription
from supervisor.tokens import BadResultLine, Garbage, ReadyToken, ResultToken, Token
from supervisor.wire.listener import (
    RESULT_BYTES_MAX,
    RESULT_LINE_BYTES_MAX,
    Envelope,
    ListenerParser,
    payload_of,
    told,
)

S = EventListenerStates


def parser_in(state: int, resync: bool = False) -> ListenerParser:
    parser = ListenerParser(resync)
    if state in (S.READY, S.BUSY):
        assert list(parser.feed(b"READY\n")) == [ReadyToken()]
    if state == S.BUSY:
        parser.event_sent()
    if state == S.UNKNOWN:
        parser.give_up()
    return parser


def outcome(state: int, *chunks: bytes, resync: bool = False) -> tuple[list[Token], str | None]:
    """Tokens, and the name of the state after them."""
    parser = parser_in(state, resync)
    tokens = [token for chunk in chunks for token in parser.feed(chunk)]
    return tokens, getEventListenerStateDescription(parser.state)


# -- events to the listener ----------------------------------------------------------------------


def test_header_has_its_tokens_in_order() -> None:
    """Single blanks, exactly this token order, one LF, and the payload immediately behind it."""
    event = SimpleNamespace(serial=9, told=told("PROCESS_STATE_STARTING", "a:b"))
    assert Envelope("supervisor", "all").sealed(event, poolserial=3) == (
        b"ver:3.0 server:supervisor serial:9 pool:all poolserial:3 "
        b"eventname:PROCESS_STATE_STARTING len:3\na:b"
    )


def test_header_is_utf8() -> None:
    """The stream is UTF-8."""
    event = SimpleNamespace(serial=0, told=told("TYP_\u00e4", "\u00d8\udcff"))
    header = Envelope("h\u00f8st", "\udcff").sealed(event, 0)
    assert b" server:h\xc3\xb8st " in header and b" pool:\xff " in header
    assert header.endswith(b" eventname:TYP_\xc3\xa4 len:2\n\xc3\x98?"), "characters count"


def test_names_with_percent_signs_stand_in_the_header_as_they_are() -> None:
    """Any identifier and any name of a group may have one."""
    event = SimpleNamespace(serial=1, told=told("100%d", "%s"))
    header = Envelope("50%d", "%b%%").sealed(event, 2)
    assert header == (
        b"ver:3.0 server:50%d serial:1 pool:%b%% poolserial:2 eventname:100%d len:2\n%s"
    )


@pytest.mark.parametrize("text", ["", "a", "two\nlines\n", "\u00d8 \udcff"])
def test_payload_can_be_had_back(text: str) -> None:
    """As it was told."""
    assert payload_of(told("T", text)) == text.replace("\udcff", "?")


# -- the states of the conversation --------------------------------------------------------------


def test_child_begins_acknowledged() -> None:
    """A fresh (re)start of the process begins in ACKNOWLEDGED with empty buffers."""
    assert ListenerParser().state == S.ACKNOWLEDGED


@pytest.mark.parametrize("data", [b"", b"R", b"READY", b"READY"[:3], b"hello", b"\n\n\n\n\n"])
def test_acknowledged_listener_waits_for_six_bytes(data: bytes) -> None:
    """ACKNOWLEDGED: fewer than 6 bytes wait for more."""
    assert outcome(S.ACKNOWLEDGED, data) == ([], "ACKNOWLEDGED")


@pytest.mark.parametrize("chunks", [(b"READY\n",), (b"RE", b"ADY", b"\n")])
def test_acknowledged_listener_becomes_ready(chunks: tuple[bytes, ...]) -> None:
    """ACKNOWLEDGED: starts with `READY\\n`: READY."""
    assert outcome(S.ACKNOWLEDGED, *chunks) == ([ReadyToken()], "READY")


@pytest.mark.parametrize("data", [b"hello\n", b"READY\r\n", b"READY ", b"ready\n", b"\nREADY\n"])
def test_acknowledged_listener_that_says_anything_else_is_lost(data: bytes) -> None:
    """ACKNOWLEDGED: anything else (>= 6 bytes): UNKNOWN, input discarded."""
    assert outcome(S.ACKNOWLEDGED, data, b"READY\n") == ([Garbage(data)], "UNKNOWN")


def test_rest_behind_ready_is_processed_further() -> None:
    """ACKNOWLEDGED -> READY; rest processed further: it is output while READY."""
    tokens, state = outcome(S.ACKNOWLEDGED, b"READY\nX")
    assert tokens == [ReadyToken(followed=True), Garbage(b"X")]
    assert state == "UNKNOWN"


@pytest.mark.parametrize("data", [b"READY\n", b"x", b"\n", b"RESULT 2\nOK"])
def test_ready_listener_that_says_anything_is_lost(data: bytes) -> None:
    """READY: any output (even a second `READY\\n`): UNKNOWN, input discarded."""
    assert outcome(S.READY, data) == ([Garbage(data)], "UNKNOWN")


def test_ready_listener_that_says_nothing_stays_ready() -> None:
    assert outcome(S.READY, b"") == ([], "READY")


@pytest.mark.parametrize("data", [b"", b"R", b"RESULT 2", b"RESULT 2\n", b"RESULT 2\nO"])
def test_busy_listener_is_waited_for(data: bytes) -> None:
    """BUSY: no LF yet, or body incomplete: wait."""
    assert outcome(S.BUSY, data) == ([], "BUSY")


@pytest.mark.parametrize(
    "line", [b"RESULT 2", b"RESULT 2\r", b"RESULT   2 ", b"RESULT \t2", b"RESULT 02"]
)
def test_result_length_may_have_blanks_around_it(line: bytes) -> None:
    """BUSY: surrounding blanks and CR tolerated."""
    assert outcome(S.BUSY, line + b"\nOK") == ([ResultToken(b"OK")], "ACKNOWLEDGED")


def test_result_body_may_have_any_bytes() -> None:
    """`RESULT n` bodies of any bytes."""
    body = bytes(range(256))
    assert outcome(S.BUSY, b"RESULT 256\n" + body) == ([ResultToken(body)], "ACKNOWLEDGED")


def test_rest_behind_a_result_is_processed_further() -> None:
    """`RESULT 2\\nOKREADY\\n` in one read is normal."""
    tokens, state = outcome(S.BUSY, b"RESULT 2\nOKREADY\n")
    assert (tokens, state) == ([ResultToken(b"OK"), ReadyToken()], "READY")


@pytest.mark.parametrize("line", [b"", b"x", b"RESULT", b"RESULT ", b"RESULT x", b"RESULT 2 2"])
def test_any_other_line_of_a_busy_listener_is_a_bad_result_line(line: bytes) -> None:
    """BUSY: any other line: bad result line; UNKNOWN; input discarded."""
    assert outcome(S.BUSY, line + b"\nREADY\n") == ([BadResultLine(line)], "UNKNOWN")


def test_unknown_listener_says_nothing_any_more() -> None:
    """UNKNOWN: discarded, forever."""
    assert outcome(S.UNKNOWN, b"READY\n", b"RESULT 2\nOK") == ([], "UNKNOWN")


# -- known faults --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "length", [b"-1", b"+2", b"1_0", b"0x2", "٢".encode(), b"2.0", b"-0", b"1e1"]
)
def test_e7_signed_and_odd_lengths_are_bad(length: bytes) -> None:
    """E7: a negative, signed or `_` length is a bad result line."""
    line = b"RESULT " + length
    assert outcome(S.BUSY, line + b"\n") == ([BadResultLine(line)], "UNKNOWN")


def test_e7_wrong_word_of_seven_bytes_is_told() -> None:
    """E7: a wrong 7-byte word is tolerated."""
    assert outcome(S.BUSY, b"FOO BAR2\nOK") == ([ResultToken(b"OK", b"FOO BAR")], "ACKNOWLEDGED")


def test_e8_empty_result_is_found_at_once() -> None:
    """E8: a zero-length result needs no further output."""
    assert outcome(S.BUSY, b"RESULT 0\n") == ([ResultToken(b"")], "ACKNOWLEDGED")


# -- limits --------------------------------------------------------------------------------------


def test_result_line_at_its_limit_is_read() -> None:
    line = b"RESULT 2".ljust(RESULT_LINE_BYTES_MAX - 1) + b"\n"
    assert outcome(S.BUSY, line + b"OK")[0] == [ResultToken(b"OK")]


@pytest.mark.parametrize("end", [b"\n", b""])
def test_result_line_beyond_its_limit_is_bad(end: bytes) -> None:
    line = b"RESULT 2".ljust(RESULT_LINE_BYTES_MAX)
    tokens, state = outcome(S.BUSY, line + end)
    assert tokens == [BadResultLine(line, "longer than 1024 bytes")]
    assert state == "UNKNOWN"


def test_result_at_its_limit_is_read() -> None:
    parser = parser_in(S.BUSY)
    assert list(parser.feed(b"RESULT %d\n" % RESULT_BYTES_MAX)) == []
    chunk = bytes(1024 * 1024)
    tokens = [token for _ in range(16) for token in parser.feed(chunk)]
    assert [len(token.body) for token in tokens if isinstance(token, ResultToken)] == [
        RESULT_BYTES_MAX
    ]


@pytest.mark.parametrize("length", [RESULT_BYTES_MAX + 1, 10**900])
def test_result_beyond_its_limit_is_a_bad_line(length: int) -> None:
    line = b"RESULT %d" % length
    assert outcome(S.BUSY, line + b"\n") == (
        [BadResultLine(line, "a result has at most 16777216 bytes")],
        "UNKNOWN",
    )


def test_garbage_is_told_up_to_a_limit() -> None:
    tokens, _ = outcome(S.ACKNOWLEDGED, b"x" * 100_000)
    assert tokens == [Garbage(b"x" * RESULT_LINE_BYTES_MAX)]


# -- acting between tokens -----------------------------------------------------------------------


def test_next_token_is_looked_for_when_it_is_asked_for() -> None:
    """Whoever reads tokens may act in between: here the handler crashed."""
    parser = parser_in(S.BUSY)
    tokens = parser.feed(b"RESULT 2\nOKREADY\n")
    assert next(tokens) == ResultToken(b"OK")
    parser.give_up()
    assert list(tokens) == []
    assert parser.state == S.UNKNOWN


def test_event_is_sent_between_two_tokens() -> None:
    parser = parser_in(S.ACKNOWLEDGED)
    assert next(parser.feed(b"READY\n")) == ReadyToken()
    parser.event_sent()
    assert list(parser.feed(b"RESULT 2\nOK")) == [ResultToken(b"OK")]


def test_event_that_was_returned_needs_no_result() -> None:
    parser = parser_in(S.BUSY)
    assert list(parser.feed(b"RESULT 2\n")) == []
    parser.event_returned()
    assert parser.state == S.READY
    assert list(parser.feed(b"OK")) == [Garbage(b"OK")]


def test_event_that_was_returned_late_changes_nothing() -> None:
    parser = parser_in(S.ACKNOWLEDGED)
    parser.event_returned()
    assert parser.state == S.ACKNOWLEDGED


@pytest.mark.parametrize("state", [S.ACKNOWLEDGED, S.READY, S.BUSY, S.UNKNOWN])
def test_only_a_busy_listener_that_said_nothing_awaits_its_result(state: int) -> None:
    assert parser_in(state).awaits_result == (state == S.BUSY)


@pytest.mark.parametrize("data", [b"R", b"RESULT 2\n", b"RESULT 2\nO", b"x" * 2000])
def test_listener_amid_its_result_does_not_await_it_any_more(data: bytes) -> None:
    parser = parser_in(S.BUSY, resync=True)
    list(parser.feed(data))
    assert not parser.awaits_result


# -- resync --------------------------------------------------------------------------------------


def test_resync_skips_lines_before_ready() -> None:
    """With `resync` a line that is not READY is garbage, and the conversation continues."""
    tokens, state = outcome(S.ACKNOWLEDGED, b"hello\n", b"\nREADY\n", resync=True)
    assert tokens == [Garbage(b"hello"), Garbage(b""), ReadyToken()]
    assert state == "READY"


def test_resync_tells_lines_that_come_together_together() -> None:
    """A flood of lines is one token for each read."""
    tokens, _ = outcome(S.ACKNOWLEDGED, b"a\nREADY \nb\n" * 1000 + b"c\nREADY\n", resync=True)
    assert len(tokens) == 2
    assert tokens[0][0][:11] == b"a\nREADY \nb\n"
    assert tokens[1] == ReadyToken()
    tokens, _ = outcome(S.BUSY, b"a\nRESULT x\n" * 1000 + b"RESULT 2\nOK", resync=True)
    assert len(tokens) == 2
    assert tokens[1] == ResultToken(b"OK")


def test_resync_waits_for_the_rest_of_a_line() -> None:
    tokens, _ = outcome(S.BUSY, b"a\nRESU", b"LT 2\nOK", resync=True)
    assert tokens == [BadResultLine(b"a"), ResultToken(b"OK")]


def test_resync_survives_a_result_that_is_too_long() -> None:
    flood = b"RESULT 99999999999\n" * 3
    tokens, _ = outcome(S.BUSY, flood + b"RESULT 2\nOK", resync=True)
    assert [type(token) for token in tokens] == [BadResultLine] * 3 + [ResultToken]


def test_resync_skips_output_while_ready() -> None:
    assert outcome(S.READY, b"x", b"y\n", resync=True) == (
        [Garbage(b"x"), Garbage(b"y\n")],
        "READY",
    )


def test_resync_still_expects_the_result_behind_a_bad_line() -> None:
    """With `resync` the line is told and the listener still owes its result."""
    tokens, state = outcome(S.BUSY, b"oops\nRESULT 2\nOK", resync=True)
    assert tokens == [BadResultLine(b"oops"), ResultToken(b"OK")]
    assert state == "ACKNOWLEDGED"


def test_resync_insists_on_the_word() -> None:
    """A line of a log that ends with a number is no result."""
    assert outcome(S.BUSY, b"loaded 12\n", resync=True) == ([BadResultLine(b"loaded 12")], "BUSY")


@pytest.mark.parametrize("state", [S.ACKNOWLEDGED, S.BUSY])
def test_resync_skips_a_line_without_end_once(state: int) -> None:
    """A flood without a line feed is one token, and nothing of it is kept."""
    chunks = [b"x" * 65536] * 64
    tokens, _ = outcome(state, *chunks, resync=True)
    assert len(tokens) == 1
    assert tokens[0][0] == b"x" * RESULT_LINE_BYTES_MAX
    end = b"yyy\nREADY\n" if state == S.ACKNOWLEDGED else b"yyy\nRESULT 2\nOK"
    tokens, _ = outcome(state, *chunks, end, resync=True)
    assert isinstance(tokens[1], ReadyToken | ResultToken)
