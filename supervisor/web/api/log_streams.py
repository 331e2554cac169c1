"""Logs that are followed: as they are, or as server-sent events.

A log is only read when the client has taken what it was sent before, so a slow one costs nothing
but its place.
"""

from codecs import getincrementaldecoder

from supervisor.hints import Callable, Final
from supervisor.rpc.ports import PassageFollower
from supervisor.web.api.jsons import write_json
from supervisor.web.sse import EventSource

READ_BYTES_MAX: Final = 16 * 1024
"""Bytes in one event: what a client has to keep in memory."""

Follow = Callable[[Callable[[], None], int], PassageFollower]
"""Follows a log from an offset on, and calls when it has grown."""


class LogText:
    """The bytes of a log. Implements `web.messages.Stream`."""

    __slots__ = ("_follower", "_wake", "content_type", "headers")

    def __init__(self, follow: Follow, offset: int) -> None:
        self._wake: Callable[[], None] | None = None
        self._follower = follow(self._grew, offset)
        self.content_type = "text/plain;charset=utf-8"
        # X-Accel-Buffering tells nginx to pass the pieces on as they come.
        self.headers: tuple[tuple[str, str], ...] = (
            ("Cache-Control", "no-store"),
            ("X-Accel-Buffering", "no"),
        )

    def on_growth(self, wake: Callable[[], None]) -> None:
        """Have `wake` called whenever the log has grown."""
        self._wake = wake

    def read(self, max_bytes: int) -> bytes:
        """The next bytes, b'' if there are none now."""
        return self._follower.read(max_bytes).data

    def close(self) -> None:
        """Stop following."""
        self._wake = None
        self._follower.close()

    def _grew(self) -> None:
        if self._wake is not None:
            self._wake()


class LogEvents:
    """Sends what a log says, as events of a stream: `log` and `anew`.

    Text is UTF-8, never cut within a character; bytes that are none are replaced. The id of an
    event is the offset to go on from.
    """

    __slots__ = ("_decoder", "_follower", "_pending_bytes", "_source")

    def __init__(self, source: EventSource, follow: Follow, offset: int) -> None:
        self._source = source
        self._follower = follow(source.wake, offset)
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._pending_bytes = 0
        """Of a character that is not complete."""
        source.add(self._refill, self._follower.close)

    def _refill(self) -> None:
        passage = self._follower.read(READ_BYTES_MAX)
        if passage.anew:
            self._decoder.reset()
            self._pending_bytes = 0
            self._send("anew", 0, {"reason": passage.anew})
        if passage.data:
            begin = passage.offset - self._pending_bytes
            text = self._decoder.decode(passage.data)
            self._pending_bytes = len(self._decoder.getstate()[0])
            after = passage.offset + len(passage.data) - self._pending_bytes
            if text:
                self._send("log", after, {"offset": begin, "text": text})
            # There may be more: in the next turn.
            self._source.wake()

    def _send(self, kind: str, after: int, struct: dict[str, object]) -> None:
        # JSON is one line: nothing of the log can be taken for another field.
        self._source.send(kind, write_json(struct).decode("utf-8").rstrip("\n"), str(after))
