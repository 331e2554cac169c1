"""Letters, and what goes into a pool of listeners and what comes out of it, as values.

An event on its way to the listeners of one pool is a `Letter`. Inputs are named in the past
tense, commands in the imperative. All of them are about one pool: whoever has several hands each
its own.

**Sending.** A `Send` is answered at once with `EventSent` or `SendFailed`.

**Judging.** A `Judge` is answered with `Judged` before the next token of that listener is read.

**Catching up from a journal** (`PoolSpec.replays`). A pool that cannot take another event falls
behind: it says `FellBehind(serial)` once and from then on takes no event into memory that is
accepted, for the journal has it. While it is behind and has room it says `ReadBack(serial,
count_max)`, and is answered, before anything else is accepted, with `Replayed(events)`: so many
events at most, the first ones with that serial or a higher one that the pool subscribed to, in
order. If the journal has no more, `CaughtUp()` follows, and the pool takes accepted events as
before. A pool that was away, or whose daemon was killed, is told `Missed(serial)` when it is made.
"""

from enum import Enum, auto
from typing import Any, Final, NamedTuple

from supervisor.core.commands import Answer, WriteLog
from supervisor.core.control import Ticket
from supervisor.tokens import Token

SERIAL_MAX: Final = 2**63 - 1
"""Serials begin at 0 again after this one (the largest integer of the platform)."""


def next_serial(serial: int) -> int:
    """The number after this one."""
    return serial + 1 if serial < SERIAL_MAX else 0


class Letter:
    """An event in one pool. What it says never changes; how often it was refused does."""

    __slots__ = (
        "due_s",
        "event",
        "length",
        "name",
        "payload",
        "poolserial",
        "refusals",
        "serial",
        "ticket",
    )

    def __init__(self, accepted: "EventAccepted", poolserial: int) -> None:
        self.serial = accepted.serial
        self.poolserial = poolserial
        self.name = accepted.name
        """Event type."""
        self.payload = accepted.payload
        """Encoded once, shared by all pools."""
        self.length = accepted.length
        """Characters of the payload (E4)."""
        self.event = accepted.event
        """For the result handler and plug-ins."""
        self.ticket = accepted.ticket
        """Who asked, if it is a query."""
        self.refusals = 0
        self.due_s = 0.0
        """Monotonic time before which it is not offered again."""

    def __repr__(self) -> str:
        return f"Letter({self.serial}, {self.poolserial}, {self.name!r})"


# -- inputs --------------------------------------------------------------------------------------


class EventAccepted(NamedTuple):
    """An event of one of the types that the pool subscribed to, or a query for the pool."""

    serial: int
    name: str
    payload: bytes
    length: int
    """Characters of the payload."""
    event: Any
    ticket: Ticket | None = None
    """To be resolved with the result: makes it a query."""


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


class CaughtUp(NamedTuple):
    """The journal has nothing that the pool has not been given."""


Input = (
    EventAccepted
    | ListenerAdded
    | ListenerRemoved
    | ListenerBegan
    | ListenerCameUp
    | ListenerWentDown
    | ListenerGone
    | ListenerSaid
    | EventSent
    | SendFailed
    | Judged
    | QueryWithdrawn
    | DeadlineReached
    | PoolRemoved
    | Missed
    | Replayed
    | CaughtUp
)


# -- commands ------------------------------------------------------------------------------------


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
