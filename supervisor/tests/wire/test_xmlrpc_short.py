"""Short plain requests: what is read without a parser, and what never is."""

import xmlrpc.client

import pytest

from supervisor.wire.xmlrpc import FROM_TEXT, decode_carefully, decode_request
from supervisor.wire.xmlrpc_short import decode_short


def request(*params: object) -> bytes:
    return xmlrpc.client.dumps(params, "supervisor.startProcess").encode()


@pytest.mark.parametrize(
    "spaced",
    [
        request(),
        request("web:*", True, 5, 2.5, "", " a b "),
        request("a", 1).replace(b"\n", b""),
        request("a", 1).replace(b"\n", b"\n\t  "),
        request("a", "").replace(b"<string>", b"").replace(b"</string>", b""),
        request(1).replace(b"int>", b"i4>"),
        request("a").removeprefix(b"<?xml version='1.0'?>\n"),
        request("a").replace(b"'1.0'", b'"1.0" encoding="UTF-8"'),
    ],
    ids=["none", "scalars", "dense", "indented", "untyped", "i4", "undeclared", "declared"],
)
def test_usual_requests_need_no_parser(spaced: bytes) -> None:
    """Libraries indent or do not, and a value without a type is a string."""
    call = decode_short(spaced, FROM_TEXT)
    assert call is not None
    assert call == decode_carefully(spaced) == decode_request(spaced)


@pytest.mark.parametrize(
    "unusual",
    [
        b"",
        b"<",
        request("a")[:-3],
        request("a") + b"<a>",
        request("a") + b"x",
        b"x" + request("a"),
        b"\n" + request("a"),
        request("\u00e4"),
        request("\x01"),
        request(["a"]),
        request({"a": "b"}),
    ],
)
def test_what_is_unusual_goes_the_long_way(unusual: bytes) -> None:
    """Whatever is not plain text between tags is for the parser."""
    assert decode_short(unusual, FROM_TEXT) is None


@pytest.mark.parametrize(
    ("usual", "unusual"),
    [
        (b"?>", b" encoding='cp037'?>"),
        (b"'1.0'", b"'1.0\""),
        (b"?>\n", b"?><!DOCTYPE a [<!ENTITY b 'c'>]>"),
        (b"a</", b"<!-- -->a</"),
        (b"<value>", b"<value a='b'>"),
        (b"<value>", b"<value>b"),
        (b"<param>\n<value>", b"<param<value>a>"),
        (b"</string>", b"</int>"),
        (b"string", b"unknown"),
        (b"supervisor.startProcess", b""),
        (b">a<", b">&amp;<"),
        (b">a<", b">]]><"),
        (b"\n", b"\r\n"),
        (b"<int>7<", b"<int>x<"),
        (b"<int>7<", b"<int>" + b"7" * 65 + b"<"),
    ],
)
def test_plain_request_made_unusual_goes_the_long_way(usual: bytes, unusual: bytes) -> None:
    """Document types above all: entities that expand without end come in one."""
    plain = request("a", 7)
    assert usual in plain
    assert decode_short(plain, FROM_TEXT) is not None
    assert decode_short(plain.replace(usual, unusual), FROM_TEXT) is None
