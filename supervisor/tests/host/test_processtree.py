"""What trees of processes use, with real processes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from supervisor.host import processtree
from supervisor.host.processtree import SLICE_COUNT, Tree, parse_stat, survey

DEADLINE_S = 15.0
PROC_ONLY = pytest.mark.skipif(
    not os.path.exists("/proc/self/stat"), reason="this system has no /proc"
)

PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", '''
data = b"x" * 50_000_000
while True:
    sum(range(10_000))
'''])
print("up", flush=True)
child.wait()
"""


def look(pids: list[int]) -> dict[int, Tree]:
    """The result of a whole survey."""
    *slices, trees = survey(pids)
    assert set(slices) <= {None}
    assert trees is not None
    return trees


def wait_until(condition: Callable[[], bool], what: str) -> None:
    end_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end_s, f"deadline passed: {what}"
        time.sleep(0.01)


@pytest.fixture
def parent() -> Iterator[int]:
    """A process that does nothing, with a child that does."""
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process.pid
    os.killpg(process.pid, 9)
    process.wait()
    process.stdout.close()


@pytest.fixture(params=["proc", "psutil"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Linux with its /proc, and a system where psutil is asked."""
    if request.param == "psutil":
        real = os.path.exists
        monkeypatch.setattr(
            os.path,
            "exists",
            lambda path: path != "/proc/self/stat" and real(path),
        )
    elif not os.path.exists("/proc/self/stat"):
        pytest.skip("this system has no /proc")
    return str(request.param)


def test_tree_includes_all_that_descend_from_it(parent: int, system: str) -> None:
    """The child of a child counts: its memory and its time."""
    wait_until(lambda: look([parent])[parent].memory_bytes > 50_000_000, "the child has its memory")
    before_s = look([parent])[parent].cpu_s
    wait_until(lambda: look([parent])[parent].cpu_s > before_s, "the child has worked")
    tree = look([parent])[parent]
    assert tree.descriptors is not None
    assert 3 <= tree.descriptors < 100


def test_processes_that_are_gone_are_left_out(parent: int, system: str) -> None:
    """And nobody else is among the trees."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert set(look([parent, gone.pid])) == {parent}
    assert look([]) == {}


@PROC_ONLY
def test_survey_comes_in_slices() -> None:
    """No slice looks at more than its share of processes, so that nobody waits for all of them."""
    count = sum(name.isdigit() for name in os.listdir("/proc"))
    *slices, trees = survey([os.getpid()])
    assert trees is not None
    # Processes come and go meanwhile.
    assert abs(len(slices) - count // SLICE_COUNT) <= 2


@pytest.mark.parametrize("name", [b"sh", b"a b", b"a) R 1 (b", b")", b"(((", b"\xff\n"])
def test_line_of_the_kernel_is_read_whatever_the_command_is_called(name: bytes) -> None:
    """A program may give itself any name."""
    numbers = [b"%d" % number for number in range(4, 53)]
    line = b"42 (" + name + b") S " + b" ".join(numbers)
    one = parse_stat(line, 0.01, 4096)
    # ppid is field 4; utime to cstime are 14 to 17; rss is 24.
    assert (one.parent, one.cpu_s, one.memory_bytes) == (4, (14 + 15 + 16 + 17) * 0.01, 24 * 4096)


def test_parents_that_form_a_ring_end_nowhere() -> None:
    """During a pass pids may be given anew: there is an end all the same."""
    ring = {
        10: processtree._One(12, 1.0, 1),
        11: processtree._One(10, 1.0, 1),
        12: processtree._One(11, 1.0, 1),
        20: processtree._One(1, 2.0, 3),
        21: processtree._One(20, 2.0, 3),
    }
    assert processtree._sums([20, 99], ring) == {20: (4.0, 6)}
    assert processtree._sums([11], ring) == {11: (3.0, 3)}
