"""What the output of programs costs the system: it is read once and written once."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.tests.counts.calls import CALM, calls_during, needs_strace, together
from supervisor.tests.support.daemon import DEADLINE_S, wait_until
from supervisor.tests.support.scenario_live import live, script
from supervisor.tests.support.scenario_stage import StageDaemon

pytestmark = needs_strace

LINES_COUNT = 12
FLOOD_BYTES = 20_000_000
PAGE_BYTES = 4096

PIECE = {"poll": 1, "read": 1, "write": 1}
"""Wait for what a program writes, read it, write it to its log."""

FOLLOWED = {"pread": 1, "send": 1}
"""In the same turn it is read from the log and sent."""
LOOK_BEHIND = {
    # Whether there is more, whether the file was emptied, and whether it is still the log.
    "pread": 1, "stat": 2,
}  # fmt: skip

WRITER = """#!/bin/sh
exec 3<>{dir}/orders
while read command <&3; do eval "$command"; done
"""

CONFIG = """
[program:writer]
command = {dir}/writer
startsecs = 0
redirect_stderr = true
stdout_logfile = {dir}/writer.log
stdout_logfile_maxbytes = 0
"""


ROLLING = """
[program:rolling]
command = head -c 52428800 /dev/zero
autostart = false
startsecs = 0
autorestart = false
stdout_logfile = {dir}/rolling.log
stdout_logfile_maxbytes = 8MB
stdout_logfile_backups = 1
"""
DELETED_MIN = 3
SLICES_MIN = 3
"""Of 2 MiB, of a log of 8 MiB."""


class Writer:
    """A program that writes what it is told to."""

    def __init__(self, daemon: StageDaemon) -> None:
        self.daemon = daemon
        self._log = daemon.directory / "writer.log"

    def write(self, command: str, size_bytes: int) -> None:
        """Have it run a command, and wait until its output has come to the log."""
        before = size(self._log)
        with open(self.daemon.directory / "orders", "w") as orders:
            orders.write(command + "\n")
        wait_until(lambda: size(self._log) - before == size_bytes, "the output is in the log")


def size(path: Path) -> int:
    """Bytes in a file, 0 if it is not there."""
    return path.stat().st_size if path.exists() else 0


@pytest.fixture
def writer() -> Iterator[Writer]:
    """A daemon with one program, which has written a line."""
    with live(CONFIG, environment=CALM, start=False) as daemon:
        os.mkfifo(daemon.directory / "orders")
        script(daemon, "writer", WRITER)
        daemon.start()
        daemon.wait_state("writer", "RUNNING")
        writer = Writer(daemon)
        writer.write("echo first", 6)
        yield writer


def test_line_of_a_program_costs_a_poll_a_read_and_a_write(writer: Writer) -> None:
    """A line that comes alone is waited for, read, and written to the log; nothing else."""

    def chat() -> None:
        for _ in range(LINES_COUNT):
            # Not so fast that it would be taken together with the next one.
            writer.write("sleep 0.02; echo line", 5)

    assert calls_during(writer.daemon, chat).beyond(PIECE, LINES_COUNT) == {}


def test_piece_of_a_flood_costs_a_poll_a_read_and_a_write(writer: Writer) -> None:
    """However much a program writes, and however little of it is in the pipe at a time."""

    def flood() -> None:
        writer.write(f"head -c {FLOOD_BYTES} /dev/zero", FLOOD_BYTES)

    calls = calls_during(writer.daemon, flood)
    reads_count = calls.counts()["read"]
    # Once the pipe is made wider.
    assert calls.beyond(PIECE | {"fcntl": 0.02}, reads_count) == {}
    assert reads_count <= FLOOD_BYTES / PAGE_BYTES


def test_follower_gets_a_line_after_one_read_of_the_log(writer: Writer) -> None:
    """In one turn; whether there is more behind it is looked for when the line has been sent."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(DEADLINE_S)
        client.connect(str(writer.daemon.socket))
        client.sendall(b"GET /logtail/writer/stdout HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = bytearray()

        def follow(lines_count: int) -> None:
            while received.count(b"line\n") < lines_count:
                received.extend(client.recv(1 << 16))

        def chat() -> None:
            for number in range(1, LINES_COUNT + 1):
                writer.write("sleep 0.02; echo line", 5)
                follow(1 + number)

        writer.write("echo line", 5)
        follow(1)
        calls = calls_during(writer.daemon, chat)
    assert calls.beyond(together(PIECE, FOLLOWED, LOOK_BEHIND), LINES_COUNT) == {}
    sends = [index for index, call in enumerate(calls) if call.name == "send"]
    before = [tuple(call.name for call in list(calls)[index - 4 : index]) for index in sends]
    assert before == [("poll", "read", "write", "pread")] * LINES_COUNT


def test_large_backup_is_deleted_in_slices() -> None:
    """Nobody waits for the file system while a flood has its oldest backup deleted."""
    with live(ROLLING, environment=CALM) as daemon:
        before = open_files(daemon)

        def flood() -> None:
            daemon.rpc.supervisor.startProcess("rolling", False)
            daemon.wait_state("rolling", "EXITED")
            wait_until(lambda: open_files(daemon) <= before, "all deleted files are closed")

        calls = calls_during(daemon, flood)
    deleted = [call for call in calls if call.name == "unlink" and call.result == "0"]
    slices = [call for call in calls if call.name == "ftruncate"]
    assert len(deleted) >= DELETED_MIN
    assert len(slices) >= SLICES_MIN * len(deleted)


def open_files(daemon: StageDaemon) -> set[str]:
    """The regular files that a daemon has open."""
    found = set()
    for each in Path(f"/proc/{daemon.pid}/fd").iterdir():
        # It may be closed in between.
        with contextlib.suppress(FileNotFoundError):
            found.add(os.readlink(each))
    return {link for link in found if link.startswith("/")}
