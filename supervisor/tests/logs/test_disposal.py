"""Large logs are deleted piece by piece; whoever can still read one reads all of it."""

import errno
import fcntl
import mmap
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from supervisor.core.component import Now
from supervisor.daemon.timers import TimerHeap
from supervisor.logs.disposal import SLICE_BYTES, WAITING_MAX, Disposal
from supervisor.logs.filelog import FileLog
from supervisor.logs.journal import Entry, JournalWriter
from supervisor.logs.rotation import LARGE_BYTES
from supervisor.tests.fakes.clock import FakeClock
from supervisor.tests.logs.helpers import Reports, in_child
from supervisor.tests.support.small_disk import mounted, needs_root

NOBODY = 65534
CONTENT = bytes(range(256)) * (LARGE_BYTES // 256)


class SlowClock:
    """A clock that is a quarter of a second further with each look."""

    def __init__(self) -> None:
        self._looks_count = 0

    @property
    def mono_s(self) -> float:
        """The time of this look."""
        self._looks_count += 1
        return self._looks_count / 4

    def now(self) -> Now:
        """The same on both clocks."""
        mono_s = self.mono_s
        return Now(mono_s, mono_s)


class Bench:
    """A disposal, and the loop that it works in."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.timers = TimerHeap()
        self.disposal = Disposal(self.timers, self.clock)
        self._before = descriptors()

    def turn(self) -> bool:
        """Make the next call; False if there is none."""
        when_s = self.timers.next_deadline_s()
        if when_s is None:
            return False
        self.clock.advance_to(when_s)
        callback = self.timers.pop_due(when_s)
        assert callback is not None
        callback()
        return True

    def finish(self) -> int:
        """Turn until nothing is left to do; how often."""
        turns_count = 0
        while self.turn():
            turns_count += 1
        return turns_count

    @property
    def held(self) -> set[int]:
        """Descriptors that are open since."""
        return descriptors() - self._before


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.disposal.make_room()


@pytest.fixture(autouse=True)
def needs_leases(tmp_path: Path) -> None:
    """Where there are none, nothing is done in slices."""
    with open(tmp_path / "lease", "wb") as file:
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        except OSError as error:
            pytest.skip(f"no leases on this file system: {error.strerror}")
    (tmp_path / "lease").unlink()


def descriptors() -> set[int]:
    """All that are open in this process."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            os.fstat(int(name))
        except OSError:
            continue
        found.add(int(name))
    return found


def large(path: Path, content: bytes = CONTENT) -> str:
    """A file that is worth the trouble."""
    path.write_bytes(content)
    return str(path)


# ---------------------------------------------------------------------- slices


def test_name_is_gone_at_once_and_the_content_slice_by_slice(bench: Bench, tmp_path: Path) -> None:
    """What is on the disk is as if it had been deleted; the room comes back bit by bit."""
    bench.disposal.delete(large(tmp_path / "log", bytes(3 * SLICE_BYTES)))
    assert list(tmp_path.iterdir()) == []
    (fd,) = bench.held

    sizes = []
    while bench.turn() and bench.held:
        sizes.append(os.fstat(fd).st_size)

    assert sizes == [2 * SLICE_BYTES, SLICE_BYTES]
    assert bench.held == set()


def test_nothing_is_left_to_do_when_all_is_gone(bench: Bench, tmp_path: Path) -> None:
    """An idle daemon does not wake up."""
    for number in range(2):
        bench.disposal.delete(large(tmp_path / str(number)))
    turns_count = bench.finish()

    assert turns_count == 2 * LARGE_BYTES // SLICE_BYTES
    assert bench.held == set()
    bench.disposal.delete(large(tmp_path / "later"))
    assert bench.finish() == LARGE_BYTES // SLICE_BYTES


def test_others_have_as_long_as_a_slice_took(tmp_path: Path) -> None:
    """A slow file system does not take all of the time."""
    timers, clock = TimerHeap(), SlowClock()
    disposal = Disposal(timers, clock)
    disposal.delete(large(tmp_path / "log"))
    callback = timers.pop_due(clock.mono_s)
    assert callback is not None
    callback()
    ended_s = clock.mono_s - 0.25
    next_s = timers.next_deadline_s()
    disposal.make_room()

    assert next_s == ended_s + 0.25


def test_program_does_not_inherit_what_waits(bench: Bench, tmp_path: Path) -> None:
    """Descriptors are closed on exec."""
    bench.disposal.delete(large(tmp_path / "log"))
    (fd,) = bench.held

    assert not os.get_inheritable(fd)


# ---------------------------------------------------------------------- who can still read it


def test_open_file_is_read_to_its_end(bench: Bench, tmp_path: Path) -> None:
    """A reader of the log (`tail -f`) gets all there was, as of any deleted file."""
    path = large(tmp_path / "log")
    with open(path, "rb") as reader:
        bench.disposal.delete(path)
        bench.finish()

        assert bench.held == {reader.fileno()}
        assert reader.read() == CONTENT


def test_mapped_file_keeps_its_content(bench: Bench, tmp_path: Path) -> None:
    """A reader that has the file in its memory would be killed by a cut."""
    path = large(tmp_path / "log")
    with open(path, "rb") as reader:
        memory = mmap.mmap(reader.fileno(), 0, prot=mmap.PROT_READ)
    with memory:
        bench.disposal.delete(path)
        bench.finish()

        assert memory[:] == CONTENT


def test_hard_link_keeps_its_content(bench: Bench, tmp_path: Path) -> None:
    """A file that has another name is not deleted with this one."""
    path = large(tmp_path / "log")
    os.link(path, tmp_path / "kept")
    bench.disposal.delete(path)
    bench.finish()

    assert [each.name for each in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept").read_bytes() == CONTENT
    assert bench.held == set()


def test_link_is_deleted_and_not_what_it_leads_to(bench: Bench, tmp_path: Path) -> None:
    """As `os.unlink` does."""
    large(tmp_path / "file")
    (tmp_path / "log").symlink_to("file")
    bench.disposal.delete(str(tmp_path / "log"))

    assert bench.finish() == 0
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == CONTENT


@needs_root
def test_file_of_another_user_is_closed() -> None:
    """There is no lease for those who may write to a file that is not theirs."""
    with mounted(size_kib=3 * LARGE_BYTES // 1024) as directory:
        os.chmod(directory, 0o777)
        path = large(directory / "log")
        os.chmod(path, 0o666)

        def delete() -> None:
            bench = Bench()
            bench.disposal.delete(path)
            assert len(bench.held) == 1
            assert bench.finish() == 1
            assert bench.held == set()

        in_child(delete, before=lambda: os.setuid(NOBODY))

        assert list(directory.iterdir()) == []


# ---------------------------------------------------------------------- as os.unlink


def test_small_file_is_deleted_without_a_detour(bench: Bench, tmp_path: Path) -> None:
    """It takes no time to speak of."""
    (tmp_path / "log").write_bytes(CONTENT[1:])
    bench.disposal.delete(str(tmp_path / "log"))

    assert list(tmp_path.iterdir()) == []
    assert bench.held == set()
    assert bench.finish() == 0


@pytest.mark.parametrize(
    ("make", "error"),
    [(lambda path: None, FileNotFoundError), (os.mkdir, IsADirectoryError)],
    ids=["missing", "directory"],
)
def test_what_cannot_be_deleted_is_told(
    bench: Bench, tmp_path: Path, make: Callable[[str], None], error: type[OSError]
) -> None:
    """The caller knows what to make of it."""
    path = str(tmp_path / "log")
    make(path)

    with pytest.raises(error):
        bench.disposal.delete(path)
    assert bench.held == set()


@needs_root
def test_large_file_that_cannot_be_deleted_stays_as_it_is() -> None:
    """Nothing is cut that still has its name."""
    with mounted(size_kib=3 * LARGE_BYTES // 1024) as directory:
        path = large(directory / "log")
        os.chmod(path, 0o666)
        os.chmod(directory, 0o755)

        def delete() -> None:
            bench = Bench()
            with pytest.raises(PermissionError):
                bench.disposal.delete(path)
            assert bench.held == set()
            assert bench.finish() == 0

        in_child(delete, before=lambda: os.setuid(NOBODY))

        assert Path(path).read_bytes() == CONTENT


# ---------------------------------------------------------------------- bounds and the end


def test_only_so_many_wait(bench: Bench, tmp_path: Path) -> None:
    """More are deleted at once, the oldest first: descriptors and room on the disk are bounded."""
    for number in range(WAITING_MAX + 2):
        bench.disposal.delete(large(tmp_path / str(number)))

    assert len(bench.held) == WAITING_MAX
    assert bench.finish() == WAITING_MAX * LARGE_BYTES // SLICE_BYTES
    assert bench.held == set()


def test_end_of_the_daemon_leaves_nothing_open(bench: Bench, tmp_path: Path) -> None:
    """All that waits is freed at once, also what has been cut already."""
    for number in range(2):
        bench.disposal.delete(large(tmp_path / str(number)))
    bench.turn()

    assert bench.disposal.make_room()
    assert bench.held == set()
    assert bench.finish() == 0
    assert not bench.disposal.make_room()


# ---------------------------------------------------------------------- a log that uses it


def opened(path: Path, reports: Reports, bench: Bench, backups: int) -> FileLog:
    """A log that is rotated as soon as it is large."""
    log = FileLog(str(path), LARGE_BYTES, backups, report=reports)
    log.disposal = lambda: bench.disposal
    log.open()
    return log


@pytest.mark.parametrize("backups", [0, 1, 2])
def test_rotation_deletes_the_oldest_in_slices(bench: Bench, tmp_path: Path, backups: int) -> None:
    """Names are as ever; without backups it is the log itself that is deleted."""
    reports = Reports()
    log = opened(tmp_path / "log", reports, bench, backups)
    for _ in range(backups + 1):
        log.write(CONTENT)
    turns_count = bench.finish()
    log.write(b"new")
    log.close()

    assert turns_count == LARGE_BYTES // SLICE_BYTES
    names = ["log"] + [f"log.{number}" for number in range(1, backups + 1)]
    assert sorted(each.name for each in tmp_path.iterdir()) == names
    assert all((tmp_path / name).read_bytes() == CONTENT for name in names[1:])
    assert (tmp_path / "log").read_bytes() == b"new"
    assert reports == []


def test_small_log_takes_no_detour(tmp_path: Path) -> None:
    """Nothing is loaded for logs that are rotated while they are small."""

    def disposal() -> Disposal:
        raise AssertionError("asked for what deletes large logs")

    log = FileLog(str(tmp_path / "log"), 10, 0, report=Reports())
    log.disposal = disposal
    log.open()
    log.write(b"0123456789")
    log.close()
    assert (tmp_path / "log").read_bytes() == b""


@needs_root
@pytest.mark.parametrize("spare_kib", [0, 64])
def test_full_disk_gets_the_room_of_deleted_logs_at_once(bench: Bench, spare_kib: int) -> None:
    """Nothing is lost for want of room that is about to be freed, whether some fits or nothing."""
    with mounted(size_kib=3 * LARGE_BYTES // 1024 + spare_kib) as directory:
        reports = Reports()
        log = opened(directory / "log", reports, bench, 1)
        for _ in range(3):
            log.write(CONTENT)
        log.write(CONTENT[: LARGE_BYTES // 2])
        log.close()

        assert (directory / "log").read_bytes() == CONTENT[: LARGE_BYTES // 2]
        assert (directory / "log.1").read_bytes() == CONTENT
        assert reports == []
        assert bench.held == set()


@needs_root
def test_full_disk_without_deleted_logs_costs_what_does_not_fit(bench: Bench) -> None:
    """The write is not tried again when nothing has been freed."""
    with mounted() as directory:
        reports = Reports()
        log = opened(directory / "log", reports, bench, 1)
        log.write(CONTENT)
        lost_bytes = log.lost_bytes
        log.close()

        assert lost_bytes == LARGE_BYTES - 64 * 1024
        assert [level_and_text[1].count("ENOSPC") for level_and_text in reports][:1] == [1]


# ---------------------------------------------------------------------- the event journal


ENTRY = Entry(1, "2026-01-01T00:00:00.000000Z", "REMOTE_COMMUNICATION", "x" * LARGE_BYTES)


def test_event_journal_deletes_its_oldest_in_slices(bench: Bench, tmp_path: Path) -> None:
    """It is rotated as logs are."""
    reports = Reports()
    journal = JournalWriter(
        str(tmp_path / "events"),
        LARGE_BYTES,
        1,
        report=reports,
        disposal=lambda: bench.disposal,
    )
    for _ in range(2):
        journal.append(ENTRY)
    turns_count = bench.finish()
    journal.close()

    assert turns_count > LARGE_BYTES // SLICE_BYTES
    assert [each.name for each in tmp_path.iterdir()] == ["events.1"]
    assert reports == []


@needs_root
def test_event_is_kept_on_a_disk_full_of_deleted_logs(bench: Bench) -> None:
    """No event is lost for want of room that is about to be freed."""
    with mounted(size_kib=LARGE_BYTES // 1024) as directory:
        bench.disposal.delete(large(directory / "log"))
        reports = Reports()
        journal = JournalWriter(
            str(directory / "events"), 0, 0, report=reports, disposal=lambda: bench.disposal
        )
        journal.append(ENTRY._replace(payload="kept"))
        journal.close()

        assert b"kept" in (directory / "events").read_bytes()
        assert reports == []


# ---------------------------------------------------------------------- nobody to delete


def not_loadable() -> Disposal:
    raise ModuleNotFoundError("No module named 'supervisor.logs.disposal'")


def short_of_descriptors() -> Disposal:
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


without_disposal = pytest.mark.parametrize("cannot_be_made", [not_loadable, short_of_descriptors])
"""It is loaded late: the installation may have been replaced beneath the daemon by then."""


@without_disposal
def test_log_is_rotated_although_nobody_can_be_had_to_delete(
    tmp_path: Path, cannot_be_made: Callable[[], Disposal]
) -> None:
    """A log never raises: whose output it is would not be heard any more."""
    reports = Reports()
    log = FileLog(str(tmp_path / "log"), LARGE_BYTES, 1, report=reports)
    log.disposal = cannot_be_made
    log.open()
    for number in range(3):
        log.write(CONTENT[:-1] + bytes([number]))
    log.close()

    assert sorted(each.name for each in tmp_path.iterdir()) == ["log", "log.1"]
    assert (tmp_path / "log.1").read_bytes()[-1] == 2
    assert reports == []


@without_disposal
def test_full_disk_is_reported_although_nobody_can_be_had_to_make_room(
    cannot_be_made: Callable[[], Disposal],
) -> None:
    """What cannot be written is counted, as without."""
    reports = Reports()
    log = FileLog("/dev/full", 0, 0, report=reports)
    log.disposal = cannot_be_made
    log.open()
    log.write(b"a line")

    assert log.lost_bytes == len(b"a line")
    assert [text.count("ENOSPC") for text in reports.texts] == [1]
    log.close()
