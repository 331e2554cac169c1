"""What others may ask of the supervised processes, and the answer to come.

RPC, pages and features never change a process: they ask here, and are told the outcome when the
state change has happened. Requests are carried out before the call returns as far as that is
possible without waiting, so a look at the snapshot right after a request shows its effect.
"""

from supervisor.core.snapshot import GroupRoll, GroupSnapshot, ProcessSnapshot
from supervisor.errors import Fault
from supervisor.hints import Callable, Mapping, Protocol, Sequence


class Ticket:
    """The answer to a request: a fault code (SUCCESS if all went well), sometimes with a text."""

    __slots__ = ("_callbacks", "fault", "text")

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self.text: str | None = None
        self._callbacks: list[Callable[[Ticket], None]] = []

    @property
    def done(self) -> bool:
        """True once the answer is known."""
        return self.fault is not None

    def then(self, callback: Callable[["Ticket"], None]) -> None:
        """Call back with this ticket when the answer is known: now, if it already is."""
        if self.fault is not None:
            callback(self)
        else:
            self._callbacks.append(callback)

    def resolve(self, fault: Fault = Fault.SUCCESS, text: str | None = None) -> None:
        """Give the answer and tell everybody. A ticket is resolved once; see `settle`."""
        for callback in self.settle(fault, text):
            callback(self)

    def settle(
        self, fault: Fault = Fault.SUCCESS, text: str | None = None
    ) -> list[Callable[["Ticket"], None]]:
        """Give the answer; returns who has yet to be told, which is up to the caller.

        Further answers are ignored.
        """
        if self.fault is not None:
            return []
        self.fault, self.text = fault, text
        callbacks, self._callbacks = self._callbacks, []
        return callbacks


class Together(Protocol):
    """What belongs together: to be used by `with`."""

    def __enter__(self) -> object: ...

    def __exit__(self, *exception: object) -> None: ...


class Control(Protocol):
    """Requests to the supervised processes, by process id (an int from a snapshot)."""

    def mood(self) -> int:
        """State of the daemon: a code of `SupervisorStates`."""

    def trouble(self) -> str | None:
        """Why the daemon is FATAL, in whole sentences; None if nothing is wrong."""

    def clear_fatal(self) -> None:
        """Accept what is wrong: the daemon is RUNNING until the system refuses something anew."""

    def groups(self) -> Sequence[GroupSnapshot]:
        """All active groups in ascending (priority, name), members in ascending priority."""

    def group(self, name: str) -> GroupSnapshot | None:
        """The active group of that name."""

    def rolls(self) -> Sequence[GroupRoll]:
        """Who is in which group, in the order of `groups`, which takes many times as long."""
        ...

    @property
    def revision(self) -> int:
        """Another number whenever a process has come, gone or been given other policies."""

    def marks(self) -> Mapping[int, object]:
        """By id of each process: another object whenever anything else is known of it."""

    def process(self, process_id: int) -> ProcessSnapshot:
        """The current picture of one process. Raises KeyError if it was removed."""

    def find(self, group: str, name: str) -> ProcessSnapshot | None:
        """The process of that name in that group."""

    def together(self) -> Together:
        """Requests that are made meanwhile belong together: their lines are logged at once."""
        ...

    def start(self, process_id: int) -> Ticket:
        """Start it: resolved SUCCESS when RUNNING, SPAWN_ERROR or ABNORMAL_TERMINATION when not.

        A STOPPING process is started as soon as it has stopped.
        Raises RequestRefused without an extra: NO_FILE and NOT_EXECUTABLE (these with the reason
        as extra), ALREADY_STARTED, FAILED (unknown state).
        """

    def stop(self, process_id: int, waited: bool = True) -> Ticket:
        """Stop it: resolved SUCCESS in a stopped state, FAILED with a text if it cannot be killed.

        `waited` tells whether somebody waits for the answer: only then the wait is logged.

        Also accepted while STOPPING: waits for the stop under way (single-process RPC refuses that
        before asking). Raises RequestRefused NOT_RUNNING in a stopped state.
        """

    def signal(self, process_id: int, signum: int) -> Ticket:
        """Send a signal to the pid alone: resolved at once, FAILED with a text if refused.

        Raises RequestRefused NOT_RUNNING unless STARTING, RUNNING or STOPPING.
        """

    def shutdown(self) -> None:
        """Stop everything, then leave."""

    def restart(self) -> None:
        """Stop everything, then start again with the configuration validated beforehand."""
