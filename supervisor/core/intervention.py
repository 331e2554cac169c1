"""What RPC plug-ins do to a process from outside, instead of asking for it.

They may give it another state or rewrite what is known of it. Whatever they write, the rest of the
core can rely on two things: a process in a state with a child has one, and whatever has to happen
next by itself has a deadline.
"""

from collections.abc import Mapping
from typing import Any, Final

from supervisor.core.policies import ProcessSpec, StopPolicy
from supervisor.core.process_values import (
    BACKOFF,
    EXITED,
    FATAL,
    RUNNING,
    STARTING,
    STOPPED,
    STOPPING,
    UNKNOWN,
    Happening,
    Process,
)
from supervisor.core.settled import settled_after

WRITABLE: Final = frozenset(
    {
        "state",
        "started_wall_s",
        "stopped_wall_s",
        "exitstatus",
        "spawnerr",
        "backoff",
    }
)
"""Fields of `Process` that can be written. The pid is a fact."""

_WITH_CHILD: Final = frozenset({STARTING, RUNNING, STOPPING, UNKNOWN})
_WITHOUT_CHILD: Final = frozenset({STOPPED, BACKOFF, EXITED, FATAL})


def may_enter(from_state: int, pid: int, to_state: int) -> bool:
    """Whether a process can be put from that state into the other one, given its child.

    Not while a child is being made: what becomes of that decides.
    """
    if pid:
        return to_state in _WITH_CHILD
    return from_state != STARTING and to_state in _WITHOUT_CHILD


def patch(process: Process, spec: ProcessSpec, fields: Mapping[str, Any], now_s: float) -> Process:
    """The process with these fields; a new state comes with its deadline.

    Raises AssertionError for a field that cannot be written, or a state that cannot be.
    """
    assert fields.keys() <= WRITABLE, f"cannot write {sorted(fields.keys() - WRITABLE)}"
    after = process._replace(**fields)
    if "state" not in fields:
        return after
    possible = may_enter(process.state, process.pid, after.state)
    assert possible, f"{spec.name!r} cannot be put from {process.state} into {after.state}"
    return after._replace(
        deadline_s=_deadline_s(after, spec, now_s),
        rung=0 if after.state == STOPPING else -1,
        settled=settled_after(process.settled, after.state),
    )


def _deadline_s(process: Process, spec: ProcessSpec, now_s: float) -> float | None:
    if process.state == STARTING:
        return now_s + spec.start.up_after_s
    if process.state == BACKOFF:
        return now_s + spec.start.backoff.after(max(1, process.backoff))
    if process.state == STOPPING:
        return now_s + spec.stop.ladder[0].wait_s
    return None


def classify_spawn(process: Process) -> Happening | None:
    """What a spawn means that nobody asked for: a retry at once if one is due; None for nothing."""
    if process.state == BACKOFF:
        return Happening.RETRY_DUE
    return Happening.START if process.state in (STOPPED, EXITED, FATAL) else None


def beginning_with(spec: ProcessSpec, signum: int, signal_name: str) -> ProcessSpec:
    """The same process, stopped by that signal first."""
    first, *others = spec.stop.ladder
    first = first._replace(signum=signum, signal_name=signal_name)
    return spec._replace(stop=StopPolicy((first, *others)))
