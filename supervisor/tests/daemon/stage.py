"""The real loop, executor, control and core on a kernel and a clock that live in memory."""

import traceback
from collections.abc import Callable
from typing import Any

from supervisor.core import inputs
from supervisor.core.policies import GroupSpec, ProcessSpec, StartPolicy
from supervisor.core.supervision import Supervision
from supervisor.daemon.control import ProgramControl
from supervisor.daemon.executor import Executor
from supervisor.daemon.loop import Loop
from supervisor.daemon.timers import TimerHeap
from supervisor.errors import RequestRefused
from supervisor.host.childplan import ChildPlan
from supervisor.states import getProcessStateDescription
from supervisor.tests.fakes.clock import FakeClock
from supervisor.tests.fakes.kernel import FakeKernel

BY_HAND = StartPolicy(autostart=False, up_after_s=0.0)
AT_ONCE = StartPolicy(up_after_s=0.0)


class Stage:
    """Implements `daemon.loop.Waiter` and `daemon.executor.ChildMaker`; time passes in `turn`."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.kernel = FakeKernel(self.clock)
        self.core = Supervision()
        self.timers = TimerHeap()
        self.failures: list[str] = []
        """Traces that reached the boundary of the loop."""
        self.lines: list[str] = []
        self.published: list[Any] = []
        self.timeouts: list[float | None] = []
        """How long the loop was willing to wait, turn by turn."""
        self.spawned: list[int] = []
        """Ids of processes whose child was asked for, in order."""
        self.spawns_in_turn: list[int] = [0]
        self.spawn_errors: list[Exception] = []
        """Raised by the next spawns instead of starting anything."""
        self.ended_errors: list[Exception] = []
        self.script: list[Callable[[], object]] = []
        """What happens in the next turns; the loop is left after the last one."""
        self.loop = Loop(self.clock, self, self.timers, self.core, self._report)
        self.executor = Executor(
            self.kernel, self, self._log, self.published.append, self.loop.leave, self._report
        )
        self.executor.submit = self.loop.submit
        self.loop.executor = self.executor
        self.loop.take_signals = self._take_signals
        self.control = ProgramControl(self.core, self.loop.submit, self._check_command)
        self.refusals: dict[int, RequestRefused] = {}
        """By process: why its command cannot be run."""
        self._names: dict[int, str] = {}

    # -- what the loop and the executor need -----------------------------------------------------

    def turn(self, timeout_s: float | None) -> int:
        """Do what the script says; time passes to the next event of the kernel or the timeout."""
        self.timeouts.append(timeout_s)
        self.spawns_in_turn.append(0)
        if not self.script:
            self.loop.leave()
            return 0
        self.script.pop(0)()
        return 1

    def _take_signals(self) -> bool:
        return self.executor.reap() if self.kernel.pending_sigchld else False

    def spawn(self, process_id: int) -> int:
        self.spawned.append(process_id)
        self.spawns_in_turn[-1] += 1
        if self.spawn_errors:
            raise self.spawn_errors.pop(0)
        return self.kernel.spawn(ChildPlan(self._names[process_id], "/bin/x", ["x"], {}, 0, 1, 2))

    def ended(self, process_id: int) -> None:
        if self.ended_errors:
            raise self.ended_errors.pop(0)

    def name(self, process_id: int) -> str:
        return self._names[process_id]

    def knows(self, process_id: int) -> bool:
        return process_id in self._names

    def _check_command(self, process_id: int) -> None:
        if process_id in self.refusals:
            raise self.refusals[process_id]

    def _log(self, level: int, text: str) -> None:
        self.lines.append(text)

    def _report(self, what: str) -> None:
        self.failures.append(f"{what}: {traceback.format_exc()}")

    def forget(self, process_id: int) -> None:
        """Remove its group, as `programs.ActiveGroups` does."""
        self.loop.submit(inputs.GroupRemoved(self._names.pop(process_id)))

    # -- what tests do ---------------------------------------------------------------------------

    def add(self, *specs: ProcessSpec) -> "Stage":
        """One group for each process, numbered 1, 2, …"""
        for spec in specs:
            process_id = len(self._names) + 1
            self._names[process_id] = spec.name
            group = GroupSpec(spec.group, spec.priority, processes=(spec,))
            self.loop.submit(inputs.GroupAdded(group, (process_id,)))
        return self

    def begin(self) -> "Stage":
        self.loop.submit(inputs.SupervisionBegan())
        return self

    def run(self, *script: Callable[[], object]) -> "Stage":
        """Run the loop for that many turns, and one more in which nothing happens."""
        self.script += script
        self.loop.run()
        return self

    def pass_s(self, seconds: float) -> Callable[[], None]:
        """A turn in which time passes, and what is due to end, ends."""
        return lambda: self.kernel.advance(self.clock.mono_s + seconds)

    def state(self, process_id: int = 1) -> str | None:
        return getProcessStateDescription(self.core.process(process_id).state)

    def pid(self, process_id: int = 1) -> int:
        return self.core.process(process_id).pid


def program(name: str = "web", start: StartPolicy = BY_HAND, **policies: Any) -> ProcessSpec:
    """A program in a group of its own name; started by hand and up at once, unless told."""
    return ProcessSpec(name, name, start=start, **policies)
