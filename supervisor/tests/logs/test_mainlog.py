"""The daemon's own log: format, levels, sinks."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from supervisor.levels import Level
from supervisor.logs.mainlog import HELD_COUNT_MAX, MainLog
from supervisor.tests.logs.helpers import StandingClock, run_python


class Lines(list[str]):
    """A syslog that keeps what it gets."""

    def send(self, line: str) -> None:
        self.append(line)


def log_to(path: Path, level: int = Level.INFO, clock: StandingClock | None = None) -> MainLog:
    log = MainLog(clock or StandingClock(), level)
    log.open_file(str(path), 0, 0)
    return log


def test_line_has_date_milliseconds_level_and_text(tmp_path: Path) -> None:
    """Format `%Y-%m-%d %H:%M:%S,mmm LEVL message`, local time."""
    clock = StandingClock(1_000_000_000.0375)
    log = log_to(tmp_path / "log", clock=clock)

    log.log(Level.INFO, "first")
    clock.wall_s += 61
    log.log(Level.CRIT, "second")
    clock.wall_s -= 3600
    log.log(Level.WARN, "clock set back")

    def stamp(wall_s: int) -> str:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(wall_s))

    assert (tmp_path / "log").read_text() == (
        f"{stamp(1_000_000_000)},037 INFO first\n"
        f"{stamp(1_000_000_061)},037 CRIT second\n"
        f"{stamp(999_996_461)},037 WARN clock set back\n"
    )


@pytest.mark.parametrize("level", list(Level))
def test_messages_below_the_level_are_dropped(tmp_path: Path, level: Level) -> None:
    """Levels: CRIT 50, ERRO 40, WARN 30, INFO 20, DEBG 10, TRAC 5, BLAT 3."""
    log = log_to(tmp_path / "log", level)

    for other in Level:
        log.log(other, "text")

    shown = re.findall(r" (\w{4}) text\n", (tmp_path / "log").read_text())
    assert shown == [other.name for other in Level if other >= level]
    assert [log.enabled(other) for other in Level] == [other >= level for other in Level]


def test_text_is_utf8_and_undecodable_parts_are_shown(tmp_path: Path) -> None:
    """A file name that is no UTF-8 must not stop a message, nor several lines."""
    log = log_to(tmp_path / "log")

    log.log(Level.INFO, "öäü \udcff\nsecond line")

    assert (tmp_path / "log").read_bytes().endswith("INFO öäü \\udcff\nsecond line\n".encode())


def test_file_rotates_reopens_and_clears(tmp_path: Path) -> None:
    """Rotation, USR2 and clearLog work on the main log as on any other."""
    path = tmp_path / "log"
    log = MainLog(StandingClock())
    log.open_file(str(path), 10, 1)
    log.log(Level.INFO, "rotated")
    assert "rotated" in (tmp_path / "log.1").read_text()
    assert log.path == str(path)

    path.rename(tmp_path / "moved")
    log.reopen()
    assert path.read_bytes() == b""

    path.write_bytes(b"123")
    log.clear()
    assert path.read_bytes() == b""


def test_file_that_cannot_be_opened_raises(tmp_path: Path) -> None:
    """The daemon does not start without its log."""
    log = MainLog(StandingClock())

    with pytest.raises(FileNotFoundError):
        log.open_file(str(tmp_path / "missing" / "log"), 0, 0)

    assert log.path is None
    log.log(Level.CRIT, "nowhere to go")


def test_l15_main_log_on_a_device_says_that_rotation_is_off() -> None:
    """An unseekable main log does not kill the daemon at start: a warning, rotation off."""
    lines = Lines()
    log = MainLog(StandingClock())
    log.open_syslog(lines)
    log.open_file("/dev/null", 50_000_000, 10)

    assert len(lines) == 1
    assert "WARN cannot rotate /dev/null" in lines[0]


def test_syslog_gets_each_line_with_the_same_format() -> None:
    """logfile=syslog: each message line separately, with the same formatted text."""
    lines = Lines()
    log = MainLog(StandingClock())
    log.open_syslog(lines)

    log.log(Level.DEBG, "unseen")
    log.log(Level.INFO, "one\ntwo\n")

    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,250 INFO one", lines[0])
    assert lines[1:] == ["two", ""]


def test_closed_log_drops_messages(tmp_path: Path) -> None:
    """Closing is final."""
    log = log_to(tmp_path / "log")
    log.close()

    log.log(Level.CRIT, "late")
    log.reopen()
    log.clear()

    assert (tmp_path / "log").read_bytes() == b""


# ---------------------------------------------------------------------- copy to stdout

COPY = """
import sys
from supervisor.levels import Level
from supervisor.logs.mainlog import HELD_COUNT_MAX, MainLog
from supervisor.tests.logs.helpers import StandingClock
log = MainLog(StandingClock())
log.open_file(sys.argv[1], 0, 0)
log.copy_to_stdout()
for number in range(int(sys.argv[2])):
    log.log(Level.INFO, f"message {number}")
