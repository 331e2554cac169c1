"""A listening socket and its clients: lets them in, within limits, and sees them off at the end."""

import errno

from supervisor.core.component import Timer
from supervisor.errors import errno_name
from supervisor.hints import Callable
from supervisor.levels import Level
from supervisor.sockets import accept, socket
from supervisor.web.channel import Channel
from supervisor.web.gate import Gate, Holds
from supervisor.web.limits import (
    ACCEPTS_PER_TURN_MAX,
    DEFAULT_LIMITS,
    REQUESTS_S_MAX,
    Limits,
)
from supervisor.web.messages import Handler
from supervisor.web.service import Ports, Service
from supervisor.web.transport import Greeter, Greeting, Transport

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""Nothing can be accepted until something is given back; asking again at once would spin."""

PeerUid = Callable[[socket.socket], int | None]
"""Tells which user of the system is at the other end of a unix socket, None if it cannot."""


class HttpServer:
    """Serves one listening socket, which it owns from now on, until it is closed.

    `section` names the server in the log, as the configuration does. `peer_uid` is asked on unix
    sockets. With a `greeter`, clients have to agree with it on TLS before they are served.
    """

    def __init__(
        self,
        listener: socket.socket,
        section: str,
        *,
        app: Handler,
        gate: Gate | None,
        ports: Ports,
        limits: Limits = DEFAULT_LIMITS,
        peer_uid: PeerUid | None = None,
        greeter: Greeter | None = None,
    ) -> None:
        self._listener = listener
        self._section = section
        self._ports = ports
        self._limits = limits
        self._service = Service(app, gate, ports, limits)
        self._service.is_secure = greeter is not None
        self._peer_uid = peer_uid
        self._greeter = greeter
        self._greetings: dict[Greeting, None] = {}
        """Of clients that are not served yet, oldest first."""
        self._channels: set[Channel] = set()
        self._refused: set[Channel] = set()
        self._retry: Timer | None = None
        self._exhausted = False
        """No descriptor was left; said once, until there is one to spare again."""
        self._on_closed: Callable[[], None] | None = None
        self._grace: Timer | None = None

    @property
    def connections_count(self) -> int:
        """Clients that are connected and served now."""
        return len(self._channels)

    def fileno(self) -> int:
        """Descriptor of the listening socket, -1 once it is closed."""
        return self._listener.fileno()

    def start(self) -> None:
        """Let clients in from the next turn of the loop."""
        self._listener.setblocking(False)
        self._ports.log(
            Level.TRAC, f"Server '{self._section}' listening on {self._listener.getsockname()}"
        )
        self._listen()

    def reconsider(self, holds: Holds) -> None:
        """End the connections of those who came in and would not be let in as the same now."""
        for channel in list(self._channels):
            channel.reconsider(holds)

    def close(self, grace_s: float, on_closed: Callable[[], None]) -> None:
        """Let nobody in any more, send what is owed, then say goodbye.

        Idle connections end at once, streams end in good order, deferred answers are still sent
        when they are known. `on_closed` is called when the last client has gone, which may be
        before this returns, or when `grace_s` is over.
        """
        if self._service.closing:
            return
        self._service.closing = True
        self._stop_listening()
        self._listener.close()
        self._on_closed = on_closed
        for greeting in self._greetings:
            greeting.close()
        self._greetings.clear()
        for channel in list(self._channels):
            channel.shut_down()
        if self._channels or self._refused:
            now_s = self._ports.clock.now().mono_s
            self._grace = self._ports.timers.call_at(now_s + grace_s, self._close_all)
        else:
            self._finish()

    def _listen(self) -> None:
        self._ports.poller.watch(self._listener.fileno(), self._accept_some)

    def _stop_listening(self) -> None:
        self._ports.poller.forget(self._listener.fileno())
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    # Letting in

    def _accept_some(self) -> None:
        clock = self._ports.clock
        until_s = clock.mono_s + REQUESTS_S_MAX
        for number in range(ACCEPTS_PER_TURN_MAX):
            try:
                sock, address = accept(self._listener)
            except InterruptedError:
                return
            except BlockingIOError:
                self._exhausted = False
                return
            except OSError as problem:
                if problem.errno in _EXHAUSTED:
                    # The kernel says so even if nobody waits any more; only the first one of a
                    # turn was surely waited for.
                    if number == 0:
                        self._pause(problem)
                    return
                # That one client has left, or the network lost it: the next one counts.
                continue
            self._welcome(sock, address)
            # It may have been served already: others come in between.
            if clock.mono_s > until_s or self._service.closing:
                return

    def _welcome(self, sock: socket.socket, address: object) -> None:
        sock.setblocking(False)
        peer, uid = "localhost:0", None
        if sock.family == socket.AF_UNIX:
            uid = None if self._peer_uid is None else self._peer_uid(sock)
        else:
            assert isinstance(address, tuple), "an internet peer has host and port"
            peer = f"{address[0]}:{address[1]}"
            # A piece of a log is worth sending at once, however short.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # Else a peer whose machine has vanished would keep its place for ever.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if self._greeter is not None:
            self._greet(self._greeter, sock, peer)
        else:
            self._serve(sock, peer, uid)

    def _greet(self, greeter: Greeter, sock: socket.socket, peer: str) -> None:
        """Agree with a client on TLS; if there is no room, it could not even be told so."""

        def greeted(transport: Transport | None) -> None:
            self._greetings.pop(greeting, None)
            if transport is not None:
                self._serve(transport, peer, None)
            else:
                self._one_less()

        if not self._has_room():
            sock.close()
            return
        greeting = greeter(sock, peer, greeted)
        self._greetings[greeting] = None
        greeting.begin()

    def _has_room(self) -> bool:
        clients_count = len(self._channels) + len(self._greetings)
        return clients_count < self._limits.connections_max or self._evict()

    def _serve(self, sock: Transport, peer: str, uid: int | None) -> None:
        if self._has_room():
            channel = Channel(sock, peer, uid, self._service, self._left)
            self._channels.add(channel)
            channel.begin()
        elif len(self._refused) < self._limits.refusals_max:
            channel = Channel(sock, peer, uid, self._service, self._left)
            self._refused.add(channel)
            channel.refuse(503)
        else:
            sock.close()

    def _evict(self) -> bool:
        """Close the connection that has been idle for longest, else the oldest greeting.

        False if there is none. Greetings go first where they are more than half of all clients:
        nobody who has said nothing yet shall end the connections of those who were let in.
        """
        if 2 * len(self._greetings) > self._limits.connections_max:
            return self._evict_greeting()
        idle = [
            (channel.idle_since_s, channel)
            for channel in self._channels
            if channel.idle_since_s is not None
        ]
        if idle:
            min(idle, key=lambda entry: entry[0])[1].close()
            return True
        return self._evict_greeting()

    def _evict_greeting(self) -> bool:
        for greeting in self._greetings:
            del self._greetings[greeting]
            greeting.close()
            return True
        return False

    def _pause(self, problem: OSError) -> None:
        """No file descriptor is left: give one back, or wait until somebody else does."""
        retry_s = self._limits.accept_retry_s
        self._stop_listening()
        if not self._exhausted:
            self._exhausted = True
            self._ports.log(
                Level.ERRO,
                f"cannot accept connections on '{self._section}': {errno_name(problem.errno or 0)};"
                f" trying again whenever one is closed, and every {retry_s:g} s",
            )
        now_s = self._ports.clock.now().mono_s
        self._retry = self._ports.timers.call_at(now_s + retry_s, self._resume)
        # If one was idle, its end has resumed accepting.
        self._evict()

    def _resume(self) -> None:
        self._stop_listening()
        self._listen()

    # Seeing off

    def _left(self, channel: Channel) -> None:
        self._channels.discard(channel)
        self._refused.discard(channel)
        self._one_less()

    def _one_less(self) -> None:
        """A descriptor has been given back."""
        if self._service.closing:
            if not self._channels and not self._refused:
                self._finish()
        elif self._retry is not None:
            self._resume()

    def _close_all(self) -> None:
        for channel in [*self._channels, *self._refused]:
            channel.close()

    def _finish(self) -> None:
        if self._grace is not None:
            self._grace.cancel()
            self._grace = None
        if self._on_closed is not None:
            on_closed, self._on_closed = self._on_closed, None
            on_closed()
