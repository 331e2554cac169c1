"""Reload by SIGHUP or RPC: a broken file never touches what runs."""

import os
import signal
import socket
import xmlrpc.client

import pytest

from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.scenario_live import (
    configure,
    daemonised,
    descriptors,
    live,
    wait_log_count,
    wait_text,
)
from supervisor.tests.support.scenario_stage import is_gone

CAT = "[program:cat]\ncommand=cat\nstartsecs=0\n"
BROKEN = "[program:cat]\ncommand=cat\nstartsecs=soon\n"


def test_l5_c3_a_broken_file_on_sighup_keeps_everything_running() -> None:
    """Validate first: the error is logged with its place, the children keep their pids."""
    with live(CAT) as daemon:
        child = daemon.wait_state("cat", "RUNNING")["pid"]
        configure(daemon, BROKEN)
        daemon.signal(signal.SIGHUP)
        assert "program:cat" in wait_text(daemon.log, "soon")
        assert daemon.info("cat")["pid"] == child
        assert daemon.info("cat")["statename"] == "RUNNING"
        configure(daemon, CAT + "[program:dog]\ncommand=cat\nstartsecs=0\n")
        daemon.signal(signal.SIGHUP)
        wait_log_count(daemon, "spawned: 'dog'", 1)
        assert daemon.wait_state("cat", "RUNNING")["pid"] != child


def test_l5_c3_s25_a_broken_file_on_rpc_restart_keeps_everything_running() -> None:
    """RPC `restart` validates as SIGHUP does, and the caller is told."""
    with live(CAT) as daemon:
        child = daemon.wait_state("cat", "RUNNING")["pid"]
        configure(daemon, BROKEN)
        with pytest.raises(xmlrpc.client.Fault, match=r"CANT_REREAD.*soon") as caught:
            daemon.rpc.supervisor.restart()
        assert caught.value.faultCode == 92
        assert daemon.info("cat")["pid"] == child


def test_a_broken_file_on_reread_goes_to_the_caller_and_changes_nothing() -> None:
    """Reread of a broken file is the fault CANT_REREAD; what runs goes on."""
    with live(CAT) as daemon:
        child = daemon.wait_state("cat", "RUNNING")["pid"]
        configure(daemon, BROKEN)
        with pytest.raises(xmlrpc.client.Fault, match=r"CANT_REREAD.*soon"):
            daemon.rpc.supervisor.reloadConfig()
        assert daemon.info("cat")["pid"] == child
        configure(daemon, CAT)
        assert daemon.rpc.supervisor.reloadConfig() == [[[], [], []]]


def test_a_port_that_is_taken_refuses_the_restart_and_keeps_everything_running() -> None:
    """What can be known before is found out before anything stops."""
    with live(CAT) as daemon, socket.create_server(("127.0.0.1", 0)) as other:
        child = daemon.wait_state("cat", "RUNNING")["pid"]
        port = other.getsockname()[1]
        configure(daemon, CAT + f"[inet_http_server]\nport=127.0.0.1:{port}\n")
        with pytest.raises(xmlrpc.client.Fault, match=r"CANT_REREAD.*already listening"):
            daemon.rpc.supervisor.restart()
        daemon.signal(signal.SIGHUP)
        wait_text(daemon.log, "cannot restart: Another program is already listening")
        assert daemon.info("cat")["pid"] == child


def test_c3_a_file_that_is_gone_on_sighup_keeps_everything_running() -> None:
    """A missing file is a broken file."""
    with live(CAT) as daemon:
        child = daemon.wait_state("cat", "RUNNING")["pid"]
        daemon.config.unlink()
        daemon.signal(signal.SIGHUP)
        wait_text(daemon.log, "could not find config file")
        assert daemon.info("cat")["pid"] == child


