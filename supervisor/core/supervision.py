"""The component that keeps programs running: owner of all groups, processes and waiting requests.

Every input is turned into a happening of one process and put through `core.process.step`; what
follows from a state that was entered (restart, the next retry, answers to waiting requests, the
next group of a shutdown) is decided here, in one place, after each step.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from supervisor.core import inputs, intervention, messages
from supervisor.core import process as machine
from supervisor.core.commands import (
    Answer,
    Command,
    DrainEvents,
    GiveUpDraining,
    GroupChange,
    Leave,
    MoodChange,
    SendSignal,
    StateChange,
    WriteLog,
)
from supervisor.core.component import Now
from supervisor.core.control import Ticket
from supervisor.core.deadlines import Deadlines
from supervisor.core.group import Group, by_priority
from supervisor.core.policies import ProcessSpec
from supervisor.core.process_values import Detail, Happening, Process
from supervisor.core.shutdown import Shutdown
from supervisor.core.snapshot import GroupSnapshot, ProcessSnapshot
from supervisor.core.troubles import Trouble, Troubles
from supervisor.errors import Fault
from supervisor.states import (
    RUNNING_STATES,
    SIGNALLABLE_STATES,
    STOPPED_STATES,
    ProcessStates,
    SupervisorStates,
)

STOP_REPORT_EVERY_S: Final = 2.0
"""Seconds between two `waiting for X to stop` lines while somebody waits for the answer."""

_STOPPED_STATES: Final = frozenset(STOPPED_STATES)


class _Member(NamedTuple):
    """What never changes of an active process."""

    spec: ProcessSpec
    group: Group


class Supervision:
    """All active groups and processes. Implements `core.component.Component`."""

    def __init__(self, event_drain_s: float = 0.0) -> None:
        self._event_drain_s = event_drain_s
        """How long the last events may take to be delivered, listeners stopping last; 0 to stop
        listeners in the order of their priorities, whatever waits for them."""
        self._leaving_mood: int | None = None
        self._troubles = Troubles()
        self._began = False
        self._groups: dict[str, Group] = {}
        self._members: dict[int, _Member] = {}
        self._processes: dict[int, Process] = {}
        self._deadlines = Deadlines()
        self._start_waiters: dict[int, list[Ticket]] = {}
        self._stop_waiters: dict[int, list[Ticket]] = {}
        self._stop_reports = Deadlines()
        self._arrivals = Deadlines()
        """Processes that a plug-in has just put in and that are to be started."""
        self._shutdown: Shutdown | None = None
        self._left = False

    # -- looking ---------------------------------------------------------------------------------

    @property
    def mood(self) -> int:
        """State of the daemon: a code of `SupervisorStates`."""
        if self._leaving_mood is not None:
            return self._leaving_mood
        troubled = self.trouble() is not None
        return SupervisorStates.FATAL if troubled else SupervisorStates.RUNNING

    def trouble(self) -> str | None:
        """Why the daemon is FATAL; None if it is not, or would not be if it did not leave."""
        return self._troubles.reason()

    def groups(self) -> list[GroupSnapshot]:
        """All groups in ascending (priority, name)."""
        return [self._group_snapshot(group) for group in by_priority(self._groups.values())]

    def group(self, name: str) -> GroupSnapshot | None:
        """The group of that name."""
        group = self._groups.get(name)
        return None if group is None else self._group_snapshot(group)

    def process(self, process_id: int) -> ProcessSnapshot:
        """The picture of one process. Raises KeyError if it is not active."""
        return self._snapshot(self._processes[process_id])

    def process_then(self, change: StateChange) -> ProcessSnapshot:
        """The picture of a process as it was when it entered a state. Raises KeyError."""
        then: Process = change.process
        return self._snapshot(then._replace(state=change.to_state, pid=change.pid))

    def find(self, group_name: str, name: str) -> ProcessSnapshot | None:
        """The process of that name in that group."""
        group = self._groups.get(group_name)
        process_id = None if group is None else group.by_name.get(name)
        return None if process_id is None else self._snapshot(self._processes[process_id])

    def _group_snapshot(self, group: Group) -> GroupSnapshot:
        processes = tuple(self._snapshot(self._processes[each]) for each in group.ascending)
        return GroupSnapshot(group.spec.name, group.spec.priority, group.spec.kind, processes)

    def _snapshot(self, process: Process) -> ProcessSnapshot:
        spec = self._members[process.id].spec
        return ProcessSnapshot(
            process.id,
            spec.name,
            spec.group,
            process.state,
            process.pid,
            process.started_wall_s,
            process.stopped_wall_s,
            process.started_mono_s,
            process.exitstatus,
            process.exit_signal,
            process.spawnerr,
            process.backoff,
            process.deadline_s if process.state == ProcessStates.BACKOFF else None,
            spec.priority,
            process.spawns,
        )

    # -- Component -------------------------------------------------------------------------------

    def next_deadline_s(self) -> float | None:
        """When a DeadlineReached is wanted; None to sleep without limit."""
        kinds = (self._deadlines, self._stop_reports, self._arrivals)
        candidates = [kind.earliest_s() for kind in kinds]
        if self._shutdown is not None and not self._left:
            candidates += (self._shutdown.next_report_s, self._shutdown.drain_until_s)
        return min((when_s for when_s in candidates if when_s is not None), default=None)

    def handle(self, happened: inputs.Input, now: Now) -> list[Command]:
        """Change state and return what to do, in order."""
        commands: list[Command] = []
        self._HANDLERS[type(happened)](self, happened, now, commands)
        if self._shutdown is not None and not self._left:
            self._go_on_leaving(self._shutdown, now, commands)
        return commands

    # -- inputs ----------------------------------------------------------------------------------

    def _on_began(
        self, happened: inputs.SupervisionBegan, now: Now, commands: list[Command]
    ) -> None:
        self._began = True
        commands.append(MoodChange(SupervisorStates.RUNNING))
        self._tell_mood(SupervisorStates.RUNNING, commands)
        for group in by_priority(self._groups.values()):
            self._autostart(group, now, commands)

    def _on_group_added(
        self, happened: inputs.GroupAdded, now: Now, commands: list[Command]
    ) -> None:
        group = Group(happened.spec, happened.process_ids)
        self._groups[happened.spec.name] = group
        for process_id, spec in zip(group.ids, happened.spec.processes, strict=True):
            self._members[process_id] = _Member(spec, group)
            self._processes[process_id] = Process(process_id)
        commands.append(GroupChange(happened.spec.name, added=True))
        if self._began:
            self._autostart(group, now, commands)

    def _autostart(self, group: Group, now: Now, commands: list[Command]) -> None:
        for process_id in group.ids:
            if self._members[process_id].spec.start.autostart:
                self._start_unless_leaving(process_id, now, commands)

    def _on_group_removed(
        self, happened: inputs.GroupRemoved, now: Now, commands: list[Command]
    ) -> None:
        group = self._groups[happened.name]
        assert not group.unstopped, f"group {happened.name!r} is removed while it runs"
        del self._groups[happened.name]
        commands.append(GroupChange(happened.name, added=False))
        self._forget(group.ids, commands)

    def _forget(self, process_ids: Sequence[int], commands: list[Command]) -> None:
        for process_id in process_ids:
            self._deadlines.set(process_id, None)
            self._arrivals.set(process_id, None)
            del self._processes[process_id], self._members[process_id]
        mood = self.mood
        commands += self._troubles.end_with(process_ids)
        self._tell_mood(mood, commands)

    # -- what plug-ins do ------------------------------------------------------------------------

    def _on_group_revised(
        self, happened: inputs.GroupRevised, now: Now, commands: list[Command]
    ) -> None:
        self._groups[happened.name].give_priority(happened.priority)

    def _on_process_added(
        self, happened: inputs.ProcessAdded, now: Now, commands: list[Command]
    ) -> None:
        group = self._groups[happened.spec.group]
        group.add(happened.process_id, happened.spec)
        self._members[happened.process_id] = _Member(happened.spec, group)
        self._processes[happened.process_id] = Process(happened.process_id)
        if self._began and happened.spec.start.autostart:
            # Not at once: whoever puts it in has first to tell others, or to write more into it.
            self._arrivals.set(happened.process_id, now.mono_s)

    def _on_process_removed(
        self, happened: inputs.ProcessRemoved, now: Now, commands: list[Command]
    ) -> None:
        group = self._members[happened.process_id].group
        assert happened.process_id not in group.unstopped, "a process is removed while it runs"
        group.remove(happened.process_id)
        self._forget([happened.process_id], commands)

    def _on_process_revised(
        self, happened: inputs.ProcessRevised, now: Now, commands: list[Command]
    ) -> None:
        group = self._members[happened.process_id].group
        group.revise(happened.process_id, happened.spec)
        self._members[happened.process_id] = _Member(happened.spec, group)

    def _on_process_patched(
        self, happened: inputs.ProcessPatched, now: Now, commands: list[Command]
    ) -> None:
        before, spec = self._processes[happened.process_id], self._members[happened.process_id].spec
        after = intervention.patch(before, spec, happened.fields, now.mono_s)
        self._keep(after)
        if happened.announced:
            detail = Detail(now, reason=after.spawnerr or "")
            change = machine.announcement(before, after, spec, after.state, detail)
            commands.append(change._replace(expected=happened.expected))
        self._answer_waiters(after.id, commands)

    def _on_spawn_demanded(
        self, happened: inputs.SpawnDemanded, now: Now, commands: list[Command]
    ) -> None:
        happening = intervention.classify_spawn(self._processes[happened.process_id])
        if happening is not None and self._shutdown is None:
            self._apply(happened.process_id, happening, Detail(now), commands)

    def _on_kill_demanded(
        self, happened: inputs.KillDemanded, now: Now, commands: list[Command]
    ) -> None:
        process = self._processes[happened.process_id]
        if process.state == ProcessStates.STOPPING:
            commands.append(
                SendSignal(process.id, process.pid, happened.signum, False, None, stopping=True)
            )
        elif process.state in RUNNING_STATES:
            member = self._members[process.id]
            spec = intervention.beginning_with(member.spec, happened.signum, happened.signal_name)
            self._members[process.id] = member._replace(spec=spec)
            self._apply(process.id, machine.classify_stop(process), Detail(now), commands)
            self._members[process.id] = member

    def _on_given_up(self, happened: inputs.GivenUp, now: Now, commands: list[Command]) -> None:
        self._apply(happened.process_id, Happening.GIVE_UP, Detail(now), commands)

    def _on_doomed(self, happened: inputs.Doomed, now: Now, commands: list[Command]) -> None:
        detail = Detail(now, reason=happened.reason)
        self._apply(happened.process_id, Happening.DOOMED, detail, commands)

    # -- requests --------------------------------------------------------------------------------

    def _on_start_requested(
        self, happened: inputs.StartRequested, now: Now, commands: list[Command]
    ) -> None:
        state = self._processes[happened.process_id].state
        # Looked at again: another request may have been carried out since this one was made.
        if state in RUNNING_STATES:
            commands.append(Answer(happened.ticket, Fault.ALREADY_STARTED))
            return
        if state == ProcessStates.UNKNOWN:
            commands.append(Answer(happened.ticket, Fault.FAILED))
            return
        self._start_waiters.setdefault(happened.process_id, []).append(happened.ticket)
        if state == ProcessStates.STOPPING:
            # `_follow` starts it as soon as it has stopped.
            return
        self._start_unless_leaving(happened.process_id, now, commands)
        self._answer_waiters(happened.process_id, commands)

    def _on_stop_requested(
        self, happened: inputs.StopRequested, now: Now, commands: list[Command]
    ) -> None:
        process_id = happened.process_id
        process = self._processes[process_id]
        if process.state in _STOPPED_STATES:
            # It was running when it was asked for, and has ended since.
            commands.append(Answer(happened.ticket, Fault.NOT_RUNNING))
            return
        # Whoever waits for a start after the stop under way has been overruled.
        self._answer(self._start_waiters, process_id, commands, Fault.ABNORMAL_TERMINATION)
        self._apply(process_id, machine.classify_stop(process), Detail(now), commands)
        process = self._processes[process_id]
        if process.state in _STOPPED_STATES:
            commands.append(Answer(happened.ticket))
            return
        self._stop_waiters.setdefault(process_id, []).append(happened.ticket)
        if happened.reported:
            self._report_stop(process_id, now, commands)

    def _report_stop(self, process_id: int, now: Now, commands: list[Command]) -> None:
        commands.append(messages.waiting_to_stop(self._members[process_id].spec.name))
        self._stop_reports.set(process_id, now.mono_s + STOP_REPORT_EVERY_S)

    def _on_signal_requested(
        self, happened: inputs.SignalRequested, now: Now, commands: list[Command]
    ) -> None:
        process = self._processes[happened.process_id]
        if process.state not in SIGNALLABLE_STATES or not process.pid:
            commands.append(Answer(happened.ticket, Fault.NOT_RUNNING))
            return
        commands.append(
            SendSignal(
                process.id, process.pid, happened.signum, False, happened.ticket, stopping=False
            )
        )

    def _on_spawned(self, happened: inputs.ChildSpawned, now: Now, commands: list[Command]) -> None:
        spec = self._members[happened.process_id].spec
        happening = machine.classify_spawned(spec)
        self._apply(happened.process_id, happening, Detail(now, pid=happened.pid), commands)

    def _on_spawn_failed(
        self, happened: inputs.SpawnFailed, now: Now, commands: list[Command]
    ) -> None:
        detail = Detail(now, reason=happened.reason)
        self._apply(happened.process_id, Happening.SPAWN_FAILED, detail, commands)

    def _on_exited(self, happened: inputs.ChildExited, now: Now, commands: list[Command]) -> None:
        process_id = happened.process_id
        process, spec = self._processes[process_id], self._members[process_id].spec
        happening = machine.classify_exit(process, spec, happened.ending, now.mono_s)
        detail = Detail(now, process.pid, ending=happened.ending)
        self._apply(process_id, happening, detail, commands)
        self._on_trouble_ended(inputs.TroubleEnded(_signal_key(process_id)), now, commands)

    def _on_signal_refused(
        self, happened: inputs.SignalRefused, now: Now, commands: list[Command]
    ) -> None:
        detail = Detail(now, reason=happened.error)
        process = self._processes[happened.process_id]
        text = self._refusal(process, happened)
        if happened.ticket is not None:
            commands.append(Answer(happened.ticket, Fault.FAILED, text))
        if not process.pid:
            # The refusal is about a child that is gone; another one may be on its way.
            return
        self._answer(self._stop_waiters, process.id, commands, Fault.FAILED, text)
        self._apply(process.id, Happening.SIGNAL_REFUSED, detail, commands)
        name = self._members[process.id].spec.name
        trouble = inputs.TroubleArose(
            _signal_key(process.id),
            f"cannot signal {name} (pid {process.pid}): {happened.error}",
            f"end process {process.pid} by hand",
            process.id,
        )
        self._on_trouble_arose(trouble, now, commands)

    def _refusal(self, process: Process, happened: inputs.SignalRefused) -> str:
        name = self._members[process.id].spec.name
        line = messages.kill_refused if happened.ticket is None else messages.signal_refused
        return line(name, process.pid, happened.error).text

    def _on_deadline(
        self, happened: inputs.DeadlineReached, now: Now, commands: list[Command]
    ) -> None:
        # Taken together: a deadline that is set anew has its turn in the next one.
        for process_id in self._deadlines.take_due(now.mono_s):
            happening = machine.classify_deadline(self._processes[process_id])
            if happening is Happening.RETRY_DUE and self._shutdown is not None:
                continue
            self._apply(process_id, happening, Detail(now), commands)
        for process_id in self._arrivals.take_due(now.mono_s):
            process = self._processes[process_id]
            if process.state == ProcessStates.STOPPED and not process.spawns:
                self._start_unless_leaving(process_id, now, commands)
        for process_id in self._stop_reports.take_due(now.mono_s):
            if process_id in self._stop_waiters:
                self._report_stop(process_id, now, commands)

    def _on_leaving(
        self,
        happened: inputs.ShutdownRequested | inputs.RestartRequested,
        now: Now,
        commands: list[Command],
    ) -> None:
        # A restart may turn into a shutdown, but not the other way round.
        if isinstance(happened, inputs.ShutdownRequested):
            self._leaving_mood = SupervisorStates.SHUTDOWN
        elif self._shutdown is None:
            self._leaving_mood = SupervisorStates.RESTARTING
        if self._shutdown is None:
            groups = list(self._groups.values())
            self._shutdown = Shutdown(groups, now.mono_s, self._event_drain_s)
            commands.append(MoodChange(self.mood))
            self._cancel_spawns(now, commands)

    def _cancel_spawns(self, now: Now, commands: list[Command]) -> None:
        """From now on nothing is started, whatever its group has to wait for."""
        for process_id, process in list(self._processes.items()):
            happening = machine.classify_stop(process)
            if happening is Happening.STOP_UNSPAWNED:
                self._apply(process_id, happening, Detail(now), commands)

    def _on_trouble_arose(
        self, happened: inputs.TroubleArose, now: Now, commands: list[Command]
    ) -> None:
        if self._shutdown is not None:
            # Nobody could do anything about it; what was refused has been answered or logged.
            return
        mood = self.mood
        trouble = Trouble(happened.reason, happened.process_id)
        commands += self._troubles.add(happened.key, trouble, happened.advice)
        self._tell_mood(mood, commands)

    def _on_trouble_ended(
        self, happened: inputs.TroubleEnded, now: Now, commands: list[Command]
    ) -> None:
        mood = self.mood
        commands += self._troubles.end(happened.key)
        self._tell_mood(mood, commands)

    def _on_troubles_cleared(
        self, happened: inputs.TroublesCleared, now: Now, commands: list[Command]
    ) -> None:
        mood = self.mood
        commands += self._troubles.clear()
        self._tell_mood(mood, commands)

    def _tell_mood(self, before: int, commands: list[Command]) -> None:
        """Announce the mood if it is another one than before, and anybody is there to be told."""
        if self._began and self.mood != before:
            commands.append(MoodChange(self.mood, self.trouble() or ""))

    def _on_drained(
        self, happened: inputs.EventsDrained, now: Now, commands: list[Command]
    ) -> None:
        if self._shutdown is not None:
            self._shutdown.end_drain()

    _HANDLERS: Final[dict[type, Callable[[Any, Any, Now, list[Command]], None]]] = {
        inputs.SupervisionBegan: _on_began,
        inputs.GroupAdded: _on_group_added,
        inputs.GroupRemoved: _on_group_removed,
        inputs.GroupRevised: _on_group_revised,
        inputs.ProcessAdded: _on_process_added,
        inputs.ProcessRemoved: _on_process_removed,
        inputs.ProcessRevised: _on_process_revised,
        inputs.ProcessPatched: _on_process_patched,
        inputs.SpawnDemanded: _on_spawn_demanded,
        inputs.KillDemanded: _on_kill_demanded,
        inputs.GivenUp: _on_given_up,
        inputs.Doomed: _on_doomed,
        inputs.StartRequested: _on_start_requested,
        inputs.StopRequested: _on_stop_requested,
        inputs.SignalRequested: _on_signal_requested,
        inputs.ChildSpawned: _on_spawned,
        inputs.SpawnFailed: _on_spawn_failed,
        inputs.ChildExited: _on_exited,
        inputs.SignalRefused: _on_signal_refused,
        inputs.TroubleArose: _on_trouble_arose,
        inputs.TroubleEnded: _on_trouble_ended,
        inputs.TroublesCleared: _on_troubles_cleared,
        inputs.EventsDrained: _on_drained,
        inputs.DeadlineReached: _on_deadline,
        inputs.ShutdownRequested: _on_leaving,
        inputs.RestartRequested: _on_leaving,
    }

    # -- what follows ----------------------------------------------------------------------------

    def _start_unless_leaving(self, process_id: int, now: Now, commands: list[Command]) -> None:
        if self._shutdown is None:
            self._apply(process_id, Happening.START, Detail(now), commands)

    def _apply(
        self, process_id: int, happening: Happening, detail: Detail, commands: list[Command]
    ) -> None:
        """Put one happening through the machine, then everything that follows from it."""
        member = self._members[process_id]
        before = self._processes[process_id]
        process, wanted = machine.step(before, member.spec, happening, detail)
        self._keep(process)
        commands += wanted
        self._answer_waiters(process_id, commands, went_up=_went_up(wanted))
        self._follow(process, member.spec, detail, commands)

    def _keep(self, process: Process) -> None:
        """From now on this is what is known of it."""
        self._processes[process.id] = process
        self._deadlines.set(process.id, process.deadline_s)
        unstopped = self._members[process.id].group.unstopped
        if process.state in _STOPPED_STATES:
            unstopped.discard(process.id)
        else:
            unstopped.add(process.id)

    def _follow(
        self, process: Process, spec: ProcessSpec, detail: Detail, commands: list[Command]
    ) -> None:
        """The next happening that a state brings about by itself, if any."""
        now = detail.now
        if machine.retries_are_spent(process, spec):
            # With the detail of the last failure: it is why there will be no other try.
            self._apply(process.id, Happening.RETRIES_SPENT, detail, commands)
        elif self._shutdown is not None:
            return
        elif process.state == ProcessStates.STOPPED and process.id in self._start_waiters:
            self._apply(process.id, Happening.START, Detail(now), commands)
        elif machine.is_restarted(process, spec):
            pause_s = spec.restart.delay.after(1)
            if pause_s <= 0:
                self._apply(process.id, Happening.START, Detail(now), commands)
            elif process.deadline_s is None:
                self._processes[process.id] = process._replace(deadline_s=now.mono_s + pause_s)
                self._deadlines.set(process.id, now.mono_s + pause_s)

    def _answer_waiters(
        self, process_id: int, commands: list[Command], went_up: bool = False
    ) -> None:
        process = self._processes[process_id]
        if process_id in self._start_waiters:
            fault = self._start_result(process, went_up)
            if fault is not None:
                self._answer(self._start_waiters, process_id, commands, fault)
        if process.state in _STOPPED_STATES and process_id in self._stop_waiters:
            self._stop_reports.set(process_id, None)
            self._answer(self._stop_waiters, process_id, commands, Fault.SUCCESS)

    @staticmethod
    def _answer(
        waiters: dict[int, list[Ticket]],
        process_id: int,
        commands: list[Command],
        fault: Fault,
        text: str | None = None,
    ) -> None:
        tickets = waiters.pop(process_id, ())
        commands += [Answer(ticket, fault, text) for ticket in tickets]

    def _start_result(self, process: Process, went_up: bool) -> Fault | None:
        """What a request to start is answered now; None to go on waiting."""
        if went_up or process.state == ProcessStates.RUNNING:
            return Fault.SUCCESS
        if process.state == ProcessStates.STARTING:
            return None
        if process.state in (ProcessStates.BACKOFF, ProcessStates.FATAL):
            return Fault.SPAWN_ERROR
        if process.state in (ProcessStates.STOPPING, ProcessStates.STOPPED):
            # Asked for during a stop: it is started when that is complete.
            return None if self._shutdown is None else Fault.ABNORMAL_TERMINATION
        return Fault.ABNORMAL_TERMINATION

    # -- leaving ---------------------------------------------------------------------------------

    def _go_on_leaving(self, shutdown: Shutdown, now: Now, commands: list[Command]) -> None:
        self._refuse_starts(commands)
        self._stop_next_groups(shutdown, now, commands)
        if shutdown.begins_to_drain(now.mono_s):
            commands.append(DrainEvents())
        if shutdown.is_draining and not self._may_deliver(shutdown, now):
            commands.append(GiveUpDraining())
            shutdown.end_drain()
            self._stop_next_groups(shutdown, now, commands)
        if shutdown.finished:
            self._left = True
            commands.append(Leave())
        elif shutdown.report_is_due(now.mono_s):
            commands.append(self._report_leaving(shutdown, now))

    def _report_leaving(self, shutdown: Shutdown, now: Now) -> WriteLog:
        if shutdown.drain_until_s is not None:
            return messages.waiting_to_deliver(shutdown.drain_until_s - now.mono_s)
        return messages.waiting_to_die(list(self._unstopped_names()))

    def _stop_next_groups(self, shutdown: Shutdown, now: Now, commands: list[Command]) -> None:
        while (group := shutdown.next_to_ask()) is not None:
            for process_id in group.descending:
                self._stop_for_good(process_id, now, commands)

    def _may_deliver(self, shutdown: Shutdown, now: Now) -> bool:
        """Whether there is still time, and a listener that may take an event."""
        if shutdown.drain_until_s is None or now.mono_s >= shutdown.drain_until_s:
            return False
        # Nothing is started any more, so those in BACKOFF will not come back.
        return any(
            self._processes[process_id].state != ProcessStates.BACKOFF
            for group in shutdown.listeners
            for process_id in group.unstopped
        )

    def _refuse_starts(self, commands: list[Command]) -> None:
        for process_id in list(self._start_waiters):
            if self._processes[process_id].state not in (
                ProcessStates.STARTING,
                ProcessStates.BACKOFF,
            ):
                self._answer(self._start_waiters, process_id, commands, Fault.ABNORMAL_TERMINATION)

    def _stop_for_good(self, process_id: int, now: Now, commands: list[Command]) -> None:
        process = self._processes[process_id]
        if process.state == ProcessStates.BACKOFF:
            self._apply(process_id, Happening.GIVE_UP, Detail(now), commands)
        elif process.state in (ProcessStates.STARTING, ProcessStates.RUNNING):
            self._apply(process_id, machine.classify_stop(process), Detail(now), commands)

    def _unstopped_names(self) -> Iterator[str]:
        for group in self._groups.values():
            yield from self._names(each for each in group.ids if each in group.unstopped)

    def _names(self, process_ids: Iterable[int]) -> Iterator[str]:
        for process_id in process_ids:
            yield self._members[process_id].spec.name


def _signal_key(process_id: int) -> str:
    """Key of the trouble that a process cannot be signalled."""
    return f"signal {process_id}"


def _went_up(commands: list[Command]) -> bool:
    """Whether RUNNING was entered, be it only for a moment."""
    return any(
        isinstance(each, StateChange) and each.to_state == ProcessStates.RUNNING
        for each in commands
    )
