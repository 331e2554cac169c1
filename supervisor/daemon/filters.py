"""Outlets that change the stream on its way: escape sequences stripped, captures taken out.

Loaded for the first configuration that asks for one (see `daemon.late`): most do not.
"""

from supervisor.daemon.channels import Outlet, Sink
from supervisor.daemon.outlets import Source, capture_maxbytes
from supervisor.hints import Callable, Final
from supervisor.levels import Level
from supervisor.wire.ansi import AnsiStripper
from supervisor.wire.capture import (
    Captured,
    CaptureParser,
    Enclosed,
    Piece,
    Plain,
    Unfinished,
)


class Stripping:
    """Hands on everything but ANSI escape sequences."""

    is_plain: Final = False
    __slots__ = ("_outlet", "_stripper")

    def __init__(self, outlet: Outlet) -> None:
        self._stripper = AnsiStripper()
        self._outlet = outlet

    def give(self, data: bytes | memoryview) -> None:
        """Hand on what is text."""
        text = self._stripper.feed(data)
        if text:
            self._outlet.give(text)

    def close(self) -> None:
        """What was kept back is no escape sequence after all."""
        rest = self._stripper.close()
        if rest:
            self._outlet.give(rest)
        self._outlet.close()


class Capturing:
    """Takes captures out of the text: they are told to listeners instead of being logged."""

    is_plain: Final = False
    __slots__ = ("_captures", "_enclosed", "_log", "_parser", "_source", "_text", "_told_cut")

    def __init__(
        self,
        source: Source,
        text: Outlet,
        enclosed: Sink | None,
        captures: Outlet,
        log: Callable[[int, str], object],
    ) -> None:
        self._source = source
        self._text = text
        self._enclosed = enclosed
        """Who sees what is between the tags as it comes, complete or not."""
        self._captures = captures
        self._log = log
        self._parser = CaptureParser(capture_maxbytes(source))
        self._told_cut = False

    def give(self, data: bytes | memoryview) -> None:
        """Hand on the text, announce the captures that are complete."""
        self._sort(self._parser.feed(data))

    def close(self) -> None:
        """What was kept back is no tag; what is not complete is lost."""
        self._sort(self._parser.close())
        self._text.close()

    def _sort(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            match piece:
                case Plain(text):
                    self._text.give(text)
                case Enclosed(part):
                    if self._enclosed is not None:
                        self._enclosed(part)
                case Captured():
                    self._tell(piece)
                case Unfinished(lost_bytes):
                    self._log(
                        Level.WARN,
                        f"{self._name()} ended inside a capture: there was no END tag, "
                        f"{lost_bytes} bytes are lost",
                    )

    def _tell(self, captured: Captured) -> None:
        source = self._source
        if captured.cut_bytes and not self._told_cut:
            self._told_cut = True
            self._log(
                Level.WARN,
                f"{self._name()} printed {captured.cut_bytes + len(captured.data)} bytes between "
                f"the tags, only the last {len(captured.data)} are kept "
                f"(set {source.channel}_capture_maxbytes to more; told once per start)",
            )
        self._captures.give(captured.data)
        self._log(Level.DEBG, f"{self._name()} emitted a comm event")

    def _name(self) -> str:
        return f"{self._source.settings.name!r} {self._source.channel}"
