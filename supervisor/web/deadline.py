"""A deadline that moves often: it is put off with each request, and hardly ever reached."""

from supervisor.core.component import Clock, Timer, Timers
from supervisor.hints import Callable


def _nothing() -> None:
    """What a cancelled deadline would do."""


class Deadline:
    """Calls back when it is reached; putting it off costs an assignment, not a timer."""

    __slots__ = ("_callback", "_clock", "_due_s", "_timer", "_timer_s", "_timers")

    def __init__(self, timers: Timers, clock: Clock, callback: Callable[[], None]) -> None:
        self._timers = timers
        self._clock = clock
        self._callback = callback
        self._due_s: float | None = None
        self._timer: Timer | None = None
        self._timer_s = 0.0

    def set_at(self, due_s: float) -> None:
        """Be reached at that monotonic time, and not before."""
        self._due_s = due_s
        if self._timer is None or self._due_s < self._timer_s:
            self._start()

    def lift(self) -> None:
        """Not be reached at all, until set again."""
        self._due_s = None

    def cancel(self) -> None:
        """Lift it for ever, and let go of the timer and of whoever would have been called."""
        self._due_s = None
        self._callback = _nothing
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start(self) -> None:
        assert self._due_s is not None, "a timer runs to a deadline"
        if self._timer is not None:
            self._timer.cancel()
        self._timer_s = self._due_s
        self._timer = self._timers.call_at(self._timer_s, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._due_s is None:
            return
        if self._clock.now().mono_s < self._due_s:
            self._start()
            return
        self._due_s = None
        self._callback()
