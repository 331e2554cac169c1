"""A real HTTP server on a real loop in a thread of its own, and raw clients to talk to it.

Time passes when a test says so: `advance` moves the clock, so that no test waits for a time-out.
Whatever belongs to the server is only touched on its thread, through `call`.
"""

import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

from supervisor.core.component import Now
from supervisor.daemon.timers import TimerHeap
from supervisor.host.poller import SystemPoller
from supervisor.host.sockets import peer_uid
from supervisor.rpc.registry import Registry
from supervisor.web.gate import Gate
from supervisor.web.limits import DEFAULT_LIMITS, Limits
from supervisor.web.messages import Handler, Request
from supervisor.web.server import HttpServer
from supervisor.web.service import Ports
from supervisor.web.transport import Greeter

DEADLINE_S = 15.0

T = TypeVar("T")


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Return as soon as the condition holds; fail after the deadline."""
    end_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end_s, f"deadline passed: {what}"
        time.sleep(0.002)


class MovableClock:
    """The system's clocks, put forward or stopped by a test."""

    def __init__(self) -> None:
        self.ahead_s = 0.0
        self._stopped_s: float | None = None

    def stop(self) -> None:
        """Let nothing take any time from now on."""
        self._stopped_s = time.monotonic()

    @property
    def mono_s(self) -> float:
        stopped_s = self._stopped_s
        return (time.monotonic() if stopped_s is None else stopped_s) + self.ahead_s

    def now(self) -> Now:
        return Now(self.mono_s, time.time() + self.ahead_s)


