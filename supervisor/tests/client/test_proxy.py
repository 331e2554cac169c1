"""The proxy that leaves out what plain requests do not need."""

import http.client
import socket
import subprocess
import sys
import threading
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from supervisor.client.exchange import UnusualAnswer, _answer
from supervisor.client.proxy import ServerProxy
from supervisor.client.transport import SupervisorTransport
from supervisor.tests.support.peer import Peer, raises_fault

BODY = xmlrpc.client.dumps(("grün",), methodresponse=True).encode()
OK = b"HTTP/1.1 200 OK\r\n"
PLAIN = OK + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


def whole_request(connection: socket.socket) -> bytes:
    """All of it: a connection that is closed before it was read is reset."""
    request = b""
    while not request.endswith(b"</methodCall>\n"):
        request += connection.recv(65536)
    return request


@contextmanager
def answering(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives each connection the next of these answers, and closes it."""
    requests: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for answer in answers:
                connection, _ = server.accept()
                with connection:
                    requests.append(whole_request(connection))
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", requests
        thread.join(10)


@pytest.fixture(params=["unix", "tcp"])
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Peer]:
    """A server on either kind of socket."""
    unix = tmp_path / "p.sock" if request.param == "unix" else None
    methods = {"ns.echo": lambda *values: [*values], "ns.bad": raises_fault(10, "BAD_NAME: x")}
    with Peer(methods, unix=unix) as running:
        yield running


def test_proxy_calls_methods(peer: Peer) -> None:
    """Plain values and others alike, one call after the other."""
    proxy = ServerProxy(peer.serverurl)
    assert proxy.ns.echo("grün<&>", 1, True, [{"a": ["b"]}]) == ["grün<&>", 1, True, [{"a": ["b"]}]]
    assert proxy.ns.echo() == []
    assert proxy.ns.echo(1.5, xmlrpc.client.Binary(b"\0"))[0] == 1.5
    assert proxy.ns.echo("again") == ["again"]


def test_proxy_raises_faults_and_http_errors(peer: Peer) -> None:
    """Those of `xmlrpc.client`, which plug-ins catch."""
    proxy = ServerProxy(peer.serverurl)
    with pytest.raises(xmlrpc.client.Fault) as fault:
        proxy.ns.bad()
    assert (fault.value.faultCode, fault.value.faultString) == (10, "BAD_NAME: x")
    peer.answer("/RPC2", 503, b"busy")
    with pytest.raises(xmlrpc.client.ProtocolError) as refused:
        proxy.ns.echo(1)
    assert (refused.value.url, refused.value.errcode) == ("127.0.0.1/RPC2", 503)
    peer.answers.clear()
    assert proxy.ns.echo(2) == [2]


def test_proxy_refuses_what_cannot_be_sent_as_the_standard_library_does(peer: Peer) -> None:
    with pytest.raises(TypeError, match="cannot marshal None"):
        ServerProxy(peer.serverurl).ns.echo(None)
    with pytest.raises(OverflowError):
        ServerProxy(peer.serverurl).ns.echo(2**31)


def test_proxy_makes_multicalls(peer: Peer) -> None:
    """`xmlrpc.client.MultiCall` takes it for a ServerProxy."""
    peer.methods["system.multicall"] = lambda calls: [[call["params"][0]] for call in calls]
    calls = xmlrpc.client.MultiCall(ServerProxy(peer.serverurl))
    calls.ns.echo(1)
    calls.ns.echo("two")
    assert [*calls()] == [1, "two"]


def test_proxy_gives_its_transport_and_uses_it(peer: Peer) -> None:
    """Whoever asks for it may change it: from then on all goes through it."""
    proxy = ServerProxy(peer.serverurl, "me", "secret")
    proxy.ns.echo(1)
    transport = proxy("transport")
    assert isinstance(transport, SupervisorTransport)
    assert (transport.username, transport.password) == ("me", "secret")
    assert proxy.ns.echo(2) == [2]
    assert transport.connection is not None
    proxy("close")()
    assert transport.connection is None


def test_proxy_is_closed_and_used_again(peer: Peer) -> None:
    with ServerProxy(peer.serverurl) as proxy:
        assert proxy.ns.echo(1) == [1]
    assert proxy.ns.echo(2) == [2]
    proxy("close")()
    assert proxy.ns.echo(3) == [3]


@pytest.mark.parametrize(
    ("who", "value"),
    [
        ((None, None, None), None),
        (("me", None, None), None),
        (("me", "grün", None), "Basic bWU6Z3LDvG4="),
        ((None, None, "sv_x"), "Bearer sv_x"),
    ],
)
def test_proxy_says_who_it_is(
    peer: Peer, who: tuple[str | None, str | None, str | None], value: str | None
) -> None:
    ServerProxy(peer.serverurl, *who).ns.echo(1)
    assert peer.requests[-1][1].get("Authorization") == value


def test_proxy_calls_again_when_a_kept_connection_was_closed() -> None:
    """A daemon may drop an idle connection; the next call opens another one."""
    with answering(PLAIN, PLAIN) as (url, requests):
        proxy = ServerProxy(url)
        assert (proxy.a(), proxy.b()) == ("grün", "grün")
    assert len(requests) == 2


def test_proxy_never_repeats_a_call_on_a_fresh_connection() -> None:
    """A call that a daemon took and died over may have had its effect: it is not repeated."""
    lost = pytest.raises((http.client.RemoteDisconnected, ConnectionResetError))
    with answering(b"") as (url, requests), lost:
        ServerProxy(url).supervisor.shutdown()
    assert len(requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
        OK + b"Connection: close\r\n\r\n" + BODY,
        OK + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
        b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN,
        OK + b"X-Folded: a\r\n b\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY),
        OK + b"content-length:%d\r\nConnection: close\r\n\r\n%s" % (len(BODY), BODY),
        PLAIN + b"more than was announced",
    ],
)
def test_proxy_reads_all_forms_of_answers(answer: bytes) -> None:
    """Of a known length or not, in chunks, after a provisional one."""
    with answering(answer) as (url, _):
        assert ServerProxy(url).a() == "grün"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 2",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        OK + b"Content-Length: 3\r\n\r\nabc",
        OK + b"Content-Length: 100\r\n\r\n<?xml",
        OK + b"Content-Length: none\r\n\r\n",
        OK + b"Content-Length: 9\r\n\r\n<html><p>",
    ],
)
def test_proxy_fails_as_the_standard_library_does(answer: bytes) -> None:
    """What is said about strange servers depends on the exception."""
    with answering(answer, answer) as (url, _):
        with pytest.raises(Exception) as ours:  # compared below
            ServerProxy(url).a()
        theirs_proxy = xmlrpc.client.ServerProxy(
            "http://127.0.0.1", transport=SupervisorTransport(serverurl=url)
        )
        with pytest.raises(type(ours.value)) as theirs:
            theirs_proxy.a()
    assert str(ours.value) == str(theirs.value)


class Pieces:
    """A connection on which these pieces come."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def recv(self, size: int) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


class Silence:
    """A connection on which nothing more comes, although it stays open."""

    def recv(self, size: int) -> bytes:
        raise AssertionError("waited for more")


@pytest.mark.parametrize(
    "begun",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"220 mail.example ESMTP\r\n",
        b"HTTP/1.1 404",
        OK.replace(b"\r\n", b"\n") + b"Content-Length: 3\n\nabc",
        OK + b"Content-Length: 3\n\r\nabc",
    ],
)
def test_answer_that_is_strange_from_its_begin_is_handed_over_at_once(begun: bytes) -> None:
    """A server of another kind says something, and then waits: so would we, for ever."""
    with pytest.raises(UnusualAnswer) as unusual:
        _answer(Silence(), begun)
    assert unusual.value.begun == begun


