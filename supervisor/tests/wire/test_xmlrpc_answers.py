"""Answers: from values to bytes that every client can read."""

import tracemalloc
import xmlrpc.client
from datetime import datetime
from typing import Any

import pytest

from supervisor.errors import Fault
from supervisor.states import ProcessStates
from supervisor.wire.xmlrpc import (
    MEMBER_NAMES_MAX,
    VALUE_DEPTH_MAX,
    Unmarshallable,
    _heads,
    encode_fault,
    encode_response,
)


def read_back(data: bytes) -> Any:
    ((value,), method) = xmlrpc.client.loads(data, use_builtin_types=True)
    assert method is None
    return value


@pytest.mark.parametrize(
    "value",
    [
        "text",
        "",
        "a<b>&c",
        "ü €",
        0,
        2**31 - 1,
        -(2**31),
        True,
        False,
        1.5,
        -0.0,
        b"",
        b"\x00\xff" * 100,
        [],
        {},
        [1, ["x", {"k": [True]}]],
        {"a<b": "c", "n": 1, "b": False, "l": [], "f": 0.25, "d": {"e": b"x"}},
        [(1, 2), {"a": (3,)}],
        datetime(2020, 1, 2, 3, 4, 5),
        datetime(33, 1, 2, 3, 4, 5),
    ],
)
def test_answer_is_byte_for_byte_what_the_standard_library_writes(value: Any) -> None:
    """Scripts cut answers with line tools; ints as <int>, no <nil/>, bytes as <base64>."""
    expected = xmlrpc.client.dumps((value,), methodresponse=True).encode()
    assert encode_response(value) == expected


def test_fault_is_byte_for_byte_what_the_standard_library_writes() -> None:
    """A fault carries faultCode and faultString."""
    fault = xmlrpc.client.Fault(10, "BAD_NAME: a<b")
    assert encode_fault(10, "BAD_NAME: a<b") == xmlrpc.client.dumps(fault).encode()


def test_members_of_enumerations_are_sent_as_what_they_are() -> None:
    """Codes of ours are members of an IntEnum."""
    assert read_back(encode_response({"status": Fault.SUCCESS})) == {"status": 80}
    assert read_back(encode_response([ProcessStates.RUNNING])) == [20]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (None, "a value of type NoneType"),
        ([None], "a value of type NoneType"),
        ({"a": None}, "a value of type NoneType"),
        (2**31, "the int 2147483648, which needs more than 32 bits"),
        ({"a": 2**31}, "the int 2147483648, which needs more than 32 bits"),
        (-(2**31) - 1, "the int -2147483649, which needs more than 32 bits"),
        ((1, 2), "a tuple instead of a list"),
        (object(), "a value of type object"),
        ({1: "a"}, "a struct with the key 1, which is not a string"),
        ({"a": {1}}, "a value of type set"),
        (1j, "a value of type complex"),
    ],
)
def test_value_that_cannot_be_expressed_is_refused(value: Any, what: str) -> None:
    """None, ints beyond 32 bits, a bare tuple and any other object; the text says which."""
    with pytest.raises(Unmarshallable) as caught:
        encode_response(value)
    assert str(caught.value) == what


def test_value_that_contains_itself_is_refused() -> None:
    """There is a limit to values within values."""
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(Unmarshallable, match=f"more than {VALUE_DEPTH_MAX} values"):
        encode_response(endless)


def test_value_may_nest_up_to_the_limit() -> None:
    """64 arrays within each other are sent, 65 are not."""
    value: Any = []
    for _ in range(VALUE_DEPTH_MAX - 1):
        value = [value]
    assert read_back(encode_response(value)) == value
    with pytest.raises(Unmarshallable):
        encode_response([value])


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\x0c", "\ud800", "\udfff", "\ufffe", "\uffff"])
@pytest.mark.parametrize("around", ["plain", "ünicode"])
def test_x7_control_characters_make_no_invalid_xml(bad: str, around: str) -> None:
    """Characters illegal in XML 1.0 are replaced: strict parsers used to choke."""
    assert read_back(encode_response(f"{around}{bad}[0m")) == f"{around}\ufffd[0m"
    assert read_back(encode_response({bad: bad})) == {"\ufffd": "\ufffd"}


@pytest.mark.parametrize("text", ["a\r\nb", "50%\r100%\r", "a\tb\nc", "ü\r\n"])
def test_carriage_returns_arrive(text: str) -> None:
    """A progress bar in a log stays one: bare carriage returns would become line feeds."""
    assert read_back(encode_response(text)) == text


@pytest.mark.parametrize("bad", ["\x00", "\x1b[0m\x00", "\x1a\r\x7f", "é\x00"])
def test_x7_control_characters_are_not_replaced_one_by_one(bad: str) -> None:
    """A log of binary data is sent at the speed of memory: nothing is made for each character."""
    text = bad * (2**20 // len(bad))
    expected = text
    for code in (0x00, 0x1A, 0x1B):
        expected = expected.replace(chr(code), "\ufffd")
    tracemalloc.start()
    try:
        data = encode_response(text)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert read_back(data) == expected
    # A few copies; a list of the matches alone would take eight bytes for each character.
    assert peak_bytes < 10 * len(text)


def test_names_of_members_are_not_kept_without_limit() -> None:
    """A plug-in may use process ids as names for years."""
    for number in range(2 * MEMBER_NAMES_MAX):
        encode_response({f"pid{number}": 1})
    assert len(_heads) <= MEMBER_NAMES_MAX
