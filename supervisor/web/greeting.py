"""The greeting of a client of a TLS server: the handshake, with a deadline, before anything else.

A client that speaks plain HTTP is told so in plain HTTP; others are told by TLS itself why there
is no common ground. Each step is made when the socket is ready for it, so nobody is waited for.

Before the first byte, and after a failure, there is only the socket: who says nothing, or nonsense,
costs no more than with plain HTTP.
"""

from supervisor.hints import Callable
from supervisor.lean import partial
from supervisor.levels import Level
from supervisor.sockets import socket
from supervisor.web.deadline import Deadline
from supervisor.web.limits import RECEIVE_BYTES
from supervisor.web.reception import Reception, Session
from supervisor.web.service import trace
from supervisor.web.transport import Greeted, Transport

_HINT = b"This server speaks HTTPS: its URL begins with https://\n"
PLAIN_HTTP_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain;charset=utf-8\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(_HINT), _HINT)
)


class TlsGreeting:
    """One client, from its acceptance to the end of the handshake."""

    __slots__ = (
        "_carrier",
        "_deadline",
        "_greeted",
        "_has_failed",
        "_peer",
        "_reception",
        "_socket",
    )

    def __init__(
        self, sock: socket.socket, peer: str, greeted: Greeted, reception: Reception
    ) -> None:
        self._socket = sock
        self._carrier: Transport | None = sock
        """What is to be closed: the socket, or TLS on it during the handshake."""
        self._peer = peer
        self._greeted = greeted
        self._reception = reception
        self._has_failed = False
        """All that is left is to be read by the client."""
        ports = reception.ports
        self._deadline = Deadline(ports.timers, ports.clock, self._give_up)

    def begin(self) -> None:
        """Wait for the first byte."""
        self._limit(self._reception.limits.handshake_s)
        self._watch(self._socket, self._begin_tls)

    def close(self) -> None:
        """End it at once; nobody is called back."""
        carrier = self._let_go()
        if carrier is not None:
            carrier.close()

    def give_way(self) -> None:
        """End: too many handshakes are under way."""
        self._tell("too many handshakes at once")
        self._end()

    def _begin_tls(self) -> None:
        self._reception.enter(self, self._peer)
        try:
            session = self._reception.begin_tls(self._socket)
        except OSError as error:
            # It has left again.
            self._tell(str(error))
            self._end()
            return
        self._carrier = session
        self._shake_hands(session)

    def _shake_hands(self, session: Session) -> None:
        if self._carrier is not session:
            return
        try:
            session.shake_hands()
        except BlockingIOError:
            self._watch(session, partial(self._shake_hands, session), session.wants_room)
        except OSError as error:
            self._tell(str(error))
            self._see_off(session)
        except Exception as error:
            self._reception.ports.log(
                Level.CRIT, f"Greeting {self._peer} raised an unexpected exception: {trace(error)}"
            )
            self._end()
        else:
            self._let_go()
            self._greeted(session)

    def _see_off(self, session: Session) -> None:
        """Let the client read why: closing with unread input would reset the connection."""
        self._has_failed = True
        self._reception.leave(self, self._peer)
        self._socket = self._carrier = session.detach()
        try:
            if session.is_plain_http:
                # So few bytes that the kernel has room for them, or the client has left.
                self._socket.send(PLAIN_HTTP_ANSWER)
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self._end()
            return
        self._limit(self._reception.limits.linger_s)
        self._watch(self._socket, self._drain)

    def _drain(self) -> None:
        if self._carrier is not self._socket:
            return
        try:
            if self._socket.recv(RECEIVE_BYTES):
                return
        except BlockingIOError:
            return
        except OSError:
            # It is gone, as at its end.
            self._end()
            return
        self._end()

    def _watch(
        self, carrier: Transport, step: Callable[[], None], wants_room: bool = False
    ) -> None:
        on_readable, on_writable = (None, step) if wants_room else (step, None)
        self._reception.ports.poller.watch(carrier.fileno(), on_readable, on_writable)

    def _limit(self, time_s: float) -> None:
        self._deadline.set_at(self._reception.ports.clock.now().mono_s + time_s)

    def _give_up(self) -> None:
        if not self._has_failed:
            self._tell(f"no handshake within {self._reception.limits.handshake_s:g} s")
        self._end()

    def _end(self) -> None:
        self.close()
        self._greeted(None)

    def _let_go(self) -> Transport | None:
        """Whatever carries the connection is somebody else's from now on."""
        carrier, self._carrier = self._carrier, None
        self._deadline.cancel()
        self._reception.leave(self, self._peer)
        if carrier is not None:
            self._reception.ports.poller.forget(carrier.fileno())
        return carrier

    def _tell(self, why: str) -> None:
        self._reception.ports.log(Level.DEBG, f"{self._peer} cannot be served: TLS failed: {why}")
