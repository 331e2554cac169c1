"""The deadlines of many things, each with at most one: set, dropped and found in O(log n)."""

from supervisor.lean import heapify, heappop, heappush


class Deadlines:
    """A heap with lazy deletion: entries that were replaced stay in it until they surface."""

    __slots__ = ("_current", "_heap")

    _SLACK = 64
    """Stale entries that are tolerated beside the current ones before the heap is rebuilt."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._current: dict[int, float] = {}

    def set(self, key: int, when_s: float | None) -> None:
        """Give key this deadline instead of the one it had; None for no deadline."""
        if when_s is None:
            if self._current.pop(key, None) is None:
                return
        elif self._current.get(key) != when_s:
            self._current[key] = when_s
            heappush(self._heap, (when_s, key))
        # A process that crashes for days must not make the heap grow for days.
        if len(self._heap) > 2 * len(self._current) + self._SLACK:
            self._heap = [(when_s, key) for key, when_s in self._current.items()]
            heapify(self._heap)

    def earliest_s(self) -> float | None:
        """The earliest deadline, None if there is none."""
        if not self._heap:
            return None
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def take_due(self, now_s: float) -> list[int]:
        """All keys whose deadline has come, earliest first; they have none any more."""
        due = []
        heap = self._heap
        while heap and heap[0][0] <= now_s:
            when_s, key = heappop(heap)
            if self._current.get(key) == when_s:
                del self._current[key]
                due.append(key)
        return due

    def _drop_stale(self) -> None:
        heap = self._heap
        while heap and self._current.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
