"""The loop: waits until something happened, lets the components decide, and has it done.

One turn: wait for descriptors, signals or the earliest deadline; hand out what happened, exits
before deadlines (a process that is already dead is never declared up, L2); carry out the commands
until nothing is left. Work per turn is bounded, so that nobody waits for a crowd.
"""

from supervisor.core.component import Clock, Component
from supervisor.core.inputs import DeadlineReached
from supervisor.daemon.timers import TimerHeap
from supervisor.hints import Any, Callable, Protocol, Sized
from supervisor.lean import deque

SPAWNS_PER_TURN_MAX = 16
"""Children started in one turn: about 5 ms of work, the longest that a request has to wait."""

TIMERS_PER_TURN_MAX = 256
TIMERS_S_MAX = 0.005
"""No further timer is called in a turn in which those before have taken so long: nearly all of them
are slices of long answers, and other work for clients. Supervision has deadlines of its own."""

ANSWERS_PER_TURN_MAX = 64
"""Answers told in one turn: each has to be composed and sent, which is 5 ms of work."""

_NEVER_S = float("inf")


class Waiter(Protocol):
    """The part of the poller that the loop needs."""

    def turn(self, timeout_s: float | None) -> int:
        """Wait at most that long (None: without limit), call back for what is ready; how many."""
        ...


class Executor(Protocol):
    """Who carries out commands; outcomes are submitted to the loop."""

    def carry_out(self, command: Any) -> None: ...

    def spawn_next(self) -> bool:
        """Start the child that waits longest; False if none is waiting."""
        ...

    def has_spawns(self) -> bool: ...

    def has_untold(self) -> bool: ...

    def has_work(self) -> bool:
        """Whether there is any of both."""
        ...

    def tell_next(self) -> None:
        """Tell an answer to who waits for it."""
        ...


class Lines(Protocol):
    """The main log."""

    def hold(self) -> None:
        """Keep lines back until `release` has been called as often: they are written together."""
        ...

    def release(self) -> None: ...

    def flush(self) -> None:
        """Write what is kept back."""
        ...


class OneByOne:
    """Lines that nobody keeps back."""

    __slots__ = ()

    def hold(self) -> None:
        """Nothing."""

    def release(self) -> None:
        """Nothing."""

    def flush(self) -> None:
        """Nothing."""


