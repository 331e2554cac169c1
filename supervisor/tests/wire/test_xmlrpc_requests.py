"""Requests: from bytes to method and parameters, or a refusal."""

from datetime import datetime
from typing import Any

import pytest

from supervisor.errors import ProtocolViolation
from supervisor.wire import xmlrpc


def call(params: str, method: str = "<methodName>a.b</methodName>") -> bytes:
    return f"<?xml version='1.0'?><methodCall>{method}{params}</methodCall>".encode()


def decoded(value: str) -> Any:
    """The single parameter of a request with this <param>."""
    method, params = xmlrpc.decode_request(call(f"<params><param>{value}</param></params>"))
    assert method == "a.b"
    (param,) = params
    return param


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("<value><int>5</int></value>", 5),
        ("<value><i4> -5 </i4></value>", -5),
        ("<value><int>99999999999</int></value>", 99999999999),
        ("<value><boolean>1</boolean></value>", True),
        ("<value><boolean>0</boolean></value>", False),
        ("<value><boolean>true</boolean></value>", False),
        ("<value><string>a&lt;b</string></value>", "a<b"),
        ("<value><string/></value>", ""),
        ("<value><double>1.5</double></value>", 1.5),
        ("<value><base64>w6Q=</base64></value>", "ä"),
        ("<value><nil/></value>", None),
        ("<value> plain </value>", " plain "),
        ("<value/>", ""),
        ("<value><i8>5</i8></value>", "5"),
        ("<value><foo>5</foo></value>", "5"),
        ("<value>\n <int>5</int>\n</value>", 5),
        ("<value><array><data/></array></value>", []),
        (
            "<value><array><data><value><int>1</int></value><value>x</value></data></array></value>",
            [1, "x"],
        ),
        ("<value><struct/></value>", {}),
        (
            "<value><struct><member><name>k</name><value><int>1</int></value></member>"
            "<member><name>l</name><value/></member></struct></value>",
            {"k": 1, "l": ""},
        ),
        (
            "<value><dateTime.iso8601>20200102T03:04:05</dateTime.iso8601></value>",
            datetime(2020, 1, 2, 3, 4, 5),
        ),
    ],
)
def test_value_of_a_request_means(value: str, meaning: Any) -> None:
    """Types of requests; base64 comes as text, unknown types as their text, nil as None."""
    found = decoded(value)
    assert found == meaning
    assert type(found) is type(meaning)


@pytest.mark.parametrize("params", ["", "<params/>", "<params></params>"])
def test_request_without_params_has_none(params: str) -> None:
    """Missing <params> = no params."""
    assert xmlrpc.decode_request(call(params)) == ("a.b", [])


def test_request_may_declare_another_encoding() -> None:
    """Clients in PHP send ISO-8859-1."""
    head = "<?xml version='1.0' encoding='iso-8859-1'?>"
    data = f"{head}<methodCall><methodName>a.ä</methodName></methodCall>"
    assert xmlrpc.decode_request(data.encode("latin-1")) == ("a.ä", [])


@pytest.mark.parametrize("method", ["", "<methodName/>", "<methodName></methodName>"])
def test_request_without_method_name_is_told_apart(method: str) -> None:
    """No or an empty methodName is another fault than bytes that cannot be read."""
    with pytest.raises(xmlrpc.NoMethodName):
        xmlrpc.decode_request(call("<params/>", method))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"<methodCall>",
        b"<a/>",
        b"<methodCall/><methodCall/>",
        b"<?xml version='1.0' encoding='nonsense'?><methodCall/>",
        b"<?xml version='1.0' encoding='utf-7'?><methodCall/>",
        b"<methodCall>\xff</methodCall>",
        b"<methodCall>&nbsp;</methodCall>",
        call("<params><value/></params>"),
        call("<params><param/></params>"),
        call("<params><param><int>1</int></param></params>"),
        call("<params><param><value><int>x</int></value></param></params>"),
        call("<params><param><value><int/></value></param></params>"),
        call("<params><param><value><int>1</int><int>2</int></value></param></params>"),
        call("<params><param><value><double>x</double></value></param></params>"),
        call("<params><param><value><base64>/w==</base64></value></param></params>"),
        call("<params><param><value><array/></value></param></params>"),
        call("<params><param><value><struct><member/></struct></value></param></params>"),
        call(
            "<params><param><value><struct><member><value>k</value><value/></member></struct>"
            "</value></param></params>"
        ),
        call("<params><param><value><string><b/></string></value></param></params>"),
        call(
            "<params><param><value><dateTime.iso8601>soon</dateTime.iso8601></value></param></params>"
        ),
        call(f"<params><param><value><int>{'9' * 5000}</int></value></param></params>"),
    ],
)
def test_request_that_cannot_be_read_is_a_violation(data: bytes) -> None:
    """Not parsable is the peer's mistake: never another exception."""
    with pytest.raises(ProtocolViolation) as caught:
        xmlrpc.decode_request(data)
    assert not isinstance(caught.value, xmlrpc.NoMethodName)
    assert str(caught.value).startswith("cannot read XML-RPC request: ")


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE methodCall>",
        "<!DOCTYPE m [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]>",
        "<!DOCTYPE m [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE m SYSTEM 'http://127.0.0.1:1/x'>",
    ],
)
def test_request_with_a_document_type_is_refused(doctype: str) -> None:
    """No entity is ever expanded or fetched."""
    data = f"{doctype}<methodCall><methodName>a.b</methodName></methodCall>".encode()
    with pytest.raises(ProtocolViolation, match="document types are not accepted"):
        xmlrpc.decode_request(data)


