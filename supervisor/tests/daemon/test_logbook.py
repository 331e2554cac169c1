"""Reading, clearing and following logs, with real files."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from supervisor.config.values import NO_LOG, FileLog
from supervisor.core.inputs import TroubleArose, TroubleEnded
from supervisor.daemon.logbook import Logbook
from supervisor.errors import Fault, RequestRefused
from supervisor.levels import Level
from supervisor.rpc.ports import Passage
from supervisor.tests.daemon.nursery import Home, settings


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    home.add(settings("web", stdout_logfile=FileLog("out.log"), stderr_logfile=NO_LOG))
    yield home
    home.close()


@pytest.fixture
def happened() -> list[object]:
    """What the supervision was told."""
    return []


@pytest.fixture
def logbook(home: Home, happened: list[object]) -> Logbook:
    return Logbook(home.log, home.children, happened.append)


def write(home: Home, data: bytes) -> None:
    """What the child of process 1 would have written."""
    log = home.children.body(1).logs["stdout"]
    log.open()
    log.write(data)


def refusal(request: Callable[[], object]) -> tuple[Fault, str | None]:
    with pytest.raises(RequestRefused) as caught:
        request()
    return caught.value.fault, caught.value.extra


class TestReading:
    def test_slice_is_read(self, home: Home, logbook: Logbook) -> None:
        write(home, b"0123456789")
        assert logbook.read(1, "stdout", 2, 3) == b"234"
        assert logbook.read(1, "stdout", -4, 0) == b"6789"

    def test_main_log_is_read_up_to_the_last_line(self, home: Home, logbook: Logbook) -> None:
        """Also one that is to be written together with others."""
        home.log.hold()
        home.log.log(Level.INFO, "held")
        assert logbook.read_main(-5, 0) == b"held\n"

    def test_whoever_looks_at_a_log_gets_what_was_printed_before(
        self, home: Home, logbook: Logbook
    ) -> None:
        """Also what rests in its pipe, and if it is the clock that has brought him to look."""
        logbook.catch_up = lambda: write(home, b"x")
        assert logbook.read(1, "stdout", 0, 0) == b"x"
        assert logbook.tail(1, "stdout", 0, 10) == (b"xx", 2, False)
        assert logbook.extent(1, "stdout") == (0, 3)
        assert logbook.read_from(1, "stdout", 0, 10) == (b"xxxx", 4)
        logbook.clear(1)
        assert (home.path / "out.log").read_bytes() == b""

    def test_bad_slice_is_refused(self, home: Home, logbook: Logbook) -> None:
        write(home, b"x")
        fault, _ = refusal(lambda: logbook.read(1, "stdout", -4, 2))
        assert fault == Fault.BAD_ARGUMENTS

    def test_log_that_was_never_written_is_no_file_with_its_path(
        self, home: Home, logbook: Logbook
    ) -> None:
        expected = (Fault.NO_FILE, str(home.path / "out.log"))
        assert refusal(lambda: logbook.read(1, "stdout", 0, 0)) == expected

    def test_channel_without_a_log_is_no_file(self, logbook: Logbook) -> None:
        """NO_FILE without an extra if no log is configured."""
        assert refusal(lambda: logbook.read(1, "stderr", 0, 0)) == (Fault.NO_FILE, None)
        assert logbook.path(1, "stderr") == ""

    def test_process_that_has_been_removed_has_no_log(self, home: Home, logbook: Logbook) -> None:
        """Who has looked at it a moment before, such as a page in the making, is not surprised."""
        home.children.remove(1)
        for request in (
            lambda: logbook.read(1, "stdout", 0, 0),
            lambda: logbook.extent(1, "stdout"),
            lambda: logbook.follow_from(1, "stdout", lambda: None, 0),
        ):
            assert refusal(request) == (Fault.NO_FILE, None)
        assert logbook.tail(1, "stdout", 0, 9) == (b"", 0, False)

    def test_tail_tells_size_and_overflow(self, home: Home, logbook: Logbook) -> None:
        write(home, b"0123456789")
        assert logbook.tail(1, "stdout", 0, 4) == (b"6789", 10, True)
        assert logbook.tail(1, "stdout", 10, 4) == (b"", 10, False)

    @pytest.mark.parametrize("channel", ["stdout", "stderr"])
    def test_tail_of_a_missing_log_is_empty(self, logbook: Logbook, channel: str) -> None:
        assert logbook.tail(1, channel, 0, 100) == (b"", 0, False)

    def test_main_log_is_read(self, home: Home, logbook: Logbook) -> None:
        home.log.log(Level.INFO, "something happened")
        assert logbook.read_main(0, 0).endswith(b"INFO something happened\n")

    def test_main_log_that_is_no_file_is_refused(self, home: Home, logbook: Logbook) -> None:
        home.log.close()
        for request in (
            lambda: logbook.read_main(0, 0),
            logbook.clear_main,
            lambda: logbook.follow_main(lambda: None, 0),
        ):
            assert refusal(request)[0] == Fault.NO_FILE


class TestClearing:
    def test_log_of_a_process_that_does_not_run_is_cleared(
        self, home: Home, logbook: Logbook
    ) -> None:
        (home.path / "out.log").write_bytes(b"old")
        logbook.clear(1)
        assert (home.path / "out.log").read_bytes() == b""

    def test_open_log_is_cleared_and_written_on(self, home: Home, logbook: Logbook) -> None:
        write(home, b"old")
        logbook.clear(1)
        write(home, b"new")
        assert (home.path / "out.log").read_bytes() == b"new"

    def test_log_that_was_never_written_is_as_empty_as_can_be(
        self, home: Home, logbook: Logbook
    ) -> None:
        logbook.clear(1)
        assert not (home.path / "out.log").exists()

    def test_log_that_cannot_be_opened_is_a_failure(self, home: Home, logbook: Logbook) -> None:
        write(home, b"old")
        (home.path / "out.log").unlink()
        (home.path / "out.log").mkdir()
        assert refusal(lambda: logbook.clear(1))[0] == Fault.FAILED

    def test_log_that_cannot_be_cleared_is_trouble_until_it_could_be(
        self, home: Home, logbook: Logbook, happened: list[object]
    ) -> None:
        """The daemon is FATAL until the log could be cleared; the trouble ends with the process."""
        path = home.path / "out.log"
        write(home, b"old")
        path.unlink()
        path.mkdir()
        refusal(lambda: logbook.clear(1))
        arose = happened.pop()
        assert isinstance(arose, TroubleArose)
        assert (arose.reason, arose.process_id) == (f"cannot clear {path}: Is a directory", 1)
        path.rmdir()
        logbook.clear(1)
        assert happened == [TroubleEnded(arose.key)]

    def test_other_channel_is_cleared_all_the_same(self, home: Home, logbook: Logbook) -> None:
        """One log that cannot be emptied does not protect the other one."""
        both = settings("two", stdout_logfile=FileLog("o.log"), stderr_logfile=FileLog("e.log"))
        home.add(both, 2)
        log = home.children.body(2).logs["stdout"]
        log.open()
        (home.path / "o.log").unlink()
        (home.path / "o.log").mkdir()
        (home.path / "e.log").write_bytes(b"old")
        assert refusal(lambda: logbook.clear(2))[0] == Fault.FAILED
        assert (home.path / "e.log").read_bytes() == b""

    def test_main_log_whose_directory_is_gone_is_trouble(
        self, home: Home, logbook: Logbook, happened: list[object]
    ) -> None:
        """What is written goes into a file that nobody can empty or find."""
        folder = home.path / "folder"
        folder.mkdir()
        home.log.close()
        home.log.open_file(str(folder / "main.log"), 0, 0)
        shutil.rmtree(folder)
        assert refusal(logbook.clear_main)[0] == Fault.FAILED
        (arose,) = happened
        assert isinstance(arose, TroubleArose)
        assert arose.reason == f"cannot clear {folder}/main.log: No such file or directory"
        assert arose.process_id is None

    def test_main_log_is_cleared(self, home: Home, logbook: Logbook) -> None:
        home.log.log(Level.INFO, "old")
        logbook.clear_main()
        assert logbook.read_main(0, 0) == b""


class TestFollowing:
    def test_follower_is_told_of_growth_until_it_is_closed(
        self, home: Home, logbook: Logbook
    ) -> None:
        write(home, b"0123456789")
        told = list[int]()
        follower = logbook.follow(1, "stdout", lambda: told.append(1), 4)
        assert follower.read(100) == b"6789"
        write(home, b"more")
        assert (told, follower.read(100), follower.read(100)) == ([1], b"more", b"")
        follower.close()
        write(home, b"unheard")
        assert told == [1]

    def test_log_that_nobody_follows_tells_nobody(self, home: Home, logbook: Logbook) -> None:
        write(home, b"x")
        log = home.children.body(1).logs["stdout"]
        followers = [logbook.follow(1, "stdout", lambda: None, 0) for _ in range(2)]
        followers[0].close()
        assert log.on_change is not None
        followers[1].close()
        assert log.on_change is None

    def test_log_that_was_never_written_cannot_be_followed(
        self, home: Home, logbook: Logbook
    ) -> None:
        expected = (Fault.NO_FILE, str(home.path / "out.log"))
        assert refusal(lambda: logbook.follow(1, "stdout", lambda: None, 0)) == expected

    def test_what_is_no_file_cannot_be_followed(self, home: Home, logbook: Logbook) -> None:
        (home.path / "out.log").mkdir()
        fault, extra = refusal(lambda: logbook.follow(1, "stdout", lambda: None, 0))
        assert fault == Fault.FAILED
        assert extra is not None
        assert "out.log" in extra

    def test_main_log_is_followed(self, home: Home, logbook: Logbook) -> None:
        told = list[int]()
        follower = logbook.follow_main(lambda: told.append(1), 0)
        home.log.log(Level.INFO, "news")
        assert follower.read(1000).endswith(b"INFO news\n")
        assert told == [1]
        follower.close()


class TestPassages:
    """Reading and following by offset."""

    def test_extent_and_passages(self, home: Home, logbook: Logbook) -> None:
        """From the first byte on; a log that was never written is empty."""
        assert logbook.extent(1, "stdout") == (0, 0)
        assert logbook.read_from(1, "stdout", 0, 10) == (b"", 0)
        write(home, b"0123456789")
        assert logbook.extent(1, "stdout") == (0, 10)
        assert logbook.read_from(1, "stdout", 4, 3) == (b"456", 7)

    def test_channel_without_a_log_is_refused(self, logbook: Logbook) -> None:
        """NO_FILE without an extra if no log is configured."""
        for request in (
            lambda: logbook.extent(1, "stderr"),
            lambda: logbook.read_from(1, "stderr", 0, 1),
            lambda: logbook.follow_from(1, "stderr", lambda: None, 0),
        ):
            assert refusal(request) == (Fault.NO_FILE, None)

    def test_log_is_followed_from_an_offset(self, home: Home, logbook: Logbook) -> None:
        """Who follows is told of each growth until he leaves; the log knows nothing of it then."""
        grown: list[int] = []
        follower = logbook.follow_from(1, "stdout", lambda: grown.append(1), 0)
        write(home, b"one ")
        assert follower.read(100) == Passage(0, b"one ", "")
        write(home, b"two")
        assert follower.read(100) == Passage(4, b"two", "")
        home.children.body(1).logs["stdout"].clear()
        assert follower.read(100) == Passage(0, b"", "emptied")
        assert len(grown) == 3
        follower.close()
        assert home.children.body(1).logs["stdout"].on_change is None

    def test_main_log_is_followed_from_an_offset(self, home: Home, logbook: Logbook) -> None:
        """As the logs of processes."""
        home.log.log(Level.INFO, "before")
        _, end = logbook.extent_main()
        grown: list[int] = []
        follower = logbook.follow_main_from(lambda: grown.append(1), end)
        home.log.log(Level.INFO, "after")
        passage = follower.read(1000)
        assert passage.offset == end
        assert passage.data.endswith(b" INFO after\n")
        assert logbook.read_main_from(end, 1000)[0] == passage.data
        assert grown == [1]
        follower.close()
