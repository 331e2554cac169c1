"""Pictures on a terminal: what fits, and how it is drawn in place."""

import pytest

from supervisor.ctl.screen import cut, picture


def test_picture_is_drawn_over_the_last_one() -> None:
    """Only the first one clears the screen: nothing flickers."""
    assert picture(["a", "b"], 10, 5, first=True) == "\x1b[2J\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J"
    assert picture(["a"], 10, 5, first=False) == "\x1b[Ha\x1b[K\n\x1b[J"


def test_lines_that_do_not_fit_are_counted() -> None:
    """The last row stays free, so that nothing scrolls."""
    drawn = picture([f"line {n}" for n in range(9)], 60, 5, first=False)
    assert drawn.count("\n") == 4
    assert "line 2" in drawn
    assert "line 3" not in drawn
    assert "… and 6 more" in drawn
    full = picture(["a", "b", "c", "d"], 60, 5, first=False)
    assert "more" not in full


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_tiny_terminal_is_no_trouble(rows: int) -> None:
    assert picture(["a", "b", "c"], 1, rows, first=False).count("\n") == 1


@pytest.mark.parametrize(
    ("line", "columns", "expected"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "abc"),
        ("a\x1b[31mbcd\x1b[0me", 3, "a\x1b[31mbc\x1b[0m\x1b[0m"),
        ("a\x1b[31mb\x1b[0m", 80, "a\x1b[31mb\x1b[0m"),
        ("abc", 0, ""),
    ],
)
def test_styles_take_no_room(line: str, columns: int, expected: str) -> None:
    assert cut(line, columns) == expected
