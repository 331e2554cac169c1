"""The command supervisord, and the names of the daemon promised to third parties.

What plug-ins see of the daemon is imported on first use: a daemon without plug-ins never needs it.
"""

import gc
import sys

from supervisor.hints import TYPE_CHECKING, Any, Sequence
from supervisor.lean import import_module
from supervisor.states import SupervisorStates

if TYPE_CHECKING:
    from supervisor.daemon.plugin_view.supervisord import Supervisor

__all__ = ["Supervisor", "SupervisorStates", "go", "main", "timeslice"]

_SUPERVISOR = "supervisor.daemon.plugin_view.supervisord"
"""Module of the class that plug-ins know as Supervisor."""


def main(args: Sequence[str] | None = None, test: bool = False) -> int:
    """Run supervisord with these words (default: the command line); its exit code.

    `test` has no meaning any more: tests have `supervisord --check`, and daemons of their own.
    """
    # Nothing that is loaded becomes garbage: looking for it would take a 30th of the start.
    gc.disable()
    try:
        # Late: plug-ins import this module for its names.
        from supervisor.daemon.startcache import StartCache

        with StartCache():
            from supervisor.daemon import boot

        return boot.main(args)
    finally:
        gc.enable()


def go(options: Any) -> int:
    """Run the daemon on the file of these options; its exit code."""
    return main(["--configuration", options.configfile])


def timeslice(period: int, when: float) -> int:
    """The beginning of the slice of time, `period` seconds long, that a time belongs to."""
    return int(when - when % period)


def __getattr__(name: str) -> Any:
    """`Supervisor`: the daemon as plug-ins know it."""
    if name != "Supervisor":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = import_module(_SUPERVISOR).Supervisor
    return found


if __name__ == "__main__":
    sys.exit(main())
