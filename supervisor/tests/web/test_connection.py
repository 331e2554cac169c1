"""Bytes to requests: what is read, what is refused, and the laws of a parser."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.web.budget import Budget
from supervisor.web.connection import Head, Phase, Refusal, RequestReader, printable_line
from supervisor.web.limits import DEFAULT_LIMITS, Limits
from supervisor.web.messages import Request

SMALL = Limits(request_line_bytes_max=100, head_bytes_max=200, body_bytes_max=50)

Outcome = list[tuple[object, ...]]


def read(pieces: Sequence[bytes], limits: Limits = DEFAULT_LIMITS) -> Outcome:
    """What comes out of these pieces, as plain values."""
    reader = RequestReader(limits, Budget(limits.bodies_bytes_max))
    outcome: Outcome = []
    for piece in pieces:
        reader.feed(piece)
        while (message := reader.next_message()) is not None:
            if isinstance(message, Request):
                outcome.append(
                    (message.method, message.path, message.query, message.version, message.body)
                )
            elif isinstance(message, Refusal):
                outcome.append((message.status,))
            else:
                assert isinstance(message, Head)
    return outcome


def test_request_is_read_with_its_body() -> None:
    """Method, path, query, version, headers and body."""
    data = b"POST /RPC2/x?a%20b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nX-Y: z\r\n\r\nabc"
    assert read([data]) == [("POST", "/RPC2/x", "a%20b", "1.1", b"abc")]


def test_s29_old_follower_with_empty_host_and_extra_blank_line_is_understood() -> None:
    """The exact bytes of the reference's `tail -f` client, twice on one connection."""
    old = (
        b"GET /logtail/web HTTP/1.1\r\nHost: \r\nAccept-Encoding: chunked\r\nAccept: */*\r\n"
        b"User-agent: Supervisor HTTP Client\r\n\r\n\r\n"
    )
    assert read([old + old]) == [("GET", "/logtail/web", "", "1.1", b"")] * 2


def test_missing_host_is_tolerated() -> None:
    """Host may be missing, whatever the version."""
    for version in ("1.0", "1.1", "2.0"):
        data = f"GET /x HTTP/{version}\r\nAccept: */*\r\n\r\n".encode()
        assert read([data]) == [("GET", "/x", "", version, b"")]


def test_unescaped_name_is_understood() -> None:
    """Old clients send names as UTF-8, without percent-escapes."""
    data = "GET /logtail/größe HTTP/1.1\r\n\r\n".encode()
    assert read([data]) == [("GET", "/logtail/größe", "", "1.1", b"")]


def test_path_is_decoded_once_and_query_is_left() -> None:
    """Percent-escapes in the path are decoded once; the query stays as it is."""
    data = b"GET /a%3Ab%2541%3Fc?d%3Ae HTTP/1.1\r\n\r\n"
    assert read([data]) == [("GET", "/a:b%41?c", "d%3Ae", "1.1", b"")]


def test_absolute_target_is_understood() -> None:
    """Every server must accept the absolute form (RFC 9112 §3.2.2)."""
    data = b"GET http://host:9001/ok.html?x HTTP/1.1\r\nHost: host\r\n\r\n"
    assert read([data]) == [("GET", "/ok.html", "x", "1.1", b"")]


@pytest.mark.parametrize("line", ["CONNECT host:1 HTTP/1.1", "GET /x HTTP/1.1", "PRI * HTTP/2.0"])
def test_proposal_of_another_protocol_is_ignored(line: str) -> None:
    """Upgrade, CONNECT and HTTP/2 are read as requests like others, and so is what follows."""
    data = f"{line}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n".encode()
    assert [entry[0] for entry in read([data + b"GET / HTTP/1.1\r\n\r\n"])] == [
        line.split()[0],
        "GET",
    ]


def test_lines_may_end_in_line_feeds_only() -> None:
    """Bare line feeds end lines, too (RFC 9112 §2.2)."""
    assert read([b"GET /x HTTP/1.0\nA: b\n\n"]) == [("GET", "/x", "", "1.0", b"")]


