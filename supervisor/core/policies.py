"""How a process is started, restarted and stopped, as values.

The machine reads them and nothing else, so a new way to run things (a job, a task of a queue) is
another set of values and not another machine.
"""

from supervisor.enums import Enum
from supervisor.tuples import NamedTuple


class Restart(Enum):
    """When a process that has ended by itself is started again."""

    NEVER = "never"
    UNEXPECTED = "unexpected"
    """Only after an exit code that is not in the list of expected ones, or a signal."""
    ALWAYS = "always"


class Delay(NamedTuple):
    """A growing pause: ``(first + increment * (n - 1)) * factor ** (n - 1)`` seconds, capped."""

    first_s: float = 0.0
    increment_s: float = 0.0
    factor: float = 1.0
    max_s: float = float("inf")

    def after(self, failures: int) -> float:
        """Seconds to wait after that many failures in a row. Raises ValueError if failures < 1."""
        if failures < 1:
            raise ValueError(f"a pause comes after at least one failure, not {failures}")
        # 64: beyond it every factor that grows at all has reached any sensible cap.
        exponent = min(failures - 1, 64)
        grown_s = (self.first_s + self.increment_s * (failures - 1)) * self.factor**exponent
        return min(self.max_s, grown_s)


ONE_MORE_SECOND_EACH = Delay(first_s=1.0, increment_s=1.0)
"""The pause between starts in BACKOFF: 1 s, 2 s, 3 s … (manual, "BACKOFF")."""

AT_ONCE = Delay()


class StartPolicy(NamedTuple):
    """Starting: when it counts as up, and how often a failed start is tried again."""

    autostart: bool = True
    up_after_s: float = 1.0
    """`startsecs`: it is RUNNING when it has stayed up that long; 0 means at once."""
    retries_max: int = 3
    """`startretries`: failed starts after the first one before it is FATAL."""
    backoff: Delay = ONE_MORE_SECOND_EACH


class RestartPolicy(NamedTuple):
    """What happens when it has ended by itself after having been up."""

    when: Restart = Restart.UNEXPECTED
    exit_codes: tuple[int, ...] = (0,)
    """Exit codes that are expected; death by a signal never is."""
    delay: Delay = AT_ONCE


class Rung(NamedTuple):
    """One step of the ladder that ends a process."""

    signum: int
    signal_name: str
    wait_s: float
    """How long it gets to end before the next rung."""
    to_group: bool = False
    """To its whole process group instead of the process alone."""


class StopPolicy(NamedTuple):
    """Stopping: rungs from first to last; the last one is repeated until it is gone."""

    ladder: tuple[Rung, ...] = (
        Rung(15, "SIGTERM", 10.0),
        Rung(9, "SIGKILL", 10.0),
    )


class ProcessSpec(NamedTuple):
    """What the machine has to know of one process; its command and files are not its business."""

    name: str
    group: str
    priority: int = 999
    start: StartPolicy = StartPolicy()
    restart: RestartPolicy = RestartPolicy()
    stop: StopPolicy = StopPolicy()


class GroupSpec(NamedTuple):
    """A named set of processes that are ordered together; members in configuration order."""

    name: str
    priority: int = 999
    kind: str = "program"
    processes: tuple[ProcessSpec, ...] = ()
