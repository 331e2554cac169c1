"""What is said about lost output: once when it begins, once when it is over.

A full pipe with a slow reader changes between "works" and "does not" with every few lines. So that
the reports never become a flood of their own, each burst that follows closely on another must be
followed by twice as many good writes before it counts as over. No clock is needed for that.
"""

SETTLED_WRITES = 1024
"""After so many good writes in a row the trouble before is forgotten."""

CALM_WRITES_MAX = 1024
"""A burst is over after so many good writes at the latest."""


class LossRecord:
    """The losses of one log."""

    __slots__ = ("_calm_writes", "_calm_writes_wanted", "_in_burst", "lost_bytes")

    def __init__(self) -> None:
        self.lost_bytes = 0
        """Lost in the burst that goes on, else 0."""
        self._in_burst = False
        self._calm_writes = SETTLED_WRITES
        self._calm_writes_wanted = 1

    def lose(self, lost_bytes: int) -> bool:
        """Note a loss; True if a burst begins with it, which must be reported."""
        begins = not self._in_burst
        if begins:
            settled = self._calm_writes >= SETTLED_WRITES
            wanted = 1 if settled else self._calm_writes_wanted * 2
            self._calm_writes_wanted = min(wanted, CALM_WRITES_MAX)
        self._in_burst = True
        self._calm_writes = 0
        self.lost_bytes += lost_bytes
        return begins

    def succeed(self) -> int:
        """Note a write that lost nothing; the bytes to report if it ends a burst, else 0."""
        self._calm_writes += 1
        if self._in_burst and self._calm_writes >= self._calm_writes_wanted:
            return self.end()
        return 0

    def end(self) -> int:
        """End the burst, whatever was written since; the bytes to report."""
        lost_bytes, self.lost_bytes = self.lost_bytes, 0
        self._in_burst = False
        return lost_bytes

    @property
    def settled(self) -> bool:
        """True when this record may be thrown away."""
        return not self._in_burst and self._calm_writes >= SETTLED_WRITES
