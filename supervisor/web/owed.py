"""How much of all answers together waits for clients that are slow to take them.

An answer that was made whole stays in our memory until its client has taken it. Beyond a common
limit those lose their connection who have taken nothing for a while; if all of them read, whoever
asks for another large answer is told to come again.
"""

from supervisor.core.component import Clock
from supervisor.hints import Final, Protocol
from supervisor.web.messages import Response

STALLED_S: Final = 2.0
"""Seconds without taking a byte after which a client may lose its connection for others."""

BUSY: Final = Response(
    503,
    "text/plain;charset=utf-8",
    b"Too many large answers are on their way to clients that read slowly. Try again.\n",
    (("Retry-After", "2"),),
)


class Debtor(Protocol):
    """A connection that has yet to take what it was sent."""

    @property
    def stalled_since_s(self) -> float | None:
        """Monotonic time since which it has taken nothing; None if it is not waited for."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class Owed:
    """What the clients of one server have yet to take."""

    __slots__ = ("_by_debtor", "_bytes_max", "_clock", "used_bytes")

    def __init__(self, bytes_max: int, clock: Clock) -> None:
        self._bytes_max = bytes_max
        self._clock = clock
        self._by_debtor: dict[Debtor, int] = {}
        self.used_bytes = 0

    def note(self, debtor: Debtor, held_bytes: int) -> None:
        """So much is kept for a client by now; 0 if nothing is."""
        self.used_bytes += held_bytes - self._by_debtor.pop(debtor, 0)
        if held_bytes:
            self._by_debtor[debtor] = held_bytes

    def make_room(self, count: int) -> bool:
        """Whether there is room for so many bytes; who has stalled for longest makes it.

        An answer that is larger than the limit may wait alone.
        """
        while self.used_bytes and self.used_bytes + count > self._bytes_max:
            slowest = self._slowest()
            if slowest is None:
                return False
            slowest.close()
            self.note(slowest, 0)
        return True

    def _slowest(self) -> Debtor | None:
        """Who has taken nothing for longest, if that is long enough."""
        found, found_since_s = None, self._clock.now().mono_s - STALLED_S
        for debtor in self._by_debtor:
            since_s = debtor.stalled_since_s
            if since_s is not None and since_s <= found_since_s:
                found, found_since_s = debtor, since_s
        return found
