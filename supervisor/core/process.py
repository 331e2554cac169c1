"""The process machine: every change of the state of a process is decided in this file.

Two steps. `classify_*` turn a raw input plus policy and time into a `Happening`; `TABLE` maps
(state, happening) to the states entered, in order, and to the action that says what else changes.
`step` applies one row; it is pure. The diagram in the manual is drawn from `TABLE`, and a test asks
that every cell is decided: a row, or one of the three kinds of `Undecided`.
"""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final, NamedTuple

from supervisor.core import messages
from supervisor.core.commands import CancelSpawn, Command, SendSignal, Spawn, StateChange
from supervisor.core.component import Now
from supervisor.core.inputs import Ending
from supervisor.core.policies import ProcessSpec, Restart, RestartPolicy
from supervisor.core.settled import Cause, settle, settled_after
from supervisor.states import ProcessStates

STOPPED: Final = ProcessStates.STOPPED
STARTING: Final = ProcessStates.STARTING
RUNNING: Final = ProcessStates.RUNNING
BACKOFF: Final = ProcessStates.BACKOFF
STOPPING: Final = ProcessStates.STOPPING
EXITED: Final = ProcessStates.EXITED
FATAL: Final = ProcessStates.FATAL
UNKNOWN: Final = ProcessStates.UNKNOWN

REPEAT_S_MIN: Final = 1.0
"""Seconds between two signals of the last rung, at least: with stopwaitsecs = 0 a child that the
system does not let die would keep the daemon busy."""

STATES: Final = (STOPPED, STARTING, RUNNING, BACKOFF, STOPPING, EXITED, FATAL, UNKNOWN)


class Happening(Enum):
    """What a raw input means for a process, once policy and time have been looked at."""

    START = auto()
    """It shall run: asked for, autostart, or restart after an exit."""
    SPAWNED = auto()
    """There is a child, which has yet to stay up."""
    SPAWNED_UP = auto()
    """There is a child, and that is enough to be up (startsecs = 0)."""
    SPAWN_FAILED = auto()
    STAYED_UP = auto()
    EXITED_TOO_SOON = auto()
    EXITED_EXPECTED = auto()
    EXITED_UNEXPECTED = auto()
    EXITED_ON_REQUEST = auto()
    """The child is gone, after a stop was asked for."""
    EXITED_DOOMED = auto()
    """The child is gone, after it was to be stopped for good."""
    STOP = auto()
    STOP_UNSPAWNED = auto()
    """A stop was asked for before the child was made."""
    STOP_TIMED_OUT = auto()
    RETRY_DUE = auto()
    """A pause is over: after a failed start, or before a delayed restart."""
    RETRIES_SPENT = auto()
    GIVE_UP = auto()
    """The daemon is leaving: no more retries."""
    DOOMED = auto()
    """It is up but of no use: it shall end, and not be started again by itself."""
    SIGNAL_REFUSED = auto()


class Process(NamedTuple):
    """Everything the machine knows of a process; a value."""

    id: int
    state: int = STOPPED
    pid: int = 0
    started_wall_s: float = 0.0
    started_mono_s: float = 0.0
    stopped_wall_s: float = 0.0
    exitstatus: int | None = None
    exit_signal: int = 0
    spawnerr: str | None = None
    backoff: int = 0
    rung: int = -1
    """Rung of the stop ladder it is on; -1 while no stop was asked for."""
    deadline_s: float | None = None
    """STARTING: up then. BACKOFF, EXITED: started again then. STOPPING: next rung then."""
    spawns: int = 0
    doom: str | None = None
    """Why it will be FATAL when it has stopped; None if it will not."""
    settled: int = STOPPED
    """The state of rest that it is in, or was in last."""


class Detail(NamedTuple):
    """What an action may need of the input that led to it."""

    now: Now
    pid: int = 0
    """Of the child that there is now, or that has just ended."""
    reason: str = ""
    ending: Ending | None = None


