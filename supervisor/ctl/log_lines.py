"""Logs of several processes as one text: whole lines, each with the name of who wrote it.

A line is shown when it is complete, so that two processes never share one; what is still without
its line end is shown when the log ends, or when it has become too long to wait.
"""

import json

from supervisor.ctl.safe_text import printable, text_of
from supervisor.hints import Sequence
from supervisor.tuples import NamedTuple

LINE_BYTES_MAX = 65536
"""A longer line is shown in several."""
NAME_WIDTH_MAX = 40
"""Longer names push their lines to the right, and no others."""
STDERR_MARK = "stderr"
COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
"""Of the names, in turn: the numbers of SGR. Red is left to what is wrong."""
ERROR_COLOUR = 31


class LineCutter:
    """Whole lines, without their ends, from a log that comes in pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete now."""
        *lines, rest = (self._rest + data).split(b"\n")
        while len(rest) > LINE_BYTES_MAX:
            lines.append(rest[:LINE_BYTES_MAX])
            rest = rest[LINE_BYTES_MAX:]
        self._rest = rest
        return [piece for line in lines for piece in _cut(line)]

    def close(self) -> list[bytes]:
        """The last line, if it has no end yet."""
        rest, self._rest = self._rest, b""
        return [rest] if rest else []


def _cut(line: bytes) -> list[bytes]:
    if len(line) <= LINE_BYTES_MAX:
        return [line]
    return [line[at : at + LINE_BYTES_MAX] for at in range(0, len(line), LINE_BYTES_MAX)]


class LogName(NamedTuple):
    """Which log a line is from."""

    process: str
    """Name of the process, as commands take it."""
    channel: str
    """stdout or stderr."""


class LineStyle(NamedTuple):
    """How lines are shown."""

    prefixed: bool
    """The name of the process stands before each line."""
    coloured: bool = False
    for_terminal: bool = False
    """Nothing may pass that a terminal would obey, colours apart."""
    as_json: bool = False


class LineWriter:
    """Lines of some logs as they are shown, each with its line end."""

    def __init__(self, names: Sequence[LogName], style: LineStyle) -> None:
        self._style = style
        processes = list(dict.fromkeys(name.process for name in names))
        widths = [len(process) for process in processes if len(process) <= NAME_WIDTH_MAX]
        self._width = max(widths, default=0)
        self._colours = {
            process: COLOURS[index % len(COLOURS)] for index, process in enumerate(processes)
        }
        # The mark is needed only where lines of both kinds can come.
        self._marked = len({name.channel for name in names}) > 1
        self._prefixes = {name: self._prefix(name) for name in names}

    def write(self, name: LogName, line: bytes) -> bytes:
        """One line of a log."""
        if self._style.as_json:
            struct = {"process": name.process, "stream": name.channel, "text": text_of(line)}
            return json.dumps(struct, ensure_ascii=False).encode() + b"\n"
        shown = line
        if self._style.for_terminal:
            # The line ends of other systems are none of the things that could do harm.
            text = text_of(line.removesuffix(b"\r"))
            shown = printable(text, styled=self._style.coloured).encode()
        return self._prefixes[name] + shown + b"\n"

    def _prefix(self, name: LogName) -> bytes:
        if not self._style.prefixed:
            return b""
        process = f"{name.process:<{self._width}}"
        mark = f"{STDERR_MARK if name.channel == STDERR_MARK else '':<{len(STDERR_MARK)}}"
        if self._style.coloured:
            process = _coloured(process, self._colours[name.process])
            mark = _coloured(mark, ERROR_COLOUR)
        parts = [process, mark, "| "] if self._marked else [process, "| "]
        return " ".join(parts).encode()


def _coloured(text: str, colour: int) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m"
