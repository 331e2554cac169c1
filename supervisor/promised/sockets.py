"""Sockets as configurations describe them: where, for whom, with what mode.

The daemon has its own way of making them (`supervisor.host`); these are for plug-ins.
"""

import os
import socket
from contextlib import suppress

from supervisor.hints import Any


class SocketConfig:
    """Abstract: where a stream socket listens. Equal if everything about it is."""

    url = ""
    backlog: int | None = None

    def __repr__(self) -> str:
        return f"<{type(self)} at {id(self)} for {self.url}>"

    def __str__(self) -> str:
        return self.url

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SocketConfig):
            return False
        return self.url == other.url and self._details() == other._details()

    def __hash__(self) -> int:
        return hash(self.url)

    def _details(self) -> tuple[Any, ...]:
        return (self.backlog,)

    def get_backlog(self) -> int | None:
        """Connections that may wait to be accepted; None leaves it to the system."""
        return self.backlog

    def addr(self) -> Any:
        """The address that bind() takes."""
        raise NotImplementedError

    def create_and_bind(self) -> socket.socket:
        """A bound socket, which does not listen yet. Raises OSError."""
        raise NotImplementedError


class InetStreamSocketConfig(SocketConfig):
    """A TCP socket of IPv4."""

    def __init__(self, host: str, port: int | str, **kwargs: Any) -> None:
        self.host = host.lower()
        self.port = int(port)
        self.url = f"tcp://{self.host}:{self.port}"
        self.backlog = kwargs.get("backlog")

    def addr(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port

    def create_and_bind(self) -> socket.socket:
        """A bound socket whose address can be used again at once. Raises OSError."""
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(self.addr())
        except OSError:
            bound.close()
            raise
        return bound


class UnixStreamSocketConfig(SocketConfig):
    """A unix socket; `owner` is (uid, gid), in which -1 changes nothing."""

    def __init__(self, path: str, **kwargs: Any) -> None:
        self.path = path
        self.url = f"unix://{path}"
        self.mode: int | None = kwargs.get("mode")
        self.owner: tuple[int, int] | None = kwargs.get("owner")
        self.backlog = kwargs.get("backlog")

    def _details(self) -> tuple[Any, ...]:
        return self.backlog, self.mode, self.owner

    def addr(self) -> str:
        """Path of the socket."""
        return self.path

    def get_mode(self) -> int | None:
        """Mode of the socket file; None leaves it to the umask."""
        return self.mode

    def get_owner(self) -> tuple[int, int] | None:
        """Ids of user and group; None leaves them unchanged."""
        return self.owner

    def create_and_bind(self) -> socket.socket:
        """A bound socket in place of whatever is at the path. Raises OSError."""
        with suppress(FileNotFoundError):
            os.unlink(self.path)
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            bound.bind(self.path)
            if self.owner is not None:
                os.chown(self.path, *self.owner)
            if self.mode is not None:
                os.chmod(self.path, self.mode)
        except OSError:
            bound.close()
            with suppress(OSError):
                os.unlink(self.path)
            raise
        return bound
