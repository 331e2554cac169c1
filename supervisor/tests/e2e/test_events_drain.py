"""`event_drain_secs`: a slow listener gets everything before it is stopped."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from supervisor.tests.support.daemon import LiveDaemon, wait_until
from supervisor.tests.support.scenario_live import live, script, wait_text

PROGRAMS = 6

LISTENER = """#!{python}
import os, sys, time
from supervisor import childutils

class Gate:
    def wait(self):
        while not os.path.exists("{dir}/open"):
            time.sleep(0.01)

while True:
    headers, payload = childutils.listener.wait()
    Gate().wait()
    with open("{dir}/heard", "a") as heard:
        heard.write(headers["eventname"] + " " + payload.split()[0] + "\\n")
    childutils.listener.ok()
"""
"""Answers nothing before a file is there."""

CONFIG = f"""
[supervisord]
event_drain_secs=%s

[program:cat]
command=cat
startsecs=0
process_name=cat%%(process_num)d
numprocs={PROGRAMS}
priority=1

[eventlistener:ear]
command={{dir}}/listener
events=PROCESS_STATE_STOPPED
buffer_size=100
priority=2000
startsecs=0
"""
"""Without draining the listener would be the first to stop."""


@contextmanager
def site(drain_s: int) -> Iterator[LiveDaemon]:
    """A daemon with a listener that has been up and holds back its answers."""
    with live(CONFIG % drain_s, start=False) as daemon:
        script(daemon, "listener", LISTENER)
        daemon.start()
        daemon.wait_state("ear", "RUNNING")
        daemon.wait_state(f"cat:cat{PROGRAMS - 1}", "RUNNING")
        yield daemon


def heard(daemon: LiveDaemon) -> list[str]:
    """What the listener was told, in order."""
    path = daemon.directory / "heard"
    return path.read_text().splitlines() if path.exists() else []


ALL_STOPPED = [f"PROCESS_STATE_STOPPED processname:cat{number}" for number in range(PROGRAMS)]


def wait_programs_stopped(daemon: LiveDaemon) -> None:
    wait_until(
        lambda: daemon.log_text().count("stopped: cat") >= PROGRAMS, "all programs have stopped"
    )


def test_events_that_wait_are_delivered_before_listeners_stop() -> None:
    """They include the STOPPED events of the programs that stopped before."""
    with site(60) as daemon:
        daemon.signal(signal.SIGTERM)
        wait_programs_stopped(daemon)
        assert "stopped: ear" not in daemon.log_text()
        (daemon.directory / "open").touch()
        assert daemon.wait() == 0
        assert sorted(heard(daemon)) == ALL_STOPPED
        assert daemon.log_text().rindex("stopped: ear") > daemon.log_text().rindex("stopped: cat")
        assert "not delivered" not in daemon.log_text()


def test_reload_drains_as_well() -> None:
    """Listeners of the old life get what happened in it."""
    with site(60) as daemon:
        daemon.signal(signal.SIGHUP)
        wait_programs_stopped(daemon)
        (daemon.directory / "open").touch()
        wait_until(lambda: daemon.log_text().count("spawned: 'ear'") == 2, "the next life begins")
        assert sorted(heard(daemon)) == ALL_STOPPED


def test_time_over_is_told_with_the_number_of_lost_events() -> None:
    """A listener that does not answer holds nobody up for longer than that."""
    with site(1) as daemon:
        daemon.signal(signal.SIGTERM)
        assert daemon.wait() == 0
        assert f" WARN pool ear: {PROGRAMS} events were not delivered" in daemon.log_text()
        assert heard(daemon) == []


def test_nobody_waits_by_default() -> None:
    """Default 0: the order of priorities, and what waits is lost."""
    with site(0) as daemon:
        daemon.signal(signal.SIGTERM)
        assert daemon.wait() == 0
        text = daemon.log_text()
        assert text.index("stopped: ear") < text.index("stopped: cat")


@pytest.mark.parametrize("leave", ["shutdown", "restart"])
def test_daemon_without_events_to_deliver_leaves_at_once(leave: str) -> None:
    """An idle pool is drained: the time is a limit, not a pause."""
    config = CONFIG.replace("numprocs=6", "numprocs=1\nautostart=false") % 3600
    with live(config, start=False) as daemon:
        script(daemon, "listener", LISTENER)
        daemon.start()
        daemon.wait_state("ear", "RUNNING")
        getattr(daemon.rpc.supervisor, leave)()
        wait_text(daemon.log, "stopped: ear")
