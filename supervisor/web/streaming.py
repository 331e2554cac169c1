"""A stream on its way to one client: in chunks, or as it is, and how it ends.

A stream that may end is like any answer: the client must take it (or is given up), may have sent
the next request already, and may have closed its own side. Log followers, which never end, are
never given up, and are gone when they close.
"""

from supervisor.hints import Callable, Final, cast
from supervisor.web.compose import LAST_CHUNK, compose_stream_head, frame, is_chunked
from supervisor.web.dates import DateStamp
from supervisor.web.limits import STREAM_READ_BYTES
from supervisor.web.messages import EndingStream, Request, Stream

LAST_PIECES_MAX: Final = 1000
"""Pieces that are still sent of a stream when the daemon is about to leave."""


class Streaming:
    """One stream, and the request that it answers."""

    __slots__ = (
        "_ending",
        "_give_back",
        "_room_bytes",
        "_stream",
        "has_more",
        "may_end",
        "request",
    )

    def __init__(self, stream: Stream, request: Request, give_back: Callable[[], None]) -> None:
        """`give_back` gives back the place that it takes."""
        self._give_back = give_back
        self._stream = stream
        self._ending = cast(EndingStream, stream) if hasattr(stream, "is_over") else None
        self.may_end = self._ending is not None
        """Whether this is a stream that has an end, or may be given one."""
        self.request = request
        self._room_bytes = 0
        """How much more may follow the last piece in the same turn."""
        self.has_more = True
        """Whether there may be more at once: the last piece was not empty."""

    @property
    def is_finite(self) -> bool:
        """Whether its end comes by itself."""
        return self._ending is not None and self._ending.is_finite

    @property
    def status(self) -> int:
        """Status of the answer."""
        return 200 if self._ending is None else self._ending.status

    @property
    def is_over(self) -> bool:
        """Whether all of it has been read."""
        return self.request.method == "HEAD" or (self._ending is not None and self._ending.is_over)

    @property
    def closes(self) -> bool:
        """Whether only the end of the connection can tell the client where the stream ends."""
        return not is_chunked(self.request)

    def head(self, stamp: DateStamp, *, closes: bool) -> bytes:
        """Status line and headers."""
        return compose_stream_head(
            self._stream, self.request, stamp, closes=closes, status=self.status
        )

    def next_piece(self) -> bytes:
        """What comes next, b'' if there is nothing now."""
        if self.request.method == "HEAD":
            return b""
        data = self._stream.read(STREAM_READ_BYTES)
        self.has_more = bool(data)
        self._room_bytes = STREAM_READ_BYTES - len(data) if data and self._ending is None else 0
        return frame(data, self.request)

    def remainder(self) -> bytes:
        """What comes behind a piece of a log that was not a full one, b'' if there is nothing now.

        A piece is a line nearly always: to know at once that it was all saves another turn. Asked
        for when the piece has been sent, so that nobody waits for his line meanwhile.
        """
        room_bytes, self._room_bytes = self._room_bytes, 0
        if not room_bytes:
            return b""
        data = self._stream.read(room_bytes)
        self.has_more = bool(data)
        return frame(data, self.request)

    def rest(self) -> bytes:
        """All that is there, of a stream that ends; else the next piece."""
        pieces = [self.next_piece()]
        while self.may_end and pieces[-1] and not self.is_over and len(pieces) < LAST_PIECES_MAX:
            pieces.append(self.next_piece())
        return b"".join((*pieces, self.remainder()))

    def end(self) -> bytes:
        """The mark by which the client knows that this was all."""
        return b"" if self.closes or self.request.method == "HEAD" else LAST_CHUNK

    def close(self) -> None:
        """Release what the stream holds."""
        self._give_back()
        self._stream.close()
