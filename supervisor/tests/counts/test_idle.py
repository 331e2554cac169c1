"""An idle daemon sleeps: whatever it has to supervise, nothing makes it run."""

import contextlib

from supervisor.tests.counts.calls import CALM
from supervisor.tests.counts.wakes import wait_asleep, waits_without_limit, watch
from supervisor.tests.support.daemon import LiveDaemon, free_port, wait_until
from supervisor.tests.support.ear import SCRIPT
from supervisor.tests.support.scenario_live import live, script

IDLE_S = 10.0
"""Longer than two of the shortest ticks; the only fixed time in these tests, since it is what is
said about the daemon."""

PROGRAMS = "".join(
    f"[program:p{number:03}]\ncommand = sleep 1000\nstdout_logfile = NONE\nstderr_logfile = NONE\n"
    for number in range(100)
)
LISTENER = "[eventlistener:ear]\ncommand = {dir}/ear ear\nevents = PROCESS_STATE\n"


def wait_running(daemon: LiveDaemon) -> None:
    """Until all that is supervised runs."""
    wait_until(
        lambda: (
            {info["statename"] for info in daemon.rpc.supervisor.getAllProcessInfo()} == {"RUNNING"}
        ),
        "all programs run",
    )


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
        # Nor would it ever.
        assert all(waits_without_limit(daemon) for daemon in (many, varied))
