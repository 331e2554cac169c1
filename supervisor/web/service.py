"""What all connections of one server share."""

from supervisor.core.component import Clock, Poller, Timers
from supervisor.hints import Callable
from supervisor.levels import Level
from supervisor.rpc.ports import Log
from supervisor.tracebacks import traceback_of
from supervisor.tuples import NamedTuple
from supervisor.web.budget import Budget
from supervisor.web.dates import DateStamp
from supervisor.web.gate import Gate
from supervisor.web.limits import Limits
from supervisor.web.messages import Handler
from supervisor.web.owed import Owed
from supervisor.web.places import Places
from supervisor.web.wakes import Wakes


class Ports(NamedTuple):
    """What a server needs of the daemon."""

    poller: Poller
    timers: Timers
    clock: Clock
    log: Log
    is_logged: Callable[[int], bool] = lambda level: True
    """Whether lines of that level are written."""


class Service:
    """Shared by the connections of a server; only the server changes it."""

    __slots__ = (
        "app",
        "bodies",
        "closing",
        "gate",
        "is_secure",
        "limits",
        "owed",
        "places",
        "ports",
        "stamp",
        "wakes",
    )

    def __init__(self, app: Handler, gate: Gate | None, ports: Ports, limits: Limits) -> None:
        self.app = app
        self.gate = gate
        """None: everything may come in."""
        self.is_secure = False
        """Whether clients come over TLS."""
        self.ports = ports
        self.limits = limits
        self.bodies = Budget(limits.bodies_bytes_max)
        """For the bodies that are arriving."""
        self.owed = Owed(limits.owed_bytes_max, ports.clock)
        """The answers that clients have yet to take."""
        self.places = Places()
        """For streams of events."""
        self.wakes = Wakes(ports.timers, ports.clock)
        """Of followers of logs."""
        self.stamp = DateStamp(ports.clock)
        self.closing = False
        """The daemon is about to leave: answers that are due are the last ones."""

    def log_access(self, peer: str, line: str, status: int, sent_bytes: int) -> None:
        """One line per answer: trace level, or error level if it contains that word."""
        level = Level.ERRO if "error" in line.lower() else Level.TRAC
        if self.ports.is_logged(level):
            text = f'{peer} - - [{self.stamp.access()}] "{line}" {status} {sent_bytes}'
            self.ports.log(level, text)

    def log_crash(self, doing: str, problem: Exception) -> None:
        """A fault of ours: critical, with its traceback; only this one client notices."""
        self.ports.log(*told_crash(doing, problem))


def told_crash(doing: str, problem: Exception) -> tuple[Level, str]:
    """Level and text of the line about a fault of ours."""
    return Level.CRIT, f"{doing} raised an unexpected exception: {trace(problem)}"


def trace(problem: BaseException) -> str:
    """The traceback as text."""
    return traceback_of(problem).rstrip("\n")
