"""Attempts to sign in that have failed or have to wait: how many there may be bounds guessing.

An attempt keeps its place for its whole time, whether its client still waits or has left: else
hanging up early would buy the next guess. For whom there is no place nothing is looked at, so that
a refusal tells nothing about what was given.
"""

from itertools import count

from supervisor.core.component import Clock, Timers
from supervisor.hints import Callable
from supervisor.web.peers import network_of

PEER_PLACES_MAX = 16
"""For the attempts of one peer."""
PLACES_MAX = 256
"""For those of all peers of a server."""
SHARE = 4
"""No peer has more than a fourth of the places that are left: the more peers there are, the fewer
each has, and there is one for somebody who has none yet."""


class Attempts:
    """Calls back after a time, during which a place is taken; nothing waits for it meanwhile."""

    __slots__ = ("_acts", "_clock", "_numbers", "_taken", "_taken_by", "_timers")

    def __init__(self, timers: Timers, clock: Clock) -> None:
        self._timers = timers
        self._clock = clock
        self._numbers = count()
        self._acts: dict[int, Callable[[], None]] = {}
        self._taken = 0
        self._taken_by: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._acts)

    def has_place(self, peer: str) -> bool:
        """Whether somebody who calls from there may try something, and fail."""
        if not self._acts:
            return True
        share = (PLACES_MAX - self._taken) // SHARE
        return self._taken_by.get(network_of(peer), 0) < min(PEER_PLACES_MAX, share)

    def hold(
        self, peer: str, time_s: float, act: Callable[[], None], places: int = 1
    ) -> Callable[[], None]:
        """Take so many places for that time, then act; returns what prevents the act alone."""
        number, who = next(self._numbers), network_of(peer)
        self._acts[number] = act
        self._take(who, places)
        due_s = self._clock.now().mono_s + time_s
        self._timers.call_at(due_s, lambda: self._end(number, who, places))
        return lambda: self._silence(number)

    def _silence(self, number: int) -> None:
        if number in self._acts:
            self._acts[number] = _nothing

    def _end(self, number: int, who: str, places: int) -> None:
        self._take(who, -places)
        self._acts.pop(number)()

    def _take(self, who: str, places: int) -> None:
        self._taken += places
        self._taken_by[who] = self._taken_by.get(who, 0) + places
        if not self._taken_by[who]:
            del self._taken_by[who]


def _nothing() -> None:
    """What is done for a client who has left."""
