"""What a connection is carried by: a socket, or TLS on one, which are used alike."""

from supervisor.hints import Callable, Protocol, Sequence
from supervisor.sockets import socket


class Transport(Protocol):
    """What is used of a socket that does not block."""

    @property
    def type(self) -> int:
        """Kind of socket, such as SOCK_STREAM."""

    def fileno(self) -> int:
        """Its descriptor: all that has arrived has been taken when that is not ready."""

    def recv(self, max_bytes: int, /) -> bytes:
        """What has arrived, b"" at the end. Raises BlockingIOError and OSError."""

    def send(self, data: bytes | memoryview, /) -> int:
        """Bytes taken now. What was not taken must be offered again, unchanged, before all else.

        Raises BlockingIOError and OSError.
        """

    def sendmsg(self, parts: Sequence[bytes | memoryview], /) -> int:
        """As `send`, of several parts; perhaps only of the first."""

    def shutdown(self, how: int, /) -> None:
        """Say that nothing more will be sent. Raises OSError."""

    def close(self) -> None:
        """Give everything back."""


class Greeting(Protocol):
    """A client who has yet to agree with us on TLS."""

    def begin(self) -> None:
        """Agree as far as possible now."""

    def close(self) -> None:
        """End it at once; nobody is called back."""


Greeted = Callable[[Transport | None], None]
"""Called once: with what carries the connection from then on, or None if that came to nothing."""

Greeter = Callable[[socket.socket, str, Greeted], Greeting]
"""Makes the greeting of a client: its socket, which is given away, and its address for the log."""


def has_hung_up(client: Transport) -> bool:
    """Whether a client has gone for good, or has only said that it will send nothing more.

    Reading tells no difference, and some clients of the second kind wait for their answers. Over
    TCP it is known only after something was sent.
    """
    if client.type != socket.SOCK_STREAM:
        # There, nothing is a message as well.
        return False
    try:
        client.send(b"")
    except (BlockingIOError, InterruptedError):
        return False
    except OSError:
        return True
    return False
