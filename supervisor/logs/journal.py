"""The event journal: one line of JSON for each event, with its serial, in the order of serials.

The rule: a line is in the file, with its line feed, before anybody is told of the event; so what
was told can be told again after a kill. `append` never raises: trouble is told, what could not be
kept is counted, and a line of type `GAP_TYPE` says so in the journal as soon as it can be written.
The file is the one that has its name: when somebody takes that away, it is begun again.

The head of a line (serial, time, type) is fixed, so that readers find their way without parsing.
"""

import errno
import json
import os
import re
import stat
import sys
import time
from functools import lru_cache

from supervisor.errors import errno_name
from supervisor.hints import Callable, Final
from supervisor.levels import Level
from supervisor.logs.rotation import Disposals, backup_path, deletion, makes_room, rotate
from supervisor.suppressing import suppress
from supervisor.tuples import NamedTuple

GAP_TYPE: Final = "JOURNAL_GAP"
"""Type of a line that stands for events which are missing; no event is called that."""

UNWRITTEN: Final = "serials:"
"""Such a line is about events that could not be written; their range follows."""

REMOVED: Final = "removed:"
"""Such a line is about events that had been written before the file was taken away."""

SERIAL_MAX: Final = 2**63 - 1
"""No event has a higher serial: a line with one is damaged."""

JOURNAL_MODE: Final = 0o600
"""Events hold what programs print and clients send, like the AUTO logs."""

Report = Callable[[int, str], None]
"""Where trouble is told: a level and a text."""

_quoted: Final[Callable[[str], str]] = json.JSONEncoder(ensure_ascii=False).encode
_CLOSED = -1
_NEVER_BYTES = sys.maxsize
_FIRST = re.compile(rb'^\{"serial":(\d{1,19}),', re.MULTILINE)
_FIRST_BYTES = 64 * 1024
_SECOND = slice(0, len("2026-11-22T05:00:00"))
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


class Entry(NamedTuple):
    """One event in the journal."""

    serial: int
    time: str
    """Wall time in UTC (ISO 8601)."""
    type: str
    payload: str


class SerialRange(NamedTuple):
    """Events from the first to the last serial, both included."""

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


