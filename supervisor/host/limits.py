"""Resource limits that the daemon needs for many programs (manual, `minfds` and `minprocs`).

Limits are raised, never lowered; children inherit them.
"""

import resource

from supervisor.errors import HostError

_TOO_FEW_FDS = (
    "The minimum number of file descriptors required to run this process is {minimum} as per the"
    ' "minfds" command-line argument or config file setting. The current environment will only'
    " allow you to open {hard} file descriptors.  Either raise the number of usable file"
    " descriptors in your environment (see README.rst) or lower the minfds setting in the config"
    " file to allow the process to start."
)
_TOO_FEW_PROCESSES = (
    "The minimum number of available processes required to run this program is {minimum} as per"
    ' the "minprocs" command-line argument or config file setting. The current environment will'
    " only allow you to open {hard} processes.  Either raise the number of usable processes in"
    " your environment (see README.rst) or lower the minprocs setting in the config file to allow"
    " the program to start."
)


def raise_limits(minfds: int, minprocs: int) -> list[str]:
    """Make sure of that many file descriptors and processes; lines for the main log.

    Raises HostError with the text of the manual if the system does not allow so many.
    """
    messages = []
    if _raise_limit(resource.RLIMIT_NOFILE, minfds, _TOO_FEW_FDS):
        messages.append(f"Increased RLIMIT_NOFILE limit to {minfds}")
    if _raise_limit(resource.RLIMIT_NPROC, minprocs, _TOO_FEW_PROCESSES):
        messages.append(f"Increased RLIMIT_NPROC limit to {minprocs}")
    return messages


def _raise_limit(limit: int, minimum: int, refusal: str) -> bool:
    """Whether the limit had to be raised."""
    soft, hard = resource.getrlimit(limit)
    if _suffices(soft, minimum):
        return False
    try:
        resource.setrlimit(limit, (minimum, hard if _suffices(hard, minimum) else minimum))
    except (OSError, ValueError) as error:
        # ValueError is what the resource module makes of EPERM for the hard limit.
        raise HostError(refusal.format(minimum=minimum, hard=hard), call="setrlimit") from error
    return True


def _suffices(value: int, minimum: int) -> bool:
    return value == resource.RLIM_INFINITY or value >= minimum
