"""A log file in good days: bytes, rotation, reopening, clearing."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervisor.levels import Level
from supervisor.logs.filelog import FileLog
from supervisor.tests.logs.helpers import Reports, retained
from supervisor.tests.support.budget import tries


@pytest.fixture
def reports() -> Reports:
    return Reports()


def opened(path: Path, maxbytes: int, backups: int, reports: Reports, mode: int = 0o666) -> FileLog:
    log = FileLog(str(path), maxbytes, backups, report=reports, mode=mode)
    log.open()
    return log


def test_log_appends_bytes_as_they_are(tmp_path: Path, reports: Reports) -> None:
    """Raw bytes as read, no prefix, no decoding; opened for appending."""
    path = tmp_path / "log"
    path.write_bytes(b"before\n")
    log = opened(path, 0, 0, reports)

    log.write(b"\xff\x00")
    log.write(memoryview(b"text"))
    log.close()

    assert path.read_bytes() == b"before\n\xff\x00text"
    assert not reports


def test_log_takes_the_mode_of_the_umask_or_the_given_one(tmp_path: Path, reports: Reports) -> None:
    """Created with the daemon's umask; AUTO logs are private, also after a rotation."""
    umask = os.umask(0o027)
    try:
        opened(tmp_path / "a", 0, 0, reports).close()
        log = opened(tmp_path / "b", 1, 1, reports, mode=0o600)
        log.write(b"x")
        log.close()
    finally:
        os.umask(umask)

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"a": 0o640, "b": 0o600, "b.1": 0o600}


@pytest.mark.parametrize("place", ["", "missing/log", "directory"])
def test_log_that_cannot_be_opened_raises(tmp_path: Path, reports: Reports, place: str) -> None:
    """At spawn a log that cannot be opened is a spawn error."""
    (tmp_path / "directory").mkdir()
    log = FileLog(str(tmp_path / place), 0, 0, report=reports)

    with pytest.raises(OSError):
        log.open()

    assert not log.is_open
    log.write(b"nobody asked for this")
    assert not reports


def test_log_rotates_after_the_write_that_fills_it(tmp_path: Path, reports: Reports) -> None:
    """A file may exceed maxbytes by one chunk; right after rotation the base file is empty."""
    path = tmp_path / "log"
    log = opened(path, 4, 2, reports)

    sizes = []
    for chunk in (b"123", b"4567", b"ab", b"cd", b"last"):
        log.write(chunk)
        sizes.append(log.size)

    assert sizes == [3, 0, 2, 0, 0]
    assert path.read_bytes() == b""
    assert (tmp_path / "log.1").read_bytes() == b"last"
    assert (tmp_path / "log.2").read_bytes() == b"abcd"
    assert not (tmp_path / "log.3").exists()


def test_log_without_backups_keeps_nothing(tmp_path: Path, reports: Reports) -> None:
    """backups=0: nothing kept."""
    log = opened(tmp_path / "log", 4, 0, reports)

    log.write(b"12345")
    log.write(b"6")

    assert [path.name for path in tmp_path.iterdir()] == ["log"]
    assert (tmp_path / "log").read_bytes() == b"6"


def test_log_with_size_limit_zero_never_rotates(tmp_path: Path, reports: Reports) -> None:
    """maxbytes=0 means never."""
    log = opened(tmp_path / "log", 0, 10, reports)

    for _ in range(100):
        log.write(b"x" * 1000)

    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_log_found_full_rotates_after_its_first_write(tmp_path: Path, reports: Reports) -> None:
    """The size of what was there before counts."""
    path = tmp_path / "log"
    path.write_bytes(b"old ")
    log = opened(path, 4, 1, reports)

    log.write(b"new")

    assert (tmp_path / "log.1").read_bytes() == b"old new"


def test_log_can_be_opened_again_after_close(tmp_path: Path, reports: Reports) -> None:
    """The log of a finished process is closed, and opened again at its next spawn."""
    log = opened(tmp_path / "log", 0, 0, reports)
    log.write(b"1")
    log.close()
    log.write(b"late")

    log.open()
    log.open()
    log.write(b"2")

    assert (tmp_path / "log").read_bytes() == b"12"


def test_reopen_follows_the_name(tmp_path: Path, reports: Reports) -> None:
    """USR2: close and reopen by name."""
    log = opened(tmp_path / "log", 0, 0, reports)
    log.write(b"1")
    (tmp_path / "log").rename(tmp_path / "moved")
    log.write(b"2")

    log.reopen()
    log.write(b"3")

    assert (tmp_path / "moved").read_bytes() == b"12"
    assert (tmp_path / "log").read_bytes() == b"3"


