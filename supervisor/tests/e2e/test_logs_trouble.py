"""Log trouble is never the child's trouble: it goes on running, and capture resumes by itself."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.scenario_live import live, script, wait_text
from supervisor.tests.support.scenario_stage import StageDaemon

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

COUNTER = """#!/bin/sh
n=0
while :; do
  n=$((n+1))
  echo "line $n" && echo $n > {dir}/counted
  sleep 0.02
done
"""

COUNTED = """
[program:counter]
command={dir}/counter.sh
startsecs=0
stdout_logfile={dir}/place/out.log
stdout_logfile_maxbytes=0
stderr_logfile=NONE
"""


def counted(daemon: StageDaemon) -> int:
    """How many lines the child has printed without being stopped by anybody."""
    path = daemon.directory / "counted"
    text = path.read_text().strip() if path.exists() else ""
    return int(text or 0)


def wait_progress(daemon: StageDaemon, lines: int = 10) -> None:
    """Wait until the child has printed some more lines: it is neither blocked nor dead."""
    start = counted(daemon)
    wait_until(lambda: counted(daemon) >= start + lines, f"{lines} more lines are printed")


@contextmanager
def small_file_system(path: Path) -> Iterator[None]:
    """A file system of 64 KiB mounted at `path`; skips where it cannot be mounted."""
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=777", "tmpfs", str(path)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        pytest.skip(f"cannot mount a small file system: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


@needs_root
def test_a_full_disk_costs_lines_but_not_the_child() -> None:
    """ENOSPC: the child goes on, the loss is reported, and capture resumes when there is room."""
    with live(COUNTED, start=False) as daemon, small_file_system(daemon.directory / "place"):
        script(daemon, "counter.sh", COUNTER)
        daemon.start()
        out = daemon.directory / "place" / "out.log"
        wait_text(out, "line 3\n")
        pid = daemon.info("counter")["pid"]
        ballast = daemon.directory / "place" / "ballast"
        _fill_up(ballast)
        wait_until(lambda: _is_full(daemon.directory / "place"), "the disk is full")
        wait_progress(daemon, 30)
        wait_text(daemon.log, "out.log")
        ballast.unlink()
        mark = counted(daemon) + 5
        wait_progress(daemon, 15)
        wait_until(lambda: _has_line_from(out, mark), "lines are captured again")
        assert daemon.info("counter")["pid"] == pid
        assert daemon.stop() == 0


def _fill_up(path: Path) -> None:
    with path.open("ab", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                continue
        except OSError:
            return


def _is_full(path: Path) -> bool:
    state = os.statvfs(path)
    return state.f_bavail == 0


def _has_line_from(path: Path, first: int) -> bool:
    lines = path.read_bytes().splitlines() if path.exists() else []
    numbers = [int(words[1]) for line in lines if len(words := line.split()) == 2]
    return any(number >= first for number in numbers)


@needs_root
def test_a_full_disk_for_the_main_log_stops_nothing() -> None:
    """The main log may be lost for a while; programs start and stop all the same."""
    config = """
