"""A clock that moves only when told to."""

from supervisor.core.component import Now

SOME_DAY_S = 1_700_000_000.0
"""Where the wall clock starts: any plausible time."""


class FakeClock:
    """Implements `core.component.Clock`; the wall clock can be set, the monotonic one cannot."""

    def __init__(self, mono_s: float = 1000.0, wall_s: float = SOME_DAY_S) -> None:
        self.mono_s = mono_s
        self._offset_s = wall_s - mono_s

    def now(self) -> Now:
        """Read both clocks."""
        return Now(self.mono_s, self.mono_s + self._offset_s)

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        assert seconds >= 0, "the monotonic clock never goes back"
        self.mono_s += seconds

    def advance_to(self, mono_s: float) -> None:
        """Let time pass until then; nothing if it has passed already."""
        self.mono_s = max(self.mono_s, mono_s)

    def set_wall(self, wall_s: float) -> None:
        """Somebody sets the clock of the machine, forwards or back."""
        self._offset_s = wall_s - self.mono_s
