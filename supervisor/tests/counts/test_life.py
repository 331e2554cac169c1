"""What the life of a program costs the system: its start, its end, and both in a loop."""

import shutil
from collections.abc import Iterator

import pytest

from supervisor.tests.counts.calls import (
    CALM,
    REQUEST,
    Calls,
    Kept,
    calls_during,
    needs_strace,
    together,
)
from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.scenario_live import live
from supervisor.tests.support.scenario_stage import StageDaemon

pytestmark = needs_strace

PROGRAMS_COUNT = 20
RUNS_COUNT = 60

CONFIG = f"""
[supervisord]
silent = true

[program:sleeper]
command = {shutil.which("sleep")} 1000
process_name = %(process_num)02d
numprocs = {PROGRAMS_COUNT + 1}
autostart = false
startsecs = 0

[program:loop]
command = {shutil.which("true")}
autostart = false
autorestart = true
startsecs = 0
"""

FIND = {
    # Whether the program may be executed, and is no directory.
    "access": 2,
}  # fmt: skip

SPAWN = {
    # Three pipes whose ends here do not block, two of them watched.
    "pipe2": 3, "ioctl": 3, "epoll_ctl": 2,
    # Each of the three descriptors handed over, twice (posix_spawn of the C library).
    "limit": 6,
    # The child, without a signal in between.
    "spawn": 1, "rt_sigprocmask": 2,
    # The child's ends of the pipes.
    "close": 3,
    # The lines of the main log: it runs, it is taken for started.
    "write": 1,
}  # fmt: skip

LOGS = {
    # Two logs: open it, how long is it.
    "openat": 2, "stat": 2,
}  # fmt: skip

END = {
    # One of its descriptors may be seen before its end is; a signal that comes then ends no wait.
    "poll": 2,
    # The signal that says so: a byte to ourselves, which is read.
    "rt_sigreturn": 1, "write": 1, "read": 1,
    # Who it was, and that it was the only one.
    "wait": 2,
}  # fmt: skip

RELEASE = {
    # Two pipes from it: what is left is read; watched no more.
    "read": 2, "epoll_ctl": 2,
    # Three pipes, two logs.
    "close": 5,
}  # fmt: skip


@pytest.fixture
def daemon() -> Iterator[StageDaemon]:
    """One whose programs have run once, and are stopped."""
    with live(CONFIG, environment=CALM) as daemon:
        daemon.rpc.supervisor.startProcessGroup("sleeper")
        daemon.rpc.supervisor.stopProcessGroup("sleeper")
        yield daemon


def calls_for_each(daemon: StageDaemon, method: str) -> Calls:
    """What a request for each of the programs costs, one after the other."""

    def ask(first: int, last: int) -> None:
        for number in range(first, last + 1):
            client.call(f"supervisor.{method}", f"sleeper:{number:02}")

    with Kept(daemon) as client:
        # On a new connection the first one costs more.
        ask(0, 0)
        return calls_during(daemon, lambda: ask(1, PROGRAMS_COUNT))


def test_start_of_a_program_costs_few_calls(daemon: StageDaemon) -> None:
    """Each is started by its own request."""
    calls = calls_for_each(daemon, "startProcess")
    # Who asks is told at once if there is no such program.
    assert calls.beyond(together(REQUEST, FIND, FIND, SPAWN, LOGS), PROGRAMS_COUNT) == {}


def test_stop_of_a_program_costs_few_calls(daemon: StageDaemon) -> None:
    """Each is stopped by its own request, which is answered when it has ended."""
    daemon.rpc.supervisor.startProcessGroup("sleeper")
    calls = calls_for_each(daemon, "stopProcess")
    # The signal; two lines of the main log: it is to stop, it has.
    bounds = together(REQUEST, {"kill": 1, "write": 2}, END, RELEASE)
    assert calls.beyond(bounds, PROGRAMS_COUNT) == {}


def test_stop_of_all_programs_writes_together_that_they_are_waited_for(
    daemon: StageDaemon,
) -> None:
    """One request is no more than one write to the log until the first of them has ended."""
    daemon.rpc.supervisor.startProcessGroup("sleeper")
    with Kept(daemon) as client:
        calls = calls_during(daemon, lambda: client.call("supervisor.stopAllProcesses"))
    told = [call for call in calls if call.name == "write" and "INFO waiting" in call.arguments]
    assert calls.counts()["kill"] == PROGRAMS_COUNT + 1
    assert len(told) == 1


def test_run_of_a_program_that_ends_at_once_costs_few_calls(daemon: StageDaemon) -> None:
    """One that is started again and again costs a start and an end for each run."""
    daemon.rpc.supervisor.startProcess("loop")

    def runs() -> int:
        return daemon.log_text().count("spawned: 'loop'")

    def run_on() -> None:
        enough = runs() + RUNS_COUNT
        wait_until(lambda: runs() >= enough, f"{RUNS_COUNT} runs are over")

    calls = calls_during(daemon, run_on)
    # That it has ended is written with the lines that tell of the next one.
    bounds = together(FIND, SPAWN, LOGS, END, RELEASE)
    runs_count = calls.counts()["spawn"] + 1  # The first and the last one are there in parts.
    assert runs_count > RUNS_COUNT / 2
    assert calls.beyond(bounds, runs_count) == {}
