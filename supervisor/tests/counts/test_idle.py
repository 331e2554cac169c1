"""An idle daemon sleeps: whatever it has to supervise, nothing makes it run."""

import contextlib
import re
import time
from collections.abc import Sequence
from pathlib import Path

from supervisor.tests.counts.calls import CALM
from supervisor.tests.support.daemon import LiveDaemon, free_port, wait_until
from supervisor.tests.support.ear import SCRIPT
from supervisor.tests.support.scenario_live import live, script

IDLE_S = 10.0
"""Longer than two of the shortest ticks; the only fixed time in these tests, since it is what is
said about the daemon."""

LOOK_S = 0.25
"""Between two looks, which end as soon as a daemon has run."""

PROGRAMS = "".join(
    f"[program:p{number:03}]\ncommand = sleep 1000\nstdout_logfile = NONE\nstderr_logfile = NONE\n"
    for number in range(100)
)
LISTENER = "[eventlistener:ear]\ncommand = {dir}/ear ear\nevents = PROCESS_STATE\n"


def runs(daemon: LiveDaemon) -> int:
    """How often the daemon has left the processor: while it sleeps on it calls nothing."""
    status = Path(f"/proc/{daemon.pid}/status").read_text("ascii")
    return sum(map(int, re.findall(r"^(?:non)?voluntary_ctxt_switches:\s+(\d+)$", status, re.M)))


def wait_running(daemon: LiveDaemon) -> None:
    """Until all that is supervised runs."""
    wait_until(
        lambda: (
            {info["statename"] for info in daemon.rpc.supervisor.getAllProcessInfo()} == {"RUNNING"}
        ),
        "all programs run",
    )


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


def test_idle_daemon_makes_no_system_call_in_ten_seconds() -> None:
    """With a hundred programs it does not run once, nor with a listener and a server for TCP."""
    server = f"[inet_http_server]\nport = 127.0.0.1:{free_port()}\n"
    with contextlib.ExitStack() as stack:
        many = stack.enter_context(live(PROGRAMS, environment=CALM))
        varied = stack.enter_context(live(server + LISTENER, environment=CALM, start=False))
        script(varied, "ear", SCRIPT)
        varied.start()
        for daemon in (many, varied):
            wait_running(daemon)
        before = [wait_asleep(daemon) for daemon in (many, varied)]
        assert watch((many, varied), IDLE_S) == before
