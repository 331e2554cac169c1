"""Server-sent events: what is sent, what waits, and what becomes of slow readers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.daemon.timers import TimerHeap
from supervisor.tests.fakes.clock import FakeClock
from supervisor.web.sse import (
    HEARTBEAT_S,
    QUEUED_BYTES_MAX,
    QUEUED_COUNT_MAX,
    REFILL_BYTES,
    SLOW,
    EventSource,
    message,
)
from supervisor.wire.sse import EventStreamParser, Message

RETRY = b"retry: 2000\n\n"
LINE = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=20)


class Reader:
    """Who reads one stream, with time of its own."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.timers = TimerHeap()
        self.source = EventSource(self.timers, self.clock)
        self.woken_count = 0
        self.source.on_growth(self._woken)
        assert self.source.read(65536) == RETRY

    def _woken(self) -> None:
        self.woken_count += 1

    def read_all(self) -> bytes:
        """Everything that there is now."""
        data = b""
        while piece := self.source.read(65536):
            data += piece
        return data

    def messages(self) -> list[Message]:
        return EventStreamParser().feed(self.read_all())

    def pass_s(self, seconds: float) -> None:
        self.clock.advance(seconds)
        while (callback := self.timers.pop_due(self.clock.mono_s)) is not None:
            callback()


@pytest.fixture
def reader() -> Reader:
    return Reader()


@given(event=LINE.filter(bool), data=st.text(st.characters(codec="utf-8")), id=LINE)
def test_message_is_read_as_it_was_meant(event: str, data: str, id: str) -> None:
    """Round trip through a parser: only line ends are changed, all to line feeds."""
    parsed = EventStreamParser().feed(message(event, data, id))
    assert parsed == [Message(event, data.replace("\r\n", "\n").replace("\r", "\n"), id)]


@given(st.text())
def test_any_text_can_be_sent(data: str) -> None:
    """Surrogates stand for bytes that are no text: nothing that a child prints ends a stream."""
    message("x", data).decode("utf-8")


@pytest.mark.parametrize("unfit", ["a\nb", "a\rb", "a\0"])
def test_names_and_ids_are_single_lines(unfit: str) -> None:
    """Nobody makes events of his own by a name."""
    with pytest.raises(ValueError, match="not a single line"):
        message(unfit, "")
    with pytest.raises(ValueError, match="not a single line"):
        message("x", "", unfit)


def test_source_is_a_stream_with_an_end(reader: Reader) -> None:
    """The connection ends it when it is over."""
    assert hasattr(reader.source, "is_over")


def test_events_are_read_in_their_order(reader: Reader) -> None:
    """Each send wakes the connection, which reads when the client has room."""
    for number in range(3):
        reader.source.send("n", str(number), f"a-{number}")
    assert reader.woken_count == 3
    assert reader.messages() == [Message("n", str(n), f"a-{n}") for n in range(3)]
    assert reader.source.read(65536) == b""


def test_read_gives_whole_messages_and_one_at_least(reader: Reader) -> None:
    """As many as fit, so that what is held for a client is bounded."""
    for _ in range(3):
        reader.source.send("", "x" * 100)
    one = len(message("", "x" * 100))
    assert len(reader.source.read(2 * one + 1)) == 2 * one
    assert len(reader.source.read(10)) == one


def test_refill_is_asked_when_everything_has_been_taken(reader: Reader) -> None:
    """Whoever has news is only asked for them when the client can take some."""
    due = ["1", "2", "3"]

    def refill() -> None:
        if due:
            reader.source.send("n", due.pop(0))

    reader.source.add(refill, lambda: None)
    reader.source.wake()
    assert reader.woken_count == 1
    assert [each.data for each in reader.messages()] == ["1", "2", "3"]


