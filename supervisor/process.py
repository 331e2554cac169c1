"""Promised names: processes and groups as RPC plug-ins know them, and the serials of events.

Of the package only the rim uses this module: `promised`.
"""

from supervisor.core.serials import next_serial
from supervisor.daemon.plugin_view.groups import (
    EventListenerPool,
    FastCGIProcessGroup,
    ProcessGroup,
    ProcessGroupBase,
)
from supervisor.daemon.plugin_view.processes import FastCGISubprocess, Subprocess
from supervisor.states import ProcessStates, getProcessStateDescription

__all__ = [
    "EventListenerPool",
    "FastCGIProcessGroup",
    "FastCGISubprocess",
    "GlobalSerial",
    "ProcessGroup",
    "ProcessGroupBase",
    "ProcessStates",
    "Subprocess",
    "getProcessStateDescription",
    "new_serial",
]


class _Serial:
    """A counter of events; that of the daemon itself is its own business."""

    serial = -1


GlobalSerial = _Serial()


def new_serial(inst: _Serial) -> int:
    """The next number of a counter; after the largest one comes 0 again."""
    inst.serial = next_serial(inst.serial)
    return inst.serial
