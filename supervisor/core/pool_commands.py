"""What a pool of listeners wants done: everything that comes out of it, in the imperative.

**Sending.** A `Send` is answered at once with `EventSent` or `SendFailed`.

**Judging.** A `Judge` is answered with `Judged` before the next token of that listener is read.

**Catching up from a journal** (`PoolSpec.replays`). A pool that cannot take another event falls
behind: it says `FellBehind(serial)` once and from then on takes no event into memory that is
accepted, for the journal has it. (If it has not, `EventAccepted.is_kept`, the pool takes as many as
it has room for, and they wait for their turn.) While it is behind and has room it says
`ReadBack(serial, count_max)`, and is answered in a later turn with `Replayed(events, is_last)` (the
journal is read in slices, one in each turn): so many events at most, the first ones with that
serial or a higher one that the pool subscribed to, in order. If the journal has no more at that
moment, they are the last, and the pool takes accepted events as
before. A pool that was away, or whose daemon was killed, is
told `Missed(serial)` when it is made.
"""

from supervisor.core.commands import Answer, WriteLog
from supervisor.core.pool_letter import Letter
from supervisor.enums import Enum, auto
from supervisor.tuples import NamedTuple


class Send(NamedTuple):
    """Write the event to the listener; the outcome comes back as EventSent or SendFailed."""

    process_id: int
    letter: Letter


class Judge(NamedTuple):
    """Ask the result handler; the answer comes back as Judged."""

    process_id: int
    letter: Letter
    result: bytes


class GiveUp(NamedTuple):
    """Stop the process of the listener for good, with the state FATAL."""

    process_id: int
    reason: str


class GiveUpParsing(NamedTuple):
    """Discard what the listener prints (`ListenerParser.give_up`)."""

    process_id: int


class Refused(NamedTuple):
    """Tell plug-ins that a listener refused an event (`EventRejectedEvent`)."""

    process_id: int
    letter: Letter


class DropReason(Enum):
    """Why an event is not delivered."""

    OVERFLOW = auto()
    REFUSED = auto()
    """As often as `event_max_retries` allows."""
    WITHDRAWN = auto()
    """A query whose answer nobody waits for."""
    REMOVED = auto()
    """The pool has ended."""


class Dropped(NamedTuple):
    """Count an event that will never be delivered to this pool."""

    letter: Letter
    why: DropReason


class FellBehind(NamedTuple):
    """Note that the pool needs the journal, from this serial on."""

    serial: int


class ReadBack(NamedTuple):
    """Read events back from the journal; they come back as Replayed and maybe CaughtUp."""

    serial: int
    count_max: int
    """1 or more."""


Command = (
    Send
    | Judge
    | GiveUp
    | GiveUpParsing
    | Refused
    | Dropped
    | FellBehind
    | ReadBack
    | WriteLog
    | Answer
)
