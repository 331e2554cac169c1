"""The last events of a life: waits until no pool has anything that it could still deliver.

A pool whose listeners are all gone, or have broken the protocol, is not waited for: nothing is
started any more. What it holds is lost, and that is said; unless it is in the journal, from where
a pool with `event_replay` gets it after the next start.
"""

from supervisor.hints import Callable, Sequence
from supervisor.levels import Level
from supervisor.rpc.ports import Log
from supervisor.tuples import NamedTuple


class Remainder(NamedTuple):
    """What a pool still has to deliver."""

    pool: str
    event_count: int
    """Events in its buffer and with its listeners."""
    is_awaited: bool
    """Whether there is something to deliver, and somebody to whom."""
    is_kept: bool = False
    """Whether the pool finds its events in the journal when it comes back."""
    is_behind: bool = False
    """Whether there are more than those, which only the journal has."""


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
        """Wait no longer, and say what is lost or late."""
        if self._when_done is None:
            return
        self._when_done = None
        for each in self._remainders():
            if each.event_count or each.is_behind:
                self._log(*_told(each))


def _told(each: Remainder) -> tuple[Level, str]:
    """The line about a pool that has something left."""
    one = each.event_count == 1 and not each.is_behind
    if each.is_kept:
        how_many = f"{each.event_count} or more" if each.is_behind else f"{each.event_count}"
        return Level.INFO, (
            f"pool {each.pool}: {how_many} {'event comes' if one else 'events come'} after the "
            "next start, from the event journal"
        )
    if each.is_awaited:
        return Level.WARN, (
            f"pool {each.pool}: {each.event_count} {'event was' if one else 'events were'} not "
            "delivered within event_drain_secs"
        )
    return Level.WARN, (
        f"pool {each.pool}: {each.event_count} {'event is' if one else 'events are'} lost, since "
        f"no listener takes {'it' if one else 'them'}"
    )
