"""Lines of logs by byte offsets: the laws of a parser."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.web.views.lines import (
    LINE_BYTES_MAX,
    Line,
    LineSplitter,
    line_start,
    split_lines,
)

MAX = LINE_BYTES_MAX

logs = st.one_of(
    st.binary(max_size=200),
    st.lists(
        st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"\xc3\xa9", b"\xff", b"\x1b[3", b"x" * MAX]),
        max_size=12,
    ).map(b"".join),
)


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"a\nb\n", [(0, b"a"), (2, b"b")]),
        (b"a\r\nb\r\n", [(0, b"a"), (3, b"b")]),
        (b"10%\r20%\r\n", [(0, b"10%"), (4, b"20%")]),
        (b"\n\n", [(0, b""), (1, b"")]),
        (b"\r", [(0, b"")]),
        (b"a", [(0, b"a")]),
        (b"x" * MAX + b"\n", [(0, b"x" * MAX)]),
        (b"x" * MAX + b"\r\ny", [(0, b"x" * MAX), (MAX + 2, b"y")]),
        (b"x" * (MAX + 1), [(0, b"x" * MAX), (MAX, b"x")]),
    ],
)
def test_lines_know_where_they_begin(data: bytes, lines: list[tuple[int, bytes]]) -> None:
    """Ids are byte offsets: they can be linked, and are the range to ask for older lines."""
    assert split_lines(data, 0) == [Line(*line) for line in lines]
    assert split_lines(data, 1000) == [Line(1000 + begin, text) for begin, text in lines]


@given(logs, st.lists(st.integers(0, 300), max_size=8))
def test_law_lines_do_not_depend_on_chunks(data: bytes, cuts: list[int]) -> None:
    """Feeding whole, byte by byte, or cut anywhere gives the same lines."""
    splitter = LineSplitter(7)
    lines: list[Line] = []
    at = 0
    for cut in [*sorted(cuts), len(data)]:
        lines += [line for line in splitter.feed(data[at:cut]) if line.is_whole]
        at = max(at, cut)
    assert lines + splitter.close() == split_lines(data, 7)


@given(logs)
def test_law_lines_lose_nothing_but_line_ends(data: bytes) -> None:
    lines = split_lines(data, 0)
    ends = [*(line.begin for line in lines[1:]), len(data)] if lines else []
    for line, end in zip(lines, ends, strict=True):
        whole = data[line.begin : end]
        assert whole.startswith(line.data)
        assert whole[len(line.data) :] in (b"", b"\n", b"\r\n", b"\r")
        assert len(line.data) <= MAX
        assert re.search(rb"[\r\n]", line.data) is None
    assert not lines or lines[0].begin == 0


@given(logs, st.integers(0, 200))
def test_law_what_is_read_from_a_line_on_has_the_same_lines(data: bytes, at: int) -> None:
    """A line that was linked is found again."""
    lines = split_lines(data, 0)
    if not lines:
        return
    begin = lines[at % len(lines)].begin
    assert split_lines(data[begin:], begin) == lines[at % len(lines) :]


def test_a_line_that_grows_is_told_again() -> None:
    """A prompt has no line end, and is shown all the same."""
    splitter = LineSplitter(0)
    assert splitter.feed(b"done\nPass") == [Line(0, b"done"), Line(5, b"Pass", is_whole=False)]
    assert splitter.next == 5
    assert splitter.feed(b"word: ") == [Line(5, b"Password: ", is_whole=False)]
    assert splitter.feed(b"") == []
    assert splitter.feed(b"\r") == [Line(5, b"Password: ", is_whole=False)]
    assert splitter.feed(b"\nx") == [Line(5, b"Password: "), Line(17, b"x", is_whole=False)]
    assert splitter.close() == [Line(17, b"x")]


def test_a_long_line_is_cut_between_characters_and_escapes() -> None:
    text = b"x" * (MAX - 1) + "é".encode() + b"\n"
    assert [line.data for line in split_lines(text, 0)] == [b"x" * (MAX - 1), "é".encode()]
    text = b"x" * (MAX - 3) + b"\x1b[31mred\n"
    assert [line.data for line in split_lines(text, 0)] == [b"x" * (MAX - 3), b"\x1b[31mred"]
    hostile = b"\x1b[" + b"1" * 3 * MAX
    assert all(len(line.data) <= MAX for line in split_lines(hostile, 0))
    no_text = b"\x80" * 3 * MAX
    assert [len(line.data) for line in split_lines(no_text, 0)] == [MAX] * 3


def test_w11_what_is_no_utf_8_is_replaced() -> None:
    assert split_lines(b"a\xffb\n", 0)[0].text == "a\ufffdb"


@pytest.mark.parametrize(
    ("data", "start"),
    [
        (b"\nabc", 1),
        (b"xab\ncd", 4),
        (b"xab\r\ncd", 5),
        (b"xab\rcd", 4),
        (b"\r\nabc", 2),
        (b"\xc3\xa9abc", 2),
        (b"abc", 1),
        (b"\x80\x80\x80\x80\x80", 4),
        (b"x", 1),
    ],
)
def test_a_part_of_a_log_begins_with_a_whole_line(data: bytes, start: int) -> None:
    assert line_start(data) == start
