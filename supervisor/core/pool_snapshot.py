"""Immutable pictures of the pools of event listeners, for everybody who only looks."""

from supervisor.tuples import NamedTuple


class ListenerSnapshot(NamedTuple):
    """Where the conversation with one listener stands."""

    process_id: int
    state: int
    """A code of `EventListenerStates`."""


class PoolSnapshot(NamedTuple):
    """What became of the events of one pool since it was added, and what waits."""

    name: str
    waiting: int
    """Events in its buffer."""
    buffer_size: int
    """How many may be."""
    busy: int
    """Events that are with a listener."""
    delivered: int
    rejected: int
    """Rejections, repeated ones of the same event included."""
    dropped: int
    is_behind: bool
    """Whether there are events that it has to take from the journal."""
    listeners: tuple[ListenerSnapshot, ...]


class JournalSnapshot(NamedTuple):
    """The event journal."""

    path: str
    lost: int
    """Events that could not be written to it since the daemon was started or reloaded."""
