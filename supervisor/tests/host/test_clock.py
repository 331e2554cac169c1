"""Time comes from one place."""

import time

from supervisor.host.clock import SystemClock


def test_clock_reads_both_clocks() -> None:
    """Durations come from the monotonic clock, stamps from the wall clock."""
    before = (time.monotonic(), time.time())
    now = SystemClock().now()

    assert before[0] <= now.mono_s <= time.monotonic()
    assert before[1] <= now.wall_s <= time.time()
