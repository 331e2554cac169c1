"""A page that is sent piece by piece, one for each turn of the loop: others are served between."""

from collections.abc import Callable, Iterator

from supervisor.web.views.kit import Html


class PieceStream:
    """Implements `web.messages.Stream`, with an end."""

    __slots__ = ("_pieces", "content_type", "headers", "is_over")

    def __init__(
        self, pieces: Iterator[Html], content_type: str, headers: tuple[tuple[str, str], ...]
    ) -> None:
        self._pieces: Iterator[Html] | None = pieces
        self.content_type = content_type
        self.headers = headers
        self.is_over = False
        """Nothing more will come."""

    def on_growth(self, wake: Callable[[], None]) -> None:
        """There is always something to read until it is over."""

    def read(self, max_bytes: int) -> bytes:
        """The next piece, b'' at the end. A piece may be larger: it is made whole."""
        if self._pieces is None:
            return b""
        for piece in self._pieces:
            if piece:
                return piece.encode()
        self.close()
        return b""

    def close(self) -> None:
        """Make no more pieces."""
        self._pieces = None
        self.is_over = True
