"""Capture mode: what a child prints between two tags is not for its log but for listeners.

The rule: what comes out depends on the stream alone, never on how it was cut into chunks. Nothing
is kept back but what may be the beginning of the tag that comes next (L7).
"""

from supervisor.events import ProcessCommunicationEvent
from supervisor.tuples import NamedTuple

BEGIN = ProcessCommunicationEvent.BEGIN_TOKEN
END = ProcessCommunicationEvent.END_TOKEN


class Plain(NamedTuple):
    """Text outside of the tags."""

    data: bytes


class Enclosed(NamedTuple):
    """Text between the tags, as it comes in; whether it will be complete is not known yet."""

    data: bytes


class Captured(NamedTuple):
    """The END tag came: what was between the tags, as far as it is kept."""

    data: bytes
    cut_bytes: int
    """How many bytes before it were too many to be kept."""


class Unfinished(NamedTuple):
    """The stream ended between the tags."""

    lost_bytes: int


Piece = Plain | Enclosed | Captured | Unfinished


class CaptureParser:
    """Tells apart text and captures of a channel; keeps the last `bytes_max` (> 0) of a capture."""

    __slots__ = ("_bytes_max", "_captured", "_cut_bytes", "_held", "_tag")

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._captured = bytearray()
        self._cut_bytes = 0
        self._held = b""
        self._tag = BEGIN
        """The tag that is waited for."""

    def feed(self, data: bytes | memoryview) -> list[Piece]:
        """The pieces that end in data, and as much of the one that goes on as is certain."""
        text = self._held + bytes(data) if self._held else bytes(data)
        pieces: list[Piece] = []
        start = 0
        while (found := text.find(self._tag, start)) >= 0:
            if found > start:
                pieces.append(self._take(text[start:found]))
            start = found + len(self._tag)
            if self._tag is END:
                pieces.append(self._complete())
            self._tag = END if self._tag is BEGIN else BEGIN
        end = self._undecided_from(text, start)
        if end > start:
            pieces.append(self._take(text[start:end]))
        self._held = text[end:]
        return pieces

    def close(self) -> list[Piece]:
        """The end of the stream: what was kept back is no tag; a capture without END is lost."""
        held, self._held = self._held, b""
        pieces: list[Piece] = [self._take(held)] if held else []
        if self._tag is END:
            pieces.append(Unfinished(len(self._captured) + self._cut_bytes))
            self._complete()
            self._tag = BEGIN
        return pieces

    def _undecided_from(self, text: bytes, start: int) -> int:
        """Where the beginning of a tag starts that text ends with; the end if there is none."""
        # A tag has one `<`, its first byte: only the last one in reach can begin a tag.
        found = text.rfind(b"<", max(start, len(text) - len(self._tag) + 1))
        return found if found >= 0 and self._tag.startswith(text[found:]) else len(text)

    def _take(self, data: bytes) -> Piece:
        if self._tag is BEGIN:
            return Plain(data)
        kept = data[-self._bytes_max :]
        excess = max(0, len(self._captured) + len(kept) - self._bytes_max)
        del self._captured[:excess]
        self._captured += kept
        self._cut_bytes += excess + len(data) - len(kept)
        return Enclosed(data)

    def _complete(self) -> Captured:
        captured = Captured(bytes(self._captured), self._cut_bytes)
        self._captured = bytearray()
        self._cut_bytes = 0
        return captured
