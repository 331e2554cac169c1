"""The only place that asks the system what time it is.

Everybody else is handed a `Now`, so that tests can let days pass in no time.
"""

import time

from supervisor.core.component import Now


class SystemClock:
    """Both clocks of this machine: implements `core.component.Clock`."""

    __slots__ = ()

    @property
    def mono_s(self) -> float:
        """The monotonic clock, which never goes back."""
        return time.monotonic()

    @property
    def wall_s(self) -> float:
        """The wall clock, which may."""
        return time.time()

    def now(self) -> Now:
        """Read both clocks; the monotonic one never goes back, the wall clock may."""
        return Now(time.monotonic(), time.time())
