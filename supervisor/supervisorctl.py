"""Entry point of supervisorctl, and the names of the shell promised to third parties.

Each is imported on first use.
"""

import gc

from supervisor.hints import TYPE_CHECKING, Any, NoReturn, Sequence
from supervisor.lean import import_module

if TYPE_CHECKING:
    from supervisor.ctl.controller import Controller
    from supervisor.ctl.exitcodes import (
        DEAD_PROGRAM_FAULTS,
        LSBInitExitStatuses,
        LSBStatusExitStatuses,
    )
    from supervisor.ctl.foreground import fgthread
    from supervisor.ctl.plugin import ControllerPluginBase, DefaultControllerPlugin
    from supervisor.promised.clientoptions import ClientOptions

__all__ = [
    "DEAD_PROGRAM_FAULTS",
    "ClientOptions",
    "Controller",
    "ControllerPluginBase",
    "DefaultControllerPlugin",
    "LSBInitExitStatuses",
    "LSBStatusExitStatuses",
    "fgthread",
    "main",
]

_HOMES = {
    "ClientOptions": "supervisor.promised.clientoptions",
    "Controller": "supervisor.ctl.controller",
    "ControllerPluginBase": "supervisor.ctl.plugin",
    "DEAD_PROGRAM_FAULTS": "supervisor.ctl.exitcodes",
    "DefaultControllerPlugin": "supervisor.ctl.plugin",
    "LSBInitExitStatuses": "supervisor.ctl.exitcodes",
    "LSBStatusExitStatuses": "supervisor.ctl.exitcodes",
    "fgthread": "supervisor.ctl.foreground",
}


def main(args: Sequence[str] | None = None, options: Any = None) -> NoReturn:
    """Run supervisorctl with these words (default: the command line) and exit.

    `options` may be a session's options made by somebody else.
    """
    # Nothing that is loaded becomes garbage: to look for it, then and at the end, would take an
    # eighth of a command.
    gc.disable()
    try:
        from supervisor.ctl.main import main as run
    finally:
        gc.freeze()
        gc.enable()
    run(args, options)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return found


if __name__ == "__main__":
    main()
