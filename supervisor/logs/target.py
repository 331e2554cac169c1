"""Opening what a log is written to, so that writing there can never block.

Regular files do not block. Pipes, ttys and FIFOs get an own, non-blocking file description; where
that cannot be had (a socket, a terminal of another user, no /proc), our descriptor is shared with
strangers who rely on blocking, so it stays as it is and each single write is guarded instead.
"""

import errno
import os
import stat

from supervisor.hints import Callable
from supervisor.sockets import socket
from supervisor.tuples import NamedTuple

Data = bytes | memoryview

WRITE_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
LINKS_MAX = 8
"""Symbolic links followed in search of our own stdout; the system itself has a similar limit."""

_IS_LINK = frozenset({errno.ELOOP, errno.EMLINK})
"""What the systems say of a link that is not to be followed."""

_OWN_DESCRIPTORS = {
    "/dev/stdout": 1,
    "/dev/stderr": 2,
    **{f"{folder}/{fd}": fd for folder in ("/dev/fd", "/proc/self/fd") for fd in (1, 2)},
}


class Target(NamedTuple):
    """Something open for writing. `put(fd, data)` writes a part, or raises OSError at once."""

    fd: int
    put: Callable[[int, Data], int]
    size_bytes: int
    is_file: bool
    """A regular file under a name of its own: it can be rotated and truncated."""


def open_target(path: str, mode: int) -> Target:
    """Open for appending; creates a file with that mode (less the umask). Raises OSError."""
    own = _OWN_DESCRIPTORS.get(path)
    if own is None:
        try:
            # Nearly all are no links, and so no names for something else: nothing else is asked
            # about them. A log is opened with each start of its program.
            return _opened(os.open(path, WRITE_FLAGS | os.O_CREAT | os.O_NOFOLLOW, mode))
        except OSError as error:
            if error.errno not in _IS_LINK:
                raise
        own = own_descriptor(path)
    if own is not None:
        return _open_own(own)
    return _opened(os.open(path, WRITE_FLAGS | os.O_CREAT, mode))


def _opened(fd: int) -> Target:
    status = os.fstat(fd)
    is_file = stat.S_ISREG(status.st_mode)
    return Target(fd, os.write, status.st_size if is_file else 0, is_file)


def own_descriptor(path: str) -> int | None:
    """1 or 2 if the path is a name for our stdout or stderr, also through symbolic links."""
    for _ in range(LINKS_MAX):
        fd = _OWN_DESCRIPTORS.get(path)
        if fd is not None:
            return fd
        try:
            link = os.readlink(path)
        except OSError:
            return None
        path = os.path.join(os.path.dirname(path), link)
    return None


def lacks_reader(error: OSError, path: str) -> bool:
    """True if opening failed only because nobody reads that FIFO yet."""
    if error.errno != errno.ENXIO:
        return False
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except OSError:
        return False


def _open_own(own: int) -> Target:
    """Our stdout or stderr, in a way that leaves it unchanged for those who share it."""
    mode = os.fstat(own).st_mode
    if stat.S_ISREG(mode):
        # The shared offset keeps apart what we and others (such as a traceback) write there.
        return Target(os.dup(own), os.write, 0, False)
    if stat.S_ISSOCK(mode):
        return Target(os.dup(own), _send, 0, False)
    try:
        return Target(os.open(f"/proc/self/fd/{own}", WRITE_FLAGS), os.write, 0, False)
    except OSError:
        return Target(os.dup(own), _put_shared, 0, False)


def _send(fd: int, data: Data) -> int:
    """Send on a socket that may be in blocking mode; family and type do not matter for that."""
    borrowed = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fd)
    try:
        return borrowed.send(data, socket.MSG_DONTWAIT)
    finally:
        borrowed.detach()


def _put_shared(fd: int, data: Data) -> int:
    """Write to a descriptor whose flags belong to others too: non-blocking for this call only."""
    was_blocking = os.get_blocking(fd)
    os.set_blocking(fd, False)
    try:
        return os.write(fd, data)
    finally:
        os.set_blocking(fd, was_blocking)
