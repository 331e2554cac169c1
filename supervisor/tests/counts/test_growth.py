"""What a daemon holds in memory, by count: nothing grows, and an answer holds little at a time."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from supervisor.tests.counts.calls import CALM
from supervisor.tests.counts.test_work import EAR
from supervisor.tests.plugins.site import PROBE, PluginDaemon
from supervisor.tests.support.daemon import wait_until

REPEATS_COUNT = 1000
GROWTH_BLOCKS_MAX = 400
"""There are 86,000. After the first runs some tens come and go, whatever has happened; one object
that is kept for each run would be a thousand."""

RUNS_BEFORE_COUNT = 300
"""Until tables and histories have the size that they keep."""

PROCESSES_COUNT = 1000
ANSWER_BYTES_MAX = 2_700
"""For each process; 2,250 at present, of which 1,100 are the text that is sent."""

FEW_COUNT, MANY_COUNT = 100, 500
PROGRAM_BLOCKS_MAX = 48
"""For each program that has not been started; 40 at present."""

FLOOD_BYTES_MAX = 8_192
"""More than for the requests that mark it; 1,200 at present, while pieces are of 256 KiB."""

EVENT_BYTES, LISTENERS_COUNT = 50_000, 10
EVENT_COPIES_MAX = 6
"""Of what it says, in all; 5 at present: the request and its parts, the text for all listeners."""

DEADLINE_S = 60.0

QUIET = "[supervisord]\nsilent = true\nlogfile_maxbytes = 0\n"

LOOPS = f"""
[program:loop]
command = {shutil.which("true")}
process_name = %(process_num)d
numprocs = 4
autostart = false
autorestart = true
startsecs = 0
stdout_logfile = NONE
stderr_logfile = NONE
"""

CROWD = f"""
[program:crowd]
command = {shutil.which("true")}
process_name = %(process_num)04d
numprocs = {PROCESSES_COUNT}
autostart = false
"""

FLOOD = """
[program:flood]
command = head -c 20000000 /dev/zero
autostart = false
autorestart = false
startsecs = 0
redirect_stderr = true
stdout_logfile = %(here)s/flood.log
stdout_logfile_maxbytes = 0
"""

LISTENER = """
[eventlistener:ear{number}]
command = {ear}
events = REMOTE_COMMUNICATION
startsecs = 0
stdout_logfile = NONE
"""

START_TRACING = "import tracemalloc; tracemalloc.start()"
FORGET_PEAK = """
import tracemalloc
tracemalloc.reset_peak()
answer = tracemalloc.get_traced_memory()[0]
"""
PEAK = "import tracemalloc; answer = tracemalloc.get_traced_memory()[1]"
BLOCKS = "import gc, sys; gc.collect(); answer = sys.getallocatedblocks()"


def calm_daemon(config: str, directory: Path) -> PluginDaemon:
    """One that keeps no byte code meanwhile: that makes a thousand objects of its own."""
    daemon = PluginDaemon(PROBE + QUIET + config, directory)
    daemon.environment.update(CALM)
    return daemon


def blocks_count(daemon: PluginDaemon) -> int:
    """Blocks of memory that the interpreter of the daemon has allocated, garbage not included."""
    return min(int(daemon.run(BLOCKS)) for _ in range(3))


def run(daemon: PluginDaemon, count: int) -> None:
    """Have programs start and end so often, and stop them."""

    def runs() -> int:
        return daemon.log_text().count("spawned: ")

    enough = runs() + count
    daemon.rpc.supervisor.startAllProcesses()
    wait_until(lambda: runs() >= enough, f"programs have run {count} times", DEADLINE_S)
    daemon.rpc.supervisor.stopAllProcesses()


@pytest.mark.timeout(4 * DEADLINE_S)
def test_daemon_keeps_nothing_of_runs_and_requests_that_are_over(tmp_path: Path) -> None:
    """After a thousand runs of programs and a thousand requests it holds what it held before."""
    with calm_daemon(LOOPS, tmp_path) as daemon:
        run(daemon, RUNS_BEFORE_COUNT)
        before_count = blocks_count(daemon)
        run(daemon, REPEATS_COUNT)
        assert blocks_count(daemon) - before_count <= GROWTH_BLOCKS_MAX
        for _ in range(REPEATS_COUNT):
            daemon.rpc.supervisor.getAllProcessInfo()
        assert blocks_count(daemon) - before_count <= GROWTH_BLOCKS_MAX


def test_list_of_a_thousand_processes_is_made_with_little_memory(tmp_path: Path) -> None:
    """The most that is held at a time for an answer is a small multiple of its text."""
    with calm_daemon(CROWD, tmp_path) as daemon:
        daemon.rpc.supervisor.getAllProcessInfo()
        daemon.run(START_TRACING)
        before_bytes = int(daemon.run(FORGET_PEAK))
        assert len(daemon.rpc.supervisor.getAllProcessInfo()) == PROCESSES_COUNT
        held_bytes = int(daemon.run(PEAK)) - before_bytes
    assert held_bytes <= ANSWER_BYTES_MAX * PROCESSES_COUNT


def peak_bytes(daemon: PluginDaemon, action: Callable[[], object]) -> int:
    """The most that is held at a time meanwhile, beside what was before; the marks included."""
    before_bytes = int(daemon.run(FORGET_PEAK))
    action()
    return int(daemon.run(PEAK)) - before_bytes


def test_flood_is_not_copied_in_memory(tmp_path: Path) -> None:
    """From the pipe it comes into the buffer of all children, and from there into the file."""
    with calm_daemon(FLOOD, tmp_path) as daemon:

        def flood() -> None:
            daemon.rpc.supervisor.startProcess("flood")
            daemon.wait_state("flood", "EXITED")

        flood()
        daemon.run(START_TRACING)
        flood()
        marks_bytes = peak_bytes(daemon, lambda: daemon.info("flood"))
        assert peak_bytes(daemon, flood) - marks_bytes <= FLOOD_BYTES_MAX


def test_event_is_held_once_for_all_listeners(tmp_path: Path) -> None:
    """One text for ten of them, as long as it fits into their pipes."""
    ear = tmp_path / "ear"
    ear.write_text(EAR)
    ear.chmod(0o755)
    pools = [LISTENER.format(number=number, ear=ear) for number in range(LISTENERS_COUNT)]
    with calm_daemon("".join(pools), tmp_path) as daemon:
        heard = tmp_path / "heard"

        def tell() -> None:
            heard.write_text("")
            daemon.rpc.supervisor.sendRemoteCommEvent("kind", "x" * EVENT_BYTES)
            wait_until(lambda: heard.read_text().count("\n") == LISTENERS_COUNT, "all have heard")

        tell()
        daemon.run(START_TRACING)
        tell()
        assert peak_bytes(daemon, tell) <= EVENT_COPIES_MAX * EVENT_BYTES


def test_program_is_made_of_few_objects(tmp_path: Path) -> None:
    """What programs have in common is there once."""
    counts = []
    for count in (FEW_COUNT, MANY_COUNT):
        sections = "".join(
            f"[program:p{number:03}]\ncommand = /bin/true\nautostart = false\n"
            for number in range(count)
        )
        with calm_daemon(sections, tmp_path / str(count)) as daemon:
            counts.append(blocks_count(daemon))
    assert counts[1] - counts[0] <= PROGRAM_BLOCKS_MAX * (MANY_COUNT - FEW_COUNT)
