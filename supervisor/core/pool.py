"""A pool of event listeners: the buffer, serials, whose turn it is, what a refusal leads to.

The rule: an event that was accepted is in the buffer, with one listener, delivered or dropped and
counted; and the buffer is in the order of acceptance, a refused event at its old place. Dispatch
is driven by what happens: after every input that may have made a difference the event in front
goes to the first listener, in (priority, name) order, that is up and READY.
"""

from typing import NamedTuple

from supervisor.core.component import Now
from supervisor.core.pool_commands import Command
from supervisor.core.pool_inputs import Input


class PoolSpec(NamedTuple):
    """What a pool has to know of its settings."""

    name: str
    buffer_size: int = 10
    """Events that wait in memory; at least one does."""
    retries_max: int | None = None
    """An event that was refused so often is not offered again; None for no limit."""
    fatal_after_retries: bool = False
    """The listener that refused it last goes FATAL instead, and the event is kept."""
    replays: bool = False
    """What has no room in the buffer is read back from the journal later."""
    resync: bool = False
    """Garbage is logged and the conversation goes on (`ListenerParser` must know, too)."""


class Pool:
    """One pool. Implements `core.component.Component`."""

    def __init__(self, spec: PoolSpec) -> None:
        self.spec = spec
        self.delivered_count = 0
        """Events that were processed."""
        self.dropped_count = 0
        """Events that never will be."""
        self.refused_count = 0
        """Refusals, repeated ones included."""

    @property
    def waiting_count(self) -> int:
        """Events in the buffer."""
        raise NotImplementedError

    @property
    def busy_count(self) -> int:
        """Events that are with a listener."""
        raise NotImplementedError

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to deliver: neither here, nor with a listener or the journal."""
        raise NotImplementedError

    @property
    def is_behind(self) -> bool:
        """Whether events have to be read back from the journal."""
        raise NotImplementedError

    @property
    def oldest_serial(self) -> int | None:
        """The first event that is not done with, None if all are; the journal resumes there."""
        raise NotImplementedError

    def state_of(self, process_id: int) -> int:
        """State of the conversation with a listener: a code of `EventListenerStates`."""
        raise NotImplementedError

    def next_deadline_s(self) -> float | None:
        """When a DeadlineReached is wanted; None to sleep without limit."""
        raise NotImplementedError

    def handle(self, happened: Input, now: Now) -> list[Command]:
        """Change state and return what to do, in order."""
        raise NotImplementedError
