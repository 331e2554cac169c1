"""ANSI escapes: removed wherever they are cut, and never held back for long."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.wire.ansi import ESCAPE_BYTES_MAX, AnsiStripper

FINALS = b"HfABCDRsuJKhlpm"

ESCAPE_RICH = st.lists(
    st.sampled_from(
        [b"\x1b", b"[", b"\x1b[", b"m", b"31", b";", b"text", b"\n", b"H", b"x" * 250, b"\xff"]
    ),
    max_size=30,
).map(b"".join)


def strip(*chunks: bytes) -> bytes:
    stripper = AnsiStripper()
    return b"".join([*map(stripper.feed, chunks), stripper.close()])


@pytest.mark.parametrize("final", [bytes([byte]) for byte in FINALS])
def test_escape_is_removed_up_to_its_final_character(final: bytes) -> None:
    """`ESC [` up to the first of H f A B C D R s u J K h l p m."""
    assert strip(b"a\x1b[1;31" + final + b"b\x1b[" + final + b"c") == b"abc"


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        (b"", b""),
        (b"plain \xff\n", b"plain \xff\n"),
        (b"\x1b[1m\x1b[0m", b""),
        (b"\x1b]0;title\x07", b"\x1b]0;title\x07"),
        (b"\x1b\x1b[1mx", b"\x1bx"),
        (b"\x1b[\x1b[1mx", b"x"),
        (b"\x1b[2Gxm", b""),
        (b"end \x1b", b"end \x1b"),
        (b"end \x1b[1", b"end \x1b[1"),
    ],
)
def test_stripping_by_example(text: bytes, stripped: bytes) -> None:
    """Other escapes stay; an escape without an end is none."""
    assert strip(text) == stripped


def test_escape_cut_by_two_reads_is_removed() -> None:
    """No `1m` is left in the log when an escape is cut."""
    assert strip(b"a\x1b[3", b"1mb") == b"ab"
    assert strip(b"a\x1b", b"[31mb") == b"ab"


def test_text_is_passed_on_at_once() -> None:
    """Only what may be an escape waits for more."""
    stripper = AnsiStripper()

    assert stripper.feed(b"prompt> ") == b"prompt> "
    assert stripper.feed(memoryview(b"a\x1b[0mb\x1b[1")) == b"ab"
    assert stripper.close() == b"\x1b[1"
    assert stripper.close() == b""


@pytest.mark.parametrize("excess", [0, 1])
def test_escape_has_a_limit(excess: int) -> None:
    """The longest escape is removed; one byte more, and it is text, like the rest of it."""
    escape = b"\x1b[" + b"0" * (ESCAPE_BYTES_MAX - 3 + excess) + b"m"

    assert strip(b"a" + escape + b"b") == (b"a" + escape + b"b" if excess else b"ab")


@given(text=ESCAPE_RICH, cuts=st.lists(st.integers(0, 3000)))
def test_law_chunks_do_not_matter_to_stripping(text: bytes, cuts: list[int]) -> None:
    """Whole, byte by byte, or cut anywhere: the same result."""
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[a:b] for a, b in itertools.pairwise(places)]

    whole = strip(text)

    assert strip(*pieces) == whole
    assert strip(*(bytes([byte]) for byte in text)) == whole


@given(text=st.binary(max_size=300) | ESCAPE_RICH)
def test_law_little_is_held_back(text: bytes) -> None:
    """Never more than one escape, and nothing without one."""
    stripper = AnsiStripper()
    stripper.feed(text)
    held = stripper.close()

    assert len(held) < ESCAPE_BYTES_MAX
    assert held == b"" or (held.startswith(b"\x1b") and text.endswith(held))
