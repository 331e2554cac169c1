"""What RPC interfaces get of the daemon, in one object. Implements `rpc.ports.Services`."""

from supervisor.core.component import Clock
from supervisor.core.control import Control
from supervisor.daemon.watching import Watching
from supervisor.hints import TYPE_CHECKING
from supervisor.rpc.ports import (
    Announcer,
    Configuration,
    Feed,
    Histories,
    Listeners,
    Log,
    Logbook,
    LoopFigures,
    Stdin,
)
from supervisor.tuples import NamedTuple

if TYPE_CHECKING:
    from supervisor.rpc.figures import Figures


class DaemonIdentity:
    """Who this daemon is. Implements `rpc.ports.Identity`."""

    __slots__ = ("identifier", "pid", "started_mono_s", "version")

    def __init__(
        self, version: str, identifier: str, pid: int, started_mono_s: float = 0.0
    ) -> None:
        self.version = version
        self.identifier = identifier
        self.pid = pid
        self.started_mono_s = started_mono_s


class DaemonServices(NamedTuple):
    """See `rpc.ports.Services`."""

    control: Control
    logbook: Logbook
    configuration: Configuration
    identity: DaemonIdentity
    stdin: Stdin
    announcer: Announcer
    listeners: Listeners
    histories: Histories
    watching: Watching
    loop: LoopFigures
    clock: Clock
    log: Log

    @property
    def feed(self) -> Feed:
        """Events as they happen."""
        return self.watching.feed

    @property
    def figures(self) -> "Figures":
        """CPU and memory of the processes."""
        return self.watching.figures
