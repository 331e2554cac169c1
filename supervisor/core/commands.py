"""What the core wants done: everything that comes out of it, in the imperative."""

from supervisor.core.control import Ticket
from supervisor.core.process_values import Detail, Process
from supervisor.core.settled import Cause, Settled, cause_of, settlement
from supervisor.errors import Fault
from supervisor.tuples import NamedTuple


class Spawn(NamedTuple):
    """Start a child; the outcome comes back as ChildSpawned or SpawnFailed."""

    process_id: int


class CancelSpawn(NamedTuple):
    """Forget a Spawn that has not been carried out yet; no outcome will come."""

    process_id: int


class SendSignal(NamedTuple):
    """Signal a child; a refusal comes back as SignalRefused, a child that is gone does not."""

    process_id: int
    pid: int
    signum: int
    to_group: bool
    ticket: Ticket | None
    """To be answered, if the signal was asked for by somebody."""
    stopping: bool
    """Whether it is meant to end the child (tells the log lines apart)."""


class StateChange(NamedTuple):
    """Tell everybody who subscribed that a process changed its state.

    What led there is only worked out when somebody asks: nearly always nobody does.
    """

    process_id: int
    name: str
    group: str
    from_state: int
    to_state: int
    pid: int
    tries: int
    """Failed starts so far (STARTING, BACKOFF)."""
    expected: bool
    """Whether the exit code was an expected one (EXITED)."""
    before: Process | None = None
    """What was known of the process in `from_state`."""
    process: Process | None = None
    """What it was then: when this is told it may be another."""
    detail: Detail | None = None
    """The input that led there; with this there are also the two above."""
    left: int | None = None
    """The settled state before, if the process has come to rest in another one by this."""

    @property
    def cause(self) -> Cause | None:
        """What led there."""
        before, after, detail = self.before, self.process, self.detail
        if before is None or after is None or detail is None:
            return None
        return cause_of(before, after, detail)

    @property
    def settled(self) -> Settled | None:
        """What there is to say if the process has come to rest in another state than before."""
        left = self.left
        if left is None:
            return None
        cause = self.cause
        assert cause is not None, "a process came to rest, and nobody knows why"
        return settlement(left, self.to_state, cause)


class MoodChange(NamedTuple):
    """Tell everybody that the daemon began to run, is FATAL, or began to stop."""

    mood: int
    """A code of `SupervisorStates`."""
    reason: str = ""
    """What is wrong (FATAL)."""


class GroupChange(NamedTuple):
    """Tell everybody that a group was added or removed."""

    name: str
    added: bool


class WriteLog(NamedTuple):
    """A line for the main log."""

    level: int
    text: str


class Answer(NamedTuple):
    """Give the answer to a request."""

    ticket: Ticket
    fault: Fault = Fault.SUCCESS
    text: str | None = None


class DrainEvents(NamedTuple):
    """Everything but listeners has stopped: tell by `EventsDrained` when no event waits."""


class GiveUpDraining(NamedTuple):
    """Events that still wait will not be delivered: say how many are lost."""


class Leave(NamedTuple):
    """Nothing is left to stop: end the loop."""


Command = (
    Spawn
    | CancelSpawn
    | SendSignal
    | StateChange
    | MoodChange
    | GroupChange
    | WriteLog
    | Answer
    | DrainEvents
    | GiveUpDraining
    | Leave
)
