"""Settled states: where a process comes to rest, for monitors that want no noise.

STARTING and STOPPING are on the way to somewhere, and UNKNOWN is no state of rest either: while a
process is in one of them, its settled state is the one before. So a series of failed starts
(BACKOFF, STARTING, BACKOFF …) settles once, and a start that is cut short by a stop not at all.
"""

from supervisor.core.process_values import Detail, Process
from supervisor.hints import Final
from supervisor.states import ProcessStates
from supervisor.tuples import NamedTuple

_SETTLED_STATES: Final = frozenset(
    {
        ProcessStates.STOPPED,
        ProcessStates.RUNNING,
        ProcessStates.BACKOFF,
        ProcessStates.EXITED,
        ProcessStates.FATAL,
    }
)

BEGINNINGS: Final = frozenset({ProcessStates.STARTING, ProcessStates.RUNNING})
"""States of which there is nothing to say: they come of a start."""

_FAILED_STATES: Final = frozenset({ProcessStates.BACKOFF, ProcessStates.FATAL})


class Settled(NamedTuple):
    """A process has come to rest in another state than before; said with the change of state."""

    from_state: int
    """The settled state before."""
    expected: bool
    """False for BACKOFF, FATAL, and an exit code that is not among the expected ones."""
    attempts: int
    """Failed starts in a row, up to and including this moment."""
    uptime_s: float
    """Seconds that the last run lasted; 0 if it has just begun, or there was none."""
    words: str
    """How the last run ended, or why there was none; empty for RUNNING."""


class Cause(NamedTuple):
    """What is known of the step that led to a state."""

    ending: str | None
    """How the child ended, in words; None if none did."""
    reason: str
    """Why there is no child, as far as this is known; else empty."""
    lifetime_s: float
    """Seconds since the child was started."""
    attempts: int
    exit_expected: bool
    doom: str | None = None
    """Why it was stopped for good, if it was."""
    exitcode: int | None = None
    """Of the child that ended, -1 if a signal ended it; None if none did."""


def cause_of(before: Process, after: Process, detail: Detail) -> Cause:
    """What is known of the step from one picture of a process to the other."""
    ending = detail.ending
    return Cause(
        None if ending is None else ending.words,
        reason_of(before, detail),
        detail.now.mono_s - before.started_mono_s,
        # Whichever is not yet, or no longer, known: the counter goes back to 0 on success.
        max(before.backoff, after.backoff),
        after.spawnerr is None,
        before.doom,
        None if ending is None else ending.exitcode,
    )


def reason_of(before: Process, detail: Detail) -> str:
    """Why there is no child, as far as this is known; else empty."""
    return detail.reason or before.spawnerr or ""


def settled_after(settled: int, entered: int) -> int:
    """The settled state of a process once it has entered a state."""
    return entered if entered in _SETTLED_STATES else settled


def settle(settled: int, entered: int) -> int | None:
    """The settled state that is left when a state is entered; None if it stays the same."""
    return settled if entered in _SETTLED_STATES and entered != settled else None


def settlement(left: int, entered: int, cause: Cause) -> Settled:
    """What there is to say of a process that came to rest in another state than before."""
    ended = cause.ending is not None and entered != ProcessStates.RUNNING
    return Settled(
        left,
        _is_expected(entered, cause),
        # An exit comes after a start that succeeded.
        0 if entered == ProcessStates.EXITED else cause.attempts,
        cause.lifetime_s if ended else 0.0,
        words(entered, cause.doom, cause.ending, cause.reason),
    )


def _is_expected(entered: int, cause: Cause) -> bool:
    if entered == ProcessStates.EXITED:
        return cause.exit_expected
    return entered not in _FAILED_STATES


def words(entered: int, doom: str | None, ending: str | None, reason: str) -> str:
    """How the last run ended, or why there is none; empty for what comes of a start."""
    if entered in BEGINNINGS:
        return ""
    if doom is not None:
        return doom
    if ending is None:
        return reason
    if entered in _FAILED_STATES:
        return f"exited too quickly ({ending})"
    return ending
