"""``[fcgi-program:NAME]``: the keys it has on top of those of a program."""

from supervisor.config.option import Scope, option, options_of
from supervisor.config.record import record
from supervisor.config.values import FcgiAddress, Ownership
from supervisor.config.valuetypes import FCGI_ADDRESS, INTEGER, OCTAL, OWNER

PREFIX = "fcgi-program:"
BACKLOG_MAX = 65535
SOCKET_MODE_DEFAULT = 0o700


@record
class FcgiSettings:
    """The socket that all processes of one section share."""

    section: str
    """Name of the section, such as ``fcgi-program:php``."""
    socket_backlog: int | None = option(
        INTEGER,
        "Connections that may wait to be accepted.",
        shown_default="SOMAXCONN",
        scope=Scope.GROUP,
        sample="128",
    )
    socket_owner: Ownership | None = option(
        OWNER,
        "Owner of a unix socket, as user or user:group.",
        shown_default="user and its primary group if user is set",
        scope=Scope.GROUP,
        own_error="Invalid socket_owner value {}",
        sample="nobody",
    )
    socket_mode: int | None = option(
        OCTAL,
        "Mode of a unix socket.",
        shown_default="0700",
        scope=Scope.GROUP,
        own_error="Invalid socket_mode value {}",
        sample="0700",
    )
    socket: FcgiAddress | None = option(
        FCGI_ADDRESS,
        "Where the socket is: tcp://host:port or unix:///absolute/path.",
        shown_default="required",
        scope=Scope.GROUP,
        sample="unix:///var/run/supervisor/fcgi.sock",
    )


OPTIONS = options_of(FcgiSettings)
