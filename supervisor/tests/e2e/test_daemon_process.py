"""The daemon as a citizen of the system: background, pidfile, limits, users, sockets, PID 1."""

import os
import signal
import socket
import stat
import subprocess
from pathlib import Path

import psutil
import pytest

from supervisor.tests.support.daemon import free_port, wait_until
from supervisor.tests.support.scenario_live import (
    daemonised,
    fill,
    live,
    wait_log_count,
    wait_text,
)
from supervisor.tests.support.scenario_stage import StageDaemon, is_gone

CAT = "[program:cat]\ncommand=cat\nstartsecs=0\n"
ALREADY = (
    "Error: Another program is already listening on a port that one of our HTTP servers is "
    "configured to use.  Shut this program down first before starting supervisord.\n"
)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def refused(daemon: StageDaemon, *words: str) -> subprocess.CompletedProcess[str]:
    """Outcome of a daemon that is expected to end by itself."""
    return subprocess.run(
        [*daemon.executable, *words],
        cwd=daemon.directory,
        env=os.environ | daemon.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=20,
        check=False,
    )


def test_daemonising_leaves_terminal_folder_and_umask_behind() -> None:
    """The parent exits 0; setsid, `directory`, umask, fds 0 to 2 on /dev/null, pidfile."""
    config = "[supervisord]\ndirectory={dir}/work\numask=027\n" + CAT
    with live(config, start=False) as daemon:
        (daemon.directory / "work").mkdir()
        pid = daemonised(daemon, str(daemon.config))
        assert os.getsid(pid) == pid
        assert os.readlink(f"/proc/{pid}/cwd") == str(daemon.directory / "work")
        assert {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in (0, 1, 2)} == {"/dev/null"}
        assert "Umask:\t0027\n" in Path(f"/proc/{pid}/status").read_text("ascii")
        log = wait_text(daemon.log, f"supervisord started with pid {pid}")
        assert log.index("daemonizing the supervisord process") < log.index("set current directory")
        daemon.wait_state("cat", "RUNNING")
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: is_gone(pid), "the daemon is gone")
        assert not (daemon.directory / "supervisord.pid").exists()
        assert not daemon.socket.exists()


def test_the_foreground_changes_neither_folder_nor_umask() -> None:
    """C2 is kept: containers rely on the folder and the umask they were started with."""
    config = "[supervisord]\ndirectory={dir}/work\numask=077\n" + CAT
    with live(config, start=False) as daemon:
        (daemon.directory / "work").mkdir()
        daemon.start()
        daemon.wait_state("cat", "RUNNING")
        assert os.readlink(f"/proc/{daemon.pid}/cwd") == str(daemon.directory)
        assert "Umask:\t0022\n" in Path(f"/proc/{daemon.pid}/status").read_text("ascii")


def test_a_second_instance_is_refused_and_does_no_harm() -> None:
    """A live unix socket, or a port in use: two lines on stderr, exit 2, the first one goes on."""
    port = free_port()
    server = f"[inet_http_server]\nport=127.0.0.1:{port}\n"
    with live(server + CAT) as daemon:
        child = daemon.wait_state("cat", "RUNNING")["pid"]
        second = refused(daemon, "-n", "-c", str(daemon.config))
        assert (second.returncode, second.stderr.startswith(ALREADY)) == (2, True), second.stderr
        alone = daemon.directory / "alone.conf"
        alone.write_text(f"[supervisord]\nlogfile={daemon.directory}/alone.log\n{server}")
        third = refused(daemon, "-n", "-c", str(alone))
        assert (third.returncode, third.stderr.startswith(ALREADY)) == (2, True), third.stderr
        assert daemon.info("cat")["pid"] == child
        assert (daemon.directory / "supervisord.pid").read_text() == f"{daemon.pid}\n"


def test_a_stale_socket_is_removed() -> None:
    """A socket file that nobody listens on is unlinked with a message, and the start goes on."""
    with live(CAT, start=False) as daemon:
        with socket.socket(socket.AF_UNIX) as left_behind:
            left_behind.bind(str(daemon.socket))
        daemon.start()
        assert f"Unlinking stale socket {daemon.socket}" in daemon.output()
        assert stat.S_IMODE(daemon.socket.stat().st_mode) == 0o700


def test_a_daemon_that_was_killed_can_be_started_again() -> None:
    """After kill -9 socket and pidfile lie about; they do not prevent the next start."""
    with live(CAT) as daemon:
        daemon.wait_state("cat", "RUNNING")
        daemon.signal(signal.SIGKILL)
        daemon.wait()
        assert daemon.socket.exists()
        daemon.start()
        daemon.wait_state("cat", "RUNNING")
        assert (daemon.directory / "supervisord.pid").read_text() == f"{daemon.pid}\n"
        assert daemon.stop() == 0


def test_l22_a_pidfile_that_names_a_live_process_is_overwritten_with_a_warning() -> None:
    """The sockets are the guard against a second instance; the pidfile only deserves a warning."""
    with live(CAT, start=False) as daemon:
        (daemon.directory / "supervisord.pid").write_text(f"{os.getpid()}\n")
        daemon.start()
        wait_text(daemon.log, "supervisord started with pid")
        warnings = [line for line in daemon.log_text().splitlines() if " WARN " in line]
        assert any(str(os.getpid()) in line and "supervisord.pid" in line for line in warnings)
        assert (daemon.directory / "supervisord.pid").read_text() == f"{daemon.pid}\n"


