"""How a child ended: the status word of waitpid, decoded once."""

import os

from supervisor.host.signals import signal_name
from supervisor.tuples import NamedTuple


class Ending(NamedTuple):
    """What waitpid said of a child."""

    exitcode: int | None
    """0 to 255, None if it did not exit by itself."""
    signum: int
    """The signal that ended it, 0 if none did."""
    core_dumped: bool
    status: int
    """The status word itself."""

    def words(self) -> str:
        """The same for people: ``exit status 3``, ``terminated by SIGSEGV (core dumped)``."""
        if self.exitcode is not None:
            return f"exit status {self.exitcode}"
        if self.signum:
            dumped = " (core dumped)" if self.core_dumped else ""
            return f"terminated by {signal_name(self.signum)}{dumped}"
        return f"unknown termination cause {self.status:#06x}"


def decode_status(status: int) -> Ending:
    """Decode a status word of waitpid; every integer has a meaning."""
    if os.WIFEXITED(status):
        return Ending(os.WEXITSTATUS(status), 0, False, status)
    if os.WIFSIGNALED(status):
        return Ending(None, os.WTERMSIG(status), os.WCOREDUMP(status), status)
    return Ending(None, 0, False, status)
