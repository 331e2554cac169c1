"""What the RPC methods need of the daemon; implemented in the daemon ring."""

from supervisor.core.component import Clock
from supervisor.core.control import Control, Ticket
from supervisor.hints import TYPE_CHECKING, Any, Callable, Protocol, Sequence
from supervisor.rpc.listing import Listing
from supervisor.tuples import NamedTuple

if TYPE_CHECKING:
    from supervisor.core.pool_snapshot import JournalSnapshot, PoolSnapshot
    from supervisor.rpc.figures import Figures


class Follower(Protocol):
    """A reader that stays with a growing log, across rotation and truncation."""

    def read(self, max_bytes: int) -> bytes:
        """The next bytes, b'' if there are none now."""
        ...

    def close(self) -> None:
        """Stop following and release the file."""
        ...


class Passage(NamedTuple):
    """A piece of a log, and where it stands."""

    offset: int
    """Of its first byte, in the file that it comes from."""
    data: bytes
    """Empty if there is nothing more now."""
    anew: str
    """Why offsets count from 0 again with this piece, ``rotated`` or ``emptied``; else empty."""


class PassageFollower(Protocol):
    """A reader that stays with a growing log and says where it is."""

    def read(self, max_bytes: int) -> Passage:
        """What comes next; a rotated file is read to its end before the one after it."""
        ...

    def close(self) -> None:
        """Stop following and release the file."""
        ...


class Logbook(Protocol):
    """Reading and clearing logs. `channel` is 'stdout' or 'stderr'.

    Offsets are those of the current file: they count from 0 again when the log is rotated or
    emptied. Whoever goes on from an offset beyond the end has missed that.

    All raise RequestRefused: NO_FILE (no extra if no log is configured, the path if the file is
    absent), BAD_ARGUMENTS, FAILED.
    """

    @property
    def revision(self) -> int:
        """Another number whenever the log of a process may have another path."""

    def read_main(self, offset: int, length: int) -> bytes: ...

    def clear_main(self) -> None: ...

    def follow_main(self, on_growth: Callable[[], None], last_bytes: int) -> Follower: ...

    def extent_main(self) -> tuple[int, int]:
        """See `extent`."""
        ...

    def read_main_from(self, offset: int, length: int) -> tuple[bytes, int]:
        """See `read_from`."""
        ...

    def follow_main_from(self, on_growth: Callable[[], None], offset: int) -> PassageFollower:
        """See `follow_from`."""
        ...

    def read(self, process_id: int, channel: str, offset: int, length: int) -> bytes: ...

    def tail(
        self, process_id: int, channel: str, offset: int, length: int
    ) -> tuple[bytes, int, bool]:
        """Bytes, size of the log, overflow; a missing log is (b'', 0, False)."""
        ...

    def clear(self, process_id: int) -> None: ...

    def follow(
        self, process_id: int, channel: str, on_growth: Callable[[], None], last_bytes: int
    ) -> Follower:
        """Start at most last_bytes before the end; on_growth is called when more can be read."""
        ...

    def extent(self, process_id: int, channel: str) -> tuple[int, int]:
        """Offsets of what can be read: of the first byte, and behind the last one.

        Of a log whose file is missing, (0, 0).
        """
        ...

    def read_from(
        self, process_id: int, channel: str, offset: int, length: int
    ) -> tuple[bytes, int]:
        """At most that many bytes (and at most 1 MiB), and the offset to go on from.

        Beyond the end there is nothing, and the offset to go on from is the end. A missing file
        is empty.
        """
        ...

    def follow_from(
        self, process_id: int, channel: str, on_growth: Callable[[], None], offset: int
    ) -> PassageFollower:
        """Start at an offset; a negative one counts from the end, one beyond the end is 0 (anew).

        The file may come into being later. on_growth is called when more can be read.
        """
        ...

    def path(self, process_id: int, channel: str) -> str:
        """Path of the log file, '' if there is none."""
        ...


class Setting(NamedTuple):
    """A key of the configuration of a process."""

    key: str
    value: str
    """As the file would say it, after expansion."""
    public: str
    """The same for those who may not see secrets."""
    origin: str
    """``file:line``, or the section that it is inherited from; empty for a default."""


class Configuration(Protocol):
    """The configuration that was read last, and the one that is active."""

    def reread(self) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
        """Read the file again: names of groups (added, changed, removed).

        Raises RequestRefused CANT_REREAD with the message; what runs is never touched.
        """
        ...

    def user_changes(self) -> Sequence[str]:
        """What rereading the last time changed about who may come in, in words without secrets."""
        ...

    def add_group(self, name: str) -> None:
        """Raises RequestRefused ALREADY_ADDED or BAD_NAME (extra: the name)."""
        ...

    def remove_group(self, name: str) -> None:
        """Raises RequestRefused BAD_NAME or STILL_RUNNING (extra: the name)."""
        ...

    def all_config_info(self) -> list[dict[str, Any]]:
        """Structs of getAllConfigInfo, sorted by process name."""
        ...

    def config_listing(self, sees: Callable[[str, str], bool] | None = None) -> Listing:
        """The same, for processes of which `sees` accepts group and name."""
        ...

    def keys_of(self, process_id: int) -> Sequence[Setting]:
        """Every key of an active process as it counts now: those that are set, then the others.

        Raises KeyError if it was removed.
        """
        ...

    def prepare_restart(self) -> None:
        """Validate the file before a restart. Raises RequestRefused CANT_REREAD."""
        ...


