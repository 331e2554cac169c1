"""The daemon's own log: one line format, several places to write it to.

Texts of messages belong to the callers; they are written as they are, several lines included.
Nothing that happens to a sink can stop the daemon: sinks are `FileLog`s and the syslog client,
which never raise. Trouble of one sink is told to the others.
"""

import os

from supervisor.hints import Callable, Protocol
from supervisor.levels import Level
from supervisor.logs.filelog import FileLog
from supervisor.logs.rotation import Disposals
from supervisor.logs.stamp import SecondStamp
from supervisor.logs.target import own_descriptor

HELD_COUNT_MAX = 256
"""Lines that are kept back at most before they are written."""

STDOUT = "/dev/stdout"
_STDOUT_FD = 1
_LEVEL_NAMES = {int(level): level.name for level in Level}


class WallClock(Protocol):
    """Who knows what time it is."""

    @property
    def wall_s(self) -> float:
        """Seconds since the epoch."""


class SyslogSender(Protocol):
    """Who passes lines on to syslog."""

    def send(self, line: str) -> None:
        """Send one line; never raises, never blocks."""


class MainLog:
    """Leveled lines to a file or to syslog, and a copy to stdout."""

    __slots__ = (
        "_clock",
        "_copy",
        "_held",
        "_holds_count",
        "_stamp",
        "_syslog",
        "disposal",
        "file",
        "level",
        "observer",
    )

    def __init__(self, clock: WallClock, level: int = Level.INFO) -> None:
        self.level = level
        """Messages below it are dropped."""
        self.file: FileLog | None = None
        self.disposal: Disposals | None = None
        """Who deletes large backups of it; to be set before it is opened."""
        self.observer: Callable[[int, str], None] | None = None
        """Told of every message that is written, without its date; must not raise."""
        self._clock = clock
        self._copy: FileLog | None = None
        self._syslog: SyslogSender | None = None
        self._stamp = SecondStamp("%Y-%m-%d %H:%M:%S")
        self._held: list[str] = []
        """Lines that have yet to be written to the files."""
        self._holds_count = 0

    # ------------------------------------------------------------------ sinks

    def open_file(self, path: str, maxbytes: int, backups: int) -> None:
        """Write to this file (absolute path), rotated at maxbytes. Raises OSError."""
        # In place before it is opened: what opening has to report belongs into it, too.
        self.file = FileLog(path, maxbytes, backups, report=self.log)
        self.file.disposal = self.disposal
        try:
            self.file.open()
        except OSError:
            self.file = None
            raise

    def open_syslog(self, sender: SyslogSender) -> None:
        """Write to syslog, each line of a message separately."""
        self._syslog = sender

    def copy_to_stdout(self) -> None:
        """Write to stdout as well, unless that is where the file leads to already.

        A daemon without stdout has nobody to show a copy to: then nothing happens.
        """
        if self.file is not None and _is_stdout(self.file.path):
            return
        copy = FileLog(STDOUT, 0, 0, report=self.log)
        try:
            copy.open()
        except OSError:
            return
        self._copy = copy

    # ------------------------------------------------------------------ messages

    def enabled(self, level: int) -> bool:
        """True if messages of this level are written; ask before making an expensive text."""
        return level >= self.level

    def log(self, level: int, text: str) -> None:
        """Write ``<date> <time>,<ms> <LEVL> <text>``; never raises, never blocks."""
        if level < self.level:
            return
        if self.observer is not None:
            self.observer(level, text)
        wall_s = self._clock.wall_s
        name = _LEVEL_NAMES.get(level, level)
        message = f"{self._stamp(wall_s)},{int(wall_s % 1 * 1000):03d} {name} {text}\n"
        if self._syslog is not None:
            for line in message[:-1].split("\n"):
                self._syslog.send(line)
        if self.file is None and self._copy is None:
            return
        if not self._holds_count:
            self._write(_encoded(message))
            return
        self._held.append(message)
        if len(self._held) >= HELD_COUNT_MAX:
            self.flush()

    def _write(self, data: bytes) -> None:
        if self.file is not None:
            self.file.write(data)
        if self._copy is not None:
            self._copy.write(data)

    # ------------------------------------------------------------------ lines that belong together

    def hold(self) -> None:
        """Keep lines back until `release` has been called as often: one write for all of them.

        For as long as it takes to do what is known to be next: a write costs as much as three
        lines. They are lost with a daemon that is killed meanwhile.
        """
        self._holds_count += 1

    def release(self) -> None:
        """The end of what `hold` began."""
        self._holds_count -= 1
        if self._held and not self._holds_count:
            self.flush()

    def flush(self) -> None:
        """Write what is kept back: somebody is about to look."""
        held, self._held = self._held, []
        if not held:
            return
        data = _encoded("".join(held))
        if self.file is None or self.file.has_room(len(data)):
            self._write(data)
            return
        # Rotation comes after the line that fills the file, not after those that follow it.
        for line in held:
            self._write(_encoded(line))

    # ------------------------------------------------------------------ by request

    @property
    def path(self) -> str | None:
        """Path of the file, None if there is none."""
        return None if self.file is None else self.file.path

    @property
    def files(self) -> list[FileLog]:
        """What it is written to, apart from syslog: the copy first. All has been written there."""
        self.flush()
        return [each for each in (self._copy, self.file) if each is not None]

    def reopen(self) -> None:
        """Close the file and open it by name; never raises."""
        self.flush()
        if self.file is not None:
            self.file.reopen()

    def clear(self) -> None:
        """Empty the file, if there is one. Raises OSError."""
        self.flush()
        if self.file is not None:
            self.file.clear()

    def close(self) -> None:
        """Close all sinks; later messages are dropped."""
        self.flush()
        # The copy first: what it has to say about its losses belongs into the file.
        for sink in (self._copy, self.file):
            if sink is not None:
                sink.close()
        self.file = self._copy = self._syslog = None


def _encoded(text: str) -> bytes:
    """Surrogates stand for undecodable bytes, as of a file name: show which ones."""
    return text.encode("utf-8", "backslashreplace")


def _is_stdout(path: str) -> bool:
    """True if the path is, or leads to, the very thing that our stdout is."""
    if own_descriptor(path) == _STDOUT_FD:
        return True
    try:
        return os.path.samestat(os.stat(path), os.fstat(_STDOUT_FD))
    except OSError:
        return False
