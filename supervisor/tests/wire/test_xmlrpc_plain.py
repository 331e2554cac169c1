"""The short cut for plain requests: what goes that way, and what never does."""

import xmlrpc.client

import pytest

from supervisor.wire.xmlrpc import SHORT_CUT_BYTES_MAX, decode_request
from supervisor.wire.xmlrpc_plain import TAGS_MAX, VALUE_DEPTH_MAX, decode_plain

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


def test_depth_and_number_of_elements_are_bounded() -> None:
    """At the bound, and one beyond."""
    nested: object = "a"
    for _ in range(VALUE_DEPTH_MAX - 1):
        nested = [nested]
    assert decode_plain(request(nested), {}) == ("system.multicall", [nested])
    assert decode_plain(request([nested]), {}) is None
    few = b"<value/>" * (
        TAGS_MAX - request([]).count(b"<") + 1
    )  # that of the declaration does not count
    full = request([]).replace(b"<data>\n", b"<data>\n" + few)
    assert decode_plain(full, {}) is not None
    assert decode_plain(full.replace(b"</data>", b"<value/></data>"), {}) is None


def test_large_requests_are_read_the_long_way_with_the_same_result() -> None:
    """The elements of a request of many MB are never in memory together."""
    text = "x" * SHORT_CUT_BYTES_MAX
    assert decode_request(request(text)) == ("system.multicall", [text])
