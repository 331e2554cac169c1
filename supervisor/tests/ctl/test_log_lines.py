"""Lines of several logs: cut, named, aligned, coloured."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.ctl import log_lines
from supervisor.ctl.log_lines import LineCutter, LineStyle, LineWriter, LogName
from supervisor.ctl.log_viewing import last_lines

WEB = LogName("web", "stdout")
WEB_ERR = LogName("web", "stderr")
WORKER = LogName("app:worker_1", "stdout")


def lines_of(chunks: list[bytes]) -> list[bytes]:
    """All lines of a log that comes in these chunks."""
    cutter = LineCutter()
    return [*(line for chunk in chunks for line in cutter.feed(chunk)), *cutter.close()]


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r", b"long text", b"\xff"])), st.data())
def test_lines_do_not_depend_on_chunks(parts: list[bytes], data: st.DataObject) -> None:
    """Whole lines, however the log is cut; a last one without end comes at the end."""
    text = b"".join(parts)
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=5))
    edges = [0, *sorted(cuts), len(text)]
    expected = text.split(b"\n")
    if not expected[-1]:
        expected.pop()
    assert lines_of([text[a:b] for a, b in pairwise(edges)]) == expected


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_long_lines_come_in_pieces_however_they_are_cut(text: bytes, cuts: list[int]) -> None:
    """At the limit and beyond; nothing is lost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_lines, "LINE_BYTES_MAX", 8)
        edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
        lines = lines_of([text[a:b] for a, b in pairwise(edges)])
        assert lines == lines_of([text])
        assert max(map(len, lines), default=0) <= 8
        assert b"".join(lines) == text.replace(b"\n", b"")


def test_partial_line_is_kept_until_it_is_complete() -> None:
    """Two processes never share a line."""
    cutter = LineCutter()
    assert cutter.feed(b"one\npart") == [b"one"]
    assert cutter.feed(b"ial\n") == [b"partial"]
    assert cutter.close() == []


def test_names_are_aligned_and_stderr_is_marked() -> None:
    """The mark has its column only where both kinds can come."""
    both = LineWriter([WEB, WEB_ERR, WORKER], LineStyle(prefixed=True))
    assert both.write(WEB, b"a") == b"web                 | a\n"
    assert both.write(WEB_ERR, b"b") == b"web          stderr | b\n"
    assert both.write(WORKER, b"c") == b"app:worker_1        | c\n"
    one = LineWriter([WEB, WORKER], LineStyle(prefixed=True))
    assert one.write(WEB, b"a") == b"web          | a\n"


def test_very_long_name_does_not_push_the_others() -> None:
    long = LogName("x" * 60, "stdout")
    writer = LineWriter([WEB, long], LineStyle(prefixed=True))
    assert writer.write(WEB, b"a") == b"web | a\n"
    assert writer.write(long, b"a") == b"x" * 60 + b" | a\n"


def test_bytes_are_as_they_are_unless_a_terminal_gets_them() -> None:
    """As docker does it: a pipe gets what the process wrote."""
    line = b"\xff\x1b[2J\r"
    plain = LineWriter([WEB], LineStyle(prefixed=False))
    assert plain.write(WEB, line) == line + b"\n"
    shown = LineWriter([WEB], LineStyle(prefixed=False, for_terminal=True))
    assert shown.write(WEB, line) == rb"\xff\x1b[2J" + b"\n"


def test_each_process_has_its_colour() -> None:
    """And what is wrong with it is red."""
    writer = LineWriter([WEB, WEB_ERR, WORKER], LineStyle(prefixed=True, coloured=True))
    assert writer.write(WEB_ERR, b"x") == (
        b"\x1b[36mweb         \x1b[0m \x1b[31mstderr\x1b[0m | x\n"
    )
    assert writer.write(WORKER, b"x").startswith(b"\x1b[33mapp:worker_1\x1b[0m")


def test_json_has_an_object_on_each_line() -> None:
    writer = LineWriter([WEB], LineStyle(prefixed=True, as_json=True))
    made = writer.write(WEB, b"gr\xc3\xbcn \xff")
    assert json.loads(made) == {"process": "web", "stream": "stdout", "text": r"grün \xff"}


@pytest.mark.parametrize(
    ("data", "count", "expected"),
    [
        (b"a\nb\nc\n", 2, b"b\nc\n"),
        (b"a\nb\nc", 2, b"b\nc"),
        (b"a\nb\nc", 1, b"c"),
        (b"a\n", 5, b"a\n"),
        (b"\n\n\n", 2, b"\n\n"),
        (b"", 3, b""),
    ],
)
def test_last_lines(data: bytes, count: int, expected: bytes) -> None:
    assert last_lines(data, count) == expected


@given(st.binary(), st.integers(1, 10))
def test_last_lines_are_an_end_with_so_many_lines(data: bytes, count: int) -> None:
    found = last_lines(data, count)
    assert data.endswith(found)
    assert len(lines_of([found])) == min(count, len(lines_of([data])))
