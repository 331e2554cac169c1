"""Where a daemon listens: the URL of a server, and a connected socket to it.

Both clients, XML-RPC and log streams, reach the daemon through this module only.
"""

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

DEFAULT_HTTP_PORT = 80


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """A socket in the file system."""

    path: str

    @property
    def host(self) -> str:
        """What goes into the Host header, which HTTP/1.1 demands."""
        return "localhost"

    def connect(self) -> socket.socket:
        """A connected socket; raises OSError as connect(2) does."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(self.path)
        except BaseException:
            connection.close()
            raise
        return connection


@dataclass(frozen=True, slots=True)
class InetAddress:
    """A TCP port; the name may stand for IPv4 and IPv6 addresses, which are tried in turn."""

    name: str
    port: int

    @property
    def host(self) -> str:
        """What goes into the Host header: an IPv6 address stands in brackets."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port == DEFAULT_HTTP_PORT else f"{name}:{self.port}"

    def connect(self) -> socket.socket:
        """A connected socket; raises OSError, or gaierror if the name is unknown."""
        connection = socket.create_connection((self.name, self.port))
        # Requests are small and waited for: never hold one back to fill a packet.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


Address = UnixAddress | InetAddress


def parse_serverurl(serverurl: str | None) -> Address:
    """Address of `unix://PATH` or `http://HOST[:PORT]`.

    Raises ValueError for any other scheme, a missing host, or a port that is none.
    """
    if serverurl is not None:
        if serverurl.startswith("unix://"):
            return UnixAddress(serverurl.removeprefix("unix://"))
        if serverurl.startswith("http://"):
            parts = urlsplit(serverurl)
            if parts.hostname:
                return InetAddress(parts.hostname, parts.port or DEFAULT_HTTP_PORT)
    raise ValueError(f"Unknown protocol for serverurl {serverurl}")
