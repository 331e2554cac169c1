"""How long a client is waited for, and for what."""

from supervisor.core.component import Clock, Timers
from supervisor.enums import Enum
from supervisor.hints import Callable
from supervisor.web.deadline import Deadline
from supervisor.web.limits import Limits


class Awaited(Enum):
    """What a connection cannot go on without."""

    US = "an answer, or the growth of a log: no deadline"
    REQUEST = "the first byte of a request: no deadline either"
    HEAD = "the rest of a head"
    BODY = "the rest of a body"
    ROOM = "the client taking what it was sent"
    GOODBYE = "the client closing its side"


class Patience:
    """Counts the time from when something else is awaited, or the same once more."""

    __slots__ = ("_clock", "_deadline", "_limits", "awaited", "since_s")

    def __init__(
        self, timers: Timers, clock: Clock, limits: Limits, on_exhausted: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._deadline = Deadline(timers, clock, on_exhausted)
        self._limits = limits
        self.awaited = Awaited.US
        self.since_s = 0.0
        """Monotonic time at which the present wait began."""

    def expect(self, awaited: Awaited) -> bool:
        """Wait for this from now on; False if it has been awaited already."""
        if awaited is self.awaited:
            return False
        self.awaited = awaited
        self.since_s = self._clock.mono_s
        wait_s = self._wait_s(awaited)
        if wait_s is None:
            self._deadline.lift()
        else:
            self._deadline.set_at(self.since_s + wait_s)
        return True

    def renew(self) -> None:
        """Something came: whatever is awaited next, the time counts from then."""
        self.awaited = Awaited.US
        self._deadline.lift()

    def end(self) -> None:
        """Never call back any more."""
        self._deadline.cancel()

    def _wait_s(self, awaited: Awaited) -> float | None:
        limits = self._limits
        if awaited is Awaited.HEAD:
            return limits.head_s
        if awaited is Awaited.BODY:
            return limits.body_s
        if awaited is Awaited.ROOM:
            return limits.write_s
        return limits.linger_s if awaited is Awaited.GOODBYE else None
