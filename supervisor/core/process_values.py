"""What is known of a process, and what may happen to it: the values that the machine works on.

What becomes of them is decided in `core.process`.
"""

from supervisor.core.component import Now
from supervisor.core.inputs import Ending
from supervisor.enums import Enum, auto
from supervisor.hints import Final
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


class Process(NamedTuple):
    """Everything the machine knows of a process; a value."""

    id: int
    state: int = STOPPED
    pid: int = 0
    started_wall_s: float = 0.0
    started_mono_s: float = 0.0
    stopped_wall_s: float = 0.0
    exitstatus: int | None = None
    exit_signal: int = 0
    spawnerr: str | None = None
    backoff: int = 0
    rung: int = -1
    """Rung of the stop ladder it is on; -1 while no stop was asked for."""
    deadline_s: float | None = None
    """STARTING: up then. BACKOFF, EXITED: started again then. STOPPING: next rung then."""
    spawns: int = 0
    doom: str | None = None
    """Why it will be FATAL when it has stopped; None if it will not."""
    settled: int = STOPPED
    """The state of rest that it is in, or was in last."""


class Detail(NamedTuple):
    """What an action may need of the input that led to it."""

    now: Now
    pid: int = 0
    """Of the child that there is now, or that has just ended."""
    reason: str = ""
    ending: Ending | None = None
