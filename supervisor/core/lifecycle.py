"""From what happened to a process to everything that follows from it.

The rule: a happening goes through `core.process.step`; then whoever waits for the state that was
entered is answered, and whatever that state brings about by itself (a restart, the end of the
retries, a start that was asked for during the stop) is the next happening.
"""

from supervisor.core import process as machine
from supervisor.core.commands import Command, StateChange
from supervisor.core.component import Now
from supervisor.core.mood import Mood
from supervisor.core.policies import AT_ONCE, ProcessSpec
from supervisor.core.process_values import (
    BACKOFF,
    EXITED,
    RUNNING,
    STOPPED,
    Detail,
    Happening,
    Process,
)
from supervisor.core.roster import Roster
from supervisor.core.waiters import Waiters
from supervisor.hints import Final

_LEADING_ON: Final = frozenset({BACKOFF, EXITED, STOPPED})
"""States that may bring about another happening by themselves."""


class Lifecycle:
    """Takes the processes of the roster from state to state."""

    __slots__ = ("_mood", "_roster", "_waiters")

    def __init__(self, roster: Roster, waiters: Waiters, mood: Mood) -> None:
        self._roster = roster
        self._waiters = waiters
        self._mood = mood

    def start(self, process_id: int, now: Now, commands: list[Command]) -> None:
        """It shall run, unless the daemon leaves."""
        if not self._mood.is_leaving:
            self.apply(process_id, Happening.START, Detail(now), commands)

    def stop(self, process_id: int, now: Now, commands: list[Command]) -> None:
        """It shall end."""
        happening = machine.classify_stop(self._roster.by_id[process_id])
        self.apply(process_id, happening, Detail(now), commands)

    def apply(
        self,
        process_id: int,
        happening: Happening,
        detail: Detail,
        commands: list[Command],
        policies: ProcessSpec | None = None,
    ) -> None:
        """Put one happening through the machine, then everything that follows from it.

        With `policies` this once instead of those that the process has.
        """
        spec = policies or self._roster.spec(process_id)
        before = self._roster.by_id[process_id]
        process, wanted = machine.step(before, spec, happening, detail)
        self._roster.keep(process)
        commands += wanted
        if self._waiters.has_any(process_id):
            went_up = self._waiters.is_start_awaited(process_id) and _went_up(wanted)
            self._waiters.look_at(process, went_up, self._mood.is_leaving, commands)
        if process.state in _LEADING_ON:
            self._follow(process, spec, detail, commands)

    def answer(self, process_id: int, commands: list[Command]) -> None:
        """Answer whom the state of a process decides about."""
        process = self._roster.process(process_id)
        self._waiters.look_at(process, False, self._mood.is_leaving, commands)

    def _follow(
        self, process: Process, spec: ProcessSpec, detail: Detail, commands: list[Command]
    ) -> None:
        """The next happening that a state brings about by itself, if any."""
        now = detail.now
        if process.state == STOPPED:
            if self._waiters.is_start_awaited(process.id) and not self._mood.is_leaving:
                self.apply(process.id, Happening.START, Detail(now), commands)
        elif machine.retries_are_spent(process, spec):
            # With the detail of the last failure: it is why there will be no other try.
            self.apply(process.id, Happening.RETRIES_SPENT, detail, commands)
        elif self._mood.is_leaving:
            return
        elif machine.is_restarted(process, spec):
            delay = spec.restart.delay
            pause_s = 0.0 if delay is AT_ONCE else delay.after(1)
            if pause_s <= 0:
                self.apply(process.id, Happening.START, Detail(now), commands)
            elif process.deadline_s is None:
                self._roster.keep(process._replace(deadline_s=now.mono_s + pause_s))


def _went_up(commands: list[Command]) -> bool:
    """Whether RUNNING was entered, be it only for a moment."""
    return any(isinstance(each, StateChange) and each.to_state == RUNNING for each in commands)
