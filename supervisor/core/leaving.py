"""Leaving: everything is stopped in its turn, nothing is started any more, and then the loop ends.

Whose turn it is says `core.shutdown`.
"""

from supervisor.core import inputs, messages
from supervisor.core import process as machine
from supervisor.core.commands import Command, DrainEvents, GiveUpDraining, Leave, WriteLog
from supervisor.core.component import Now
from supervisor.core.lifecycle import Lifecycle
from supervisor.core.mood import Mood
from supervisor.core.process_values import BACKOFF, RUNNING, STARTING, Detail, Happening
from supervisor.core.roster import Roster
from supervisor.core.shutdown import Shutdown
from supervisor.core.waiters import Waiters
from supervisor.errors import Fault
from supervisor.states import SupervisorStates


class Leaving:
    """Goes on with the shutdown, if there is one, after every input."""

    __slots__ = (
        "_event_drain_s",
        "_has_left",
        "_lifecycle",
        "_mood",
        "_roster",
        "_shutdown",
        "_waiters",
    )

    def __init__(
        self,
        event_drain_s: float,
        roster: Roster,
        waiters: Waiters,
        mood: Mood,
        lifecycle: Lifecycle,
    ) -> None:
        self._event_drain_s = event_drain_s
        """How long the last events may take to be delivered, listeners stopping last; 0 to stop
        listeners in the order of their priorities, whatever waits for them."""
        self._roster = roster
        self._waiters = waiters
        self._mood = mood
        self._lifecycle = lifecycle
        self._shutdown: Shutdown | None = None
        self._has_left = False

    def deadlines_s(self) -> tuple[float | None, ...]:
        """When to go on, whatever happens; None for never."""
        if self._shutdown is None or self._has_left:
            return ()
        return self._shutdown.next_report_s, self._shutdown.drain_until_s

    def on_requested(
        self,
        happened: inputs.ShutdownRequested | inputs.RestartRequested,
        now: Now,
        commands: list[Command],
    ) -> None:
        """From now on the daemon leaves."""
        is_shutdown = isinstance(happened, inputs.ShutdownRequested)
        code = SupervisorStates.SHUTDOWN if is_shutdown else SupervisorStates.RESTARTING
        self._mood.leave(code, commands)
        if self._shutdown is None:
            self._shutdown = Shutdown(self._roster.groups(), now.mono_s, self._event_drain_s)
            self._cancel_spawns(now, commands)

    def on_drained(self, happened: inputs.EventsDrained, now: Now, commands: list[Command]) -> None:
        """Listeners need not be left alone any longer."""
        if self._shutdown is not None:
            self._shutdown.end_drain()

    def go_on(self, now: Now, commands: list[Command]) -> None:
        """Do whatever has its turn now."""
        if self._shutdown is not None and not self._has_left:
            self._go_on(self._shutdown, now, commands)

    def _go_on(self, shutdown: Shutdown, now: Now, commands: list[Command]) -> None:
        self._refuse_starts(commands)
        self._stop_next_groups(shutdown, now, commands)
        if shutdown.begins_to_drain(now.mono_s):
            commands.append(DrainEvents())
        if shutdown.is_draining and not self._may_deliver(shutdown, now):
            commands.append(GiveUpDraining())
            shutdown.end_drain()
            self._stop_next_groups(shutdown, now, commands)
        if shutdown.finished:
            self._has_left = True
            commands.append(Leave())
        elif shutdown.report_is_due(now.mono_s):
            commands.append(self._report(shutdown, now))

    def _cancel_spawns(self, now: Now, commands: list[Command]) -> None:
        """From now on nothing is started, whatever its group has to wait for."""
        for process in self._roster.processes():
            happening = machine.classify_stop(process)
            if happening is Happening.STOP_UNSPAWNED:
                self._lifecycle.apply(process.id, happening, Detail(now), commands)

    def _refuse_starts(self, commands: list[Command]) -> None:
        for process_id in self._waiters.processes_to_start():
            if self._roster.process(process_id).state not in (STARTING, BACKOFF):
                self._waiters.answer_starts(process_id, Fault.ABNORMAL_TERMINATION, commands)

    def _stop_next_groups(self, shutdown: Shutdown, now: Now, commands: list[Command]) -> None:
        while (group := shutdown.next_to_ask()) is not None:
            for process_id in group.descending:
                self._stop_for_good(process_id, now, commands)

    def _stop_for_good(self, process_id: int, now: Now, commands: list[Command]) -> None:
        state = self._roster.process(process_id).state
        if state == BACKOFF:
            self._lifecycle.apply(process_id, Happening.GIVE_UP, Detail(now), commands)
        elif state in (STARTING, RUNNING):
            self._lifecycle.stop(process_id, now, commands)

    def _may_deliver(self, shutdown: Shutdown, now: Now) -> bool:
        """Whether there is still time, and a listener that may take an event."""
        if shutdown.drain_until_s is None or now.mono_s >= shutdown.drain_until_s:
            return False
        # Nothing is started any more, so those in BACKOFF will not come back.
        return any(
            self._roster.process(process_id).state != BACKOFF
            for group in shutdown.listeners
            for process_id in group.unstopped
        )

    def _report(self, shutdown: Shutdown, now: Now) -> WriteLog:
        if shutdown.drain_until_s is not None:
            return messages.waiting_to_deliver(shutdown.drain_until_s - now.mono_s)
        return messages.waiting_to_die(self._roster.unstopped_names())
