"""The short cut for plain requests: what goes that way, and what never does."""

import xmlrpc.client

import pytest

from supervisor.wire.xmlrpc import (
    FROM_TEXT,
    SHORT_CUT_BYTES_MAX,
    SHORT_CUT_BYTES_MIN,
    decode_carefully,
    decode_request,
)
from supervisor.wire.xmlrpc_plain import TAGS_MAX, decode_plain

CALL = {"methodName": "supervisor.sendRemoteCommEvent", "params": ["burst", "0"]}


def request(*params: object) -> bytes:
    return xmlrpc.client.dumps(params, "system.multicall").encode()


def test_multicall_is_plain() -> None:
    """That is what the short cut is for."""
    assert decode_plain(request([CALL] * 100), {}) == ("system.multicall", [[CALL] * 100])


@pytest.mark.parametrize(
    "declaration",
    [b"", b"<?xml version='1.0'?>\n", b'<?xml version="1.0" encoding="UTF-8"?>'],
)
def test_declarations_of_usual_encodings_are_plain(declaration: bytes) -> None:
    """Other clients than Python's name the encoding, or nothing at all."""
    body = request("a").removeprefix(b"<?xml version='1.0'?>\n")
    assert decode_plain(declaration + body, {}) == ("system.multicall", ["a"])


@pytest.mark.parametrize(
    "unusual",
    [
        request("a").replace(b"?>", b" encoding='cp037'?>"),
        request("a").replace(b"'1.0'", b"'1.0\""),
        request("a").replace(b"?>", b" encoding='utf-8\"?>"),
        request("a").replace(b"?>\n", b"?><!DOCTYPE a [<!ENTITY b 'c'>]>"),
        request("a").replace(b"a</", b"<!-- -->a</"),
        request("a").replace(b"<value>", b"<value a='b'>"),
        request("\u00e4"),
        request("a").replace(b"methodName", b"name"),
        request("a").replace(b"string", b"unknown"),
    ],
)
def test_what_is_unusual_goes_the_long_way(unusual: bytes) -> None:
    """Document types above all: entities that expand without end come in one."""
    assert decode_plain(unusual, {}) is None


@pytest.mark.parametrize(
    "spaced",
    [
        request([CALL, CALL]).replace(b"\n", b""),
        request([CALL, CALL]).replace(b"\n", b"\r\n\t  "),
        request([CALL]).replace(b"<string>", b"").replace(b"</string>", b""),
        request([{"methodName": "a", "params": [1, True, 2.5, ""]}]),
        request("a", 1, False, -2.5, " a b "),
        request([]),
        request(),
    ],
    ids=["without space", "with space", "without types", "numbers", "scalars", "no call", "none"],
)
def test_other_writers_are_read_as_the_long_way_reads_them(spaced: bytes) -> None:
    """Libraries indent or do not, and a value without a type is a string."""
    call = decode_plain(spaced, FROM_TEXT)
    # Untyped names of methods are rare enough to be left to the long way.
    assert call == decode_carefully(spaced) or b"<string>" not in spaced


@pytest.mark.parametrize("number", [True, 5, 2.5], ids=["boolean", "int", "double"])
@pytest.mark.parametrize("count", [1, 3])
def test_empty_value_without_a_type_behind_numbers_is_read(number: float, count: int) -> None:
    """Python's expressions raised SystemError for it, which told the client nothing."""
    body = request("x" * SHORT_CUT_BYTES_MIN, *[number] * count, "EMPTY", "behind")
    body = body.replace(b"<string>EMPTY</string>", b"")
    params = ["x" * SHORT_CUT_BYTES_MIN, *[number] * count, "", "behind"]
    assert decode_request(body) == decode_carefully(body) == ("system.multicall", params)
    calls = request([{"methodName": "a", "params": params}])
    calls = calls.replace(b"<string></string>", b"")
    assert decode_plain(calls, FROM_TEXT) == decode_carefully(calls)


@pytest.mark.parametrize("character", ["\x0b", "\x0c", "\x1c"])
def test_declaration_with_what_is_no_space_of_xml_goes_the_long_way(character: str) -> None:
    """XML knows four characters of space, expressions know more."""
    body = request("a").replace(b"?>", character.encode() + b"?>")
    assert decode_plain(body, FROM_TEXT) is None


@pytest.mark.parametrize("text", ["&amp;", "&#10;", "]]>", "\r", "\x7f\x80", "\x00", "\x1b"])
def test_text_that_does_not_stand_for_itself_goes_the_long_way(text: str) -> None:
    """References, carriage returns (which become line feeds), what XML cannot carry."""
    body = request("TEXT").replace(b"TEXT", text.encode())
    assert decode_plain(body, FROM_TEXT) is None


@pytest.mark.parametrize("number", ["", "x", "1 1"])
def test_numbers_that_are_none_go_the_long_way(number: str) -> None:
    """It says what is wrong with them."""
    body = request(7).replace(b">7<", f">{number}<".encode())
    assert decode_plain(body, FROM_TEXT) is None


def test_nested_values_go_the_long_way() -> None:
    """It knows how deep they may be."""
    nested = [{"methodName": "a", "params": [["b"]]}]
    assert decode_plain(request(nested), FROM_TEXT) is None
    assert decode_request(request(nested * 100)) == ("system.multicall", [nested * 100])


def test_number_of_elements_is_bounded() -> None:
    """At the bound, and one beyond; the declaration counts, too."""
    param = b"<param><value>a</value></param>"
    count, rest = divmod(TAGS_MAX - request().count(b"<"), 4)
    full = request().replace(b"<params>", b"<params>" + param * count)
    assert rest < 4
    call = decode_plain(full, FROM_TEXT)
    assert call is not None
    assert len(call[1]) == count
    assert decode_plain(full.replace(b"</params>", param + b"</params>"), FROM_TEXT) is None


def test_large_requests_are_read_the_long_way_with_the_same_result() -> None:
    """The elements of a request of many MB are never in memory together."""
    text = "x" * SHORT_CUT_BYTES_MAX
    assert decode_request(request(text)) == ("system.multicall", [text])
