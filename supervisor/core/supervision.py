"""The component that keeps programs running: what may happen, and who takes care of it.

Every input has one owner (`_owners`). Here are the groups of the configuration and what becomes of
children; requests, plug-ins, troubles and the way out have modules of their own. All of them write
into one `Roster`, and change the state of a process through `Lifecycle` only.
"""

from supervisor.core import inputs, messages, pictures
from supervisor.core import process as machine
from supervisor.core.commands import Answer, Command, GroupChange, StateChange
from supervisor.core.component import Now
from supervisor.core.group import Group, by_priority
from supervisor.core.intervention import Interventions
from supervisor.core.leaving import Leaving
from supervisor.core.lifecycle import Lifecycle
from supervisor.core.mood import Mood
from supervisor.core.process_values import Detail, Happening
from supervisor.core.requests import Requests
from supervisor.core.roster import Roster
from supervisor.core.snapshot import GroupRoll, GroupSnapshot, ProcessSnapshot
from supervisor.core.waiters import Waiters
from supervisor.errors import Fault
from supervisor.hints import Any, Callable, Mapping

Handler = Callable[[Any, Now, list[Command]], None]
"""Takes care of one kind of input, and appends what is to be done."""


class Supervision:
    """All active groups and processes. Implements `core.component.Component`."""

    def __init__(self, event_drain_s: float = 0.0) -> None:
        self._mood = Mood()
        self._roster = Roster()
        self._waiters = Waiters()
        self._lifecycle = Lifecycle(self._roster, self._waiters, self._mood)
        self._requests = Requests(self._roster, self._waiters, self._lifecycle)
        self._interventions = Interventions(self._roster, self._mood, self._lifecycle)
        self._leaving = Leaving(
            event_drain_s, self._roster, self._waiters, self._mood, self._lifecycle
        )
        self._handlers = self._owners()

    # -- looking ---------------------------------------------------------------------------------

    @property
    def mood(self) -> int:
        """State of the daemon: a code of `SupervisorStates`."""
        return self._mood.code

    def trouble(self) -> str | None:
        """Why the daemon is FATAL; None if it is not, or would not be if it did not leave."""
        return self._mood.trouble()

    def groups(self) -> list[GroupSnapshot]:
        """All groups in ascending (priority, name)."""
        return [
            pictures.of_group(each, self._roster) for each in by_priority(self._roster.groups())
        ]

    def group(self, name: str) -> GroupSnapshot | None:
        """The group of that name."""
        group = self._roster.find_group(name)
        return None if group is None else pictures.of_group(group, self._roster)

    def rolls(self) -> list[GroupRoll]:
        """Who is in which group, in the order of `groups`."""
        return [pictures.roll_of(each) for each in by_priority(self._roster.groups())]

    @property
    def revision(self) -> int:
        """Another number whenever a process has come, gone or been given other policies."""
        return self._roster.revision

    def marks(self) -> Mapping[int, object]:
        """By id of each process: another object whenever anything else is known of it."""
        return self._roster.by_id

    def process(self, process_id: int) -> ProcessSnapshot:
        """The picture of one process. Raises KeyError if it is not active."""
        return pictures.of_process(self._roster.process(process_id), self._roster.spec(process_id))

    def state(self, process_id: int) -> int:
        """The state of one process, at a tenth of the cost of its picture. Raises KeyError."""
        return self._roster.by_id[process_id].state

    def process_then(self, change: StateChange) -> ProcessSnapshot:
        """The picture of a process as it was when it entered a state. Raises KeyError."""
        then = change.process
        assert then is not None, "a change that does not say of what process"
        entered = then._replace(state=change.to_state, pid=change.pid)
        return pictures.of_process(entered, self._roster.spec(then.id))

    def find(self, group_name: str, name: str) -> ProcessSnapshot | None:
        """The process of that name in that group."""
        group = self._roster.find_group(group_name)
        process_id = None if group is None else group.by_name.get(name)
        return None if process_id is None else self.process(process_id)

    # -- Component -------------------------------------------------------------------------------

    def next_deadline_s(self) -> float | None:
        """When a DeadlineReached is wanted; None to sleep without limit."""
        # A hot path: asked in each turn in which anything was decided.
        earliest_s = self._roster.deadlines.earliest_s()
        for when_s in (
            self._waiters.reports.earliest_s(),
            self._interventions.arrivals.earliest_s(),
            *self._leaving.deadlines_s(),
        ):
            if when_s is not None and (earliest_s is None or when_s < earliest_s):
                earliest_s = when_s
        return earliest_s

    def handle(self, happened: inputs.Input, now: Now) -> list[Command]:
        """Change state and return what to do, in order."""
        commands: list[Command] = []
        self._handlers[type(happened)](happened, now, commands)
        self._leaving.go_on(now, commands)
        return commands

    def _owners(self) -> Mapping[type, Handler]:
        requests, interventions = self._requests, self._interventions
        mood, leaving = self._mood, self._leaving
        return {
            inputs.SupervisionBegan: self._on_began,
            inputs.GroupAdded: self._on_group_added,
            inputs.GroupRemoved: self._on_group_removed,
            inputs.ChildSpawned: self._on_spawned,
            inputs.SpawnFailed: self._on_spawn_failed,
            inputs.ChildExited: self._on_exited,
            inputs.SignalRefused: self._on_signal_refused,
            inputs.Doomed: self._on_doomed,
            inputs.DeadlineReached: self._on_deadline,
            inputs.StartRequested: requests.on_start,
            inputs.StopRequested: requests.on_stop,
            inputs.SignalRequested: requests.on_signal,
            inputs.GroupRevised: interventions.on_group_revised,
            inputs.ProcessAdded: interventions.on_process_added,
            inputs.ProcessRemoved: interventions.on_process_removed,
            inputs.ProcessRevised: interventions.on_process_revised,
            inputs.ProcessPatched: interventions.on_process_patched,
            inputs.SpawnDemanded: interventions.on_spawn_demanded,
            inputs.KillDemanded: interventions.on_kill_demanded,
            inputs.GivenUp: interventions.on_given_up,
            inputs.TroubleArose: mood.on_trouble_arose,
            inputs.TroubleEnded: mood.on_trouble_ended,
            inputs.TroublesCleared: mood.on_troubles_cleared,
            inputs.ShutdownRequested: leaving.on_requested,
            inputs.RestartRequested: leaving.on_requested,
            inputs.EventsDrained: leaving.on_drained,
        }

    # -- groups of the configuration -------------------------------------------------------------

    def _on_began(
        self, happened: inputs.SupervisionBegan, now: Now, commands: list[Command]
    ) -> None:
        self._mood.begin(commands)
        for group in by_priority(self._roster.groups()):
            self._autostart(group, now, commands)

    def _on_group_added(
        self, happened: inputs.GroupAdded, now: Now, commands: list[Command]
    ) -> None:
        group = self._roster.add_group(happened.spec, happened.process_ids)
        commands.append(GroupChange(happened.spec.name, added=True))
        if self._mood.has_begun:
            self._autostart(group, now, commands)

    def _autostart(self, group: Group, now: Now, commands: list[Command]) -> None:
        for process_id in group.ids:
            if self._roster.spec(process_id).start.autostart:
                self._lifecycle.start(process_id, now, commands)

    def _on_group_removed(
        self, happened: inputs.GroupRemoved, now: Now, commands: list[Command]
    ) -> None:
        process_ids = self._roster.remove_group(happened.name)
        commands.append(GroupChange(happened.name, added=False))
        self._interventions.forget(process_ids)
        self._mood.forget(process_ids, commands)

    # -- what becomes of children ----------------------------------------------------------------

    def _on_spawned(self, happened: inputs.ChildSpawned, now: Now, commands: list[Command]) -> None:
        happening = machine.classify_spawned(self._roster.spec(happened.process_id))
        detail = Detail(now, happened.pid)
        self._lifecycle.apply(happened.process_id, happening, detail, commands)

    def _on_spawn_failed(
        self, happened: inputs.SpawnFailed, now: Now, commands: list[Command]
    ) -> None:
        detail = Detail(now, reason=happened.reason)
        self._lifecycle.apply(happened.process_id, Happening.SPAWN_FAILED, detail, commands)

    def _on_exited(self, happened: inputs.ChildExited, now: Now, commands: list[Command]) -> None:
        process_id, ending = happened.process_id, happened.ending
        process, spec = self._roster.by_id[process_id], self._roster.spec(process_id)
        happening = machine.classify_exit(process, spec, ending, now.mono_s)
        detail = Detail(now, process.pid, "", ending)
        self._lifecycle.apply(process_id, happening, detail, commands)
        if self._mood.has_troubles:
            ended = inputs.TroubleEnded(_signal_key(process_id))
            self._mood.on_trouble_ended(ended, now, commands)

    def _on_signal_refused(
        self, happened: inputs.SignalRefused, now: Now, commands: list[Command]
    ) -> None:
        process = self._roster.process(happened.process_id)
        name = self._roster.spec(process.id).name
        line = messages.kill_refused if happened.ticket is None else messages.signal_refused
        text = line(name, process.pid, happened.error).text
        if happened.ticket is not None:
            commands.append(Answer(happened.ticket, Fault.FAILED, text))
        if not process.pid:
            # The refusal is about a child that is gone; another one may be on its way.
            return
        self._waiters.answer_stops(process.id, Fault.FAILED, text, commands)
        detail = Detail(now, reason=happened.error)
        self._lifecycle.apply(process.id, Happening.SIGNAL_REFUSED, detail, commands)
        trouble = inputs.TroubleArose(
            _signal_key(process.id),
            f"cannot signal {name} (pid {process.pid}): {happened.error}",
            f"end process {process.pid} by hand",
            process.id,
        )
        self._mood.on_trouble_arose(trouble, now, commands)

    def _on_doomed(self, happened: inputs.Doomed, now: Now, commands: list[Command]) -> None:
        detail = Detail(now, reason=happened.reason)
        self._lifecycle.apply(happened.process_id, Happening.DOOMED, detail, commands)

    # -- time ------------------------------------------------------------------------------------

    def _on_deadline(
        self, happened: inputs.DeadlineReached, now: Now, commands: list[Command]
    ) -> None:
        # Taken together: a deadline that is set anew has its turn in the next one.
        for process_id in self._roster.deadlines.take_due(now.mono_s):
            happening = machine.classify_deadline(self._roster.process(process_id))
            if happening is Happening.RETRY_DUE and self._mood.is_leaving:
                continue
            self._lifecycle.apply(process_id, happening, Detail(now), commands)
        self._interventions.start_arrivals(now, commands)
        self._requests.report_stops(now, commands)


def _signal_key(process_id: int) -> str:
    """Key of the trouble that a process cannot be signalled."""
    return f"signal {process_id}"
