"""TLS on real sockets: who is greeted, who is not, and that nobody waits for anybody."""

import socket
import ssl
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.host.tls import TlsContext, TlsFiles
from supervisor.levels import Level
from supervisor.tests.support.certificates import Authority
from supervisor.tests.web.site import DEADLINE_S, Loop, RawClient, Site, wait_until
from supervisor.web.greeting import PLAIN_HTTP_ANSWER, TlsGreeting
from supervisor.web.limits import DEFAULT_LIMITS, Limits
from supervisor.web.messages import Answer, Later, Request, Response
from supervisor.web.reception import Reception
from supervisor.web.transport import Greeted

REQUEST = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = bytes(range(256)) * 16384


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def context(authority: Authority) -> TlsContext:
    files = authority.issue()
    return TlsContext(TlsFiles("inet_http_server", str(files.certfile), str(files.keyfile), None))


@pytest.fixture
def loop() -> Iterator[Loop]:
    with Loop() as running:
        yield running


def answer(request: Request) -> Answer:
    """Says which path was asked for, and whether over TLS."""
    if request.path == "/large":
        return Response(200, "application/octet-stream", LARGE)
    if request.path == "/never":
        return Later()
    return Response(200, "text/plain", f"{request.path} {request.is_secure}".encode())


class TlsSite(Site):
    """A server with a certificate."""

    def __init__(self, loop: Loop, context: TlsContext, limits: Limits = DEFAULT_LIMITS) -> None:
        self.reception = Reception(context.session, loop.ports, limits)

        def greet(sock: socket.socket, peer: str, greeted: Greeted) -> TlsGreeting:
            return TlsGreeting(sock, peer, greeted, self.reception)

        super().__init__(loop, answer, limits=limits, greeter=greet)

    def connect_tls(self, authority: Authority) -> RawClient:
        """A client that has shaken hands."""
        return RawClient(self.shake(authority, socket.create_connection(("127.0.0.1", self.port))))

    @staticmethod
    def shake(authority: Authority, sock: socket.socket) -> ssl.SSLSocket:
        """TLS on a connection."""
        sock.settimeout(DEADLINE_S)
        client = ssl.create_default_context(cafile=str(authority.path))
        return client.wrap_socket(sock, server_hostname="localhost")

    def stall(self, address: str = "127.0.0.1") -> RawClient:
        """A client who has begun a handshake and goes no further."""
        sock = socket.create_connection(("127.0.0.1", self.port), source_address=(address, 0))
        client = RawClient(sock)
        client.send(b"\x16\x03\x01\x02\x00")
        return client

    def wait_handshakes(self, count: int) -> None:
        """Until so many are under way."""
        wait_until(lambda: self.handshakes_count == count, f"{count} are under way")

    @property
    def handshakes_count(self) -> int:
        """Clients for whom there is memory of OpenSSL without their being served."""
        return self.loop.call(lambda: len(self.reception))

    @property
    def greetings_count(self) -> int:
        """Clients that are not served yet."""
        return self.loop.call(lambda: len(self.server._greetings))


@pytest.fixture
def site(loop: Loop, context: TlsContext) -> Iterator[TlsSite]:
    with TlsSite(loop, context) as running:
        yield running


def test_requests_are_answered_over_tls(site: TlsSite, authority: Authority) -> None:
    """One after the other, on one connection, and known as secure."""
    with site.connect_tls(authority) as client:
        for number in range(3):
            client.send(REQUEST % number)
            assert client.read_reply()[1] == b"/%d True" % number


def test_pipelined_requests_are_answered(site: TlsSite, authority: Authority) -> None:
    """However they are put into records."""
    with site.connect_tls(authority) as client:
        client.send(b"".join(REQUEST % number for number in range(100)))
        for number in range(100):
            assert client.read_reply()[1] == b"/%d True" % number


