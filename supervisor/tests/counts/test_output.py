"""What the output of programs costs the system: it is read once and written once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.tests.counts.calls import calls_during, needs_strace
from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.scenario_live import live, script
from supervisor.tests.support.scenario_stage import StageDaemon

pytestmark = needs_strace

LINES_COUNT = 12
FLOOD_BYTES = 20_000_000
PAGE_BYTES = 4096

PIECE = {"poll": 1, "read": 1, "write": 1}
"""Wait for what a program writes, read it, write it to its log."""

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
    with live(CONFIG, start=False) as daemon:
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
