"""A page that is sent piece by piece, one for each turn of the loop: others are served between."""

from supervisor.hints import Iterator
from supervisor.web import pieces
from supervisor.web.views.kit import Html


class PieceStream(pieces.PieceStream):
    """A stream of pieces of a page."""

    __slots__ = ()

    def __init__(
        self, parts: Iterator[Html], content_type: str, headers: tuple[tuple[str, str], ...]
    ) -> None:
        super().__init__((part.encode() for part in parts), content_type, headers)
