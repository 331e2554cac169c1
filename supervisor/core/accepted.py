"""An event that a pool accepts: the same object for all pools, made when the first one asks."""

from supervisor.core.control import Ticket
from supervisor.hints import Any
from supervisor.tuples import NamedTuple


class EventAccepted(NamedTuple):
    """An event of one of the types that the pool subscribed to, or a query for the pool."""

    serial: int
    name: str
    told: bytes
    """What all pools tell their listeners of it: encoded once, see `wire.listener`."""
    event: Any
    ticket: Ticket | None = None
    """To be resolved with the result: makes it a query."""
    is_kept: bool = True
    """Whether the journal has it; of no interest to pools that do not replay, and for queries."""
