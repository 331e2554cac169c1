"""What RPC interfaces get of the daemon, in one object. Implements `rpc.ports.Services`."""

from dataclasses import dataclass

from supervisor.core.component import Clock
from supervisor.core.control import Control
from supervisor.rpc.ports import Announcer, Configuration, Log, Logbook, Stdin


@dataclass(slots=True)
class DaemonIdentity:
    """Who this daemon is. Implements `rpc.ports.Identity`."""

    version: str
    identifier: str
    pid: int


@dataclass(frozen=True, slots=True)
class DaemonServices:
    """See `rpc.ports.Services`."""

    control: Control
    logbook: Logbook
    configuration: Configuration
    identity: DaemonIdentity
    stdin: Stdin
    announcer: Announcer
    clock: Clock
    log: Log
