"""What the greetings of one server share: how TLS begins, and how many handshakes are under way.

A handshake takes memory, tens of kilobytes that OpenSSL asks for, and a millisecond of computing;
whoever begins one has proved nothing. So there are only so many. For one more, who has most of them
loses his oldest; if that is his own and has just begun, he is turned away before anything is
computed for him.
"""

import socket
from collections.abc import Callable

from supervisor.hints import Protocol
from supervisor.web.limits import Limits
from supervisor.web.peers import network_of
from supervisor.web.service import Ports
from supervisor.web.transport import Transport

FAIR_S = 1.0
"""What an honest client needs for a handshake at most, as long as it has others under way."""


class Session(Transport, Protocol):
    """TLS on a socket."""

    wants_room: bool
    """What the handshake waits for: to send something, or that something comes."""
    is_plain_http: bool
    """The handshake failed because the client spoke HTTP."""

    def shake_hands(self) -> None:
        """Complete the handshake. Raises BlockingIOError: not yet; OSError: it has failed."""
        ...

    def detach(self) -> socket.socket:
        """The socket below, when TLS has come to nothing."""
        ...


class Guest(Protocol):
    """A client whose handshake is under way."""

    def give_way(self) -> None:
        """End: there are too many."""
        ...


class Reception:
    """Made for each server; `begin_tls` makes a session on the socket of a client."""

    __slots__ = ("_count", "_guests", "begin_tls", "limits", "ports")

    def __init__(
        self, begin_tls: Callable[[socket.socket], Session], ports: Ports, limits: Limits
    ) -> None:
        self.begin_tls = begin_tls
        self.ports = ports
        self.limits = limits
        self._guests: dict[str, dict[Guest, float]] = {}
        """When they began, under the networks that they come from; oldest first."""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def enter(self, guest: Guest, peer: str) -> bool:
        """Whether a handshake may begin; another one may have to end for it."""
        now_s = self.ports.clock.now().mono_s
        who = network_of(peer)
        own = self._guests.get(who, {})
        crowd = self._crowd(own)
        if crowd:
            oldest, began_s = next(iter(crowd.items()))
            if crowd is own and now_s - began_s < FAIR_S:
                return False
            oldest.give_way()
        self._guests.setdefault(who, {})[guest] = now_s
        self._count += 1
        return True

    def _crowd(self, own: dict[Guest, float]) -> dict[Guest, float] | None:
        """Who has to give way to one more of `own`: all of the same peer."""
        if len(own) >= self.limits.handshakes_peer_max:
            return own
        if self._count < self.limits.handshakes_max:
            return None
        return max(self._guests.values(), key=len)

    def leave(self, guest: Guest, peer: str) -> None:
        """It has ended, well or not; those that never began are ignored."""
        who = network_of(peer)
        own = self._guests.get(who, {})
        if guest in own:
            del own[guest]
            self._count -= 1
            if not own:
                del self._guests[who]
