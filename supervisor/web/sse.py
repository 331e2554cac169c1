"""Server-sent events to one client (HTML standard, section 9.2), never buffered without bound.

A client is sent something when it has taken what it was sent before. Whoever has news either says
`wake` and is asked by a refill, which costs nothing while the client is slow, or calls `send` at
once. A client that falls too far behind gets one `resync` event, and its stream ends: it should
look at everything anew, and may go on from the id of that event.
"""

import re

from supervisor.core.component import Clock, Timer, Timers
from supervisor.hints import Callable, Final
from supervisor.lean import deque

QUEUED_COUNT_MAX: Final = 1000
"""Messages that wait for one client; beyond it: resync."""
QUEUED_BYTES_MAX: Final = 512 * 1024
"""The same in bytes; a longer message may wait alone."""
REFILL_BYTES: Final = 64 * 1024
"""From here on a refill should leave the rest for the next time."""
HEARTBEAT_S: Final = 15.0
"""Seconds of silence after which a comment is sent: so that proxies do not give up, and that we
learn who has gone."""
RETRY_MS: Final = 2000
"""Milliseconds after which a browser whose stream has ended comes again."""

SLOW: Final = "slow"
"""Reason of a resync: the client did not take what it was sent in time."""
FORGOTTEN: Final = "forgotten"
"""Reason of a resync: what came after the id that it wants to go on from is not known any more."""

_LINE_ENDS = re.compile(r"\r\n|\n|\r")
_UNFIT_FOR_IDS = re.compile(r"[\r\n\0]")


def message(event: str, data: str, id: str = "") -> bytes:
    """One event as bytes; a browser that is told an id comes back with it.

    Raises ValueError if name or id are no single line. Surrogates become question marks.
    """
    if _UNFIT_FOR_IDS.search(event + id):
        raise ValueError(f"cannot send the event {event!r} with the id {id!r}: not a single line")
    lines = [f"id: {id}"] if id else []
    if event:
        lines.append(f"event: {event}")
    lines += [f"data: {line}" for line in _LINE_ENDS.split(data)]
    return ("\n".join(lines) + "\n\n").encode("utf-8", "replace")


class EventSource:
    """One stream of events. Implements `web.messages.EndingStream`."""

    __slots__ = (
        "_clock",
        "_endings",
        "_is_finished",
        "_queue",
        "_queued_bytes",
        "_refills",
        "_sent_s",
        "_timer",
        "_timers",
        "_told_id",
        "_wake",
        "content_type",
        "headers",
        "is_finite",
        "position",
        "status",
    )

    def __init__(self, timers: Timers, clock: Clock) -> None:
        self.status, self.is_finite = 200, False
        self.content_type = "text/event-stream"
        # X-Accel-Buffering tells nginx to pass the pieces on as they come.
        self.headers: tuple[tuple[str, str], ...] = (
            ("Cache-Control", "no-store"),
            ("X-Accel-Buffering", "no"),
        )
        self.position: Callable[[], str] = lambda: ""
        """The id to go on from by now, also of a client that was not told all that happened."""
        self._timers = timers
        self._clock = clock
        self._queue: deque[bytes] = deque([b"retry: %d\n\n" % RETRY_MS])
        self._queued_bytes = len(self._queue[0])
        self._refills: list[Callable[[], object]] = []
        self._endings: list[Callable[[], object]] = []
        self._wake: Callable[[], None] | None = None
        self._timer: Timer | None = None
        self._sent_s = 0.0
        """When the client was last sent something."""
        self._told_id = ""
        self._is_finished = False

    # -- for whoever has news --------------------------------------------------------------------

    def add(self, refill: Callable[[], object], at_end: Callable[[], object]) -> None:
        """Ask `refill` to send what there is whenever the client can take more.

        `at_end` is called once, as soon as nothing more is wanted.
        """
        self._refills.append(refill)
        self._endings.append(at_end)

    def wake(self) -> None:
        """A refill has something to send; cheap, and harmless if none has."""
        if self._wake is not None:
            self._wake()

    @property
    def has_room(self) -> bool:
        """Whether a refill may go on sending."""
        return not self._is_finished and self._queued_bytes < REFILL_BYTES

    def send(self, event: str, data: str, id: str = "") -> None:
        """Send an event as soon as the client can take it; does nothing when it is too late."""
        if self._is_finished:
            return
        made = message(event, data, id)
        if self._queue and (
            len(self._queue) >= QUEUED_COUNT_MAX
            or self._queued_bytes + len(made) > QUEUED_BYTES_MAX
        ):
            self.resync(SLOW)
            return
        if id:
            self._told_id = id
        self._put(made)

    def tell_position(self) -> None:
        """Tell the client the id to go on from, without an event."""
        position = self.position()
        if position != self._told_id and not self._is_finished:
            self._told_id = position
            self._put(b"id: %b\n\n" % position.encode("ascii"))

    def say_resync(self, reason: str) -> None:
        """The client has missed something before: say so, and go on."""
        self.send("resync", f'{{"reason": "{reason}"}}', self.position())

    def resync(self, reason: str) -> None:
        """The client has missed something: say so instead of all that waits, and end."""
        if not self._is_finished:
            self._queue.clear()
            self._queued_bytes = 0
            self.say_resync(reason)
            self.finish()

    def finish(self) -> None:
        """End when everything that waits has been taken."""
        self._is_finished = True
        endings, self._endings = self._endings, []
        self._refills.clear()
        for at_end in endings:
            at_end()
        self.wake()

    def _put(self, data: bytes) -> None:
        self._queue.append(data)
        self._queued_bytes += len(data)
        self.wake()

    # -- Stream ----------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Everything has been read, and nothing more will come."""
        return self._is_finished and not self._queue

    def on_growth(self, wake: Callable[[], None]) -> None:
        """Have `wake` called whenever there is something to read."""
        self._wake = wake
        self._sent_s = self._clock.now().mono_s
        self._await_silence()

    def read(self, max_bytes: int) -> bytes:
        """The next messages, one at least if there is any."""
        if not self._queue:
            for refill in tuple(self._refills):
                refill()
        data = self._take(max_bytes)
        if data:
            self._sent_s = self._clock.now().mono_s
        return data

    def close(self) -> None:
        """The client has gone, or has got everything."""
        self._wake = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._queue.clear()
        self._queued_bytes = 0
        self.finish()

    def _take(self, max_bytes: int) -> bytes:
        pieces: list[bytes] = []
        taken_bytes = 0
        while self._queue and (not pieces or taken_bytes + len(self._queue[0]) <= max_bytes):
            pieces.append(self._queue.popleft())
            taken_bytes += len(pieces[-1])
        self._queued_bytes -= taken_bytes
        return b"".join(pieces)

    # -- silence ---------------------------------------------------------------------------------

    def _await_silence(self) -> None:
        self._timer = self._timers.call_at(self._sent_s + HEARTBEAT_S, self._say_something)

    def _say_something(self) -> None:
        now_s = self._clock.now().mono_s
        if now_s - self._sent_s >= HEARTBEAT_S:
            self._sent_s = now_s
            # Nothing is due to a client that has not even taken what there was.
            if not self._queue:
                self.tell_position()
                self._put(b":\n\n")
        self._await_silence()
