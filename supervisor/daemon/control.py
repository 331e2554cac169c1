"""What others may ask of the programs: checks a request, then hands it to the core.

Implements `core.control.Control`.
"""

from supervisor.core import inputs
from supervisor.core.control import Ticket
from supervisor.core.snapshot import GroupRoll, GroupSnapshot, ProcessSnapshot
from supervisor.core.supervision import Supervision
from supervisor.daemon.loop import Lines, OneByOne
from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any, Callable, Mapping
from supervisor.states import RUNNING_STATES, SIGNALLABLE_STATES, ProcessStates


class _Together:
    """Implements `core.control.Together`."""

    __slots__ = ("_lines",)

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def __enter__(self) -> None:
        self._lines.hold()

    def __exit__(self, *exception: object) -> None:
        self._lines.release()


class ProgramControl:
    """Requests to the processes of a `Supervision`."""

    def __init__(
        self,
        supervision: Supervision,
        submit: Callable[[Any], None],
        check_command: Callable[[int], None],
    ) -> None:
        self._supervision = supervision
        self._submit = submit
        self._check_command = check_command
        """Raises RequestRefused NO_FILE or NOT_EXECUTABLE if the command cannot be run."""
        self.lines: Lines = OneByOne()
        """What is logged because of requests."""

    def mood(self) -> int:
        """State of the daemon: a code of `SupervisorStates`."""
        return self._supervision.mood

    def trouble(self) -> str | None:
        """Why the daemon is FATAL, in whole sentences; None if nothing is wrong."""
        return self._supervision.trouble()

    def clear_fatal(self) -> None:
        """Accept what is wrong: the daemon is RUNNING until the system refuses something anew."""
        self._submit(inputs.TroublesCleared())

    def groups(self) -> list[GroupSnapshot]:
        """All groups in ascending (priority, name), members in ascending priority."""
        return self._supervision.groups()

    def group(self, name: str) -> GroupSnapshot | None:
        """The active group of that name."""
        return self._supervision.group(name)

    def rolls(self) -> list[GroupRoll]:
        """Who is in which group, in the order of `groups`."""
        return self._supervision.rolls()

    @property
    def revision(self) -> int:
        """Another number whenever a process has come, gone or been given other policies."""
        return self._supervision.revision

    def marks(self) -> Mapping[int, object]:
        """By id of each process: another object whenever anything else is known of it."""
        return self._supervision.marks()

    def process(self, process_id: int) -> ProcessSnapshot:
        """The current picture of one process. Raises KeyError if it was removed."""
        return self._supervision.process(process_id)

    def find(self, group: str, name: str) -> ProcessSnapshot | None:
        """The process of that name in that group."""
        return self._supervision.find(group, name)

    def together(self) -> _Together:
        """See `core.control.Control.together`."""
        return _Together(self.lines)

    def start(self, process_id: int) -> Ticket:
        """See `core.control.Control.start`."""
        # The command is looked at first, even if the process runs: clients see that order.
        self._check_command(process_id)
        state = self._supervision.state(process_id)
        if state in RUNNING_STATES:
            raise RequestRefused(Fault.ALREADY_STARTED)
        if state == ProcessStates.UNKNOWN:
            raise RequestRefused(Fault.FAILED, "is in an unknown process state")
        ticket = Ticket()
        self._submit(inputs.StartRequested(process_id, ticket))
        return ticket

    def stop(self, process_id: int, waited: bool = True) -> Ticket:
        """See `core.control.Control.stop`."""
        state = self._supervision.state(process_id)
        if state not in RUNNING_STATES and state != ProcessStates.STOPPING:
            raise RequestRefused(Fault.NOT_RUNNING)
        ticket = Ticket()
        self._submit(inputs.StopRequested(process_id, ticket, waited))
        return ticket

    def signal(self, process_id: int, signum: int) -> Ticket:
        """See `core.control.Control.signal`."""
        if self._supervision.state(process_id) not in SIGNALLABLE_STATES:
            raise RequestRefused(Fault.NOT_RUNNING)
        ticket = Ticket()
        self._submit(inputs.SignalRequested(process_id, signum, ticket))
        return ticket

    def shutdown(self) -> None:
        """Stop everything, then leave."""
        self._submit(inputs.ShutdownRequested())

    def restart(self) -> None:
        """Stop everything, then start again with what `Configuration.prepare_restart` has read."""
        self._submit(inputs.RestartRequested())