def test_refill_knows_when_it_is_enough(reader: Reader) -> None:
    """A burst is not made at once for a client that may not take it."""
    reader.source.send("", "x" * (REFILL_BYTES // 2))
    assert reader.source.has_room
    reader.source.send("", "x" * (REFILL_BYTES // 2))
    assert not reader.source.has_room


@pytest.mark.parametrize(
    ("data", "count"), [("", QUEUED_COUNT_MAX), ("x" * 9_992, QUEUED_BYTES_MAX // 10_000)]
)
def test_reader_at_the_limit_gets_everything(reader: Reader, data: str, count: int) -> None:
    """At the bound nothing is lost; one beyond it the reader is told to begin anew, and ends."""
    for _ in range(count):
        reader.source.send("", data)
    assert not reader.source.is_over
    assert len(reader.messages()) == count
    reader.source.position = lambda: "life-7"
    for _ in range(count + 1):
        reader.source.send("", data)
    assert reader.messages() == [Message("resync", '{"reason": "slow"}', "life-7")]
    assert reader.source.is_over
    reader.source.send("", "too late")
    assert reader.source.read(65536) == b""


def test_long_message_may_wait_alone(reader: Reader) -> None:
    """What one child says at once can be longer than all that waits usually."""
    reader.source.send("", "x" * (QUEUED_BYTES_MAX + 1))
    assert len(reader.messages()[0].data) == QUEUED_BYTES_MAX + 1


def test_end_is_told_once_to_those_who_have_news(reader: Reader) -> None:
    """Whatever ends it, and however often: nobody watches for a stream that is over."""
    ended: list[str] = []
    reader.source.add(lambda: None, lambda: ended.append("a"))
    reader.source.resync(SLOW)
    assert ended == ["a"]
    reader.source.finish()
    reader.source.close()
    assert ended == ["a"]
    assert reader.timers.next_deadline_s() is None
    assert reader.source.is_over


def test_stream_that_is_finished_gives_what_waits(reader: Reader) -> None:
    """The last words are sent before the end."""
    reader.source.send("bye", "x")
    reader.source.finish()
    assert not reader.source.is_over
    assert [each.event for each in reader.messages()] == ["bye"]
    assert reader.source.is_over


def test_client_that_leaves_takes_everything_with_it(reader: Reader) -> None:
    """Nothing is left of a stream that is closed, and nothing wakes its connection."""
    reader.source.send("n", "x")
    woken_count = reader.woken_count
    reader.source.close()
    reader.source.send("n", "y")
    reader.source.wake()
    assert (reader.woken_count, reader.read_all()) == (woken_count, b"")
    assert reader.timers.next_deadline_s() is None


def test_silence_is_broken_every_15_seconds(reader: Reader) -> None:
    """A comment, counted from what was sent last."""
    reader.pass_s(HEARTBEAT_S - 1)
    reader.source.send("n", "x")
    assert reader.read_all() == b"event: n\ndata: x\n\n"
    reader.pass_s(1)
    assert reader.read_all() == b""
    reader.pass_s(HEARTBEAT_S - 1)
    assert reader.read_all() == b":\n\n"
    reader.pass_s(HEARTBEAT_S)
    assert reader.read_all() == b":\n\n"


def test_comments_do_not_gather_for_a_client_that_sleeps(reader: Reader) -> None:
    """One that does not read is not sent the same again and again."""
    for _ in range(100):
        reader.pass_s(HEARTBEAT_S)
    assert reader.read_all() == b":\n\n"


def test_client_learns_its_position_without_events(reader: Reader) -> None:
    """What happened may be of no interest for it: it can go on from there all the same."""
    reader.source.position = lambda: "life-3"
    reader.source.tell_position()
    reader.source.tell_position()
    assert reader.read_all() == b"id: life-3\n\n"
    reader.source.position = lambda: "life-4"
    reader.pass_s(HEARTBEAT_S)
    assert reader.read_all() == b"id: life-4\n\n:\n\n"
    parser = EventStreamParser()
    parser.feed(b"id: life-4\n\n")
    assert parser.feed(b"data: x\n\n") == [Message("message", "x", "life-4")]