def test_a_pidfile_that_is_not_ours_is_not_removed() -> None:
    """The pidfile is removed at exit only if this instance wrote it."""
    with live("[supervisord]\npidfile={dir}/folder\n", start=False) as daemon:
        (daemon.directory / "folder").mkdir()
        daemon.start()
        wait_text(daemon.log, f"could not write pidfile {daemon.directory / 'folder'}")
        assert daemon.stop() == 0
        assert (daemon.directory / "folder").is_dir()


@needs_root
def test_the_whole_daemon_runs_as_its_user() -> None:
    """`user` of [supervisord]: uid, gid and groups of the daemon, its log and its children."""
    with live("[supervisord]\nuser=nobody\n" + CAT) as daemon:
        child = daemon.wait_state("cat", "RUNNING")["pid"]
        for pid in (daemon.pid, child):
            process = psutil.Process(pid)
            assert set(process.uids()) == {65534}
            assert set(process.gids()) == {65534}
        assert daemon.log.stat().st_uid == 65534
        assert "Set uid to user 65534 succeeded" in daemon.log_text()
        assert "Supervisor is running as root" not in daemon.log_text()


def limit_of(pid: int) -> int:
    """The soft limit of open files of a process."""
    soft: int = psutil.Process(pid).rlimit(psutil.RLIMIT_NOFILE)[0]
    return soft


def test_limits_are_raised_to_what_is_asked_for() -> None:
    """A soft limit below minfds is raised; children inherit it."""
    low = ("bash", "-c", 'ulimit -Sn 256; exec "$@"', "bash")
    with live("[supervisord]\nminfds=700\n" + CAT, wrapper=low) as daemon:
        child = daemon.wait_state("cat", "RUNNING")["pid"]
        assert limit_of(daemon.pid) == 700
        assert limit_of(child) == 700
        assert "Increased RLIMIT_NOFILE limit to 700" in daemon.log_text()


def test_limits_are_never_lowered() -> None:
    """A soft limit above minfds stays."""
    high = ("bash", "-c", 'ulimit -Sn 2048; exec "$@"', "bash")
    with live("[supervisord]\nminfds=700\n" + CAT, wrapper=high) as daemon:
        daemon.wait_state("cat", "RUNNING")
        assert limit_of(daemon.pid) == 2048


@needs_root
def test_a_limit_that_may_not_be_raised_ends_the_start() -> None:
    """Without the right to raise the hard limit: one clear message, exit 2."""
    low = ("bash", "-c", 'ulimit -n 256; exec "$@"', "bash")
    config = "[supervisord]\nminfds=700\nuser=nobody\n"
    with live(config, wrapper=low, start=False) as daemon:
        done = refused(daemon, "-n", "-c", str(daemon.config))
        assert done.returncode == 2
        assert (
            "The minimum number of file descriptors required to run this process is 700 as per "
            'the "minfds" command-line argument or config file setting. The current environment '
            "will only allow you to open "
        ) in done.stderr


def as_pid_1() -> tuple[str, ...]:
    """Command line that makes what follows process 1 of a namespace; skips where it cannot."""
    command = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
    try:
        done = subprocess.run([*command, "true"], capture_output=True, check=False, timeout=20)
    except FileNotFoundError:
        pytest.skip("needs unshare to be process 1")
    if done.returncode:
        pytest.skip("cannot make a namespace of processes here")
    return command


def test_as_process_1_it_reaps_strangers_and_shuts_down_in_order() -> None:
    """Orphans that fall to it are reaped and logged; TERM ends programs first, then itself."""
    config = CAT + (
        "[program:leaver]\n"
        "command=sh -c \"sh -c 'sleep 0.2 & exec true' & wait; exec cat\"\nstartsecs=0\n"
    )
    with live(config, wrapper=as_pid_1()) as daemon:
        daemon.wait_state("cat", "RUNNING")
        assert daemon.rpc.supervisor.getPID() == 1
        wait_text(daemon.log, "reaped unknown pid")
        (inner,) = psutil.Process(daemon.pid).children()
        inner.send_signal(signal.SIGTERM)
        assert daemon.wait() == 0
        log = daemon.log_text()
        assert "received SIGTERM indicating exit request" in log
        assert "stopped: cat (terminated by SIGTERM)" in log
        assert "stopped: leaver" in log


def test_without_any_server_the_programs_run() -> None:
    """No `[*_http_server]` section at all is not an error."""
    with live("", start=False) as daemon:
        daemon.config.write_text(
            fill(
                "[supervisord]\nlogfile={dir}/supervisord.log\npidfile={dir}/supervisord.pid\n"
                "childlogdir={dir}\n" + CAT,
                daemon.directory,
            )
        )
        daemon.start(wait=False)
        wait_log_count(daemon, "success: cat entered RUNNING state", 1)
        assert daemon.stop() == 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("-h",), 0, ""),
        (("-v",), 0, ""),
        (("--nosuch",), 2, "Error: option --nosuch not recognized\n"),
        (("-c", "/no/such.conf"), 2, "Error: could not find config file /no/such.conf\n"),
    ],
)
def test_exit_codes(words: tuple[str, ...], code: int, message: str) -> None:
    """0 for help and version, 2 for usage errors, whose text is on stderr."""
    with live("", start=False) as daemon:
        done = refused(daemon, *words)
        assert done.returncode == code
        assert done.stderr.startswith(message)
        assert "Traceback" not in done.stderr
