"""Starting, staying up, giving up and coming back, with real processes."""

import os
import shutil
import signal
import xmlrpc.client
from pathlib import Path

import psutil
import pytest

from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.scenario_live import (
    live,
    script,
    wait_log_count,
    wait_text,
)

RESTARTS = 30
RESTARTS_WITHIN_S = 20.0


def test_l1_an_exit_wakes_the_daemon_at_once() -> None:
    """SIGCHLD wakes the loop: many restarts in a row need no tick each (the daemon is not polled).

    The limit is a deadline, far above what is needed and far below one second per restart.
    """
    config = """
[program:brief]
command=sh -c "echo x >> {dir}/runs; sleep 0.1"
startsecs=0
autorestart=true
"""
    with live(config) as daemon:
        runs = daemon.directory / "runs"
        wait_until(
            lambda: runs.exists() and runs.read_text().count("x") >= RESTARTS,
            f"{RESTARTS} runs",
            RESTARTS_WITHIN_S,
        )


def test_l1_a_killed_child_is_restarted() -> None:
    """A child killed with SIGKILL from outside comes back with a new pid."""
    with live("[program:cat]\ncommand=cat\nstartsecs=0\n") as daemon:
        first = daemon.wait_state("cat", "RUNNING")["pid"]
        os.kill(first, signal.SIGKILL)
        wait_log_count(daemon, "spawned: 'cat'", 2)
        info = daemon.wait_state("cat", "RUNNING")
        assert info["pid"] != first
        assert "exited: cat (terminated by SIGKILL; not expected)" in daemon.log_text()


def test_l2_a_program_that_dies_at_once_is_never_running() -> None:
    """startsecs counts to the real exit: FATAL after the retries, no `success:` line on the way."""
    programs = "".join(
        f'[program:bad{number}]\ncommand=sh -c "exit 1"\nstartsecs=1\nstartretries=1\n'
        for number in range(8)
    )
    with live(programs) as daemon:
        wait_log_count(daemon, "gave up:", 8)
        assert "entered RUNNING" not in daemon.log_text()
        assert daemon.log_text().count("spawned:") == 16


def test_l6_a_stop_in_backoff_gives_the_next_start_all_its_retries() -> None:
    """A stop resets the retry counter: the next start makes startretries + 1 attempts."""
    config = """
[program:bad]
command=sh -c "exit 1"
startsecs=5
startretries=1
autostart=false
"""
    with live(config) as daemon:
        daemon.rpc.supervisor.startProcess("bad", False)
        daemon.wait_state("bad", "BACKOFF")
        assert daemon.rpc.supervisor.stopProcess("bad") is True
        before = daemon.log_text().count("spawned:")
        daemon.rpc.supervisor.startProcess("bad", False)
        daemon.wait_state("bad", "FATAL")
        assert daemon.log_text().count("spawned:") - before == 2


def test_l13_a_process_that_could_not_be_signalled_does_not_stop_the_daemon() -> None:
    """A process in UNKNOWN that is reaped later is only reaped; the others are not touched."""
    config = """
[supervisord]
user=nobody
[program:alien]
command={dir}/chroot --userspec=0:0 / sleep 1000
startsecs=0
autorestart=false
[program:cat]
command=cat
startsecs=0
"""
    chroot = shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if os.geteuid() != 0 or chroot is None:
        pytest.skip("needs root and chroot to make a child that a daemon may not signal")
    with live(config, start=False) as daemon:
        tool = daemon.directory / "chroot"
        tool.write_bytes(Path(chroot).read_bytes())
        tool.chmod(0o4755)
        daemon.start()
        alien = daemon.wait_state("alien", "RUNNING")["pid"]
        wait_until(lambda: psutil.Process(alien).uids().real == 0, "the alien belongs to root")
        with pytest.raises(xmlrpc.client.Fault, match=r"FAILED: .*unknown problem killing alien"):
            daemon.rpc.supervisor.stopProcess("alien")
        assert daemon.info("alien")["statename"] == "UNKNOWN"
        assert "unknown problem killing alien" in daemon.log_text()
        os.kill(alien, signal.SIGKILL)
        wait_until(lambda: not os.path.exists(f"/proc/{alien}"), "the alien is reaped")
        assert daemon.info("cat")["statename"] == "RUNNING"
        assert daemon.stop() == 0


def test_l16_a_relative_command_belongs_to_the_directory_of_the_program() -> None:
    """`command=./run` is looked up where it is executed: in `directory`."""
    config = """
[program:near]
command=./run.sh
directory={dir}/work
startsecs=0
"""
    with live(config, start=False) as daemon:
        (daemon.directory / "work").mkdir()
        script(daemon, "work/run.sh", "#!/bin/sh\npwd > {dir}/where\nexec cat\n")
        daemon.start()
        text = wait_text(daemon.directory / "where", "\n")
        assert text.strip() == str(daemon.directory / "work")


def test_l17_path_search_passes_over_files_that_cannot_be_executed() -> None:
    """The first *executable* entry of PATH wins, as in a shell."""
    config = """
[program:tool]
command=tool
startsecs=0
environment=PATH="{dir}/one:{dir}/two:/usr/bin:/bin"
"""
    with live(config, start=False) as daemon:
        for folder in ("one", "two"):
            (daemon.directory / folder).mkdir()
        (daemon.directory / "one" / "tool").write_text("not for execution\n")
        script(daemon, "two/tool", "#!/bin/sh\necho two > {dir}/found\nexec cat\n")
        daemon.start()
        assert wait_text(daemon.directory / "found", "\n") == "two\n"


def test_l34_a_startsecs_0_program_always_has_its_success_line() -> None:
    """Programs that end at once are announced as RUNNING before they are announced as exited."""
    programs = "".join(f"[program:t{number}]\ncommand=true\nstartsecs=0\n" for number in range(10))
    with live(programs) as daemon:
        wait_log_count(daemon, "(exit status 0; expected)", 10)
        log = daemon.log_text()
        for number in range(10):
            success = log.index(f"success: t{number} entered RUNNING state")
            assert success < log.index(f"exited: t{number} (exit status 0; expected)")


def test_quick_exit_with_an_expected_code_still_counts_as_failure() -> None:
    """L25 is kept: with startsecs > 0 even exit status 0 leads to FATAL."""
    config = "[program:brief]\ncommand=true\nstartsecs=5\nstartretries=0\n"
    with live(config) as daemon:
        assert daemon.wait_state("brief", "FATAL")["spawnerr"].startswith("Exited too quickly")


def test_two_hundred_programs_start_run_and_stop() -> None:
    """The number of programs changes nothing: all run, all stop, the daemon ends in order."""
    config = (
        "[program:many]\ncommand=cat\nprocess_name=cat_%(process_num)03d\nnumprocs=200\n"
        "startsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n"
    )
    with live(config) as daemon:
        wait_log_count(daemon, "entered RUNNING", 200)
        infos = daemon.rpc.supervisor.getAllProcessInfo()
        assert isinstance(infos, list)
        assert {info["statename"] for info in infos} == {"RUNNING"}
        assert len({info["pid"] for info in infos}) == 200
        stopped = daemon.rpc.supervisor.stopAllProcesses()
        assert isinstance(stopped, list)
        assert [result["status"] for result in stopped] == [80] * 200
        assert daemon.stop() == 0
