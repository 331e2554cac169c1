"""Heads of requests: what is plain is read as h11 reads it, and all else by h11."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from supervisor.web.heads import (
    KNOWN_HEADS_MAX,
    BadHead,
    Head,
    known_head,
    note_head,
    read_any_head,
    read_plain_head,
)

HEAD_BYTES_MAX = 65_536

CLIENTS = {
    "xmlrpc.client": (
        b"POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n"
        b"Content-Type: text/xml\r\nUser-Agent: Python-xmlrpc/3.11\r\nContent-Length: 120\r\n\r\n"
    ),
    "supervisorctl of 4.3": (
        b"POST /RPC2 HTTP/1.1\r\nHost: 127.0.0.1:9001\r\nAccept-Encoding: identity\r\n"
        b"User-Agent: Python-xmlrpc/3.11\r\nContent-Type: text/xml\r\nAccept: text/xml\r\n"
        b"Authorization: Basic dXNlcjpwYXNz\r\nContent-Length: 99\r\n\r\n"
    ),
    "supervisorctl tail -f of 4.3": (
        b"GET /logtail/web%3A0 HTTP/1.1\r\nHost: \r\nAccept-Encoding: chunked\r\nAccept: */*\r\n"
        b"User-agent: Supervisor HTTP Client\r\n\r\n"
    ),
    "curl": b"GET /ok?a=b HTTP/1.1\r\nHost: h\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n",
    "without a host": b"GET / HTTP/1.0\r\n\r\n",
}

NOT_PLAIN = {
    "another method": b"OPTIONS / HTTP/1.1\r\nHost: h\r\n\r\n",
    "absolute target": b"GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n",
    "target that is not ASCII": "GET /ö HTTP/1.1\r\nHost: h\r\n\r\n".encode(),
    "line feeds only": b"GET / HTTP/1.1\nHost: h\n\n",
    "folded header": b"GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n",
    "tab in a value": b"GET / HTTP/1.1\r\nHost: h\r\nA: b\tc\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
    "length that is no number": b"POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
    "chunked": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "held back body": b"POST / HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n",
    "another version": b"GET / HTTP/2.0\r\nHost: h\r\n\r\n",
}


def values(head: Head | None) -> object:
    """What has been read, as plain values."""
    if head is None:
        return None
    request = head.request
    return head.expects_continue, *(getattr(request, name) for name in type(request).__slots__)


def read_by_h11(head: bytes) -> object:
    """The same from h11; the status if it refuses."""
    try:
        return values(read_any_head(head, HEAD_BYTES_MAX))
    except BadHead as bad:
        return bad.status


@pytest.mark.parametrize("head", CLIENTS.values(), ids=CLIENTS.keys())
def test_heads_of_usual_clients_are_plain(head: bytes) -> None:
    """What nearly all clients send needs no h11, and is read as h11 reads it."""
    assert values(read_plain_head(head)) == read_by_h11(head)


@pytest.mark.parametrize("head", NOT_PLAIN.values(), ids=NOT_PLAIN.keys())
def test_head_with_something_to_judge_is_left_to_h11(head: bytes) -> None:
    """Whatever may be refused, or be understood in more than one way, is not plain."""
    assert read_plain_head(head) is None


METHODS = st.sampled_from([b"GET", b"HEAD", b"POST", b"get", b"PUT", b"G T"])
TARGETS = st.one_of(
    st.sampled_from(
        [b"/", b"/RPC2", b"/a%20b?c%20d#e", b"/%zz%C3%B6%ff", b"//h/x", b"*", b"http://h/x"]
    ),
    st.binary(max_size=8).map(lambda tail: b"/" + tail),
)
VERSIONS = st.sampled_from([b"HTTP/1.0", b"HTTP/1.1", b"HTTP/1.2", b"HTTP/2.0", b"http/1.1"])
NAMES = st.one_of(
    st.sampled_from(
        [b"Host", b"hOST", b"Content-Length", b"content-length", b"Connection", b"Expect",
         b"Transfer-Encoding", b"Upgrade", b"Cookie", b"X-Y", b"X_Y", b"X Y", b" X", b""]
    ),
    st.binary(max_size=4),
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(
        [b"", b"0", b"00", b"12", b"1, 1", b"-1", b"9" * 18, b"9" * 19, b"9" * 21, b"h:80", b"a b",
         b"a  b", b"a\tb", b"\xe9", b"chunked", b"identity", b"100-continue", b"h2c", b"close"]
    ),
    st.binary(max_size=6),
)  # fmt: skip
GAPS = st.sampled_from([b": ", b":", b":  ", b" :", b":\t", b" "])
ENDS = st.sampled_from([b"\r\n"] * 6 + [b"\n", b" \r\n", b"  \r\n", b"\r\n ", b"\r"])
LINES = st.tuples(NAMES, GAPS, VALUES, ENDS).map(b"".join)
USUAL_LINES = st.tuples(
    st.sampled_from([b"Host", b"hOST", b"Content-Length", b"Connection", b"Expect", b"X-Y"]),
    st.sampled_from([b": ", b":"]),
    VALUES,
    st.sampled_from([b"\r\n", b" \r\n"]),
).map(b"".join)


def heads(
    first_lines: st.SearchStrategy[bytes], lines: st.SearchStrategy[bytes]
) -> st.SearchStrategy[bytes]:
    """Heads of these lines."""
    return st.tuples(first_lines, st.lists(lines, max_size=4).map(b"".join), st.just(b"\r\n")).map(
        b"".join
    )


HEADS = st.one_of(
    heads(
        st.tuples(METHODS, st.just(b" "), TARGETS, st.just(b" "), VERSIONS, ENDS).map(b"".join),
        LINES,
    ),
    heads(TARGETS.map(lambda target: b"POST " + target + b" HTTP/1.1\r\n"), USUAL_LINES),
)


@given(head=HEADS)
@example(head=CLIENTS["supervisorctl of 4.3"])
def test_law_what_is_plain_is_read_as_h11_reads_it(head: bytes) -> None:
    """For every head: either h11 has to read it, or it has read the same."""
    plain = read_plain_head(head)
    assert plain is None or values(plain) == read_by_h11(head)


def test_heads_of_whoever_came_first_do_not_keep_out_others() -> None:
    """Heads are noted before anybody is asked who he is: a stranger may think of many."""

    def come(number: int) -> bytes:
        head = b"GET /ok HTTP/1.1\r\nHost: h\r\nUser-Agent: %d\r\n\r\n" % number
        read = read_plain_head(head)
        assert read is not None
        note_head(head, read.request, 0)
        return head

    first = come(0)
    heads = [come(number) for number in range(1, KNOWN_HEADS_MAX)]
    assert all(known_head(head) for head in (first, *heads))
    come(0)
    last = come(KNOWN_HEADS_MAX)
    assert known_head(first) is None
    assert all(known_head(head) for head in (*heads, last))
