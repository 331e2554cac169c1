"""What every kernel promises: one suite for the real one and for the fake.

The programs are described once, as behaviours; a laboratory turns them into something that runs.
"""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

import pytest

from supervisor.errors import SpawnError
from supervisor.host.childplan import ChildPlan
from supervisor.host.kernel import REAPED_COUNT_MAX, Kernel, SystemKernel, decode_status
from supervisor.tests.fakes.clock import FakeClock
from supervisor.tests.fakes.kernel import Behaviour, FakeKernel

DEADLINE_S = 10.0


class Program(NamedTuple):
    """One behaviour, told twice."""

    behaviour: Behaviour
    script: str | None
    """How a shell behaves that way; None: "sleep" does. It says "ready" if there is a before."""


FOREVER = Program(Behaviour(), None)
EXITS_3 = Program(Behaviour(runs_s=0, exitcode=3), "exit 3")
DIES_OF_SEGV = Program(Behaviour(runs_s=0, signum=signal.SIGSEGV), "ulimit -c 0; kill -SEGV $$")
IGNORES_TERM = Program(
    Behaviour(ignores=frozenset({signal.SIGTERM})), "trap '' TERM; echo ready; exec sleep 1000"
)
LEAVES_ON_TERM = Program(
    Behaviour(catches={signal.SIGTERM: 7}),
    "trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done",
)


class Laboratory(Protocol):
    """Where the processes of a test live."""

    kernel: Kernel

    def start(self, program: Program) -> int:
        """Spawn a program; it behaves that way from now on."""
        ...

    def reap(self, count: int) -> list[tuple[int, int]]:
        """Reap until so many have been reaped."""
        ...


class RealLaboratory:
    """Real processes, all gone at the end."""

    umask: int | None = None
    """Part of all plans: with None they are carried out by posix_spawn, else by Popen."""

    def __init__(self) -> None:
        self.kernel: Kernel = SystemKernel()
        self._null_fd = os.open(os.devnull, os.O_RDWR)
        self._pids: set[int] = set()

    def start(self, program: Program) -> int:
        script = program.script
        argv = ["sleep", "1000"] if script is None else ["sh", "-c", script]
        reader, writer = os.pipe()
        try:
            pid = self.kernel.spawn(
                ChildPlan(
                    name="program",
                    file=f"/bin/{argv[0]}",
                    argv=argv,
                    env={"PATH": "/bin:/usr/bin"},
                    stdin_fd=self._null_fd,
                    stdout_fd=writer,
                    stderr_fd=self._null_fd,
                    umask=self.umask,
                )
            )
            self._pids.add(pid)
            if script is not None and "ready" in script:
                assert os.read(reader, 6) == b"ready\n"
        finally:
            os.close(reader)
            os.close(writer)
        return pid

    def reap(self, count: int) -> list[tuple[int, int]]:
        reaped: list[tuple[int, int]] = []
        deadline_s = time.monotonic() + DEADLINE_S
        while len(reaped) < count:
            assert time.monotonic() < deadline_s, f"only {len(reaped)} of {count} ended"
            reaped += [ending for ending in self.kernel.reap() if ending[0] in self._pids]
            time.sleep(0.001)
        self.forget(pid for pid, _ in reaped)
        return reaped

    def forget(self, pids: Iterable[int]) -> None:
        """These have been reaped."""
        self._pids.difference_update(pids)

    def close(self) -> None:
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(self._null_fd)


class PopenLaboratory(RealLaboratory):
    """The same with plans of the kind that posix_spawn cannot carry out."""

    umask = 0o022


