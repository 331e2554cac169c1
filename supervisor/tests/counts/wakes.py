"""How often a daemon has run: one that does not run makes no system call."""

import re
import time
from collections.abc import Sequence
from pathlib import Path

from supervisor.tests.support.daemon import LiveDaemon

LOOK_S = 0.25
"""Between two looks, which end as soon as a daemon has run."""


def runs(daemon: LiveDaemon) -> int:
    """How often the daemon has left the processor: while it sleeps on it calls nothing."""
    status = Path(f"/proc/{daemon.pid}/status").read_text("ascii")
    return sum(map(int, re.findall(r"^(?:non)?voluntary_ctxt_switches:\s+(\d+)$", status, re.M)))


def waits_without_limit(daemon: LiveDaemon) -> bool:
    """Whether a daemon that sleeps would do so for ever: the last argument of epoll_wait is -1."""
    words = Path(f"/proc/{daemon.pid}/syscall").read_text("ascii").split()
    return int(words[4], 16) & 0xFFFF_FFFF == 0xFFFF_FFFF


def wait_asleep(daemon: LiveDaemon) -> int:
    """Until nothing is left to do for what has happened; how often it has run by then."""
    before, now = -1, runs(daemon)
    while before != now:
        time.sleep(LOOK_S)
        before, now = now, runs(daemon)
    return now


def watch(daemons: Sequence[LiveDaemon], for_s: float) -> list[int]:
    """How often each has run when that time is over, or as soon as it has."""
    end_s = time.monotonic() + for_s
    before = now = [runs(daemon) for daemon in daemons]
    while now == before and time.monotonic() < end_s:
        time.sleep(LOOK_S)
        now = [runs(daemon) for daemon in daemons]
    return now
