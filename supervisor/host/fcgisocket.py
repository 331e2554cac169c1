"""The socket of a FastCGI program: made here, accepted on by its processes only.

It blocks, as programs expect of their descriptor 0; the flag belongs to everybody who has the
socket. What lies at the path of a unix socket is replaced without asking (manual, "FastCGI
programs"), but only when the socket is really needed: a probe touches nothing that is there.
"""

import errno
import os
import stat

from supervisor.errors import HostError
from supervisor.host.sockets import (
    Identity,
    bind_inet,
    identity_of,
    listening,
    remove_leftover,
    remove_unix,
    temporary_name,
)
from supervisor.sockets import socket
from supervisor.suppressing import suppress
from supervisor.tuples import NamedTuple

FCGI_BACKLOG_COUNT = socket.SOMAXCONN
"""Connections that may wait to be accepted unless the section says another number."""


class FcgiPlan(NamedTuple):
    """What is to be made; equal plans make equal sockets."""

    url: str
    """As the section says it, for messages."""
    path: str | None
    """Of a unix socket; without one `host` and `port` count."""
    host: str
    port: int
    backlog_count: int
    mode: int
    """Of a unix socket, exact whatever the umask."""
    uid: int | None
    """Owner of a unix socket; None leaves that half unchanged."""
    gid: int | None


class FcgiSocket(NamedTuple):
    """A listening socket, and what its path means if it has one."""

    socket: socket.socket
    path: str | None
    identity: Identity | None

    def close(self) -> None:
        """Stop listening; the path goes only if it still is this socket's (L27)."""
        # The path first: as long as the socket is open nothing else can have its identity.
        if self.path is not None and self.identity is not None:
            remove_unix(self.path, self.identity)
        self.socket.close()


def open_fcgi_socket(plan: FcgiPlan) -> FcgiSocket:
    """Make the socket and listen on it: blocking, not inherited. Raises HostError."""
    try:
        if plan.path is None:
            bound = bind_inet(plan.host, plan.port)
            return FcgiSocket(listening(bound, plan.backlog_count), None, None)
        return _open_unix(plan, plan.path)
    except (OSError, ValueError) as error:
        raise _cannot_create(plan, error) from error


def probe_fcgi_socket(plan: FcgiPlan) -> None:
    """Whether the socket can be made. Raises HostError if not.

    A unix socket is made under another name: what is at the path may be in use by somebody.
    """
    try:
        if plan.path is None:
            listening(bind_inet(plan.host, plan.port), plan.backlog_count).close()
        else:
            _probe_unix(plan, plan.path)
    except (OSError, ValueError) as error:
        raise _cannot_create(plan, error) from error


def _open_unix(plan: FcgiPlan, path: str) -> FcgiSocket:
    with suppress(FileNotFoundError):
        os.unlink(path)
    bound, identity = _bind_unix(plan, path)
    try:
        return FcgiSocket(listening(bound, plan.backlog_count), path, identity)
    except OSError:
        remove_unix(path, identity)
        raise


def _probe_unix(plan: FcgiPlan, path: str) -> None:
    _refuse_what_cannot_be_replaced(path)
    temporary = temporary_name(path)
    remove_leftover(temporary)
    bound, identity = _bind_unix(plan, temporary)
    bound.close()
    remove_unix(temporary, identity)


def _refuse_what_cannot_be_replaced(path: str) -> None:
    """Raise the OSError with which removing it will fail, if that can be foreseen."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    folder = os.stat(os.path.dirname(path))
    if folder.st_mode & stat.S_ISVTX and os.geteuid() not in (0, found.st_uid, folder.st_uid):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), path)


def _bind_unix(plan: FcgiPlan, path: str) -> tuple[socket.socket, Identity]:
    """A socket with its path, owner and mode. Nobody can connect before it listens."""
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(path)
        identity = identity_of(os.lstat(path))
        try:
            _change_owner(plan, path)
            _change_mode(plan, path)
        except OSError:
            remove_unix(path, identity)
            raise
    except (OSError, ValueError):
        bound.close()
        raise
    return bound, identity


def _change_owner(plan: FcgiPlan, path: str) -> None:
    if plan.uid is None and plan.gid is None:
        return
    uid, gid = (-1 if each is None else each for each in (plan.uid, plan.gid))
    try:
        os.lchown(path, uid, gid)
    except OSError as error:
        raise OSError(f"Could not change ownership of socket file: {error}") from error


def _change_mode(plan: FcgiPlan, path: str) -> None:
    try:
        os.chmod(path, plan.mode)
    except OSError as error:
        raise OSError(f"Could not change permissions of socket file: {error}") from error


def _cannot_create(plan: FcgiPlan, error: OSError | ValueError) -> HostError:
    """The text that the reference prints behind its traceback, and as the reason of a process."""
    return HostError(
        f"Could not create FastCGI socket {plan.url}: {error}",
        call="bind",
        errno=getattr(error, "errno", None),
    )