class Identity(Protocol):
    """Who this daemon is."""

    @property
    def version(self) -> str: ...

    @property
    def identifier(self) -> str: ...

    @property
    def pid(self) -> int: ...

    @property
    def started_mono_s(self) -> float:
        """Monotonic time since which it is there."""
        ...


class Stdin(Protocol):
    """The stdin pipes of the children."""

    def send(self, process_id: int, data: bytes) -> None:
        """Queue data. Raises RequestRefused NO_FILE (closed or none), FAILED (buffer limit)."""
        ...


class Announcer(Protocol):
    """Where events go."""

    def remote_communication(self, kind: str, data: str) -> None: ...


class Listeners(Protocol):
    """The pools of event listeners."""

    def query(self, name: str, data: str, timeout_s: float) -> Ticket:
        """Ask a pool: SUCCESS with the result of a listener, or FAILED with a sentence.

        Bytes that are no UTF-8 are surrogates in the text. Raises RequestRefused BAD_NAME.
        """
        ...

    def withdraw(self, name: str, ticket: Ticket) -> None:
        """Nobody waits for the answer of a pool any more."""
        ...

    def snapshots(self) -> "Sequence[PoolSnapshot]":
        """All pools, in the order in which they were added."""
        ...

    def journal(self) -> "JournalSnapshot | None":
        """The event journal, None if there is none."""
        ...


class News(NamedTuple):
    """An event as monitors are told it."""

    serial: int
    """Number of the event in the life of this daemon, counted for all who watch; from 1 on."""
    wall_s: float
    type: str
    """Event type, such as PROCESS_STATE_RUNNING."""
    group: str
    """Of the process that it is about; empty if it is about none."""
    name: str
    payload: str
    """As listeners get it; a very long one is cut."""


class Feed(Protocol):
    """Events as they happen, for those who watch the daemon. TICKs are not among them."""

    def watch(self, callback: Callable[[News], object]) -> Callable[[], None]:
        """Call back with every event from now on; returns what ends that.

        Nothing is made for nobody: without a watcher events cost nothing.
        """
        ...

    def since(self, serial: int) -> Sequence[News] | None:
        """The events after that one, oldest first; None if not all of them are known any more."""
        ...

    def kept(self) -> Sequence[News]:
        """All events that are still known, oldest first."""
        ...

    @property
    def last_serial(self) -> int:
        """Number of the last event."""
        ...

    @property
    def life(self) -> str:
        """Tells the numbers of this life of the daemon from those of another: a short word."""
        ...


class Moment(NamedTuple):
    """A change of state in the history of a process."""

    wall_s: float
    state: int
    """A code of `ProcessStates`."""
    why: str
    """In words: how it ended, why it could not start; empty if there is nothing to say."""


class Career(NamedTuple):
    """What became of a process since the daemon was started."""

    starts: int
    exits_expected: int
    exits_unexpected: int
    failed_starts: int
    last_exit: str
    """In words, such as ``exit status 1`` or ``killed by SIGKILL``; empty if it never ended."""
    last_exit_code: int | None = None
    """-1 if a signal ended it, None if it never ended."""


class Histories(Protocol):
    """What happened to each process."""

    def moments(self, process_id: int) -> Sequence[Moment]:
        """The last changes of state, oldest first; at most 50."""
        ...

    def career(self, process_id: int) -> Career:
        """Counts since the daemon was started."""
        ...


class LoopFigures(Protocol):
    """How the loop of the daemon is doing, since its start or restart."""

    @property
    def turns_count(self) -> int:
        """Wake-ups: how often something had happened, or was due."""
        ...

    @property
    def due_count(self) -> int:
        """How often something was due."""
        ...

    @property
    def late_s(self) -> float:
        """How late the loop came to that, all times together."""
        ...

    @property
    def latest_s(self) -> float:
        """The longest of these times."""
        ...


class Log(Protocol):
    """The main log."""

    def __call__(self, level: int, text: str) -> None: ...


class Services(Protocol):
    """Everything together; handed to each RPC interface."""

    @property
    def control(self) -> Control: ...

    @property
    def logbook(self) -> Logbook: ...

    @property
    def configuration(self) -> Configuration: ...

    @property
    def identity(self) -> Identity: ...

    @property
    def stdin(self) -> Stdin: ...

    @property
    def announcer(self) -> Announcer: ...

    @property
    def listeners(self) -> Listeners: ...

    @property
    def feed(self) -> Feed: ...

    @property
    def figures(self) -> "Figures": ...

    @property
    def histories(self) -> Histories: ...

    @property
    def loop(self) -> LoopFigures: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def log(self) -> Log: ...
