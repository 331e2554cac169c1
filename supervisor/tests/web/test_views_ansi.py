"""Colours of log lines, and that nothing else of a terminal gets into a page."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.web.views.ansi import PARAMETERS_MAX, Run, paint, plain

ESC = "\x1b"


def runs(line: str) -> list[tuple[str, str]]:
    return [tuple(run) for run in paint(line)]


@pytest.mark.parametrize(
    ("sgr", "classes"),
    [
        ("31", "a1"),
        ("97", "a15"),
        ("1;31", "a1 ab"),
        ("31;1;3;4;7", "a1 ab ai au ar"),
        ("2", "a8"),
        ("2;32", "a2"),
        ("21", "au"),
        ("4:3", "au"),
        ("31;39", ""),
        ("1;3;4;22;23;24", ""),
        ("4;4:0", ""),
        ("31;0", ""),
        ("31;", ""),
        ("41", ""),
        ("8", ""),
        ("38;5;9", "a9"),
        ("38;5;196", "a9"),
        ("38;5;208;1", "a3 ab"),
        ("38;5;244", "a8"),
        ("38:5:21", "a4"),
        ("38;2;0;205;0", "a2"),
        ("38:2::255:255:255", "a15"),
        ("38:2:255:0:0", "a9"),
        ("48;5;1;32", "a2"),
        ("48;2;1;2;3;32", "a2"),
        ("38;5;256", ""),
        ("38;2;1;2", ""),
        ("38", ""),
        ("38;5", ""),
        ("38;9;1", "ab"),
        ("99999999999999999999", ""),
        (";".join(["1"] * PARAMETERS_MAX) + ";31", "ab"),
    ],
)
def test_colours_become_the_sixteen_inks(sgr: str, classes: str) -> None:
    """256 colours and RGB are reduced to the 16, on the server."""
    assert runs(f"{ESC}[{sgr}mtext") == [(classes, "text")]


@pytest.mark.parametrize(
    "escape",
    [
        f"{ESC}[2J",
        f"{ESC}[10;20H",
        f"{ESC}[?25l",
        f"{ESC}[!p",
        f"{ESC}[31:2$x",
        f"{ESC}[>4;1m",
        f"{ESC}]0;title\x07",
        f"{ESC}]8;;http://example.org/{ESC}\\",
        f"{ESC}Pq#0;2;0;0;0{ESC}\\",
        f"{ESC}_payload{ESC}\\",
        f"{ESC}(B",
        f"{ESC}7",
        f"{ESC}=",
        f"{ESC}c",
        "\x9b2J",
        "\x9d0;title\x9c",
        "\x00",
        "\x07",
        "\x08",
        "\x0e",
        "\x7f",
        "\x85",
        "\ufffe",
        ESC,
        f"{ESC}[",
    ],
)
def test_other_escapes_and_control_characters_are_dropped(escape: str) -> None:
    assert runs(f"a{escape}") == [("", "a")]
    if escape not in (ESC, f"{ESC}["):
        assert runs(f"a{escape}b") == [("", "ab")]
        assert plain(f"a{escape}b") == "ab"


def test_tabs_stay() -> None:
    assert runs("a\tb") == [("", "a\tb")]


def test_a_string_for_the_terminal_without_an_end_hides_nothing() -> None:
    """An escape sequence that does not end on its line is none: its text is shown."""
    assert runs(f"{ESC}]0;you see this") == [("", "0;you see this")]
    assert runs(f"{ESC}Pand {ESC}[31mthis") == [("", "and "), ("a1", "this")]


def test_neighbours_of_the_same_look_are_one_run() -> None:
    line = f"a{ESC}[31mb{ESC}[0;31mc{ESC}[2Kd{ESC}[me"
    assert paint(line) == [Run("", "a"), Run("a1", "bcd"), Run("", "e")]


def test_a_line_of_introducers_takes_no_longer_than_any_other() -> None:
    """Hostile input costs no more than its length."""
    for part in (f"{ESC}]", f"{ESC}[", f"{ESC}P", f"{ESC}[1;", "\x9b", f"{ESC}[38;5;"):
        assert paint(part * 20_000) is not None


@given(st.text(st.sampled_from("\x1b[]()\\;:0123mKPX^_ab\x07\x9b\x9c\x00\n\t"), max_size=60))
def test_garbage_leaves_neither_escapes_nor_control_characters(line: str) -> None:
    painted = paint(line)
    text = "".join(run.text for run in painted)
    assert text == plain(line)
    assert all(character >= " " or character == "\t" for character in text)
    assert not set(text) & set("\x1b\x7f\x9b\x9c")
    assert all(run.text for run in painted)
    assert all(a.classes != b.classes for a, b in itertools.pairwise(painted))


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cc", "Cs"]), max_size=60))
def test_ordinary_text_is_left_alone(line: str) -> None:
    line = line.replace("\ufffe", "").replace("\uffff", "")
    assert runs(line) == ([("", line)] if line else [])