def nested(depth: int) -> bytes:
    """A request with as many elements within each other."""
    arrays, rest = divmod(depth - len(["methodCall", "params", "param", "value"]), 3)
    inner = ["", "<int>1</int>", "<array><data/></array>"][rest]
    head, tail = "<array><data><value>", "</value></data></array>"
    return call(
        f"<params><param><value>{head * arrays}{inner}{tail * arrays}</value></param></params>"
    )


def test_request_may_nest_up_to_the_limit() -> None:
    """128 elements within each other are read, more are refused."""
    assert xmlrpc.ELEMENT_DEPTH_MAX == 128
    xmlrpc.decode_request(nested(xmlrpc.ELEMENT_DEPTH_MAX))
    with pytest.raises(ProtocolViolation, match="more than 128 elements within each other"):
        xmlrpc.decode_request(nested(xmlrpc.ELEMENT_DEPTH_MAX + 1))


def test_request_may_have_elements_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of elements is limited: each costs memory. Short requests cannot reach it."""
    monkeypatch.setattr(xmlrpc, "ELEMENT_COUNT_MAX", 5)
    xmlrpc.decode_carefully(call("<params><param><value/></param></params>"))
    with pytest.raises(ProtocolViolation, match="more than 5 elements"):
        xmlrpc.decode_carefully(call("<params><param><value><int>1</int></value></param></params>"))


def test_request_with_many_megabytes_of_text_is_read() -> None:
    """Large texts through sendProcessStdin are legal."""
    text = "line of text &amp;\n" * 300_000
    assert decoded(f"<value><string>{text}</string></value>") == "line of text &\n" * 300_000


def test_attributes_are_ignored_but_count_as_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some clients declare namespaces; nobody needs thousands, which take long to read."""
    monkeypatch.setattr(xmlrpc, "ELEMENT_COUNT_MAX", 8)
    attributes = "xmlns:a='x' xmlns:b='y' c='z'"
    assert decoded(f"<value {attributes}>x</value>") == "x"
    with pytest.raises(ProtocolViolation, match="more than 8 elements and attributes"):
        decoded(f"<value {attributes} d='w'>x</value>")


@pytest.mark.parametrize(
    ("begin", "end"),
    [("<!--", "-->"), ("<?x ", "?>"), ("<value a='", "'/>"), ("<value><b", "/></value>")],
)
def test_markup_is_refused_beyond_its_limit(begin: str, end: str) -> None:
    """Markup without an end is read again and again; it is given up early, wherever it begins."""
    half = xmlrpc.MARKUP_BYTES_MAX // 2 - len(begin + end)
    rest = "" if begin.startswith("<v") else "<value/>"
    assert decoded(f"{begin}{'x' * half}{end}{rest}") == ""
    too_much = begin + "x" * (xmlrpc.MARKUP_BYTES_MAX + xmlrpc.FEED_BYTES)
    for junk in (too_much, f"{too_much}{end}{rest}", too_much + 5_000_000 * "x"):
        with pytest.raises(ProtocolViolation, match="a tag or comment of more than 65536 bytes"):
            decoded(junk)


def test_violation_is_found_before_the_rest_is_read() -> None:
    """A hostile request is given up where it goes wrong: what follows costs nothing."""
    filler = f"<value>{'<int>1</int>' * 500_000}</value>"
    with pytest.raises(ProtocolViolation) as caught:
        decoded(f"<value>{'<!--' + 'x' * 200_000}-->{filler}</value>")
    assert caught.value.offset is not None
    assert caught.value.offset < 200


@pytest.mark.parametrize("text", ["x" * 5_000_000, "\n" * 5_000_000, "<>&]" * 1_000_000])
def test_text_in_a_cdata_section_is_read_however_long_it_is(text: str) -> None:
    """Only markup is limited: text is taken as it comes, also such that looks like markup."""
    assert decoded(f"<value><![CDATA[{text}]]></value>") == text


def test_int_is_refused_beyond_its_limit() -> None:
    """Thousands of long numbers would take seconds."""
    limit = xmlrpc.NUMBER_CHARS_MAX
    assert decoded(f"<value><int>{'9' * limit}</int></value>") == int("9" * limit)
    for tag in ("int", "i4"):
        with pytest.raises(ProtocolViolation, match="an int of more than 64 characters"):
            decoded(f"<value><{tag}>{'9' * (limit + 1)}</{tag}></value>")


def test_violation_tells_where() -> None:
    """The offset of the byte helps whoever writes a client."""
    with pytest.raises(ProtocolViolation) as caught:
        xmlrpc.decode_request(b"<methodCall><methodName>a.b</wrong></methodCall>")
    assert caught.value.offset is not None
    assert 20 <= caught.value.offset <= 40
