"""Entry point of supervisorctl, and the names of the shell promised to third parties.

Those that a command does not need itself are imported on first use.
"""

from supervisor.ctl.controller import Controller
from supervisor.ctl.exitcodes import (
    DEAD_PROGRAM_FAULTS,
    LSBInitExitStatuses,
    LSBStatusExitStatuses,
)
from supervisor.ctl.main import main
from supervisor.ctl.plugin import ControllerPluginBase, DefaultControllerPlugin
from supervisor.hints import TYPE_CHECKING, Any
from supervisor.lean import import_module

if TYPE_CHECKING:
    from supervisor.ctl.foreground import fgthread
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

_LATE = {
    "ClientOptions": "supervisor.promised.clientoptions",
    "fgthread": "supervisor.ctl.foreground",
}
"""Names that are promised, and where they are."""


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_LATE[name]), name)
    return found


if __name__ == "__main__":
    main()
