"""The XML-RPC codec against the standard library's, in both directions, and against garbage."""

import xmlrpc.client
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from supervisor.errors import ProtocolViolation
from supervisor.wire.xmlrpc import (
    SHORT_CUT_BYTES_MIN,
    Unmarshallable,
    decode_carefully,
    decode_request,
    encode_fault,
    encode_response,
)
from supervisor.wire.xmlrpc_plain import decode_plain
from supervisor.wire.xmlrpc_short import decode_short

XML_TEXT = st.text(
    st.characters(
        exclude_categories=["Cs"],
        exclude_characters="".join(map(chr, range(0x20))) + "\ufffe\uffff",
    )
    | st.sampled_from("\t\n<>&]'\""),
    max_size=30,
)
INTS = st.integers(-(2**31), 2**31 - 1)
FLOATS = st.floats(allow_nan=False)
METHODS = st.from_regex(r"[a-zA-Z_.0-9]+", fullmatch=True)
TAGS = [
    "methodCall", "methodName", "params", "param", "value", "array", "data", "struct", "member",
    "name", "int", "i4", "string", "boolean", "double", "base64", "dateTime.iso8601", "nil",
]  # fmt: skip


def values(*leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.one_of(XML_TEXT, INTS, st.booleans(), FLOATS, *leaves),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(XML_TEXT, inner, max_size=4),
        max_leaves=12,
    )


@given(values(st.binary(max_size=200)))
def test_any_value_is_written_as_the_standard_library_writes_it(value: Any) -> None:
    """encode(v) == dumps(v), so everything that reads one reads the other."""
    expected = xmlrpc.client.dumps((value,), methodresponse=True)
    assert encode_response(value) == expected.encode()


@given(values(st.binary(max_size=200)))
def test_any_value_arrives_at_the_standard_library(value: Any) -> None:
    """loads(encode(v)) == v."""
    (found,), _ = xmlrpc.client.loads(encode_response(value), use_builtin_types=True)
    assert found == value


@given(st.text(st.characters(), max_size=50))
def test_any_text_is_sent_as_valid_xml(text: str) -> None:
    """Whatever a program prints: the answer can be read, and what XML can carry arrives."""
    (found,), _ = xmlrpc.client.loads(encode_response(text))
    assert len(found) == len(text)
    assert all(a == b or b == "\ufffd" for a, b in zip(text, found, strict=True))


@given(INTS, st.text(st.characters(), max_size=50))
def test_any_fault_can_be_read(code: int, text: str) -> None:
    """Fault texts quote what clients sent."""
    try:
        xmlrpc.client.loads(encode_fault(code, text))
    except xmlrpc.client.Fault as fault:
        assert fault.faultCode == code
        assert len(fault.faultString) == len(text)
    else:
        raise AssertionError("no fault")


@given(METHODS, st.lists(values(st.none()), max_size=4))
def test_any_call_of_the_standard_library_is_read(method: str, params: list[Any]) -> None:
    """decode(dumps(params, method)) == (method, params)."""
    data = xmlrpc.client.dumps(tuple(params), method, allow_none=True).encode()
    assert decode_request(data) == (method, params)


DAMAGE = [
    *(b"", b"<", b">", b"&", b"<!--x-->", b"<!DOCTYPE a>", b"<?x?>", b"<value>", b"</value>"),
    *(b"<nil/>", b"<x>1</x>", b"<name>a</name>", b' a="b"', b"\r", b"\x00", b"&#65;", b"\xc3"),
]
SCALARS = {
    "int": int,
    "i4": int,
    "boolean": lambda text: text.strip() == "1",
    "double": float,
    "nil": lambda text: None,
}


PLAIN_TEXT = st.text(st.sampled_from("ab /:'\"\t\n%;=?~\x7f"), max_size=9)
PLAIN_SCALARS = st.lists(st.one_of(PLAIN_TEXT, INTS, st.booleans(), FLOATS), max_size=4)
PLAIN_PARAMS = PLAIN_SCALARS | st.lists(
    st.tuples(METHODS, PLAIN_SCALARS).map(lambda call: {"methodName": call[0], "params": call[1]}),
    max_size=4,
).map(lambda calls: [calls])


@given(METHODS, PLAIN_PARAMS)
def test_short_cut_reads_what_clients_usually_write(method: str, params: list[Any]) -> None:
    """Texts and numbers, and multicalls of them: nothing of it has to go the long way."""
    data = xmlrpc.client.dumps(tuple(params), method).encode()
    assert decode_plain(data, SCALARS) == (method, params) == decode_carefully(data)


