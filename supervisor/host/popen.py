"""The way to start a child that knows users, directories and umasks: `subprocess.Popen`.

Loaded with the first plan that needs it: it costs a daemon 0.8 MiB, and most have no such plan
(decision 0003).
"""

import errno
import os
import subprocess

from supervisor.errors import HostError, SpawnError
from supervisor.host.assumed_user import assumed_user
from supervisor.host.childplan import ChildPlan
from supervisor.host.refusal import spawn_refusal


def spawn_by_popen(plan: ChildPlan) -> int:
    """Carry out any plan; the pid. Raises SpawnError."""
    if plan.uid is None or plan.uid == os.geteuid():
        return _start(plan)
    try:
        with assumed_user(plan.uid, plan.gid, plan.groups):
            return _start(plan)
    except HostError as error:
        raise SpawnError(
            f"couldn't setuid to {plan.uid}: {error}", step="setuid", errno=error.errno
        ) from error


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
    # Reaping is the business of the kernel: with a return code the object asks nobody any more.
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
