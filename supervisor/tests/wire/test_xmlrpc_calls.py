"""Plain calls and answers, held to what `xmlrpc.client` writes and reads."""

import xmlrpc.client
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.wire.xmlrpc_calls import INT_MAX, INT_MIN, decode_answer, encode_call

TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufffe\uffff").filter(
        lambda character: character >= " " or character in "\t\n"
    )
)
PLAIN = st.recursive(
    st.one_of(TEXTS, st.booleans(), st.integers(INT_MIN, INT_MAX)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)
METHOD = "supervisor.startProcess"
HEAD = "<?xml version='1.0'?><methodResponse><params><param>"
TAIL = "</param></params></methodResponse>"


def theirs(data: bytes) -> list[Any] | None:
    """What `xmlrpc.client` reads; None if it finds a mistake or a fault."""
    parser, unmarshaller = xmlrpc.client.getparser()
    try:
        parser.feed(data)
        parser.close()
        return [*unmarshaller.close()]
    except Exception:
        # Of many kinds for garbage, none of them declared: each of them is a refusal.
        return None


@given(st.lists(PLAIN, max_size=3))
def test_calls_are_those_of_the_standard_library(params: list[Any]) -> None:
    """To the byte, whatever is plain."""
    expected = xmlrpc.client.dumps(tuple(params), METHOD).encode("utf-8", "xmlcharrefreplace")
    assert encode_call(METHOD, params) == expected


def test_text_that_is_no_unicode_is_written_as_the_standard_library_does() -> None:
    expected = xmlrpc.client.dumps(("a\udc80",), METHOD).encode("utf-8", "xmlcharrefreplace")
    assert encode_call(METHOD, ["a\udc80"]) == expected


@pytest.mark.parametrize(
    "value",
    [None, 1.5, b"x", INT_MAX + 1, INT_MIN - 1, xmlrpc.client.Binary(b"x"), (1,), {1: "a"}, [None]],
)
def test_what_is_not_plain_is_left_to_others(value: object) -> None:
    """None: neither written in another way, nor refused in other words."""
    assert encode_call(METHOD, [value]) is None


def test_list_within_itself_is_left_to_others() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert encode_call(METHOD, [endless]) is None


@given(PLAIN)
def test_answers_are_read_as_by_the_standard_library(value: Any) -> None:
    data = xmlrpc.client.dumps((value,), methodresponse=True).encode()
    assert decode_answer(data) == theirs(data) == [value]


@given(PLAIN, st.data())
def test_answers_with_mistakes_are_read_alike_or_not_at_all(
    value: Any, draw: st.DataObject
) -> None:
    """What is read here is what `xmlrpc.client` would read."""
    data = xmlrpc.client.dumps((value,), methodresponse=True).encode()
    begin = draw.draw(st.integers(0, len(data)))
    end = draw.draw(st.integers(begin, len(data)))
    put = draw.draw(st.sampled_from([b"", b" ", b"x", b"<int>1</int>", data[end : end + 20]]))
    changed = data[:begin] + put + data[end:]
    read = decode_answer(changed)
    assert read is None or read == theirs(changed)


@given(st.binary())
def test_garbage_is_no_answer(data: bytes) -> None:
    assert decode_answer(data) is None


@pytest.mark.parametrize(
    "value",
    [
        "<value>bare text</value>",
        "<value><i4>1</i4></value>",
        "<value><double>1.5</double></value>",
        "<value> <string>a</string> </value>",
        "<value/>",
        "<value><array><data/></array></value>",
    ],
)
def test_usual_forms_of_others_are_read(value: str) -> None:
    """As daemons that are not ours may write them."""
    data = f"{HEAD}{value}{TAIL}".encode()
    assert decode_answer(data) == theirs(data) is not None


@pytest.mark.parametrize(
    "answer",
    [
        xmlrpc.client.dumps(xmlrpc.client.Fault(1, "UNKNOWN_METHOD")),
        f"{HEAD}<value><nil/></value>{TAIL}",
        f"{HEAD}<value><base64>eA==</base64></value>{TAIL}",
        f"{HEAD}<value><dateTime.iso8601>20260101T00:00:00</dateTime.iso8601></value>{TAIL}",
        f"{HEAD}<value><boolean>2</boolean></value>{TAIL}",
        f"{HEAD}<value><int>one</int></value>{TAIL}",
        f"{HEAD}<value>\x1b</value>{TAIL}",
        f"<!DOCTYPE x>{HEAD.partition('?>')[2]}<value>a</value>{TAIL}",
        "<html><body>Welcome</body></html>",
        "",
    ],
)
def test_other_answers_are_left_to_others(answer: str) -> None:
    assert decode_answer(answer.encode()) is None
