"""What happens to a pool of listeners: everything that goes into it, in the past tense.

All of it is about one pool: whoever has several hands each its own.
"""

from supervisor.core.accepted import EventAccepted as EventAccepted
from supervisor.core.control import Ticket
from supervisor.enums import Enum, auto
from supervisor.tokens import Token
from supervisor.tuples import NamedTuple


class ListenerAdded(NamedTuple):
    """The pool has this listener; there is no child yet."""

    process_id: int
    name: str
    priority: int


class ListenerRemoved(NamedTuple):
    """The pool does not have it any more."""

    process_id: int


class ListenerBegan(NamedTuple):
    """It has a new child, which has said nothing yet."""

    process_id: int


class ListenerCameUp(NamedTuple):
    """Its process entered RUNNING."""

    process_id: int


class ListenerWentDown(NamedTuple):
    """Its process left RUNNING; what it prints still counts."""

    process_id: int


class ListenerGone(NamedTuple):
    """Its child was reaped, and all that it printed has been read."""

    process_id: int


class ListenerSaid(NamedTuple):
    """A token was found in its output."""

    process_id: int
    token: Token


class EventSent(NamedTuple):
    """A `Send` has been carried out, or will be as soon as the pipe takes it."""

    process_id: int


class SendFailed(NamedTuple):
    """A `Send` cannot be carried out, also later than at once: the listener does not read."""

    process_id: int
    reason: str


class InputStuck(NamedTuple):
    """What was sent to it waits in the daemon, since it does not read: no more is sent to it."""

    process_id: int


class InputTaken(NamedTuple):
    """It has read so much that nothing waits any more."""

    process_id: int


class Verdict(Enum):
    """What a result handler made of a result."""

    ACCEPTED = auto()
    REJECTED = auto()
    CRASHED = auto()


class Judged(NamedTuple):
    """The answer to `Judge`."""

    process_id: int
    verdict: Verdict


class QueryWithdrawn(NamedTuple):
    """Whoever asked does not wait any longer."""

    ticket: Ticket


class DeadlineReached(NamedTuple):
    """The time that `next_deadline_s` named has come."""


class PoolRemoved(NamedTuple):
    """The pool ends: what still waits is dropped."""


class Missed(NamedTuple):
    """Events from this serial on, which the pool has not got, may be in the journal."""

    serial: int


class Replayed(NamedTuple):
    """What was asked for by `ReadBack`."""

    events: tuple[EventAccepted, ...]
    is_last: bool
    """The journal has nothing more, or cannot be read: the pool has caught up."""
    lost_count: int = 0
    """How many that the journal ought to have are not there: they count as dropped."""


OfListener = (
    ListenerBegan
    | ListenerCameUp
    | ListenerWentDown
    | ListenerGone
    | ListenerSaid
    | EventSent
    | SendFailed
    | InputStuck
    | InputTaken
    | Judged
)
"""What happens to one listener."""

Input = (
    OfListener
    | EventAccepted
    | QueryWithdrawn
    | DeadlineReached
    | PoolRemoved
    | ListenerAdded
    | ListenerRemoved
    | Missed
    | Replayed
)
