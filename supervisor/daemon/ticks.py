"""TICK events: a wake-up at the next slice of wall-clock time, while somebody wants it.

A daemon without such subscribers makes no wake-ups for them. The clock may be set at any time:
slices are those of the wall clock, and it is looked at again after `LOOK_EVERY_S` at the latest.
"""

from supervisor.core.component import Clock, Timer, Timers
from supervisor.daemon.announcer import Announcer
from supervisor.hints import TYPE_CHECKING, Any, Callable, Final

if TYPE_CHECKING:
    from supervisor.events import TickEvent

LOOK_EVERY_S: Final = 5.0
"""Longest time after which a clock that was set is noticed."""


def slice_start(wall_s: float, period_s: int) -> int:
    """The last multiple of the period."""
    return int(wall_s // period_s) * period_s


class Ticks:
    """Sends `TICK_5`, `TICK_60` and `TICK_3600` to those who want them."""

    def __init__(
        self,
        clock: Clock,
        timers: Timers,
        announcer: Announcer,
        supervisord: Callable[[], Any] = lambda: None,
    ) -> None:
        self._clock = clock
        self._timers = timers
        self._announcer = announcer
        self.supervisord = supervisord
        """What the events have as `supervisord`, for plug-ins."""
        self._slices: dict[type[TickEvent], int] = {}
        """Start of the slice that was current when it was looked at last, by wanted type."""
        self._timer: Timer | None = None

    def subscriptions_changed(self) -> None:
        """Begin with types that are wanted now, forget those that are not."""
        wall_s = self._clock.now().wall_s
        wanted = self._announcer.wanted_ticks()
        if wanted != list(self._slices):
            # The slice that runs has begun before anybody wanted to know: no event for it.
            self._slices = {
                kind: self._slices.get(kind, slice_start(wall_s, kind.period)) for kind in wanted
            }
            self._schedule()

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._slices:
            return
        now = self._clock.now()
        next_wall_s = min(
            slice_start(now.wall_s, kind.period) + kind.period for kind in self._slices
        )
        wait_s = min(next_wall_s - now.wall_s, LOOK_EVERY_S)
        self._timer = self._timers.call_at(now.mono_s + wait_s, self._look)

    def _look(self) -> None:
        wall_s = self._clock.now().wall_s
        current = {kind: slice_start(wall_s, kind.period) for kind in self._slices}
        # Any other slice, be it an earlier one: the clock may have been set back.
        begun = [kind for kind, last in self._slices.items() if current[kind] != last]
        self._slices = current
        # First, so that there is a next time whatever the subscribers do.
        self._schedule()
        for kind in begun:
            self._announcer.tick(kind, current[kind], self.supervisord())
