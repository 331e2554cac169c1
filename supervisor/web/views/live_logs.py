"""Logs on open pages: each line is sent when it is written, and again while it has no end.

A log is read only when the page has taken what it was sent before. A page that falls far behind is
not sent all that it missed, but told how much that was.
"""

from supervisor.errors import RequestRefused
from supervisor.rpc.ports import Passage
from supervisor.tuples import NamedTuple
from supervisor.web.sse import EventSource
from supervisor.web.views.kit import Html, joined
from supervisor.web.views.lines import Line, LineSplitter, line_start
from supervisor.web.views.logs import gap_html, line_html
from supervisor.web.views.sending import Opening, Sender
from supervisor.web.views.sources import LogSource
from supervisor.web.views.words import size

READ_BYTES = 32 * 1024
"""Read at once."""

BEHIND_BYTES_MAX = 512 * 1024
"""What a page may be behind; beyond it, it goes on with the last part."""

OFFSET_DIGITS_MAX = 18

LINES_MAX = 1000
"""Sent at once of what was read: the last ones."""

_ANEW = {
    "rotated": "The file was full: what follows is in a new one.",
    "emptied": "The log was cleared.",
}


class Pane(NamedTuple):
    """Where the lines go."""

    log: str
    """Id of the element."""
    tag: str = ""
    """Put before each line, where lines of several logs come together."""


class LogLines:
    """The lines of one log, for one page."""

    __slots__ = (
        "_follower",
        "_gaps",
        "_is_midway",
        "_pane",
        "_position",
        "_sender",
        "_source",
        "_splitter",
        "_to",
    )

    def __init__(
        self, to: EventSource, sender: Sender, source: LogSource, pane: Pane, offset: int
    ) -> None:
        """Raises RequestRefused for a log that cannot be followed."""
        self._to = to
        self._sender = sender
        self._source = source
        self._pane = pane
        self._gaps: list[tuple[int, str]] = []
        """What is told between lines, and the size of the log when that was said."""
        self._begin(offset)
        to.add(self._refill, self._close)

    def note(self, text: str) -> None:
        """Tell something that is no line of the log, behind what has been written so far."""
        try:
            written_bytes = self._source.extent()[1]
        except RequestRefused:
            written_bytes = 0
        self._gaps.append((written_bytes, text))
        self._to.wake()

    def _begin(self, offset: int, *, is_midway: bool = False) -> None:
        self._follower = self._source.follow(self._to.wake, offset)
        self._splitter = LineSplitter(offset)
        self._position = offset
        self._is_midway = is_midway
        """Whether what is read first may begin within a line."""

    def _close(self) -> None:
        self._follower.close()

    def _refill(self) -> None:
        if not self._to.has_room:
            return
        self._tell_gaps()
        try:
            passage = self._follower.read(self._wanted_bytes())
        except OSError as error:
            self._tell("line", gap_html(f"It cannot be read: {error.strerror}."))
            self._to.finish()
            return
        if passage.anew:
            self._tell_gaps(all_of_them=True)
            self._splitter = LineSplitter(passage.offset)
            self._position = passage.offset
            self._tell("anew", gap_html(_ANEW.get(passage.anew, "The log begins anew.")))
        if passage.data:
            self._position = passage.offset + len(passage.data)
            self._send(passage)
            # There may be more: in the next turn.
            self._to.wake()

    def _wanted_bytes(self) -> int:
        """Up to the next gap, so that it comes where it belongs."""
        if not self._gaps:
            return READ_BYTES
        return min(READ_BYTES, self._gaps[0][0] - self._position)

    def _tell_gaps(self, *, all_of_them: bool = False) -> None:
        due = [text for at, text in self._gaps if all_of_them or at <= self._position]
        if due:
            del self._gaps[: len(due)]
            self._tell("line", gap_html(". ".join(due)))

    def _send(self, passage: Passage) -> None:
        data = passage.data
        if self._is_midway:
            skipped = min(line_start(data), len(data))
            self._splitter = LineSplitter(passage.offset + skipped)
            data = data[skipped:]
            self._is_midway = False
        lines = self._splitter.feed(data)
        gap = Html()
        if len(lines) > LINES_MAX:
            gap = gap_html(f"{len(lines) - LINES_MAX:,} lines are left out here.")
            lines = lines[-LINES_MAX:]
        if lines:
            self._tell("line", joined((gap, *(self._html(line) for line in lines))))
        if len(passage.data) == READ_BYTES:
            self._catch_up(passage.offset + READ_BYTES)

    def _catch_up(self, offset: int) -> None:
        """Go on with the end of the log if the page is far behind it."""
        try:
            end = self._source.extent()[1]
        except RequestRefused:
            return
        left_out = end - READ_BYTES - offset
        if left_out > BEHIND_BYTES_MAX:
            self._follower.close()
            self._begin(end - READ_BYTES, is_midway=True)
            self._tell("line", gap_html(f"{size(left_out)} are left out here: too much at once."))

    def _html(self, line: Line) -> Html:
        return line_html(self._source.stream, line, tag=self._pane.tag)

    def _tell(self, event: str, html: Html) -> None:
        self._sender.send(
            event,
            {
                "log": self._pane.log,
                "stream": self._source.stream,
                "html": html,
                "next": self._splitter.next,
            },
        )


def follow(opening: Opening, sender: Sender, source: LogSource, pane: Pane) -> LogLines | None:
    """Follow a log from where the page is; None if it does not show it, or there is none."""
    offset = opening.said.get(source.stream, "")
    if not (offset.isascii() and offset.isdigit() and len(offset) <= OFFSET_DIGITS_MAX):
        return None
    try:
        return LogLines(opening.source, sender, source, pane, int(offset))
    except RequestRefused:
        return None
