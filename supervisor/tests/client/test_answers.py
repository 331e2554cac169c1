"""The short way to read long answers: it reads as `xmlrpc.client` does, or not at all."""

import xmlrpc.client
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.client.answers import read_structs

TEXTS = st.text() | st.sampled_from(["", "<&>", "&amp;", "]]>", "a\r\nb", "\x00", "\ufffe"])
VALUES = {"string": TEXTS, "int": st.integers(-(2**31), 2**31 - 1), "boolean": st.booleans()}
SHAPES = st.dictionaries(
    st.sampled_from(["name", "a<b", "state", "π", ""]), st.sampled_from(sorted(VALUES)), min_size=1
)


def dumped(value: Any) -> bytes:
    """An answer as the standard library writes it."""
    return xmlrpc.client.dumps((value,), methodresponse=True).encode("utf-8", "surrogatepass")


def structs_of(shape: dict[str, str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries({key: VALUES[kind] for key, kind in shape.items()}))


@given(SHAPES.flatmap(structs_of))
def test_what_is_read_is_what_the_standard_library_reads(structs: list[dict[str, Any]]) -> None:
    """The law of the short way, for whatever processes say."""
    answer = dumped(structs)
    read = read_structs(answer)

    if read is not None:
        assert xmlrpc.client.loads(answer.decode())[0] == (read,)
        assert [list(map(type, each.values())) for each in read] == [
            list(map(type, each.values())) for each in structs
        ]


@given(st.lists(st.sampled_from(dumped([{"a": "x", "b": 1}] * 2).decode().split("\n"))))
def test_answers_in_disorder_are_left_to_others(lines: list[str]) -> None:
    """Nothing between two structs, or in the wrong place, is overlooked."""
    head, tail = dumped([]).decode().split("</data>")
    answer = f"{head}{chr(10).join(lines)}\n</data>{tail}"
    read = read_structs(answer.encode())

    if read is not None:
        assert xmlrpc.client.loads(answer)[0] == (read,)


def test_structs_of_one_shape_are_read() -> None:
    """What getAllProcessInfo answers, references included."""
    structs = [{"name": f"<p{number}>&amp;", "state": -number, "up": True} for number in range(3)]

    assert read_structs(dumped(structs)) == structs


@pytest.mark.parametrize(
    "value",
    [
        [],
        "text",
        [1],
        [{"a": 1}, {"b": 1}],
        [{"a": 1}, {"a": "1"}],
        [{"a": 1}, 2],
        [{"a": [1]}],
        [{"a": 1.5}],
        [{"a": "\r"}],
        [{}],
    ],
)
def test_other_answers_are_left_to_others(value: Any) -> None:
    """Whatever is not an array of such structs."""
    assert read_structs(dumped(value)) is None


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        ("<int>1<", "<int>one<"),
        ("<int>1<", "<int><"),
        ("<boolean>1<", "<boolean>2<"),
        ("<name>up</name>", "<name>state</name>"),
        ("</struct></value>\n</data>", "<member>\n</struct></value>\n</data>"),
        ("<value><struct>\n<member>", "<value><struct>\n \n<member>"),
    ],
)
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("place", [1, -1], ids=["everywhere", "only-in-the-last"])
def test_structs_out_of_shape_are_left_to_others(
    what: str, instead: str, count: int, place: int
) -> None:
    """Also if there is only one, or only the last one is."""
    answer = dumped([{"state": 1, "up": True}] * count).decode()
    before, _, behind = answer.rpartition(what)
    broken = answer.replace(what, instead) if place == 1 else before + instead + behind

    assert broken != answer
    assert read_structs(broken.encode()) is None


@pytest.mark.parametrize("text", [b"&#65;", b"&quot;", b"\xff", b"\x00", b"\xef\xbf\xbe", b"]]>"])
def test_unusual_texts_are_left_to_others(text: bytes) -> None:
    """References that are not written for mark-up, bytes that are no text or no XML."""
    assert read_structs(dumped([{"a": "TEXT"}]).replace(b"TEXT", text)) is None
