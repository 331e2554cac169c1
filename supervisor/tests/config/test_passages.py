"""Leaving out the sections of others: what is asked for, and what is wrong, stays as it was."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.config.ini import IniFile, parse
from supervisor.config.passages import lines_of_wanted
from supervisor.tests.config.test_ini import LINES, SOURCE

PROGRAM = "[program:{}]\n; remark\n\ncommand = a ; b\n  --more\n\n# remark\nenvironment : A=1\n"


def parse_some(text: str, wanted: frozenset[str]) -> IniFile:
    """Sections of a text, of which others may be missing."""

    def lines_of(text: str) -> Iterator[tuple[int, str]]:
        return lines_of_wanted(text, wanted.__contains__)

    return parse(text, SOURCE, lines_of)


@given(
    st.lists(LINES | st.sampled_from(["[k=v", "[k", "["]), max_size=12),
    st.frozensets(st.sampled_from(["a", "b", "DEFAULT", "a]x"])),
)
def test_wanted_sections_and_all_mistakes_are_those_of_the_whole_text(
    lines: list[str], wanted: frozenset[str]
) -> None:
    """The law: with remarks, values that go on, and headers that are none."""
    text = "\n".join(lines)
    whole, some = parse(text, SOURCE), parse_some(text, wanted)
    assert some.bad_lines == whole.bad_lines
    assert some.sections.keys() <= whole.sections.keys()
    for name in wanted & whole.sections.keys():
        assert some.sections[name] == whole.sections[name]
        assert some.header_lines[name] == whole.header_lines[name]


def test_plain_sections_of_others_are_left_out() -> None:
    """Thousands of programs cost supervisorctl next to nothing."""
    text = PROGRAM.format(1) + "[x]\na=1\n" + PROGRAM.format(2) + "[y]\nb=2\n"
    assert list(parse_some(text, frozenset("xy")).sections) == ["x", "y"]


@pytest.mark.parametrize("line", ["[username=x", "[broken", "[", "[]", "[:x"])
def test_what_only_begins_like_a_header_stays_in_its_section(line: str) -> None:
    """It was a key of the section before the one that was left out, and so was all behind it."""
    text = f"[x]\na=1\n[y]\nb=2\n{line}\nusername=y\n"
    whole, some = parse(text, SOURCE), parse_some(text, frozenset("x"))
    assert some.sections["x"] == whole.sections["x"]
    assert some.bad_lines == whole.bad_lines
    first = text.removeprefix("[x]\na=1\n")
    assert parse_some(first, frozenset("x")).bad_lines == parse(first, SOURCE).bad_lines


def test_section_with_a_mistake_is_read() -> None:
    """Its line and its number are told."""
    text = PROGRAM.format(1) + PROGRAM.format(2) + "nonsense\n" + PROGRAM.format(3) + "[x]\n"
    some = parse_some(text, frozenset("x"))
    assert list(some.sections) == ["program:2", "x"]
    assert [bad.line for bad in some.bad_lines] == [17]
