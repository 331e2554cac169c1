"""Signals that the daemon gets, and what happens to its children then."""

import signal
import time

import pytest

from supervisor.tests.support.daemon import DEADLINE_S, wait_until
from supervisor.tests.support.scenario_live import live, script, wait_log_count, wait_text
from supervisor.tests.support.scenario_stage import is_gone

CAT = "[program:cat]\ncommand=cat\nstartsecs=0\nstdout_logfile={dir}/cat.log\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_an_exit_request_stops_the_children_first(number: signal.Signals) -> None:
    """TERM, INT and QUIT: orderly shutdown, exit code 0, socket and pidfile removed."""
    with live(CAT) as daemon:
        child = daemon.wait_state("cat", "RUNNING")["pid"]
        daemon.signal(number)
        assert daemon.wait() == 0
        assert is_gone(child)
        assert f"received {number.name} indicating exit request" in daemon.log_text()
        assert not daemon.socket.exists()
        assert not (daemon.directory / "supervisord.pid").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_exit_requests_that_are_repeated_do_not_kill_the_daemon_on_its_last_steps(
    number: signal.Signals,
) -> None:
    """However often it is asked: exit code 0, socket and pidfile removed."""
    with live(CAT) as daemon:
        daemon.wait_state("cat", "RUNNING")
        process = daemon.process
        assert process is not None
        deadline_s = time.monotonic() + DEADLINE_S
        while process.poll() is None:
            assert time.monotonic() < deadline_s, "the daemon does not end"
            process.send_signal(number)
        assert process.returncode == 0
        assert not daemon.socket.exists()
        assert not (daemon.directory / "supervisord.pid").exists()


def test_exit_request_as_soon_as_the_socket_is_there_ends_in_good_order() -> None:
    """Signals have their meaning before anything can be seen of the daemon."""
    for _ in range(5):
        with live(CAT, start=False) as daemon:
            daemon.start(wait=False)
            wait_until(daemon.socket.exists, "the socket is there")
            daemon.signal(signal.SIGTERM)
            assert daemon.wait() == 0
            assert not daemon.socket.exists()


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGALRM, signal.SIGPIPE, signal.SIGHUP])
def test_l14_other_signals_do_not_kill_the_daemon(number: signal.Signals) -> None:
    """A signal that nobody handles must not orphan all children."""
    with live(CAT) as daemon:
        daemon.wait_state("cat", "RUNNING")
        daemon.signal(number)
        if number is signal.SIGUSR1:
            wait_text(daemon.log, "SIGUSR1")
        if number is signal.SIGHUP:
            wait_log_count(daemon, "entered RUNNING", 2)
        daemon.wait_state("cat", "RUNNING")
        assert daemon.process is not None and daemon.process.poll() is None
        assert daemon.stop() == 0


def test_l4_signals_that_come_together_are_all_handled() -> None:
    """Nothing waits for a tick: reopen and exit, sent at once, are both done."""
    with live(CAT) as daemon:
        daemon.wait_state("cat", "RUNNING")
        for number in (signal.SIGUSR2, signal.SIGUSR1, signal.SIGTERM):
            daemon.signal(number)
        assert daemon.wait() == 0
        log = daemon.log_text()
        assert "received SIGUSR2 indicating log reopen request" in log
        assert "received SIGTERM indicating exit request" in log


def test_usr2_reopens_the_main_log_and_all_child_logs() -> None:
    """After a rename by a log rotator both files are made anew under their names."""
    with live(CAT) as daemon:
        daemon.wait_state("cat", "RUNNING")
        daemon.rpc.supervisor.sendProcessStdin("cat", "before\n")
        log = daemon.directory / "cat.log"
        wait_text(log, "before")
        for path in (log, daemon.log):
            path.rename(path.with_suffix(".old"))
        daemon.signal(signal.SIGUSR2)
        wait_until(lambda: log.exists() and daemon.log.exists(), "both files are there again")
        daemon.rpc.supervisor.sendProcessStdin("cat", "after\n")
        wait_text(log, "after")
        assert log.read_text() == "after\n"
        assert log.with_suffix(".old").read_text() == "before\n"
        daemon.rpc.supervisor.stopProcess("cat")
        wait_text(daemon.log, "stopped: cat")


def test_a_second_exit_request_changes_nothing() -> None:
    """TERM while shutting down: the shutdown goes on, every child is waited for."""
    config = "[program:slow]\ncommand={dir}/slow.sh\nstartsecs=0\nstopwaitsecs=60\n"
    with live(config, start=False) as daemon:
        script(
            daemon,
            "slow.sh",
            "#!/bin/sh\ntrap 'touch {dir}/asked' TERM\ntouch {dir}/ready\n"
            "while [ ! -e {dir}/go ]; do sleep 0.05; done\n",
        )
        daemon.start()
        wait_until((daemon.directory / "ready").exists, "the slow one listens")
        daemon.signal(signal.SIGTERM)
        wait_until((daemon.directory / "asked").exists, "the slow one was asked to stop")
        daemon.signal(signal.SIGTERM)
        daemon.signal(signal.SIGHUP)
        wait_text(daemon.log, "ignored SIGHUP indicating restart request (shutdown in progress)")
        assert daemon.process is not None and daemon.process.poll() is None
        (daemon.directory / "go").touch()
        assert daemon.wait() == 0
        assert "stopped: slow (exit status 0)" in daemon.log_text()
