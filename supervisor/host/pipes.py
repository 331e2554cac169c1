"""The pipes between the daemon and a child.

The daemon's ends never block; the child's ends do, as programs expect. No end is inherited by
anybody but through `Kernel.spawn`, and none is left open if they cannot all be made. Those for
output that nobody looks at are watched by a poller of their own.
"""

import errno
import fcntl
import os
import sys

from supervisor.core.component import Timers
from supervisor.errors import SpawnError, errno_name
from supervisor.hints import TYPE_CHECKING, Callable, Final
from supervisor.host.poller import Callback, SystemPoller
from supervisor.suppressing import suppress

if TYPE_CHECKING:
    from supervisor.host.crowd import Crowd

CROWD_S: Final = 0.002
WAKES_COUNT: Final = 4
"""When output wakes us up so often, each time so soon after the time before, it has to wait."""

FLOOD_S: Final = 1.0
"""How long none has to wait after there was much: a pipe is full soon, and its child waits with us;
so not more than 3 % of its time."""


class ChildPipes:
    """Both ends of a child's stdin, stdout and stderr; None where there is no such pipe.

    With `redirect_stderr` there is no stderr pipe, and the child's stderr is its stdout.
    """

    __slots__ = (
        "_ours",
        "_theirs",
        "child_stderr",
        "child_stdin",
        "child_stdout",
        "stderr",
        "stdin",
        "stdout",
    )

    def __init__(self, *, redirect_stderr: bool, want_stdin: bool) -> None:
        """Open them. Raises OSError with everything closed again."""
        self._ours: list[int] = []
        self._theirs: list[int] = []
        self.stdin: int | None = None
        self.stderr: int | None = None
        self.child_stdin: int | None = None
        try:
            if want_stdin:
                self.child_stdin, self.stdin = os.pipe()
                self._note(self.stdin, self.child_stdin)
            self.stdout, self.child_stdout = os.pipe()
            self._note(self.stdout, self.child_stdout)
            self.child_stderr = self.child_stdout
            if not redirect_stderr:
                self.stderr, self.child_stderr = os.pipe()
                self._note(self.stderr, self.child_stderr)
        except OSError:
            self.close()
            raise

    def close_child_ends(self) -> None:
        """Close what only the child needs; to be called as soon as it has been spawned."""
        _close_all(self._theirs)

    def release(self) -> tuple[int | None, int, int | None]:
        """Our ends of stdin, stdout and stderr, to be closed by the caller from now on."""
        self._ours.clear()
        return self.stdin, self.stdout, self.stderr

    def highest_fd(self) -> int:
        """The highest number of all ends that are still ours."""
        return max(self._ours + self._theirs)

    def close(self) -> None:
        """Close every end that is still ours; harmless when repeated."""
        _close_all(self._theirs)
        _close_all(self._ours)

    def _note(self, ours: int, theirs: int) -> None:
        self._ours.append(ours)
        self._theirs.append(theirs)
        os.set_blocking(ours, False)


def _close_all(fds: list[int]) -> None:
    while fds:
        os.close(fds.pop())


def open_pipes(
    name: str, *, redirect_stderr: bool, want_stdin: bool = True, fd_max: int | None = None
) -> ChildPipes:
    """The pipes for a child of process `name`. Raises SpawnError with step "pipes".

    None will have a number above `fd_max`: as the system gives the lowest ones first, there are
    always some left for others then.
    """
    try:
        pipes = ChildPipes(redirect_stderr=redirect_stderr, want_stdin=want_stdin)
        if fd_max is not None and pipes.highest_fd() > fd_max:
            pipes.close()
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    except OSError as error:
        raise channels_refused(name, error, step="pipes") from error
    return pipes


def channels_refused(name: str, error: OSError, *, step: str) -> SpawnError:
    """What to tell when pipes or log files cannot be opened; `step` is "pipes" or "logs"."""
    if error.errno == errno.EMFILE:
        reason = f"too many open files to spawn '{name}'"
    else:
        reason = f"unknown error making dispatchers for '{name}': {errno_name(error.errno or 0)}"
    return SpawnError(reason, step=step, errno=error.errno)


