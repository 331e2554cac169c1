"""The cheap way to start a child: `posix_spawn`, for plans that change nothing but the fds.

It takes two thirds of the CPU time of `subprocess.Popen` and none of its memory (decision 0003).
Before Python 3.13 it cannot close fds that somebody left inheritable, so nobody may: all of ours
are made non-inheritable, and `host.process.mark_inherited_fds_cloexec` sees to those that the
daemon was started with.
"""

import errno
import fcntl
import os

from supervisor.hints import Final
from supervisor.host.childplan import ChildPlan
from supervisor.host.refusal import spawn_refusal
from supervisor.signals import signal

_FIRST_OTHER_FD: Final = 3

_GLIBC_MIN: Final = (2, 24)
"""From here on glibc makes the child by a kind of vfork, and so tells its errors to the caller."""

# Ignored by the interpreter, and so by a child. What we catch is back to the default in a child.
_IGNORED_SIGNALS: Final = (signal.SIGPIPE, signal.SIGXFSZ)

# Errors of making a process; all others are told by the child when it carries out the plan.
_FORK_ERRORS: Final = frozenset({errno.EAGAIN, errno.ENOMEM, errno.ENOSYS})


def _tells_errors() -> bool:
    """Whether the C library reports what goes wrong up to and including exec."""
    try:
        library, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
        major, minor = version.split(".")[:2]
        return library == "glibc" and (int(major), int(minor)) >= _GLIBC_MIN
    except ValueError:
        # Another library: the name is unknown, or stands for something else.
        return False


_IS_USABLE: Final = _tells_errors()

# From Python 3.13 on the system can close the rest: not needed, but free of cost.
_CLOSE_OTHERS: Final = tuple(
    (getattr(os, name), _FIRST_OTHER_FD) for name in ("POSIX_SPAWN_CLOSEFROM",) if hasattr(os, name)
)


def can_posix_spawn(plan: ChildPlan) -> bool:
    """Whether a plan can be carried out in this way, on this system."""
    return (
        _IS_USABLE
        and plan.cwd is None
        and plan.umask is None
        and (plan.uid is None or plan.uid == os.geteuid() == os.getuid())
    )


def posix_spawn(plan: ChildPlan, fd_limit: int | None = None) -> int:
    """Carry out such a plan; the pid. Raises SpawnError.

    With a `fd_limit`, which is in force in this moment, fds from there on are open all the same.
    """
    fds = [plan.stdin_fd, plan.stdout_fd, plan.stderr_fd]
    copies: list[int] = []
    try:
        if min(fds) < _FIRST_OTHER_FD or (fd_limit is not None and max(fds) >= fd_limit):
            # To put one in place might overwrite another: only copies out of the way are safe. And
            # the C library takes those beyond the limit for closed.
            copies += (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _FIRST_OTHER_FD) for fd in fds)
            fds = copies
        stdin_fd, stdout_fd, stderr_fd = fds
        return os.posix_spawn(
            plan.file,
            tuple(plan.argv),
            plan.env,
            file_actions=(
                (os.POSIX_SPAWN_DUP2, stdin_fd, 0),
                (os.POSIX_SPAWN_DUP2, stdout_fd, 1),
                (os.POSIX_SPAWN_DUP2, stderr_fd, 2),
                *_CLOSE_OTHERS,
            ),
            setpgroup=0,
            setsigmask=(),
            setsigdef=_IGNORED_SIGNALS if plan.restore_signals else (),
        )
    except OSError as error:
        number = errno.EIO if error.errno is None else error.errno
        if error.filename is None:
            step = "pipes" if number in (errno.EMFILE, errno.ENFILE) else "fork"
        else:
            step = "fork" if number in _FORK_ERRORS else "exec"
        raise spawn_refusal(plan, step, number) from error
    except ValueError as error:
        # A NUL in a word or a value, a "=" in the name of a variable: exec cannot pass that on.
        raise spawn_refusal(plan, "exec", errno.EINVAL) from error
    finally:
        for fd in copies:
            os.close(fd)
