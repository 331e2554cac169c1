"""What a request costs the system, by count: a regression fails here without a clock."""

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from supervisor.daemon.timers import TimerHeap
from supervisor.tests.web.site import MovableClock
from supervisor.web.channel import Channel
from supervisor.web.limits import DEFAULT_LIMITS
from supervisor.web.rpc_endpoint import RpcEndpoint
from supervisor.web.service import Ports, Service

BODY = b"<methodCall><methodName>supervisor.getState</methodName></methodCall>"
REQUEST = b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)


class CountingSocket:
    """A socket that counts what it is asked to do."""

    def __init__(self, sock: socket.socket, counts: Counter[str]) -> None:
        self._sock = sock
        self._counts = counts

    def __getattr__(self, name: str) -> Any:
        if name not in ("fileno", "type"):
            self._counts[name] += 1
        return getattr(self._sock, name)


class CountingPoller:
    """Counts the changes of what is waited for, each of which is a call of the system."""

    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts
        self.on_readable: Callable[[], None] | None = None
        self.on_writable: Callable[[], None] | None = None

    def watch(self, fd: int, on_readable: Any = None, on_writable: Any = None) -> None:
        self._counts["watch"] += 1
        self.on_readable, self.on_writable = on_readable, on_writable

    def forget(self, fd: int) -> None:
        self._counts["forget"] += 1


class Log:
    """A stream of what is written."""

    content_type = "text/plain"
    headers = ()

    def __init__(self) -> None:
        self.written = b""
        self.grew: Callable[[], None]

    def on_growth(self, wake: Callable[[], None]) -> None:
        self.grew = wake

    def read(self, max_bytes: int) -> bytes:
        data, self.written = self.written[:max_bytes], self.written[max_bytes:]
        return data

    def close(self) -> None:
        pass


class Client:
    def __init__(
        self,
        value: Any,
        app: Callable[[Any], Any] | None = None,
        *,
        said: bytes = b"",
        uid: int | None = None,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.poller = CountingPoller(self.counts)
        self.sock, theirs = socket.socketpair()
        theirs.setblocking(False)
        clock = MovableClock()
        # What follows a request that took long is gone on with in another turn.
        clock.stop()
        self.clock, self.timers = clock, TimerHeap()
        ports = Ports(self.poller, self.timers, clock, lambda level, text: None)
        answer = RpcEndpoint(lambda request, method, params: value, ports.log)
        service = Service(app or answer, None, ports, DEFAULT_LIMITS)
        transport: Any = CountingSocket(theirs, self.counts)
        self.channel = Channel(transport, "peer", uid, service, lambda channel: None)
        self.sock.sendall(said)
        self.channel.begin()

    def ask(self) -> bytes:
        """Send a request and let the channel read it; the answer."""
        self.sock.sendall(REQUEST)
        assert self.poller.on_readable is not None
        self.poller.on_readable()
        return self.sock.recv(1 << 20)

    def call_due(self) -> None:
        """What the loop does at the end of a turn."""
        while (callback := self.timers.pop_due(self.clock.mono_s)) is not None:
            callback()

    def close(self) -> None:
        self.channel.close()
        self.sock.close()


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client({"statecode": 1, "statename": "RUNNING"})
    yield made
    made.close()


def test_request_on_a_kept_connection_takes_one_read_and_one_write(client: Client) -> None:
    """One write for each reply; what is waited for stays as it is."""
    client.ask()
    client.counts.clear()
    answers = [client.ask() for _ in range(10)]
    assert client.counts == {"recv": 10, "send": 10}
    assert all(b"RUNNING" in answer for answer in answers)


ONE_REQUEST = REQUEST.replace(b"Host: x", b"Connection: close")


def test_client_on_a_unix_socket_that_comes_for_one_answer_is_never_waited_for() -> None:
    """It is read when it is let in, and closed when it is answered: nothing of it is unread."""
    client = Client({}, said=ONE_REQUEST, uid=0)
    assert client.counts == {"recv": 1, "send": 1, "close": 1, "forget": 1}
    assert b"</methodResponse>" in client.sock.recv(1 << 20)
    assert client.sock.recv(1) == b""
    client.sock.close()


@pytest.mark.parametrize(
    ("said", "uid"),
    [
        pytest.param(ONE_REQUEST, None, id="over TCP"),
        pytest.param(ONE_REQUEST + b"more", 0, id="said more"),
        pytest.param(b"nonsense\r\n\r\n", 0, id="refused"),
    ],
)
def test_client_that_may_have_said_more_ends_the_connection_itself(
    said: bytes, uid: int | None
) -> None:
    """Closing with unread input would reset the connection, and the answer be lost."""
    client = Client({}, said=said, uid=uid)
    assert client.counts == {"recv": 1, "send": 1, "shutdown": 1, "watch": 1}
    client.close()


def test_reply_to_a_request_in_pieces_takes_one_write(client: Client) -> None:
    client.counts.clear()
    for piece in (REQUEST[:9], REQUEST[9:60], REQUEST[60:]):
        client.sock.sendall(piece)
        assert client.poller.on_readable is not None
        client.poller.on_readable()
    assert client.counts == {"recv": 3, "send": 1}


def test_line_of_a_followed_log_takes_one_write_and_no_wait_for_room() -> None:
    """It is sent at once; what follows it within a turn makes one more piece at the end of that.

    Nobody asks whether there is room for it.
    """
    log = Log()
    client = Client(None, lambda request: log)
    client.ask()
    while client.poller.on_writable is not None:
        client.poller.on_writable()
    client.counts.clear()
    for _ in range(5):
        log.written += b"a line\n"
        log.grew()
        assert client.sock.recv(1000) == b"7\r\na line\n\r\n"
        log.written += b"and "
        log.grew()
        log.written += b"another\n"
        log.grew()
        assert client.counts["send"] % 2 == 1
        client.call_due()
        assert client.sock.recv(1000) == b"c\r\nand another\n\r\n"
    assert client.counts == {"send": 10}
    client.close()


def test_follower_who_has_gone_is_dropped_at_the_end_of_the_turn() -> None:
    """Not in the middle of the write to the log that he is told of."""
    log = Log()
    client = Client(None, lambda request: log)
    client.ask()
    client.call_due()
    client.sock.close()
    log.written = b"a line\n"
    log.grew()
    assert client.counts["forget"] == 0
    client.call_due()
    assert client.counts["forget"] == 1


def test_follower_whose_log_cannot_be_read_harms_nobody_but_himself() -> None:
    """Whatever goes wrong with one of them, the write to the log goes on."""

    class Broken(Log):
        def read(self, max_bytes: int) -> bytes:
            if self.written:
                raise LookupError("no log")
            return b""

    log = Broken()
    client = Client(None, lambda request: log)
    client.ask()
    client.call_due()
    log.written = b"a line\n"
    log.grew()
    assert client.counts["forget"] == 1
    assert client.sock.recv(1000) == b""


def test_growth_of_a_followed_log_waits_for_a_client_without_room() -> None:
    """Who does not read is tried once; then the system tells when there is room again."""
    log = Log()
    client = Client(None, lambda request: log)
    client.ask()
    while client.poller.on_writable is not None:
        client.poller.on_writable()
    log.written = bytes(1 << 22)
    log.grew()
    client.call_due()
    while client.counts["send"] < 1000 and client.poller.on_writable is not None:
        sent_count = client.counts["send"]
        client.poller.on_writable()
        if client.counts["send"] == sent_count + 1:
            break
    client.counts.clear()
    log.grew()
    client.call_due()
    assert client.counts == {}
    client.close()