def pending_bytes(fd: int) -> int:
    """Bytes that can be read from a pipe or socket at once. Raises OSError."""
    # Late: a library of 40 KiB for one number, which only a daemon with children has a use for.
    from termios import FIONREAD

    answer = fcntl.ioctl(fd, FIONREAD, b"\0\0\0\0")
    return int.from_bytes(answer, sys.byteorder)


def widen(fd: int, size_bytes: int) -> bool:
    """Have a pipe hold that much before its writer must wait; False if the system does not.

    It refuses users whose pipes hold too much in all (``fs.pipe-user-pages-soft``).
    """
    if not hasattr(fcntl, "F_SETPIPE_SZ"):
        return False
    try:
        return fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, size_bytes) >= size_bytes
    except OSError:
        return False


def capacity_bytes(fd: int) -> int | None:
    """What a pipe holds before its writer must wait; None if the system does not tell.

    Beyond what the system allows to the pipes of one user, new ones hold next to nothing: on Linux
    8 KiB, after a thousand of others.
    """
    if not hasattr(fcntl, "F_GETPIPE_SZ"):
        return None
    try:
        return fcntl.fcntl(fd, fcntl.F_GETPIPE_SZ)
    except OSError:
        return None


class CalmPoller:
    """Implements `daemon.channels.Calm`: output can wait for a moment, see `host.crowd`."""

    __slots__ = (
        "_crowd",
        "_flood_s",
        "_last_s",
        "_last_turn",
        "_poller",
        "_timers",
        "_wakes_count",
        "is_looked_at",
    )

    def __init__(self, poller: SystemPoller, timers: Timers) -> None:
        self._poller = poller
        self._timers = timers
        self._crowd: Crowd | None = None
        self._last_s = self._flood_s = 0.0
        self._last_turn = self._wakes_count = 0
        self.is_looked_at: Callable[[], bool] = lambda: False
        """Whether somebody wants to know at once."""

    def watch(
        self, fd: int, on_readable: Callback | None = None, on_writable: Callback | None = None
    ) -> None:
        """Call back when fd is ready. Raises OSError."""
        self._poller.watch(fd, on_readable, on_writable)

    def forget(self, fd: int) -> None:
        """Stop watching fd; unknown ones are ignored, closed ones tolerated."""
        self._poller.forget(fd)
        if self._crowd is not None:
            self._crowd.forget(fd)

    def had_news(self, fd: int, on_news: Callback, on_rested: Callback) -> None:
        """What woke us up was fd. If it is to rest, `on_rested` is called for it meanwhile.

        A hot path: called for each piece of output that is not much.
        """
        now_s, turn = self._poller.mono_s(), self._poller.turns_count
        if now_s - self._last_s >= CROWD_S:
            self._wakes_count = 0
        elif turn != self._last_turn:
            self._wakes_count += 1
        self._last_s, self._last_turn = now_s, turn
        is_crowd = self._wakes_count >= WAKES_COUNT
        if not is_crowd and self._crowd is not None:
            is_crowd = self._crowd.is_resting
        if is_crowd and self._may_rest(now_s):
            # Short of descriptors or memory: then none rests, and nothing is lost.
            with suppress(OSError):
                self._make_crowd().admit(fd, on_news, on_rested)

    def _make_crowd(self) -> "Crowd":
        if self._crowd is None:
            # Late: see there.
            from supervisor.host.crowd import Crowd

            self._crowd = Crowd(self._poller, self._timers, self._may_rest)
        return self._crowd

    def hurry(self) -> None:
        """A child has printed much."""
        self._flood_s = self._poller.mono_s()

    def look(self) -> None:
        """Take what those have printed who rest."""
        if self._crowd is not None:
            self._crowd.look()

    def close(self) -> None:
        """Give back what the system gave; to be called before the poller is closed."""
        if self._crowd is not None:
            self._crowd.close()

    def _may_rest(self, now_s: float) -> bool:
        return now_s - self._flood_s >= FLOOD_S and not self.is_looked_at()
