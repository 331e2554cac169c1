"""What pools of event listeners need of the daemon, and of its journal."""

from supervisor.core import pool_inputs as inputs
from supervisor.core.component import Clock, Timers
from supervisor.core.pool_snapshot import JournalSnapshot
from supervisor.daemon.announcer import Announcer
from supervisor.daemon.judges import Judge
from supervisor.hints import Callable, Protocol
from supervisor.rpc.ports import Log
from supervisor.subscriptions import Subscriptions
from supervisor.tuples import NamedTuple


class Replay(Protocol):
    """How one pool gets back what it has missed."""

    missed_serial: int | None
    """From where on that is, when the pool begins; None if it has missed nothing."""

    def read(self, serial: int, count_max: int, answer: Callable[[inputs.Replayed], None]) -> None:
        """Answer, in a later turn, with the first events from a serial on."""

    def has(self, serial: int) -> bool:
        """Whether an event that was announced just now can be read back."""


class Journal(Protocol):
    """The longer memory of the pools."""

    def replay(
        self, pool: str, kinds: tuple[type, ...], pending_serial: Callable[[], int | None]
    ) -> Replay:
        """Let a pool read back events of these classes, until `end_replay`.

        `pending_serial` tells the first event that it is not done with, None if there is none.
        """

    def end_replay(self, pool: str) -> None:
        """The pool is about to end; it may come back."""

    def moved(self) -> None:
        """A pool may have got further."""

    def snapshot(self) -> JournalSnapshot:
        """Where it is, and what it has lost."""


class Leveled(Protocol):
    """What has a level."""

    @property
    def level(self) -> int:
        """Lines of lower levels are not written."""
        ...


class PoolPorts(NamedTuple):
    """What pools need of the daemon."""

    clock: Clock
    timers: Timers
    log: Log
    announcer: Announcer
    subscriptions: Subscriptions
    send: Callable[[int, bytes], bool]
    """Queues bytes for the stdin of a process; True if the pipe took all. Raises RequestRefused."""
    give_up: Callable[[int, str], None]
    """Has a process stopped for good, with a reason."""
    judge_of: Callable[[str], Judge]
    """The judge for a `result_handler`."""
    identifier: str
    main_log: Leveled
    """Which lines are written."""
