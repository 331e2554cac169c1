"""The pidfile."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from supervisor.errors import HostError
from supervisor.host.pidfile import living_owner, read_pidfile, remove_pidfile, write_pidfile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "supervisord.pid"


def test_pidfile_holds_the_pid_on_a_line(path: Path) -> None:
    """Scripts read it with cat."""
    write_pidfile(str(path), 4711)

    assert path.read_bytes() == b"4711\n"
    assert read_pidfile(str(path)) == 4711


def test_pidfile_that_cannot_be_written_is_told() -> None:
    """The daemon goes on without; the main log tells."""
    with pytest.raises(HostError, match=r"^could not write pidfile /nonexistent/x$"):
        write_pidfile("/nonexistent/x", 4711)


@pytest.mark.parametrize("content", [b"", b"x\n", b"-1\n", b"0\n", b"9" * 40, b"99999999999\n"])
def test_l22_pidfile_without_a_living_pid_is_no_warning(path: Path, content: bytes) -> None:
    """What is not the pid of a process is overwritten in silence."""
    path.write_bytes(content)

    assert living_owner(str(path)) is None


def test_l22_pidfile_of_a_living_process_is_noticed(path: Path) -> None:
    """A file that names another living process deserves a warning."""
    write_pidfile(str(path), os.getppid())

    assert living_owner(str(path)) == os.getppid()


def test_l22_pidfile_of_a_dead_process_or_our_own_is_no_warning(path: Path) -> None:
    """After a crash, and on reload, there is nothing to warn of."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    write_pidfile(str(path), dead.pid)
    assert living_owner(str(path)) is None
    write_pidfile(str(path), os.getpid())
    assert living_owner(str(path)) is None


def test_pidfile_is_removed_while_it_is_ours(path: Path) -> None:
    """At exit the file goes, unless somebody else has written it since."""
    write_pidfile(str(path), 4711)
    assert not remove_pidfile(str(path), 4712)
    assert path.exists()

    assert remove_pidfile(str(path), 4711)
    assert not path.exists()
    assert not remove_pidfile(str(path), 4711)


def test_pidfile_that_is_a_fifo_does_not_stop_us(path: Path) -> None:
    """Looking at the file never waits and never takes data away."""
    os.mkfifo(path)

    assert living_owner(str(path)) is None
    assert not remove_pidfile(str(path), os.getpid())
    assert path.exists()


def test_pidfile_that_is_a_fifo_without_reader_cannot_be_written(path: Path) -> None:
    """Writing the file never waits; what has no reader is told like any other failure."""
    os.mkfifo(path)

    with pytest.raises(HostError, match=f"^could not write pidfile {path}$"):
        write_pidfile(str(path), 4711)


def test_pidfile_with_a_name_that_no_file_has_cannot_be_written() -> None:
    """A NUL in the name is told like any other failure."""
    with pytest.raises(HostError, match=r"^could not write pidfile "):
        write_pidfile("a\0b", 4711)


def test_pidfile_may_be_a_device(path: Path) -> None:
    """In containers people who need no pidfile name the null device."""
    write_pidfile(os.devnull, 4711)

    assert not remove_pidfile(os.devnull, 4711)


@pytest.mark.parametrize(("size_bytes", "pid"), [(31, 1), (32, None)])
def test_pidfile_is_read_up_to_its_limit(path: Path, size_bytes: int, pid: int | None) -> None:
    """31 bytes can be a pid; one more, and it is not a file that tells a pid."""
    path.write_bytes(b"1\n".rjust(size_bytes, b"0"))

    assert read_pidfile(str(path)) == pid
