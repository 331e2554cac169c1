"""One log file that is written as bytes: appending, rotation, and trouble survived.

The rule: `write` never raises and never blocks, so no child suffers from its log. What cannot be
written is counted, reported once per burst, and the next write simply tries again; there are no
timers. Only `open`, `clear` and `remove` raise, because somebody asked for them and wants to know.
"""

import errno
import os
import stat
import sys

from supervisor.errors import errno_name
from supervisor.hints import Callable
from supervisor.levels import Level
from supervisor.logs.losses import LossRecord
from supervisor.logs.rotation import Disposals, deletion, makes_room, rotate
from supervisor.logs.target import Data, Target, lacks_reader, open_target, own_descriptor
from supervisor.suppressing import suppress

Report = Callable[[int, str], None]
"""Where trouble is told: a level and a text."""

CLOSED = -1
NEVER_BYTES = sys.maxsize

# Trouble that passes while the descriptor stays as it is. After anything else (a reader that is
# gone, a stale handle, an I/O error) only opening the path anew can help.
_PASSING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EAGAIN, errno.ENOBUFS})


class FileLog:
    """A file, or anything else that can be opened for writing, under an absolute path.

    Rotation follows a write that makes it `maxbytes` or larger; 0 means never. `on_change` is
    called after the content has changed, if somebody has set it.
    """

    __slots__ = (
        "_backups",
        "_fd",
        "_in_use",
        "_is_file",
        "_losses",
        "_maxbytes",
        "_mode",
        "_put",
        "_report",
        "_rotate_at_bytes",
        "_rotation_fails",
        "_warned",
        "disposal",
        "on_change",
        "path",
        "size",
    )

    def __init__(
        self, path: str, maxbytes: int, backups: int, *, report: Report, mode: int = 0o666
    ) -> None:
        self.path = path
        self.size = 0
        """Bytes in the file, as far as this log wrote them or found them when it was opened."""
        self.on_change: Callable[[], None] | None = None
        self.disposal: Disposals | None = None
        """Who deletes large backups without a pause for others; None: the file system at once."""
        self._maxbytes = maxbytes
        self._backups = backups
        self._report = report
        self._mode = mode
        self._fd = CLOSED
        self._put: Callable[[int, Data], int] = os.write
        self._is_file = False
        self._rotate_at_bytes = NEVER_BYTES
        self._in_use = False
        self._losses: LossRecord | None = None
        self._rotation_fails = False
        self._warned = False

    @property
    def is_open(self) -> bool:
        """True between open() and close(), also while the file itself is out of reach."""
        return self._in_use

    @property
    def is_file(self) -> bool:
        """Whether what is open now is a regular file: no reader has to keep up with it."""
        return self._is_file

    @property
    def lost_bytes(self) -> int:
        """Bytes lost since writing began to fail; 0 while all is well."""
        return 0 if self._losses is None else self._losses.lost_bytes

    # ------------------------------------------------------------------ writing

    def open(self) -> None:
        """Open for appending; nothing happens if it is open already.

        A FIFO that nobody reads yet counts as open. Raises OSError.
        """
        if self._in_use:
            return
        try:
            self._adopt(open_target(self.path, self._mode))
        except OSError as error:
            if not lacks_reader(error, self.path):
                raise
        self._in_use = True

    def write(self, data: Data) -> None:
        """Append; never raises, never blocks. Does nothing unless open() was called before."""
        if self._fd == CLOSED and not self._regain(len(data)):
            return
        try:
            written = self._put(self._fd, data)
        except OSError as error:
            if not makes_room(error, self.disposal):
                self._fail(len(data), error)
                return
            written = 0
        self.size += written
        if written != len(data):
            self._write_rest(memoryview(data)[written:])
        elif self._losses is not None:
            self._succeed()
        if self.size >= self._rotate_at_bytes:
            self._rotate()
        if self.on_change is not None:
            self.on_change()

    def has_room(self, count: int) -> bool:
        """Whether that many bytes more are no reason to rotate."""
        return self.size + count < self._rotate_at_bytes

    def _write_rest(self, rest: memoryview) -> None:
        """Go on after a partial write, until all is written or trouble shows."""
        while rest:
            try:
                written = self._put(self._fd, rest)
            except OSError as error:
                if makes_room(error, self.disposal):
                    continue
                self._fail(len(rest), error)
                return
            self.size += written
            rest = rest[written:]
        if self._losses is not None:
            self._succeed()

    # ------------------------------------------------------------------ trouble

    def _regain(self, wanted_bytes: int) -> bool:
        """Try to open a log that is in use but out of reach; False if the bytes are lost."""
        if not self._in_use:
            return False
        try:
            self._adopt(open_target(self.path, self._mode))
        except OSError as error:
            self._lose(wanted_bytes, error)
            return False
        return True

    def _fail(self, lost_bytes: int, error: OSError) -> None:
        # A deleted file keeps its blocks while we have it open: let go, or a full disk stays full.
        if error.errno not in _PASSING or self._is_deleted():
            self._release()
        self._lose(lost_bytes, error)

    def _lose(self, lost_bytes: int, error: OSError) -> None:
        if self._losses is None:
            self._losses = LossRecord()
        if self._losses.lose(lost_bytes):
            self._report(
                Level.ERRO,
                f"cannot write to {self.path}: {_reason(error)}; "
                "output is lost until this works again",
            )

    def _succeed(self) -> None:
        """Called after each complete write while losses are remembered."""
        losses = self._losses
        assert losses is not None
        lost_bytes = losses.succeed()
        if losses.settled:
            self._losses = None
        if lost_bytes:
            self._report_lost(lost_bytes)

    def _report_lost(self, lost_bytes: int) -> None:
        self._report(Level.WARN, f"{lost_bytes} bytes of output to {self.path} were lost")

    def _is_deleted(self) -> bool:
        return self._is_file and os.fstat(self._fd).st_nlink == 0

    # ------------------------------------------------------------------ rotation

    def _rotate(self) -> None:
        """Move the full file away and begin an empty one."""
        try:
            rotate(self.path, self._backups, deletion(self._maxbytes, self.disposal))
        except OSError as error:
            # Keep all output and try again when as much has been written once more.
            self._rotate_at_bytes = self.size + self._maxbytes
            if not self._rotation_fails:
                self._rotation_fails = True
                self._report(
                    Level.ERRO,
                    f"cannot rotate {self.path}: {_reason(error)}; "
                    "it grows beyond its maxbytes until this works again",
                )
            return
        self._release()
        # If the new file cannot be opened, the next write tries again, and reports.
        with suppress(OSError):
            self._adopt(open_target(self.path, self._mode))
        if self._rotation_fails:
            self._rotation_fails = False
            self._report(Level.INFO, f"{self.path} is rotated again")

    # ------------------------------------------------------------------ by request

    def reopen(self) -> None:
        """Close, and open by name; never raises. Does nothing unless it is open.

        If that fails, output keeps going to the file that was open, so that none is lost.
        """
        if not self._in_use:
            return
        try:
            self._replace()
        except OSError as error:
            self._report(Level.ERRO, f"cannot reopen {self.path}: {_reason(error)}")
            if self._fd != CLOSED and self._is_deleted():
                self._release()

    def clear(self) -> None:
        """Empty the file, whether it is open or not; backups stay. Raises OSError.

        What is not a file (a pipe, our stdout) has nothing to clear.
        """
        if self._in_use:
            # By name first: the file may have been moved or deleted under us.
            self._replace()
            if self._is_file:
                os.ftruncate(self._fd, 0)
                self._begin_at(0)
        elif own_descriptor(self.path) is None:
            with suppress(FileNotFoundError):
                if stat.S_ISREG(os.stat(self.path).st_mode):
                    os.truncate(self.path, 0)
        if self.on_change is not None:
            self.on_change()

    def remove(self) -> None:
        """Close, and delete the file; a missing one is fine, backups stay. Raises OSError."""
        self.close()
        with suppress(FileNotFoundError):
            os.unlink(self.path)

    def close(self) -> None:
        """Stop writing; losses that were not yet reported are. It can be opened again."""
        self._in_use = False
        self._release()
        lost_bytes = 0 if self._losses is None else self._losses.end()
        if lost_bytes:
            self._report_lost(lost_bytes)

    # ------------------------------------------------------------------ descriptor

    def _replace(self) -> None:
        """Open by name, then let go of what was open. Raises OSError and keeps the old one."""
        try:
            target = open_target(self.path, self._mode)
        except OSError as error:
            if not lacks_reader(error, self.path):
                raise
            self._release()
        else:
            self._release()
            self._adopt(target)

    def _adopt(self, target: Target) -> None:
        self._fd = target.fd
        self._put = target.put
        self._is_file = target.is_file
        self._begin_at(target.size_bytes)
        if self._maxbytes and not target.is_file and not self._warned:
            self._warned = True
            self._report(
                Level.WARN,
                f"cannot rotate {self.path}: it is not a regular file; "
                "rotation is off (set its maxbytes to 0)",
            )

    def _begin_at(self, size_bytes: int) -> None:
        self.size = size_bytes
        self._rotate_at_bytes = self._maxbytes if self._maxbytes and self._is_file else NEVER_BYTES

    def _release(self) -> None:
        if self._fd == CLOSED:
            return
        fd, self._fd = self._fd, CLOSED
        self._is_file = False
        try:
            os.close(fd)
        except OSError:
            # The data was handed over long ago: there is nothing left to tell.
            return


def _reason(error: OSError) -> str:
    number = error.errno or 0
    return f"{os.strerror(number)} ({errno_name(number)})"
