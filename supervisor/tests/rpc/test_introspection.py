"""What docstrings declare."""

import re

from hypothesis import given
from hypothesis import strategies as st

from supervisor.rpc.caller import Role
from supervisor.rpc.introspection import (
    Tag,
    help_of_docstring,
    role_of_docstring,
    tags_of,
    text_before_tags,
)

DOCSTRING = """Start a process.

    @param string name  Name of the process,
        or of a group.
    @return boolean result  Always true.
    @raise BAD_NAME  There is none.
    @role operate
    @http POST /processes/{name}/start
    """

TAG_LINE = re.compile(r"\s*@(\w+)\s+(\S+)\s*(\S*)\s*(.*)")
"""What a line that declares something looks like."""


def test_docstring_declares() -> None:
    """A tag, a type, a name and a text, which goes on in the lines below."""
    assert tags_of(DOCSTRING) == [
        Tag("param", "string", "name", "Name of the process, or of a group."),
        Tag("return", "boolean", "result", "Always true."),
        Tag("raise", "BAD_NAME", "There", "is none."),
        Tag("role", "operate", "", ""),
        Tag("http", "POST", "/processes/{name}/start", ""),
    ]
    assert role_of_docstring(DOCSTRING) is Role.OPERATE
    assert text_before_tags(DOCSTRING) == ["Start a process.", ""]


def test_whoever_declares_no_role_needs_the_highest() -> None:
    """Methods of plug-ins above all."""
    assert {role_of_docstring(each) for each in (None, "", "@role", "@role x")} == {Role.ADMIN}


def test_help_leaves_out_what_is_for_the_daemon() -> None:
    """Where the HTTP API offers a method, and to whom."""
    assert "@raise BAD_NAME" in help_of_docstring(DOCSTRING)
    assert "@role" not in help_of_docstring(DOCSTRING)
    assert "@http" not in help_of_docstring(DOCSTRING)


@given(
    st.lists(
        st.sampled_from(
            ["@", "@param", "@a_1", "@a-b", "é", "a", "/", " ", "  ", "\t", "\x1f", "²"]
        )
    ).map("".join)
)
def test_law_of_lines_that_declare(line: str) -> None:
    """For every line: it declares what the expression finds in it."""
    for each in line.splitlines():
        match = TAG_LINE.fullmatch(each)
        assert tags_of(each) == ([] if match is None else [Tag(*match.groups())])