def test_reopen_leaves_a_closed_log_closed(tmp_path: Path, reports: Reports) -> None:
    """USR2 concerns the logs that are open."""
    log = FileLog(str(tmp_path / "log"), 0, 0, report=reports)

    log.reopen()

    assert list(tmp_path.iterdir()) == []


def test_x18_clear_empties_the_same_file(tmp_path: Path, reports: Reports) -> None:
    """Clearing truncates, so that a `tail -f` of somebody else goes on."""
    path = tmp_path / "log"
    log = opened(path, 0, 0, reports)
    log.write(b"old")
    inode = path.stat().st_ino

    log.clear()
    log.write(b"new")

    assert path.stat().st_ino == inode
    assert path.read_bytes() == b"new"
    assert log.size == 3


def test_x17_clear_empties_the_log_of_a_stopped_process(tmp_path: Path, reports: Reports) -> None:
    """clearProcessLogs is no silent no-op for stopped processes: the file is truncated."""
    path = tmp_path / "log"
    log = opened(path, 0, 0, reports)
    log.write(b"old")
    log.close()

    log.clear()

    assert path.read_bytes() == b""
    assert not log.is_open


def test_clear_of_a_missing_file_is_fine_and_a_running_log_makes_a_new_one(
    tmp_path: Path, reports: Reports
) -> None:
    """A log that was deleted by hand is back after clearing."""
    path = tmp_path / "log"
    log = opened(path, 0, 0, reports)
    path.unlink()
    log.clear()
    log.write(b"1")
    assert path.read_bytes() == b"1"

    log.close()
    path.unlink()
    log.clear()
    assert not path.exists()


def test_clear_raises_when_it_cannot_be_done(tmp_path: Path, reports: Reports) -> None:
    """clearProcessLogs answers FAILED."""
    path = tmp_path / "log"
    log = opened(path, 0, 0, reports)
    path.unlink()
    path.mkdir()

    with pytest.raises(OSError):
        log.clear()


def test_remove_deletes_the_file_once(tmp_path: Path, reports: Reports) -> None:
    """Removing is final and may be repeated."""
    log = opened(tmp_path / "log", 0, 0, reports)

    log.remove()
    log.remove()

    assert list(tmp_path.iterdir()) == []


def test_changes_are_told_to_who_wants_to_know(tmp_path: Path, reports: Reports) -> None:
    """After each write, rotation and clearing."""
    told: list[int] = []
    log = opened(tmp_path / "log", 4, 1, reports)
    log.write(b"1")

    log.on_change = lambda: told.append(log.size)
    log.write(b"2")
    log.write(b"34")
    log.clear()
    log.on_change = None
    log.write(b"5")

    assert told == [2, 0, 0]


def test_l15_rotation_of_a_terminal_or_device_is_disabled_with_one_warning(
    reports: Reports,
) -> None:
    """Unseekable targets are detected; every chunk is written, none is followed by an error."""
    log = opened(Path("/dev/null"), 1, 3, reports)
    for _ in range(3):
        log.write(b"12345")
    log.close()
    log.open()

    assert [level for level, _ in reports] == [Level.WARN]
    assert "rotation is off" in reports.texts[0]
    assert not Path("/dev/null.1").exists()


def test_device_without_size_limit_needs_no_warning(reports: Reports) -> None:
    """Unseekable files work if maxbytes=0."""
    opened(Path("/dev/null"), 0, 3, reports).write(b"x")

    assert not reports


@settings(max_examples=tries(60))
@given(
    chunks=st.lists(st.binary(max_size=40), max_size=40),
    maxbytes=st.integers(1, 60),
    backups=st.integers(0, 4),
)
def test_law_rotation_neither_loses_nor_reorders_bytes(
    chunks: list[bytes], maxbytes: int, backups: int
) -> None:
    """However output is cut: what is retained is the end of it, in order, and no less than due."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "log")
        reports = Reports()
        log = opened(path, maxbytes, backups, reports)
        for chunk in chunks:
            log.write(chunk)
        log.close()

        everything = b"".join(chunks)
        kept = retained(path, backups)
        assert everything.endswith(kept)
        assert len(kept) >= min(len(everything), maxbytes * backups)
        assert len(list(Path(directory).iterdir())) <= backups + 1
        assert not reports


@settings(max_examples=tries(30))
@given(chunks=st.lists(st.binary(max_size=60), max_size=30))
def test_law_with_enough_backups_all_bytes_are_kept(chunks: list[bytes]) -> None:
    """No byte is lost or reordered across rotation."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "log")
        log = opened(path, 50, 40, Reports())
        for chunk in chunks:
            log.write(chunk)
        log.close()

        assert retained(path, 40) == b"".join(chunks)
