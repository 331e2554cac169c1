"""Immutable pictures of processes and groups, for everybody who only looks."""

from supervisor.hints import Final
from supervisor.states import ProcessStates
from supervisor.tuples import NamedTuple


class ProcessSnapshot(NamedTuple):
    """What is known of one process at one moment."""

    id: int
    """Identifies the instance for `Control`; never reused in the life of a daemon."""
    name: str
    group: str
    state: int
    """A code of `ProcessStates`."""
    pid: int
    """0 if there is no child."""
    started_wall_s: float
    """When it was last started, 0.0 if never."""
    stopped_wall_s: float
    """When its last child ended, 0.0 if never."""
    started_mono_s: float
    """Monotonic time of the last start; only meaningful while there is a child."""
    exitstatus: int | None
    """Exit code of the last run, -1 if killed by a signal, None if none (or too quick)."""
    exit_signal: int
    """Signal that ended the last run, 0 if none did."""
    spawnerr: str | None
    """Why the last start failed or the last exit was unexpected."""
    backoff: int
    """Failed starts in a row."""
    retry_mono_s: float | None
    """When the next start is tried (BACKOFF)."""
    priority: int
    spawns: int
    """Children started since the process was created."""

    @property
    def namespec(self) -> str:
        """``name`` if the group has the same name, else ``group:name``."""
        return self.name if self.name == self.group else f"{self.group}:{self.name}"


NEW: Final = ProcessSnapshot(
    id=0,
    name="",
    group="",
    state=ProcessStates.STOPPED,
    pid=0,
    started_wall_s=0.0,
    stopped_wall_s=0.0,
    started_mono_s=0.0,
    exitstatus=None,
    exit_signal=0,
    spawnerr=None,
    backoff=0,
    retry_mono_s=None,
    priority=0,
    spawns=0,
)
"""What is known of a process that never was active."""


class GroupSnapshot(NamedTuple):
    """A group and its members in ascending priority."""

    name: str
    priority: int
    kind: str
    """program, eventlistener or fcgi."""
    processes: tuple[ProcessSnapshot, ...]


class GroupRoll(NamedTuple):
    """A group and who its members are: for whoever looks at many, some at a time."""

    name: str
    priority: int
    kind: str
    members: tuple[tuple[str, int], ...]
    """Name and id of each, in ascending priority."""