def test_reload_keeps_the_pid_and_starts_everything_anew() -> None:
    """The same process reads the file again; in-memory state such as a stop by hand is lost."""
    with live(CAT) as daemon:
        child = daemon.wait_state("cat", "RUNNING")["pid"]
        daemon.rpc.supervisor.stopProcess("cat")
        daemon.signal(signal.SIGHUP)
        wait_log_count(daemon, "supervisord started with pid", 2)
        assert daemon.wait_state("cat", "RUNNING")["pid"] != child
        assert daemon.rpc.supervisor.getPID() == daemon.pid
        assert is_gone(child)


def test_many_reloads_leave_no_descriptors_behind() -> None:
    """Servers, logs and pipes are closed before they are opened again."""
    with live(CAT) as daemon:
        counts = []
        for round_number in range(1, 6):
            daemon.wait_state("cat", "RUNNING")
            counts.append(_regular_descriptors(daemon.pid))
            daemon.signal(signal.SIGHUP)
            wait_log_count(daemon, "supervisord started with pid", round_number + 1)
            wait_log_count(daemon, "entered RUNNING", round_number + 1)
        assert len(set(counts)) == 1


def _regular_descriptors(pid: int) -> int:
    return sum(1 for target in descriptors(pid).values() if not target.startswith("socket:"))


def test_c4_a_relative_configuration_file_survives_the_change_of_directory() -> None:
    """`-c supervisord.conf` is made absolute at start; the reload of a daemonised SD finds it."""
    config = "[supervisord]\ndirectory={dir}/work\n" + CAT
    with live(config, start=False) as daemon:
        (daemon.directory / "work").mkdir()
        pid = daemonised(daemon, "supervisord.conf")
        daemon.wait_state("cat", "RUNNING")
        os.kill(pid, signal.SIGHUP)
        wait_log_count(daemon, "supervisord started with pid", 2)
        daemon.wait_state("cat", "RUNNING")
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: is_gone(pid), "the daemon is gone")


def test_l29_relative_paths_stay_where_they_were_after_a_reload() -> None:
    """Main log, pidfile and AUTO logs stay in the first directory, other logs in `directory`."""
    config = """
[supervisord]
directory={dir}/work
logfile=main.log
pidfile=main.pid
childlogdir=auto
[program:cat]
command=cat
startsecs=0
stdout_logfile=cat.log
"""
    with live(config, start=False) as daemon:
        for name in ("work", "auto", "work/auto"):
            (daemon.directory / name).mkdir()
        daemon.log = daemon.directory / "main.log"
        (daemon.directory / "supervisord.pid").symlink_to("main.pid")
        pid = daemonised(daemon, str(daemon.config))
        daemon.wait_state("cat", "RUNNING")
        os.kill(pid, signal.SIGHUP)
        wait_log_count(daemon, "supervisord started with pid", 2)
        daemon.wait_state("cat", "RUNNING")
        assert sorted(os.listdir(daemon.directory / "work")) == ["auto", "cat.log"]
        assert os.listdir(daemon.directory / "work" / "auto") == []
        assert len(os.listdir(daemon.directory / "auto")) == 1
        assert (daemon.directory / "main.pid").read_text() == f"{pid}\n"
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: is_gone(pid), "the daemon is gone")
        assert not (daemon.directory / "main.pid").exists()


def test_c5_a_reread_moves_neither_pidfile_nor_log() -> None:
    """Rereading another pidfile and logfile changes nothing until the restart."""
    with live(CAT) as daemon:
        daemon.wait_state("cat", "RUNNING")
        configure(daemon, "[supervisord]\npidfile={dir}/other.pid\nlogfile={dir}/other.log\n" + CAT)
        daemon.rpc.supervisor.reloadConfig()
        text = daemon.rpc.supervisor.readLog(0, 0)
        assert isinstance(text, str) and "supervisord started with pid" in text
        assert daemon.stop() == 0
        assert not (daemon.directory / "supervisord.pid").exists()
        assert not (daemon.directory / "other.log").exists()
