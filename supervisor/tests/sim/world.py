"""A world around the real core, loop and executor: fake clock and kernel, seeded trouble.

Only what touches the system is replaced, by fakes that the conformance suite has proven. After
each turn of the loop the invariants are checked; a violation names the seed.
"""

import random
import traceback
from contextlib import suppress
from typing import Any

from supervisor.core import inputs
from supervisor.core.commands import StateChange
from supervisor.core.control import Ticket
from supervisor.core.policies import (
    Delay,
    GroupSpec,
    ProcessSpec,
    Restart,
    RestartPolicy,
    Rung,
    StartPolicy,
    StopPolicy,
)
from supervisor.core.process import TABLE, Row
from supervisor.core.supervision import Supervision
from supervisor.daemon.control import ProgramControl
from supervisor.daemon.executor import Executor
from supervisor.daemon.loop import Loop
from supervisor.daemon.timers import TimerHeap
from supervisor.errors import RequestRefused
from supervisor.host.childplan import ChildPlan
from supervisor.states import STOPPED_STATES, ProcessStates, getProcessStateDescription
from supervisor.tests.fakes.clock import FakeClock
from supervisor.tests.fakes.kernel import Behaviour, FakeKernel

EAGAIN, EPERM, EMFILE = 11, 1, 24

LEAVE_WITHIN_S = 600.0
"""A shutdown that takes longer than all stop ladders together is stuck."""

TURNS_MAX = 1_000

WITHOUT_CHILD = {
    ProcessStates.STOPPED,
    ProcessStates.EXITED,
    ProcessStates.FATAL,
    ProcessStates.BACKOFF,
}


class Violation(AssertionError):
    """An invariant does not hold."""


