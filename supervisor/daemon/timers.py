"""Calls that are to come, for everything in the daemon that is not a component."""

from itertools import count

from supervisor.hints import Callable
from supervisor.lean import heapify, heappop, heappush

_NEVER_S = float("inf")


class Call:
    """One call that is to come. Implements `core.component.Timer`."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Never make the call; harmless if it has been made."""
        self.callback = None


class TimerHeap:
    """Pending calls by time. Implements `core.component.Timers`."""

    __slots__ = ("_heap", "_order", "_sweep_at", "soonest_s")

    _SWEEP_SIZE = 32
    """Entries from which cancelled ones are swept out. Each takes 160 bytes, and each client leaves
    one; to sweep so few costs a call 20 ns of 620."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Call]] = []
        self._order = count()
        self._sweep_at = self._SWEEP_SIZE
        self.soonest_s = _NEVER_S
        """The earliest time of a call that was asked for since the loop set this."""

    def call_at(self, when_s: float, callback: Callable[[], None]) -> Call:
        """Call back once at that monotonic time, or soon after.

        Raises ValueError for what is no time: no order is left in a heap that has a NaN in it.
        """
        if not -_NEVER_S < when_s < _NEVER_S:
            raise ValueError(f"cannot make a call at {when_s} s: that is no time")
        if when_s < self.soonest_s:
            self.soonest_s = when_s
        call = Call(callback)
        if len(self._heap) >= self._sweep_at:
            self._sweep()
        heappush(self._heap, (when_s, next(self._order), call))
        return call

    def next_deadline_s(self) -> float | None:
        """When the earliest pending call is due; None if there is none."""
        heap = self._heap
        while heap and heap[0][2].callback is None:
            heappop(heap)
        return heap[0][0] if heap else None

    def pop_due(self, now_s: float) -> Callable[[], None] | None:
        """The earliest call that is due, which the caller must make; None if none is."""
        while self._heap and self._heap[0][0] <= now_s:
            call = heappop(self._heap)[2]
            if call.callback is not None:
                callback, call.callback = call.callback, None
                return callback
        return None

    def _sweep(self) -> None:
        self._heap = [entry for entry in self._heap if entry[2].callback is not None]
        heapify(self._heap)
        # Not before it has doubled: a sweep looks at all entries, so it must be rare.
        self._sweep_at = max(self._SWEEP_SIZE, 2 * len(self._heap))
