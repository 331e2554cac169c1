"""Slices of a log file for readers. The arithmetic is pure; only regular files are ever opened.

Opening a FIFO or a terminal to read a log from it would take the output away from its reader.
"""

import errno
import os
import stat

from supervisor.tuples import NamedTuple

READ_BYTES_MAX = 64 * 1024 * 1024
"""Largest slice handed out: a log of the default 50 MB can be read whole, as it always could,
which keeps the daemon from anything else for up to a second; and a bound for our memory."""

PASSAGE_BYTES_MAX = 1024 * 1024
"""Most that is read at once for those who go through a log piece by piece."""


class ReadRefused(ValueError):
    """A slice that cannot be had; `str()` is BAD_ARGUMENTS or FAILED."""

    def __init__(self, fault_name: str, detail: str | None = None) -> None:
        super().__init__(fault_name)
        self.detail = detail
        """For people, where the name alone does not tell what to do."""


class Range(NamedTuple):
    """Bytes of a file."""

    start: int
    length: int


# ---------------------------------------------------------------------- arithmetic


def read_range(size: int, offset: int, length: int) -> Range:
    """What `read_slice` returns of a file of `size` bytes.

    From a positive offset: `length` bytes, or all that follow if it is 0. From a negative offset:
    the last bytes, with length 0. Raises ReadRefused BAD_ARGUMENTS for other combinations.
    """
    if length < 0 or (offset < 0 and length != 0):
        raise ReadRefused("BAD_ARGUMENTS")
    if offset < 0:
        start = max(size + offset, 0)
        return Range(start, size - start)
    available = max(size - offset, 0)
    return Range(offset, min(length, available) if length else available)


def tail_range(size: int, offset: int, length: int) -> tuple[Range, bool]:
    """What `tail_slice` returns of a file of `size` bytes, and whether a reader missed something.

    The last `length` bytes (a negative length counts as 0), which may begin before `offset`;
    nothing if `offset` is at the end or beyond.
    """
    length = max(length, 0)
    overflow = size > 0 and size > offset + length
    if not overflow and offset >= size:
        return Range(size, 0), False
    length = min(length, size)
    return Range(size - length, length), overflow


# ---------------------------------------------------------------------- reading


def read_slice(path: str, offset: int, length: int) -> bytes:
    """Bytes of a log (manual, readLog).

    Raises FileNotFoundError, and ReadRefused: BAD_ARGUMENTS, or FAILED for what cannot be read or
    is larger than READ_BYTES_MAX.
    """
    try:
        fd = open_regular(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _failed(path, error) from error
    try:
        return _read(fd, read_range(os.fstat(fd).st_size, offset, length))
    except OSError as error:
        raise _failed(path, error) from error
    finally:
        os.close(fd)


def tail_slice(path: str, offset: int, length: int) -> tuple[bytes, int, bool]:
    """The end of a log, its size, and whether there is more than asked for (manual, tail methods).

    A log that is missing or cannot be read is empty: tailing it is no fault. Raises ReadRefused
    FAILED if more than READ_BYTES_MAX is asked for and there.
    """
    try:
        fd = open_regular(path)
    except OSError:
        return b"", 0, False
    try:
        size = os.fstat(fd).st_size
        wanted, overflow = tail_range(size, offset, length)
        return _read(fd, wanted), size, overflow
    except OSError:
        return b"", 0, False
    finally:
        os.close(fd)


def file_bytes(path: str) -> int:
    """Size of a log, 0 if it is missing. Raises ReadRefused FAILED for what cannot be read."""
    return read_passage(path, 0, 0)[1]


def read_passage(path: str, offset: int, length: int) -> tuple[bytes, int]:
    """At most `length` bytes from an offset on, and the offset to go on from.

    With length 0, nothing and the end. Nothing is beyond the end, or in a file that is missing.
    Raises ReadRefused: BAD_ARGUMENTS for negative numbers, FAILED for what cannot be read.
    """
    if offset < 0 or length < 0:
        raise ReadRefused("BAD_ARGUMENTS")
    try:
        fd = open_regular(path)
    except FileNotFoundError:
        return b"", 0
    except OSError as error:
        raise _failed(path, error) from error
    try:
        size = os.fstat(fd).st_size
        if not length or offset >= size:
            return b"", size
        # What has been written since the size was asked for may be read, too.
        data = os.pread(fd, min(length, PASSAGE_BYTES_MAX), offset)
        return data, offset + len(data)
    except OSError as error:
        raise _failed(path, error) from error
    finally:
        os.close(fd)


def open_regular(path: str) -> int:
    """Descriptor for reading a regular file. Raises OSError, EINVAL for anything else."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, "not a regular file", path)
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)


def _failed(path: str, error: OSError) -> ReadRefused:
    return ReadRefused("FAILED", f"cannot read {path}: {error.strerror}")


def _read(fd: int, wanted: Range) -> bytes:
    if wanted.length > READ_BYTES_MAX:
        raise ReadRefused(
            "FAILED",
            f"cannot read {wanted.length} bytes at once, the limit is {READ_BYTES_MAX}; "
            "read smaller slices by offset and length",
        )
    pieces = []
    start, missing = wanted
    while missing and (piece := os.pread(fd, missing, start)):
        pieces.append(piece)
        start += len(piece)
        missing -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
