"""Sockets as the daemon needs them: the module in C below `socket`, at a tenth of its cost.

What `socket` adds is for other programs, and made at each start: enumerations of every constant,
`selectors`, `enum` below both; 12 of 173 million instructions and 0.2 MiB, of which the module in C
is one (decision 0010). It is a private module of the standard library, so this is the only one of
ours that names it, and nothing is taken from it that `socket` does not have under the same name,
but for `accept`. Its sockets are those that `socket.socket` inherits from: they know no ``with``,
``makefile`` or ``dup``, and their family and type are plain numbers. Whoever wants more (TLS,
plug-ins) makes a `socket.socket` of the descriptor.
"""

from supervisor.hints import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import _socket as socket
else:
    try:
        import _socket as socket
    except ImportError:
        # An interpreter that makes its sockets in another way.
        import socket

__all__ = ["accept", "socket"]


def accept(listener: socket.socket) -> tuple[socket.socket, Any]:
    """A client that has come, and its address. Raises OSError, as `socket.socket.accept`.

    Whether its socket blocks is up to the system: say what it shall do.
    """
    fd, address = listener._accept()  # type: ignore[attr-defined]  # Typeshed leaves it out.
    return socket.socket(listener.family, listener.type, listener.proto, fd), address
