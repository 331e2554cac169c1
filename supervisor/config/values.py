"""Small typed values that settings are made of; outside this ring nobody sees raw text."""

from supervisor.enums import Enum
from supervisor.tuples import NamedTuple


class Autorestart(Enum):
    """When a process that has ended by itself is started again."""

    NEVER = "never"
    UNEXPECTED = "unexpected"
    ALWAYS = "always"


class AfterRetries(Enum):
    """What becomes of an event that the listeners refused too often."""

    DROP = "drop"
    FATAL = "fatal"


class UserRole(Enum):
    """What a user may do; each may do what those above it may."""

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"


class StoredToken(NamedTuple):
    """What is kept of a token."""

    sha256: str
    """64 hexadecimal digits in lower case: the SHA-256 of the token's UTF-8."""
    expires_s: float | None
    """Wall time, in seconds, from which on it is no longer good; None: never."""


class AutoLog(Enum):
    """A log file whose name is made up when the process is created."""

    AUTO = "auto"


class NoLog(Enum):
    """Output is read and dropped."""

    NONE = "none"


class SyslogLog(Enum):
    """The main log goes to the system log."""

    SYSLOG = "syslog"


class FileLog(NamedTuple):
    """A log file with a name; relative for children, absolute for the main log."""

    path: str


AUTO_LOG = AutoLog.AUTO
NO_LOG = NoLog.NONE
SYSLOG = SyslogLog.SYSLOG

ChildLog = AutoLog | NoLog | FileLog
"""Where a channel of a child is written."""

MainLog = SyslogLog | FileLog
"""Where the main log is written."""


class Account(NamedTuple):
    """A user, and maybe a group, that were looked up when the file was read."""

    name: str
    """Login name, found even if the file names the id."""
    uid: int
    gid: int | None
    """The group that was named; None if the primary group applies."""
    primary_gid: int


class Ownership(NamedTuple):
    """Owner of a socket file; None leaves that half unchanged."""

    uid: int | None
    gid: int | None


class TcpAddress(NamedTuple):
    """Where a server listens."""

    host: str
    """Empty for all interfaces; IPv6 addresses without brackets."""
    port: int


class FcgiAddress(NamedTuple):
    """Where a FastCGI socket is made."""

    url: str
    """As the file says it, after expansion."""
    path: str | None
    """Of a unix socket."""
    host: str
    port: int


class Origin(NamedTuple):
    """Where a section or key stands."""

    file: str
    line: int
