"""What RPC plug-ins do to processes from outside, instead of asking for it.

They may put processes in and take them out, give them another state or rewrite what is known of
them. Whatever they write, the rest of the core can rely on two things: a process in a state with a
child has one, and whatever has to happen next by itself has a deadline.
"""

from supervisor.core import inputs
from supervisor.core import process as machine
from supervisor.core.commands import Command, SendSignal
from supervisor.core.component import Now
from supervisor.core.deadlines import Deadlines
from supervisor.core.lifecycle import Lifecycle
from supervisor.core.mood import Mood
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
    Detail,
    Happening,
    Process,
)
from supervisor.core.roster import Roster
from supervisor.core.settled import settled_after
from supervisor.hints import Any, Final, Iterable, Mapping
from supervisor.states import RUNNING_STATES

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


class Interventions:
    """Carries out what plug-ins do."""

    __slots__ = ("_lifecycle", "_mood", "_roster", "arrivals")

    def __init__(self, roster: Roster, mood: Mood, lifecycle: Lifecycle) -> None:
        self._roster = roster
        self._mood = mood
        self._lifecycle = lifecycle
        self.arrivals = Deadlines()
        """Processes that have just been put in and are to be started."""

    def on_group_revised(
        self, happened: inputs.GroupRevised, now: Now, commands: list[Command]
    ) -> None:
        """A group has another priority."""
        self._roster.group(happened.name).give_priority(happened.priority)

    def on_process_added(
        self, happened: inputs.ProcessAdded, now: Now, commands: list[Command]
    ) -> None:
        """There is another process, which is started soon if it wants that."""
        self._roster.add_process(happened.process_id, happened.spec)
        if self._mood.has_begun and happened.spec.start.autostart:
            # Not at once: whoever puts it in has first to tell others, or to write more into it.
            self.arrivals.set(happened.process_id, now.mono_s)

    def on_process_removed(
        self, happened: inputs.ProcessRemoved, now: Now, commands: list[Command]
    ) -> None:
        """A process is no more."""
        self._roster.remove_process(happened.process_id)
        self.forget([happened.process_id])
        self._mood.forget([happened.process_id], commands)

    def on_process_revised(
        self, happened: inputs.ProcessRevised, now: Now, commands: list[Command]
    ) -> None:
        """A process has other policies."""
        self._roster.revise_process(happened.process_id, happened.spec)

    def on_process_patched(
        self, happened: inputs.ProcessPatched, now: Now, commands: list[Command]
    ) -> None:
        """Something else is known of a process."""
        before = self._roster.process(happened.process_id)
        spec = self._roster.spec(happened.process_id)
        after = patch(before, spec, happened.fields, now.mono_s)
        self._roster.keep(after)
        if happened.announced:
            detail = Detail(now, reason=after.spawnerr or "")
            change = machine.announcement(before, after, spec, after.state, detail)
            commands.append(change._replace(expected=happened.expected))
        self._lifecycle.answer(after.id, commands)

    def on_spawn_demanded(
        self, happened: inputs.SpawnDemanded, now: Now, commands: list[Command]
    ) -> None:
        """A child is wanted at once."""
        happening = classify_spawn(self._roster.process(happened.process_id))
        if happening is not None and not self._mood.is_leaving:
            self._lifecycle.apply(happened.process_id, happening, Detail(now), commands)

    def on_kill_demanded(
        self, happened: inputs.KillDemanded, now: Now, commands: list[Command]
    ) -> None:
        """A stop that begins with another signal; one more signal if a stop is under way."""
        process = self._roster.process(happened.process_id)
        if process.state == STOPPING:
            commands.append(
                SendSignal(process.id, process.pid, happened.signum, False, None, stopping=True)
            )
        elif process.state in RUNNING_STATES:
            spec = self._roster.spec(process.id)
            spec = beginning_with(spec, happened.signum, happened.signal_name)
            happening = machine.classify_stop(process)
            self._lifecycle.apply(process.id, happening, Detail(now), commands, spec)

    def on_given_up(self, happened: inputs.GivenUp, now: Now, commands: list[Command]) -> None:
        """No more tries."""
        self._lifecycle.apply(happened.process_id, Happening.GIVE_UP, Detail(now), commands)

    def start_arrivals(self, now: Now, commands: list[Command]) -> None:
        """Start what was put in, unless somebody has done so in the meantime."""
        for process_id in self.arrivals.take_due(now.mono_s):
            process = self._roster.process(process_id)
            if process.state == STOPPED and not process.spawns:
                self._lifecycle.start(process_id, now, commands)

    def forget(self, process_ids: Iterable[int]) -> None:
        """These processes are no more."""
        for process_id in process_ids:
            self.arrivals.set(process_id, None)
