"""A log file in bad days: nothing is raised, nothing blocks, losses are counted and reported."""

import errno
import os
import resource
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.levels import Level
from supervisor.logs.filelog import FileLog
from supervisor.tests.logs.helpers import Reports, in_child
from supervisor.tests.support.small_disk import needs_root

NOBODY = 65534


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that other users can reach."""
    directory = tempfile.mkdtemp(prefix="logs-of-nobody-")
    os.chmod(directory, 0o777)
    yield Path(directory)
    os.chmod(directory, 0o777)
    shutil.rmtree(directory)


def opened(path: Path, reports: Reports, maxbytes: int = 0, backups: int = 0) -> FileLog:
    log = FileLog(str(path), maxbytes, backups, report=reports)
    log.open()
    return log


# ---------------------------------------------------------------------- full disk


@needs_root
def test_full_disk_costs_only_what_does_not_fit(small_disk: Path, reports: Reports) -> None:
    """ENOSPC: losses are counted and reported once per burst, capture resumes by itself."""
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 32768)
    path = small_disk / "log"
    log = opened(path, reports)

    for _ in range(10):
        log.write(b"y" * 10_000)
    kept = path.stat().st_size
    lost = log.lost_bytes
    filler.unlink()
    log.write(b"again\n")

    assert kept + lost == 100_000
    assert path.read_bytes() == b"y" * kept + b"again\n"
    assert log.size == kept + 6
    assert reports == [
        (
            Level.ERRO,
            f"cannot write to {path}: No space left on device (ENOSPC); "
            "output is lost until this works again",
        ),
        (Level.WARN, f"{lost} bytes of output to {path} were lost"),
    ]


@needs_root
def test_deleting_the_log_frees_a_full_disk(small_disk: Path, reports: Reports) -> None:
    """A deleted file is let go when writing fails, so that its room can be used."""
    path = small_disk / "log"
    log = opened(path, reports)
    for _ in range(10):
        log.write(b"y" * 10_000)

    path.unlink()
    log.write(b"lost")
    log.write(b"kept")

    assert path.read_bytes() == b"kept"


@needs_root
def test_rotation_works_on_a_full_disk(small_disk: Path, reports: Reports) -> None:
    """Rotation without backups makes room by itself."""
    path = small_disk / "log"
    (small_disk / "filler").write_bytes(b"x" * 50_000)
    log = opened(path, reports, maxbytes=4096)

    for _ in range(20):
        log.write(b"y" * 4096)

    assert not reports


def test_device_that_is_always_full_is_reported_once(reports: Reports) -> None:
    """Once per burst, not once per write; and what was lost is told when the log is closed."""
    log = opened(Path("/dev/full"), reports)

    for _ in range(1000):
        log.write(b"12345")
    log.close()

    assert [level for level, _ in reports] == [Level.ERRO, Level.WARN]
    assert reports.texts[1] == "5000 bytes of output to /dev/full were lost"


def test_file_size_limit_is_survived(tmp_path: Path) -> None:
    """EFBIG: a resource limit of the daemon harms no child."""
    path = tmp_path / "log"

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    def action() -> None:
        reports = Reports()
        log = opened(path, reports)
        for _ in range(10):
            log.write(b"x" * 300)
        assert log.lost_bytes == 2000, log.lost_bytes
        assert "EFBIG" in reports.texts[0], reports

    in_child(action, before=limit)
    assert path.stat().st_size == 1000


# ---------------------------------------------------------------------- rights and directories


@needs_root
def test_rotation_without_rights_keeps_all_output(open_directory: Path) -> None:
    """EACCES while renaming is tolerated and reported once; the file goes on growing."""
    path = open_directory / "log"
    path.touch(mode=0o666)
    path.chmod(0o666)
    open_directory.chmod(0o755)

    def action() -> None:
        reports = Reports()
        log = opened(path, reports, maxbytes=10, backups=3)
        for _ in range(100):
            log.write(b"12345678")
        assert [level for level, _ in reports] == [Level.ERRO], reports
        assert "cannot rotate" in reports.texts[0], reports
        assert log.size == 800

    in_child(action, before=lambda: os.setuid(NOBODY))
    assert path.read_bytes() == b"12345678" * 100
    assert [entry.name for entry in open_directory.iterdir()] == ["log"]


def test_rotation_resumes_when_the_obstacle_is_gone(tmp_path: Path, reports: Reports) -> None:
    """What blocks rotation is reported once, and so is that it works again."""
    path = tmp_path / "log"
    (tmp_path / "log.1").mkdir()
    log = opened(path, reports, maxbytes=4, backups=1)
    for _ in range(10):
        log.write(b"1234")

    (tmp_path / "log.1").rmdir()
    for _ in range(10):
        log.write(b"5678")

    assert [level for level, _ in reports] == [Level.ERRO, Level.INFO]
    assert (tmp_path / "log.1").read_bytes() == b"5678"
    assert path.read_bytes() == b""


@needs_root
def test_reopening_without_rights_keeps_the_open_file(open_directory: Path) -> None:
    """EACCES at USR2: output goes on where it went, and somebody is told."""
    path = open_directory / "log"
    moved = open_directory / "moved"

    def action() -> None:
        reports = Reports()
        log = opened(path, reports)
        path.rename(moved)
        open_directory.chmod(0o555)
        log.reopen()
        log.write(b"still here")
        assert len(reports) == 1, reports
        assert "Permission denied (EACCES)" in reports.texts[0], reports

    os.chown(open_directory, NOBODY, NOBODY)
    in_child(action, before=lambda: os.setuid(NOBODY))
    assert moved.read_bytes() == b"still here"


def test_vanished_directory_is_survived(tmp_path: Path, reports: Reports) -> None:
    """Capture resumes by itself as soon as the directory is back."""
    directory = tmp_path / "logs"
    directory.mkdir()
    log = opened(directory / "log", reports, maxbytes=4, backups=2)
    shutil.rmtree(directory)

    log.write(b"into a deleted file, then rotated")
    log.write(b"lost 1")
    log.write(b"lost 2")
    directory.mkdir()
    log.write(b"ok")

    assert (directory / "log").read_bytes() == b"ok"
    assert "ENOENT" in reports.texts[0]
    assert reports.texts[1] == f"12 bytes of output to {directory}/log were lost"
    assert len(reports) == 2


def test_reopening_in_a_vanished_directory_loses_only_until_it_is_back(
    tmp_path: Path, reports: Reports
) -> None:
    """USR2 with the directory gone: the deleted file is given up, the next write tries the name."""
    directory = tmp_path / "logs"
    directory.mkdir()
    log = opened(directory / "log", reports)
    shutil.rmtree(directory)

    log.reopen()
    log.write(b"lost")
    directory.mkdir()
    log.write(b"ok")

    assert (directory / "log").read_bytes() == b"ok"
    assert len(reports) == 3


# ---------------------------------------------------------------------- FIFO


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


def reader_of(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK)


def test_fifo_without_reader_neither_blocks_nor_fails(fifo: Path, reports: Reports) -> None:
    """Data counts as lost until there is a reader, then capture resumes."""
    log = opened(fifo, reports)
    assert log.is_open
    log.write(b"lost")

    reader = reader_of(fifo)
    log.write(b"read")

    assert os.read(reader, 100) == b"read"
    assert reports.texts[1] == f"4 bytes of output to {fifo} were lost"
    os.close(reader)


def test_fifo_whose_reader_leaves_gets_the_next_one(fifo: Path, reports: Reports) -> None:
    """EPIPE: a reader that is gone harms nobody, a later one gets what comes then."""
    first = reader_of(fifo)
    log = opened(fifo, reports)
    log.write(b"1")
    os.close(first)
    log.write(b"2")
    log.write(b"3")

    second = reader_of(fifo)
    log.write(b"4")

    assert os.read(second, 100) == b"4"
    os.close(second)


def test_fifo_with_a_slow_reader_loses_what_does_not_fit(fifo: Path, reports: Reports) -> None:
    """A full pipe: the child never blocks; what was accepted arrives complete and in order."""
    reader = reader_of(fifo)
    log = opened(fifo, reports)
    chunk = b"".join(b"%07d\n" % number for number in range(4096))

    for _ in range(20):
        log.write(chunk)
    lost = log.lost_bytes
    received = b""
    while True:
        try:
            received += os.read(reader, 1 << 20)
        except BlockingIOError:
            break
    log.write(b"again")

    assert lost > 0
    assert len(received) + lost == 20 * len(chunk)
    assert (chunk * 20).startswith(received)
    assert os.read(reader, 100) == b"again"
    assert len(reports) == 2
    os.close(reader)


def test_fifo_that_is_cleared_or_reopened_goes_on(fifo: Path, reports: Reports) -> None:
    """Neither clearing nor reopening needs a reader or a file."""
    log = opened(fifo, reports)
    log.clear()
    log.reopen()
    reader = reader_of(fifo)
    log.write(b"1")
    log.clear()
    log.write(b"2")
    log.close()
    log.clear()

    assert os.read(reader, 10) == b"12"
    assert not reports
    os.close(reader)


def test_socket_file_is_no_log(tmp_path: Path, reports: Reports) -> None:
    """A path that can never be opened is told at once, unlike a FIFO that waits for a reader."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        with pytest.raises(OSError) as raised:
            opened(tmp_path / "socket", reports)

    assert raised.value.errno == errno.ENXIO


def test_log_replaced_by_a_fifo_without_reader_can_be_cleared(
    tmp_path: Path, reports: Reports
) -> None:
    """What is not a file has nothing to clear, also if it was one before."""
    path = tmp_path / "log"
    log = opened(path, reports)
    log.write(b"1")
    path.unlink()
    os.mkfifo(path)

    log.clear()

    reader = reader_of(path)
    log.write(b"2")
    assert os.read(reader, 100) == b"2"
    os.close(reader)
    log.close()
