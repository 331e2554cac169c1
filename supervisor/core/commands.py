"""What the core wants done: everything that comes out of it, in the imperative."""

from typing import NamedTuple

from supervisor.core.control import Ticket
from supervisor.errors import Fault


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
    """Tell everybody who subscribed that a process changed its state."""

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


class MoodChange(NamedTuple):
    """Tell everybody that the daemon began to run or to stop: a code of SupervisorStates."""

    mood: int


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
    | Leave
)
