"""What the commands do when stdout takes nothing: one line on stderr at most, no traceback."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from supervisor.tests.ctl.session import daemon, info
from supervisor.tests.support.daemon import clean_environment
from supervisor.tests.support.peer import Peer

FULL = Path("/dev/full")
CLOSING = ("sh", "-c", 'exec "$@" >&-', "sh")
"""Runs the words that follow it without a stdout."""
CLOSING_ALL = ("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh")


def module(name: str, *words: str) -> list[str]:
    """Command line of one of our commands."""
    return [sys.executable, "-m", f"supervisor.{name}", *words]


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A daemon with a process."""
    with daemon(getAllProcessInfo=lambda: [info("cat")]) as running:
        yield running


def run(command: Sequence[str], stdout: int, directory: Path) -> tuple[int, str]:
    """Exit code and stderr of a command that prints to that descriptor."""
    done = subprocess.run(
        command,
        cwd=directory,
        env=clean_environment((sys.executable,)),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        timeout=20,
        check=False,
    )
    return done.returncode, done.stderr


def commands(peer: Peer, directory: Path) -> list[list[str]]:
    """Everything of ours that prints and ends."""
    config = directory / "a.conf"
    config.write_text("[supervisord]\n")
    return [
        module("supervisord", "-v"),
        module("supervisord", "--check", "-c", str(config)),
        module("supervisorctl", "-h"),
        module("supervisorctl", "-s", peer.serverurl, "status"),
        module("confecho"),
        module("pidproxy"),
    ]


def test_command_ends_quietly_when_its_reader_has_gone(peer: Peer, tmp_path: Path) -> None:
    """`… | head -1` is no reason for a traceback; 141 is what shells say of SIGPIPE."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        results = [run(command, write_end, tmp_path) for command in commands(peer, tmp_path)]
    finally:
        os.close(write_end)
    assert results == [(141, "")] * 6


@pytest.mark.skipif(not FULL.exists(), reason="the system has no /dev/full")
def test_command_tells_in_one_line_that_the_disk_is_full(peer: Peer, tmp_path: Path) -> None:
    """One line on stderr, exit 1."""
    with FULL.open("w") as full:
        results = [run(command, full.fileno(), tmp_path) for command in commands(peer, tmp_path)]
    assert results == [(1, "cannot write to standard output: No space left on device\n")] * 6


def test_command_tells_in_one_line_that_stdout_is_closed(peer: Peer, tmp_path: Path) -> None:
    """One line on stderr, exit 1."""
    for command in commands(peer, tmp_path):
        closed = run([*CLOSING, *command], subprocess.DEVNULL, tmp_path)
        assert closed == (1, "cannot write to standard output: it is closed\n")


def test_exit_code_alone_tells_it_without_a_stderr(peer: Peer, tmp_path: Path) -> None:
    """Nobody can be told in words."""
    for command in commands(peer, tmp_path):
        assert run([*CLOSING_ALL, *command], subprocess.DEVNULL, tmp_path) == (1, "")


@pytest.mark.parametrize("text", ["[supervisord]\nminfds=many\n", ""])
def test_daemon_that_cannot_start_needs_no_stderr(tmp_path: Path, text: str) -> None:
    """Whoever cannot be told in words has the exit code, as documented."""
    config = tmp_path / "a.conf"
    config.write_text(text)
    command = module("supervisord", "-n", "-c", str(config))
    assert run([*CLOSING_ALL, *command], subprocess.DEVNULL, tmp_path) == (2, "")
