"""The last events of a life: waits until no pool has anything that it could still deliver.

A pool whose listeners are all gone, or have broken the protocol, is not waited for: nothing is
started any more. What it holds is lost, and that is said.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from supervisor.levels import Level
from supervisor.rpc.ports import Log


class Remainder(NamedTuple):
    """What a pool still has to deliver."""

    pool: str
    event_count: int
    """Events in its buffer and with its listeners."""
    is_awaited: bool
    """Whether there is something to deliver, and somebody to whom."""


class Draining:
    """Who is told when everything has been delivered, and whether that is so."""

    def __init__(self, remainders: Callable[[], Sequence[Remainder]], log: Log) -> None:
        self._remainders = remainders
        self._log = log
        self._when_done: Callable[[], None] | None = None

    def begin(self, when_done: Callable[[], None]) -> None:
        """Call back once, as soon as nothing is awaited: now, if nothing is."""
        self._when_done = when_done
        self.look()

    def look(self) -> None:
        """Something has happened to a pool or a listener."""
        when_done = self._when_done
        if when_done is None or any(each.is_awaited for each in self._remainders()):
            return
        self.give_up()
        when_done()

    def give_up(self) -> None:
        """Wait no longer, and say what is lost."""
        if self._when_done is None:
            return
        self._when_done = None
        for name, count, _ in self._remainders():
            if count:
                self._log(Level.WARN, f"pool {name}: {count} events were not delivered in time")
