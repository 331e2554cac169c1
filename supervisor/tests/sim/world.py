"""A world around the real core, loop and executor: fake clock and kernel, seeded trouble.

Only what touches the system is replaced, by fakes that the conformance suite has proven. After
each turn of the loop the judge checks the invariants; a violation names the seed.

Measured over 2,000 seeds: each lives through the whole day and the end of it (48,000 hours), in
15 to 280 turns (half of them in less than 70, nine of ten in less than 130) and 11 ms of CPU.
"""

import random
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from types import SimpleNamespace
from typing import Any, Final

from supervisor.core import inputs
from supervisor.core.commands import Command, GroupChange, MoodChange, StateChange
from supervisor.core.control import Ticket
from supervisor.core.policies import GroupSpec, ProcessSpec
from supervisor.core.supervision import Supervision
from supervisor.daemon.control import ProgramControl
from supervisor.daemon.eventdesk import DeskPorts
from supervisor.daemon.executor import Executor
from supervisor.daemon.loop import Loop
from supervisor.daemon.timers import TimerHeap
from supervisor.errors import Fault, RequestRefused
from supervisor.host.childplan import ChildPlan
from supervisor.levels import Level
from supervisor.states import STOPPED_STATES, SupervisorStates
from supervisor.tests.fakes.clock import FakeClock
from supervisor.tests.fakes.kernel import FakeKernel
from supervisor.tests.sim.chance import is_short, make_behaviour, make_group, mended
from supervisor.tests.sim.judge import Judge, Violation
from supervisor.tests.sim.listeners import Listeners
from supervisor.tests.sim.pool_judge import PoolJudge

EAGAIN, EPERM, EMFILE = 11, 1, 24

HOURS = 24.0

ACTION_EVERY_S = 3600.0
"""Mean time between two actions of people, clients and the system."""

LEAVE_WITHIN_S = 600.0
"""A shutdown that takes longer than all stop ladders together is stuck."""

ACTIONS_WHILE_LEAVING_MAX = 8

SHORT_RUNS_MAX = 8
"""So often a program ends too soon in a row, then somebody mends it."""

THOROUGH_EVERY = 32
"""Turns from one look at every process to the next; in between at those that have changed."""

TURNS_MAX = 20_000
"""More than any day can need: the loop turns for nothing."""


