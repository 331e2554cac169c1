"""Listening sockets: opened only where nobody else listens, removed only while they are ours.

A unix socket appears under its path complete: it already listens and has its mode when the path
is linked to it, so that no client and no second daemon can meet it half made. What lies at the
path is removed only if it is a socket that nobody answers on.
"""

import errno
import os
import pwd
import stat
import sys

from supervisor.errors import HostError
from supervisor.hints import Callable
from supervisor.sockets import socket
from supervisor.tuples import NamedTuple

BACKLOG_COUNT = 1024
"""Connections that may wait to be accepted; the system may allow fewer."""

_LINK_TRIES_MAX = 3
_PATH_BYTES_MAX = 107 if sys.platform == "linux" else 103
"""What the address of a unix socket holds (unix(7))."""

_CREDENTIALS_BYTES = 12
"""pid, uid, gid: struct ucred, of which the last two are unsigned."""
_NO_UID = 2**32 - 1
"""Of a peer that the kernel knows nothing about."""

_IN_USE = (
    "Another program is already listening on a port that one of our HTTP servers is configured to"
    " use.  Shut this program down first before starting supervisord."
)


class Identity(NamedTuple):
    """Which file a path means, whatever its name."""

    device: int
    inode: int


class UnixListener(NamedTuple):
    """A listening unix socket; `path` and `identity` are what `remove_unix` wants."""

    socket: socket.socket
    path: str
    identity: Identity


def open_inet_listener(host: str, port: int) -> socket.socket:
    """Listen on a TCP port: non-blocking, not inherited, address reusable at once.

    `host` is what `bind_inet` takes. Raises HostError.
    """
    try:
        listener = bind_inet(host, port)
        listener.setblocking(False)
        return listening(listener, BACKLOG_COUNT)
    except OSError as error:
        raise _cannot_open(error) from error


def bind_inet(host: str, port: int) -> socket.socket:
    """A TCP socket with that address: not inherited, address reusable at once.

    `host` is a name or IPv4 address, an IPv6 address with or without brackets (C16), or empty or
    ``*`` for all IPv4 interfaces; only names are looked up (C31). Raises OSError.
    """
    family, address = _inet_address(host, port)
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # "[::]" is all of IPv6 and no more, so that it and "*" can be used side by side.
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    except TypeError as error:
        # What IDNA cannot write as a name is refused by the runtime, in a way of its own.
        bound.close()
        raise OSError(f"{host} is not a host name") from error
    return bound


def listening(bound: socket.socket, backlog_count: int) -> socket.socket:
    """The same socket, which now listens. Raises OSError, with the socket closed."""
    try:
        bound.listen(backlog_count)
    except OSError:
        bound.close()
        raise
    return bound


def open_unix_listener(
    path: str, mode: int, uid: int | None, gid: int | None, announce: Callable[[str], None]
) -> UnixListener:
    """Listen on a unix socket at `path` with that mode and owner: non-blocking, not inherited.

    None leaves the user or group as it is. `announce` is told when a stale socket is removed.
    Raises HostError: somebody listens there, something else lies there, or the system refuses.
    """
    temporary = temporary_name(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        remove_leftover(temporary)
        listener.bind(temporary)
        try:
            os.chmod(temporary, mode)
            listener.listen(BACKLOG_COUNT)
            identity = identity_of(os.lstat(temporary))
            _link(temporary, path, announce)
            _chown(path, identity, uid, gid)
        finally:
            os.unlink(temporary)
    except OSError as error:
        listener.close()
        raise _cannot_open(error) from error
    except HostError:
        listener.close()
        raise
    return UnixListener(listener, path, identity)


def remove_unix(path: str, identity: Identity) -> bool:
    """Remove the path of our unix socket unless it means another file by now; whether it did."""
    try:
        if identity_of(os.lstat(path)) != identity:
            return False
        os.unlink(path)
    except OSError:
        return False
    return True


def peer_uid(connected: socket.socket) -> int | None:
    """The user who connected to a unix socket, as the kernel knows him (unix(7)).

    None where the system does not tell, and for a peer that is gone.
    """
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    try:
        told = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS_BYTES)
    except OSError:
        return None
    uid = memoryview(told).cast("I")[1]
    return uid if uid < _NO_UID else None


