"""The dialect of the file, compared with the parser of the standard library it comes from."""

import configparser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.config.ini import DEFAULT_SECTION, SYNTAX_ERRORS_MAX, Source, parse

SOURCE = Source("s.conf", "/etc")

LINES = st.sampled_from(
    [
        "[a]",
        "[b] ; remark",
        "[a]x]",
        "[]",
        "[DEFAULT]",
        " [a]",
        "key=value",
        "Key = Value ; comment",
        "key : v=1",
        "k=",
        "k",
        "=v",
        "  more",
        "\tmore ; x",
        "    even more=1",
        "",
        "   ",
        "# comment",
        "  ; comment",
        "k=a;b#c",
        "k= ;x",
        "k=;x",
        "k=x #",
        "k=é\u3000;y",
        "k\x0bl=1",
        "x=1\x1cy",
    ]
)


def values_of(text: str) -> dict[str, dict[str, str]]:
    """Sections and values as `parse` sees them."""
    sections = parse(text, SOURCE).sections
    return {
        name: {key: entry.text for key, entry in entries.items()}
        for name, entries in sections.items()
    }


def oracle(text: str) -> dict[str, dict[str, str]] | str:
    """The same from the standard library, or the text of its error."""
    parser = configparser.RawConfigParser(
        strict=False, inline_comment_prefixes=(";", "#"), default_section=DEFAULT_SECTION
    )
    try:
        parser.read_string(text, "s.conf")
    except configparser.Error as error:
        return error.message
    sections = {name: dict(parser._sections[name]) for name in parser.sections()}
    if parser.defaults():
        sections[DEFAULT_SECTION] = dict(parser.defaults())
    return sections


@given(st.lists(LINES, max_size=12).map("\n".join))
def test_parser_agrees_with_the_standard_library_on_lines_of_the_dialect(text):
    """The dialect is that of RawConfigParser with inline comments."""
    expected = oracle(text)
    found = parse(text, SOURCE)
    if isinstance(expected, str):
        assert found.bad_lines
        return
    assert not found.bad_lines
    mine = values_of(text)
    if not mine.get(DEFAULT_SECTION):
        mine.pop(DEFAULT_SECTION, None)
    assert mine == expected


@given(st.lists(LINES, max_size=12).map("\n".join))
def test_parser_finds_the_unreadable_lines_that_the_standard_library_finds(text):
    """All unreadable lines are listed, with their numbers."""
    expected = oracle("[first]\n" + text)
    bad = parse("[first]\n" + text, SOURCE).bad_lines
    listed = "".join(f"\n\t[line {line.line:2d}]: {line.text!r}" for line in bad)
    if isinstance(expected, str):
        assert expected == f"Source contains parsing errors: 's.conf'{listed}"
    else:
        assert not bad


@given(st.text())
def test_parser_accepts_any_text(text):
    """Any text gives sections or unreadable lines."""
    parse(text, SOURCE)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_parser_reads_all_line_ends(line_end):
    """Universal newlines."""
    text = line_end.join(["[a]", "k=1", "  2", ""])
    assert values_of(text) == {"a": {"k": "1\n2"}}


def test_parser_keeps_the_place_of_each_key():
    """File and line of every key and section are known."""
    file = parse("\n[a]\nx=1\ny=2\n  3\n[b]\n[a]\nx=4\n", SOURCE)
    assert file.sections["a"]["x"].line == 8
    assert file.sections["a"]["y"].line == 4
    assert file.header_lines == {"a": 2, "b": 6}
    assert file.sections["a"]["x"].source is SOURCE


def test_parser_treats_an_indented_key_as_text_of_the_value_above():
    """An indented key=value line is text of the previous value."""
    assert values_of("[a]\nx=1\n y=2\n") == {"a": {"x": "1\ny=2"}}


def test_c15_comment_inside_quotes_cuts_the_value():
    """Inline comments cut the rest even inside quotes; kept for compatibility."""
    assert values_of("[a]\ncommand=sh -c 'a ; b'\n") == {"a": {"command": "sh -c 'a"}}


def test_parser_skips_comments_inside_a_value_of_many_lines():
    """Comment lines inside a multi-line value are skipped, blank lines are kept."""
    assert values_of("[a]\nx=1\n; no\n\n  2\n") == {"a": {"x": "1\n\n2"}}


@pytest.mark.parametrize("excess", [0, 1])
def test_unreadable_lines_are_noted_up_to_the_limit(excess):
    """The rest is skipped in silence, and what follows is still read."""
    file = parse("[a]\n" + "nonsense\n" * (SYNTAX_ERRORS_MAX + excess) + "x=1\n", SOURCE)
    assert len(file.bad_lines) == SYNTAX_ERRORS_MAX
    assert file.bad_lines[-1].line == SYNTAX_ERRORS_MAX + 1
    assert file.sections["a"]["x"].text == "1"
