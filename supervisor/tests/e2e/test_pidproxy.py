"""pidproxy stands in for a program that detaches itself."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from supervisor.tests.support.daemon import OUR_DAEMON, clean_environment, wait_until

COMMAND = (sys.executable, "-m", "supervisor.pidproxy")

CHILD = """\
#!/bin/sh
echo "args $0 $*"
trap 'echo usr1 > usr1' USR1
trap 'echo term > term; exit 5' TERM
echo $$ > own.pid
while :; do sleep 0.05; done
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start pidproxy in a directory of its own with a script beside it."""
    child = tmp_path / "child"
    child.write_text(CHILD)
    child.chmod(0o755)
    started: list[subprocess.Popen[str]] = []

    def run(*words: str) -> "subprocess.Popen[str]":
        started.append(
            subprocess.Popen(
                [*COMMAND, *words],
                cwd=tmp_path,
                env=clean_environment(OUR_DAEMON),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )
        return started[-1]

    yield run
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            # Its session is its own: what it started ends with it.
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def child_pid(directory: Path) -> int:
    """Pid of the script, once it has written it."""
    path = directory / "own.pid"
    wait_until(lambda: path.exists() and path.read_text().endswith("\n"), "the script runs")
    return int(path.read_text())


def test_too_few_arguments_print_the_usage(start: Start) -> None:
    """Usage on stdout, exit 1."""
    process = start("only.pid")
    stdout, _ = process.communicate(timeout=20)
    assert "Usage: " in stdout
    assert "<pidfile name> <command> [<cmdarg1> ...]" in stdout
    assert process.returncode == 1


def test_signals_go_to_the_process_in_the_pidfile(start: Start, tmp_path: Path) -> None:
    """USR1 is forwarded and pidproxy goes on; after TERM it exits 0. Arguments are passed."""
    process = start("own.pid", "./child", "a b", "c")
    child_pid(tmp_path)
    process.send_signal(signal.SIGUSR1)
    wait_until((tmp_path / "usr1").exists, "the script got USR1")
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    wait_until((tmp_path / "term").exists, "the script got TERM")
    stdout, _ = process.communicate(timeout=20)
    assert stdout.startswith(f"args {tmp_path}/child a b c\n")
    assert process.returncode == 0


def test_pidfile_is_read_at_the_moment_of_the_signal(start: Start, tmp_path: Path) -> None:
    """Another process may have taken over; an unreadable file is no reason to end."""
    process = start("late.pid", "./child")
    pid = child_pid(tmp_path)
    process.send_signal(signal.SIGUSR1)
    assert process.stdout is not None
    lines = [process.stdout.readline(), process.stdout.readline()]
    assert "Can't read child pidfile late.pid!\n" in lines
    (tmp_path / "late.pid").write_text(f"{pid}\n")
    process.send_signal(signal.SIGUSR1)
    wait_until((tmp_path / "usr1").exists, "the script got USR1")


def test_l33_w18_end_of_the_command_is_noticed_and_its_status_told(start: Start) -> None:
    """pidproxy once looked every 5 s only, and always exited 0."""
    process = start("own.pid", "/bin/sh", "-c", "exit 3")
    process.communicate(timeout=20)
    assert process.returncode == 3
    process = start("own.pid", "/bin/sh", "-c", "kill -KILL $$")
    process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGKILL


def test_w18_bare_command_is_searched_in_the_path(start: Start) -> None:
    """As a shell finds it; previously it was a file of the current directory or nothing."""
    process = start("own.pid", "sh", "-c", "exit 3")
    process.communicate(timeout=20)
    assert process.returncode == 3


def test_w18_command_of_the_current_directory_comes_before_the_path(
    start: Start, tmp_path: Path
) -> None:
    """What ran before runs still."""
    command = tmp_path / "sh"
    command.write_text("#!/bin/sh\nexit 7\n")
    command.chmod(0o755)
    process = start("own.pid", "sh", "-c", "exit 3")
    process.communicate(timeout=20)
    assert process.returncode == 7


@pytest.mark.parametrize("command", ["no-such-command", "./sh"])
def test_command_that_is_nowhere_is_told_with_the_path_that_was_tried(
    start: Start, command: str
) -> None:
    """A name with a slash is never searched."""
    process = start("own.pid", command)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 127
    assert stderr.endswith(f"/{command.removeprefix('./')}: No such file or directory\n")
