"""Children: making them, signalling them, reaping them. Nobody else calls fork, kill or waitpid.

`Kernel` is the seam: the daemon runs on `SystemKernel`, simulations on a fake, and one suite of
tests runs on both.
"""

import os

from supervisor.errors import HostError
from supervisor.hints import Protocol
from supervisor.host.childplan import ChildPlan
from supervisor.host.descriptors import DescriptorLimit
from supervisor.host.ending import Ending, decode_status
from supervisor.host.posixspawn import can_posix_spawn, posix_spawn
from supervisor.host.refusal import spawn_refusal

__all__ = ["REAPED_COUNT_MAX", "Ending", "Kernel", "SystemKernel", "decode_status", "spawn_refusal"]

REAPED_COUNT_MAX = 100
"""Children reaped by one call (manual, "Limits"): if so many came, there may be more."""


class Kernel(Protocol):
    """Who the children belong to."""

    def spawn(self, plan: ChildPlan) -> int:
        """Start a child; its pid. It runs its program already: a signal sent now reaches that.

        Raises SpawnError; then there is no child, and nothing to reap.
        """

    def kill(self, pid: int, signum: int, to_group: bool) -> None:
        """Send a signal to a child, or to the process group that it leads.

        Raises OSError: ProcessLookupError if it is gone and reaped, PermissionError if it is not
        ours to signal any more.
        """

    def reap(self) -> list[tuple[int, int]]:
        """Collect (pid, status word) of children that have ended, strangers included.

        At most REAPED_COUNT_MAX of them: after so many, ask again. Raises HostError.
        """


class SystemKernel:
    """The children of this process, with a limit on open files of their own."""

    __slots__ = ("_limit",)

    def __init__(self, limit: DescriptorLimit | None = None) -> None:
        self._limit = limit or DescriptorLimit()

    def spawn(self, plan: ChildPlan) -> int:
        """Start a child; its pid. Raises SpawnError; exec errors are known at once.

        The child leads a process group of its own, has no fd but 0, 1 and 2, no signal blocked,
        and the default disposition for every signal but those that this process ignores.
        """
        if can_posix_spawn(plan):
            with self._limit:
                return posix_spawn(plan, self._limit.of_children)
        # Late: it costs 0.8 MiB, and few daemons have a plan that needs it. `daemon.preload` loads
        # it before privileges are dropped.
        from supervisor.host.popen import spawn_by_popen

        with self._limit:
            return spawn_by_popen(plan)

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