log.close()
"""


def test_foreground_copies_each_line_to_stdout(tmp_path: Path) -> None:
    """nodaemon and not silent: the same lines on stdout as in the log file."""
    done = run_python(COPY, str(tmp_path / "log"), "3", stdout=subprocess.PIPE)

    assert done.stdout.count(b"INFO message") == 3
    assert done.stdout == (tmp_path / "log").read_bytes()


def test_l31_log_on_stdout_is_not_duplicated() -> None:
    """logfile=/dev/stdout shows each line once."""
    done = run_python(COPY, "/dev/stdout", "3", stdout=subprocess.PIPE)

    assert done.stdout.count(b"INFO message") == 3


def test_l31_log_in_the_file_that_stdout_leads_to_is_not_duplicated(tmp_path: Path) -> None:
    """If stdout is the log file, two streams would overwrite each other."""
    path = tmp_path / "log"
    with path.open("wb") as output:
        run_python(COPY, str(path), "3", stdout=output)

    assert path.read_bytes().count(b"INFO message") == 3


def test_stdout_that_nobody_reads_never_stops_the_log(tmp_path: Path) -> None:
    """EAGAIN: the file has every line, and says what stdout did not get."""
    reader, writer = os.pipe()
    run_python(COPY, str(tmp_path / "log"), "20000", stdout=writer)
    os.close(writer)
    os.close(reader)

    text = (tmp_path / "log").read_text()
    assert text.count("INFO message") == 20_000
    assert text.count("ERRO cannot write to /dev/stdout: ") == 1
    assert re.search(r"WARN \d+ bytes of output to /dev/stdout were lost\n$", text)


def test_missing_stdout_is_no_trouble(tmp_path: Path) -> None:
    """A daemon that was started without stdout logs to its file."""
    script = "import os\nos.close(1)\n" + COPY
    run_python(script, str(tmp_path / "log"), "3")

    assert (tmp_path / "log").read_text().count("INFO message") == 3


def test_trouble_of_the_file_is_told_on_stdout(tmp_path: Path) -> None:
    """A main log that cannot be written reports where it still can."""
    done = run_python(COPY, "/dev/full", "3", stdout=subprocess.PIPE)

    assert done.stdout.count(b"ERRO cannot write to /dev/full: No space left on device") == 1
    assert done.stdout.count(b"INFO message") == 3


def test_observer_is_told_of_what_is_written(tmp_path: Path) -> None:
    """Handlers of plug-ins get the messages of the log, and no others."""
    log = log_to(tmp_path / "log")
    told: list[tuple[int, str]] = []
    log.observer = lambda level, text: told.append((level, text))

    log.log(Level.DEBG, "dropped")
    log.log(Level.WARN, "written")

    assert told == [(Level.WARN, "written")]


class TestHolding:
    """Lines that belong together are written together."""

    def test_held_lines_are_written_at_the_last_release(self, tmp_path: Path) -> None:
        """In their order, and with the times at which they were logged."""
        clock = StandingClock()
        log = log_to(tmp_path / "log", clock=clock)
        log.hold()
        log.log(Level.INFO, "first")
        log.hold()
        clock.wall_s += 0.5
        log.log(Level.INFO, "second")
        log.release()
        assert (tmp_path / "log").read_text() == ""
        log.release()
        log.log(Level.INFO, "third")
        lines = (tmp_path / "log").read_text().splitlines()
        assert [line.split(",")[1] for line in lines] == [
            "250 INFO first",
            "750 INFO second",
            "750 INFO third",
        ]

    def test_nothing_is_held_beyond_a_limit(self, tmp_path: Path) -> None:
        """However much is logged at once."""
        log = log_to(tmp_path / "log")
        log.hold()
        for _ in range(HELD_COUNT_MAX):
            log.log(Level.INFO, "text")
        assert len((tmp_path / "log").read_text().splitlines()) == HELD_COUNT_MAX

    @pytest.mark.parametrize("look", ["files", "reopen", "close"])
    def test_held_lines_are_written_before_anybody_looks(self, tmp_path: Path, look: str) -> None:
        """Or does anything to the file."""
        log = log_to(tmp_path / "log")
        log.hold()
        log.log(Level.INFO, "text")
        done = getattr(log, look)
        if callable(done):
            done()
        assert (tmp_path / "log").read_text().endswith(" INFO text\n")

    def test_held_lines_are_rotated_one_by_one(self, tmp_path: Path) -> None:
        """A file is full with the line that fills it, as if none had been held."""
        contents = []
        for held in (False, True):
            (tmp_path / str(held)).mkdir()
            log = MainLog(StandingClock())
            log.open_file(str(tmp_path / str(held) / "log"), 100, 9)
            if held:
                log.hold()
            for number in range(20):
                log.log(Level.INFO, f"text {number}")
            if held:
                log.release()
            log.close()
            files = sorted((tmp_path / str(held)).iterdir())
            contents.append([(each.name, each.read_text()) for each in files])
        assert contents[0] == contents[1]
        assert len(contents[0]) > 5

    def test_held_lines_are_cleared_with_the_file(self, tmp_path: Path) -> None:
        """They were logged before that."""
        log = log_to(tmp_path / "log")
        log.hold()
        log.log(Level.INFO, "text")
        log.clear()
        log.release()
        assert (tmp_path / "log").read_text() == ""
