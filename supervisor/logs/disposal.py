"""Large logs are deleted piece by piece, so that nobody has to wait for the file system.

To delete a file takes as long as it is large: 3 to 10 ms of the kernel's time for 50 MB, and ten
times as much where the disk is told of each freed block. A child that floods its log has its oldest
backup deleted several times a second. So a large file loses its name at once, as it would anyway,
while a descriptor of it stays; what is in it is cut off from its end, one slice at a time, with as
long a time for others after each slice as it took.

That is only done to what nobody can ever read: a file that has no other name, and that nobody else
has open, which is what a write lease is given for. Whatever cannot be cut so is closed, which is
how all files are deleted otherwise: the system frees it at once, or when its last reader is done.

Loaded by the first rotation of a large log.
"""

import fcntl
import os
import stat

from supervisor.core.component import Clock, Timer, Timers
from supervisor.hints import Final
from supervisor.logs.rotation import LARGE_BYTES
from supervisor.signals import signal

SLICE_BYTES: Final = 2 * 1024 * 1024
"""Cut off at a time: 0.1 to 0.4 ms of the kernel's time, no more than a piece of a flood takes."""

WAITING_MAX: Final = 4
"""Files that wait for their end at most: each holds a descriptor, of those that are kept for the
daemon itself, and its room on the disk."""

_HAS_LEASES = hasattr(fcntl, "F_SETLEASE")


class Disposal:
    """The large logs that have lost their names, oldest first."""

    __slots__ = ("_clock", "_timer", "_timers", "_waiting")

    def __init__(self, timers: Timers, clock: Clock) -> None:
        self._timers = timers
        self._clock = clock
        self._timer: Timer | None = None
        self._waiting: list[_Nameless] = []

    def delete(self, path: str) -> None:
        """Delete a file as `os.unlink` does; raises OSError as that does."""
        fd = _open_large(path) if _HAS_LEASES else None
        try:
            os.unlink(path)
        except OSError:
            if fd is not None:
                os.close(fd)
            raise
        if fd is None:
            return
        self._waiting.append(_Nameless(fd))
        if len(self._waiting) > WAITING_MAX:
            self._waiting.pop(0).close()
        if self._timer is None:
            # Not now: without backups, the log itself has yet to be closed.
            self._go_on_at(self._clock.mono_s)

    def make_room(self) -> bool:
        """Free all that waits at once: the disk is full. False if there is nothing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        had_some = bool(self._waiting)
        while self._waiting:
            self._waiting.pop().close()
        return had_some

    def _go_on_at(self, when_s: float) -> None:
        self._timer = self._timers.call_at(when_s, self._go_on)

    def _go_on(self) -> None:
        """Cut the oldest; half of the time is that of others."""
        self._timer = None
        begun_s = self._clock.mono_s
        oldest = self._waiting[0]
        if not oldest.cut():
            self._waiting.pop(0)
            oldest.close()
        if self._waiting:
            now_s = self._clock.mono_s
            self._go_on_at(now_s + (now_s - begun_s))


class _Nameless:
    """A file that has lost the name it was known by."""

    __slots__ = ("_fd", "_left_bytes")

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._left_bytes: int | None = None
        """None until it is known whether it may be cut."""

    def cut(self) -> bool:
        """Cut off a slice; False if there is nothing left to do but to close it."""
        try:
            if self._left_bytes is None:
                if not _is_of_no_use(self._fd):
                    return False
                self._left_bytes = os.fstat(self._fd).st_size
            self._left_bytes -= SLICE_BYTES
            if self._left_bytes <= 0:
                return False
            os.ftruncate(self._fd, self._left_bytes)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Let the system free what is left."""
        try:
            os.close(self._fd)
        except OSError:
            # It is closed nevertheless, and nobody was to read what it tells about.
            return


def _open_large(path: str) -> int | None:
    """A descriptor of a large file; None if it is none, or cannot be opened for writing."""
    try:
        if not _is_large(os.lstat(path)):
            return None
        fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    # Whoever put something else there in between has not waited for us, and need not.
    if _is_large(os.fstat(fd)):
        return fd
    os.close(fd)
    return None


def _is_large(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and status.st_size >= LARGE_BYTES


def _is_of_no_use(fd: int) -> bool:
    """True if a file has no name left, so that it will never have one again, and no other reader.

    Raises OSError if the file system has no leases, or the file is open elsewhere, or another's.
    """
    if os.fstat(fd).st_nlink:
        return False
    # Whoever opens it by our descriptor (/proc) meanwhile breaks the lease, of which we would be
    # told by SIGIO, and end. Nothing comes of SIGURG.
    fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return True