def test_large_answer_arrives_whole(site: TlsSite, authority: Authority) -> None:
    """It takes many turns, in which the client makes room."""
    with site.connect_tls(authority) as client:
        client.send(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.read_reply()[1] == LARGE


def test_end_is_told_by_tls(site: TlsSite, authority: Authority) -> None:
    """So that nobody takes a part for the whole."""
    with site.connect_tls(authority) as client:
        assert isinstance(client.sock, ssl.SSLSocket)
        client.sock.suppress_ragged_eofs = False
        client.send(b"GET /1 HTTP/1.0\r\n\r\n")
        assert client.read_all().endswith(b"/1 True")


def test_idle_connection_ends_in_good_order(
    loop: Loop, context: TlsContext, authority: Authority
) -> None:
    """When the daemon leaves."""
    with TlsSite(loop, context) as site:
        client = site.connect_tls(authority)
        client.send(REQUEST % 1)
        client.read_reply()
    with client:
        assert isinstance(client.sock, ssl.SSLSocket)
        client.sock.suppress_ragged_eofs = False
        assert client.is_closed()


@pytest.mark.parametrize(
    ("path", "goodbye"), [("1", True), ("1", False), ("never", False), ("large", False)]
)
def test_client_that_leaves_is_noticed(
    site: TlsSite, authority: Authority, path: str, goodbye: bool
) -> None:
    """With a goodbye or reset; idle, waiting for an answer, or in the middle of one."""
    client = site.connect_tls(authority)
    client.send(f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    wait_until(lambda: site.connections_count == 1, "it is served")
    assert isinstance(client.sock, ssl.SSLSocket)
    if goodbye:
        client.read_reply()
        client.sock.unwrap()
    else:
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.close(client.sock.detach())
    wait_until(lambda: site.connections_count == 0, "it has left")


def test_plain_http_is_told_what_to_do(site: TlsSite) -> None:
    """In plain HTTP, and the rest of the request is not in the way."""
    with site.connect() as client:
        client.send(b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + LARGE)
        assert client.read_until(b"https://\n") == PLAIN_HTTP_ANSWER
    wait_until(lambda: site.greetings_count == 0, "it has left")


@pytest.mark.parametrize(
    "garbage",
    [b"\0" * 1000, b"SSH-2.0-x\r\n" * 100, b"\x16\x03\x01\xff\xff" + b"x" * 70000, b"\x80\x2e\x01"],
)
def test_garbage_ends_the_connection(site: TlsSite, authority: Authority, garbage: bytes) -> None:
    """And nobody else's; the log knows the address and the reason, at level debug."""
    with site.connect_tls(authority) as other:
        with site.connect() as client:
            try:
                client.send(garbage)
                client.finish()
                client.read_all()
            except OSError:
                # Refused before all of it was read.
                pass
        wait_until(lambda: site.greetings_count == 0, "it has left")
        other.send(REQUEST % 1)
        assert other.read_reply()[1] == b"/1 True"
    (line,) = [text for text in site.loop.logged(Level.DEBG) if "TLS failed" in text]
    assert line.startswith("127.0.0.1:")


def test_client_that_says_nothing_is_given_up(site: TlsSite, authority: Authority) -> None:
    """A handshake has its time; others are served meanwhile."""
    with site.connect() as silent, site.connect_tls(authority) as other:
        wait_until(lambda: site.greetings_count == 1, "it has connected")
        other.send(REQUEST % 1)
        assert other.read_reply()[1] == b"/1 True"
        site.loop.advance(DEFAULT_LIMITS.handshake_s + 1)
        assert silent.is_closed()
    assert site.greetings_count == 0
    assert any("no handshake within 10 s" in text for text in site.loop.logged(Level.DEBG))


def test_handshake_that_stalls_is_given_up(site: TlsSite) -> None:
    """In the middle of a record, too: each byte does not buy more time."""
    with site.connect() as client:
        for byte in b"\x16\x03\x01\x02":
            client.send(bytes([byte]))
            site.loop.advance(DEFAULT_LIMITS.handshake_s / 5)
        site.loop.advance(DEFAULT_LIMITS.handshake_s / 3)
        assert client.is_closed()


def test_client_that_leaves_in_the_handshake_is_forgotten(site: TlsSite) -> None:
    """Half open, closed or reset."""
    for reset in (False, True):
        client = site.connect()
        wait_until(lambda: site.greetings_count == 1, "it has connected")
        if reset:
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sock.close()
        wait_until(lambda: site.greetings_count == 0, "it has left")


def test_client_without_trust_is_told_nothing_more(site: TlsSite, tmp_path: Path) -> None:
    """It says so itself, and leaves."""
    with pytest.raises(ssl.SSLCertVerificationError), site.connect() as client:
        site.shake(Authority(tmp_path / "other"), client.sock)
    wait_until(lambda: site.greetings_count == 0, "it has left")
    assert site.connections_count == 0


def test_silent_clients_do_not_keep_others_out(
    loop: Loop, context: TlsContext, authority: Authority
) -> None:
    """If there are too many, those go first that have been greeted for longest."""
    limits = DEFAULT_LIMITS._replace(connections_max=5)
    with TlsSite(loop, context, limits) as site:
        silent = [site.connect() for _ in range(8)]
        wait_until(lambda: site.greetings_count == 5, "there are too many")
        with site.connect_tls(authority) as client:
            client.send(REQUEST % 1)
            assert client.read_reply()[1] == b"/1 True"
        assert silent[0].is_closed()
        for each in silent:
            each.sock.close()


def test_client_that_says_nothing_or_nonsense_takes_no_memory_of_tls(site: TlsSite) -> None:
    """Before its first byte, and while it may read why it is refused: 40 KiB each otherwise."""
    with site.connect(), site.connect() as other:
        wait_until(lambda: site.greetings_count == 2, "they have connected")
        assert site.handshakes_count == 0
        other.send(b"nonsense, and no end")
        other.read_all()
        assert site.greetings_count == 2
        assert site.handshakes_count == 0


def test_peer_has_a_number_of_handshakes_under_way(
    loop: Loop, context: TlsContext, authority: Authority
) -> None:
    """One more ends its oldest one, and nobody else's."""
    limits = DEFAULT_LIMITS._replace(handshakes_peer_max=3)
    with TlsSite(loop, context, limits) as site:
        other = site.stall("127.0.0.2")
        stalled = []
        for count in range(1, 4):
            stalled.append(site.stall())
            site.wait_handshakes(1 + count)
        stalled.append(site.stall())
        assert stalled[0].is_closed()
        assert site.handshakes_count == 4
        with site.connect_tls(authority) as client:
            client.send(REQUEST % 1)
            assert client.read_reply()[1] == b"/1 True"
        other.sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            other.sock.recv(1)
        for each in (other, *stalled):
            each.sock.close()
    assert any("too many handshakes at once" in text for text in loop.logged(Level.DEBG))


def test_handshakes_under_way_have_a_number(
    loop: Loop, context: TlsContext, authority: Authority
) -> None:
    """One more ends the oldest of the peer that has most: many addresses help nobody."""
    limits = DEFAULT_LIMITS._replace(handshakes_max=4, handshakes_peer_max=3)
    with TlsSite(loop, context, limits) as site:
        stalled = []
        for number, address in enumerate(("127.0.0.2", "127.0.0.3", "127.0.0.3", "127.0.0.4"), 1):
            stalled.append(site.stall(address))
            site.wait_handshakes(number)
        with site.connect_tls(authority) as client:
            client.send(REQUEST % 1)
            assert client.read_reply()[1] == b"/1 True"
        assert stalled[1].is_closed()
        assert site.handshakes_count == 3
        for each in stalled:
            each.sock.close()
        site.wait_handshakes(0)


def test_silent_clients_do_not_end_the_idle_connections_of_others(
    loop: Loop, context: TlsContext, authority: Authority
) -> None:
    """Who has yet to say anything gives way to who was let in."""
    limits = DEFAULT_LIMITS._replace(connections_max=5)
    with TlsSite(loop, context, limits) as site, site.connect_tls(authority) as idle:
        idle.send(REQUEST % 1)
        idle.read_reply()
        silent = [site.connect() for _ in range(10)]
        assert silent[0].is_closed()
        idle.send(REQUEST % 2)
        assert idle.read_reply()[1] == b"/2 True"
        for each in silent:
            each.sock.close()


def test_server_sleeps_while_nothing_happens(site: TlsSite, authority: Authority) -> None:
    """A connection with TLS costs no wake-up, and neither does one that has been greeted."""
    with site.connect_tls(authority) as client:
        client.send(REQUEST % 1)
        client.read_reply()
        site.loop.advance(DEFAULT_LIMITS.handshake_s + 1)
        assert site.loop.is_asleep()


def test_tls_1_2_is_spoken(site: TlsSite, authority: Authority) -> None:
    """The least that is accepted."""
    sock = socket.create_connection(("127.0.0.1", site.port))
    client = ssl.create_default_context(cafile=str(authority.path))
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    with RawClient(client.wrap_socket(sock, server_hostname="localhost")) as old:
        old.send(REQUEST % 12)
        assert old.read_reply()[1] == b"/12 True"
