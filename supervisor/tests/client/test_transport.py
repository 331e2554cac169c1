"""XML-RPC over one kept connection."""

import http.server
import socket
import threading
import xmlrpc.client
from pathlib import Path

import pytest

from supervisor.client.transport import (
    SupervisorTransport,
    UnixStreamHTTPConnection,
    server_proxy,
)
from supervisor.tests.support.peer import Peer, raises_fault

CANNED = b"<?xml version='1.0'?><methodResponse><params><param><value>"
CANNED_END = b"</value></param></params></methodResponse>"


@pytest.fixture(params=["unix", "tcp"])
def peer(request: pytest.FixtureRequest, tmp_path: Path):
    """A server on either kind of socket."""
    unix = tmp_path / "p.sock" if request.param == "unix" else None
    with Peer({"ns.echo": lambda value: value}, unix=unix) as running:
        yield running


def test_transport_carries_calls_over_unix_and_tcp(peer: Peer) -> None:
    """The host in the URL of the ServerProxy is ignored."""
    proxy = xmlrpc.client.ServerProxy(
        "http://somewhere.invalid", transport=SupervisorTransport(None, None, peer.serverurl)
    )
    assert proxy.ns.echo("grün") == "grün"


def test_transport_keeps_one_connection(peer: Peer) -> None:
    """Several calls travel on one connection, until close()."""
    transport = SupervisorTransport(None, None, peer.serverurl)
    proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
    assert transport.connection is None
    proxy.ns.echo(1)
    first = transport.connection
    assert first is not None
    sock = first.sock
    proxy.ns.echo(2)
    assert transport.connection is first
    assert first.sock is sock
    transport.close()
    assert transport.connection is None
    assert proxy.ns.echo(3) == 3


def test_transport_calls_again_when_a_kept_connection_was_closed(peer: Peer) -> None:
    """A daemon may drop an idle connection; the next call opens another one."""
    transport = SupervisorTransport(None, None, peer.serverurl)
    proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
    proxy.ns.echo(1)
    assert transport.connection is not None
    transport.connection.sock.shutdown(socket.SHUT_RDWR)
    assert proxy.ns.echo(2) == 2


def test_transport_never_repeats_a_call_on_a_fresh_connection() -> None:
    """A call that a daemon took and died over may have had its effect: it is not repeated."""
    taken = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            taken.append(connection.recv(65536))
            connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = server.getsockname()[1]
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            server_proxy(f"http://127.0.0.1:{port}").supervisor.shutdown()
        thread.join()
        # Another try would have connected by now: the system accepts without us.
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("username", "password", "header"),
    [
        (None, None, None),
        ("u", None, None),
        ("", "", "Basic Og=="),
        ("ü", "p:q", "Basic w7w6cDpx"),
    ],
)
def test_transport_sends_credentials_if_both_are_set(
    username: str | None, password: str | None, header: str | None
) -> None:
    """`Authorization` is sent if neither is None; they may be empty."""
    with Peer({"ns.echo": lambda value: value}) as peer:
        server_proxy(peer.serverurl, username, password).ns.echo(1)
    assert peer.requests[0][1].get("Authorization") == header


def test_s29_long_credentials_stay_on_one_line() -> None:
    """More than 57 characters once broke the header by a line feed."""
    with Peer({"ns.echo": lambda value: value}) as peer:
        server_proxy(peer.serverurl, "u" * 60, "p" * 300).ns.echo(1)
    header = peer.requests[0][1]["Authorization"]
    assert len(header) > 360
    assert "\n" not in header


def test_transport_raises_faults_and_http_errors(peer: Peer) -> None:
    """Faults travel with status 200; any other status is a ProtocolError of this host."""
    peer.methods["ns.bad"] = raises_fault(10, "BAD_NAME: x")
    proxy = server_proxy(peer.serverurl)
    with pytest.raises(xmlrpc.client.Fault, match="BAD_NAME: x"):
        proxy.ns.bad()
    peer.answer("/RPC2", 500, b"oops")
    with pytest.raises(xmlrpc.client.ProtocolError) as raised:
        proxy.ns.echo(1)
    assert str(raised.value) == "<ProtocolError for 127.0.0.1/RPC2: 500 Internal Server Error>"
    del peer.answers["/RPC2"]
    assert proxy.ns.echo(4) == 4


def test_control_characters_of_a_log_do_not_break_the_answer(peer: Peer) -> None:
    """Releases up to 4 send them unescaped, which is no XML."""
    peer.answer("/RPC2", 200, CANNED + b"a\x1b[0m", b"\x00\xc3", b"\xa9\tb\n" + CANNED_END)
    assert server_proxy(peer.serverurl).ns.read() == "a\ufffd[0m\ufffdé\tb\n"


def test_unix_stream_connection_connects_to_its_socketfile(tmp_path: Path) -> None:
    """`UnixStreamHTTPConnection` is told its path by the attribute `socketfile`."""
    with Peer(unix=tmp_path / "p.sock") as peer:
        peer.answer("/x", 200, b"hello")
        connection = UnixStreamHTTPConnection("localhost")
        connection.socketfile = str(tmp_path / "p.sock")
        connection.request("GET", "/x")
        assert connection.getresponse().read() == b"hello"
        connection.close()


def test_s29_ipv6_daemon_is_reached() -> None:
    """`http://[::1]:PORT` works."""
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError as error:
        pytest.skip(f"no IPv6 on the loopback interface: {error}")
    with server:
        answer = CANNED + b"<int>7</int>" + CANNED_END
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\n\r\n".encode()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(head + answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = server.getsockname()[1]
        assert server_proxy(f"http://[::1]:{port}").ns.seven() == 7
        thread.join()
