"""What the greetings of one server share: how TLS begins, and how many handshakes are under way.

A handshake takes memory, tens of kilobytes that OpenSSL asks for, and whoever begins one has proved
nothing. So there are only so many: for one more, who has the most of them loses the oldest. An
honest client is done before it is the oldest, even where others of its address are not honest.
"""

from supervisor.hints import Callable, Protocol
from supervisor.sockets import socket
from supervisor.web.limits import Limits
from supervisor.web.peers import network_of
from supervisor.web.service import Ports
from supervisor.web.transport import Transport


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
        self._guests: dict[str, dict[Guest, None]] = {}
        """Under the networks that they come from; oldest first."""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def enter(self, guest: Guest, peer: str) -> None:
        """A handshake begins; another one may have to end for it."""
        who = network_of(peer)
        own = self._guests.get(who, {})
        if len(own) >= self.limits.handshakes_peer_max:
            next(iter(own)).give_way()
        elif self._count >= self.limits.handshakes_max:
            largest = max(self._guests.values(), key=len)
            next(iter(largest)).give_way()
        self._guests.setdefault(who, {})[guest] = None
        self._count += 1

    def leave(self, guest: Guest, peer: str) -> None:
        """It has ended, well or not; those that never began are ignored."""
        who = network_of(peer)
        own = self._guests.get(who, {})
        if guest in own:
            del own[guest]
            self._count -= 1
            if not own:
                del self._guests[who]