class World:
    """Random programs, random trouble, for that many hours."""

    def __init__(self, seed: int, hours: float = 24.0) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.clock = FakeClock()
        self.kernel = FakeKernel(self.clock, seed)
        self.core = Supervision()
        self.timers = TimerHeap()
        self.loop = Loop(self.clock, self, self.timers, self.core, self._fail)
        self.executor = Executor(
            self.kernel, self, self._note_line, self._note, self.loop.leave, self._fail
        )
        self.executor.submit = self.loop.submit
        self.loop.executor = self.executor
        self.loop.take_signals = self._take_signals
        self.control = ProgramControl(self.core, self.loop.submit, lambda _: None)
        self.specs: dict[int, ProcessSpec] = {}
        self.states: dict[int, int] = {}
        self.tickets: list[tuple[str, Ticket]] = []
        self.spawns_in_series: dict[int, int] = {}
        self.turns = 0
        self.ends_s = self.clock.mono_s + hours * 3600.0
        self.next_action_s = self.clock.mono_s
        self.leaving_since_s: float | None = None
        self._populate()

    # -- making a world --------------------------------------------------------------------------

    def _populate(self) -> None:
        next_id = 1
        for group_number in range(self.random.randint(1, 4)):
            group = f"g{group_number}"
            processes = tuple(
                self._make_spec(group, f"{group}p{number}")
                for number in range(self.random.randint(1, 4))
            )
            ids = tuple(range(next_id, next_id + len(processes)))
            next_id += len(processes)
            for process_id, spec in zip(ids, processes, strict=True):
                self.specs[process_id] = spec
                self.states[process_id] = ProcessStates.STOPPED
                self.kernel.behaviours[spec.name] = self._make_behaviour()
            priority = self.random.choice((1, 5, 999))
            self.loop.submit(
                inputs.GroupAdded(GroupSpec(group, priority, "program", processes), ids)
            )

    def _make_spec(self, group: str, name: str) -> ProcessSpec:
        choose = self.random.choice
        wait_s = choose((0.0, 1.0, 10.0))
        delay = Delay() if self.random.random() < 0.8 else Delay(first_s=30.0)
        return ProcessSpec(
            name,
            group,
            choose((1, 999)),
            StartPolicy(choose((True, True, False)), choose((0.0, 1.0, 10.0)), choose((0, 1, 3))),
            RestartPolicy(choose(list(Restart)), choose(((0,), (0, 2), ())), delay),
            StopPolicy((Rung(choose((15, 2, 1)), "SIG", wait_s), Rung(9, "SIGKILL", wait_s))),
        )

    def _make_behaviour(self) -> Behaviour:
        runs_s = self.random.choice((None, None, 0.0, 0.5, 1.0, 60.0, 3600.0, 20_000.0))
        # What restarts at once for ever would fill the day with nothing else.
        if runs_s is not None:
            runs_s *= 0.5 + self.random.random()
        ignores = frozenset({15, 2, 1}) if self.random.random() < 0.2 else frozenset()
        catches = {15: 0} if not ignores and self.random.random() < 0.5 else {}
        return Behaviour(
            runs_s,
            exitcode=self.random.choice((0, 1, 2)),
            signum=self.random.choice((0, 0, 0, 11)),
            ignores=ignores,
            catches=catches,
            takes_s=self.random.choice((0.0, 0.2, 5.0, 100.0)),
        )

    # -- what the loop and the executor see ------------------------------------------------------

    def turn(self, timeout_s: float | None) -> int:
        """Time passes until something happens (Waiter)."""
        self.turns += 1
        if self.turns == TURNS_MAX:
            self._calm_down()
        self._check()
        now_s = self.clock.mono_s
        events = [self.kernel.next_event_s(), self.next_action_s]
        if timeout_s is not None:
            events.append(now_s + timeout_s)
        until_s = min(when_s for when_s in events if when_s is not None)
        self.kernel.advance(max(now_s, until_s))
        if self.clock.mono_s >= self.next_action_s:
            self._act()
        return 1

    def _calm_down(self) -> None:
        """A crowd of crash-loopers filled the day: end it, so that seeds cost about the same."""
        self.ends_s = min(self.ends_s, self.clock.mono_s)
        self.next_action_s = min(self.next_action_s, self.clock.mono_s)

    def _take_signals(self) -> bool:
        return self.executor.reap() if self.kernel.pending_sigchld else False

    def spawn(self, process_id: int) -> int:
        """Start a child (ChildMaker)."""
        if self.leaving_since_s is not None:
            self._violated(f"{self.specs[process_id].name} is started while leaving")
        spec = self.specs[process_id]
        plan = ChildPlan(spec.name, "/bin/x", ("x",), {}, 0, 1, 2)
        return self.kernel.spawn(plan)

    def ended(self, process_id: int) -> None:
        """Nothing is connected to a fake child (ChildMaker)."""

    def name(self, process_id: int) -> str:
        return self.specs[process_id].name

    def knows(self, process_id: int) -> bool:
        return process_id in self.specs

    def _note_line(self, level: int, text: str) -> None:
        if "internal error" in text:
            self._violated(text)

    def _note(self, what: Any) -> None:
        if not isinstance(what, StateChange):
            return
        before = self.states[what.process_id]
        if what.from_state != before:
            self._violated(f"{what} does not go on from {getProcessStateDescription(before)}")
        if not any(
            isinstance(row, Row) and what.to_state in row.enters
            for row in TABLE[what.from_state].values()
        ) and (what.from_state, what.to_state) != (ProcessStates.RUNNING, ProcessStates.EXITED):
            self._violated(f"{what} is in no row of the table")
        self.states[what.process_id] = what.to_state
        self._count_tries(what)

    def _count_tries(self, change: StateChange) -> None:
        tries = self.spawns_in_series
        if change.to_state == ProcessStates.STARTING:
            fresh = change.from_state != ProcessStates.BACKOFF
            tries[change.process_id] = 1 if fresh else tries[change.process_id] + 1
            allowed = self.specs[change.process_id].start.retries_max + 1
            if tries[change.process_id] > allowed:
                self._violated(f"{change.name} is tried more often than startretries allows")

    # -- trouble ---------------------------------------------------------------------------------

    def _act(self) -> None:
        if self.clock.mono_s >= self.ends_s:
            if self.leaving_since_s is None:
                self.leaving_since_s = self.clock.mono_s
                self.control.shutdown()
            self.next_action_s = self.clock.mono_s + LEAVE_WITHIN_S
            return
        self.next_action_s = min(
            self.ends_s, self.clock.mono_s + self.random.expovariate(1 / 900.0)
        )
        action = self.random.choice(
            (
                self._request_start,
                self._request_start,
                self._request_stop,
                self._request_stop,
                self._request_signal,
                self._kill_from_outside,
                self._kill_from_outside,
                self._refuse_spawns,
                self._refuse_a_kill,
                self._set_wall_clock,
                self._change_behaviour,
                self._add_stranger,
                self._burst,
            )
        )
        action()

    def _any_process(self) -> int:
        return self.random.choice(list(self.specs))

    def _ask(self, what: str, request: Any) -> None:
        try:
            self.tickets.append((what, request()))
        except RequestRefused:
            return

    def _request_start(self) -> None:
        process_id = self._any_process()
        self._ask(f"start {process_id}", lambda: self.control.start(process_id))

    def _request_stop(self) -> None:
        process_id = self._any_process()
        self._ask(f"stop {process_id}", lambda: self.control.stop(process_id))

    def _request_signal(self) -> None:
        process_id, signum = self._any_process(), self.random.choice((1, 10, 15, 9))
        self._ask(f"signal {process_id}", lambda: self.control.signal(process_id, signum))

    def _burst(self) -> None:
        for _ in range(self.random.randint(2, 10)):
            self.random.choice((self._request_start, self._request_stop))()

    def _kill_from_outside(self) -> None:
        name = self.specs[self._any_process()].name
        for pid in self.kernel.living(name):
            with suppress(PermissionError):
                self.kernel.kill(pid, 9, to_group=False)

    def _refuse_spawns(self) -> None:
        call = self.random.choice(("pipes", "fork", "chdir", "exec"))
        number = EMFILE if call == "pipes" else EAGAIN if call == "fork" else EPERM
        self.kernel.refuse_next(call, number, self.random.randint(1, 5))

    def _refuse_a_kill(self) -> None:
        self.kernel.refuse_next("kill", EPERM)

    def _set_wall_clock(self) -> None:
        """Durations never use it: nothing may come of this."""
        self.clock.set_wall(self.clock.now().wall_s + self.random.uniform(-1e6, 1e6))

    def _change_behaviour(self) -> None:
        name = self.specs[self._any_process()].name
        self.kernel.behaviours[name] = self._make_behaviour()

    def _add_stranger(self) -> None:
        self.kernel.add_stranger(0)

    # -- judging ---------------------------------------------------------------------------------

    def run(self) -> "World":
        """Live through it all, to the end of the shutdown."""
        self.loop.submit(inputs.SupervisionBegan())
        self.loop.run()
        self._check()
        for what, ticket in self.tickets:
            if not ticket.done:
                self._violated(f"nobody answered: {what}")
        for process_id, spec in self.specs.items():
            state = self.core.process(process_id).state
            if state not in STOPPED_STATES:
                self._violated(f"{spec.name} is {getProcessStateDescription(state)} at the end")
        return self

    def _check(self) -> None:
        self._check_children()
        deadline_s = self.core.next_deadline_s()
        if deadline_s is not None and deadline_s < self.clock.mono_s:
            self._violated(f"a deadline {self.clock.mono_s - deadline_s} s ago is ignored")
        if (
            self.leaving_since_s is not None
            and self.clock.mono_s > self.leaving_since_s + LEAVE_WITHIN_S
        ):
            self._violated("the shutdown is stuck")

    def _check_children(self) -> None:
        for process_id, spec in self.specs.items():
            living = self.kernel.living(spec.name)
            process = self.core.process(process_id)
            if len(living) > 1:
                self._violated(f"{spec.name} lives {len(living)} times")
            if living and process.state in WITHOUT_CHILD:
                self._violated(
                    f"{spec.name} is {getProcessStateDescription(process.state)} and has a child"
                )
            if living and process.pid != living[0]:
                self._violated(f"{spec.name} has pid {living[0]}, not {process.pid}")
            if process.state != self.states[process_id]:
                self._violated(f"a change of {spec.name} was not announced")

    def _fail(self, what: str) -> None:
        self._violated(f"{what}: {traceback.format_exc()}")

    def _violated(self, what: str) -> None:
        # Raised where the loop's boundary cannot swallow it.
        self.loop.leave()
        raise Violation(f"seed {self.seed}, at {self.clock.mono_s:.1f} s: {what}")
