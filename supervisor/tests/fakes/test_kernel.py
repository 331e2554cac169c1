"""What the kernel in memory offers beyond the real one: time, orders, repeatable chance."""

import errno
import signal

import pytest

from supervisor.errors import SpawnError
from supervisor.host.childplan import ChildPlan
from supervisor.host.kernel import decode_status
from supervisor.tests.fakes.clock import FakeClock
from supervisor.tests.fakes.kernel import Behaviour, Call, FakeKernel


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(mono_s=100.0)


@pytest.fixture
def kernel(clock: FakeClock) -> FakeKernel:
    return FakeKernel(clock, seed=7)


def spawn(kernel: FakeKernel, name: str = "web") -> int:
    return kernel.spawn(ChildPlan(name, f"/bin/{name}", [name], {}, -1, -1, -1, cwd="/srv"))


def ended(kernel: FakeKernel) -> dict[int, str]:
    return {pid: decode_status(status).words() for pid, status in kernel.reap()}


def test_program_ends_when_its_time_has_come(kernel: FakeKernel) -> None:
    """Not before, and then it is news."""
    kernel.behaviours["web"] = Behaviour(runs_s=5.0, exitcode=2)
    pid = spawn(kernel)
    assert kernel.next_event_s() == 105.0
    kernel.advance(104.9)
    assert (kernel.living("web"), kernel.pending_sigchld) == ([pid], False)
    kernel.advance(105.0)

    assert (kernel.living("web"), kernel.pending_sigchld) == ([], True)
    assert kernel.next_event_s() is None
    assert ended(kernel) == {pid: "exit status 2"}
    assert not kernel.pending_sigchld


def test_stopped_program_does_not_come_nearer_to_its_end(kernel: FakeKernel) -> None:
    """What was left to run is left when it is continued."""
    kernel.behaviours["web"] = Behaviour(runs_s=5.0)
    pid = spawn(kernel)
    kernel.advance(102.0)
    kernel.kill(pid, signal.SIGSTOP, to_group=False)
    kernel.advance(200.0)
    assert kernel.living("web") == [pid]
    kernel.kill(pid, signal.SIGCONT, to_group=False)

    assert kernel.next_event_s() == 203.0


def test_program_takes_its_time_to_leave(kernel: FakeKernel) -> None:
    """A signal that is caught ends it later; until then SIGKILL is quicker."""
    kernel.behaviours["web"] = Behaviour(catches={signal.SIGTERM: 0}, takes_s=3.0)
    slow, killed = spawn(kernel), spawn(kernel)
    for pid in (slow, killed):
        kernel.kill(pid, signal.SIGTERM, to_group=False)
    kernel.kill(killed, signal.SIGKILL, to_group=False)
    assert ended(kernel) == {killed: "terminated by SIGKILL"}
    kernel.advance(103.0)

    assert ended(kernel) == {slow: "exit status 0"}


@pytest.mark.parametrize(
    ("step", "number", "reason"),
    [
        ("fork", errno.EAGAIN, "Too many processes in process table to spawn 'web'"),
        ("fork", errno.ENOMEM, "unknown error during fork for 'web': ENOMEM"),
        ("pipes", errno.EMFILE, "too many open files to spawn 'web'"),
        ("chdir", errno.EACCES, "couldn't chdir to /srv: EACCES"),
    ],
)
def test_spawn_is_refused_to_order(
    kernel: FakeKernel, step: Call, number: int, reason: str
) -> None:
    """As often as ordered, in the words of the real one; then it works again."""
    kernel.refuse_next(step, number, count=2)
    for _ in range(2):
        with pytest.raises(SpawnError) as caught:
            spawn(kernel)
        assert (str(caught.value), caught.value.step) == (reason, step)

    pid = spawn(kernel)
    assert kernel.living("web") == [pid]


def test_kill_is_refused_to_order(kernel: FakeKernel) -> None:
    """The system may refuse a signal for other reasons than that the child is gone."""
    pid = spawn(kernel)
    kernel.refuse_next("kill", errno.EPERM)
    with pytest.raises(PermissionError):
        kernel.kill(pid, signal.SIGTERM, to_group=False)

    assert kernel.living("web") == [pid]


def test_strangers_end_as_our_children(kernel: FakeKernel) -> None:
    """As pid 1 the daemon reaps processes that it never spawned."""
    pid = kernel.add_stranger(3 << 8)

    assert kernel.pending_sigchld
    assert ended(kernel) == {pid: "exit status 3"}


def test_pids_come_round_and_are_never_given_twice_at_once(kernel: FakeKernel) -> None:
    """Pids are used again after a while, but not while somebody has them."""
    stays = spawn(kernel, "stays")
    seen = set()
    for _ in range(33_000):
        pid = spawn(kernel)
        assert pid != stays
        seen.add(pid)
        kernel.kill(pid, signal.SIGKILL, to_group=False)
        kernel.reap()

    assert len(seen) < 33_000


def test_same_seed_gives_the_same_run() -> None:
    """A failing simulation can be run again from its seed."""

    def run(seed: int) -> list[tuple[int, int]]:
        kernel = FakeKernel(FakeClock(), seed)
        for _ in range(20):
            kernel.kill(spawn(kernel), signal.SIGKILL, to_group=False)
        return kernel.reap()

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_wall_clock_can_be_set_and_the_monotonic_one_cannot(clock: FakeClock) -> None:
    """Somebody sets the clock back: durations do not notice."""
    clock.set_wall(1000.0)
    clock.advance(5.0)

    assert clock.now() == (105.0, 1005.0)
    clock.advance_to(50.0)
    assert clock.now().mono_s == 105.0
