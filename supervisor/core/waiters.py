"""Who waits for a process to start or to stop, and which answer that brings them.

The rule: everybody is answered once, with the first state that decides about the request.
"""

from supervisor.core import messages
from supervisor.core.commands import Answer, Command
from supervisor.core.control import Ticket
from supervisor.core.deadlines import Deadlines
from supervisor.core.process_values import (
    BACKOFF,
    FATAL,
    RUNNING,
    STARTING,
    STOPPED,
    STOPPING,
    Process,
)
from supervisor.errors import Fault
from supervisor.hints import Final
from supervisor.states import STOPPED_STATES

STOP_REPORT_EVERY_S: Final = 2.0
"""Seconds between two `waiting for X to stop` lines while somebody waits for the answer."""

_STOPPED_STATES: Final = frozenset(STOPPED_STATES)


class Waiters:
    """The requests that have not been answered yet, by process."""

    __slots__ = ("_starts", "_stops", "reports")

    def __init__(self) -> None:
        self._starts: dict[int, list[Ticket]] = {}
        self._stops: dict[int, list[Ticket]] = {}
        self.reports = Deadlines()
        """When it has to be said again that a stop is waited for."""

    def await_start(self, process_id: int, ticket: Ticket) -> None:
        """The ticket is answered when it is clear what becomes of the start."""
        self._starts.setdefault(process_id, []).append(ticket)

    def await_stop(self, process_id: int, ticket: Ticket) -> None:
        """The ticket is answered when the process has stopped, or cannot be stopped."""
        self._stops.setdefault(process_id, []).append(ticket)

    def has_any(self, process_id: int) -> bool:
        """Whether somebody waits for the process at all."""
        return process_id in self._starts or process_id in self._stops

    def is_start_awaited(self, process_id: int) -> bool:
        """Whether somebody waits for the process to start."""
        return process_id in self._starts

    def processes_to_start(self) -> list[int]:
        """The processes whose start somebody waits for."""
        return list(self._starts)

    def look_at(
        self, process: Process, went_up: bool, is_leaving: bool, commands: list[Command]
    ) -> None:
        """Answer whom this state of the process decides about.

        `went_up` tells whether it has just been RUNNING, be it only for a moment.
        """
        if process.id in self._starts:
            fault = start_result(process, went_up, is_leaving)
            if fault is not None:
                self.answer_starts(process.id, fault, commands)
        if process.state in _STOPPED_STATES:
            self.answer_stops(process.id, Fault.SUCCESS, None, commands)

    def answer_starts(self, process_id: int, fault: Fault, commands: list[Command]) -> None:
        """Answer all who wait for the process to start."""
        commands += [Answer(ticket, fault) for ticket in self._starts.pop(process_id, ())]

    def answer_stops(
        self, process_id: int, fault: Fault, text: str | None, commands: list[Command]
    ) -> None:
        """Answer all who wait for the process to stop."""
        if process_id in self._stops:
            self.reports.set(process_id, None)
            commands += [Answer(ticket, fault, text) for ticket in self._stops.pop(process_id)]

    def report_stop(
        self, process_id: int, name: str, now_s: float, commands: list[Command]
    ) -> None:
        """Say that a stop is waited for: now, and from time to time until it is answered."""
        commands.append(messages.waiting_to_stop(name))
        self.reports.set(process_id, now_s + STOP_REPORT_EVERY_S)


def start_result(process: Process, went_up: bool, is_leaving: bool) -> Fault | None:
    """What a request to start is answered now; None to go on waiting."""
    if went_up or process.state == RUNNING:
        return Fault.SUCCESS
    if process.state == STARTING:
        return None
    if process.state in (BACKOFF, FATAL):
        return Fault.SPAWN_ERROR
    if process.state in (STOPPING, STOPPED) and not is_leaving:
        # Asked for during a stop: it is started when that is complete.
        return None
    return Fault.ABNORMAL_TERMINATION
