"""Answers that are made piece by piece, each when the client has taken the one before.

So a client that does not read costs one piece, and a fast one keeps nobody waiting.
"""

from supervisor.hints import Callable, Final, Iterable, Iterator
from supervisor.web.turns import Turns

BATCH_BYTES: Final = 16 * 1024
"""Of a piece, at least, where its parts are small."""


class PieceStream:
    """Implements `web.messages.EndingStream`."""

    __slots__ = (
        "_has_failed",
        "_is_asked",
        "_pieces",
        "_ready",
        "_turns",
        "_wake",
        "content_type",
        "headers",
        "is_finite",
        "is_over",
        "status",
    )

    def __init__(
        self,
        pieces: Iterator[bytes],
        content_type: str,
        headers: tuple[tuple[str, str], ...],
        turns: Turns | None = None,
        *,
        status: int = 200,
    ) -> None:
        """With `turns` each piece is made when it is its turn, else as soon as it is asked for."""
        self._pieces: Iterator[bytes] | None = pieces
        self._turns = turns
        self._ready = b""
        """A piece that has been made and not been read."""
        self._has_failed = False
        self._is_asked = False
        """A piece is to be made when it is its turn: another one would take its place."""
        self._wake: Callable[[], None] | None = None
        self.status, self.is_finite = status, True
        self.content_type = content_type
        self.headers = headers
        self.is_over = False
        """Nothing more will come."""

    def on_growth(self, wake: Callable[[], None]) -> None:
        """Have `wake` called when a piece is ready that was asked for."""
        self._wake = wake

    def read(self, max_bytes: int) -> bytes:
        """The next piece; b'' at the end, and until it is ready. It may be larger: it is whole."""
        if self._turns is None:
            while not self._make():
                pass
        elif self._has_failed:
            raise RuntimeError("a piece could not be made; the log has the traceback")
        elif not (self._ready or self._is_asked) and self._pieces is not None:
            self._is_asked = True
            self._turns.ask(self._make_in_turn)
        piece, self._ready = self._ready, b""
        return piece

    def _make_in_turn(self) -> bool:
        """Make what has been asked for, or a part of the work; True if it is ready."""
        is_ready = self._has_failed = True
        try:
            is_ready = self._make()
            self._has_failed = False
        finally:
            self._is_asked = not is_ready
            if is_ready and self._wake is not None:
                self._wake()
        return is_ready

    def _make(self) -> bool:
        if self._pieces is None:
            return True
        piece = next(self._pieces, None)
        if piece is None:
            self._pieces = None
            self.is_over = True
            return True
        self._ready = piece
        return bool(piece)

    def close(self) -> None:
        """Make no more pieces."""
        self._pieces = self._wake = None
        self.is_over = True


def in_batches(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces, since each costs a turn; an empty part is work, and one."""
    batch: list[bytes] = []
    batch_bytes = 0
    for part in parts:
        batch.append(part)
        batch_bytes += len(part)
        if batch_bytes >= BATCH_BYTES:
            yield b"".join(batch)
            batch, batch_bytes = [], 0
        elif not part:
            yield b""
    yield b"".join(batch)
