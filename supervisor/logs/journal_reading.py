"""Reading an event journal back: from a serial on, through all its files, in bounded slices.

The journal is the file and its rotated backups, oldest first. Lines that are no events (torn by a
kill, or of somebody else) are skipped. A reader keeps no descriptor between two slices, so that it
never keeps the space of a file that is rotated away.
"""

import os
import re
import stat

from supervisor.hints import Callable, Final, Iterator, Sequence
from supervisor.logs.journal import (
    GAP_TYPE,
    REMOVED,
    UNWRITTEN,
    Entry,
    SerialRange,
    decode,
    is_serial,
)
from supervisor.logs.reading import open_regular
from supervisor.logs.rotation import backup_path
from supervisor.tuples import NamedTuple

SLICE_BYTES_MIN: Final = 16 * 1024
SLICE_BYTES_MAX: Final = 256 * 1024
"""Read at once, unless a single line is longer: a few milliseconds of work."""

_SEARCH_BYTES: Final = 16 * 1024
_LINE_BYTES_MAX: Final = 256 * 1024 * 1024
"""No event is longer: what has no line in so many bytes is no journal."""
_MISSES_MAX: Final = 2

# No serial has more digits; of those that have as many some are too high, see `_heads`.
_HEAD = re.compile(rb'^\{"serial":(\d{1,19}),"time":"[^"]*","type":"([^"]*)",', re.MULTILINE)
_BEGINNING = re.compile(rb'\n\{"serial":(\d{1,19}),')
_BEGINNING_BYTES_MAX: Final = 64


class Slice(NamedTuple):
    """What one step of reading found."""

    entries: list[Entry]
    is_last: bool
    """The journal has nothing more for now."""
    lost: list[SerialRange]
    """What was asked for and is not in the journal any more, or never was."""
    is_empty: bool = False
    """There is not a single event: if there ever were any, they are lost."""
    unwritten: Sequence[SerialRange] = ()
    """What could not be written when it was announced."""
    damaged_count: int = 0
    """Lines that were skipped because they are no events."""


class Place(NamedTuple):
    """Where reading goes on: in which file, and where in it."""

    inode: int
    first: int
    """Serial of the first event in the file: the inode alone may be that of a newer file."""
    offset: int
    serial: int
    """The serial that has to be asked for, for this place to be right."""


def last_serial(path: str) -> int | None:
    """The highest serial of the journal; None if there is none. Raises OSError."""
    for name in _files(path).values():
        fd = open_regular(name)
        try:
            found = _last_serial_in(fd)
        finally:
            os.close(fd)
        if found is not None:
            return found
    return None


def oldest_serial(path: str) -> int | None:
    """The lowest serial of the journal; None if there is none. Raises OSError."""
    oldest = None
    for name in _files(path).values():
        first = _first_serial(name)
        oldest = oldest if first is None else first
    return oldest


class JournalReader:
    """Reads forward for one pool."""

    def __init__(self, path: str, wants: Callable[[str], bool]) -> None:
        self._path = path
        self._wants = wants
        self._place: Place | None = None
        self._slice_bytes = SLICE_BYTES_MIN
        """Grows while there is little to find."""

    def read(self, serial: int, count_max: int) -> Slice:
        """The next wanted events from that serial on, `count_max` (> 0) of them at most.

        It may be none although there are more: then `is_last` is false, and the same serial is to
        be asked for again. Raises OSError.
        """
        files = _files(self._path)
        lost: list[SerialRange] = []
        place = self._place
        if place is None or place.serial != serial or not _is_there(place, files):
            place = self._place = _find(files, serial, lost)
        if place is None:
            return Slice([], True, lost, is_empty=True)
        text = _whole_lines(files[place.inode], place.offset, self._slice_bytes)
        if not text:
            return Slice([], not self._enter_next(files, place), lost)
        gaps: list[Entry] = []
        entries, read_bytes, damaged_count = self._select(text, serial, count_max, gaps)
        is_full = len(entries) >= count_max
        self._slice_bytes = (
            SLICE_BYTES_MIN if is_full else min(self._slice_bytes * 2, SLICE_BYTES_MAX)
        )
        next_serial = entries[-1].serial + 1 if entries else serial
        self._place = place._replace(offset=place.offset + read_bytes, serial=next_serial)
        # What a lost file had is told once.
        beyond = lost[-1].last + 1 if lost else serial
        lost += _missing(gaps, REMOVED, beyond)
        unwritten = _missing(gaps, UNWRITTEN, beyond)
        return Slice(entries, False, lost, unwritten=unwritten, damaged_count=damaged_count)

    def _enter_next(self, files: dict[int, str], place: Place) -> bool:
        """At the end of a file: go on with the one begun after it, if it has events already."""
        inodes = list(files)
        for inode in reversed(inodes[: inodes.index(place.inode)]):
            first = _first_serial(files[inode])
            if first is not None:
                self._place = Place(inode, first, 0, place.serial)
                return True
        return False

    def _select(
        self, text: bytes, serial: int, count_max: int, gaps: list[Entry]
    ) -> tuple[list[Entry], int, int]:
        """The wanted events among these lines, the bytes looked at for them, and damaged lines."""
        entries: list[Entry] = []
        read_bytes = len(text)
        begin = intact_count = 0
        for head, its_serial in _heads(_HEAD, text):
            if its_serial < serial:
                # What comes before is of no interest, damaged or not.
                begin, intact_count = head.start(), 1
                continue
            intact_count += 1
            kind = head[2].decode("utf-8", "replace")
            if kind != GAP_TYPE and not self._wants(kind):
                continue
            end = text.index(b"\n", head.end())
            try:
                entry = decode(text[head.start() : end])
            except ValueError:
                intact_count -= 1
                continue
            if kind == GAP_TYPE:
                gaps.append(entry)
                continue
            entries.append(entry)
            if len(entries) >= count_max:
                read_bytes = end + 1
                break
        return entries, read_bytes, text.count(b"\n", begin, read_bytes) - intact_count


