"""The greeting of a client of a TLS server: the handshake, with a deadline, before anything else.

A client that speaks plain HTTP is told so in plain HTTP; others are told by TLS itself why there
is no common ground. Each step is made when the socket is ready for it, so nobody is waited for.
"""

import socket
from collections.abc import Callable

from supervisor.hints import Protocol
from supervisor.levels import Level
from supervisor.web.deadline import Deadline
from supervisor.web.limits import RECEIVE_BYTES, Limits
from supervisor.web.service import Ports, trace
from supervisor.web.transport import Greeted, Transport

_HINT = b"This server speaks HTTPS: its URL begins with https://\n"
PLAIN_HTTP_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain;charset=utf-8\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(_HINT), _HINT)
)


class Session(Transport, Protocol):
    """TLS on a socket."""

    wants_room: bool
    """What the handshake waits for: to send something, or that something comes."""
    is_plain_http: bool
    """The handshake failed because the client spoke HTTP."""

    def shake_hands(self) -> None:
        """Complete the handshake. Raises BlockingIOError: not yet; OSError: it has failed."""


class TlsGreeting:
    """One client, from its acceptance to the end of the handshake."""

    __slots__ = (
        "_deadline",
        "_greeted",
        "_has_failed",
        "_limits",
        "_peer",
        "_ports",
        "_session",
    )

    def __init__(
        self, session: Session, peer: str, greeted: Greeted, ports: Ports, limits: Limits
    ) -> None:
        self._session: Session | None = session
        self._peer = peer
        self._greeted = greeted
        self._ports = ports
        self._limits = limits
        self._has_failed = False
        """All that is left is to be read by the client."""
        self._deadline = Deadline(ports.timers, ports.clock, self._give_up)

    def begin(self) -> None:
        """Shake hands as far as possible now."""
        self._deadline.set_at(self._ports.clock.now().mono_s + self._limits.handshake_s)
        self._go_on()

    def close(self) -> None:
        """End it at once; nobody is called back."""
        session = self._let_go()
        if session is not None:
            session.close()

    def _go_on(self) -> None:
        session = self._session
        if session is None:
            return
        try:
            session.shake_hands()
        except BlockingIOError:
            self._wait(session, self._go_on)
        except OSError as error:
            self._tell(str(error))
            self._see_off(session)
        except Exception as error:
            self._ports.log(
                Level.CRIT, f"Greeting {self._peer} raised an unexpected exception: {trace(error)}"
            )
            self._end()
        else:
            self._let_go()
            self._greeted(session)

    def _wait(self, session: Session, step: Callable[[], None]) -> None:
        on_readable, on_writable = (None, step) if session.wants_room else (step, None)
        self._ports.poller.watch(session.fileno(), on_readable, on_writable)

    def _see_off(self, session: Session) -> None:
        """Let the client read why: closing with unread input would reset the connection."""
        self._has_failed = True
        try:
            if session.is_plain_http:
                # So few bytes that the kernel has room for them, or the client has left.
                session.send(PLAIN_HTTP_ANSWER)
            session.shutdown(socket.SHUT_WR)
        except OSError:
            self._end()
            return
        self._deadline.set_at(self._ports.clock.now().mono_s + self._limits.linger_s)
        session.wants_room = False
        self._wait(session, self._drain)

    def _drain(self) -> None:
        session = self._session
        if session is None:
            return
        try:
            if session.recv(RECEIVE_BYTES):
                return
        except BlockingIOError:
            return
        except OSError:
            # It is gone, as at its end.
            self._end()
            return
        self._end()

    def _give_up(self) -> None:
        if not self._has_failed:
            self._tell(f"no handshake within {self._limits.handshake_s:g} s")
        self._end()

    def _end(self) -> None:
        self.close()
        self._greeted(None)

    def _let_go(self) -> Session | None:
        """Whatever carries the connection is somebody else's from now on."""
        session, self._session = self._session, None
        self._deadline.cancel()
        if session is not None:
            self._ports.poller.forget(session.fileno())
        return session

    def _tell(self, why: str) -> None:
        self._ports.log(Level.DEBG, f"{self._peer} cannot be served: TLS failed: {why}")
