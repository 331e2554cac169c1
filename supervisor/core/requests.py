"""What people and programs ask of one process: to start, to stop, to get a signal.

Looked at again here: another request may have been carried out since this one was accepted.
"""

from supervisor.core import inputs
from supervisor.core.commands import Answer, Command, SendSignal
from supervisor.core.component import Now
from supervisor.core.lifecycle import Lifecycle
from supervisor.core.process_values import STOPPING, UNKNOWN
from supervisor.core.roster import Roster
from supervisor.core.waiters import Waiters
from supervisor.errors import Fault
from supervisor.states import RUNNING_STATES, SIGNALLABLE_STATES, STOPPED_STATES


class Requests:
    """Answers what can be answered now; `Waiters` have the rest."""

    __slots__ = ("_lifecycle", "_roster", "_waiters")

    def __init__(self, roster: Roster, waiters: Waiters, lifecycle: Lifecycle) -> None:
        self._roster = roster
        self._waiters = waiters
        self._lifecycle = lifecycle

    def on_start(self, happened: inputs.StartRequested, now: Now, commands: list[Command]) -> None:
        """Start it, or join those who wait for the start under way."""
        process_id = happened.process_id
        state = self._roster.process(process_id).state
        if state in RUNNING_STATES:
            commands.append(Answer(happened.ticket, Fault.ALREADY_STARTED))
            return
        if state == UNKNOWN:
            commands.append(Answer(happened.ticket, Fault.FAILED))
            return
        self._waiters.await_start(process_id, happened.ticket)
        if state == STOPPING:
            # It is started as soon as it has stopped (`core.lifecycle`).
            return
        self._lifecycle.start(process_id, now, commands)
        self._lifecycle.answer(process_id, commands)

    def on_stop(self, happened: inputs.StopRequested, now: Now, commands: list[Command]) -> None:
        """Stop it, or join those who wait for the stop under way."""
        process_id = happened.process_id
        if self._has_stopped(process_id):
            # It was running when it was asked for, and has ended since.
            commands.append(Answer(happened.ticket, Fault.NOT_RUNNING))
            return
        if self._waiters.is_start_awaited(process_id):
            # Whoever waits for a start after the stop under way has been overruled.
            self._waiters.answer_starts(process_id, Fault.ABNORMAL_TERMINATION, commands)
        self._lifecycle.stop(process_id, now, commands)
        if self._has_stopped(process_id):
            commands.append(Answer(happened.ticket))
            return
        self._waiters.await_stop(process_id, happened.ticket)
        if happened.reported:
            self._report_stop(process_id, now, commands)

    def on_signal(
        self, happened: inputs.SignalRequested, now: Now, commands: list[Command]
    ) -> None:
        """Send the signal; the ticket is answered when that is done."""
        process = self._roster.process(happened.process_id)
        if process.state not in SIGNALLABLE_STATES or not process.pid:
            commands.append(Answer(happened.ticket, Fault.NOT_RUNNING))
            return
        commands.append(
            SendSignal(
                process.id, process.pid, happened.signum, False, happened.ticket, stopping=False
            )
        )

    def report_stops(self, now: Now, commands: list[Command]) -> None:
        """Say again which stops are waited for, as far as that is due."""
        for process_id in self._waiters.reports.take_due(now.mono_s):
            self._report_stop(process_id, now, commands)

    def _report_stop(self, process_id: int, now: Now, commands: list[Command]) -> None:
        name = self._roster.spec(process_id).name
        self._waiters.report_stop(process_id, name, now.mono_s, commands)

    def _has_stopped(self, process_id: int) -> bool:
        return self._roster.by_id[process_id].state in STOPPED_STATES