def utc_text(wall_s: float) -> str:
    """Wall time as the journal has it: UTC, ISO 8601, with microseconds."""
    second = int(wall_s // 1)
    micros = int((wall_s - second) * 1_000_000)
    return f"{_second_text(second)}.{micros:06d}Z"


@lru_cache(maxsize=2)
def _second_text(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def encode(entry: Entry) -> bytes:
    """The line of an event, with its line feed."""
    kind, payload = _quoted(entry.type), _quoted(entry.payload)
    return (
        f'{{"serial":{entry.serial},"time":"{entry.time}","type":{kind},"payload":{payload}}}\n'
    ).encode("utf-8", "replace")


def decode(line: bytes) -> Entry:
    """The event of a line. Raises ValueError if it is none, such as one that was torn."""
    try:
        fields = json.loads(line)
        entry = Entry(fields["serial"], fields["time"], fields["type"], fields["payload"])
    except (KeyError, TypeError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"no line of an event journal: {line[:80]!r}") from error
    if not (is_serial(entry.serial) and all(isinstance(text, str) for text in entry[1:])):
        raise ValueError(f"no line of an event journal: {line[:80]!r}")
    return entry


def is_serial(value: object) -> bool:
    """Whether an event can have this serial."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= SERIAL_MAX


class JournalWriter:
    """Appends events to a file, which is rotated when it is `maxbytes` large; 0 means never."""

    def __init__(
        self,
        path: str,
        maxbytes: int,
        backups: int,
        *,
        report: Report,
        disposal: Disposals | None = None,
    ) -> None:
        self.path = path
        self.lost_count = 0
        """Events that could not be written, since the start."""
        self.gap: SerialRange | None = None
        """Those of them that the journal does not know of yet."""
        self.removed: SerialRange | None = None
        """Those taken away with the file that the journal does not know of yet."""
        self.removed_through = -1
        """Highest serial that was taken away with the file, since the start."""
        self.last_serial = -1
        """Of the event that was written last, since the start."""
        self._unwritten: SerialRange | None = None
        self._maxbytes = maxbytes
        self._backups = max(backups, 0)
        self._report = report
        self._disposal = disposal
        self._fd = _CLOSED
        self._size = 0
        self._rotate_at_bytes = _NEVER_BYTES
        self._fails = False
        self._rotation_fails = False
        self._identity = (0, 0)
        self._looked_at = ""
        """The second in which the name of the file was looked at."""

    def open(self) -> None:
        """Open for appending; never raises, each event tries again."""
        try:
            self._open()
        except OSError as error:
            self._tell_trouble(error)

    def append(self, entry: Entry) -> None:
        """Write one event; never raises, never blocks."""
        second = entry.time[_SECOND]
        if second != self._looked_at:
            self._looked_at = second
            self.look()
        line = encode(entry)
        for what, missing in ((UNWRITTEN, self.gap), (REMOVED, self.removed)):
            if missing is not None:
                line = encode(Entry(missing.last, entry.time, GAP_TYPE, f"{what}{missing}")) + line
        try:
            if self._fd == _CLOSED:
                self._open()
            self._write(line)
        except OSError as error:
            self._lose(entry.serial, error)
            return
        self.last_serial = entry.serial
        self.removed = None
        if self._fails:
            self._tell_recovery()
        if self._size >= self._rotate_at_bytes:
            self._rotate()

    def has(self, serial: int) -> bool:
        """Whether an event that was appended a moment ago could be written."""
        missing = self._unwritten
        return missing is None or not missing.first <= serial <= missing.last

    def look(self) -> bool:
        """Open by name if the file has it no longer, and tell; False if it has. Never raises."""
        if self._fd == _CLOSED or self._has_its_name():
            return False
        self._tell_removal()
        self.reopen()
        return True

    def reopen(self) -> None:
        """Close, and open by name; never raises."""
        self.close()
        self.open()

    def close(self) -> None:
        """Stop writing; `append` opens it again."""
        if self._fd != _CLOSED:
            fd, self._fd = self._fd, _CLOSED
            with suppress(OSError):
                os.close(fd)

    # -- descriptor ------------------------------------------------------------------------------

    def _open(self) -> None:
        fd = os.open(self.path, _FLAGS, JOURNAL_MODE)
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "not a regular file", self.path)
            size = status.st_size
            if size and os.pread(fd, 1, size - 1) != b"\n":
                # A line that was torn by a kill or a full disk: what follows is a new one.
                size += os.write(fd, b"\n")
        except OSError:
            os.close(fd)
            raise
        self._fd = fd
        self._identity = (status.st_dev, status.st_ino)
        self._size = size
        self._rotate_at_bytes = self._maxbytes if self._maxbytes > 0 else _NEVER_BYTES

    def _has_its_name(self) -> bool:
        try:
            status = os.stat(self.path)
        except FileNotFoundError:
            return False
        except OSError:
            # Nobody knows. Whoever has to open it will see.
            return True
        return (status.st_dev, status.st_ino) == self._identity

    def _write(self, line: bytes) -> None:
        """Write all of it. Raises OSError, with nothing of it in the file if possible."""
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[self._put(rest) :]
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._fd, self._size)
            # Opened anew by the next event: the file may have been deleted or moved away.
            self.close()
            raise
        self._size += len(line)

    def _rotate(self) -> None:
        if self.look():
            # What has the name now is not ours to rename.
            return
        try:
            rotate(self.path, self._backups, deletion(self._maxbytes, self._disposal))
        except OSError as error:
            # Keep all events, and try again when as much has been written once more.
            self._rotate_at_bytes = self._size + self._maxbytes
            if not self._rotation_fails:
                self._rotation_fails = True
                self._report(
                    Level.ERRO,
                    f"cannot rotate the event journal {self.path}: {_reason(error)}; it grows "
                    "beyond event_journal_maxbytes until this works again",
                )
            return
        self._rotation_fails = False
        self.close()

    def _put(self, data: memoryview) -> int:
        """How much of it the file took. Raises OSError."""
        try:
            return os.write(self._fd, data)
        except OSError as error:
            if makes_room(error, self._disposal):
                return os.write(self._fd, data)
            raise

    # -- trouble ---------------------------------------------------------------------------------

    def _lose(self, serial: int, error: OSError) -> None:
        self.lost_count += 1
        self.gap = SerialRange(serial if self.gap is None else self.gap.first, serial)
        self._unwritten = self.gap
        self._tell_trouble(error)

    def _tell_trouble(self, error: OSError) -> None:
        if self._fails:
            return
        self._fails = True
        self._report(
            Level.CRIT,
            f"cannot write to the event journal {self.path}: {_reason(error)}; events still go to "
            "their listeners, as far as event buffers have room, but are not kept until this works "
            "again (make room there, or set event_journal to a file that can be written to)",
        )

    def _tell_removal(self) -> None:
        lost = self._taken_away()
        is_lost = ""
        if lost is not None:
            self.removed, self.removed_through = lost, lost.last
            is_lost = f", and the events with the serials {lost} are not in it any more"
        self._report(
            Level.WARN,
            f"the event journal {self.path} was deleted or moved away while supervisord wrote to "
            f"it; it is begun again{is_lost} (rather rename it and send SIGUSR2 while no pool has "
            "to catch up)",
        )

    def _taken_away(self) -> SerialRange | None:
        """The events in the open file, unless that is where a reader finds it."""
        with suppress(OSError):
            if os.path.samestat(os.fstat(self._fd), os.stat(backup_path(self.path, 1))):
                return None
        first = None
        with suppress(OSError):
            first = _FIRST.search(os.pread(self._fd, _FIRST_BYTES, 0))
        if first is None or self.last_serial < 0:
            return None
        return SerialRange(min(int(first[1]), self.last_serial), self.last_serial)

    def _tell_recovery(self) -> None:
        self._fails = False
        gap, self.gap = self.gap, None
        if gap is not None:
            self._report(
                Level.WARN,
                f"the event journal {self.path} can be written to again; the events with the "
                f"serials {gap} are missing in it",
            )


def _reason(error: OSError) -> str:
    return f"{error.strerror} ({errno_name(error.errno or 0)})"
