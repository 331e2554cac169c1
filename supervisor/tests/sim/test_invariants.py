"""The invariants can fail: each of these mistakes in the core is found within a few days."""

from collections.abc import Callable
from typing import Any

import pytest

from supervisor.core import inputs
from supervisor.core import process as machine
from supervisor.core.commands import (
    Answer,
    CancelSpawn,
    Command,
    MoodChange,
    SendSignal,
    Spawn,
    StateChange,
)
from supervisor.core.component import Now
from supervisor.core.process import TABLE, Row
from supervisor.core.process_values import Happening, Process
from supervisor.core.supervision import Supervision
from supervisor.states import ProcessStates, SupervisorStates
from supervisor.tests.sim.judge import Violation
from supervisor.tests.sim.world import World

S, H = ProcessStates, Happening

DAYS_MAX = 120
"""Days in which a mistake must show; most show on the first."""

Commands = list[Command]


def found(make_core: Callable[[], Supervision]) -> str:
    """What the judge said of a core with a mistake."""
    for seed in range(DAYS_MAX):
        try:
            World(seed, core=make_core()).run()
        except Violation as violation:
            return str(violation)
    raise AssertionError(f"{DAYS_MAX} days and nobody noticed")


class Edited(Supervision):
    """What the core commands passes through somebody else's hands."""

    def edit(self, commands: Commands) -> Commands:
        raise NotImplementedError

    def handle(self, happened: inputs.Input, now: Now) -> Commands:
        return self.edit(super().handle(happened, now))


def without(kind: type) -> type[Edited]:
    """A core that forgets one kind of command."""

    class Forgetful(Edited):
        def edit(self, commands: Commands) -> Commands:
            return [command for command in commands if not isinstance(command, kind)]

    return Forgetful


class SpawnsTwice(Edited):
    def edit(self, commands: Commands) -> Commands:
        again = [
            Spawn(command.process_id)
            for command in commands
            if isinstance(command, StateChange) and command.to_state == S.RUNNING
        ]
        return commands + again


class NeverTellsOfFailure(Edited):
    """Who waits for something that failed waits for ever."""

    def edit(self, commands: Commands) -> Commands:
        return [c for c in commands if not (isinstance(c, Answer) and c.fault != c.fault.SUCCESS)]


class SaysYesAtOnce(Supervision):
    """Answers a start before it is up."""

    def _start_result(self, process: Process, went_up: bool) -> Any:
        result = super()._start_result(process, went_up)
        return result.SUCCESS if result is not None else None


class RestartsWhileLeaving(Supervision):
    """Follows up an exit as if nothing had been asked for."""

    def _follow(self, *arguments: Any) -> None:
        shutdown, self._shutdown = self._shutdown, None
        try:
            super()._follow(*arguments)
        finally:
            self._shutdown = shutdown


class StartsWhileLeaving(Supervision):
    def _start_unless_leaving(self, process_id: int, now: Now, commands: Commands) -> None:
        shutdown, self._shutdown = self._shutdown, None
        try:
            super()._start_unless_leaving(process_id, now, commands)
        finally:
            self._shutdown = shutdown


class KeepsSpawnsWhileLeaving(Supervision):
    def _cancel_spawns(self, now: Now, commands: Commands) -> None:
        """Let what is due be made."""


class RestartWins(Supervision):
    """A restart wins over a shutdown that was asked for before."""

    def _on_leaving(self, happened: Any, now: Now, commands: Commands) -> None:
        super()._on_leaving(happened, now, commands)
        if isinstance(happened, inputs.RestartRequested):
            self._leaving_mood = SupervisorStates.RESTARTING

    _HANDLERS = Supervision._HANDLERS | {inputs.RestartRequested: _on_leaving}


class LeavesTooEarly(Supervision):
    """Does not wait for the last group."""

    def _go_on_leaving(self, shutdown: Any, now: Now, commands: Commands) -> None:
        super()._go_on_leaving(shutdown, now, commands)
        if not self._left and not shutdown._left[1:]:
            shutdown._left.clear()
            super()._go_on_leaving(shutdown, now, commands)


class ForgetsTheDead(Supervision):
    """A removed group stays in the books of the shutdown."""

    def _on_group_removed(self, happened: Any, now: Now, commands: Commands) -> None:
        group = self._groups[happened.name]
        super()._on_group_removed(happened, now, commands)
        self._groups[happened.name] = group

    _HANDLERS = Supervision._HANDLERS | {inputs.GroupRemoved: _on_group_removed}


class NeverWellAgain(Supervision):
    """The end of a process that could not be signalled changes nothing."""

    def _on_trouble_ended(self, *arguments: Any) -> None:
        """Stay FATAL."""


class AcceptsNothing(Supervision):
    """`clearFatal` changes nothing."""

    _HANDLERS = Supervision._HANDLERS | {inputs.TroublesCleared: lambda *_: None}


def forgets_deadline_of(state: int) -> type[Supervision]:
    """A core that never wakes up for processes in one state."""

    class Sleepy(Supervision):
        def _apply(self, process_id: int, *arguments: Any) -> None:
            super()._apply(process_id, *arguments)
            if self._processes[process_id].state == state:
                self._deadlines.set(process_id, None)

    return Sleepy


