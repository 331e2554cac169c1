"""What RPC interfaces get of the daemon, in one object. Implements `rpc.ports.Services`."""

from supervisor.core.component import Clock
from supervisor.core.control import Control
from supervisor.rpc.ports import Announcer, Configuration, Listeners, Log, Logbook, Stdin
from supervisor.tuples import NamedTuple


class DaemonIdentity:
    """Who this daemon is. Implements `rpc.ports.Identity`."""

    __slots__ = ("identifier", "pid", "version")

    def __init__(self, version: str, identifier: str, pid: int) -> None:
        self.version = version
        self.identifier = identifier
        self.pid = pid


class DaemonServices(NamedTuple):
    """See `rpc.ports.Services`."""

    control: Control
    logbook: Logbook
    configuration: Configuration
    identity: DaemonIdentity
    stdin: Stdin
    announcer: Announcer
    listeners: Listeners
    clock: Clock
    log: Log
