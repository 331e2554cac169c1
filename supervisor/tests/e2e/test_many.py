"""Many programs in one daemon: it raises its own limit, and everything works as with few."""

import os
import resource
from collections import Counter
from pathlib import Path

import psutil
import pytest

from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.scenario_live import configure, live, wait_text
from supervisor.tests.support.scenario_stage import StageDaemon

MANY = 1000
CHANGED = 150
FEW = 100
LOW = ("bash", "-c", 'ulimit -Sn 256; exec "$@"', "bash")
"""The daemon is started with a soft limit that is enough for some sixty programs."""


def config(count: int, changed: int = 0) -> str:
    return "".join(
        f"[program:p{number:04}]\ncommand=sleep {2000 if number < changed else 1000}\nstartsecs=0\n"
        "stdout_logfile=NONE\nstderr_logfile=NONE\n"
        for number in range(count)
    )


def states(daemon: StageDaemon) -> Counter[str]:
    """How many processes are in which state."""
    return Counter(info["statename"] for info in daemon.rpc.supervisor.getAllProcessInfo())


def wait_all(daemon: StageDaemon, state: str, count: int) -> None:
    wait_until(lambda: states(daemon) == {state: count}, f"{count} processes {state}", 60.0)


def limits_of(pid: int) -> tuple[int, int]:
    soft, hard = psutil.Process(pid).rlimit(psutil.RLIMIT_NOFILE)
    return soft, hard


@pytest.mark.skipif(
    resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 4 * MANY, reason="needs a high hard limit"
)
def test_a_thousand_programs_are_started_listed_updated_and_stopped() -> None:
    """The daemon raises its limit on open files by itself; programs keep the one there was."""
    with live("[supervisord]\nminfds=256\n" + config(MANY), wrapper=LOW) as daemon:
        wait_all(daemon, "RUNNING", MANY)
        assert limits_of(daemon.pid)[0] >= 3 * MANY
        assert limits_of(daemon.info("p0999")["pid"])[0] == 256

        status = daemon.ctl("status")
        assert status.returncode == 0
        lines = status.stdout.splitlines()
        assert len(lines) == MANY
        assert all(" RUNNING " in line for line in lines)

        pids = {info["name"]: info["pid"] for info in daemon.rpc.supervisor.getAllProcessInfo()}
        configure(daemon, "[supervisord]\nminfds=256\n" + config(MANY, CHANGED))
        update = daemon.ctl("update")
        assert update.returncode == 0
        assert update.stdout.count("updated process group") == CHANGED
        wait_all(daemon, "RUNNING", MANY)
        after = {info["name"]: info["pid"] for info in daemon.rpc.supervisor.getAllProcessInfo()}
        assert sum(pid != pids[name] for name, pid in after.items()) == CHANGED

        stop = daemon.ctl("stop", "all")
        assert stop.stdout.count(": stopped") == MANY
        assert states(daemon) == {"STOPPED": MANY}


def test_limit_is_raised_for_programs_that_come_later() -> None:
    """What an update adds counts as well."""
    with live("[supervisord]\nminfds=256\n" + config(1), wrapper=LOW) as daemon:
        daemon.wait_state("p0000", "RUNNING")
        before = limits_of(daemon.pid)[0]
        configure(daemon, "[supervisord]\nminfds=256\n" + config(FEW))
        assert daemon.ctl("update").returncode == 0
        wait_all(daemon, "RUNNING", FEW)
        assert limits_of(daemon.pid)[0] >= 3 * FEW > before - 256
        assert len(os.listdir(f"/proc/{daemon.pid}/fd")) >= 3 * FEW


@pytest.mark.skipif(
    os.geteuid() == 0
    and "CapEff:\t000001ffffffffff" in Path("/proc/self/status").read_text("ascii"),
    reason="whoever may raise the hard limit is not short of descriptors",
)
def test_too_few_descriptors_are_told_as_a_sum_and_as_many_run_as_can() -> None:
    """The daemon starts, answers, and says what is missing; some programs run, others do not."""
    low = ("bash", "-c", 'ulimit -n 256; exec "$@"', "bash")
    with live("[supervisord]\nminfds=256\n" + config(FEW), wrapper=low) as daemon:
        text = wait_text(daemon.log, "file descriptors")
        assert (
            "100 processes need 556 file descriptors (300 for pipes, 0 for log files, 256 for "
            "clients and the daemon itself), but the limit is 256: not all of them can run at a "
            "time; raise the hard limit (LimitNOFILE= of systemd, ulimit -Hn) and start the daemon "
            "again, or set redirect_stderr=true for programs, which saves up to 100"
        ) in text
        wait_text(daemon.log, "too many open files to spawn 'p0099'")
        running = states(daemon)["RUNNING"]
        assert 50 <= running < FEW
        assert daemon.ctl("stop", "p0000").stdout == "p0000: stopped\n"
