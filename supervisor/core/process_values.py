"""What is known of a process, and what may happen to it: the values that the machine works on.

What becomes of them is decided in `core.process`.
"""

from supervisor.core.component import Now
from supervisor.core.inputs import Ending
from supervisor.enums import Enum, auto
from supervisor.hints import Any, Final
from supervisor.states import ProcessStates
from supervisor.tuples import NamedTuple

STOPPED: Final = ProcessStates.STOPPED
STARTING: Final = ProcessStates.STARTING
RUNNING: Final = ProcessStates.RUNNING
BACKOFF: Final = ProcessStates.BACKOFF
STOPPING: Final = ProcessStates.STOPPING
EXITED: Final = ProcessStates.EXITED
FATAL: Final = ProcessStates.FATAL
UNKNOWN: Final = ProcessStates.UNKNOWN

STATES: Final = (STOPPED, STARTING, RUNNING, BACKOFF, STOPPING, EXITED, FATAL, UNKNOWN)


class Happening(Enum):
    """What a raw input means for a process, once policy and time have been looked at."""

    START = auto()
    """It shall run: asked for, autostart, or restart after an exit."""
    SPAWNED = auto()
    """There is a child, which has yet to stay up."""
    SPAWNED_UP = auto()
    """There is a child, and that is enough to be up (startsecs = 0)."""
    SPAWN_FAILED = auto()
    STAYED_UP = auto()
    EXITED_TOO_SOON = auto()
    EXITED_EXPECTED = auto()
    EXITED_UNEXPECTED = auto()
    EXITED_ON_REQUEST = auto()
    """The child is gone, after a stop was asked for."""
    EXITED_DOOMED = auto()
    """The child is gone, after it was to be stopped for good."""
    STOP = auto()
    STOP_UNSPAWNED = auto()
    """A stop was asked for before the child was made."""
    STOP_TIMED_OUT = auto()
    RETRY_DUE = auto()
    """A pause is over: after a failed start, or before a delayed restart."""
    RETRIES_SPENT = auto()
    GIVE_UP = auto()
    """The daemon is leaving: no more retries."""
    DOOMED = auto()
    """It is up but of no use: it shall end, and not be started again by itself."""
    SIGNAL_REFUSED = auto()


class Process:
    """Everything the machine knows of a process.

    A value to all but `core.process.step`, which changes a copy that nobody has seen yet. With
    named tuples, made anew by each action and once more by the step, a run of a program cost the
    daemon a tenth more.
    """

    __slots__ = (
        "backoff",
        "deadline_s",
        "doom",
        "exit_signal",
        "exitstatus",
        "id",
        "pid",
        "rung",
        "settled",
        "spawnerr",
        "spawns",
        "started_mono_s",
        "started_wall_s",
        "state",
        "stopped_wall_s",
    )

    def __init__(self, id: int, **known: Any) -> None:
        self.id = id
        self.state: int = STOPPED
        self.pid = 0
        self.started_wall_s = self.started_mono_s = self.stopped_wall_s = 0.0
        self.exitstatus: int | None = None
        self.exit_signal = 0
        self.spawnerr: str | None = None
        self.backoff = 0
        self.rung = -1
        """Rung of the stop ladder it is on; -1 while no stop was asked for."""
        self.deadline_s: float | None = None
        """STARTING: up then. BACKOFF, EXITED: started again then. STOPPING: next rung then."""
        self.spawns = 0
        self.doom: str | None = None
        """Why it will be FATAL when it has stopped; None if it will not."""
        self.settled: int = STOPPED
        """The state of rest that it is in, or was in last."""
        for name, value in known.items():
            setattr(self, name, value)

    def copy(self) -> "Process":
        """The same once more, to be changed."""
        other = object.__new__(Process)
        other.id = self.id
        other.state = self.state
        other.pid = self.pid
        other.started_wall_s = self.started_wall_s
        other.started_mono_s = self.started_mono_s
        other.stopped_wall_s = self.stopped_wall_s
        other.exitstatus = self.exitstatus
        other.exit_signal = self.exit_signal
        other.spawnerr = self.spawnerr
        other.backoff = self.backoff
        other.rung = self.rung
        other.deadline_s = self.deadline_s
        other.spawns = self.spawns
        other.doom = self.doom
        other.settled = self.settled
        return other

    def _replace(self, **changes: Any) -> "Process":
        """The same with other values, as of a named tuple."""
        other = self.copy()
        for name, value in changes.items():
            setattr(other, name, value)
        return other

    def _asdict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Process) and self._asdict() == other._asdict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Process({', '.join(f'{name}={each!r}' for name, each in self._asdict().items())})"


class Detail(NamedTuple):
    """What an action may need of the input that led to it."""

    now: Now
    pid: int = 0
    """Of the child that there is now, or that has just ended."""
    reason: str = ""
    ending: Ending | None = None