CORES: dict[str, Callable[[], Supervision]] = {
    "a cancelled spawn is made": without(CancelSpawn),
    "a child is never made": without(Spawn),
    "a child is made twice": SpawnsTwice,
    "signals are not sent": without(SendSignal),
    "changes are not announced": without(StateChange),
    "nobody is answered": without(Answer),
    "failures are not told": NeverTellsOfFailure,
    "success is told too early": SaysYesAtOnce,
    "restarts go on while leaving": RestartsWhileLeaving,
    "starts are carried out while leaving": StartsWhileLeaving,
    "spawns are made while leaving": KeepsSpawnsWhileLeaving,
    "a restart wins over a shutdown": RestartWins,
    "the daemon leaves too early": LeavesTooEarly,
    "the state of the daemon is not announced": without(MoodChange),
    "the daemon stays FATAL": NeverWellAgain,
    "FATAL cannot be accepted": AcceptsNothing,
    "a removed group is not forgotten": ForgetsTheDead,
    "nobody is promoted": forgets_deadline_of(S.STARTING),
    "nobody is tried again": forgets_deadline_of(S.BACKOFF),
    "nobody is killed": forgets_deadline_of(S.STOPPING),
    "delayed restarts are forgotten": forgets_deadline_of(S.EXITED),
}


@pytest.mark.parametrize("mistake", CORES)
def test_mistake_in_what_follows_is_found(mistake: str) -> None:
    assert found(CORES[mistake])


def keeping(row: Row, **values: Any) -> Row:
    """The same row, whose action leaves some fields as they were, or sets them wrongly."""

    def action(process: Process, *arguments: Any) -> Process:
        kept = {name: getattr(process, name) for name, value in values.items() if value is KEPT}
        wrong = {name: value for name, value in values.items() if value is not KEPT}
        return row.action(process, *arguments)._replace(**kept, **wrong)

    return Row(row.enters, action)


KEPT = object()

ROWS: dict[str, tuple[int, Happening, dict[str, Any]]] = {
    "success does not reset the retries": (S.STARTING, H.STAYED_UP, {"backoff": KEPT}),
    "a stop does not reset the retries": (S.BACKOFF, H.STOP, {"backoff": KEPT}),
    "giving up does not reset the retries": (S.BACKOFF, H.RETRIES_SPENT, {"backoff": KEPT}),
    "failures are not counted": (S.STARTING, H.SPAWN_FAILED, {"backoff": KEPT}),
    "quick exits are not counted": (S.STARTING, H.EXITED_TOO_SOON, {"backoff": KEPT}),
    "a stop is remembered for the next run": (S.STOPPING, H.EXITED_ON_REQUEST, {"rung": KEPT}),
    "the pid of a dead child is kept": (S.RUNNING, H.EXITED_UNEXPECTED, {"pid": KEPT}),
    "the pid of the child is not noted": (S.STARTING, H.SPAWNED, {"pid": 0}),
    "sigkill is sent once only": (S.STOPPING, H.STOP_TIMED_OUT, {"deadline_s": None}),
    "a stop has no time limit": (S.RUNNING, H.STOP, {"deadline_s": None}),
    "a start has no time limit": (S.STARTING, H.SPAWNED, {"deadline_s": None}),
}

OUT_OF_SIGHT = {
    "a stop is remembered for the next run": "every start forgets it once more",
    "sigkill is sent once only": "a story tells it; in this world one is always enough",
}
"""What the days cannot show, and why that is no gap."""


@pytest.mark.parametrize("mistake", [each for each in ROWS if each not in OUT_OF_SIGHT])
def test_mistake_in_a_row_of_the_table_is_found(
    monkeypatch: pytest.MonkeyPatch, mistake: str
) -> None:
    state, happening, values = ROWS[mistake]
    cells: Any = TABLE[state]
    monkeypatch.setitem(cells, happening, keeping(cells[happening], **values))
    assert found(Supervision)


CLASSIFICATIONS: dict[str, tuple[str, Callable[..., Any]]] = {
    "everything is restarted": ("is_restarted", lambda process, _: process.state == S.EXITED),
    "nothing is restarted": ("is_restarted", lambda process, _: False),
    "one try too many": (
        "retries_are_spent",
        lambda p, spec: p.state == S.BACKOFF and p.backoff > spec.start.retries_max + 1,
    ),
    "one try too few": (
        "retries_are_spent",
        lambda p, spec: p.state == S.BACKOFF and p.backoff >= max(1, spec.start.retries_max),
    ),
    "no exit is too quick": (
        "classify_exit",
        lambda p, *_: H.EXITED_ON_REQUEST if p.rung >= 0 else H.EXITED_UNEXPECTED,
    ),
    "every state is one to rest in": ("settled_after", lambda settled, entered: entered),
    "a process never settles": ("settle", lambda *_: None),
    "a stop before the spawn is a signal": ("classify_stop", lambda _: H.STOP),
}


@pytest.mark.parametrize("mistake", CLASSIFICATIONS)
def test_mistake_in_a_classification_is_found(
    monkeypatch: pytest.MonkeyPatch, mistake: str
) -> None:
    name, wrong = CLASSIFICATIONS[mistake]
    monkeypatch.setattr(machine, name, wrong)
    assert found(Supervision)
