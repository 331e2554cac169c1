"""Names of processes as clients write them."""

import pytest

from supervisor.wire.namespec import make_namespec, split_namespec


@pytest.mark.parametrize(
    ("namespec", "parts"),
    [
        ("foo", ("foo", "foo")),
        ("g:p", ("g", "p")),
        ("g:p:q", ("g", "p:q")),
        ("foo:foo", ("foo", "foo")),
        ("g:*", ("g", None)),
        ("g:", ("g", None)),
        ("", ("", "")),
        (":p", ("", "p")),
        ("*", ("*", "*")),
        ("g:p*", ("g", "p*")),
    ],
)
def test_namespec_names_a_process_or_a_whole_group(
    namespec: str, parts: tuple[str, str | None]
) -> None:
    """Only the first colon splits; `g:*` and `g:` mean the whole group; there are no patterns."""
    assert split_namespec(namespec) == parts


@pytest.mark.parametrize(
    ("group", "process", "namespec"),
    [("foo", "foo", "foo"), ("g", "p", "g:p"), ("g", None, "g:*")],
)
def test_namespec_is_short_when_the_group_has_the_same_name(
    group: str, process: str | None, namespec: str
) -> None:
    """A process whose group has the same name is written in short form, else group:name."""
    assert make_namespec(group, process) == namespec
