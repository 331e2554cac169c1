"""Where a daemon listens: the URL of a server, and a connected socket to it.

Both clients, XML-RPC and log streams, reach the daemon through this module only.
"""

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from supervisor.tuples import NamedTuple

DEFAULT_HTTP_PORT = 80
DEFAULT_HTTPS_PORT = 443


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


class Trust(NamedTuple):
    """How the certificates of daemons are judged, and what is shown to them."""

    ca: str | None = None
    """File with the authorities; None for those of the system."""
    verify: bool = True
    certfile: str | None = None
    """Certificate of the client, for daemons that want one."""
    keyfile: str | None = None
    """None: in the file of the certificate."""


@dataclass(frozen=True, slots=True)
class TlsAddress:
    """A TCP port with TLS."""

    name: str
    port: int
    trust: Trust

    @property
    def host(self) -> str:
        """What goes into the Host header: an IPv6 address stands in brackets."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port == DEFAULT_HTTPS_PORT else f"{name}:{self.port}"

    def connect(self) -> socket.socket:
        """A connected socket; raises OSError, of which ssl.SSLError is one, or TlsSettingsError."""
        # Late: most sessions need no OpenSSL.
        from supervisor.client.tls import wrapped

        return wrapped(InetAddress(self.name, self.port).connect(), self.name, self.trust)


Address = UnixAddress | InetAddress | TlsAddress
SYSTEM_TRUST = Trust()


def parse_serverurl(serverurl: str | Address | None, trust: Trust = SYSTEM_TRUST) -> Address:
    """Address of `unix://PATH`, `http://HOST[:PORT]` or `https://HOST[:PORT]`; itself if it is one.

    Raises ValueError for any other scheme, a missing host, or a port that is none.
    """
    if isinstance(serverurl, (UnixAddress, InetAddress, TlsAddress)):
        return serverurl
    if serverurl is not None:
        if serverurl.startswith("unix://"):
            return UnixAddress(serverurl.removeprefix("unix://"))
        if serverurl.startswith("http://"):
            parts = urlsplit(serverurl)
            if parts.hostname:
                return InetAddress(parts.hostname, parts.port or DEFAULT_HTTP_PORT)
        if serverurl.startswith("https://"):
            parts = urlsplit(serverurl)
            if parts.hostname:
                return TlsAddress(parts.hostname, parts.port or DEFAULT_HTTPS_PORT, trust)
    raise ValueError(f"Unknown protocol for serverurl {serverurl}")