class Loop:
    """Poller, timers and clock on a thread of their own."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        self.log_lines: list[tuple[int, str]] = []
        self.turns_count = 0
        self.timeout_s: float | None = None
        """How long the present turn may wait; None without limit."""
        self.ready_count = 0
        """Descriptors that were ready in the last turn, the one of our calls left out."""
        self.clock = MovableClock()
        self.timers = TimerHeap()
        self.poller = SystemPoller(lambda fd, error: self.errors.append(error))
        self.ports = Ports(self.poller.clients, self.timers, self.clock, self._log)
        self.after_turn: Callable[[], None] = lambda: None
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._woken_count = 0
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self.poller.watch(self._wake_read, self._on_wake)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.call(self._stop)
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()
        self.poller.close()
        os.close(self._wake_read)
        os.close(self._wake_write)
        assert self.errors == []

    def call(self, function: Callable[[], T]) -> T:
        """Run the function on the loop's thread and return what it returns or raises."""
        answers: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

        def run() -> None:
            try:
                answers.put((function(), None))
            except BaseException as error:
                answers.put((None, error))

        self._calls.put(run)
        os.write(self._wake_write, b"!")
        value, error = answers.get(timeout=DEADLINE_S)
        if error is not None:
            raise error
        return value

    def advance(self, seconds: float) -> None:
        """Put the clock forward and let everything that became due happen."""

        def forward() -> None:
            self.clock.ahead_s += seconds

        self.call(forward)
        self.call(lambda: None)

    def is_asleep(self) -> bool:
        """True if nothing at all would happen without somebody else doing something."""
        # The call wakes the loop up; the turn that it ends is the one that is looked at.
        timeout_s = self.call(lambda: self.timeout_s)
        self.call(lambda: None)
        return timeout_s is None and self.call(lambda: self.ready_count) == 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the loop from going on, so that whatever comes meanwhile comes in one turn."""
        holding, release = threading.Event(), threading.Event()

        def hold() -> None:
            holding.set()
            assert release.wait(DEADLINE_S)

        self._calls.put(hold)
        os.write(self._wake_write, b"!")
        assert holding.wait(DEADLINE_S)
        try:
            yield
        finally:
            release.set()

    def logged(self, level: int | None = None) -> list[str]:
        """Texts of the main log so far, all or of one level."""
        return self.call(
            lambda: [text for at, text in self.log_lines if level is None or at == level]
        )

    def _log(self, level: int, text: str) -> None:
        self.log_lines.append((level, text))

    def _stop(self) -> None:
        self._stopped = True

    def _on_wake(self) -> None:
        self._woken_count = 1
        os.read(self._wake_read, 4096)
        while not self._calls.empty():
            self._calls.get()()

    def _run(self) -> None:
        while not self._stopped:
            due_s = self.timers.next_deadline_s()
            timeout_s = None if due_s is None else due_s - self.clock.now().mono_s
            self.timeout_s = timeout_s
            self._woken_count = 0
            self.ready_count = self.poller.turn(self.timeout_s) - self._woken_count
            self.turns_count += 1
            self.after_turn()
            while (callback := self.timers.pop_due(self.clock.now().mono_s)) is not None:
                callback()


class Site:
    """A server on TCP or on a unix socket."""

    def __init__(
        self,
        loop: Loop,
        app: Handler,
        *,
        path: Path | None = None,
        kind: socket.SocketKind = socket.SOCK_STREAM,
        gate: Gate | None = None,
        limits: Limits = DEFAULT_LIMITS,
        greeter: Greeter | None = None,
    ) -> None:
        self.loop = loop
        self.path = path
        self.kind = kind
        if path is None:
            listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
            self.port = listener.getsockname()[1]
        else:
            listener = socket.socket(socket.AF_UNIX, kind)
            listener.bind(str(path))
            listener.listen(1024)
            self.port = 0
        self.closed = threading.Event()
        self.server = loop.call(
            lambda: HttpServer(
                listener,
                "inet_http_server" if path is None else "unix_http_server",
                app=app,
                gate=gate,
                ports=loop.ports,
                limits=limits,
                peer_uid=peer_uid,
                greeter=greeter,
            )
        )
        loop.call(self.server.start)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.loop.call(lambda: self.server.close(0.0, self.closed.set))
        self.loop.advance(1.0)
        assert self.closed.wait(DEADLINE_S)

    def connect(self) -> "RawClient":
        """A client that sends and receives bytes."""
        if self.path is None:
            return RawClient(socket.create_connection(("127.0.0.1", self.port)))
        sock = socket.socket(socket.AF_UNIX, self.kind)
        sock.connect(str(self.path))
        return RawClient(sock)

    def exchange(self, data: bytes) -> bytes:
        """Send these bytes, then nothing more; return all that comes until the end."""
        with self.connect() as client:
            client.send(data)
            client.finish()
            return client.read_all()

    @property
    def connections_count(self) -> int:
        """Clients that the server holds."""
        return self.loop.call(lambda: self.server.connections_count)


class RawClient:
    """A socket, and what has been received on it but not been asked for yet."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sock.settimeout(DEADLINE_S)
        if sock.family == socket.AF_INET:
            # What a test has sent is there: the kernel must not wait for more.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.sock.close()

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self.sock.sendall(data)

    def finish(self) -> None:
        """Close our side."""
        self.sock.shutdown(socket.SHUT_WR)

    def read_until(self, end: bytes) -> bytes:
        """Everything up to and including these bytes."""
        while end not in self.received:
            data = self.sock.recv(65536)
            assert data, f"closed before {end!r}: {self.received!r}"
            self.received += data
        return self._take(self.received.index(end) + len(end))

    def read_exactly(self, count: int) -> bytes:
        """That many bytes."""
        while len(self.received) < count:
            data = self.sock.recv(65536)
            assert data, f"closed after {self.received!r}"
            self.received += data
        return self._take(count)

    def read_reply(self) -> tuple[bytes, bytes]:
        """Head and body of a reply with a Content-Length."""
        head = self.read_until(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        )
        return head, self.read_exactly(length)

    def read_chunk(self) -> bytes:
        """The next chunk of a stream, b'' for the last one."""
        count = int(self.read_until(b"\r\n"), 16)
        data = self.read_exactly(count + 2)
        assert data.endswith(b"\r\n")
        return data[:-2]

    def read_all(self) -> bytes:
        """Everything until the server closes."""
        while data := self.sock.recv(65536):
            self.received += data
        return self._take(len(self.received))

    def _take(self, count: int) -> bytes:
        data = bytes(self.received[:count])
        del self.received[:count]
        return data

    def is_closed(self) -> bool:
        """True if the server closes without another byte."""
        try:
            return self.sock.recv(1) == b""
        except ConnectionResetError:
            return True


def calls_of(registry: Registry) -> Callable[[Request, str, Sequence[Any]], Any]:
    """What makes the calls of requests, for a server that asks nobody."""
    return lambda request, method, params: registry.dispatch(method, params)
