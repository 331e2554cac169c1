"""Starting, stopping and signalling: one process, a group, or all."""

from supervisor.core.control import Ticket
from supervisor.core.snapshot import GroupSnapshot, ProcessSnapshot
from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any, Callable, Iterable
from supervisor.lean import partial
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.family import Family
from supervisor.rpc.signals import signal_number
from supervisor.rpc.statuses import Statuses, refusal_of
from supervisor.states import RUNNING_STATES, SIGNALLABLE_STATES, ProcessStates

_NAMELESS = frozenset({Fault.ALREADY_STARTED, Fault.NOT_RUNNING})
"""Faults that the control raises without knowing what the client calls the process."""

Ask = Callable[[ProcessSnapshot, str], Ticket | None]
"""Asks for something on behalf of a client, who calls the process so.

Returns the ticket to be waited for, None if it is done. Raises RequestRefused.
"""


def _named(refused: RequestRefused, name: str) -> RequestRefused:
    """The same refusal in the words of the client."""
    if refused.fault is Fault.FAILED:
        return RequestRefused(Fault.FAILED, f"{name} is in an unknown process state")
    if refused.fault in _NAMELESS:
        return RequestRefused(refused.fault, name)
    return refused


def _ask_each(processes: Iterable[ProcessSnapshot], ask: Ask) -> Statuses:
    statuses = Statuses()
    for process in processes:
        name = process.namespec
        try:
            ticket = ask(process, name)
        except RequestRefused as refused:
            statuses.refused(process, refused)
            continue
        if ticket is None:
            statuses.succeeded(process)
        else:
            statuses.pending(process, ticket, name)
    return statuses


def _true(ticket: Ticket | None, name: str) -> bool | Deferred:
    """True once the ticket is known to have gone well."""
    if ticket is None:
        return True
    answer = Deferred()
    ticket.then(lambda known: answer.settle(partial(_checked, known, name)))
    return answer


def _checked(ticket: Ticket, name: str) -> bool:
    refused = refusal_of(ticket, name)
    if refused is not None:
        raise refused
    return True