@pytest.mark.parametrize("end", [b"\n", b"\r"])
def test_header_behind_an_unusual_end_of_line_counts(end: bytes) -> None:
    """As in the standard library: else two readers of one answer would see two lengths."""
    begun = OK + b"X: a" + end + b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n"
    with pytest.raises(UnusualAnswer):
        _answer(Silence(), begun)


@given(st.lists(st.integers(1, len(PLAIN) - 1), unique=True))
@settings(max_examples=50)
def test_answer_is_read_however_it_is_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(PLAIN)]
    pieces = [PLAIN[a:b] for a, b in pairwise(places)]
    assert _answer(Pieces(pieces[1:]), pieces[0]) == (BODY, True)


@given(st.integers(0, len(PLAIN) - 1))
def test_answer_that_ends_early_is_handed_over_whole(length: int) -> None:
    with pytest.raises(UnusualAnswer) as unusual:
        _answer(Pieces([]), PLAIN[:length])
    assert unusual.value.begun == PLAIN[:length]


@given(st.binary())
def test_garbage_is_handed_over(begun: bytes) -> None:
    with pytest.raises(UnusualAnswer):
        _answer(Pieces([]), begun)


def head_of(pieces: list[bytes]) -> bytes:
    return OK + b"".join(pieces) + b"Content-Length: 3\r\n\r\nabcdef"


@given(st.lists(st.sampled_from([
    b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b"\x0b", b"\x1c", b"\x85", b"\0", b"_", b"X",
    b"Content-Length", b"3", b"5", b"+3", b"Transfer-Encoding", b"chunked", b"Connection: close",
    b"HTTP/1.1 200 OK", b"MIME-Version: 1\r\n", b"X: y\r\n",
]), max_size=9).map(head_of))  # fmt: skip
@example(head_of([b"X y: z\r\n"]))
@example(head_of([b"Content-Length: 3\r\n:\n\r\n\r\n"]))
def test_heads_are_read_as_by_the_standard_library_or_not_at_all(answer: bytes) -> None:
    """However odd they are: a client that finds another end of a head is fooled by it."""
    try:
        body, _ = _answer(Pieces([]), answer)
    except UnusualAnswer:
        return
    peer, ours = socket.socketpair()
    with peer, ours:
        peer.sendall(answer)
        peer.shutdown(socket.SHUT_WR)
        with http.client.HTTPResponse(ours, method="POST") as theirs:
            theirs.begin()
            assert theirs.read() == body


def test_credentials_cannot_bring_headers_of_their_own() -> None:
    """They are refused by the standard library, which is asked then."""
    with pytest.raises(ValueError, match="Invalid header value"):
        ServerProxy("unix:///no/such", token="a\r\nX: b").a()


def test_plain_call_loads_neither_xmlrpc_nor_http(tmp_path: Path) -> None:
    with Peer({"ns.echo": lambda value: value}, unix=tmp_path / "p.sock") as peer:
        script = (
            "import sys\nfrom supervisor.client.proxy import ServerProxy\n"
            f"assert ServerProxy({peer.serverurl!r}).ns.echo('a') == 'a'\n"
            "print(sorted({'xmlrpc', 'http', 'email', 'ssl', 'socket', 're'} & {*sys.modules}))"
        )
        done = subprocess.run(
            [sys.executable, "-S", "-c", script],
            env={"PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
    assert done.stdout == "[]\n", done.stderr