def _heads(pattern: re.Pattern[bytes], text: bytes) -> Iterator[tuple[re.Match[bytes], int]]:
    """Where the lines of events begin, with their serials."""
    for found in pattern.finditer(text):
        serial = int(found[1])
        if is_serial(serial):
            yield found, serial


def _files(path: str) -> dict[int, str]:
    """The files of a journal by inode, youngest first."""
    files: dict[int, str] = {}
    number = misses = 0
    # One may be missing: the journal itself after a rotation, a backup where a rotation failed.
    while misses < _MISSES_MAX:
        name = backup_path(path, number)
        try:
            status = os.stat(name)
        except FileNotFoundError:
            misses += 1
        else:
            misses = 0
            if stat.S_ISREG(status.st_mode):
                files[status.st_ino] = name
        number += 1
    return files


def _is_there(place: Place, files: dict[int, str]) -> bool:
    return place.inode in files and _first_serial(files[place.inode]) == place.first


def _find(files: dict[int, str], serial: int, lost: list[SerialRange]) -> Place | None:
    """Where the first event with that serial or a higher one is; None if there are no events."""
    oldest: Place | None = None
    for inode, name in files.items():
        first = _first_serial(name)
        if first is None:
            continue
        if first <= serial:
            return Place(inode, first, _seek(name, serial), serial)
        oldest = Place(inode, first, 0, serial)
    if oldest is not None:
        lost.append(SerialRange(serial, oldest.first - 1))
    return oldest


def _first_serial(name: str) -> int | None:
    """Serial of the first event in a file, None if there is none yet."""
    fd = open_regular(name)
    try:
        first = _first_line(fd, 0, os.fstat(fd).st_size)
    finally:
        os.close(fd)
    return None if first is None else first[1]


def _seek(name: str, serial: int) -> int:
    """Beginning of a line that is not far before the one with that serial."""
    fd = open_regular(name)
    try:
        low, high = 0, os.fstat(fd).st_size
        while high - low > _SEARCH_BYTES:
            middle = (low + high) // 2
            found = _first_line(fd, middle, high)
            if found is None or found[1] >= serial:
                high = middle
            else:
                low = found[0]
        return low
    finally:
        os.close(fd)


def _first_line(fd: int, start: int, stop: int) -> tuple[int, int] | None:
    """(offset, serial) of the first line that begins at start or later, and before stop."""
    at = start - 1
    while at < stop:
        # A line begins behind a line feed; the first one of the file is given one.
        piece = (
            os.pread(fd, _SEARCH_BYTES, at) if at >= 0 else b"\n" + os.pread(fd, _SEARCH_BYTES, 0)
        )
        for found, serial in _heads(_BEGINNING, piece):
            offset = at + found.start() + 1
            return (offset, serial) if offset < stop else None
        if len(piece) < _SEARCH_BYTES:
            return None
        at += len(piece) - _BEGINNING_BYTES_MAX
    return None


def _last_serial_in(fd: int) -> int | None:
    size = os.fstat(fd).st_size
    wanted_bytes = _SEARCH_BYTES
    while True:
        start = max(size - wanted_bytes, 0)
        text = b"\n" * (start == 0) + os.pread(fd, wanted_bytes, start)
        serials = [serial for _, serial in _heads(_BEGINNING, text)]
        if serials:
            return serials[-1]
        if start == 0 or wanted_bytes >= _LINE_BYTES_MAX:
            return None
        wanted_bytes *= 4


def _whole_lines(path: str, offset: int, piece_bytes: int) -> bytes:
    """Lines from there on; none at the end of the file."""
    fd = open_regular(path)
    try:
        text = bytearray()
        while piece := os.pread(fd, piece_bytes, offset + len(text)):
            end = piece.rfind(b"\n") + 1
            if end:
                return bytes(text) + piece[:end] if text else piece[:end]
            text += piece
        # What follows the last line feed was torn.
        return b""
    finally:
        os.close(fd)


def _missing(gaps: Sequence[Entry], why: str, serial: int) -> list[SerialRange]:
    """What lines about gaps, for that reason, mean for somebody who asked for a serial."""
    found: list[SerialRange] = []
    for gap in gaps:
        if not gap.payload.startswith(why):
            continue
        first, _, last = gap.payload.removeprefix(why).partition("-")
        try:
            missing = SerialRange(max(int(first), serial), int(last or first))
        except ValueError:
            continue
        if missing.first <= missing.last and is_serial(missing.last):
            found.append(missing)
    return found
