"""An event in one pool, and its number there."""

from supervisor.core.pool_inputs import EventAccepted


class Letter:
    """An event in one pool. What it says never changes; how often it was refused does."""

    __slots__ = (
        "due_s",
        "event",
        "is_kept",
        "length",
        "name",
        "payload",
        "poolserial",
        "refusals",
        "serial",
        "ticket",
    )

    def __init__(self, accepted: EventAccepted, poolserial: int) -> None:
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
        self.is_kept = accepted.is_kept
        """Whether it can be read back from the journal."""
        self.refusals = 0
        self.due_s = 0.0
        """Monotonic time before which it is not offered again."""

    def __repr__(self) -> str:
        return f"Letter({self.serial}, {self.poolserial}, {self.name!r})"
