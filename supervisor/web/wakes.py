"""Followers of logs whose log has grown: so many may go on at once, the others a moment later.

A line in a log that a thousand clients follow is work for each of them. Without a bound a program
that writes a hundred lines a second would have the daemon do nothing else; with it a crowd of
followers hears of growth a little later, all that has been written since in one piece, and whoever
asks for a page is served in between. A few followers are never kept waiting.
"""

from supervisor.core.component import Clock, Timer, Timers
from supervisor.hints import Callable, Final

WAKES_MAX: Final = 32
"""Followers that go on in one period; each takes about 0.1 ms."""
PERIOD_S: Final = 0.01


class Wakes:
    """Those of one server."""

    __slots__ = ("_clock", "_left", "_timer", "_timers", "_until_s", "_waiting")

    def __init__(self, timers: Timers, clock: Clock) -> None:
        self._timers = timers
        self._clock = clock
        self._waiting: dict[Callable[[], None], None] = {}
        """In the order in which they asked."""
        self._left = 0
        """How many more may go on in this period."""
        self._until_s = 0.0
        """Monotonic time at which it ends."""
        self._timer: Timer | None = None

    def ask(self, wake: Callable[[], None]) -> None:
        """Call back now, or as soon as it is its turn; whoever asks again meanwhile has asked."""
        if self._timer is None:
            now_s = self._clock.mono_s
            if now_s >= self._until_s:
                self._left = WAKES_MAX
                self._until_s = now_s + PERIOD_S
            if self._left:
                self._left -= 1
                wake()
                return
            self._timer = self._timers.call_at(self._until_s, self._go_on)
        self._waiting[wake] = None

    def forget(self, wake: Callable[[], None]) -> None:
        """Do not call back any more."""
        self._waiting.pop(wake, None)

    def _go_on(self) -> None:
        self._timer = None
        if not self._waiting:
            return
        now_s = self._clock.mono_s
        self._left = WAKES_MAX
        # A loop that comes late has too much to do: the followers leave it time for the rest.
        self._until_s = now_s + PERIOD_S + 2.0 * (now_s - self._until_s)
        while self._left and self._waiting:
            self._left -= 1
            wake = next(iter(self._waiting))
            del self._waiting[wake]
            wake()
        if self._waiting:
            self._timer = self._timers.call_at(self._until_s, self._go_on)
