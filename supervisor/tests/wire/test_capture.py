"""Capture mode: however the stream is cut, the same text and the same captures come out."""

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from supervisor.wire.capture import (
    BEGIN,
    END,
    Captured,
    CaptureParser,
    Enclosed,
    Piece,
    Plain,
    Unfinished,
)

WORDS = st.sampled_from(
    [
        BEGIN,
        END,
        BEGIN[:-1],
        END[:-1],
        BEGIN[:5],
        b"<",
        b"<<",
        b"<!--XSUPERVISOR:",
        b"text",
        b"\n",
        b"",
    ]
)
STREAMS = st.lists(WORDS | st.binary(max_size=8), max_size=12).map(b"".join)
LIMITS = st.integers(1, 40)


def parse(chunks: Iterable[bytes], bytes_max: int = 1000) -> list[Piece]:
    """Everything that comes out of a stream in those chunks."""
    parser = CaptureParser(bytes_max)
    pieces = [piece for chunk in chunks for piece in parser.feed(chunk)]
    return pieces + parser.close()


def joined(pieces: list[Piece]) -> list[Piece]:
    """The pieces with those made one that only the cutting separated."""
    merged: list[Piece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        if isinstance(piece, Plain) and isinstance(last, Plain):
            merged[-1] = Plain(last.data + piece.data)
        elif isinstance(piece, Enclosed) and isinstance(last, Enclosed):
            merged[-1] = Enclosed(last.data + piece.data)
        else:
            merged.append(piece)
    return merged


def single(stream: bytes) -> list[bytes]:
    """The stream byte by byte."""
    return [bytes([byte]) for byte in stream]


class TestPieces:
    def test_text_around_a_capture_is_kept_and_the_tags_are_not(self) -> None:
        """The tags themselves are never logged."""
        pieces = parse([b"before\n" + BEGIN + b"inside" + END + b"after\n"])
        assert pieces == [
            Plain(b"before\n"),
            Enclosed(b"inside"),
            Captured(b"inside", 0),
            Plain(b"after\n"),
        ]

    def test_several_captures_in_one_chunk_are_told_in_order(self) -> None:
        pieces = parse([(BEGIN + b"1" + END) + (BEGIN + b"2" + END)])
        assert [piece for piece in pieces if isinstance(piece, Captured)] == [
            Captured(b"1", 0),
            Captured(b"2", 0),
        ]

    def test_empty_capture_is_one_too(self) -> None:
        assert parse([BEGIN + END]) == [Captured(b"", 0)]

    def test_end_tag_outside_is_text(self) -> None:
        assert parse([b"a" + END + b"b"]) == [Plain(b"a" + END + b"b")]

    def test_begin_tag_inside_is_part_of_the_capture(self) -> None:
        assert parse([BEGIN + b"a" + BEGIN + b"b" + END])[-1] == Captured(b"a" + BEGIN + b"b", 0)

    def test_stream_that_ends_inside_says_how_much_is_lost(self) -> None:
        """A process that dies inside: data lost, no event."""
        assert parse([BEGIN + b"half" + END[:-1]]) == [
            Enclosed(b"half"),
            Enclosed(END[:-1]),
            Unfinished(4 + len(END) - 1),
        ]


class TestKnownFaults:
    def test_l7_short_output_is_not_withheld(self) -> None:
        """Everything that cannot be the beginning of a tag goes out at once."""
        assert CaptureParser(10).feed(b"x\n") == [Plain(b"x\n")]

    def test_l7_only_the_beginning_of_a_tag_is_kept_back(self) -> None:
        parser = CaptureParser(10)
        assert parser.feed(b"x\n" + BEGIN[:-1]) == [Plain(b"x\n")]
        assert parser.feed(b"!") == [Plain(BEGIN[:-1] + b"!")]

    def test_l7_end_tag_that_comes_alone_fires_at_once(self) -> None:
        parser = CaptureParser(10)
        parser.feed(BEGIN)
        parser.feed(b"inside")
        assert parser.feed(END) == [Captured(b"inside", 0)]

    def test_l7_nothing_is_lost_at_the_end(self) -> None:
        assert parse([b"text", BEGIN[:9]]) == [Plain(b"text"), Plain(BEGIN[:9])]

    def test_l9_cap_is_exact_and_the_last_bytes_are_kept(self) -> None:
        pieces = parse([BEGIN, b"0123456", b"789", b"ab", END], bytes_max=10)
        assert pieces[-1] == Captured(b"23456789ab", 2)

    def test_l9_one_huge_chunk_does_not_exceed_the_cap(self) -> None:
        assert parse([BEGIN + bytes(1000) + b"end" + END], bytes_max=3)[-1] == Captured(
            b"end", 1000
        )

    def test_cut_of_one_capture_does_not_count_for_the_next(self) -> None:
        assert parse([BEGIN + b"12345" + END + BEGIN + b"6" + END], bytes_max=2)[-1] == (
            Captured(b"6", 0)
        )


class TestLaws:
    @given(STREAMS, st.lists(st.integers(0, 300), max_size=8), LIMITS)
    def test_chunking_never_matters(self, stream: bytes, cuts: list[int], bytes_max: int) -> None:
        edges = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
        chunks = [stream[start:end] for start, end in pairwise(edges)]
        whole = joined(parse([stream], bytes_max))
        assert joined(parse(chunks, bytes_max)) == whole
        assert joined(parse(single(stream), bytes_max)) == whole

    @given(STREAMS)
    def test_no_byte_is_withheld_that_cannot_begin_a_tag(self, stream: bytes) -> None:
        """What has not come out after each byte is a proper beginning of a tag."""
        parser = CaptureParser(1000)
        inside, pending = False, b""
        for byte in single(stream):
            pending += byte
            for piece in parser.feed(byte):
                if isinstance(piece, Plain | Enclosed):
                    assert pending.startswith(piece.data)
                    pending = pending[len(piece.data) :]
                elif isinstance(piece, Captured):
                    assert pending == END
                    inside, pending = False, b""
            if not inside and pending == BEGIN:
                inside, pending = True, b""
            assert (END if inside else BEGIN).startswith(pending)

    @given(STREAMS)
    def test_nothing_but_tags_is_taken_out(self, stream: bytes) -> None:
        """Text and captures, with their tags put back, are the stream."""
        restored = b""
        inside = False
        for piece in joined(parse([stream])):
            match piece:
                case Plain(data):
                    restored += data
                case Enclosed(data):
                    restored += BEGIN + data
                    inside = True
                case Captured():
                    restored += END if inside else BEGIN + END
                    inside = False
                case Unfinished():
                    restored += b"" if inside else BEGIN
        assert restored == stream

    @given(STREAMS, LIMITS)
    def test_captures_never_exceed_the_cap(self, stream: bytes, bytes_max: int) -> None:
        for piece in parse(single(stream), bytes_max):
            if isinstance(piece, Captured):
                assert len(piece.data) <= bytes_max
                assert not piece.cut_bytes or len(piece.data) == bytes_max
