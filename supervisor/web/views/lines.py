"""Bytes of a log → lines that know where they begin, which is what readers ask for by.

A line ends with LF, CR LF or CR. The rules: what the lines are depends on the bytes alone, never on
how they came in; a line without an end is told as far as it goes, and told again when it has grown;
a line longer than LINE_BYTES_MAX comes in pieces, cut neither within a character nor within an
escape sequence.
"""

import re

from supervisor.tuples import NamedTuple

LINE_BYTES_MAX = 8192
"""Longest piece of a line."""

_END = re.compile(rb"[\r\n]")
_ESCAPE_BYTES_MAX = 64
_UNFINISHED_ESCAPE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*)?\Z")
_CHARACTER_BYTES_MAX = 4


class Line(NamedTuple):
    """A line, or a piece of a long one."""

    begin: int
    """Offset of its first byte in the log."""
    data: bytes
    """Without its end."""
    is_whole: bool = True
    """False for a last line that may still grow."""

    @property
    def text(self) -> str:
        """As text; what is not UTF-8 is replaced."""
        return self.data.decode("utf-8", "replace")


class LineSplitter:
    """Splits what is read from an offset of a log onwards."""

    __slots__ = ("_rest", "next")

    def __init__(self, begin: int) -> None:
        self.next = begin
        """Where the first line begins that is not whole yet."""
        self._rest = b""

    def feed(self, data: bytes) -> list[Line]:
        """The lines that are whole now, then the last one as far as it goes, if there is one."""
        if not data:
            return []
        data = self._rest + data
        begin = self.next
        lines: list[Line] = []
        at = 0
        while (found := _first_line(data, at)) is not None:
            end, behind = found
            lines.append(Line(begin + at, data[at:end]))
            at = behind
        self.next += at
        self._rest = data[at:]
        growing = self._rest.removesuffix(b"\r")
        if growing:
            lines.append(Line(self.next, growing, is_whole=False))
        return lines

    def close(self) -> list[Line]:
        """What is left when nothing follows: a last line without an end."""
        rest, self._rest = self._rest, b""
        begin = self.next
        self.next += len(rest)
        return [Line(begin, rest.removesuffix(b"\r"))] if rest else []


def split_lines(data: bytes, begin: int) -> list[Line]:
    """The lines of a part of a log that ends with it."""
    splitter = LineSplitter(begin)
    lines = splitter.feed(data)
    if lines and not lines[-1].is_whole:
        lines.pop()
    return lines + splitter.close()


def line_start(data: bytes) -> int:
    """Where in `data`, of which the byte before is the first, the first whole line begins.

    If no line ends within LINE_BYTES_MAX, the first whole character of a long one.
    """
    found = _END.search(data, 0, LINE_BYTES_MAX)
    if found is not None:
        return found.end() + (data[found.start() : found.end() + 1] == b"\r\n")
    at = 1
    while at < min(_CHARACTER_BYTES_MAX, len(data)) and data[at] & 0xC0 == 0x80:
        at += 1
    return at


def _first_line(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the line from `at` on ends, and where the next one begins; None if that is open."""
    found = _END.search(data, at, at + LINE_BYTES_MAX + 1)
    if found is None:
        if len(data) - at <= LINE_BYTES_MAX:
            return None
        cut = _cut(data, at, at + LINE_BYTES_MAX)
        return cut, cut
    end = found.start()
    if data[end] == 0x0A:
        return end, end + 1
    if end + 1 == len(data):
        # It may become CR LF.
        return None
    return end, end + 1 + (data[end + 1] == 0x0A)


def _cut(data: bytes, begin: int, end: int) -> int:
    """Where to cut a line that is too long: at `end` or a little before it."""
    unfinished = _UNFINISHED_ESCAPE.search(data, max(end - _ESCAPE_BYTES_MAX, begin), end)
    if unfinished is not None and unfinished.start() > begin:
        return unfinished.start()
    cut = end
    while cut > end - _CHARACTER_BYTES_MAX and data[cut] & 0xC0 == 0x80:
        cut -= 1
    # What has more of them than a character can have is no UTF-8.
    return end if data[cut] & 0xC0 == 0x80 else cut
