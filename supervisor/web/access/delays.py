"""Things that are done a moment later, never more than a certain number at a time."""

from collections.abc import Callable
from itertools import count

from supervisor.core.component import Clock, Timer, Timers

DELAYED_MAX = 256
"""Beyond it the oldest one is done at once: guessing passwords fills no memory."""


class Delays:
    """Calls back after a time; nothing waits for it meanwhile."""

    __slots__ = ("_clock", "_numbers", "_pending", "_timers")

    def __init__(self, timers: Timers, clock: Clock) -> None:
        self._timers = timers
        self._clock = clock
        self._numbers = count()
        self._pending: dict[int, tuple[Timer, Callable[[], None]]] = {}
        """In the order in which they came."""

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def is_full(self) -> bool:
        """Whether one more makes the oldest one happen at once."""
        return len(self._pending) >= DELAYED_MAX

    def call_after(self, delay_s: float, call: Callable[[], None]) -> Callable[[], None]:
        """Call back after `delay_s`; returns what prevents that."""
        if self.is_full:
            self._run(next(iter(self._pending)))
        number = next(self._numbers)
        due_s = self._clock.now().mono_s + delay_s
        self._pending[number] = (self._timers.call_at(due_s, lambda: self._run(number)), call)
        return lambda: self._forget(number)

    def _run(self, number: int) -> None:
        call = self._pending[number][1]
        self._forget(number)
        call()

    def _forget(self, number: int) -> None:
        found = self._pending.pop(number, None)
        if found is not None:
            found[0].cancel()
