"""The process machine: every change of the state of a process is decided in this file.

It works on the values of `core.process_values`, in two steps. `classify_*` turn a raw input plus
policy and time into a `Happening`; `TABLE` maps (state, happening) to the states entered, in order,
and to the action (`core.process_actions`) that says what else changes. `step` applies one row; it
is pure. The diagram in the manual is drawn from `TABLE`, and a test asks that every cell is
decided: a row, or one of the three kinds of `Undecided`.
"""

from supervisor.core import process_actions as actions
from supervisor.core.commands import StateChange
from supervisor.core.inputs import Ending
from supervisor.core.policies import ProcessSpec, Restart
from supervisor.core.process_actions import Commands, is_expected
from supervisor.core.process_values import (
    BACKOFF,
    EXITED,
    FATAL,
    RUNNING,
    STARTING,
    STOPPED,
    STOPPING,
    UNKNOWN,
    Detail,
    Happening,
    Process,
)
from supervisor.core.settled import settle, settled_after
from supervisor.enums import Enum
from supervisor.hints import Callable, Final, Mapping
from supervisor.tuples import NamedTuple

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


# -- the table -----------------------------------------------------------------------------------

_H = Happening

# Rows for every state in which there is a child: it may end, or refuse to be signalled.
_ENDS_BY_ITSELF: Final[dict[Happening, Row | Undecided]] = {
    _H.EXITED_EXPECTED: Row((EXITED,), actions.note_exit),
    _H.EXITED_UNEXPECTED: Row((EXITED,), actions.note_exit),
    _H.EXITED_ON_REQUEST: Row((STOPPED,), actions.end),
    _H.EXITED_DOOMED: Row((FATAL,), actions.end_doomed),
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
    _H.SIGNAL_REFUSED: Row((UNKNOWN,), actions.lose),
    **_ENDS_BY_ITSELF,
}

TABLE: Final[Mapping[int, Mapping[Happening, Row | Undecided]]] = {
    STOPPED: {**_NO_CHILD, _H.START: Row((STARTING,), actions.begin)},
    STARTING: {
        **_CHILD,
        _H.SPAWNED: Row((), actions.note_child),
        _H.SPAWNED_UP: Row((RUNNING,), actions.note_child_up),
        _H.SPAWN_FAILED: Row((BACKOFF,), actions.fail),
        _H.STAYED_UP: Row((RUNNING,), actions.declare_up),
        _H.EXITED_TOO_SOON: Row((BACKOFF,), actions.fail_quickly),
        # It did stay up long enough, only we come to know both facts at once.
        _H.EXITED_EXPECTED: Row((RUNNING, EXITED), actions.note_exit),
        _H.EXITED_UNEXPECTED: Row((RUNNING, EXITED), actions.note_exit),
        _H.EXITED_ON_REQUEST: IMPOSSIBLE,
        _H.EXITED_DOOMED: IMPOSSIBLE,
        _H.STOP: Row((STOPPING,), actions.ask_to_stop),
        _H.STOP_UNSPAWNED: Row((STOPPING, STOPPED), actions.cancel),
    },
    RUNNING: {
        **_CHILD,
        _H.EXITED_ON_REQUEST: IMPOSSIBLE,
        _H.EXITED_DOOMED: IMPOSSIBLE,
        _H.STOP: Row((STOPPING,), actions.ask_to_stop),
        _H.DOOMED: Row((STOPPING,), actions.doom),
    },
    BACKOFF: {
        **_NO_CHILD,
        _H.START: REFUSED,
        _H.STOP: Row((STOPPED,), actions.stop_waiting),
        _H.RETRY_DUE: Row((STARTING,), actions.begin),
        _H.RETRIES_SPENT: Row((FATAL,), actions.give_up),
        _H.GIVE_UP: Row((FATAL,), actions.give_up_quietly),
    },
    STOPPING: {
        **_CHILD,
        _H.EXITED_EXPECTED: IMPOSSIBLE,
        _H.EXITED_UNEXPECTED: IMPOSSIBLE,
        # The stop under way is waited for.
        _H.STOP: IGNORED,
        _H.STOP_TIMED_OUT: Row((), actions.climb),
    },
    EXITED: {
        **_NO_CHILD,
        _H.START: Row((STARTING,), actions.begin),
        _H.RETRY_DUE: Row((STARTING,), actions.begin),
    },
    FATAL: {**_NO_CHILD, _H.START: Row((STARTING,), actions.begin)},
    UNKNOWN: {
        **_CHILD,
        _H.STOP: REFUSED,
        # A second signal was refused, too: we know as much as before.
        _H.SIGNAL_REFUSED: IGNORED,
    },
}


# -- classification: raw input + policy + time -> happening ----------------------------------------


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
    # A hot path, as are the actions: three of these for each run of a program that ends at once.
    row = TABLE[process.state][happening]
    if row is IGNORED:
        return process, []
    assert isinstance(row, Row), f"{happening.name} of {spec.name!r} in state {process.state}"
    enters, action = row
    extra: Commands = []
    after = action(process.copy(), spec, detail, extra)
    if not enters:
        return after, extra
    announced: Commands = []
    state, settled = process.state, process.settled
    for entered in enters:
        if state != process.state:
            process = process._replace(state=state, settled=settled)
        announced.append(announcement(process, after, spec, entered, detail))
        state, settled = entered, settled_after(settled, entered)
    after.state, after.settled = state, settled
    return after, announced + extra


def announcement(
    before: Process, after: Process, spec: ProcessSpec, to_state: int, detail: Detail
) -> StateChange:
    """What is told when a process enters a state on the way from `before` to `after`."""
    return StateChange(
        before.id,
        spec.name,
        spec.group,
        before.state,
        to_state,
        # A process that has just lost its child is announced with the pid it had, also when it
        # gives up because of that.
        after.pid or before.pid or detail.pid,
        after.backoff,
        after.spawnerr is None,
        before,
        after,
        detail,
        settle(before.settled, to_state),
    )