class World:
    """Random programs and random trouble for a day, then the end."""

    def __init__(
        self,
        seed: int,
        hours: float = HOURS,
        core: Supervision | None = None,
        with_listeners: bool = False,
    ) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.clock = FakeClock()
        self.kernel = FakeKernel(self.clock, seed)
        drain_s = self.random.choice((0.0, 20.0)) if with_listeners else 0.0
        self.core = Supervision(event_drain_s=drain_s) if core is None else core
        self.judge = Judge(self.core, self.kernel, self.clock)
        self.timers = TimerHeap()
        self.loop = Loop(self.clock, self, self.timers, self.core, self._fail)
        # A daemon that is slow to start children is asked to stop them before they are made.
        self.loop.spawns_per_turn_max = self.random.choice((1, 3, 16))
        self.executor = Executor(
            self.kernel, self, self._note_line, self._note, self.loop.leave, self._fail
        )
        self.executor.submit = self.loop.submit
        self.loop.executor = self.executor
        self.listeners = self._make_listeners() if with_listeners else None
        self.loop.take_signals = self._take_signals
        self.control = ProgramControl(self.core, self.loop.submit, lambda _: None)
        self.specs: dict[int, ProcessSpec] = {}
        self.groups: dict[str, tuple[int, ...]] = {}
        self.unanswered: dict[Ticket, str] = {}
        self.short_runs: dict[int, int] = {}
        self.turns = 0
        self.ends_s = self.clock.mono_s + hours * 3600.0
        self.next_action_s = self.clock.mono_s
        self.leaving_since_s: float | None = None
        self.last_actions = 0
        self._group_numbers, self._ids = count(), count(1)
        for _ in range(self.random.randint(1, 4)):
            self._add_group()
        if self.listeners is not None:
            self._add_pool()

    def _make_listeners(self) -> Listeners:
        ports = DeskPorts(
            self.clock,
            self.timers,
            self._note_line,
            self.core.process,
            self.loop.submit,
            lambda process_id, data: True,
            self._fail,
            SimpleNamespace(level=self.random.choice((Level.DEBG, Level.INFO))),
        )
        judge = PoolJudge(
            lambda process_id: self.judge.book(process_id).state, self.clock, self.judge.violated
        )
        listeners = Listeners(self.random, ports, judge)
        listeners.kill = self._kill_child_of
        self.executor.pools = listeners.desk.pools
        return listeners

    # -- groups ----------------------------------------------------------------------------------

    def _add_group(self) -> None:
        self._add(make_group(self.random, f"g{next(self._group_numbers)}"))

    def _add_pool(self) -> None:
        assert self.listeners is not None
        self._add(self.listeners.make_group())

    def _add(self, group: GroupSpec) -> None:
        ids = tuple(next(self._ids) for _ in group.processes)
        self.groups[group.name] = ids
        for process_id, spec in zip(ids, group.processes, strict=True):
            self.specs[process_id] = spec
            self.judge.add(process_id, spec)
            self._change_behaviour_of(process_id)
        if group.kind == "eventlistener" and self.listeners is not None:
            self.listeners.add(group, ids)
        self.loop.submit(inputs.GroupAdded(group, ids))

    def _remove_group(self) -> None:
        name = self.random.choice(list(self.groups))
        if len(self.groups) == 1 or any(
            self.core.process(each).state not in STOPPED_STATES for each in self.groups[name]
        ):
            return
        ids = self.groups.pop(name)
        if self.listeners is not None and self.listeners.knows(ids[0]):
            self.listeners.remove(name, ids)
        for process_id in ids:
            del self.specs[process_id]
            self.judge.remove(process_id)
        self.loop.submit(inputs.GroupRemoved(name))

    # -- what the loop and the executor see ------------------------------------------------------

    def turn(self, timeout_s: float | None) -> int:
        """Time passes until something happens (Waiter)."""
        self.turns += 1
        self._check()
        if self.kernel.pending_sigchld:
            return 1
        now_s = self.clock.mono_s
        until_s = self.next_action_s
        event_s = self.kernel.next_event_s()
        if event_s is not None and event_s < until_s:
            until_s = event_s
        if timeout_s is not None and now_s + timeout_s < until_s:
            until_s = now_s + timeout_s
        self.kernel.advance(max(now_s, until_s))
        if self.clock.mono_s >= self.next_action_s:
            self._act()
        return 1

    def _take_signals(self) -> bool:
        return self.executor.reap() if self.kernel.pending_sigchld else False

    def spawn(self, process_id: int) -> int:
        """Start a child (ChildMaker)."""
        name = self.specs[process_id].name
        self.judge.note_spawn(process_id)
        self._mend_in_time(process_id, name)
        pid = self.kernel.spawn(ChildPlan(name, "/bin/x", ("x",), {}, 0, 1, 2))
        if self.listeners is not None and self.listeners.knows(process_id):
            self.listeners.spawned(process_id)
        return pid

    def _mend_in_time(self, process_id: int, name: str) -> None:
        # What restarts at once for ever would fill the day with nothing else.
        behaviour = self.kernel.behaviours[name]
        if is_short(behaviour):
            runs = self.short_runs.get(process_id, 0) + 1
            self.short_runs[process_id] = runs
            if runs > SHORT_RUNS_MAX:
                self.kernel.behaviours[name] = mended(behaviour)

    def ended(self, process_id: int) -> None:
        """Nothing but a listener is connected (ChildMaker)."""
        if self.listeners is not None:
            self.listeners.ended(process_id)

    def name(self, process_id: int) -> str:
        return self.specs[process_id].name

    def knows(self, process_id: int) -> bool:
        return process_id in self.specs

    def _note_line(self, level: int, text: str) -> None:
        if "internal error" in text or "event listeners failed" in text:
            self._fail(text)
        if self.listeners is not None:
            self.listeners.judge.note_line(text)

    def _note(self, what: Command) -> None:
        if isinstance(what, StateChange):
            self.judge.note_change(what)
        elif isinstance(what, MoodChange):
            self.judge.note_mood(what)
        if self.listeners is not None and isinstance(what, StateChange | GroupChange | MoodChange):
            self.listeners.desk.publish(what)

    # -- trouble ---------------------------------------------------------------------------------

    def _act(self) -> None:
        now_s = self.clock.mono_s
        if now_s >= self.ends_s and self.leaving_since_s is None:
            self._begin_to_leave()
        elif self.leaving_since_s is None:
            self._action()(self)
            pause_s = self.random.expovariate(1.0 / ACTION_EVERY_S)
            self.next_action_s = min(self.ends_s, now_s + pause_s)
        elif self.last_actions < ACTIONS_WHILE_LEAVING_MAX:
            self.last_actions += 1
            self.random.choice(_ACTIONS_WHILE_LEAVING)(self)
            self.next_action_s = now_s + self.random.uniform(0.0, 2.0)
        else:
            self.next_action_s = now_s + LEAVE_WITHIN_S

    def _action(self) -> "Action":
        if self.listeners is not None and self.random.random() < 0.3:
            return self.random.choice(_POOL_ACTIONS)
        return self.random.choice(_ACTIONS)

    def _begin_to_leave(self) -> None:
        if self.random.random() < 0.5:
            self._burst()
        self.leaving_since_s = self.clock.mono_s
        self.judge.note_leaving()
        self.next_action_s = self.clock.mono_s + self.random.uniform(0.0, 2.0)
        self.random.choice((self.control.shutdown, self.control.restart))()

    def _any_process(self) -> int:
        return self.random.choice(list(self.specs))

    def _ask(
        self, what: str, request: Callable[[], Ticket], judge: Callable[[Ticket], None]
    ) -> bool:
        """Make a request; False if it is refused."""
        try:
            ticket = request()
        except RequestRefused:
            return False
        self.unanswered[ticket] = f"{what}, asked at {self.clock.mono_s:.1f} s"
        ticket.then(self.unanswered.pop)
        ticket.then(judge)
        return True

    def _request_start(self) -> None:
        process_id = self._any_process()
        book = self.judge.book(process_id)
        ups = book.ups

        def judge(ticket: Ticket) -> None:
            if ticket.fault is Fault.SUCCESS and book.ups == ups:
                self.judge.violated(f"{book.spec.name} was said to be up and was not")

        before, book.wanted = book.wanted, True
        if not self._ask(f"start {process_id}", lambda: self.control.start(process_id), judge):
            book.wanted = before

    def _request_stop(self) -> None:
        process_id = self._any_process()
        book = self.judge.book(process_id)
        stops = book.stops

        def judge(ticket: Ticket) -> None:
            if ticket.fault is Fault.SUCCESS and book.stops == stops:
                self.judge.violated(f"{book.spec.name} was said to have stopped and had not")

        before, book.wanted = book.wanted, False
        if not self._ask(f"stop {process_id}", lambda: self.control.stop(process_id), judge):
            book.wanted = before

    def _request_signal(self) -> None:
        process_id, signum = self._any_process(), self.random.choice((1, 10, 15, 9))
        self._ask(
            f"signal {process_id}",
            lambda: self.control.signal(process_id, signum),
            lambda _: None,
        )

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

    def _clear_fatal(self) -> None:
        self.judge.accept_troubles()
        self.control.clear_fatal()

    def _set_wall_clock(self) -> None:
        """Durations never use it: nothing may come of this."""
        self.clock.set_wall(self.clock.now().wall_s + self.random.uniform(-1e6, 1e6))

    def _change_behaviour(self) -> None:
        self._change_behaviour_of(self._any_process())

    def _change_behaviour_of(self, process_id: int) -> None:
        self.short_runs.pop(process_id, None)
        self.kernel.behaviours[self.specs[process_id].name] = make_behaviour(self.random)
        if self.listeners is not None and self.listeners.knows(process_id):
            self.listeners.change_manner(process_id)

    def _kill_child_of(self, process_id: int) -> None:
        """A listener dies by itself."""
        for pid in self.kernel.living(self.specs[process_id].name):
            with suppress(PermissionError):
                self.kernel.kill(pid, 11, to_group=False)

    def _say_something(self) -> None:
        assert self.listeners is not None
        self.listeners.say_something()

    def _query(self) -> None:
        assert self.listeners is not None
        self.listeners.query()

    def _add_stranger(self) -> None:
        self.kernel.add_stranger(0)

    def _turn_restart_into_shutdown(self) -> None:
        self.control.shutdown()
        # What has been told to stop for good never comes back.
        self.control.restart()
        if self.control.mood() != SupervisorStates.SHUTDOWN:
            self.judge.violated("a shutdown turned into a restart")

    # -- judging ---------------------------------------------------------------------------------

    def run(self) -> "World":
        """Live through it all, to the end of the shutdown."""
        try:
            self.loop.submit(inputs.SupervisionBegan())
            self.loop.run()
            self.judge.check_the_end()
            for what in self.unanswered.values():
                self.judge.violated(f"nobody answered: {what}")
        except Violation as violation:
            raise Violation(f"seed {self.seed}, {violation}") from violation
        return self

    def _check(self) -> None:
        # With children that have yet to be made the turn is not over.
        if not self.executor.has_spawns():
            self.judge.check(thorough=self.turns % THOROUGH_EVERY == 0)
            if self.listeners is not None:
                self.listeners.judge.check()
        if self.turns > TURNS_MAX:
            self.judge.violated("the loop turns for nothing")
        if (
            self.leaving_since_s is not None
            and self.clock.mono_s > self.leaving_since_s + LEAVE_WITHIN_S
        ):
            self.judge.violated("the shutdown is stuck")

    def _fail(self, what: str) -> None:
        # Raised from here the boundary of the loop cannot swallow it.
        error = sys.exc_info()[1]
        if isinstance(error, Violation):
            raise error
        self.judge.violated(f"{what}: {traceback.format_exc()}")


Action = Callable[[World], Any]

_ACTIONS: Final[tuple[Action, ...]] = (
    World._request_start,
    World._request_start,
    World._request_stop,
    World._request_stop,
    World._request_signal,
    World._kill_from_outside,
    World._kill_from_outside,
    World._refuse_spawns,
    World._refuse_a_kill,
    World._clear_fatal,
    World._set_wall_clock,
    World._change_behaviour,
    World._add_stranger,
    World._burst,
    World._add_group,
    World._remove_group,
)

_POOL_ACTIONS: Final[tuple[Action, ...]] = (
    World._say_something,
    World._say_something,
    World._say_something,
    World._query,
    World._add_pool,
)

_ACTIONS_WHILE_LEAVING: Final[tuple[Action, ...]] = (
    World._burst,
    World._request_signal,
    World._kill_from_outside,
    World._kill_from_outside,
    World._kill_from_outside,
    World._refuse_a_kill,
    World._turn_restart_into_shutdown,
)
