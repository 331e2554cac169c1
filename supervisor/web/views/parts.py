"""Parts of logs: what is read of a log at once, however large it is, and how that becomes lines."""

from supervisor.errors import RequestRefused
from supervisor.tuples import NamedTuple
from supervisor.web.views.lines import Line, LineSplitter, line_start, split_lines
from supervisor.web.views.sources import LogSource, why_not

PART_BYTES = 64 * 1024
"""Read at once."""

LINES_MAX = 1000
"""Shown of a part: the last ones. 64 kB of empty lines would be a page of megabytes."""


class Part(NamedTuple):
    """A part of a log."""

    lines: list[Line]
    begin: int
    """Offset of its first line."""
    next: int
    """Offset from which on there may be more; a line without an end begins there."""
    log_begin: int
    log_end: int
    is_newest: bool = True
    trouble: str = ""
    """Why there is nothing, in whole sentences."""


def read_part(source: LogSource, before: int | None = None) -> Part:
    """The last part of a log, or the one before an offset."""
    try:
        log_begin, log_end = source.extent()
        is_newest = before is None
        stop = log_end if before is None else min(max(before, log_begin), log_end)
        start = max(log_begin, stop - PART_BYTES)
        # One byte more tells whether a line begins at the first one.
        lead = 1 if start > log_begin else 0
        data, _ = source.read(start - lead, stop - start + lead)
    except RequestRefused as refused:
        return Part([], 0, 0, 0, 0, True, why_not(source, refused))
    if lead:
        skipped = min(line_start(data), len(data))
        data, start = data[skipped:], start - lead + skipped
    if is_newest:
        splitter = LineSplitter(start)
        lines, behind = splitter.feed(data), splitter.next
    else:
        lines, behind = split_lines(data, start), stop
    lines = lines[-LINES_MAX:]
    return Part(lines, lines[0].begin if lines else start, behind, log_begin, log_end, is_newest)
