"""One connection: keep-alive, order, slow and vanishing clients, deadlines, any bytes at all."""

import gc
import http.client
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supervisor.levels import Level
from supervisor.tests.support.budget import tries
from supervisor.tests.web.site import Loop, RawClient, Site, wait_until
from supervisor.web.channel import Channel
from supervisor.web.connection import RequestReader
from supervisor.web.limits import DEFAULT_LIMITS, JOIN_BYTES_MAX, REQUESTS_PER_TURN_MAX
from supervisor.web.messages import Answer, Later, Request, Response
from supervisor.web.routes import Routes

BIG_BYTES = 20_000_000

SMALL = DEFAULT_LIMITS._replace(request_line_bytes_max=200, head_bytes_max=400, body_bytes_max=4000)


def echo(request: Request) -> Answer:
    """Answer with the body, or with the path."""
    return Response(200, "text/plain", request.body or request.path.encode())


def big(request: Request) -> Answer:
    """More than any socket buffer takes."""
    return Response(200, "text/plain", b"x" * BIG_BYTES)


class Waiters:
    """A handler whose answers are given by the test."""

    def __init__(self) -> None:
        self.waiting: list[Later] = []

    def __call__(self, request: Request) -> Answer:
        self.waiting.append(Later())
        return self.waiting[-1]


WAITERS = Waiters()
APP = Routes([("/echo", echo), ("/big", big), ("/wait", WAITERS)], {})


@pytest.fixture
def loop() -> Iterator[Loop]:
    WAITERS.waiting.clear()
    with Loop() as loop:
        yield loop


@pytest.fixture
def site(loop: Loop) -> Iterator[Site]:
    with Site(loop, APP, limits=SMALL) as site:
        yield site


def answer_waiter(site: Site, body: bytes = b"late") -> None:
    """Resolve the longest waiting answer."""
    wait_until(lambda: bool(WAITERS.waiting), "somebody waits")
    later = WAITERS.waiting.pop(0)
    site.loop.call(lambda: later.resolve(Response(200, "text/plain", body)))


# Keep-alive


