"""Following several streams of one daemon in one thread, across its restarts.

A stream that ends is asked for again, by its source, which knows where to go on. Whoever follows
is told that the daemon is gone only if it does not answer when it is asked again.
"""

import selectors
import time

from supervisor.client.http_stream import Answered, Ended, Happened, HttpStream
from supervisor.errors import ProtocolViolation
from supervisor.hints import Any, Callable, Iterable, Mapping, Protocol, Sequence
from supervisor.tuples import NamedTuple

RETRY_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Pauses before a stream is asked for again; the last one from then on."""
STEADY_S = 5.0
"""A stream that lasted that long was a good one: after it the pauses begin anew."""
REFUSAL_BYTES_MAX = 65536
"""Of the body of a refusal, the rest is not read."""
HTTP_OK = 200
NOT_NOW_STATUSES = frozenset({429, 502, 503, 504})
"""Refusals that may be over in a moment."""

OpenStream = Callable[[str, Mapping[str, str]], HttpStream]
"""Connects and sends a GET of that path with these headers; raises OSError."""


class Source(Protocol):
    """Something to follow: how to ask for it, and what to make of the answer."""

    silence_s_max: float | None
    """How long the daemon may say nothing, not even that it is there; None for ever."""

    def request(self) -> tuple[str, Mapping[str, str]]:
        """Path and headers of a GET, from where the last stream ended."""

    def feed(self, data: bytes) -> Iterable[Any]:
        """What the bytes of the body mean; raises ProtocolViolation."""

    def expects(self, answered: Answered) -> bool:
        """Whether this answer of status 200 is of the kind that was asked for."""


class Told(NamedTuple):
    """Something has come."""

    source: Any
    item: Any


class Lost(NamedTuple):
    """The daemon does not answer (any more); it is asked again and again."""

    source: Any
    why: str


class Opened(NamedTuple):
    """What is asked for will come, from now on or again."""

    source: Any
    was_lost: bool
    """True if it was told before that the daemon does not answer."""


class Refused(NamedTuple):
    """The daemon does not give this; it is not asked again."""

    source: Any
    answered: Answered
    body: bytes


News = Told | Lost | Opened | Refused


class _Line:
    """One source, and the stream that it has at the moment."""

    def __init__(self, source: Source, now_s: float) -> None:
        self.source = source
        self.stream: HttpStream | None = None
        self.due_s = now_s
        """When to ask, while there is no stream."""
        self.opened_s = self.heard_s = now_s
        self.tries = 0
        self.is_lost = False
        self.answered: Answered | None = None
        self.refusal = b""

    def deadline_s(self) -> float | None:
        if self.stream is None:
            return self.due_s
        silence_s = self.source.silence_s_max
        return None if silence_s is None else self.heard_s + silence_s


class Follower:
    """Asks for all sources, and tells what comes of them."""

    def __init__(
        self,
        open_stream: OpenStream,
        sources: Sequence[Source],
        clock: Callable[[], float] = time.monotonic,
        pauses_s: Sequence[float] = RETRY_S,
    ) -> None:
        self._open_stream = open_stream
        self._clock = clock
        self._pauses_s = pauses_s
        self._lines = [_Line(source, clock()) for source in sources]
        self._selector = selectors.DefaultSelector()

    @property
    def is_over(self) -> bool:
        """True if everything was refused: nothing will ever come."""
        return not self._lines

    def close(self) -> None:
        """End all streams."""
        for line in self._lines:
            if line.stream is not None:
                line.stream.close()
        self._lines = []
        self._selector.close()

    def poll(self, within_s: float | None = None) -> list[News]:
        """What has happened, as soon as something has; nothing after that time, or at its end."""
        until_s = None if within_s is None else self._clock() + within_s
        while self._lines:
            news = [each for line in self._due() for each in self._wake(line)]
            wait_s = 0.0 if news else self._patience_s(until_s)
            for key, _ in self._selector.select(wait_s):
                news += self._hear(key.data)
            if news or (until_s is not None and self._clock() >= until_s):
                return news
        return []

    def _due(self) -> list[_Line]:
        now_s = self._clock()
        times_s = ((line, line.deadline_s()) for line in self._lines)
        return [line for line, at_s in times_s if at_s is not None and at_s <= now_s]

    def _patience_s(self, until_s: float | None) -> float | None:
        """How long to wait for data: until something is due."""
        times_s = [line.deadline_s() for line in self._lines]
        known_s = [at_s for at_s in (until_s, *times_s) if at_s is not None]
        return max(0.0, min(known_s) - self._clock()) if known_s else None

    def _wake(self, line: _Line) -> list[News]:
        """Ask for what has no stream; give up a stream that has been silent for too long."""
        if line.stream is not None:
            self._drop(line)
            return []
        try:
            line.stream = self._open_stream(*line.source.request())
        except OSError as error:
            return self._lose(line, error.strerror or str(error))
        line.opened_s = line.heard_s = self._clock()
        line.answered, line.refusal = None, b""
        self._selector.register(line.stream, selectors.EVENT_READ, line)
        return []

    def _lose(self, line: _Line, why: str) -> list[News]:
        self._drop(line)
        if line.is_lost:
            return []
        line.is_lost = True
        return [Lost(line.source, why)]

    def _drop(self, line: _Line) -> None:
        """Close the stream; ask again after a pause."""
        now_s = self._clock()
        if line.stream is not None:
            self._selector.unregister(line.stream)
            line.stream.close()
            line.stream = None
            if now_s - line.opened_s >= STEADY_S:
                line.tries = 0
        line.due_s = now_s + self._pauses_s[min(line.tries, len(self._pauses_s) - 1)]
        line.tries += 1

    def _hear(self, line: _Line) -> list[News]:
        """Take what has arrived on one stream."""
        news: list[News] = []
        line.heard_s = self._clock()
        assert line.stream is not None, "only open streams are waited for"
        try:
            for happened in line.stream.receive():
                news += self._take(line, happened)
                if line.stream is None:
                    break
        except ProtocolViolation:
            self._drop(line)
        return news

    def _take(self, line: _Line, happened: Happened) -> list[News]:
        if isinstance(happened, Answered):
            return self._begin(line, happened)
        if isinstance(happened, Ended):
            return self._end(line, happened)
        if line.answered is not None and line.answered.status == HTTP_OK:
            return [Told(line.source, item) for item in line.source.feed(happened)]
        line.refusal = (line.refusal + happened)[:REFUSAL_BYTES_MAX]
        return []

    def _begin(self, line: _Line, answered: Answered) -> list[News]:
        line.answered = answered
        if answered.status != HTTP_OK:
            return []
        if not line.source.expects(answered):
            return self._refuse(line, answered)
        was_lost, line.is_lost = line.is_lost, False
        return [Opened(line.source, was_lost)]

    def _end(self, line: _Line, ended: Ended) -> list[News]:
        answered = line.answered
        if answered is None:
            return self._lose(line, ended.why)
        if answered.status == HTTP_OK:
            self._drop(line)
            return []
        if answered.status in NOT_NOW_STATUSES:
            return self._lose(line, f"it is too busy: HTTP status {answered.status}")
        return self._refuse(line, answered)

    def _refuse(self, line: _Line, answered: Answered) -> list[News]:
        self._drop(line)
        self._lines.remove(line)
        return [Refused(line.source, answered, line.refusal)]
