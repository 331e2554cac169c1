"""Calls that are to come, for everything in the daemon that is not a component."""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from itertools import count


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

    __slots__ = ("_heap", "_order")

    _SWEEP_SIZE = 1024
    """Entries from which cancelled ones are swept out, when they are the majority."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Call]] = []
        self._order = count()

    def call_at(self, when_s: float, callback: Callable[[], None]) -> Call:
        """Call back once at that monotonic time, or soon after."""
        call = Call(callback)
        if len(self._heap) >= self._SWEEP_SIZE:
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
        living = [entry for entry in self._heap if entry[2].callback is not None]
        if len(living) * 2 < len(self._heap):
            self._heap = living
            heapify(self._heap)
