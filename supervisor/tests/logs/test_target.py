"""Our own stdout and stderr as logs: appended to, never blocking, left as they are for others."""

import os
import pty
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from supervisor.logs.target import lacks_reader, open_target, own_descriptor
from supervisor.tests.logs.helpers import run_python

FLOOD = """
import fcntl, os, sys
from supervisor.logs.filelog import FileLog
before = fcntl.fcntl(1, fcntl.F_GETFL)
reports = []
log = FileLog("/dev/stdout", 0, 0, report=lambda level, text: reports.append(text))
log.open()
for _ in range(2000):
    log.write(b"x" * 1000)
assert fcntl.fcntl(1, fcntl.F_GETFL) == before, "flags of the shared description changed"
print(log.lost_bytes, len(reports), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("path", "fd"),
    [
        ("/dev/stdout", 1),
        ("/dev/stderr", 2),
        ("/dev/fd/1", 1),
        ("/proc/self/fd/2", 2),
        ("/dev/null", None),
        ("/dev/fd/7", None),
    ],
)
def test_names_of_our_stdout_and_stderr_are_known(path: str, fd: int | None) -> None:
    """/dev/stdout and its relatives."""
    assert own_descriptor(path) == fd


def test_link_to_stdout_is_stdout(tmp_path: Path) -> None:
    """Containers link log files to /dev/stdout; such a link must never be rotated away."""
    (tmp_path / "direct").symlink_to("/dev/stdout")
    (tmp_path / "indirect").symlink_to("direct")
    (tmp_path / "circle").symlink_to("circle")

    assert own_descriptor(str(tmp_path / "indirect")) == 1
    assert own_descriptor(str(tmp_path / "circle")) is None


@pytest.mark.parametrize(("name", "lacks"), [("fifo", True), ("socket", False), (".", False)])
def test_lacking_reader_is_told_from_other_trouble(tmp_path: Path, name: str, lacks: bool) -> None:
    """Only a FIFO can wait for a reader."""
    os.mkfifo(tmp_path / "fifo")
    path = str(tmp_path / name)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))

        with pytest.raises(OSError) as raised:
            open_target(path, 0o666)

    assert lacks_reader(raised.value, path) is lacks


def test_stdout_as_full_pipe_never_blocks() -> None:
    """A pipe that nobody reads takes what fits; the rest is lost and reported once."""
    reader, writer = os.pipe()
    done = run_python(FLOOD, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        received = pipe.read()

    lost, reports = map(int, done.stderr.split())
    assert (len(received) + lost, reports) == (2_000_000, 1)


def test_stdout_whose_reader_is_gone_is_survived() -> None:
    """EPIPE: all is lost, nothing dies."""
    reader, writer = os.pipe()
    os.close(reader)
    done = run_python(FLOOD, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)

    assert done.stderr.split() == [b"2000000", b"1"]


def test_stdout_as_full_socket_never_blocks() -> None:
    """A socket cannot be opened by name (ENXIO); it is used as it is, without blocking."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        done = run_python(FLOOD, stdout=theirs.fileno(), stderr=subprocess.PIPE)
        theirs.close()
        received = 0
        while data := ours.recv(1 << 20):
            received += len(data)

    lost, reports = map(int, done.stderr.split())
    assert (received + lost, reports) == (2_000_000, 1)
    assert received > 0


def test_stdout_as_stopped_terminal_never_blocks() -> None:
    """A terminal that takes no more output."""
    master, slave = pty.openpty()
    done = run_python(FLOOD, stdout=slave, stderr=subprocess.PIPE)
    os.close(slave)
    os.close(master)

    assert int(done.stderr.split()[0]) > 0


@pytest.mark.skipif(os.geteuid() != 0, reason="must change the user: root")
def test_stdout_of_another_user_is_usable() -> None:
    """A pipe made by root cannot be opened by name after the privileges were dropped."""
    reader, writer = os.pipe()
    script = FLOOD.replace("before =", "os.setuid(65534)\nbefore =")
    done = run_python(script, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        received = pipe.read()

    lost, reports = map(int, done.stderr.split())
    assert (len(received) + lost, reports) == (2_000_000, 1)
    assert received


def test_stdout_as_file_is_shared_with_other_writers() -> None:
    """What the log and others print into the same redirected file follows each other."""
    script = """
import os
from supervisor.logs.filelog import FileLog
log = FileLog("/dev/stdout", 10, 3, report=lambda level, text: os.write(2, b"[%d]" % level))
log.open()
os.write(1, b"one ")
log.write(b"two ")
os.write(1, b"three ")
log.clear()
log.write(b"four, longer than maxbytes")
"""
    with tempfile.TemporaryFile() as output:
        output.write(b"zero ")
        output.flush()
        done = run_python(script, stdout=output, stderr=subprocess.PIPE)
        output.seek(0)
        assert output.read() == b"zero one two three four, longer than maxbytes"

    assert done.stderr == b"[30]"
