"""Server-sent events as a client reads them: the standard by example, and the laws of parsers."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.errors import ProtocolViolation
from supervisor.wire import sse
from supervisor.wire.sse import EventStreamParser, Message


def parse(*chunks: bytes) -> list[Message]:
    """All messages of a stream that is given in these chunks."""
    parser = EventStreamParser()
    return [message for chunk in chunks for message in parser.feed(chunk)]


@pytest.mark.parametrize(
    ("stream", "messages"),
    [
        (b"data: one\n\n", [Message("message", "one", "")]),
        (b"data:one\ndata: two\n\n", [Message("message", "one\ntwo", "")]),
        (b"data:  two blanks\n\n", [Message("message", " two blanks", "")]),
        (b"event: add\ndata: 1\nid: a-7\n\n", [Message("add", "1", "a-7")]),
        (b"id: 1\ndata: x\n\ndata: y\n\n", [Message("message", c, "1") for c in "xy"]),
        (b"id: 1\n\nid\ndata: y\n\n", [Message("message", "y", "")]),
        (b"id: a\0b\ndata: x\n\n", [Message("message", "x", "")]),
        (b"\xef\xbb\xbfdata: with a BOM\n\n", [Message("message", "with a BOM", "")]),
        (b"data\n\ndata\ndata\n\n", [Message("message", "", ""), Message("message", "\n", "")]),
        (b": heart-beat\n\n:\n\n", []),
        (b"event: nothing\n\ndata: x\n\n", [Message("message", "x", "")]),
        (b"retry: 10\nwhat: ever\nDATA: no\n\n", []),
        (b"data: cut off\n", []),
        (b"data: \xff\xc3\xa9\n\n", [Message("message", "\ufffd\xe9", "")]),
    ],
)  # fmt: skip
def test_streams_by_example(stream: bytes, messages: list[Message]) -> None:
    """Section 9.2.6 of the HTML standard: how a stream is interpreted."""
    assert parse(stream) == messages


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_each_line_end_ends_a_line(end: bytes) -> None:
    """LF, CR and CRLF, also if CR and LF come apart."""
    stream = end.join([b"event: a", b"data: 1", b"", b"data: 2", b"", b""])
    expected = [Message("a", "1", ""), Message("message", "2", "")]
    assert parse(stream) == expected
    assert parse(*(bytes([byte]) for byte in stream)) == expected


STREAMS = st.lists(
    st.sampled_from(
        [b"data", b": ", b":", b"\n", b"\r", b"\r\n", b"\n\n", b"id", b"event", b"x", b"\xc3",
         b"\xa9", b"\0", b"\xef\xbb\xbf", b"retry: 5"]
    ),
    max_size=60,
).map(b"".join)  # fmt: skip


@given(STREAMS, st.lists(st.integers(0, 200), max_size=8))
def test_chunks_do_not_matter(stream: bytes, cuts: list[int]) -> None:
    """The messages depend on the stream alone."""
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    chunks = [stream[a:b] for a, b in pairwise(edges)]
    assert parse(*chunks) == parse(stream)


@given(st.lists(st.binary(max_size=200)))
def test_garbage_gives_messages_or_nothing(chunks: list[bytes]) -> None:
    """Nothing that a peer sends raises but what the module names."""
    assert all(isinstance(message, Message) for message in parse(*chunks))


FIELD = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]))


@given(st.lists(st.tuples(FIELD, st.lists(FIELD, min_size=1), FIELD)))
def test_what_was_written_is_read(events: list[tuple[str, list[str], str]]) -> None:
    """Round trip: event, data lines and id."""
    stream = "".join(
        f"event: {event}\n" + "".join(f"data: {line}\n" for line in data) + f"id: {id_}\n\n"
        for event, data, id_ in events
    )
    assert parse(stream.encode()) == [
        Message(event or "message", "\n".join(data), id_) for event, data, id_ in events
    ]


def test_longest_line_is_taken_and_one_byte_more_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the limit and one beyond; what came before is given out first."""
    monkeypatch.setattr(sse, "LINE_BYTES_MAX", 10)
    assert parse(b"data: 6789\n\n") == [Message("message", "6789", "")]
    for chunks in ([b"data: 67890"], [b"data: 67890\n\n"], [b"data: 1\n\ndata: 67890", b""]):
        parser = EventStreamParser()
        with pytest.raises(ProtocolViolation, match=r"line .* longer than 10 bytes"):
            for chunk in chunks:
                expected = [Message("message", "1", "")] if b" 1\n" in chunk else []
                assert parser.feed(chunk) == expected
        with pytest.raises(ProtocolViolation):
            parser.feed(b"data: more\n\n")


def test_message_of_many_lines_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each message starts to count anew."""
    monkeypatch.setattr(sse, "MESSAGE_BYTES_MAX", 20)
    assert len(parse(b"data:4567\ndata:4567\n\n" * 3)) == 3
    with pytest.raises(ProtocolViolation, match=r"message .* longer than 20 bytes"):
        parse(b"data:4567\ndata:4567\ndata:\n\n")


def test_place_to_go_on_from_is_known_without_a_message() -> None:
    """An id counts from the blank line on, whether there is data before it or not."""
    parser = EventStreamParser()
    seen = []
    for chunk in (b"id: a-1\n", b"\n", b"id: a-2\ndata: x\n\n: beat\n\nid: a-3\ndata: cut"):
        parser.feed(chunk)
        seen.append(parser.last_id)
    assert seen == ["", "a-1", "a-2"]