MALFORMED = {
    "request line without a path": b"GET HTTP/1.1\r\n\r\n",
    "one word": b"garbage\r\n\r\n",
    "two spaces": b"GET  /x HTTP/1.1\r\n\r\n",
    "space in the path": b"GET /a b HTTP/1.1\r\n\r\n",
    "HTTP/0.9": b"GET /x\r\n",
    "HTTP/0.9 said": b"GET /x HTTP/0.9\r\n\r\n",
    "lower-case protocol": b"GET /x http/1.1\r\n\r\n",
    "three-part version": b"GET /x HTTP/1.1.1\r\n\r\n",
    "control character first": b"\x16\x03\x01\x02",
    "control character in the path": b"GET /\x01 HTTP/1.1\r\n\r\n",
    "NUL in a header": b"GET /x HTTP/1.1\r\nA: \x00\r\n\r\n",
    "header without colon": b"GET /x HTTP/1.1\r\nnonsense\r\n\r\n",
    "space before the colon": b"GET /x HTTP/1.1\r\nHost : h\r\n\r\n",
    "two hosts": b"GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "bad Content-Length": b"POST /RPC2 HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    "negative Content-Length": b"POST /RPC2 HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "empty Content-Length": b"POST /RPC2 HTTP/1.1\r\nContent-Length:\r\n\r\n",
    "two lengths": b"POST /x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "continuation of nothing": b"GET /x HTTP/1.1\r\n folded\r\n\r\n",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_x32_malformed_request_is_answered_with_400(data: bytes) -> None:
    """Malformed requests are answered, neither dropped silently nor with 500."""
    assert read([data]) == [(400,)]


@pytest.mark.parametrize(
    "header", [b"", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: CHUNKED\r\n"]
)
def test_post_without_content_length_is_refused(header: bytes) -> None:
    """POST needs Content-Length, so chunked request bodies are refused: 411."""
    assert read([b"POST /RPC2 HTTP/1.1\r\n" + header + b"\r\n0\r\n\r\n"]) == [(411,)]


@pytest.mark.parametrize(
    ("path", "refused"), [("/api/v1/x", False), ("/apis", True), ("/api", True), ("//api/", True)]
)
def test_post_without_content_length_has_no_body_below_the_api(path: str, refused: bool) -> None:
    """``curl -X POST`` sends none (RFC 9112, section 6.3)."""
    messages = read([b"POST " + path.encode() + b" HTTP/1.1\r\n\r\n"])
    assert (messages == [(411,)]) == refused


def test_body_with_two_framings_is_refused() -> None:
    """Content-Length beside Transfer-Encoding is how requests are smuggled: nothing is read."""
    data = (
        b"POST /RPC2 HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    )
    assert read([data]) == [(411,)]


def test_nothing_is_read_after_a_refusal() -> None:
    """What follows something unreadable cannot be understood."""
    assert read([b"bad\r\n\r\nGET /x HTTP/1.1\r\n\r\n", b"GET /x HTTP/1.1\r\n\r\n"]) == [(400,)]


@pytest.mark.parametrize(("extra", "expected"), [(0, "GET"), (1, 414)])
def test_x34_request_line_has_a_limit(extra: int, expected: object) -> None:
    """A request line of the limit is read, one byte more is 414."""
    frame_bytes = len(b"GET / HTTP/1.1\r\n")
    path = b"/" + b"x" * (SMALL.request_line_bytes_max - frame_bytes + extra)
    assert read([b"GET " + path + b" HTTP/1.1\r\n\r\n"], SMALL)[0][0] == expected


@pytest.mark.parametrize(("extra", "expected"), [(0, "GET"), (1, 431)])
def test_x34_head_has_a_limit(extra: int, expected: object) -> None:
    """A head of the limit is read, one byte more is 431."""
    start = b"GET / HTTP/1.1\r\nA: "
    fill = b"x" * (SMALL.head_bytes_max - len(start) - 4 + extra)
    assert read([start + fill + b"\r\n\r\n"], SMALL)[0][0] == expected


@pytest.mark.parametrize(("length", "expected"), [(50, "POST"), (51, 413), (10**19, 413)])
def test_x34_body_has_a_limit(length: int, expected: object) -> None:
    """A body of the limit is read, one byte more is 413, before any of it is read."""
    data = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % length
    assert read([data, b"x" * 50], SMALL)[0][0] == expected


def test_body_of_many_megabytes_is_legal() -> None:
    """Bodies of many MB are legal: sendProcessStdin takes them."""
    body = b"x" * 20_000_000
    data = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    pieces = [data[i : i + 65536] for i in range(0, len(data), 65536)]
    assert read(pieces) == [("POST", "/", "", "1.1", body)]


@pytest.mark.parametrize(
    ("version", "value", "expected"),
    [
        ("1.1", None, True),
        ("1.1", "close", False),
        ("1.1", "Close", False),
        ("1.1", "Upgrade, CLOSE", False),
        ("1.1", "keep-alive", True),
        ("1.0", None, False),
        ("1.0", "Keep-Alive", True),
        ("1.0", "keep-alive", True),
    ],
)
def test_x36_connection_header_ignores_case(
    version: str, value: str | None, expected: bool
) -> None:
    """Connection is compared without regard to case, for all answers alike."""
    headers = [] if value is None else [(b"connection", value.encode())]
    request = Request("GET", "/", version, "/", "", headers)
    assert request.keeps_alive is expected


def test_phase_tells_what_is_missing() -> None:
    """Idle, in a head, in a body: each has its own deadline."""
    reader = RequestReader(DEFAULT_LIMITS, Budget(100))
    assert reader.phase is Phase.IDLE
    reader.feed(b"\r\n\r\n")
    assert reader.next_message() is None
    assert reader.phase is Phase.IDLE
    reader.feed(b"POST / HTTP/1.1\r\nContent-")
    assert reader.next_message() is None
    assert reader.phase is Phase.HEAD
    reader.feed(b"Length: 2\r\n\r\na")
    assert isinstance(reader.next_message(), Head)
    assert reader.next_message() is None
    assert reader.phase is Phase.BODY
    reader.feed(b"b")
    assert isinstance(reader.next_message(), Request)
    assert reader.phase is Phase.IDLE


def post(body_bytes: int) -> bytes:
    """The head of a request with such a body."""
    return b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % body_bytes


def test_x34_bodies_of_all_clients_together_have_a_limit() -> None:
    """As much as the limit is read; whoever sends one byte more is told 503, others go on."""
    bodies = Budget(100)
    first, second = RequestReader(DEFAULT_LIMITS, bodies), RequestReader(DEFAULT_LIMITS, bodies)
    for reader in (first, second):
        reader.feed(post(60))
        assert isinstance(reader.next_message(), Head)
    first.feed(b"x" * 59)
    assert first.next_message() is None
    second.feed(b"y" * 41)
    assert second.next_message() is None
    assert bodies.used_bytes == 100
    second.feed(b"z")
    refusal = second.next_message()
    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.line) == (503, "POST / HTTP/1.1")
    assert bodies.used_bytes == 59
    first.feed(b"x")
    request = first.next_message()
    assert isinstance(request, Request)
    assert request.body == b"x" * 60
    assert bodies.used_bytes == 0


def test_reader_that_is_closed_holds_nothing() -> None:
    """What has arrived is dropped and given back, and nothing more is taken."""
    bodies = Budget(100)
    reader = RequestReader(DEFAULT_LIMITS, bodies)
    reader.feed(post(60) + b"x" * 59)
    assert isinstance(reader.next_message(), Head)
    assert reader.next_message() is None
    reader.close()
    assert bodies.used_bytes == 0
    reader.feed(b"x")
    assert reader.next_message() is None
    assert reader.held_bytes == 0


@pytest.mark.parametrize("begun", [b"", b"ab"])
def test_expectation_is_told_only_while_the_body_is_held_back(begun: bytes) -> None:
    """Who has begun to send the body needs no 100 Continue."""
    reader = RequestReader(DEFAULT_LIMITS, Budget(100))
    reader.feed(b"POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 4\r\n\r\n" + begun)
    head = reader.next_message()
    assert isinstance(head, Head)
    assert head.expects_continue is (begun == b"")


def test_line_for_the_log_is_bounded_and_printable() -> None:
    """No client can forge log lines or fill the log with one request."""
    assert printable_line(b"GET /a\x1b[1m\xff\tb HTTP/1.1\r\nfoo") == (
        "GET /a\\x1b[1m\\xff\\tb HTTP/1.1"
    )
    assert len(printable_line(b"x" * 100_000)) == 1024


FRAGMENTS = [
    b"GET / HTTP/1.1\r\n",
    b"GET /a?b HTTP/1.0\r\n",
    b"POST /RPC2 HTTP/1.1\r\n",
    b"Content-Length: 3\r\n",
    b"Content-Length: 51\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Host:\r\n",
    b"Expect: 100-continue\r\n",
    b"Connection: close\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b"abc",
    b"\xc3\xb6",
    b"\x00",
    b" ",
    b"x" * 60,
]
STREAMS = st.one_of(
    st.binary(max_size=300),
    st.lists(st.sampled_from(FRAGMENTS), max_size=20).map(b"".join),
)


@given(data=STREAMS, cuts=st.lists(st.integers(0, 400), max_size=10))
def test_law_how_bytes_are_cut_never_matters(data: bytes, cuts: list[int]) -> None:
    """Any bytes, cut anywhere, give the same requests and at most one refusal, at the end."""
    whole = read([data], SMALL)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in pairwise(edges)]
    assert read(pieces, SMALL) == whole
    assert read([bytes((byte,)) for byte in data], SMALL) == whole
    assert all(len(entry) == 5 for entry in whole[:-1])
