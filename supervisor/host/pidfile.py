"""The file that tells others the daemon's pid.

It never keeps a second daemon from starting (the sockets do that): it is overwritten, with a
warning if it names a process that lives. At the end it is removed only while it is still ours.
"""

import os
import stat

from supervisor.errors import HostError

_PIDFILE_BYTES_MAX = 32
_WRITE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def write_pidfile(path: str, pid: int) -> None:
    """Write the pid, replacing what was there; never waits. Raises HostError."""
    try:
        # Non-blocking: opening a FIFO would wait for somebody to read from it.
        fd = os.open(path, _WRITE_FLAGS, 0o666)
        try:
            os.write(fd, b"%d\n" % pid)
        finally:
            os.close(fd)
    except (OSError, ValueError) as error:
        raise HostError(
            f"could not write pidfile {path}", call="open", errno=getattr(error, "errno", None)
        ) from error


def read_pidfile(path: str) -> int | None:
    """The pid in the file; None if there is no such regular file, or no pid in it."""
    try:
        # Non-blocking: opening a FIFO would wait for somebody to write to it.
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        # Reading a terminal or a pipe, such as /dev/stdout, would take away its data.
        content = os.read(fd, _PIDFILE_BYTES_MAX) if stat.S_ISREG(os.fstat(fd).st_mode) else b""
    except OSError:
        return None
    finally:
        os.close(fd)
    digits = content.strip()
    return int(digits) if digits.isdigit() and len(content) < _PIDFILE_BYTES_MAX else None


def living_owner(path: str) -> int | None:
    """Pid of another process that lives and is named by the file, else None (L22)."""
    pid = read_pidfile(path)
    if pid is None or pid <= 0 or pid == os.getpid():
        return None
    try:
        os.kill(pid, 0)
    except PermissionError:
        return pid
    except (ProcessLookupError, OverflowError):
        return None
    return pid


def remove_pidfile(path: str, pid: int) -> bool:
    """Remove the file if it still names `pid`; whether it is gone through us."""
    if read_pidfile(path) != pid:
        return False
    try:
        os.unlink(path)
    except OSError:
        return False
    return True