Commands = list[Command]
Action = Callable[[Process, ProcessSpec, Detail, Commands], Process]


class Row(NamedTuple):
    """One cell of the table: states entered, in order, and what else is done."""

    enters: tuple[int, ...]
    action: Action


class Undecided(Enum):
    """Cells that lead nowhere, and why that is right."""

    REFUSED = "refused"
    """Whoever asks is told so beforehand; it never gets here."""
    IGNORED = "ignored"
    """May happen, and rightly has no effect."""
    IMPOSSIBLE = "impossible"
    """The classification never yields it in this state: a mistake of ours if it comes."""


REFUSED: Final = Undecided.REFUSED
IGNORED: Final = Undecided.IGNORED
IMPOSSIBLE: Final = Undecided.IMPOSSIBLE


# -- actions: what changes beside the state ------------------------------------------------------


def _begin(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    commands.append(Spawn(process.id))
    return process._replace(
        pid=0,
        started_wall_s=detail.now.wall_s,
        started_mono_s=detail.now.mono_s,
        exitstatus=None,
        exit_signal=0,
        spawnerr=None,
        rung=-1,
        deadline_s=None,
        doom=None,
    )


def _note_child(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    commands.append(messages.spawned(spec.name, detail.pid))
    return process._replace(
        pid=detail.pid,
        started_wall_s=detail.now.wall_s,
        started_mono_s=detail.now.mono_s,
        deadline_s=detail.now.mono_s + spec.start.up_after_s,
        spawns=process.spawns + 1,
    )


def _note_child_up(
    process: Process, spec: ProcessSpec, detail: Detail, commands: Commands
) -> Process:
    process = _note_child(process, spec, detail, commands)
    return _declare_up(process, spec, detail, commands)


def _declare_up(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    commands.append(messages.success(spec.name, spec.start.up_after_s))
    return process._replace(backoff=0, deadline_s=None)


def _fail(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    commands.append(messages.spawn_failed(detail.reason))
    return _back_off(process, spec, detail.now.mono_s, detail.reason)


def _back_off(process: Process, spec: ProcessSpec, now_s: float, reason: str) -> Process:
    backoff = process.backoff + 1
    return process._replace(
        pid=0,
        spawnerr=reason,
        backoff=backoff,
        deadline_s=now_s + spec.start.backoff.after(backoff),
    )


def _fail_quickly(
    process: Process, spec: ProcessSpec, detail: Detail, commands: Commands
) -> Process:
    assert detail.ending is not None
    commands.append(messages.exited(spec.name, detail.ending.words, expected=False))
    process = process._replace(stopped_wall_s=detail.now.wall_s, exit_signal=detail.ending.signum)
    return _back_off(process, spec, detail.now.mono_s, messages.EXITED_TOO_QUICKLY)


def _exit(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    assert detail.ending is not None
    exitcode = detail.ending.exitcode
    expected = is_expected(spec.restart, detail.ending)
    commands.append(messages.exited(spec.name, detail.ending.words, expected))
    return process._replace(
        pid=0,
        stopped_wall_s=detail.now.wall_s,
        exitstatus=exitcode,
        exit_signal=detail.ending.signum,
        spawnerr=None if expected else messages.bad_exit_code(exitcode),
        backoff=0,
        deadline_s=None,
    )


def _give_up_quietly(
    process: Process, spec: ProcessSpec, detail: Detail, commands: Commands
) -> Process:
    return process._replace(backoff=0, deadline_s=None)


def _give_up(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    commands.append(messages.gave_up(spec.name))
    return _give_up_quietly(process, spec, detail, commands)


def _stop_waiting(
    process: Process, spec: ProcessSpec, detail: Detail, commands: Commands
) -> Process:
    # The counter goes back to 0, so that the next start has all its retries (L6).
    commands.append(messages.killed_in_backoff(spec.name))
    return _give_up_quietly(process, spec, detail, commands)


def _cancel(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    commands.append(CancelSpawn(process.id))
    return process._replace(
        stopped_wall_s=detail.now.wall_s, backoff=0, deadline_s=None, rung=-1, pid=0
    )


def _signal(
    process: Process, spec: ProcessSpec, index: int, now_s: float, commands: Commands
) -> Process:
    rung = spec.stop.ladder[index]
    last = index == len(spec.stop.ladder) - 1
    wait_s = max(rung.wait_s, REPEAT_S_MIN) if last else rung.wait_s
    commands.append(
        SendSignal(process.id, process.pid, rung.signum, rung.to_group, None, stopping=True)
    )
    return process._replace(rung=index, deadline_s=now_s + wait_s)


def _ask_to_stop(
    process: Process, spec: ProcessSpec, detail: Detail, commands: Commands
) -> Process:
    return _signal(process, spec, 0, detail.now.mono_s, commands)


def _doom(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    return _ask_to_stop(process, spec, detail, commands)._replace(doom=detail.reason)


def _climb(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    index = min(process.rung + 1, len(spec.stop.ladder) - 1)
    signal_name = spec.stop.ladder[index].signal_name
    commands.append(messages.killing(spec.name, process.pid, signal_name))
    return _signal(process, spec, index, detail.now.mono_s, commands)


def _end(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    assert detail.ending is not None
    expected = is_expected(spec.restart, detail.ending)
    commands.append(messages.stopped(spec.name, detail.ending.words, expected))
    return process._replace(
        pid=0,
        stopped_wall_s=detail.now.wall_s,
        exitstatus=detail.ending.exitcode,
        exit_signal=detail.ending.signum,
        backoff=0,
        rung=-1,
        deadline_s=None,
    )


def _end_doomed(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    return _end(process, spec, detail, commands)._replace(spawnerr=process.doom, doom=None)


def _lose(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    say = messages.kill_refused if process.rung >= 0 else messages.signal_refused
    commands.append(say(spec.name, process.pid, detail.reason))
    return process._replace(deadline_s=None)


# -- the table -----------------------------------------------------------------------------------

_H = Happening

# Rows for every state in which there is a child: it may end, or refuse to be signalled.
_ENDS_BY_ITSELF: Final[dict[Happening, Row | Undecided]] = {
    _H.EXITED_EXPECTED: Row((EXITED,), _exit),
    _H.EXITED_UNEXPECTED: Row((EXITED,), _exit),
    _H.EXITED_ON_REQUEST: Row((STOPPED,), _end),
    _H.EXITED_DOOMED: Row((FATAL,), _end_doomed),
}

# Answers to requests that make no sense without a child.
_NO_CHILD: Final[dict[Happening, Row | Undecided]] = {
    _H.SPAWNED: IMPOSSIBLE,
    _H.SPAWNED_UP: IMPOSSIBLE,
    _H.SPAWN_FAILED: IMPOSSIBLE,
    _H.STAYED_UP: IMPOSSIBLE,
    _H.EXITED_TOO_SOON: IMPOSSIBLE,
    _H.EXITED_EXPECTED: IMPOSSIBLE,
    _H.EXITED_UNEXPECTED: IMPOSSIBLE,
    _H.EXITED_ON_REQUEST: IMPOSSIBLE,
    _H.EXITED_DOOMED: IMPOSSIBLE,
    _H.STOP: REFUSED,
    _H.STOP_UNSPAWNED: IMPOSSIBLE,
    _H.STOP_TIMED_OUT: IMPOSSIBLE,
    _H.RETRY_DUE: IMPOSSIBLE,
    _H.RETRIES_SPENT: IMPOSSIBLE,
    _H.GIVE_UP: IGNORED,
    _H.DOOMED: IGNORED,
    # The signal was sent, or refused, just before the child was reaped.
    _H.SIGNAL_REFUSED: IGNORED,
}

# The same for the states with a living child.
_CHILD: Final[dict[Happening, Row | Undecided]] = {
    _H.START: REFUSED,
    _H.SPAWNED: IMPOSSIBLE,
    _H.SPAWNED_UP: IMPOSSIBLE,
    _H.SPAWN_FAILED: IMPOSSIBLE,
    _H.STAYED_UP: IMPOSSIBLE,
    _H.EXITED_TOO_SOON: IMPOSSIBLE,
    _H.STOP_UNSPAWNED: IMPOSSIBLE,
    _H.STOP_TIMED_OUT: IMPOSSIBLE,
    _H.RETRY_DUE: IMPOSSIBLE,
    _H.RETRIES_SPENT: IMPOSSIBLE,
    _H.GIVE_UP: IGNORED,
    # It is on the way out, or was seen up by nobody yet.
    _H.DOOMED: IGNORED,
    _H.SIGNAL_REFUSED: Row((UNKNOWN,), _lose),
    **_ENDS_BY_ITSELF,
}

TABLE: Final[Mapping[int, Mapping[Happening, Row | Undecided]]] = {
    STOPPED: {**_NO_CHILD, _H.START: Row((STARTING,), _begin)},
    STARTING: {
        **_CHILD,
        _H.SPAWNED: Row((), _note_child),
        _H.SPAWNED_UP: Row((RUNNING,), _note_child_up),
        _H.SPAWN_FAILED: Row((BACKOFF,), _fail),
        _H.STAYED_UP: Row((RUNNING,), _declare_up),
        _H.EXITED_TOO_SOON: Row((BACKOFF,), _fail_quickly),
        # It did stay up long enough, only we come to know both facts at once.
        _H.EXITED_EXPECTED: Row((RUNNING, EXITED), _exit),
        _H.EXITED_UNEXPECTED: Row((RUNNING, EXITED), _exit),
        _H.EXITED_ON_REQUEST: IMPOSSIBLE,
        _H.EXITED_DOOMED: IMPOSSIBLE,
        _H.STOP: Row((STOPPING,), _ask_to_stop),
        _H.STOP_UNSPAWNED: Row((STOPPING, STOPPED), _cancel),
    },
    RUNNING: {
        **_CHILD,
        _H.EXITED_ON_REQUEST: IMPOSSIBLE,
        _H.EXITED_DOOMED: IMPOSSIBLE,
        _H.STOP: Row((STOPPING,), _ask_to_stop),
        _H.DOOMED: Row((STOPPING,), _doom),
    },
    BACKOFF: {
        **_NO_CHILD,
        _H.START: REFUSED,
        _H.STOP: Row((STOPPED,), _stop_waiting),
        _H.RETRY_DUE: Row((STARTING,), _begin),
        _H.RETRIES_SPENT: Row((FATAL,), _give_up),
        _H.GIVE_UP: Row((FATAL,), _give_up_quietly),
    },
    STOPPING: {
        **_CHILD,
        _H.EXITED_EXPECTED: IMPOSSIBLE,
        _H.EXITED_UNEXPECTED: IMPOSSIBLE,
        # The stop under way is waited for.
        _H.STOP: IGNORED,
        _H.STOP_TIMED_OUT: Row((), _climb),
    },
    EXITED: {
        **_NO_CHILD,
        _H.START: Row((STARTING,), _begin),
        _H.RETRY_DUE: Row((STARTING,), _begin),
    },
    FATAL: {**_NO_CHILD, _H.START: Row((STARTING,), _begin)},
    UNKNOWN: {
        **_CHILD,
        _H.STOP: REFUSED,
        # A second signal was refused, too: we know as much as before.
        _H.SIGNAL_REFUSED: IGNORED,
    },
}


# -- classification: raw input + policy + time -> happening ----------------------------------------


def is_expected(policy: RestartPolicy, ending: Ending) -> bool:
    """Whether the exit code is one of `exitcodes`; death by a signal never is."""
    return not ending.signum and ending.exitcode in policy.exit_codes


def classify_spawned(spec: ProcessSpec) -> Happening:
    """With startsecs = 0 the child counts as up whatever becomes of it (L34)."""
    return Happening.SPAWNED if spec.start.up_after_s > 0 else Happening.SPAWNED_UP


def classify_exit(process: Process, spec: ProcessSpec, ending: Ending, now_s: float) -> Happening:
    """What the end of the child means. A quick exit fails whatever its code (L25)."""
    if process.rung >= 0:
        return Happening.EXITED_ON_REQUEST if process.doom is None else Happening.EXITED_DOOMED
    lifetime_s = now_s - process.started_mono_s
    if process.state == STARTING and lifetime_s < spec.start.up_after_s:
        return Happening.EXITED_TOO_SOON
    if is_expected(spec.restart, ending):
        return Happening.EXITED_EXPECTED
    return Happening.EXITED_UNEXPECTED


def classify_stop(process: Process) -> Happening:
    """A stop that comes before the child was made needs no signal."""
    unspawned = process.state == STARTING and not process.pid
    return Happening.STOP_UNSPAWNED if unspawned else Happening.STOP


def classify_deadline(process: Process) -> Happening:
    """What the deadline of a process means depends on its state alone."""
    return _DEADLINES[process.state]


_DEADLINES: Final = {
    STARTING: Happening.STAYED_UP,
    BACKOFF: Happening.RETRY_DUE,
    EXITED: Happening.RETRY_DUE,
    STOPPING: Happening.STOP_TIMED_OUT,
}


def retries_are_spent(process: Process, spec: ProcessSpec) -> bool:
    """In BACKOFF: startretries = n allows n + 1 starts (manual, "BACKOFF")."""
    return process.state == BACKOFF and process.backoff > spec.start.retries_max


def is_restarted(process: Process, spec: ProcessSpec) -> bool:
    """In EXITED: whether `autorestart` wants it started again."""
    when = spec.restart.when
    if process.state != EXITED or when is Restart.NEVER:
        return False
    return when is Restart.ALWAYS or process.spawnerr is not None


# -- the step --------------------------------------------------------------------------------------


def step(
    process: Process, spec: ProcessSpec, happening: Happening, detail: Detail
) -> tuple[Process, Commands]:
    """The process after `happening`, and what to do about it, announcements first.

    Raises AssertionError for what cannot happen in this state: a mistake of the caller.
    """
    row = TABLE[process.state][happening]
    if row is IGNORED:
        return process, []
    assert isinstance(row, Row), f"{happening.name} of {spec.name!r} in state {process.state}"
    extra: Commands = []
    after = row.action(process, spec, detail, extra)
    commands: Commands = []
    for entered in row.enters:
        commands.append(announcement(process, after, spec, entered, detail))
        settled = settled_after(process.settled, entered)
        process = process._replace(state=entered, settled=settled)
    commands += extra
    return after._replace(state=process.state, settled=process.settled), commands


def announcement(
    before: Process, after: Process, spec: ProcessSpec, to_state: int, detail: Detail
) -> StateChange:
    """What is told when a process enters a state on the way from `before` to `after`."""
    # A process that has just lost its child is announced with the pid it had, also when it gives up
    # because of that.
    return StateChange(
        before.id,
        spec.name,
        spec.group,
        before.state,
        to_state,
        after.pid or before.pid or detail.pid,
        after.backoff,
        expected=after.spawnerr is None,
        settled=settle(before.settled, to_state, _cause(before, after, detail)),
        process=after,
    )


def _cause(before: Process, after: Process, detail: Detail) -> Cause:
    return Cause(
        None if detail.ending is None else detail.ending.words,
        detail.reason or before.spawnerr or "",
        detail.now.mono_s - before.started_mono_s,
        # Whichever is not yet, or no longer, known: the counter goes back to 0 on success.
        max(before.backoff, after.backoff),
        after.spawnerr is None,
        before.doom,
    )