def temporary_name(path: str) -> str:
    """Where to make a socket before it gets its path: beside that, and as short if need be.

    What can be connected to can be made.
    """
    suffix = f".{os.getpid()}"
    if len(os.fsencode(path)) <= _PATH_BYTES_MAX < len(os.fsencode(path + suffix)):
        return os.path.join(os.path.dirname(path), suffix)
    return path + suffix


def _inet_address(host: str, port: int) -> tuple[int, tuple[object, ...]]:
    """Family and address to bind; a name is left to `bind`. Raises OSError (of the resolver)."""
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if ":" not in host:
        return socket.AF_INET, ("" if host == "*" else host, port)
    # Numeric only: this reads the address, with a zone such as "%eth0", and asks nobody.
    answers = socket.getaddrinfo(
        host, port, socket.AF_INET6, socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
    )
    return socket.AF_INET6, answers[0][4]


def _link(temporary: str, path: str, announce: Callable[[str], None]) -> None:
    """Give the new socket its path, if need be in the place of a stale one."""
    for _ in range(_LINK_TRIES_MAX):
        try:
            os.link(temporary, path)
            return
        except FileExistsError:
            _remove_stale(path, announce)
    # Somebody makes it anew each time we remove it: it is theirs.
    raise HostError(_IN_USE, call="link", errno=errno.EEXIST)


def _remove_stale(path: str, announce: Callable[[str], None]) -> None:
    """Remove a socket that nobody listens on. Raises HostError for everything else."""
    try:
        found = os.lstat(path)
        if not stat.S_ISSOCK(found.st_mode):
            raise HostError(
                f"cannot create the socket {path}: there is a file that is not a socket;"
                " remove it, or change the file setting of the server",
                call="link",
                errno=errno.EEXIST,
            )
        if _somebody_listens(path):
            raise HostError(_IN_USE, call="connect", errno=errno.EADDRINUSE)
        if identity_of(os.lstat(path)) != identity_of(found):
            # Replaced while we asked: look again.
            return
        announce(f"Unlinking stale socket {path}")
        os.unlink(path)
    except FileNotFoundError:
        return


def _somebody_listens(path: str) -> bool:
    """Whether a connection is accepted, or refused for another reason than nobody being there."""
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # A full backlog is an answer, too: never wait.
        probe.setblocking(False)
        probe.connect(path)
    except (ConnectionRefusedError, FileNotFoundError):
        return False
    except OSError:
        return True
    finally:
        probe.close()
    return True


def _chown(path: str, identity: Identity, uid: int | None, gid: int | None) -> None:
    if uid is None and gid is None:
        return
    uid_or_same, gid_or_same = -1 if uid is None else uid, -1 if gid is None else gid
    try:
        os.lchown(path, uid_or_same, gid_or_same)
    except PermissionError as error:
        remove_unix(path, identity)
        raise HostError(
            f"Not permitted to chown {path} to uid/gid ({uid_or_same}, {gid_or_same}); adjust"
            ' "sockchown" value in config file or on command line to values that the current user'
            f" ({_own_name()}) can successfully chown",
            call="chown",
            errno=error.errno,
        ) from error
    except OSError:
        remove_unix(path, identity)
        raise


def _own_name() -> str:
    uid = os.geteuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def remove_leftover(path: str) -> None:
    """Remove what an earlier process with our pid may have left at our temporary name."""
    try:
        if stat.S_ISSOCK(os.lstat(path).st_mode):
            os.unlink(path)
    except FileNotFoundError:
        return


def identity_of(found: os.stat_result) -> Identity:
    return Identity(found.st_dev, found.st_ino)


def _cannot_open(error: OSError) -> HostError:
    """The text that the reference prints: tools look for it."""
    number = error.errno
    if number == errno.EADDRINUSE:
        return HostError(_IN_USE, call="bind", errno=number)
    if number is None:
        # The path does not fit into an address: the only error without a number.
        told = str(error)
    elif isinstance(error, socket.gaierror) or number not in errno.errorcode:
        told = str(number)
    else:
        told = f"errno.{errno.errorcode[number]} ({number})"
    return HostError(
        f"Cannot open an HTTP server: socket.error reported {told}", call="bind", errno=number
    )
