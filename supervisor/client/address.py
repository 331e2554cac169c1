"""Where a daemon listens: the URL of a server, and a connected socket to it.

Both clients, XML-RPC and log streams, reach the daemon through this module only. Sockets come in
two kinds: those of `socket`, and plain ones, which can receive, send and be closed, and cost
nothing to load (decision 0015).
"""

from supervisor.hints import TYPE_CHECKING, Any
from supervisor.sockets import socket
from supervisor.tuples import NamedTuple

if TYPE_CHECKING:
    from socket import socket as Socket

DEFAULT_HTTP_PORT = 80
DEFAULT_HTTPS_PORT = 443
PORT_MAX = 65535


class UnixAddress(NamedTuple):
    """A socket in the file system."""

    path: str

    @property
    def host(self) -> str:
        """What goes into the Host header, which HTTP/1.1 demands."""
        return "localhost"

    def connect(self) -> "Socket":
        """A connected socket; raises OSError as connect(2) does."""
        from supervisor.client.sockets import of_plain  # late: see above

        return of_plain(self.connect_plainly())

    def connect_plainly(self) -> Any:
        """The same, plain."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(self.path)
        except BaseException:
            connection.close()
            raise
        return connection


class InetAddress(NamedTuple):
    """A TCP port; the name may stand for IPv4 and IPv6 addresses, which are tried in turn."""

    name: str
    port: int

    @property
    def host(self) -> str:
        """What goes into the Host header: an IPv6 address stands in brackets."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port == DEFAULT_HTTP_PORT else f"{name}:{self.port}"

    def connect(self) -> "Socket":
        """A connected socket; raises OSError, or gaierror if the name is unknown."""
        from supervisor.client.sockets import connected  # late: see above

        return connected(self.name, self.port)

    def connect_plainly(self) -> Any:
        """The same: to try one address after the other is worth the better kind."""
        return self.connect()


class Trust(NamedTuple):
    """How the certificates of daemons are judged, and what is shown to them."""

    ca: str | None = None
    """File with the authorities; None for those of the system."""
    verify: bool = True
    certfile: str | None = None
    """Certificate of the client, for daemons that want one."""
    keyfile: str | None = None
    """None: in the file of the certificate."""


class TlsAddress(NamedTuple):
    """A TCP port with TLS."""

    name: str
    port: int
    trust: Trust

    @property
    def host(self) -> str:
        """What goes into the Host header: an IPv6 address stands in brackets."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port == DEFAULT_HTTPS_PORT else f"{name}:{self.port}"

    def connect(self) -> "Socket":
        """A connected socket; raises OSError, of which ssl.SSLError is one, or TlsSettingsError."""
        # Late: most sessions need no OpenSSL.
        from supervisor.client.tls import wrapped

        return wrapped(InetAddress(self.name, self.port).connect(), self.name, self.trust)

    def connect_plainly(self) -> Any:
        """The same: there is no plain TLS."""
        return self.connect()


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
            host, port = _host_and_port(serverurl)
            if host:
                return InetAddress(host, port or DEFAULT_HTTP_PORT)
        if serverurl.startswith("https://"):
            host, port = _host_and_port(serverurl)
            if host:
                return TlsAddress(host, port or DEFAULT_HTTPS_PORT, trust)
    raise ValueError(f"Unknown protocol for serverurl {serverurl}")


def _host_and_port(url: str) -> tuple[str | None, int | None]:
    """Raises ValueError for a port that is none."""
    host, colon, port = url.partition("://")[2].partition(":")
    if host.isascii() and host.replace(".", "").replace("-", "").isalnum():
        if not colon:
            return host.lower(), None
        if port.isascii() and port.isdigit() and int(port) <= PORT_MAX:
            return host.lower(), int(port)
    # Late: it is a tenth of what a command loads, and most URLs are as above.
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return parts.hostname, parts.port
