"""Exit codes of supervisorctl: a public contract, after the LSB rules for init scripts.

The classes are plain classes with int attributes because plug-ins read and extend them.
"""

from supervisor.errors import Fault


class LSBInitExitStatuses:
    """Exit codes of every command but `status`."""

    SUCCESS = 0
    GENERIC = 1
    INVALID_ARGS = 2
    UNIMPLEMENTED_FEATURE = 3
    INSUFFICIENT_PRIVILEGES = 4
    NOT_INSTALLED = 5
    NOT_RUNNING = 7


class LSBStatusExitStatuses:
    """Exit codes of `status`."""

    NOT_RUNNING = 3
    UNKNOWN = 4


DEAD_PROGRAM_FAULTS: tuple[int, ...] = (
    Fault.SPAWN_ERROR.value,
    Fault.ABNORMAL_TERMINATION.value,
    Fault.NOT_RUNNING.value,
)
"""Faults which say that a process does not run (now)."""


def exit_code_of_fault(code: int, ignored: int | None, current: int) -> int:
    """Exit code after a result: success and the ignored fault leave the current one alone."""
    if code in (Fault.SUCCESS, ignored):
        return current
    if code in DEAD_PROGRAM_FAULTS:
        return LSBInitExitStatuses.NOT_RUNNING
    return LSBInitExitStatuses.GENERIC