class Loop:
    """Runs one component until somebody calls `leave`."""

    def __init__(
        self,
        clock: Clock,
        waiter: Waiter,
        timers: TimerHeap,
        component: Component,
        report_failure: Callable[[str], None],
    ) -> None:
        self._clock = clock
        self._waiter = waiter
        self._timers = timers
        self._component = component
        self._report_failure = report_failure
        self._inputs: deque[Any] = deque()
        self._draining = False
        self._telling = False
        self._leaving = False
        self.spawns_per_turn_max = SPAWNS_PER_TURN_MAX
        self._spawns_left = SPAWNS_PER_TURN_MAX
        self._answers_left = ANSWERS_PER_TURN_MAX
        self._earliest_s = 0.0
        """Until when nothing is due, as far as was known before the wait; 0 for unknown."""
        self._deadline_s: float | None = None
        """Of the component, which can only change when it decides; asked anew after that."""
        self._has_decided = True
        self._may_have_work = True
        """Whether the executor may have children to make or answers to tell."""
        self._now_s = 0.0
        """Monotonic time at the end of the last turn."""
        self.turns_count = 0
        """Wake-ups so far."""
        self.due_count = 0
        """How often something was due, and a time was known before for it."""
        self.late_s = self.latest_s = 0.0
        """How late the loop came to that: in all, and the longest time."""
        self.executor: Executor
        self.lines: Lines = OneByOne()
        """What is logged because of one input, or of one signal, is written together."""
        self.signals: Sized = (True,)
        """Whether there is something to take; unless told otherwise, there always may be."""
        self.take_signals: Callable[[], bool]
        """Handles signals and exits; True if there may be more at once."""

    def submit(self, happened: Any) -> None:
        """Something happened: decide and act before returning, unless we are at it already."""
        self._inputs.append(happened)
        if not self._draining:
            self._drain()

    def leave(self) -> None:
        """Make `run` return after this turn."""
        self._leaving = True

    def run(self) -> None:
        """Turn until `leave` is called.

        A hot path: each piece of output and each request takes a turn. What is not to be done in
        nearly all of them (answers, signals, deadlines) is only looked for here, done by others.
        """
        more = False
        self._leaving = False
        self._may_have_work = True
        clock, waiter, timers = self._clock, self._waiter, self._timers
        self._now_s = clock.mono_s
        while not self._leaving:
            has_work = False
            if self._may_have_work:
                has_work = self._work()
                if self._leaving:
                    return
            patience_s = self._patience_s(has_work)
            self.turns_count += 1
            # Guarded without a call more: a mistake in one must not end the rest.
            try:
                waiter.turn(0.0 if more else patience_s)
            except Exception:
                self._report_step()
            if more or self.signals:
                more = self._take_signals()
            if not more:
                # Not before the last exit is known: what is dead is never declared up (L2).
                self._now_s = now_s = clock.mono_s
                if now_s >= self._earliest_s or now_s >= timers.soonest_s:
                    self._call_due(now_s)

    def _work(self) -> bool:
        """Do what the last turn has left; True if there is more."""
        self._spawns_left = self.spawns_per_turn_max
        self._answers_left = ANSWERS_PER_TURN_MAX
        self._may_have_work = False
        if not self.executor.has_work():
            return False
        # All else has been decided and done when it was submitted.
        self._drain()
        has_work = self.executor.has_work()
        self._may_have_work = self._may_have_work or has_work
        self._now_s = self._clock.mono_s
        return has_work

    def _take_signals(self) -> bool:
        """Take signals and exits; who is answered because of them is told when all is written."""
        self._telling = True
        self.lines.hold()
        try:
            return bool(self._guarded(self.take_signals))
        finally:
            self._telling = False
            self.lines.release()
            self._tell()

    def _patience_s(self, has_work: bool) -> float | None:
        """How long to wait: until the earliest deadline, None for ever."""
        if has_work:
            self._earliest_s = 0.0
            return 0.0
        deadline_s = self._next_deadline_s() if self._has_decided else self._deadline_s
        timer_s = self._timers.next_deadline_s()
        self._timers.soonest_s = _NEVER_S
        if deadline_s is None or timer_s is None:
            earliest_s = timer_s if deadline_s is None else deadline_s
        else:
            earliest_s = deadline_s if deadline_s < timer_s else timer_s
        if earliest_s is None:
            self._earliest_s = _NEVER_S
            return None
        self._earliest_s = earliest_s
        # The time is that of the end of the last turn: the clock is read once in each.
        patience_s = earliest_s - self._now_s
        return patience_s if patience_s > 0.0 else 0.0

    def _next_deadline_s(self) -> float | None:
        if self._has_decided:
            self._has_decided = False
            self._deadline_s = self._component.next_deadline_s()
        return self._deadline_s

    def _call_due(self, now_s: float) -> None:
        """Do what is due. What comes up while it is done ends the next wait at once.

        What was put off since the wait began is due as well: it waits for all who were ready to
        have had their turn, not for another wait.
        """
        if 0.0 < self._earliest_s <= now_s:
            self._note_lag(now_s - self._earliest_s)
        deadline_s = self._next_deadline_s()
        if deadline_s is not None and deadline_s <= now_s:
            self.submit(DeadlineReached())
        for _ in range(TIMERS_PER_TURN_MAX):
            callback = self._timers.pop_due(now_s)
            if callback is None:
                break
            self._guarded(callback)
            if self._clock.mono_s - now_s > TIMERS_S_MAX:
                break
        self._now_s = self._clock.mono_s

    def _note_lag(self, lag_s: float) -> None:
        self.due_count += 1
        self.late_s += lag_s
        if lag_s > self.latest_s:
            self.latest_s = lag_s

    def _drain(self) -> None:
        """Decide and act until nothing is left, or the spawns of this turn are used up."""
        self._draining = True
        self.lines.hold()
        inputs, executor = self._inputs, self.executor
        try:
            while True:
                while inputs:
                    self._decide(inputs.popleft())
                if self._spawns_left <= 0 or not executor.has_spawns():
                    break
                self._spawns_left -= 1
                self._guarded(executor.spawn_next)
        finally:
            self._draining = False
            self.lines.release()
        # Not before the lines are written: who is answered may look at the log at once.
        if not self._telling and executor.has_untold():
            self.lines.flush()
            self._tell()

    def _tell(self) -> None:
        """Tell answers; requests that are made upon them are carried out as they are made.

        All of them before the loop is left, since nobody would tell them later.
        """
        if self._telling:
            return
        self._telling = True
        try:
            while self.executor.has_untold() and (self._answers_left > 0 or self._leaving):
                self._answers_left -= 1
                self._guarded(self.executor.tell_next)
        finally:
            self._telling = False

    def _decide(self, happened: Any) -> None:
        self._has_decided = self._may_have_work = True
        try:
            commands = self._component.handle(happened, self._clock.now())
        except Exception:
            # The boundary of style habit 14: a mistake of ours in one case must not end the rest.
            self._report_failure(f"cannot handle {happened!r}")
            return
        carry_out = self.executor.carry_out
        for command in commands:
            # Guarded one by one, without a call more: seven of them for a run.
            try:
                carry_out(command)
            except Exception:
                self._report_step()

    def _guarded(self, call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except Exception:
            self._report_step()
            return None

    def _report_step(self) -> None:
        self._report_failure("a step of the main loop failed")
