"""An event in one pool, and its number there."""

from supervisor.core.accepted import EventAccepted
from supervisor.core.control import Ticket
from supervisor.hints import Any


class Letter:
    """An event in one pool. What it says never changes; how often it was refused does."""

    __slots__ = ("accepted", "due_s", "poolserial", "refusals")

    def __init__(self, accepted: EventAccepted, poolserial: int) -> None:
        self.accepted = accepted
        """What it says: shared by all pools."""
        self.poolserial = poolserial
        self.refusals = 0
        self.due_s = 0.0
        """Monotonic time before which it is not offered again."""

    @property
    def serial(self) -> int:
        """Number of the event in the whole daemon."""
        return self.accepted.serial

    @property
    def name(self) -> str:
        """Event type."""
        return self.accepted.name

    @property
    def event(self) -> Any:
        """For the result handler and plug-ins."""
        return self.accepted.event

    @property
    def ticket(self) -> Ticket | None:
        """Who asked, if it is a query."""
        return self.accepted.ticket

    @property
    def is_kept(self) -> bool:
        """Whether it can be read back from the journal."""
        return self.accepted.is_kept

    def __repr__(self) -> str:
        return f"Letter({self.serial}, {self.poolserial}, {self.name!r})"