[supervisord]
logfile={dir}/place/main.log
[program:cat]
command=cat
startsecs=0
stdout_logfile=NONE
stderr_logfile=NONE
"""
    with live(config, start=False) as daemon, small_file_system(daemon.directory / "place"):
        daemon.start()
        daemon.wait_state("cat", "RUNNING")
        _fill_up(daemon.directory / "place" / "ballast")
        for _ in range(50):
            assert daemon.rpc.supervisor.stopProcess("cat") is True
            assert daemon.rpc.supervisor.startProcess("cat") is True
        (daemon.directory / "place" / "ballast").unlink()
        assert daemon.rpc.supervisor.stopProcess("cat") is True
        main = daemon.directory / "place" / "main.log"
        size = main.stat().st_size
        wait_until(lambda: _grows(daemon, main, size), "the main log is written again")
        assert daemon.stop() == 0


def _grows(daemon: StageDaemon, path: Path, size_bytes: int) -> bool:
    daemon.rpc.supervisor.startProcess("cat")
    daemon.rpc.supervisor.stopProcess("cat")
    return path.stat().st_size > size_bytes


def test_a_vanished_directory_does_not_hurt_the_child() -> None:
    """The folder of the log disappears: the child goes on, and reopening brings the log back."""
    with live(COUNTED + "stdout_logfile_backups=1\n", start=False) as daemon:
        place = daemon.directory / "place"
        place.mkdir()
        script(daemon, "counter.sh", COUNTER)
        daemon.start()
        wait_text(place / "out.log", "line 3\n")
        pid = daemon.info("counter")["pid"]
        shutil.rmtree(place)
        wait_progress(daemon)
        place.mkdir()
        reopen(daemon)
        mark = counted(daemon) + 5
        wait_until(lambda: _has_line_from(place / "out.log", mark), "lines are captured again")
        assert daemon.info("counter")["pid"] == pid


def reopen(daemon: StageDaemon) -> None:
    """Have all logs reopened by name."""
    daemon.signal(signal.SIGUSR2)


def test_a_vanished_directory_at_rotation_does_not_hurt_the_child() -> None:
    """Rotation cannot make its new file: the child goes on, the daemon answers."""
    config = COUNTED.replace("maxbytes=0", "maxbytes=200")
    with live(config, start=False) as daemon:
        place = daemon.directory / "place"
        place.mkdir()
        script(daemon, "counter.sh", COUNTER)
        daemon.start()
        wait_text(place / "out.log", "line")
        pid = daemon.info("counter")["pid"]
        shutil.rmtree(place)
        wait_progress(daemon, 60)
        place.mkdir()
        mark = counted(daemon) + 5
        reopen(daemon)
        wait_until(
            lambda: any(_has_line_from(path, mark) for path in place.iterdir()),
            "lines are captured again",
        )
        assert daemon.info("counter")["pid"] == pid


@needs_root
def test_eacces_on_a_log_does_not_hurt_the_child() -> None:
    """A log that may not be opened again: the child goes on and capture resumes by itself."""
    config = COUNTED.replace("maxbytes=0", "maxbytes=200")
    with live("[supervisord]\nuser=nobody\n" + config, start=False) as daemon:
        place = daemon.directory / "place"
        place.mkdir()
        place.chmod(0o777)
        script(daemon, "counter.sh", COUNTER)
        daemon.start()
        wait_text(place / "out.log", "line")
        pid = daemon.info("counter")["pid"]
        place.chmod(0o000)
        wait_progress(daemon, 60)
        place.chmod(0o777)
        mark = counted(daemon) + 5
        reopen(daemon)
        wait_until(
            lambda: any(_has_line_from(path, mark) for path in place.iterdir()),
            "lines are captured again",
        )
        assert daemon.info("counter")["pid"] == pid


def test_a_fifo_whose_reader_is_gone_does_not_hurt_the_child() -> None:
    """A log that is a fifo loses its reader, and gets one again: nobody blocks, nobody dies."""
    with live(COUNTED, start=False) as daemon:
        place = daemon.directory / "place"
        place.mkdir()
        fifo = place / "out.log"
        os.mkfifo(fifo)
        script(daemon, "counter.sh", COUNTER)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        daemon.start()
        pid = daemon.wait_state("counter", "RUNNING")["pid"]
        wait_until(lambda: b"line" in _read(reader), "lines come through the fifo")
        os.close(reader)
        wait_progress(daemon, 30)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        wait_until(lambda: b"line" in _read(reader), "lines come through the fifo again")
        os.close(reader)
        assert daemon.info("counter")["pid"] == pid


def test_a_fifo_that_nobody_reads_any_more_does_not_block_the_daemon() -> None:
    """A full fifo: the child goes on, its lines are lost, requests are answered."""
    config = """
