"""What people read when there is no child: manual, "Why a process does not start"."""

import errno

from supervisor.errors import SpawnError, errno_name
from supervisor.host.childplan import ChildPlan


def spawn_refusal(plan: ChildPlan, step: str, number: int) -> SpawnError:
    """The refusal to raise. `step` is pipes, fork, chdir or exec; `number` the errno.

    The last two steps are what a child would have said on its stderr.
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