class ProcessFamily(Family):
    """Methods that change what runs. Each asks the control and is told the outcome."""

    # -- start -----------------------------------------------------------------------------------

    def startProcess(self, name: str, wait: bool = True) -> Any:
        """Start a process, or all processes of a group with ``group:*``.

        A process that is just stopping is started as soon as it has stopped. A start that failed
        is tried again in the background, as the configuration says.

        @param string name      Name of the process: ``name``, ``group:name`` or ``group:*``.
        @param boolean wait     Answer when the process is running, not when it was spawned.
        @return boolean result  Always true; an array of statuses for a whole group.
        @raise BAD_NAME         There is no such process.
        @raise NO_FILE          The program of the process was not found.
        @raise NOT_EXECUTABLE   The program cannot be executed, or the command cannot be parsed.
        @raise ALREADY_STARTED  The process is starting, running or between two retries.
        @raise FAILED           The state of the process is not known.
        @raise SPAWN_ERROR      The process could not be started, or ended too soon.
        @raise ABNORMAL_TERMINATION  The process left STARTING without having been up.
        @role operate
        @http POST /processes/{name}/start
        """
        self._refuse_while_leaving()
        found = self._group_or_process(name)
        if isinstance(found, GroupSnapshot):
            return self._start_each(found.processes, wait)
        return _true(self._start(found, name, wait), name)

    def startProcessGroup(self, name: str, wait: bool = True) -> Any:
        """Start all processes of a group that are not running, in ascending priority.

        @param string name      Name of the group.
        @param boolean wait     Answer when each process is running, not when it was spawned.
        @return array statuses  One struct for each process that was to be started.
        @raise BAD_NAME         There is no such group.
        @role operate
        @http POST /groups/{name}/start
        """
        self._refuse_while_leaving()
        return self._start_each(self._group(name).processes, wait)

    def startAllProcesses(self, wait: bool = True) -> Any:
        """Start all processes that are not running, in ascending priority of groups and members.

        @param boolean wait     Answer when each process is running, not when it was spawned.
        @return array statuses  One struct for each process that was to be started.
        @role operate
        @http POST /supervisor/start-all
        """
        self._refuse_while_leaving()
        return self._start_each(self._all_processes(), wait)

    def _start(self, process: ProcessSnapshot, name: str, wait: bool) -> Ticket | None:
        try:
            ticket = self._services.control.start(process.id)
        except RequestRefused as refused:
            raise _named(refused, name) from refused
        if wait and not ticket.done:
            return ticket
        # Who does not wait is told about a failed spawn, not about what happened after it.
        if wait or ticket.fault is Fault.SPAWN_ERROR:
            _checked(ticket, name)
        return None

    def _start_each(self, processes: Iterable[ProcessSnapshot], wait: bool) -> Any:
        wanted = [process for process in processes if process.state not in RUNNING_STATES]
        return self._each(wanted, lambda process, name: self._start(process, name, wait))

    # -- stop ------------------------------------------------------------------------------------

    def stopProcess(self, name: str, wait: bool = True) -> Any:
        """Stop a process, or all processes of a group with ``group:*``.

        @param string name      Name of the process: ``name``, ``group:name`` or ``group:*``.
        @param boolean wait     Answer when the process has stopped, not when it was told to.
        @return boolean result  Always true; an array of statuses for a whole group.
        @raise BAD_NAME         There is no such process.
        @raise NOT_RUNNING      The process is not running, or is stopping already.
        @raise FAILED           The process could not be signalled.
        @role operate
        @http POST /processes/{name}/stop
        """
        self._refuse_while_leaving()
        found = self._group_or_process(name)
        if isinstance(found, GroupSnapshot):
            return self._stop_each(found.processes, wait)
        if found.state not in RUNNING_STATES:
            raise RequestRefused(Fault.NOT_RUNNING, name)
        return _true(self._stop(found, name, wait), name)

    def stopProcessGroup(self, name: str, wait: bool = True) -> Any:
        """Stop all running processes of a group, in ascending priority.

        A process that is stopping already is waited for like the others.

        @param string name      Name of the group.
        @param boolean wait     Answer when each process has stopped, not when it was told to.
        @return array statuses  One struct for each process that was to be stopped.
        @raise BAD_NAME         There is no such group.
        @role operate
        @http POST /groups/{name}/stop
        """
        self._refuse_while_leaving()
        return self._stop_each(self._group(name).processes, wait)

    def stopAllProcesses(self, wait: bool = True) -> Any:
        """Stop all running processes, in ascending priority of groups and members.

        A process that is stopping already is waited for like the others.

        @param boolean wait     Answer when each process has stopped, not when it was told to.
        @return array statuses  One struct for each process that was to be stopped.
        @role operate
        @http POST /supervisor/stop-all
        """
        self._refuse_while_leaving()
        return self._stop_each(self._all_processes(), wait)

    def _stop(self, process: ProcessSnapshot, name: str, wait: bool) -> Ticket | None:
        try:
            ticket = self._services.control.stop(process.id, waited=bool(wait))
        except RequestRefused as refused:
            raise _named(refused, name) from refused
        if wait and not ticket.done:
            return ticket
        _checked(ticket, name)
        return None

    def _stop_each(self, processes: Iterable[ProcessSnapshot], wait: bool) -> Any:
        # Who waits wants all of them gone (L36); who does not has nothing to ask of those that
        # are stopping.
        states = (*RUNNING_STATES, ProcessStates.STOPPING) if wait else RUNNING_STATES
        wanted = [process for process in processes if process.state in states]
        return self._each(wanted, partial(self._stop, wait=wait))

    # -- signal ----------------------------------------------------------------------------------

    def signalProcess(self, name: str, signal: str | int) -> Any:
        """Send a signal to a process, or to all processes of a group with ``group:*``.

        It goes to the process alone, never to its process group, and changes no state.

        @param string name      Name of the process: ``name``, ``group:name`` or ``group:*``.
        @param string signal    Name such as ``HUP`` or ``sighup``, or number.
        @return boolean result  Always true; an array of statuses for a whole group.
        @raise BAD_NAME         There is no such process.
        @raise BAD_SIGNAL       There is no such signal.
        @raise NOT_RUNNING      The process is not starting, running or stopping.
        @raise FAILED           The system refused the signal.
        @role operate
        @http POST /processes/{name}/signal
        """
        self._refuse_while_leaving()
        found = self._group_or_process(name)
        if isinstance(found, GroupSnapshot):
            return self._signal_each(found.processes, signal)
        self._signal(found, name, signal)
        return True

    def signalProcessGroup(self, name: str, signal: str | int) -> Any:
        """Send a signal to all processes of a group that are starting, running or stopping.

        @param string name      Name of the group.
        @param string signal    Name such as ``HUP`` or ``sighup``, or number.
        @return array statuses  One struct for each process that was to be signalled.
        @raise BAD_NAME         There is no such group.
        @role operate
        @http POST /groups/{name}/signal
        """
        self._refuse_while_leaving()
        return self._signal_each(self._group(name).processes, signal)

    def signalAllProcesses(self, signal: str | int) -> Any:
        """Send a signal to all processes that are starting, running or stopping.

        @param string signal    Name such as ``HUP`` or ``sighup``, or number.
        @return array statuses  One struct for each process that was to be signalled.
        @role operate
        @http POST /supervisor/signal-all
        """
        self._refuse_while_leaving()
        return self._signal_each(self._all_processes(), signal)

    def _signal(self, process: ProcessSnapshot, name: str, signal: object) -> None:
        number = signal_number(signal)
        if process.state not in SIGNALLABLE_STATES:
            raise RequestRefused(Fault.NOT_RUNNING, name)
        try:
            ticket = self._services.control.signal(process.id, number)
        except RequestRefused as refused:
            raise _named(refused, name) from refused
        _checked(ticket, name)

    def _signal_each(self, processes: Iterable[ProcessSnapshot], signal: object) -> Any:
        wanted = [process for process in processes if process.state in SIGNALLABLE_STATES]
        return self._each(wanted, lambda process, name: self._signal(process, name, signal))

    # -- each ------------------------------------------------------------------------------------

    def _each(self, processes: Iterable[ProcessSnapshot], ask: Ask) -> Any:
        """Ask for each of them: the array of statuses, now or later."""
        with self._services.control.together():
            statuses = _ask_each(processes, ask)
        return statuses.answer()