class FakeLaboratory:
    """Processes in memory."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.kernel: Kernel = FakeKernel(self.clock, seed=1)

    def start(self, program: Program) -> int:
        assert isinstance(self.kernel, FakeKernel)
        self.kernel.behaviours["program"] = program.behaviour
        return self.kernel.spawn(ChildPlan("program", "/bin/program", ["program"], {}, -1, -1, -1))

    def reap(self, count: int) -> list[tuple[int, int]]:
        assert isinstance(self.kernel, FakeKernel)
        self.kernel.advance(self.clock.mono_s)
        reaped: list[tuple[int, int]] = []
        while len(reaped) < count:
            some = self.kernel.reap()
            assert some, f"only {len(reaped)} of {count} ended"
            reaped += some
        return reaped

    def close(self) -> None:
        """Nothing outlives the test."""


@pytest.fixture(
    params=[RealLaboratory, PopenLaboratory, FakeLaboratory], ids=["real", "popen", "fake"]
)
def lab(request: pytest.FixtureRequest) -> Iterator[Laboratory]:
    factory: Callable[[], RealLaboratory | FakeLaboratory] = request.param
    laboratory = factory()
    yield laboratory
    laboratory.close()


def reap_one(lab: Laboratory) -> tuple[int, str]:
    [(pid, status)] = lab.reap(1)
    return pid, decode_status(status).words()


def test_kernel_tells_the_exit_status(lab: Laboratory) -> None:
    """A child that exits is reaped with its pid and exit code."""
    pid = lab.start(EXITS_3)

    assert reap_one(lab) == (pid, "exit status 3")


def test_kernel_tells_the_signal_that_a_child_died_of(lab: Laboratory) -> None:
    """A child that dies of a signal is reaped with that signal."""
    pid = lab.start(DIES_OF_SEGV)
    [(reaped, status)] = lab.reap(1)

    assert reaped == pid
    assert decode_status(status).signum == signal.SIGSEGV


def test_kernel_never_loses_a_signal_sent_right_after_spawn(lab: Laboratory) -> None:
    """A signal sent as soon as spawn has returned reaches the program."""
    for _ in range(20):
        pid = lab.start(FOREVER)
        lab.kernel.kill(pid, signal.SIGTERM, to_group=False)

        assert reap_one(lab) == (pid, "terminated by SIGTERM")


def test_kernel_signals_a_whole_group(lab: Laboratory) -> None:
    """Every child leads a process group of its own, which can be signalled."""
    pid = lab.start(FOREVER)
    lab.kernel.kill(pid, signal.SIGHUP, to_group=True)

    assert reap_one(lab) == (pid, "terminated by SIGHUP")


@pytest.mark.parametrize("to_group", [False, True])
def test_kernel_takes_signals_for_an_ended_child_until_it_is_reaped(
    lab: Laboratory, to_group: bool
) -> None:
    """A zombie can be signalled, without effect; a reaped child cannot."""
    pid = lab.start(FOREVER)
    lab.kernel.kill(pid, signal.SIGKILL, to_group=False)
    lab.kernel.kill(pid, signal.SIGTERM, to_group)

    assert reap_one(lab) == (pid, "terminated by SIGKILL")
    with pytest.raises(ProcessLookupError):
        lab.kernel.kill(pid, signal.SIGTERM, to_group)


def test_kernel_lets_a_child_ignore_all_but_sigkill(lab: Laboratory) -> None:
    """A child may ignore SIGTERM; nobody can ignore SIGKILL."""
    pid = lab.start(IGNORES_TERM)
    lab.kernel.kill(pid, signal.SIGTERM, to_group=False)
    lab.kernel.kill(pid, 0, to_group=False)
    assert lab.kernel.reap() == []

    lab.kernel.kill(pid, signal.SIGKILL, to_group=False)
    assert reap_one(lab) == (pid, "terminated by SIGKILL")


def test_kernel_lets_a_child_catch_a_signal_and_exit(lab: Laboratory) -> None:
    """A child that catches the signal decides how it exits."""
    pid = lab.start(LEAVES_ON_TERM)
    lab.kernel.kill(pid, signal.SIGTERM, to_group=False)

    assert reap_one(lab) == (pid, "exit status 7")


def test_kernel_holds_signals_back_while_a_child_is_stopped(lab: Laboratory) -> None:
    """A stopped child dies of SIGTERM once it is continued, and is not reaped for stopping."""
    pid = lab.start(FOREVER)
    lab.kernel.kill(pid, signal.SIGSTOP, to_group=False)
    lab.kernel.kill(pid, signal.SIGTERM, to_group=False)
    assert lab.kernel.reap() == []

    lab.kernel.kill(pid, signal.SIGCONT, to_group=False)
    assert reap_one(lab) == (pid, "terminated by SIGTERM")


def test_kernel_kills_a_stopped_child(lab: Laboratory) -> None:
    """SIGKILL needs no SIGCONT."""
    pid = lab.start(FOREVER)
    lab.kernel.kill(pid, signal.SIGSTOP, to_group=False)
    lab.kernel.kill(pid, signal.SIGKILL, to_group=False)

    assert reap_one(lab) == (pid, "terminated by SIGKILL")


@pytest.mark.parametrize("signum", [0, signal.SIGCONT, signal.SIGWINCH, signal.SIGCHLD])
def test_kernel_leaves_a_child_alone_for_signals_without_effect(
    lab: Laboratory, signum: int
) -> None:
    """Some signals do nothing by default, and 0 only asks."""
    pid = lab.start(FOREVER)
    lab.kernel.kill(pid, signum, to_group=False)
    lab.kernel.kill(pid, signal.SIGKILL, to_group=False)

    assert reap_one(lab) == (pid, "terminated by SIGKILL")


def test_kernel_reaps_nothing_when_nothing_has_ended(lab: Laboratory) -> None:
    """Reaping never waits: not without children, not with living ones."""
    assert lab.kernel.reap() == []
    lab.start(FOREVER)

    assert lab.kernel.reap() == []


def test_kernel_reaps_a_bounded_number_at_once_and_each_child_once(lab: Laboratory) -> None:
    """One call reaps at most REAPED_COUNT_MAX; the rest comes with the next call."""
    pids = [lab.start(FOREVER) for _ in range(REAPED_COUNT_MAX + 1)]
    for pid in pids:
        lab.kernel.kill(pid, signal.SIGKILL, to_group=False)
    if isinstance(lab, RealLaboratory):
        for pid in pids:
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    first = lab.kernel.reap()
    rest = lab.reap(1)

    assert len(first) == REAPED_COUNT_MAX
    assert sorted(pids) == sorted(pid for pid, _ in first + rest)
    if isinstance(lab, RealLaboratory):
        lab.forget(pids)


def test_kernel_gives_living_children_different_pids(lab: Laboratory) -> None:
    """A pid names one child until it is reaped."""
    pids = [lab.start(FOREVER) for _ in range(5)]

    assert len(set(pids)) == 5


def test_kernel_refuses_a_spawn_without_leaving_a_child(lab: Laboratory) -> None:
    """A refused spawn leaves nothing to reap."""
    plan = ChildPlan("program", "/nonexistent/program", ["program"], {}, 0, 1, 2)
    if isinstance(lab.kernel, FakeKernel):
        lab.kernel.refuse_next("exec", 2)

    with pytest.raises(SpawnError, match=r"^couldn't exec program: ENOENT$") as refused:
        lab.kernel.spawn(plan)

    assert (refused.value.step, refused.value.errno) == ("exec", 2)
    assert lab.kernel.reap() == []
