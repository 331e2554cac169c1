"""What a terminal may be sent: styles, and nothing else that it would obey."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.ctl.safe_text import may_colour, printable, text_of


class Tty(io.StringIO):
    """A terminal, as far as `isatty` tells."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("plain\ttext, grün", "plain\ttext, grün"),
        ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m\x1b[0m"),
        ("\x1b[38:5:200mpink", "\x1b[38:5:200mpink\x1b[0m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x1b]52;c;ZXZpbA==\x1b\\", r"\x1b]52;c;ZXZpbA==\x1b" + "\\"),
        ("\x1b[2J\x1b[H", r"\x1b[2J\x1b[H"),
        ("\x1b[6n", r"\x1b[6n"),
        ("over\rwritten\b", r"over\x0dwritten\x08"),
        ("\x9b31m", r"\x9b31m"),
        ("\x1bP+q\x1b\\", r"\x1bP+q\x1b" + "\\"),
        ("\x1b[" + "1;" * 40 + "m", r"\x1b[" + "1;" * 40 + "m"),
        ("drow \u202eesrever", r"drow \u202eesrever"),
    ],
)
def test_only_styles_pass_to_a_terminal(line: str, shown: str) -> None:
    """Titles, clipboards, questions, movements of the cursor: all are shown as escapes."""
    assert printable(line) == shown


def test_styles_are_left_out_where_there_are_to_be_none() -> None:
    """NO_COLOR."""
    assert printable("\x1b[31mred\x1b[0m \x07", styled=False) == r"red \x07"


@given(st.text(st.characters(exclude_categories=["Cs"])), st.booleans())
def test_any_text_is_harmless(line: str, styled: bool) -> None:
    """Whatever comes: without the styles there is no control character but Tab."""
    shown = printable(line, styled=styled)
    for number in ("", *map(str, range(110))):
        shown = shown.replace(f"\x1b[{number}m", "")
    assert not any(ord(c) < 0x20 and c != "\t" for c in shown if c != "\x1b")
    assert not any(0x7F <= ord(c) < 0xA0 for c in shown)
    assert styled or "\x1b" not in shown


def test_bytes_that_are_no_text_are_seen() -> None:
    assert text_of(b"gr\xc3\xbcn \xff\xc3") == r"grün \xff\xc3"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    environment: dict[str, str], expected: bool
) -> None:
    """no-color.org: set and not empty."""
    assert may_colour(Tty(), environment) is expected
    assert may_colour(io.StringIO(), environment) is False
    assert may_colour(None, environment) is False
