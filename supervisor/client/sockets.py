"""Sockets of the module `socket`, for HTTP, TLS, and names that stand for several addresses.

Imported with the first of them: a plain request by a unix socket needs none.
"""

import socket

from supervisor.hints import Any


def of_plain(connection: Any) -> socket.socket:
    """The same connection; the plain socket lets go of it."""
    return socket.socket(fileno=connection.detach())


def connected(name: str, port: int) -> socket.socket:
    """A socket that is connected to a TCP port. Raises OSError, or gaierror for unknown names."""
    connection = socket.create_connection((name, port))
    # Requests are small and waited for: never hold one back to fill a packet.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
