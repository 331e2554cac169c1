"""Entry point of supervisorctl, and the names of the shell promised to third parties."""

from supervisor.ctl.controller import Controller
from supervisor.ctl.exitcodes import (
    DEAD_PROGRAM_FAULTS,
    LSBInitExitStatuses,
    LSBStatusExitStatuses,
)
from supervisor.ctl.foreground import fgthread
from supervisor.ctl.main import main
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

if __name__ == "__main__":
    main()
