"""The pipes of one child: output from descriptor to sinks, input from a buffer to a descriptor.

This is the hot path of the daemon. Output is read into one buffer shared by all children and
handed on as a view of it; what copies or decodes is there only if it is configured (`outlets`).
At most one buffer is read per turn, so that a flood of one child never delays the others.

A child that fills its pipe while it only goes to its log file gets a wide one: the two take turns,
and how long each works before it waits for the other is how much the pipe holds. Measured with a
flood: 1.74 s of the daemon's time for each GiB with the system's 64 KiB, 1.16 with 256 KiB, 1.04
with 1 MiB; `splice` instead of reading and writing saves another 5 %, and nothing can be looked at.
"""

import os

from supervisor.core.component import Poller
from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Callable, Final, Protocol
from supervisor.host.pipes import capacity_bytes, pending_bytes, widen

READ_BYTES_MAX: Final = 256 * 1024
"""Bytes taken from one descriptor in one turn: what a wide pipe holds, 0.3 ms of work."""

PIPE_BYTES: Final = 64 * 1024
"""What a pipe holds unless it is wide: more is never there to be read."""

FULL_BYTES: Final = PIPE_BYTES * 3 // 4
"""A child waits for us that has written so much: it cannot be far from a full pipe."""

WIDE_PIPES_MAX: Final = 16
"""Of all children together: the system counts what pipes of one user hold, 64 MiB as a rule, and
lets new ones have next to nothing beyond that."""

STDIN_BYTES_MAX: Final = 16 * 1024 * 1024
"""Bytes kept for a child that does not read its stdin; more is refused."""

MUCH_BYTES: Final = 16 * 1024
"""More than that in one read is no line or two."""

MUCH_PART: Final = 4
"""The same of a pipe that holds little: a child must not wait for the end of each rest."""

Sink = Callable[[bytes | memoryview], object]
"""Takes a piece of output; must not keep the view beyond the call."""


class Outlet(Protocol):
    """Where the output of one channel goes."""

    @property
    def is_plain(self) -> bool:
        """Whether it goes to a regular file and nowhere else, as it is.

        Nobody looks at the pieces then, and their size is no matter: a pipe takes only so much.
        """

    def give(self, data: bytes | memoryview, /) -> object:
        """Take a piece; must not keep the view beyond the call."""

    def close(self) -> None:
        """No more will come."""


class Calm(Poller, Protocol):
    """Who watches output that can wait for a moment; see `host.crowd`."""

    def had_news(
        self, fd: int, on_news: Callable[[], None], on_rested: Callable[[], None], /
    ) -> None:
        """It was fd that woke us up: perhaps it is to rest, and `on_rested` called meanwhile."""

    def hurry(self) -> None:
        """A child has printed much."""


class ReadBuffer:
    """The memory that all children's output passes through."""

    __slots__ = ("_wide_fds", "calm", "vector", "view")

    def __init__(self) -> None:
        self._wide_fds: set[int] = set()
        self.calm: Calm | None = None
        """Where plain output is watched; None for where other descriptors are."""
        self._extend(PIPE_BYTES)

    def _extend(self, size_bytes: int) -> None:
        """Have that much; views of the former memory that are still in use stay what they are."""
        memory = bytearray(size_bytes)
        self.view = memoryview(memory)
        self.vector = (memory,)

    def widen(self, fd: int) -> None:
        """Let a pipe hold as much as is read at a time, if the system and its other users can."""
        if len(self._wide_fds) >= WIDE_PIPES_MAX or not widen(fd, READ_BYTES_MAX):
            return
        self._wide_fds.add(fd)
        if len(self.view) < READ_BYTES_MAX:
            # Not before somebody needs it: most daemons never see a flood.
            self._extend(READ_BYTES_MAX)

    def release(self, fd: int) -> None:
        """A pipe is about to be closed."""
        self._wide_fds.discard(fd)


class OutputChannel:
    """Reads stdout or stderr of one child."""

    __slots__ = (
        "_buffer",
        "_give",
        "_on_end",
        "_outlet",
        "_poller",
        "fd",
        "taken_bytes",
    )

    def __init__(
        self,
        fd: int,
        poller: Poller,
        buffer: ReadBuffer,
        outlet: Outlet,
        on_end: Callable[[int], None] | None,
    ) -> None:
        self.fd = fd
        self._poller = poller
        self._buffer = buffer
        self._outlet = outlet
        self._give = outlet.give
        self._on_end = on_end
        self.taken_bytes = 0
        """By the last read."""

    @staticmethod
    def of_program(
        fd: int,
        poller: Poller,
        buffer: ReadBuffer,
        outlet: Outlet,
        on_end: Callable[[int], None] | None,
    ) -> "OutputChannel":
        """The channel for output that is no conversation: a calm one if nobody looks at it."""
        if outlet.is_plain and buffer.calm is not None:
            return PlainChannel(fd, buffer.calm, buffer, outlet, on_end)
        return OutputChannel(fd, poller, buffer, outlet, on_end)

    def begin(self) -> None:
        """Take what comes from now on. Raises OSError."""
        self._poller.watch(self.fd, self.on_readable)

    def on_readable(self) -> None:
        """Take what is there, up to one buffer.

        All that a piece of output costs beside this are the two calls of the system and its sink.
        """
        try:
            self.taken_bytes = count = os.readv(self.fd, self._buffer.vector)
        except BlockingIOError:
            self.taken_bytes = 0
            return
        except OSError:
            # EIO and the like: nothing can come from it any more.
            self.taken_bytes = count = 0
        if count:
            self._give(self._buffer.view[:count])
        else:
            self._end()

    _take = on_readable

    def finish(self) -> None:
        """The child is gone: take what it left in the pipe, then close it.

        Only that much: a grandchild that holds the pipe open may go on writing for ever.
        """
        if self.fd < 0:
            return
        self._take()
        # Nearly always it has ended by that.
        if self.fd >= 0:
            if self.taken_bytes:
                self._take_rest()
            self._end()

    def _take_rest(self) -> None:
        """Take what is there now: a pipe may hold more than the buffer, or be read in packets."""
        left = pending_bytes(self.fd)
        while left > 0 and self.taken_bytes:
            self._take()
            left -= self.taken_bytes

    def _end(self) -> None:
        if self.fd < 0:
            return
        fd, self.fd = self.fd, -1
        self._poller.forget(fd)
        self._buffer.release(fd)
        os.close(fd)
        self._outlet.close()
        if self._on_end is not None:
            self._on_end(fd)


