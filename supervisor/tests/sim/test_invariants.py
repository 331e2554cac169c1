"""The invariants can fail: each of these mistakes in the core is found within a few days."""

from collections.abc import Callable
from typing import Any

import pytest

from supervisor.core import inputs, waiters
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
from supervisor.core.leaving import Leaving
from supervisor.core.lifecycle import Lifecycle
from supervisor.core.mood import Mood
from supervisor.core.process import TABLE, Row
from supervisor.core.process_values import Happening, Process
from supervisor.core.roster import Roster
from supervisor.core.supervision import Supervision
from supervisor.errors import Fault
from supervisor.states import ProcessStates
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


CORES: dict[str, Callable[[], Supervision]] = {
    "a cancelled spawn is made": without(CancelSpawn),
    "a child is never made": without(Spawn),
    "a child is made twice": SpawnsTwice,
    "signals are not sent": without(SendSignal),
    "changes are not announced": without(StateChange),
    "nobody is answered": without(Answer),
    "failures are not told": NeverTellsOfFailure,
    "the state of the daemon is not announced": without(MoodChange),
}


@pytest.mark.parametrize("mistake", CORES)
def test_mistake_in_what_is_commanded_is_found(mistake: str) -> None:
    assert found(CORES[mistake])


def as_if_staying(method: Callable[..., None]) -> Callable[..., None]:
    """The same as if nobody had asked the daemon to leave."""

    def wrong(self: Lifecycle, *arguments: Any) -> None:
        mood = self._mood
        leaving, mood._leaving = mood._leaving, None
        try:
            method(self, *arguments)
        finally:
            mood._leaving = leaving

    return wrong


def say_yes_at_once(*arguments: Any) -> Fault | None:
    """Answer a start before it is up."""
    return None if start_result(*arguments) is None else Fault.SUCCESS


def let_restart_win(self: Mood, code: int, commands: Commands) -> None:
    """A restart wins over a shutdown that was asked for before."""
    leave(self, code, commands)
    self._leaving = code


def leave_too_early(self: Leaving, shutdown: Any, now: Now, commands: Commands) -> None:
    """Do not wait for the last group."""
    go_on(self, shutdown, now, commands)
    if not self._has_left and not shutdown._left[1:]:
        shutdown._left.clear()
        go_on(self, shutdown, now, commands)


def keep_group(self: Roster, name: str) -> tuple[int, ...]:
    """A removed group stays in the books of the shutdown."""
    group = self.group(name)
    process_ids = remove_group(self, name)
    self._groups[name] = group
    return process_ids


def do_nothing(*arguments: Any) -> None:
    """Whatever happened."""


def forgets_deadline_of(state: int) -> Callable[..., None]:
    """Never wake up for processes in one state."""

    def wrong(self: Lifecycle, process_id: int, *arguments: Any) -> None:
        apply(self, process_id, *arguments)
        if self._roster.process(process_id).state == state:
            self._roster.deadlines.set(process_id, None)

    return wrong


start_result, leave, go_on = waiters.start_result, Mood.leave, Leaving._go_on
remove_group, apply = Roster.remove_group, Lifecycle.apply
"""As they are without a mistake."""

PARTS: dict[str, tuple[object, str, Callable[..., Any]]] = {
    "success is told too early": (waiters, "start_result", say_yes_at_once),
    "restarts go on while leaving": (Lifecycle, "_follow", as_if_staying(Lifecycle._follow)),
    "starts are carried out while leaving": (Lifecycle, "start", as_if_staying(Lifecycle.start)),
    "spawns are made while leaving": (Leaving, "_cancel_spawns", do_nothing),
    "a restart wins over a shutdown": (Mood, "leave", let_restart_win),
    "the daemon leaves too early": (Leaving, "_go_on", leave_too_early),
    "the daemon stays FATAL": (Mood, "on_trouble_ended", do_nothing),
    "FATAL cannot be accepted": (Mood, "on_troubles_cleared", do_nothing),
    "a removed group is not forgotten": (Roster, "remove_group", keep_group),
    "nobody is promoted": (Lifecycle, "apply", forgets_deadline_of(S.STARTING)),
    "nobody is tried again": (Lifecycle, "apply", forgets_deadline_of(S.BACKOFF)),
    "nobody is killed": (Lifecycle, "apply", forgets_deadline_of(S.STOPPING)),
    "delayed restarts are forgotten": (Lifecycle, "apply", forgets_deadline_of(S.EXITED)),
}


@pytest.mark.parametrize("mistake", PARTS)
def test_mistake_in_what_follows_is_found(monkeypatch: pytest.MonkeyPatch, mistake: str) -> None:
    owner, name, wrong = PARTS[mistake]
    monkeypatch.setattr(owner, name, wrong)
    assert found(Supervision)


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
