"""Staying with a log that grows: across rotation, truncation and removal, without losing bytes.

A follower never polls. It reads when it is asked to; the hub tells when that is worthwhile.
"""

import errno
import os

from supervisor.hints import Callable, Final, Protocol
from supervisor.lean import partial
from supervisor.logs.reading import open_regular
from supervisor.logs.rotation import backup_path
from supervisor.suppressing import suppress
from supervisor.tuples import NamedTuple

ROTATED: Final = "rotated"
EMPTIED: Final = "emptied"

TRUNCATED_MARK = b"==> File truncated <==\n"

BACKUPS_SEARCHED_MAX = 1000
"""Backups looked at to find the file being read, after a rotation."""

_NO_FILE: Final = -1

OnChange = Callable[[], None]


class Piece(NamedTuple):
    """What a follower read."""

    offset: int
    """Of the first byte, in the file that it comes from."""
    data: bytes
    """Empty if there is nothing more now."""
    anew: str
    """ROTATED or EMPTIED if offsets count from 0 again with this piece, else empty."""


class PieceFollower:
    """Reads a log from an offset onwards, and says where it is.

    A negative offset counts from the end, and None is the end; one beyond the end is that of a log
    that has begun anew. The file may come into being later.
    """

    __slots__ = ("_anew", "_backup", "_fd", "_offset", "_path")

    def __init__(self, path: str, offset: int | None) -> None:
        """Raises OSError for what is there and cannot be read."""
        self._path = path
        self._backup = _identity(backup_path(path, 1))
        """What was rotated last when this began; only of interest while there is no file."""
        self._fd = _NO_FILE
        self._offset = 0
        self._anew = ""
        size = 0
        with suppress(FileNotFoundError):
            self._fd = open_regular(path)
            size = os.fstat(self._fd).st_size
        if offset is None:
            self._offset = size
        elif offset > size:
            self._anew = EMPTIED
        else:
            self._offset = max(size + offset, 0) if offset < 0 else offset

    @property
    def has_file(self) -> bool:
        """Whether there is a file already."""
        return self._fd != _NO_FILE

    def read(self, max_bytes: int) -> Piece:
        """What comes next. Raises OSError if the disk does.

        A truncated file is read from its start again. A rotated file is read to its end, then the
        next younger one from its start.
        """
        data = b""
        while self._fd != _NO_FILE or self._find():
            data = os.pread(self._fd, max_bytes, self._offset)
            if data:
                break
            here = os.fstat(self._fd)
            if here.st_size < self._offset:
                self._offset, self._anew = 0, EMPTIED
                break
            if not self._move_on(here):
                break
        piece = Piece(self._offset, data, self._anew)
        self._anew = ""
        self._offset += len(data)
        return piece

    def close(self) -> None:
        """Release the file."""
        if self.has_file:
            os.close(self._fd)
            self._fd = _NO_FILE

    def _find(self) -> bool:
        """Open the file if it has come into being, be it that it was rotated since."""
        number = 0
        while number < BACKUPS_SEARCHED_MAX:
            identity = _identity(backup_path(self._path, number + 1))
            if identity is None or identity == self._backup:
                break
            number += 1
        with suppress(FileNotFoundError):
            self._fd = open_regular(backup_path(self._path, number))
        return self.has_file

    def _move_on(self, here: os.stat_result) -> bool:
        """Switch to the file that was begun after this one; False if there is none."""
        if _is_at(self._path, here):
            return False
        try:
            fd = open_regular(self._successor(here))
        except OSError:
            # Removed, or replaced by something unreadable: what we have open is the log.
            return False
        os.close(self._fd)
        self._fd = fd
        self._offset, self._anew = 0, ROTATED
        return True

    def _successor(self, here: os.stat_result) -> str:
        # Several rotations may have happened since the last read: look where our file went.
        for number in range(1, BACKUPS_SEARCHED_MAX + 1):
            backup = backup_path(self._path, number)
            if _is_at(backup, here):
                return backup_path(self._path, number - 1)
            if not os.path.lexists(backup):
                break
        return self._path


class FileFollower:
    """Reads a log from `last_bytes` before its end onwards. Raises OSError when made."""

    __slots__ = ("_pieces",)

    def __init__(self, path: str, last_bytes: int) -> None:
        self._pieces = PieceFollower(path, -last_bytes or None)
        if not self._pieces.has_file:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)

    def read(self, max_bytes: int) -> bytes:
        """The next bytes, b'' if there are none now. Raises OSError if the disk does.

        A truncated file is announced by TRUNCATED_MARK.
        """
        piece = self._pieces.read(max_bytes)
        return TRUNCATED_MARK if piece.anew == EMPTIED and not piece.data else piece.data

    def close(self) -> None:
        """Release the file."""
        self._pieces.close()


def _identity(path: str) -> tuple[int, int] | None:
    """What tells a file from others, whatever it is called; None if there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_at(path: str, file: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(path), file)
    except OSError:
        return False


class Followed(Protocol):
    """A log that tells about its changes, such as a FileLog."""

    path: str
    on_change: OnChange | None


class FollowHub:
    """Who wants to know that a log has changed. Logs that nobody follows know nothing of it."""

    __slots__ = ("_logs", "_subscribers")

    def __init__(self) -> None:
        self._subscribers: dict[str, dict[object, OnChange]] = {}
        self._logs: dict[str, list[Followed]] = {}

    @property
    def has_followers(self) -> bool:
        """Whether anybody wants to know of any log."""
        return bool(self._subscribers)

    def subscribe(self, path: str, callback: OnChange) -> Callable[[], None]:
        """Call back at each notify(path), until the returned function is called."""
        token = object()
        self._subscribers.setdefault(path, {})[token] = callback
        return lambda: self._unsubscribe(path, token)

    def follow(self, log: Followed, callback: OnChange) -> Callable[[], None]:
        """Call back whenever that log changes, until the returned function is called.

        The log notifies the hub only while its path has subscribers.
        """
        path = log.path
        unsubscribe = self.subscribe(path, callback)
        if log.on_change is None:
            log.on_change = partial(self.notify, path)
            self._logs.setdefault(path, []).append(log)
        return unsubscribe

    def notify(self, path: str) -> None:
        """Tell the subscribers of that path; they may unsubscribe meanwhile."""
        for callback in tuple(self._subscribers.get(path, {}).values()):
            callback()

    def _unsubscribe(self, path: str, token: object) -> None:
        callbacks = self._subscribers.get(path)
        if callbacks is None or callbacks.pop(token, None) is None or callbacks:
            return
        del self._subscribers[path]
        for log in self._logs.pop(path, ()):
            log.on_change = None