def test_connection_is_kept_by_default_in_http11(site: Site) -> None:
    """HTTP/1.1 keeps the connection unless asked otherwise, also after errors."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    for path, status in [("/echo/1", 200), ("/none", 404), ("/echo/2", 200)]:
        connection.request("GET", path)
        reply = connection.getresponse()
        reply.read()
        assert reply.status == status
        assert reply.getheader("Connection") is None
    assert site.connections_count == 1
    connection.close()


@pytest.mark.parametrize("value", [b"close", b"Close", b"CLOSE"])
def test_x36_connection_is_closed_when_asked_in_any_case(site: Site, value: bytes) -> None:
    """Connection: close is understood in any case, and answered in kind."""
    with site.connect() as client:
        client.send(b"GET /echo HTTP/1.1\r\nConnection: %b\r\n\r\n" % value)
        assert b"\r\nConnection: close\r\n" in client.read_reply()[0]
        assert client.is_closed()


def test_http10_connection_is_closed_by_default(site: Site) -> None:
    """HTTP/1.0 is closed unless asked to stay; the reply echoes the version."""
    with site.connect() as client:
        client.send(b"GET /echo HTTP/1.0\r\n\r\n")
        assert client.read_reply()[0].startswith(b"HTTP/1.0 200 OK\r\n")
        assert client.is_closed()


@pytest.mark.parametrize("value", [b"keep-alive", b"Keep-Alive"])
def test_x36_http10_connection_is_kept_when_asked_in_any_case(site: Site, value: bytes) -> None:
    """HTTP/1.0 with Connection: keep-alive is kept, and told so."""
    with site.connect() as client:
        for path in (b"/echo/1", b"/echo/2"):
            client.send(b"GET %b HTTP/1.0\r\nConnection: %b\r\n\r\n" % (path, value))
            head, body = client.read_reply()
            assert head.startswith(b"HTTP/1.0 200 OK\r\n")
            assert b"\r\nConnection: Keep-Alive\r\n" in head
            assert body == path


def test_deferred_answer_follows_the_same_rules(site: Site) -> None:
    """Keep-alive does not depend on when the answer is known."""
    with site.connect() as client:
        client.send(b"GET /wait HTTP/1.1\r\nConnection: Close\r\n\r\n")
        answer_waiter(site)
        assert b"\r\nConnection: close\r\n" in client.read_reply()[0]
        assert client.is_closed()


# Order and pipelining


def test_pipelined_requests_are_answered_in_order(site: Site) -> None:
    """More requests in one write than are answered in one turn."""
    count = 200
    with site.connect() as client:
        client.send(b"".join(b"GET /echo/%d HTTP/1.1\r\n\r\n" % i for i in range(count)))
        for i in range(count):
            assert client.read_reply()[1] == b"/echo/%d" % i


@pytest.mark.parametrize("beyond", [0, 1])
def test_requests_beyond_those_of_a_turn_wait_for_the_next(loop: Loop, beyond: int) -> None:
    """One client that asks much at once does not keep the others from being served."""
    count = REQUESTS_PER_TURN_MAX + beyond
    answered_in: list[int] = []

    def note(request: Request) -> Answer:
        answered_in.append(loop.turns_count)
        return Response(200, "text/plain", b"x")

    with Site(loop, note) as site, site.connect() as client:
        loop.clock.stop()
        with loop.held():
            client.send(b"GET / HTTP/1.1\r\n\r\n" * count)
        for _ in range(count):
            client.read_reply()
    assert list(Counter(answered_in).values()) == [REQUESTS_PER_TURN_MAX, 1][: 1 + beyond]


@pytest.mark.parametrize("beyond", [0, 1])
def test_reply_leaves_in_one_piece_with_its_head(loop: Loop, tmp_path: Path, beyond: int) -> None:
    """One write for any reply that the system has room for, joined before or as it is."""
    body = b"x" * (JOIN_BYTES_MAX + beyond)

    def answer(request: Request) -> Answer:
        return Response(200, "text/plain", body)

    # Packets keep the bounds of each write.
    with (
        Site(loop, answer, path=tmp_path / "s", kind=socket.SOCK_SEQPACKET) as site,
        site.connect() as client,
    ):
        client.send(b"GET / HTTP/1.1\r\n\r\n")
        head, end, rest = client.sock.recv(2 * len(body)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert end
        assert rest == body


@pytest.mark.parametrize("piece_bytes", [1, JOIN_BYTES_MAX])
@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_reply_in_pieces_is_one_reply(loop: Loop, method: bytes, piece_bytes: int) -> None:
    """However short or long they are: their length is announced, and they follow each other."""
    pieces = [character * piece_bytes for character in (b"a", b"b", b"c")]
    body = b"".join(pieces)

    def answer(request: Request) -> Answer:
        return Response(200, "text/plain", pieces[0], more=pieces[1:])

    with Site(loop, answer) as site, site.connect() as client:
        client.send(method + b" / HTTP/1.1\r\n\r\n" + b"GET / HTTP/1.1\r\n\r\n")
        for asked in (method, b"GET"):
            assert b"Content-Length: %d\r\n" % len(body) in client.read_until(b"\r\n\r\n")
            if asked == b"GET":
                assert client.read_exactly(len(body)) == body


def test_x34_client_is_not_read_beyond_a_limit_while_its_answer_is_deferred(loop: Loop) -> None:
    """What is sent ahead of an answer is held up to a limit; the rest waits in the kernel."""
    limits = DEFAULT_LIMITS._replace(pipelined_bytes_max=1000)
    request = b"GET /echo HTTP/1.1\r\nX: " + b"x" * 8_000 + b"\r\n\r\n"
    count = 3000
    with Site(loop, APP, limits=limits) as site, site.connect() as client:
        client.send(b"GET /wait HTTP/1.1\r\n\r\n")
        wait_until(lambda: bool(WAITERS.waiting), "somebody waits")
        client.sock.setblocking(False)
        sent_bytes = 0
        pending = memoryview(request * count)
        try:
            while pending:
                sent = client.sock.send(pending)
                sent_bytes += sent
                pending = pending[sent:]
        except BlockingIOError:
            pass
        assert len(pending) > 0, "the server took everything"
        client.sock.settimeout(10)
        answer_waiter(site)
        assert client.read_reply()[1] == b"late"
        for _ in range(sent_bytes // len(request)):
            assert client.read_reply()[1] == b"/echo"


def test_requests_sent_before_closing_are_all_answered(site: Site) -> None:
    """A client that closes its side after asking gets all its answers."""
    replies = site.exchange(b"GET /echo/1 HTTP/1.1\r\n\r\nGET /echo/2 HTTP/1.1\r\n\r\n")
    assert replies.count(b"HTTP/1.1 200 OK") == 2
    assert replies.endswith(b"/echo/2")


# Bodies


def test_body_is_asked_for_when_the_client_expects_it(site: Site) -> None:
    """Expect: 100-continue is answered before the body is sent."""
    with site.connect() as client:
        client.send(b"POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert client.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(b"body")
        assert client.read_reply()[1] == b"body"


def test_body_of_a_get_is_swallowed(site: Site) -> None:
    """A body where none is needed does not become the next request."""
    with site.connect() as client:
        client.send(
            b"GET /none HTTP/1.1\r\nContent-Length: 4\r\n\r\nbodyGET /echo HTTP/1.1\r\n\r\n"
        )
        assert client.read_reply()[0].startswith(b"HTTP/1.1 404 ")
        assert client.read_reply()[1] == b"/echo"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET\r\n", b"400 Bad Request"),
        (b"GET /echo\r\n\r\n", b"400 Bad Request"),
        (b"POST /echo HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400 Bad Request"),
        (b"POST /echo HTTP/1.1\r\n\r\n", b"411 Length Required"),
        (b"POST /echo HTTP/1.1\r\nContent-Length: 4001\r\n\r\n", b"413 Request Entity Too Large"),
        (b"GET /" + b"x" * 200, b"414 Request-URI Too Large"),
        (
            b"GET / HTTP/1.1\r\nX: " + b"x" * 400,
            b"431 Request Header Fields Too Large",
        ),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", b"501 Not Implemented"),
    ],
)
def test_x32_unservable_request_is_answered_then_closed(
    site: Site, data: bytes, status: bytes
) -> None:
    """An error page with the reason, `Connection: close`, and the end; the client is logged."""
    with site.connect() as client:
        client.send(data)
        head, body = client.read_reply()
        assert head.startswith(b"HTTP/1.1 " + status + b"\r\n")
        assert b"\r\nConnection: close\r\n" in head
        assert b"<p>Message: " + status[4:] + b".\r\n" in body
        assert client.is_closed()
    first_line = data.partition(b"\r\n")[0].decode()
    assert f'"{first_line}" {status[:3].decode()} ' in site.loop.logged(Level.TRAC)[-1]


# Slow and vanishing clients


def test_x34_head_that_never_ends_is_given_up(site: Site) -> None:
    """From its first byte a head has a limited time, however steadily it drips: 408."""
    with site.connect() as client:
        client.send(b"GET /echo HTTP/1.1\r\n")
        for _ in range(6):
            wait_until(lambda: site.connections_count == 1, "the connection is served")
            site.loop.advance(SMALL.head_s / 5)
            client.send(b"X: y\r\n")
        assert client.read_reply()[0].startswith(b"HTTP/1.1 408 Request Time-out\r\n")


def test_x34_body_that_stalls_is_given_up(site: Site) -> None:
    """A body that does not progress gets 408."""
    with site.connect() as client:
        client.send(b"POST /echo HTTP/1.1\r\nContent-Length: 4000\r\n\r\n")
        client.send(b"x" * 100)
        wait_for_bytes(site)
        site.loop.advance(SMALL.body_s + 1)
        assert client.read_reply()[0].startswith(b"HTTP/1.1 408 ")


def test_body_that_progresses_is_never_given_up(site: Site) -> None:
    """A slow body is taken, as long as some of it arrives in each period."""
    with site.connect() as client:
        client.send(b"POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4000\r\n\r\n")
        client.read_until(b"\r\n\r\n")
        for _ in range(2):
            client.send(b"x" * 1999)
            wait_for_bytes(site)
            site.loop.advance(SMALL.body_s + 1)
        client.send(b"yy")
        assert client.read_reply()[1] == b"x" * 3998 + b"yy"


def wait_for_bytes(site: Site) -> None:
    """Return when the server has taken from the kernel what a client has sent."""
    # The server reads in the turn in which bytes are there: after two more turns it has.
    for _ in range(3):
        site.loop.call(lambda: None)


def test_idle_connection_has_no_deadline(site: Site) -> None:
    """A client left open over night is served in the morning."""
    with site.connect() as client:
        for _ in range(3):
            client.send(b"GET /echo HTTP/1.1\r\n\r\n")
            assert client.read_reply()[1] == b"/echo"
            site.loop.advance(86_400)


def test_x34_deferred_wait_has_no_deadline(site: Site) -> None:
    """Whoever waits for an answer is never timed out, however slowly the request has come."""
    with site.connect() as client:
        client.send(b"GET /wait HTTP/1.1\r\n")
        wait_for_bytes(site)
        client.send(b"\r\nGET /ec")
        wait_until(lambda: bool(WAITERS.waiting), "somebody waits")
        site.loop.advance(86_400)
        answer_waiter(site)
        assert client.read_reply()[1] == b"late"
        client.send(b"ho HTTP/1.1\r\n\r\n")
        assert client.read_reply()[1] == b"/echo"


def test_large_reply_reaches_a_slow_reader_whole(site: Site) -> None:
    """What the kernel does not take is kept and follows, in order."""
    with site.connect() as client:
        client.send(b"GET /big HTTP/1.1\r\n\r\nGET /echo HTTP/1.1\r\n\r\n")
        _, body = client.read_reply()
        assert body == b"x" * BIG_BYTES
        assert client.read_reply()[1] == b"/echo"


def test_x34_client_that_does_not_read_is_given_up(site: Site) -> None:
    """A reply that is not taken is held for a limited time; others are served meanwhile."""
    with site.connect() as client, site.connect() as other:
        client.send(b"GET /big HTTP/1.1\r\n\r\n")
        other.send(b"GET /echo HTTP/1.1\r\n\r\n")
        assert other.read_reply()[1] == b"/echo"
        wait_until(lambda: site.connections_count == 2, "both are served")
        client.read_until(b"\r\n")
        site.loop.advance(SMALL.write_s + 1)
        wait_until(lambda: site.connections_count == 1, "the stalled one is closed")


def test_client_that_vanishes_in_the_middle_of_anything_is_forgotten(site: Site) -> None:
    """Reset while asking, while reading, and while waiting."""
    for data in (
        b"GET /ec",
        b"POST /echo HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc",
        b"GET /big HTTP/1.1\r\n\r\n",
        b"GET /wait HTTP/1.1\r\n\r\n",
    ):
        with site.connect() as client:
            client.send(data)
            wait_for_bytes(site)
            # Close with a reset, not with an end.
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    wait_until(lambda: site.connections_count == 0, "all are forgotten")
    assert b"/echo" in site.exchange(b"GET /echo HTTP/1.1\r\n\r\n")
    assert site.loop.logged(Level.CRIT) == []


@pytest.mark.parametrize(
    "data",
    [
        b"POST /echo HTTP/1.1\r\nContent-Length: 3000\r\n\r\n" + b"x" * 2000,
        b"GET /big HTTP/1.1\r\n\r\n",
        b"GET /wait HTTP/1.1\r\n\r\n",
    ],
    ids=["body", "reply", "deferred"],
)
def test_x34_client_that_has_gone_leaves_nothing_behind(site: Site, data: bytes) -> None:
    """What it sent and what it was to get is free at once: nobody has to look for cycles."""
    # Look only at what comes from now on; the conftest does the same with the suite.
    gc.freeze()
    gc.disable()
    try:
        with site.connect() as client:
            client.send(data)
            wait_until(lambda: site.connections_count == 1, "it is served")
            wait_for_bytes(site)
            # Close with a reset, not with an end.
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        wait_until(lambda: site.connections_count == 0, "it has gone")
        site.loop.call(lambda: None)
        kept = [thing for thing in gc.get_objects() if isinstance(thing, Channel | RequestReader)]
        assert kept == []
    finally:
        gc.enable()


def test_client_that_hung_up_on_a_unix_socket_waits_for_no_answer(
    loop: Loop, tmp_path: Path
) -> None:
    """What was to be done for the answer alone ends; who only sends no more gets it."""
    with (
        Site(loop, APP, path=tmp_path / "s") as site,
        site.connect() as patient,
        site.connect() as gone,
    ):
        for client in (patient, gone):
            client.send(b"GET /wait HTTP/1.1\r\nConnection: close\r\n\r\n")
        wait_until(lambda: len(WAITERS.waiting) == 2, "both wait")
        patient.finish()
        gone.sock.close()
        wait_until(lambda: site.connections_count == 1, "one has gone")
        for _ in range(2):
            answer_waiter(site)
        assert patient.read_reply()[1] == b"late"


def test_x34_body_beyond_what_all_may_send_together_is_refused(loop: Loop) -> None:
    """503 for whoever sends more; what the refused one sent is free, and others are served."""
    limits = DEFAULT_LIMITS._replace(bodies_bytes_max=1000)
    post = b"POST /echo HTTP/1.1\r\nContent-Length: 900\r\n\r\n"
    with (
        Site(loop, APP, limits=limits) as site,
        site.connect() as first,
        site.connect() as second,
    ):
        first.send(post + b"x" * 500)
        wait_for_bytes(site)
        second.send(post + b"x" * 501)
        head, _ = second.read_reply()
        assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"\r\nConnection: close\r\n" in head
        assert second.is_closed()
        first.send(b"x" * 400)
        assert first.read_reply()[1] == b"x" * 900


@pytest.mark.parametrize(
    ("asked", "answered"), [(b"1.0", b"1.0"), (b"1.1", b"1.1"), (b"1.7", b"1.1"), (b"2.0", b"1.1")]
)
def test_reply_has_a_version_that_we_speak(site: Site, asked: bytes, answered: bytes) -> None:
    """1.0 and 1.1 are echoed; whoever claims another one is answered as 1.1, also with a 400."""
    for request, status in ((b"PUT /none", b"400"), (b"GET /echo", b"200")):
        reply = site.exchange(request + b" HTTP/" + asked + b"\r\n\r\n")
        assert reply.startswith(b"HTTP/" + answered + b" " + status + b" ")


def test_refused_client_that_never_closes_is_closed(site: Site) -> None:
    """After a refusal the client has a limited time to read it."""
    with site.connect() as client:
        client.send(b"bad\r\n")
        client.read_reply()
        site.loop.advance(SMALL.linger_s + 1)
        wait_until(lambda: site.connections_count == 0, "it is closed")


# Laws

WORDS = [
    b"GET /echo HTTP/1.1\r\n",
    b"GET /wait HTTP/1.0\r\n",
    b"POST /echo HTTP/1.1\r\n",
    b"Content-Length: 2\r\n",
    b"Content-Length: 99999999999\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Expect: 100-continue\r\n",
    b"Connection: close\r\n",
    b"\r\n",
    b"\r\n\r\n",
    b"xy",
    b"\xff",
    b"\x00",
]
ANYTHING = st.one_of(
    st.binary(max_size=600), st.lists(st.sampled_from(WORDS), max_size=15).map(b"".join)
)


@settings(
    max_examples=tries(150),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=ANYTHING)
def test_law_any_bytes_end_in_answers_or_a_close(site: Site, data: bytes) -> None:
    """Nothing a client sends raises out of its connection, or leaves it hanging."""
    crashes = len(site.loop.logged(Level.CRIT))
    WAITERS.waiting.clear()
    with site.connect() as client:
        client.send(data)
        client.finish()
        while not is_over(site, client):
            pass
    assert site.loop.errors == []
    assert len(site.loop.logged(Level.CRIT)) == crashes


def is_over(site: Site, client: RawClient) -> bool:
    """Read on; answer those who wait; True when the server has closed."""
    client.sock.settimeout(0.02)
    try:
        if not client.sock.recv(65536):
            return True
    except TimeoutError:
        pass
    except ConnectionResetError:
        return True
    if WAITERS.waiting:
        answer_waiter(site)
    return False