@given(METHODS, st.lists(values(st.none()), min_size=1, max_size=4))
def test_short_cut_reads_what_the_long_way_reads(method: str, params: list[Any]) -> None:
    """Large requests in ASCII go the short way, others the long one: nobody can tell."""
    data = xmlrpc.client.dumps(tuple(params), method, allow_none=True).encode()
    assert decode_plain(data, SCALARS) in (None, decode_carefully(data))
    large = xmlrpc.client.dumps((*params, "x" * SHORT_CUT_BYTES_MIN), method, allow_none=True)
    assert decode_request(large.encode()) == (method, [*params, "x" * SHORT_CUT_BYTES_MIN])


@given(
    METHODS,
    st.lists(values(st.none()), min_size=1, max_size=3) | PLAIN_PARAMS,
    st.integers(0, 900),
    st.sampled_from(DAMAGE),
    st.integers(0, 9),
)
def test_short_cut_refuses_what_the_long_way_refuses(
    method: str, params: list[Any], place: int, inserted: bytes, removed: int
) -> None:
    """Damaged requests: either the same call, or left to who knows what is wrong."""
    data = xmlrpc.client.dumps(tuple(params), method, allow_none=True).encode()
    damaged = data[:place] + inserted + data[place + removed :]
    call = decode_plain(damaged, SCALARS)
    if call is not None:
        assert call == decode_carefully(damaged)


@given(METHODS, PLAIN_SCALARS)
def test_short_requests_of_clients_need_no_parser(method: str, params: list[Any]) -> None:
    """Texts and numbers: nothing of it has to go the long way, unless a text holds a "]" or so."""
    data = xmlrpc.client.dumps(tuple(params), method).encode()
    assert decode_short(data, SCALARS) == (method, params) == decode_carefully(data)


@given(
    METHODS,
    st.lists(values(st.none()), max_size=3) | PLAIN_SCALARS,
    st.integers(0, 400),
    st.sampled_from(DAMAGE),
    st.integers(0, 9),
    st.sampled_from([(b"", b""), (b"\n", b""), (b"\n", b" \t"), (b"string>", b"i4>")]),
    st.sampled_from([b"'", b'"', b"' encoding='utf-8'", b"' encoding='latin-1'", b" '"]),
)
def test_short_requests_are_read_as_the_long_way_reads_them(
    method: str,
    params: list[Any],
    place: int,
    inserted: bytes,
    removed: int,
    replaced: tuple[bytes, bytes],
    quote: bytes,
) -> None:
    """Damaged, laid out in other ways, of other types: the same call, or left to the long way."""
    data = xmlrpc.client.dumps(tuple(params), method, allow_none=True).encode()
    data = data.replace(*replaced).replace(b"1.0'", b"1.0" + quote)
    for request in (data, data[:place] + inserted + data[place + removed :]):
        call = decode_short(request, SCALARS)
        if call is not None:
            assert call == decode_carefully(request)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_call_or_a_violation(data: bytes) -> None:
    """Garbage never raises anything else."""
    check_garbage(data)


@given(
    st.lists(
        st.sampled_from(TAGS).flatmap(
            lambda tag: st.sampled_from([f"<{tag}>", f"</{tag}>", f"<{tag}/>"])
        )
        | st.sampled_from(["1", "x", "&amp;", "&a;", "<!--", "-->", "<![CDATA[", "]]>", "<?x?>"]),
        max_size=40,
    )
)
def test_any_heap_of_elements_is_a_call_or_a_violation(pieces: list[str]) -> None:
    """Nearly right requests never raise anything else either."""
    check_garbage("".join(pieces).encode())
    check_garbage(
        f"<methodCall><methodName>a.b</methodName>{''.join(pieces)}</methodCall>".encode()
    )


@given(values(), st.integers(0, 400), st.binary(max_size=4))
def test_any_damaged_call_is_a_call_or_a_violation(value: Any, at: int, junk: bytes) -> None:
    """A request with a few other bytes somewhere."""
    data = xmlrpc.client.dumps((value,), "a.b").encode()
    check_garbage(data[:at] + junk + data[at + len(junk) :])


@given(
    st.recursive(
        st.none()
        | st.text(max_size=3)
        | st.integers()
        | st.binary(max_size=3)
        | st.complex_numbers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
            | st.tuples(inner)
        ),
        max_leaves=6,
    )
)
def test_any_object_is_sent_or_unmarshallable(value: Any) -> None:
    """A plug-in may return anything: bytes that can be read, or one kind of exception."""
    try:
        data = encode_response(value)
    except Unmarshallable:
        return
    xmlrpc.client.loads(data)


def check_garbage(data: bytes) -> None:
    try:
        method, params = decode_request(data)
    except ProtocolViolation:
        return
    assert method
    assert isinstance(params, list)
