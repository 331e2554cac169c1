"""System calls that plug-ins make through the options of the daemon, so that tests can patch them.

What the daemon alone may do (forking, waiting for children, signal handlers) is not here.
"""

import os
from contextlib import suppress

from supervisor.hints import IO, Any

READ_BYTES = 2 << 16


class SystemCalls:
    """Methods of `ServerOptions` that do one thing each."""

    childlogdir: str = ""

    def exists(self, path: str) -> bool:
        """Whether there is anything at a path."""
        return os.path.exists(path)

    def open(self, fn: str, mode: str = "r") -> IO[Any]:
        """An open file. Raises OSError."""
        return open(fn, mode)

    def remove(self, path: str) -> None:
        """Delete a file. Raises OSError."""
        os.remove(path)

    def stat(self, filename: str) -> os.stat_result:
        """What the system says about a file. Raises OSError."""
        return os.stat(filename)

    def chdir(self, dir: str) -> None:
        """Change the directory of the process. Raises OSError."""
        os.chdir(dir)

    def setumask(self, mask: int) -> None:
        """Change the umask of the process."""
        os.umask(mask)

    def kill(self, pid: int, signal: int) -> None:
        """Send a signal. Raises OSError."""
        os.kill(pid, signal)

    def write(self, fd: int, data: str | bytes) -> int:
        """Write to a descriptor; how many bytes were taken. Raises OSError."""
        return os.write(fd, data if isinstance(data, bytes) else data.encode())

    def readfd(self, fd: int) -> bytes:
        """What can be read from a descriptor now, b"" if nothing can."""
        with suppress(BlockingIOError, InterruptedError):
            return os.read(fd, READ_BYTES)
        return b""

    def close_fd(self, fd: int) -> None:
        """Close a descriptor, if it is open."""
        with suppress(OSError):
            os.close(fd)

    def get_pid(self) -> int:
        """Id of this process."""
        return os.getpid()

    def get_path(self) -> list[str]:
        """Directories in which commands are looked for."""
        return os.environ.get("PATH", "/bin:/usr/bin:/usr/local/bin").split(":")

    def get_autochildlog_name(self, name: str, identifier: str, channel: str) -> str:
        """Make the file of an automatic log; its path. Raises OSError."""
        # Late, because what writes logs belongs to the daemon; most who import this do not need it.
        from supervisor.logs.autolog import create_auto_log

        return create_auto_log(self.childlogdir, name, channel, identifier)

    def get_socket_map(self) -> dict[int, Any]:
        """Empty: the daemon's poller knows descriptors, not objects."""
        return {}

    def getLogger(self, *args: Any, **kwargs: Any) -> Any:
        """A logger, see `supervisor.loggers.getLogger`."""
        # Late, because most plug-ins write to the main log only.
        from supervisor.loggers import getLogger

        return getLogger(*args, **kwargs)

    def close_httpservers(self) -> None:
        """Close the servers; there are none outside of a daemon."""

    def close_logger(self) -> None:
        """Close the main log; there is none outside of a daemon."""

    def reopenlogs(self) -> None:
        """Reopen the main log; there is none outside of a daemon."""

    def cleanup_fds(self) -> None:
        """Nothing: no descriptor is ever inherited, so none has to be closed.

        Plug-ins that keep descriptors of their own have replaced this method; they still may.
        """
