"""What a pool of event listeners has to know of its settings."""

from supervisor.tuples import NamedTuple


class PoolSpec(NamedTuple):
    """The settings of one pool."""

    name: str
    buffer_size: int = 10
    """Events that wait in memory; one can, whatever this is."""
    retries_max: int | None = None
    """An event that was refused so often is not offered again; None for no limit."""
    fatal_after_retries: bool = False
    """The listener that refused it last goes FATAL instead, and the event is kept."""
    replays: bool = False
    """What has no room in the buffer is read back from the journal later."""
    resync: bool = False
    """Garbage is logged and the conversation goes on (`ListenerParser` must know, too)."""
