"""What a child inherits and what not, with real processes."""

import os
import signal
import sys
import xmlrpc.client
from pathlib import Path

import psutil
import pytest

from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.scenario_live import (
    descriptors,
    ignored_signals,
    live,
    script,
    wait_text,
)

CAT = "[program:cat]\ncommand=cat\nstartsecs=0\n"


def test_l10_children_find_sigpipe_ignored() -> None:
    """Kept: programs written for it would start to die on closed sockets."""
    with live(CAT) as daemon:
        pid = daemon.wait_state("cat", "RUNNING")["pid"]
        assert {signal.SIGPIPE, signal.SIGXFSZ} <= ignored_signals(pid)


def test_l10_restore_signals_gives_the_default_reaction_back() -> None:
    """The opt-in key restores the defaults of the two signals."""
    with live(CAT + "restore_signals=true\n") as daemon:
        pid = daemon.wait_state("cat", "RUNNING")["pid"]
        assert not {signal.SIGPIPE, signal.SIGXFSZ} & ignored_signals(pid)


def test_children_have_no_blocked_signals() -> None:
    """Whatever the daemon was started with, its children begin with an empty mask."""
    block = (
        "import os,signal,sys; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1}); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    with live(CAT, wrapper=(sys.executable, "-c", block)) as daemon:
        pid = daemon.wait_state("cat", "RUNNING")["pid"]
        status = Path(f"/proc/{pid}/status").read_text("ascii")
        mask = next(line for line in status.splitlines() if line.startswith("SigBlk"))
        assert int(mask.split()[1], 16) == 0


def test_l11_text_for_a_full_pipe_is_kept_and_delivered_once() -> None:
    """For a child that does not read the daemon buffers; nothing is lost or doubled."""
    config = """
[program:late]
command={dir}/late.sh
startsecs=0
"""
    with live(config, start=False) as daemon:
        script(
            daemon,
            "late.sh",
            "#!/bin/sh\nwhile [ ! -e {dir}/go ]; do sleep 0.05; done\nexec cat > {dir}/got\n",
        )
        daemon.start()
        daemon.wait_state("late", "RUNNING")
        pieces = [f"{number:06d}" * 5_000 + "\n" for number in range(20)]
        for piece in pieces:
            assert daemon.rpc.supervisor.sendProcessStdin("late", piece) is True
        (daemon.directory / "go").touch()
        wanted = "".join(pieces)
        got = daemon.directory / "got"
        wait_until(
            lambda: got.exists() and got.stat().st_size >= len(wanted), "everything has arrived"
        )
        assert got.read_text() == wanted


def test_stdin_of_a_child_that_closed_it_is_no_file() -> None:
    """The fault is NO_FILE, and the daemon goes on."""
    config = """
[program:closed]
command=sh -c "exec <&-; touch {dir}/ready; exec sleep 1000"
startsecs=0
"""
    with live(config) as daemon:
        wait_until((daemon.directory / "ready").exists, "stdin is closed")
        daemon.wait_state("closed", "RUNNING")

        def refused() -> bool:
            try:
                daemon.rpc.supervisor.sendProcessStdin("closed", "x")
            except xmlrpc.client.Fault as fault:
                return fault.faultCode == 20
            return False

        wait_until(refused, "the fault NO_FILE")


def test_l18_every_descriptor_from_3_on_is_closed() -> None:
    """Descriptors above minfds do not leak into children either."""
    inherit = (
        "bash",
        "-c",
        'ulimit -n 4096; exec 3</dev/null 7</dev/null 2500</dev/null; exec "$@"',
        "bash",
    )
    with live(CAT, wrapper=inherit) as daemon:
        pid = daemon.wait_state("cat", "RUNNING")["pid"]
        # A program that answers is done with linking, which opens libraries.
        daemon.rpc.supervisor.sendProcessStdin("cat", "up\n")
        wait_until(lambda: daemon.rpc.supervisor.readProcessStdoutLog("cat", 0, 0), "an answer")
        assert set(descriptors(pid)) == {0, 1, 2}


def test_l21_a_refused_spawn_leaves_no_descriptor_open() -> None:
    """Pipes are closed again if a log file cannot be opened."""
    config = """
[program:nolog]
command=cat
stdout_logfile={dir}/gone/out.log
startretries=0
autostart=false
"""
    with live(config, start=False) as daemon:
        gone = daemon.directory / "gone"
        gone.mkdir()
        daemon.start()
        gone.rmdir()

        def fail_once() -> None:
            with pytest.raises(xmlrpc.client.Fault, match="SPAWN_ERROR"):
                daemon.rpc.supervisor.startProcess("nolog")
            daemon.wait_state("nolog", "FATAL")

        fail_once()
        wait_until(lambda: _sockets(daemon.pid) <= 1, "connections are closed")
        before = _pipes(daemon.pid)
        for _ in range(5):
            fail_once()
        assert _pipes(daemon.pid) == before
        assert daemon.info("nolog")["spawnerr"] == (
            "unknown error making dispatchers for 'nolog': ENOENT"
        )


def _pipes(pid: int) -> int:
    return sum(1 for target in descriptors(pid).values() if target.startswith("pipe:"))


def _sockets(pid: int) -> int:
    return sum(1 for target in descriptors(pid).values() if target.startswith("socket:"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_a_child_with_a_user_is_that_user_and_nothing_more() -> None:
    """uid, gid and supplementary groups are the user's; HOME and the others are not touched."""
    config = """
[program:cat]
command={dir}/env.sh
startsecs=0
user=nobody
"""
    with live(config, start=False, environment={"HOME": "/root-home"}) as daemon:
        script(daemon, "env.sh", "#!/bin/sh\nenv > {dir}/env\nexec cat\n")
        daemon.start()
        pid = daemon.wait_state("cat", "RUNNING")["pid"]
        process = psutil.Process(pid)
        assert set(process.uids()) == {65534}
        assert set(process.gids()) == {65534}
        assert "HOME=/root-home\n" in wait_text(daemon.directory / "env", "HOME=")


def test_a_child_leads_a_process_group_in_the_session_of_the_daemon() -> None:
    """New process group, same session, working folder and umask as configured."""
    config = CAT + "directory={dir}/work\numask=027\n"
    with live(config, start=False) as daemon:
        (daemon.directory / "work").mkdir()
        daemon.start()
        pid = daemon.wait_state("cat", "RUNNING")["pid"]
        assert os.getpgid(pid) == pid
        assert os.getsid(pid) == os.getsid(daemon.pid)
        assert os.readlink(f"/proc/{pid}/cwd") == str(daemon.directory / "work")
        assert "Umask:\t0027\n" in Path(f"/proc/{pid}/status").read_text("ascii")


def test_a_child_that_floods_its_output_delays_nobody() -> None:
    """While one child prints without end, requests are answered and others start and stop."""
    config = """
[program:flood]
command=yes
startsecs=0
stdout_logfile={dir}/flood.log
stdout_logfile_maxbytes=100KB
stdout_logfile_backups=1
[program:cat]
command=cat
startsecs=0
autostart=false
"""
    with live(config) as daemon:
        daemon.wait_state("flood", "RUNNING")
        wait_until((daemon.directory / "flood.log.1").exists, "the flood has begun")
        for _ in range(20):
            assert daemon.rpc.supervisor.startProcess("cat") is True
            assert daemon.rpc.supervisor.stopProcess("cat") is True
        assert daemon.rpc.supervisor.stopProcess("flood") is True
