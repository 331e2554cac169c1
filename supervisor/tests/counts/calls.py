"""Which system calls a daemon makes for something: counted by strace, from the outside.

The rule of this module: what is counted lies between two requests that mark it, so neither the
moment at which strace attaches nor the load of the machine changes a number. Time is not measured.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Self
from xmlrpc.client import dumps, loads

import pytest

from supervisor.tests.support.daemon import DEADLINE_S, LiveDaemon, wait_until

SAME = {
    "epoll_wait": "poll", "epoll_pwait": "poll", "epoll_pwait2": "poll",
    "readv": "read", "writev": "write",
    "recvfrom": "recv", "recvmsg": "recv", "sendto": "send", "sendmsg": "send",
    "stat": "stat", "fstat": "stat", "newfstatat": "stat", "statx": "stat",
    "clone": "spawn", "clone3": "spawn", "fork": "spawn", "vfork": "spawn",
    "accept4": "accept", "pread64": "pread", "prlimit64": "limit", "getrlimit": "limit",
    "wait4": "wait", "waitid": "wait",
}  # fmt: skip
"""One name for calls that are the same but for the C library, the machine or their arguments."""

MEMORY = {"brk", "madvise", "mmap", "mremap", "munmap"}
"""Of the allocator, which takes and gives back when it suits it: left out."""

CALM = {"PYTHONDONTWRITEBYTECODE": "1"}
"""Environment of a daemon that does nothing on its own: it keeps no byte code after its start."""

REQUEST = {"poll": 1, "recv": 1, "send": 1}
"""What a request costs at least: wait for it, read it, answer it."""

IN_CI = os.environ.get("CI") == "true"

needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None and not IN_CI, reason="strace is not installed"
)
"""With CI=true a missing strace makes the test fail."""


def together(*bounds: Mapping[str, float]) -> dict[str, float]:
    """The sum of bounds."""
    return {name: sum(each.get(name, 0) for each in bounds) for each in bounds for name in each}


class Call(NamedTuple):
    """One system call, as strace shows it, under its name in `SAME`."""

    name: str
    arguments: str
    result: str


class Calls(list[Call]):
    """System calls in their order."""

    def counts(self) -> Counter[str]:
        """How many there are of each name."""
        return Counter(call.name for call in self)

    def beyond(self, bounds: Mapping[str, float], count: int) -> dict[str, float]:
        """What `count` equal actions took more of than the bounds allow for each, by name."""
        return {
            name: round(number / count, 2)
            for name, number in self.counts().items()
            if number > bounds.get(name, 0) * count
        }


class Kept:
    """A connection to the unix socket that is kept: one segment for each request."""

    def __init__(self, daemon: LiveDaemon, host: str = "localhost") -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(DEADLINE_S)
        self._socket.connect(str(daemon.socket))
        self._host = host

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def call(self, method: str, *params: object) -> object:
        """Call an XML-RPC method and return its result."""
        body = dumps(params, method).encode()
        head = f"POST /RPC2 HTTP/1.1\r\nHost: {self._host}\r\nContent-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode() + body)
        (value,), _ = loads(self._answer())
        return value

    def _answer(self) -> bytes:
        received = b""
        while (length := whole_length(received)) is None or len(received) < length:
            piece = self._socket.recv(1 << 20)
            assert piece, f"the daemon closed the connection after {received[:200]!r}"
            received += piece
        return received.partition(b"\r\n\r\n")[2]


def whole_length(received: bytes) -> int | None:
    """Bytes of the answer that begins so, with its head; None if that is not known yet."""
    head, end, _ = received.partition(b"\r\n\r\n")
    if not end:
        return None
    length = re.search(rb"(?mi)^content-length: *(\d+)", head)
    assert length is not None, head
    return len(head) + len(end) + int(length[1])


def calls_during(daemon: LiveDaemon, action: Callable[[], object]) -> Calls:
    """The system calls of the daemon while `action` runs and nothing else happens.

    `action` must end when all has been done that is to be counted. Signal handlers are left out.
    """
    log = daemon.directory / "strace.log"
    with Kept(daemon, "begin") as begin, Kept(daemon, "end") as end:
        for mark in (begin, end):
            mark.call("supervisor.getState")
        with attached(daemon.pid, log):
            # More than once if strace did not see the first ones yet.
            wait_until(lambda: is_seen(begin, "begin", log), "strace sees the daemon's calls")
            action()
            end.call("supervisor.getState")
    return between(parse(log.read_text("utf-8", "replace")))


@contextlib.contextmanager
def attached(pid: int, log: Path) -> Iterator[None]:
    """strace writes the calls of a process to a file meanwhile."""
    tracer = subprocess.Popen(
        ["strace", "-qq", "-s", "40", "-e", "signal=none", "-o", str(log), "-p", str(pid)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    status = Path(f"/proc/{pid}/status")
    try:
        wait_until(
            lambda: (
                tracer.poll() is not None or f"TracerPid:\t{tracer.pid}\n" in status.read_text()
            ),
            "strace attaches to the daemon",
        )
        refused = tracer.poll() is not None
        if not refused:
            yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            tracer.send_signal(signal.SIGINT)
        _, errors = tracer.communicate(timeout=DEADLINE_S)
    if refused:
        reason = f"processes cannot be traced here: {errors.decode().strip()}"
        assert not IN_CI, reason
        pytest.skip(reason)


def is_seen(mark: Kept, name: str, log: Path) -> bool:
    """Whether strace sees a request of that mark."""
    mark.call("supervisor.getState")
    return f"Host: {name}" in log.read_text("utf-8", "replace")


def parse(text: str) -> Calls:
    """What strace wrote; calls that were cut off by attaching or detaching are left out."""
    found = re.findall(r"^(\w+)\((.*)\) += (.*)$", text, re.MULTILINE)
    return Calls(
        Call(SAME.get(name, name), arguments, result)
        for name, arguments, result in found
        if "EINTR" not in result and name not in MEMORY
    )


def between(calls: Calls) -> Calls:
    """Those between the last answer to the first mark and the poll that brings the second."""
    last = max(index for index, call in enumerate(calls) if "Host: begin" in call.arguments)
    first = next(index for index in range(last, len(calls)) if calls[index].name == "send")
    end = next(index for index, call in enumerate(calls) if "Host: end" in call.arguments)
    final_poll = max(index for index in range(end) if calls[index].name == "poll")
    return Calls(calls[first + 1 : final_poll] + calls[final_poll + 1 : end])
