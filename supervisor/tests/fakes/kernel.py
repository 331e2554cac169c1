"""Processes that live in memory, on a fake clock, and misbehave to order.

The same seed and the same calls give the same run. What it promises is what
`tests/conformance/test_kernel.py` shows for the real one.
"""

import random
import signal
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from supervisor.host.childplan import ChildPlan
from supervisor.host.kernel import REAPED_COUNT_MAX, spawn_refusal
from supervisor.tests.fakes.clock import FakeClock

_PID_MIN = 300
_PID_MAX = 32768

_WITHOUT_EFFECT = frozenset(
    {0, signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH},
)
_STOPPING = frozenset({signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU})

Call = Literal["pipes", "fork", "chdir", "exec", "kill"]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a program does once it is started."""

    runs_s: float | None = None
    """How long until it ends by itself; None: never, 0: at once."""
    exitcode: int = 0
    """How it then ends, unless by `signum`."""
    signum: int = 0
    """The signal it then dies of, 0 if it exits."""
    ignores: frozenset[int] = frozenset()
    """Signals without effect on it; SIGKILL and SIGSTOP always have theirs."""
    catches: Mapping[int, int] = field(default_factory=dict)
    """Signals upon which it exits, each with the exit code."""
    takes_s: float = 0.0
    """How long it takes to exit after a signal that it catches."""


FOREVER = Behaviour()
"""Runs until a signal ends it."""


@dataclass(slots=True)
class _Process:
    name: str
    behaviour: Behaviour
    ends_s: float | None
    status: int
    """The status word that it will end with, if nothing comes in between."""
    remaining_s: float | None = None
    """What was left to run when it was stopped."""
    stopped: bool = False
    pending: list[int] = field(default_factory=list)
    """Signals that wait until it is continued."""
    ended: bool = False


class FakeKernel:
    """Implements `host.kernel.Kernel`.

    Time passes by `advance` only; until then even a program that ends at once is alive, as it may
    be on a real machine.
    """

    def __init__(self, clock: FakeClock, seed: int = 0) -> None:
        self.behaviours: dict[str, Behaviour] = {}
        """By name of the process; those not named run until a signal ends them."""
        self.pending_sigchld = False
        """Whether a child has changed since `reap` was last called."""
        self._clock = clock
        self._random = random.Random(seed)
        self._processes: dict[int, _Process] = {}
        self._ended: list[int] = []
        self._refusals: dict[Call, deque[int]] = {}
        self._last_pid = self._random.randrange(_PID_MIN, _PID_MAX)

    # ------------------------------------------------------------- the seam

    def spawn(self, plan: ChildPlan) -> int:
        """Start a program that behaves as `behaviours` says, or refuse as ordered."""
        for step in ("pipes", "fork", "chdir", "exec"):
            number = self._refusal(step)
            if number is not None:
                raise spawn_refusal(plan, step, number)
        behaviour = self.behaviours.get(plan.name, FOREVER)
        ends_s = None if behaviour.runs_s is None else self._clock.mono_s + behaviour.runs_s
        status = behaviour.signum or behaviour.exitcode << 8
        pid = self._new_pid()
        self._processes[pid] = _Process(plan.name, behaviour, ends_s, status)
        return pid

    def kill(self, pid: int, signum: int, to_group: bool) -> None:
        """Deliver a signal; a process that has ended takes it without effect until reaped."""
        number = self._refusal("kill")
        if number is not None:
            raise OSError(number, "refused to order")
        if pid not in self._processes:
            raise ProcessLookupError(3, "No such process")
        process = self._processes[pid]
        if not process.ended:
            self._deliver(pid, process, signum)

    def reap(self) -> list[tuple[int, int]]:
        """Collect what has ended, in an order that nobody may rely on."""
        self.pending_sigchld = False
        self._random.shuffle(self._ended)
        now, self._ended = self._ended[:REAPED_COUNT_MAX], self._ended[REAPED_COUNT_MAX:]
        return [(pid, self._processes.pop(pid).status) for pid in now]

    # ---------------------------------------------------------- the puppeteer

    def advance(self, to_mono_s: float) -> None:
        """Let everything end that is due by then, first things first."""
        self._clock.advance_to(to_mono_s)
        due = sorted(
            (process.ends_s, pid)
            for pid, process in self._processes.items()
            if not process.ended and process.ends_s is not None and process.ends_s <= to_mono_s
        )
        for _, pid in due:
            self._end(pid, self._processes[pid])

    def next_event_s(self) -> float | None:
        """When the next process ends by itself, None if none will."""
        return min(
            (p.ends_s for p in self._processes.values() if not p.ended and p.ends_s is not None),
            default=None,
        )

    def living(self, name: str) -> list[int]:
        """Pids of that program's processes which have not ended; zombies do not count."""
        return [pid for pid, p in self._processes.items() if p.name == name and not p.ended]

    def refuse_next(self, call: Call, errno: int, count: int = 1) -> None:
        """Let the next calls fail with that errno: a spawn at the step named, or a kill."""
        self._refusals.setdefault(call, deque()).extend([errno] * count)

    def add_stranger(self, status: int) -> int:
        """A process that nobody here spawned ends as our child (we are pid 1); its pid."""
        pid = self._new_pid()
        process = _Process("", FOREVER, None, status)
        self._processes[pid] = process
        self._end(pid, process)
        return pid

    # ---------------------------------------------------------------- inside

    def _refusal(self, call: Call) -> int | None:
        orders = self._refusals.get(call)
        return orders.popleft() if orders else None

    def _new_pid(self) -> int:
        pid = self._last_pid
        while True:
            pid = pid + 1 if pid < _PID_MAX else _PID_MIN
            if pid not in self._processes:
                self._last_pid = pid
                return pid

    def _deliver(self, pid: int, process: _Process, signum: int) -> None:
        if signum == signal.SIGKILL:
            process.status = signum
            self._end(pid, process)
        elif signum == signal.SIGCONT:
            self._continue(pid, process)
        elif signum in process.behaviour.ignores and signum != signal.SIGSTOP:
            return
        elif signum in _STOPPING and signum not in process.behaviour.catches:
            self._stop(process)
        elif process.stopped:
            if signum not in process.pending:
                process.pending.append(signum)
        elif signum in process.behaviour.catches:
            process.status = process.behaviour.catches[signum] << 8
            process.ends_s = self._clock.mono_s + process.behaviour.takes_s
            if process.ends_s <= self._clock.mono_s:
                self._end(pid, process)
        elif signum not in _WITHOUT_EFFECT:
            process.status = signum
            self._end(pid, process)

    def _stop(self, process: _Process) -> None:
        if process.stopped:
            return
        process.stopped = True
        self.pending_sigchld = True
        if process.ends_s is not None:
            process.remaining_s = process.ends_s - self._clock.mono_s
            process.ends_s = None

    def _continue(self, pid: int, process: _Process) -> None:
        if not process.stopped:
            return
        process.stopped = False
        self.pending_sigchld = True
        if process.remaining_s is not None:
            process.ends_s = self._clock.mono_s + process.remaining_s
            process.remaining_s = None
        pending, process.pending = process.pending, []
        for signum in pending:
            if not process.ended:
                self._deliver(pid, process, signum)

    def _end(self, pid: int, process: _Process) -> None:
        process.ended = True
        process.ends_s = None
        self._ended.append(pid)
        self.pending_sigchld = True