class PlainChannel(OutputChannel):
    """Reads output that only goes to a file: it may rest, and in a flood its pipe is made wide."""

    __slots__ = ("_calm", "_may_widen", "_much_bytes")

    def __init__(
        self,
        fd: int,
        calm: Calm,
        buffer: ReadBuffer,
        outlet: Outlet,
        on_end: Callable[[int], None] | None,
    ) -> None:
        super().__init__(fd, calm, buffer, outlet, on_end)
        self._calm = calm
        self._may_widen = True
        self._much_bytes = 0
        """In one read while it rests; 0 as long as it has not rested yet."""

    def on_readable(self) -> None:
        """Take what is there, up to one buffer."""
        self._take()
        if self.taken_bytes >= MUCH_BYTES:
            self._note_flood()
        elif self.fd >= 0:
            self._calm.had_news(self.fd, self.on_readable, self._on_rested)

    def _on_rested(self) -> None:
        if not self._much_bytes:
            held_bytes = capacity_bytes(self.fd) or PIPE_BYTES
            self._much_bytes = min(MUCH_BYTES, held_bytes // MUCH_PART)
        self._take()
        if self.taken_bytes >= self._much_bytes:
            self._note_flood()

    def _note_flood(self) -> None:
        self._calm.hurry()
        if self._may_widen and self.taken_bytes >= FULL_BYTES and self.fd >= 0:
            self._may_widen = False
            self._buffer.widen(self.fd)


class InputChannel:
    """Writes to the stdin of one child what the pipe takes, and keeps the rest (L11)."""

    __slots__ = ("_on_rest", "_pending", "_poller", "fd")

    def __init__(
        self, fd: int, poller: Poller, on_rest: Callable[[bool], None] | None = None
    ) -> None:
        self.fd = fd
        """-1 once it is closed."""
        self._poller = poller
        self._on_rest = on_rest
        """Told when the child has taken what the pipe did not: True, or False if it closed it."""
        self._pending = bytearray()

    @property
    def waiting(self) -> bytes:
        """What the child has not taken yet."""
        return bytes(self._pending)

    def send(self, data: bytes) -> bool:
        """Queue data behind what is waiting; True if the pipe has taken it all.

        Raises RequestRefused: NO_FILE if the child closed its stdin, FAILED if
        `STDIN_BYTES_MAX` would be exceeded (then nothing of data is kept).
        """
        if self.fd < 0:
            raise RequestRefused(Fault.NO_FILE)
        waiting, size = self._pending, len(data)
        if len(waiting) + size > STDIN_BYTES_MAX:
            raise RequestRefused(
                Fault.FAILED,
                f"the process has not read {len(waiting)} bytes sent to its stdin before; "
                f"at most {STDIN_BYTES_MAX} are kept",
            )
        if waiting:
            waiting += data
            return False
        # Nearly always the pipe takes it all: then nothing is copied, and nobody else is called.
        try:
            written = os.write(self.fd, data)
            if written == size:
                return True
        except OSError:
            # Tried once more below, where it is known what to do about it.
            written = 0
        self._pending += data[written:]
        self._write()
        if self.fd < 0:
            raise RequestRefused(Fault.NO_FILE)
        return not self._pending

    def close(self) -> None:
        """Close the pipe; what is still waiting is dropped with the child that did not read it."""
        if self.fd >= 0:
            self._poller.forget(self.fd)
            os.close(self.fd)
            self.fd = -1
        self._pending.clear()

    def _go_on(self) -> None:
        self._write()
        if self._on_rest is not None and not self._pending:
            self._on_rest(self.fd >= 0)

    def _write(self) -> None:
        while self._pending:
            # 64 KiB: what a pipe usually takes at once; slicing all would copy all.
            written = self._write_some(self._pending[:65536])
            if self.fd < 0:
                return
            if not written:
                self._poller.watch(self.fd, None, self._go_on)
                return
            del self._pending[:written]
        self._poller.forget(self.fd)

    def _write_some(self, data: bytes | bytearray) -> int:
        """How many bytes the pipe took; it is closed if nobody can read them any more."""
        try:
            return os.write(self.fd, data)
        except BlockingIOError:
            return 0
        except OSError:
            # EPIPE: the child closed its stdin. It may well go on without.
            self.close()
            return 0
