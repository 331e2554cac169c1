"""What only those need who watch the daemon: made when first asked for.

Its code is imported late, too: most daemons are never watched, and then it is not in their memory.
"""

from supervisor.core.component import Clock, Timers
from supervisor.core.snapshot import ProcessSnapshot
from supervisor.hints import TYPE_CHECKING, Callable, Mapping
from supervisor.rpc.ports import Log
from supervisor.subscriptions import Subscriptions
from supervisor.tuples import NamedTuple

if TYPE_CHECKING:
    from supervisor.daemon.feed import Feed
    from supervisor.daemon.figures import Figures


class WatchPorts(NamedTuple):
    """What watching needs of the daemon."""

    subscriptions: Subscriptions
    clock: Clock
    timers: Timers
    log: Log
    owners: Callable[[], Mapping[int, int]]
    """Process id by pid, for every child there is."""
    process: Callable[[int], ProcessSnapshot]
    report_failure: Callable[[str], None]


class Watching:
    """The feed and the figures of one life of the daemon."""

    __slots__ = ("_feed", "_figures", "_ports")

    def __init__(self, ports: WatchPorts) -> None:
        self._ports = ports
        self._feed: Feed | None = None
        self._figures: Figures | None = None

    @property
    def feed(self) -> "Feed":
        """Events as they happen."""
        if self._feed is None:
            from supervisor.daemon.feed import Feed

            ports = self._ports
            self._feed = Feed(ports.subscriptions, ports.clock, ports.timers, ports.report_failure)
        return self._feed

    @property
    def figures(self) -> "Figures":
        """CPU and memory of the processes."""
        if self._figures is None:
            from supervisor.daemon.figures import FigurePorts, Figures
            from supervisor.host.processtree import survey

            ports = self._ports
            self._figures = Figures(
                FigurePorts(
                    ports.clock, ports.timers, ports.log, ports.owners, ports.process, survey
                )
            )
        return self._figures