[program:yes]
command={dir}/counter.sh
startsecs=0
stdout_logfile={dir}/place/out.log
stdout_logfile_maxbytes=0
"""
    flood = COUNTER.replace('echo "line $n"', 'printf "%5000d\\n" $n').replace("sleep 0.02", ":")
    with live(config, start=False) as daemon:
        place = daemon.directory / "place"
        place.mkdir()
        os.mkfifo(place / "out.log")
        script(daemon, "counter.sh", flood)
        reader = os.open(place / "out.log", os.O_RDONLY | os.O_NONBLOCK)
        daemon.start()
        daemon.wait_state("yes", "RUNNING")
        wait_progress(daemon, 200)
        assert daemon.rpc.supervisor.stopProcess("yes") is True
        os.close(reader)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except BlockingIOError:
        return b""


def test_l15_a_child_log_that_cannot_be_rotated_is_written_without_complaint() -> None:
    """`/dev/stdout` with the default maxbytes: rotation is off, no CRIT line per chunk."""
    config = """
[program:talker]
command=sh -c "echo first; echo second; exec cat"
startsecs=0
stdout_logfile=/dev/stdout
"""
    with live(config) as daemon:
        daemon.wait_state("talker", "RUNNING")
        daemon.rpc.supervisor.sendProcessStdin("talker", "third\n")
        text = wait_text(daemon.output_file, "third\n")
        assert text.count("first\n") == text.count("second\n") == 1
        assert "uncaptured python exception" not in daemon.log_text()
        assert "Traceback" not in daemon.output()


def test_l15_a_main_log_that_cannot_be_rotated_does_not_stop_the_start() -> None:
    """A fifo as main log with the default maxbytes: a warning, no traceback."""
    with live("[supervisord]\nlogfile={dir}/main.fifo\n", start=False) as daemon:
        os.mkfifo(daemon.directory / "main.fifo")
        reader = os.open(daemon.directory / "main.fifo", os.O_RDONLY | os.O_NONBLOCK)
        daemon.start()
        seen = b""

        def started() -> bool:
            nonlocal seen
            seen += _read(reader)
            return b"supervisord started with pid" in seen

        wait_until(started, "the start is told through the fifo")
        os.close(reader)
        assert daemon.stop() == 0


def test_l31_the_main_log_on_the_standard_output_has_each_line_once() -> None:
    """`logfile=/dev/stdout` in the foreground does not print every line twice."""
    config = "[supervisord]\nlogfile=/dev/stdout\nlogfile_maxbytes=0\n"
    with live(config) as daemon:
        text = wait_text(daemon.output_file, "supervisord started with pid")
        assert text.count("supervisord started with pid") == 1


def test_l7_short_output_is_not_withheld_and_not_lost_at_the_end() -> None:
    """Even a single byte without a line feed reaches the log."""
    config = """
[program:short]
command=printf x
startsecs=0
stdout_logfile={dir}/short.log
"""
    with live(config) as daemon:
        daemon.wait_state("short", "EXITED")
        assert (daemon.directory / "short.log").read_bytes() == b"x"


def test_what_a_dying_child_printed_last_is_in_its_log() -> None:
    """Remaining output is drained from the pipes before the process counts as exited."""
    config = """
[program:last]
command=sh -c "head -c 60000 /dev/zero | tr '\\\\0' a; printf end"
startsecs=0
stdout_logfile={dir}/last.log
"""
    with live(config) as daemon:
        daemon.wait_state("last", "EXITED")
        assert (daemon.directory / "last.log").read_bytes() == b"a" * 60000 + b"end"


def test_l19_identifiers_are_taken_literally_when_auto_logs_are_cleaned() -> None:
    """`my+id` cleans its own old AUTO logs, `my.id` does not clean those of `myxid`."""
    names = {
        "my+id": ("p-stdout---my+id-abcdefgh.log", "p-stdout---myyid-abcdefgh.log"),
        "my.id": ("p-stdout---my.id-abcdefgh.log", "p-stdout---myxid-abcdefgh.log"),
    }
    for identifier, (own, other) in names.items():
        with live(f"[supervisord]\nidentifier={identifier}\n", start=False) as daemon:
            for name in (own, other):
                (daemon.directory / name).write_text("old")
            daemon.start()
            wait_text(daemon.log, "supervisord started")
            assert not (daemon.directory / own).exists()
            assert (daemon.directory / other).exists()
