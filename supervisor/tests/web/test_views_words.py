"""Numbers and times in words: short, and always the same."""

import pytest

from supervisor.web.views import words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (3660, "1 h 1 min"),
        (86400, "1 d"),
        (3 * 86400 + 4 * 3600 + 59, "3 d 4 h"),
        (41 * 86400 + 6 * 3600, "41 d 6 h"),
        (1000 * 86400 + 3600, "1,000 d"),
    ],
)
def test_spans_have_at_most_two_units(seconds: float, text: str) -> None:
    """Column widths rely on it."""
    assert words.span(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-9, "now"),
        (2, "now"),
        (3, "3 s ago"),
        (61, "1 min ago"),
        (7200, "2 h ago"),
        (9e6, "104 d ago"),
    ],
)
def test_what_was_is_told_in_one_unit(seconds: float, text: str) -> None:
    """The rest is on the page of the process."""
    assert words.ago(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_951, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (412_000_000, "412 MB"),
        (1_500_000_000, "1.5 GB"),
        (10**18, "1000 PB"),
    ],
)
def test_sizes_have_one_unit_and_three_digits(count: int, text: str) -> None:
    """A kB has 1,000 bytes."""
    assert words.size(count) == text


def test_numbers_names_and_sentences() -> None:
    """What else is said in one way."""
    assert words.counted(1234567) == "1,234,567"
    assert (words.processes(1), words.processes(1000)) == ("1 process", "1,000 processes")
    assert (words.percent(3.44), words.percent(1234.5)) == ("3.4 %", "1,234 %")
    assert words.sentence(" can't do it ") == "Can't do it."
    assert words.sentence("Done!") == "Done!"
    assert words.sentence("") == ""
    assert words.names([]) == ""
    assert words.names(["a"]) == "a"
    assert words.names(["a", "b", "c"]) == "a, b and c"
    assert words.names(list("abcdefg")) == "a, b, c, d and 3 more"
