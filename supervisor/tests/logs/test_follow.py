"""Following a log: every byte once and in order, whatever happens to the file."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervisor.logs.filelog import FileLog
from supervisor.logs.follow import TRUNCATED_MARK, FileFollower, FollowHub
from supervisor.tests.logs.helpers import Reports
from supervisor.tests.support.budget import tries


@pytest.fixture
def log(tmp_path: Path) -> Iterator[FileLog]:
    log = FileLog(str(tmp_path / "log"), 0, 0, report=Reports())
    log.open()
    yield log
    log.close()


def rotating(path: Path, maxbytes: int, backups: int) -> FileLog:
    log = FileLog(str(path), maxbytes, backups, report=Reports())
    log.open()
    return log


def read_all(follower: FileFollower, max_bytes: int = 7) -> bytes:
    """Everything up to the present end."""
    data = b""
    while piece := follower.read(max_bytes):
        data += piece
    return data


def test_follower_starts_before_the_end_and_sees_growth(log: FileLog) -> None:
    """The last bytes of the file, all if it is smaller, then each growth."""
    log.write(b"0123456789")
    near, far = FileFollower(log.path, 4), FileFollower(log.path, 1024)

    assert near.read(3) == b"678"
    assert (read_all(near), read_all(far)) == (b"9", b"0123456789")
    assert near.read(100) == b""

    log.write(b"more")
    assert read_all(near) == b"more"
    for follower in (near, far):
        follower.close()


def test_rotation_loses_no_tail_of_the_old_file(tmp_path: Path) -> None:
    """The rest of the old file first, then the new one from its start."""
    log = rotating(tmp_path / "log", 10, 5)
    follower = FileFollower(log.path, 0)

    for chunk in (b"one ", b"two, rotates ", b"three "):
        log.write(chunk)

    assert read_all(follower) == b"one two, rotates three "
    follower.close()


def test_several_rotations_between_two_reads_lose_nothing(tmp_path: Path) -> None:
    """A slow reader goes through the backups, as long as there are any."""
    log = rotating(tmp_path / "log", 10, 5)
    log.write(b"first ")
    follower = FileFollower(log.path, 0)

    chunks = [b"%010d" % number for number in range(5)]
    for chunk in chunks:
        log.write(chunk)

    assert read_all(follower) == b"".join(chunks)
    follower.close()


def test_rotation_without_backups_is_followed(tmp_path: Path) -> None:
    """The old file is gone by name, but it is still open."""
    log = rotating(tmp_path / "log", 10, 0)
    follower = FileFollower(log.path, 0)

    log.write(b"0123456789")
    log.write(b"new")

    assert read_all(follower) == b"0123456789new"
    follower.close()


def test_x38_truncation_is_announced_then_read_from_the_start(log: FileLog) -> None:
    """`==> File truncated <==`, as a line of bytes."""
    log.write(b"0123456789")
    follower = FileFollower(log.path, 0)

    log.clear()
    assert read_all(follower) == TRUNCATED_MARK

    log.write(b"new")
    assert read_all(follower) == b"new"
    follower.close()


def test_removed_file_is_kept_until_there_is_a_new_one(log: FileLog) -> None:
    """File removed: keeps following the open one."""
    follower = FileFollower(log.path, 0)
    os.unlink(log.path)
    log.write(b"into the deleted file, ")
    assert read_all(follower) == b"into the deleted file, "

    log.reopen()
    log.write(b"into the new one")
    assert read_all(follower) == b"into the new one"
    follower.close()


@pytest.mark.parametrize("name", ["missing", "fifo", "."])
def test_only_files_can_be_followed(tmp_path: Path, name: str) -> None:
    """Reading from a FIFO or a terminal would take the output from its reader."""
    os.mkfifo(tmp_path / "fifo")

    with pytest.raises(OSError):
        FileFollower(str(tmp_path / name), 10)


def test_name_taken_by_something_unreadable_keeps_the_old_file(log: FileLog) -> None:
    """Whatever happens to the name, reading goes on with what is open."""
    follower = FileFollower(log.path, 0)
    os.unlink(log.path)
    os.mkfifo(log.path)
    log.write(b"still")

    assert read_all(follower) == b"still"
    follower.close()


@settings(max_examples=tries(60))
@given(
    steps=st.lists(st.one_of(st.binary(min_size=1, max_size=15), st.just("read")), max_size=30),
    maxbytes=st.integers(0, 30),
)
def test_law_follower_sees_every_byte_once_and_in_order(
    steps: list[bytes | str], maxbytes: int
) -> None:
    """However writes, rotations and reads take turns."""
    with tempfile.TemporaryDirectory() as directory:
        log = rotating(Path(directory, "log"), maxbytes, 30)
        follower = FileFollower(log.path, 0)
        written = seen = b""
        for step in steps:
            if isinstance(step, bytes):
                log.write(step)
                written += step
            else:
                seen += follower.read(5)
        seen += read_all(follower)
        follower.close()
        log.close()

        assert seen == written


# ---------------------------------------------------------------------- hub


def test_hub_tells_subscribers_until_they_leave() -> None:
    """Each by its path, and nobody after unsubscribing, however often that is done."""
    hub = FollowHub()
    told: list[str] = []

    def first() -> None:
        told.append("first")

    unsubscribe = hub.subscribe("a", first)
    keep = hub.subscribe("a", first)
    hub.subscribe("b", lambda: told.append("other"))
    hub.notify("a")
    unsubscribe()
    unsubscribe()
    hub.notify("a")
    keep()
    hub.notify("a")
    hub.notify("unknown")

    assert told == ["first", "first", "first"]


def test_subscriber_may_leave_while_it_is_told() -> None:
    """A client that hangs up during a notification."""
    hub = FollowHub()
    told: list[int] = []
    leave = [hub.subscribe("a", lambda: leave[0]()), hub.subscribe("a", lambda: told.append(1))]

    hub.notify("a")
    hub.notify("a")

    assert told == [1, 1]


def test_log_notifies_only_while_somebody_follows(log: FileLog) -> None:
    """No cost for logs that nobody follows."""
    hub = FollowHub()
    told: list[int] = []
    first = hub.follow(log, lambda: told.append(1))
    second = hub.follow(log, lambda: told.append(2))
    log.write(b"x")
    first()
    log.write(b"x")
    second()

    assert told == [1, 2, 2]
    assert log.on_change is None


def test_two_logs_of_one_path_share_their_followers(tmp_path: Path) -> None:
    """Processes that log into the same file."""
    hub = FollowHub()
    told: list[int] = []
    logs = [rotating(tmp_path / "log", 0, 0) for _ in range(2)]
    leave = [hub.follow(log, lambda: told.append(1)) for log in logs]

    logs[1].write(b"x")
    for unsubscribe in leave:
        unsubscribe()

    assert told == [1, 1]
    assert [log.on_change for log in logs] == [None, None]
