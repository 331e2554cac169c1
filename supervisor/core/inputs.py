"""What may happen to supervised processes: all that goes into the core, in the past tense."""

from supervisor.core.control import Ticket
from supervisor.core.policies import GroupSpec, ProcessSpec
from supervisor.hints import Any, Mapping
from supervisor.tuples import NamedTuple


class Ending(NamedTuple):
    """How a child ended."""

    exitcode: int
    """0 to 255, or -1 if a signal ended it."""
    signum: int
    """The signal that ended it, 0 if it exited."""
    words: str
    """The same for people, such as ``exit status 3`` or ``terminated by SIGKILL``."""


class SupervisionBegan(NamedTuple):
    """The daemon is ready: everything with autostart may be started."""


class GroupAdded(NamedTuple):
    """A group of the configuration became active; ids are given to its processes in order."""

    spec: GroupSpec
    process_ids: tuple[int, ...]


class GroupRemoved(NamedTuple):
    """A group was taken out; all its processes had stopped before."""

    name: str


class GroupRevised(NamedTuple):
    """A plug-in gave a group another priority."""

    name: str
    priority: int


class ProcessAdded(NamedTuple):
    """A plug-in put another process into an active group, as the last of its members."""

    spec: ProcessSpec
    process_id: int


class ProcessRemoved(NamedTuple):
    """A plug-in took a process out of its group; it had stopped before."""

    process_id: int


class ProcessRevised(NamedTuple):
    """A plug-in changed the policies of a process: from now on they are these."""

    process_id: int
    spec: ProcessSpec
    """With the same name and group as before."""


class ProcessPatched(NamedTuple):
    """A plug-in wrote what is known of a process (`core.intervention`)."""

    process_id: int
    fields: Mapping[str, Any]
    announced: bool
    """Whether those who subscribed to the state are told."""
    expected: bool = True
    """What they are told about an exit."""


class SpawnDemanded(NamedTuple):
    """A plug-in wants a child now, also of a process that waits for its next try."""

    process_id: int


class KillDemanded(NamedTuple):
    """A plug-in stops a process with a signal of its choice."""

    process_id: int
    signum: int
    signal_name: str


class GivenUp(NamedTuple):
    """A plug-in wants no more tries of a process in BACKOFF."""

    process_id: int


class Doomed(NamedTuple):
    """A process that is up is of no use: it shall be stopped, and be FATAL."""

    process_id: int
    reason: str


class StartRequested(NamedTuple):
    """Somebody wants this process to run."""

    process_id: int
    ticket: Ticket


class StopRequested(NamedTuple):
    """Somebody wants this process to end."""

    process_id: int
    ticket: Ticket
    reported: bool
    """Whether the wait is worth log lines (somebody is waiting for the answer)."""


class SignalRequested(NamedTuple):
    """Somebody wants a signal sent to this process."""

    process_id: int
    signum: int
    ticket: Ticket


class ChildSpawned(NamedTuple):
    """The system made a child for this process."""

    process_id: int
    pid: int


class SpawnFailed(NamedTuple):
    """There is no child: reason is what people read."""

    process_id: int
    reason: str


class ChildExited(NamedTuple):
    """The child of this process is gone, and all its output has been read."""

    process_id: int
    ending: Ending


class SignalRefused(NamedTuple):
    """The system did not let us signal the child (for another reason than its being gone)."""

    process_id: int
    error: str
    ticket: Ticket | None
    """Of the request, if the signal was asked for by somebody."""


class TroubleArose(NamedTuple):
    """The system refused the daemon something: it is FATAL until that is over."""

    key: str
    """What it is about; `TroubleEnded` names it again."""
    reason: str
    """The whole sentence: cannot do this to that, and why."""
    advice: str
    """What people can do about it, in the imperative."""
    process_id: int | None = None
    """The process that it is about, if it is about one: it is over when that is removed."""


class TroubleEnded(NamedTuple):
    """What was refused has worked."""

    key: str


class TroublesCleared(NamedTuple):
    """Somebody knows of all troubles, and wants the daemon to be RUNNING."""


class EventsDrained(NamedTuple):
    """Nothing waits for a listener any more (`DrainEvents`)."""


class DeadlineReached(NamedTuple):
    """The time named by `next_deadline_s` has come."""


class ShutdownRequested(NamedTuple):
    """Everything is to end, and then the daemon."""


class RestartRequested(NamedTuple):
    """Everything is to end, and then to begin again."""


Input = (
    SupervisionBegan
    | GroupAdded
    | GroupRemoved
    | GroupRevised
    | ProcessAdded
    | ProcessRemoved
    | ProcessRevised
    | ProcessPatched
    | SpawnDemanded
    | KillDemanded
    | GivenUp
    | Doomed
    | StartRequested
    | StopRequested
    | SignalRequested
    | ChildSpawned
    | SpawnFailed
    | ChildExited
    | SignalRefused
    | TroubleArose
    | TroubleEnded
    | TroublesCleared
    | EventsDrained
    | DeadlineReached
    | ShutdownRequested
    | RestartRequested
)
