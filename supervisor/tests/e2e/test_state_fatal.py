"""The state FATAL of the daemon, with refusals of the real system."""

import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from supervisor.tests.support.daemon import LiveDaemon, wait_until
from supervisor.tests.support.scenario_live import live, script, wait_text

RUNNING = {"statecode": 1, "statename": "RUNNING"}
WEB = "[program:web]\ncommand=cat\nstartsecs=0\nstdout_logfile={dir}/web.log\n"


def state(daemon: LiveDaemon) -> Mapping[str, Any]:
    answer = daemon.rpc.supervisor.getState()
    assert isinstance(answer, dict)
    return answer


def wait_state(daemon: LiveDaemon, name: str) -> None:
    wait_until(lambda: state(daemon)["statename"] == name, f"the daemon is {name}")


def without(capability: str) -> Sequence[str]:
    """A wrapper under which root lacks one of its rights, as in many containers."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or setpriv is None:
        pytest.skip("needs root and setpriv to make a system that refuses")
    return (setpriv, f"--inh-caps=-{capability}", f"--bounding-set=-{capability}")


def test_log_of_a_process_that_cannot_be_cleared_makes_it_fatal() -> None:
    """It says so everywhere, goes on supervising, and is RUNNING again when the log is cleared."""
    with live(WEB + "[program:cat]\ncommand=cat\nstartsecs=0\n") as daemon:
        daemon.wait_state("web", "RUNNING")
        first = daemon.wait_state("cat", "RUNNING")["pid"]
        log = daemon.directory / "web.log"
        log.unlink()
        log.mkdir()
        reason = f"cannot clear {log}: Is a directory"
        assert daemon.ctl("clear", "web").stdout == "web: ERROR (failed)\n"
        assert state(daemon) == {"statecode": 2, "statename": "FATAL", "reason": reason}
        assert f" CRIT {reason}; supervision goes on, in the state FATAL" in daemon.log_text()

        table = daemon.ctl("status", "--state")
        assert table.stdout.startswith(f"supervisord: FATAL ({reason})\ncat ")
        assert table.returncode == 0
        assert daemon.ctl("status").stdout.startswith("cat ")

        os.kill(first, signal.SIGKILL)
        wait_until(lambda: daemon.info("cat")["pid"] not in (0, first), "cat is started again")

        log.rmdir()
        daemon.rpc.supervisor.clearProcessLogs("web")
        assert state(daemon) == RUNNING
        assert f" INFO the state is RUNNING again; this is over: {reason}" in daemon.log_text()


def test_main_log_that_cannot_be_cleared_makes_it_fatal() -> None:
    """`clearfatal` accepts it; the next refusal is another one; it can be shut down from FATAL."""
    with live(WEB) as daemon:
        daemon.log.rename(daemon.directory / "moved.log")
        daemon.log.mkdir()
        reason = f"cannot clear {daemon.log}: Is a directory"
        assert daemon.ctl("clear", "nosuch").returncode == 1
        for _ in range(2):
            with pytest.raises(Exception, match="FAILED"):
                daemon.rpc.supervisor.clearLog()
            assert state(daemon)["reason"] == reason
            assert daemon.ctl("clearfatal").stdout == f"supervisord: cleared ({reason})\n"
            assert state(daemon) == RUNNING
        assert daemon.ctl("clearfatal").stdout == "supervisord: not FATAL\n"
        with pytest.raises(Exception, match="FAILED"):
            daemon.rpc.supervisor.clearLog()
        assert daemon.ctl("shutdown").stdout == "Shut down\n"
        assert daemon.wait() == 0


def test_refused_kill_makes_it_fatal_until_the_process_is_gone() -> None:
    """A daemon that may not signal the processes of other users, be it as root."""
    config = """
[program:alien]
command=cat
user=nobody
startsecs=0
"""
    with live(config, wrapper=without("kill")) as daemon:
        pid = daemon.wait_state("alien", "RUNNING")["pid"]
        with pytest.raises(Exception, match=r"FAILED: .*unknown problem"):
            daemon.rpc.supervisor.signalProcess("alien", "HUP")
        assert daemon.info("alien")["statename"] == "UNKNOWN"
        reason = f"cannot signal alien (pid {pid}): [Errno 1] Operation not permitted"
        assert state(daemon) == {"statecode": 2, "statename": "FATAL", "reason": reason}
        os.kill(pid, signal.SIGKILL)
        wait_state(daemon, "RUNNING")
        assert f"the state is RUNNING again; this is over: {reason}" in daemon.log_text()


def test_refused_stop_makes_it_fatal_until_its_group_is_removed() -> None:
    """What is no process of ours any more is no trouble of ours."""
    config = """
[program:alien]
command=cat
user=nobody
startsecs=0
"""
    with live(config, wrapper=without("kill")) as daemon:
        daemon.wait_state("alien", "RUNNING")
        assert "unknown problem killing alien" in daemon.ctl("stop", "alien").stdout
        assert state(daemon)["statename"] == "FATAL"
        assert daemon.rpc.supervisor.removeProcessGroup("alien") is True
        assert state(daemon) == RUNNING


def test_old_log_that_cannot_be_removed_makes_it_fatal_from_the_start() -> None:
    """A reload looks again, and begins without troubles."""
    config = "[supervisord]\nchildlogdir={dir}/old\n"
    with live(config, wrapper=without("dac_override"), start=False) as daemon:
        folder = daemon.directory / "old"
        folder.mkdir()
        stale = folder / "web-stdout---supervisor-abcdefgh.log"
        stale.touch()
        folder.chmod(0o555)
        daemon.start()
        reason = f"cannot remove {stale}: Permission denied"
        assert state(daemon) == {"statecode": 2, "statename": "FATAL", "reason": reason}
        assert f" WARN Failed to clean up '{stale}'" in daemon.log_text()
        folder.chmod(0o755)
        daemon.signal(signal.SIGHUP)
        wait_until(lambda: not stale.exists(), "the old log is removed")
        wait_until(lambda: daemon._answers() and state(daemon) == RUNNING, "it runs again")


LISTENER = """#!{python}
import sys
from supervisor import childutils
while True:
    headers, payload = childutils.listener.wait()
    with open("{dir}/heard", "a") as heard:
        heard.write(headers["eventname"] + ": " + payload + "\\n")
    childutils.listener.ok()
"""


def test_listeners_are_told_of_fatal_and_of_its_end() -> None:
    """SUPERVISOR_STATE_CHANGE_FATAL has the reason; SUPERVISOR_STATE_CHANGE_RUNNING its end."""
    config = WEB + (
        "[eventlistener:ear]\ncommand={dir}/listener\nevents=SUPERVISOR_STATE_CHANGE\nstartsecs=0\n"
    )
    with live(config, start=False) as daemon:
        script(daemon, "listener", LISTENER)
        daemon.start()
        heard = daemon.directory / "heard"
        wait_text(heard, "SUPERVISOR_STATE_CHANGE_RUNNING: \n")
        log = daemon.directory / "web.log"
        wait_until(log.exists, "web has its log")
        log.unlink()
        log.mkdir()
        daemon.ctl("clear", "web")
        wait_text(heard, f"SUPERVISOR_STATE_CHANGE_FATAL: cannot clear {log}: Is a directory\n")
        daemon.rpc.supervisor.clearFatal()
        wait_until(
            lambda: heard.read_text().count("SUPERVISOR_STATE_CHANGE_RUNNING: \n") == 2,
            "the end of FATAL is told",
        )
