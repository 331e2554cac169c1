"""``[unix_http_server]`` and ``[inet_http_server]``: where clients connect."""

from supervisor.config.option import option, options_of
from supervisor.config.record import record, uncompared
from supervisor.config.values import Origin, Ownership, TcpAddress
from supervisor.config.valuetypes import (
    BOOLEAN,
    HOST_NAMES,
    OCTAL,
    OWNER,
    PATH,
    STRING,
    TCP_ADDRESS,
)
from supervisor.hints import Literal

UNIX_PREFIX = "unix_http_server"
INET_PREFIX = "inet_http_server"
SOCKET_MODE_DEFAULT = 0o700

_USERNAME_DOC = "User name that clients must give. Empty, with an empty password: nobody is asked."
_PASSWORD_DOC = (
    "Password that clients must give. It is clear text, {SHA} and its SHA-1 in hex, or what "
    "supervisorctl hash-password prints."
)
_ALLOWED_HOSTS_DOC = (
    "Further host names under which browsers may reach the server. *.example.com means all names "
    "below that one."
)


class UnixServerSection:
    """The keys of a ``[unix_http_server]`` section."""

    file: str = option(
        PATH,
        "Path of the socket.",
        shown_default="required",
        sample="/tmp/supervisor.sock",
        is_active_in_sample=True,
    )
    username: str = option(STRING, _USERNAME_DOC, sample="user")
    password: str = option(STRING, _PASSWORD_DOC, sample="123")
    chown: Ownership | None = option(
        OWNER,
        "Owner of the socket, as user, user:group or :group.",
        shown_default="unchanged",
        own_error="Invalid sockchown value {}",
        sample="nobody:nogroup",
    )
    chmod: int = option(
        OCTAL,
        "Mode of the socket.",
        default=SOCKET_MODE_DEFAULT,
        shown_default="0700",
        own_error="Invalid chmod value {}",
        sample="0700",
    )
    allowed_hosts: tuple[str, ...] = option(
        HOST_NAMES,
        _ALLOWED_HOSTS_DOC,
        default=(),
        sample="panel.example.com",
        since="5.0",
    )


class InetServerSection:
    """The keys of an ``[inet_http_server]`` section."""

    username: str = option(STRING, _USERNAME_DOC, sample="user")
    password: str = option(STRING, _PASSWORD_DOC, sample="123")
    port: TcpAddress = option(
        TCP_ADDRESS,
        "Where to listen: port, host:port, *:port or [ipv6]:port.",
        shown_default="required",
        sample="127.0.0.1:9001",
    )
    allow_insecure: bool = option(
        BOOLEAN,
        "Whether other machines may use the server without any password. If not, a server that "
        "listens to them and asks for neither password, token nor certificate is refused.",
        default=True,
        shown_default="true",
        sample="false",
        since="5.0",
    )
    allowed_hosts: tuple[str, ...] = option(
        HOST_NAMES,
        _ALLOWED_HOSTS_DOC,
        default=(),
        sample="panel.example.com",
        since="5.0",
    )
    ssl_certfile: str | None = option(
        PATH,
        "Certificate of the server in PEM. The chain that leads to its authority follows it in the "
        "file. With this key the server speaks HTTPS, and nothing else.",
        sample="/etc/supervisor/server.crt",
        since="5.0",
    )
    ssl_keyfile: str | None = option(
        PATH,
        "Private key of the certificate in PEM. It must not be protected by a password.",
        shown_default="in ssl_certfile",
        sample="/etc/supervisor/server.key",
        since="5.0",
    )
    ssl_client_ca: str | None = option(
        PATH,
        "Authorities, in PEM, that clients need a certificate of. Others cannot connect.",
        sample="/etc/supervisor/clients.crt",
        since="5.0",
    )


@record
class ServerSettings:
    """One server to open."""

    kind: Literal["unix", "inet"]
    name: str
    """What stands behind the colon of the section's name, empty if nothing does."""
    section: str
    origin: Origin = uncompared()
    host: str = ""
    """Of an inet server; empty for all interfaces."""
    port: int = 0
    """Of an inet server."""
    file: str = ""
    """Of a unix server: absolute path of the socket."""
    chmod: int = SOCKET_MODE_DEFAULT
    uid: int | None = None
    """Owner of the socket; None leaves it unchanged."""
    gid: int | None = None
    username: str | None = None
    """None: no authentication."""
    password: str | None = None
    allow_insecure: bool = True
    allowed_hosts: tuple[str, ...] = ()
    """In lower case, without port and brackets; ``*.`` stands for any names in front."""
    ssl_certfile: str | None = None
    """Absolute, as the next two; None: plain HTTP."""
    ssl_keyfile: str | None = None
    """None: the key is in the file of the certificate."""
    ssl_client_ca: str | None = None
    """None: clients need no certificate."""

    @property
    def url(self) -> str:
        """How a child reaches the server."""
        if self.kind == "unix":
            return f"unix://{self.file}"
        host = f"[{self.host}]" if ":" in self.host else self.host or "localhost"
        scheme = "http" if self.ssl_certfile is None else "https"
        return f"{scheme}://{host}:{self.port}"


UNIX_OPTIONS = options_of(UnixServerSection)
INET_OPTIONS = options_of(InetServerSection)
