"""Children: making them, signalling them, reaping them. Nobody else calls fork, kill or waitpid.

`Kernel` is the seam: the daemon runs on `SystemKernel`, simulations on a fake, and one suite of
tests runs on both.
"""

import errno
import os
import subprocess
from typing import Protocol

from supervisor.errors import HostError, SpawnError, errno_name
from supervisor.host.childplan import ChildPlan
from supervisor.host.ending import Ending, decode_status
from supervisor.host.users import assumed_user

__all__ = ["REAPED_COUNT_MAX", "Ending", "Kernel", "SystemKernel", "decode_status", "spawn_refusal"]

REAPED_COUNT_MAX = 100
"""Children reaped by one call (manual, "Limits"): if so many came, there may be more."""


class Kernel(Protocol):
    """Who the children belong to."""

    def spawn(self, plan: ChildPlan) -> int:
        """Start a child; its pid. It runs its program already: a signal sent now reaches that.

        Raises SpawnError; then there is no child, and nothing to reap.
        """
        ...

    def kill(self, pid: int, signum: int, to_group: bool) -> None:
        """Send a signal to a child, or to the process group that it leads.

        Raises OSError: ProcessLookupError if it is gone and reaped, PermissionError if it is not
        ours to signal any more.
        """
        ...

    def reap(self) -> list[tuple[int, int]]:
        """Collect (pid, status word) of children that have ended, strangers included.

        At most REAPED_COUNT_MAX of them: after so many, ask again. Raises HostError.
        """
        ...


class SystemKernel:
    """The children of this process."""

    __slots__ = ()

    def spawn(self, plan: ChildPlan) -> int:
        """Start a child by `subprocess.Popen`, which knows vfork and reports exec errors at once.

        The child leads a process group of its own, has no fd but 0, 1 and 2, no signal blocked,
        and the default disposition for every signal but those that this process ignores.
        """
        if plan.uid is None or plan.uid == os.geteuid():
            return _start(plan)
        try:
            with assumed_user(plan.uid, plan.gid, plan.groups):
                return _start(plan)
        except HostError as error:
            raise SpawnError(
                f"couldn't setuid to {plan.uid}: {error}", step="setuid", errno=error.errno
            ) from error

    def kill(self, pid: int, signum: int, to_group: bool) -> None:
        """Send a signal; see `Kernel.kill`."""
        # The system reads 0 and -1 as "many processes", and group 1 as "everybody".
        assert pid > 1, f"{pid} is not the pid of a child"
        if to_group:
            os.killpg(pid, signum)
        else:
            os.kill(pid, signum)

    def reap(self) -> list[tuple[int, int]]:
        """Collect children that have ended, in the order in which the system tells them."""
        reaped: list[tuple[int, int]] = []
        while len(reaped) < REAPED_COUNT_MAX:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            except OSError as error:
                raise HostError(
                    f"waitpid error {error.errno}; a process may not be cleaned up properly",
                    call="waitpid",
                    errno=error.errno,
                ) from error
            if pid == 0:
                break
            reaped.append((pid, status))
        return reaped


def _start(plan: ChildPlan) -> int:
    become_user = plan.uid is not None and plan.uid != os.getuid()
    try:
        child = subprocess.Popen(
            plan.argv,
            executable=plan.file,
            stdin=plan.stdin_fd,
            stdout=plan.stdout_fd,
            stderr=plan.stderr_fd,
            cwd=plan.cwd,
            env=plan.env,
            umask=-1 if plan.umask is None else plan.umask,
            user=plan.uid if become_user else None,
            group=plan.gid if become_user else None,
            process_group=0,
            restore_signals=plan.restore_signals,
            close_fds=True,
        )
    except OSError as error:
        raise _refusal(plan, error) from error
    except ValueError as error:
        # A NUL in a word or a value, a "=" in the name of a variable: exec cannot pass that on.
        raise spawn_refusal(plan, "exec", errno.EINVAL) from error
    except subprocess.SubprocessError as error:
        raise spawn_refusal(plan, "fork", errno.EIO) from error
    # Reaping is the business of reap(): with a return code the object asks nobody any more.
    child.returncode = 0
    return child.pid


def _refusal(plan: ChildPlan, error: OSError) -> SpawnError:
    number = errno.EIO if error.errno is None else error.errno
    # Popen names a path if the child reports the error, and none for the steps before it.
    if error.filename is None:
        step = "pipes" if number in (errno.EMFILE, errno.ENFILE) else "fork"
    else:
        step = "chdir" if error.filename == plan.cwd else "exec"
    return spawn_refusal(plan, step, number)


def spawn_refusal(plan: ChildPlan, step: str, number: int) -> SpawnError:
    """What to tell when there is no child: manual, "Why a process does not start".

    `step` is pipes, fork, chdir or exec; `number` the errno. The last two are what a child would
    have said on its stderr.
    """
    name = errno_name(number)
    if step == "exec":
        reason = f"couldn't exec {plan.argv[0]}: {name}"
    elif step == "chdir":
        reason = f"couldn't chdir to {plan.cwd}: {name}"
    elif step == "pipes":
        reason = f"too many open files to spawn '{plan.name}'"
    elif number == errno.EAGAIN:
        reason = f"Too many processes in process table to spawn '{plan.name}'"
    else:
        reason = f"unknown error during fork for '{plan.name}': {name}"
    return SpawnError(reason, step=step, errno=number)
