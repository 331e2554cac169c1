"""Reading, clearing and following logs for clients. Implements `rpc.ports.Logbook`.

A log that cannot be emptied will fill the disk one day: the daemon is FATAL until it could be.
"""

from supervisor.core.inputs import TroubleArose, TroubleEnded
from supervisor.daemon.children import Children
from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any, Callable, TypeVar
from supervisor.logs.filelog import FileLog
from supervisor.logs.follow import FileFollower, FollowHub, PieceFollower
from supervisor.logs.mainlog import MainLog
from supervisor.logs.reading import ReadRefused, file_bytes, read_passage, read_slice, tail_slice
from supervisor.rpc.ports import Follower, Passage, PassageFollower

T = TypeVar("T")


class _HubFollower(FileFollower):
    """A follower that is told of growth while it is open. Implements `rpc.ports.Follower`."""

    __slots__ = ("_unsubscribe",)

    def __init__(
        self, log: FileLog, last_bytes: int, hub: FollowHub, on_growth: Callable[[], None]
    ) -> None:
        super().__init__(log.path, last_bytes)
        self._unsubscribe = hub.follow(log, on_growth)

    def close(self) -> None:
        """Stop following and release the file."""
        self._unsubscribe()
        super().close()


class _HubPassages:
    """The same by passages. Implements `rpc.ports.PassageFollower`."""

    __slots__ = ("_file", "_unsubscribe")

    def __init__(self, file: PieceFollower, unsubscribe: Callable[[], None]) -> None:
        self._file = file
        self._unsubscribe = unsubscribe

    def read(self, max_bytes: int) -> Passage:
        """What comes next."""
        return Passage(*self._file.read(max_bytes))

    def close(self) -> None:
        """Stop following and release the file."""
        self._unsubscribe()
        self._file.close()


class Logbook:
    """The main log and the logs of all processes."""

    def __init__(
        self, main_log: MainLog, children: Children, submit: Callable[[Any], None]
    ) -> None:
        self._main_log = main_log
        self._children = children
        self._submit = submit
        self._hub = FollowHub()
        self.catch_up: Callable[[], object] = lambda: None
        """Writes what has been printed and rests, see `host.crowd`: somebody is about to look."""

    @property
    def is_followed(self) -> bool:
        """Whether anybody follows a log."""
        return self._hub.has_followers

    # -- main log --------------------------------------------------------------------------------

    def read_main(self, offset: int, length: int) -> bytes:
        """A slice of the main log."""
        path = self._main_file().path
        return _read(lambda: read_slice(path, offset, length), path)

    def clear_main(self) -> None:
        """Empty the main log."""
        self._clear(self._main_file(), None)

    def follow_main(self, on_growth: Callable[[], None], last_bytes: int) -> Follower:
        """Follow the main log from at most last_bytes before its end."""
        return self._follow(self._main_file(), on_growth, last_bytes)

    def extent_main(self) -> tuple[int, int]:
        """Offsets of the first byte, and behind the last one."""
        path = self._main_file().path
        return 0, _read(lambda: file_bytes(path), path)

    def read_main_from(self, offset: int, length: int) -> tuple[bytes, int]:
        """Bytes from an offset on, and the offset to go on from."""
        path = self._main_file().path
        return _read(lambda: read_passage(path, offset, length), path)

    def follow_main_from(self, on_growth: Callable[[], None], offset: int) -> PassageFollower:
        """Follow the main log from an offset on."""
        return self._follow_from(self._main_file(), on_growth, offset)

    def _main_file(self) -> FileLog:
        if self._main_log.file is None:
            raise RequestRefused(Fault.NO_FILE)
        self._main_log.flush()
        return self._main_log.file

    # -- logs of processes -----------------------------------------------------------------------

    def read(self, process_id: int, channel: str, offset: int, length: int) -> bytes:
        """A slice of the log of one channel."""
        path = self._file(process_id, channel).path
        return _read(lambda: read_slice(path, offset, length), path)

    def tail(
        self, process_id: int, channel: str, offset: int, length: int
    ) -> tuple[bytes, int, bool]:
        """Last bytes, size, overflow; a missing log is empty."""
        try:
            return tail_slice(self._file(process_id, channel).path, offset, length)
        except (FileNotFoundError, RequestRefused):
            return b"", 0, False
        except ReadRefused as refused:
            raise RequestRefused(Fault[str(refused)], refused.detail) from refused

    def clear(self, process_id: int) -> None:
        """Empty the logs of both channels, of a process that does not run, too."""
        self.catch_up()
        refusals = []
        for log in self._children.body(process_id).logs.values():
            try:
                self._clear(log, process_id)
            except RequestRefused as refused:
                # The other channel is emptied all the same.
                refusals.append(refused)
        if refusals:
            raise refusals[0]

    def _clear(self, log: FileLog, process_id: int | None) -> None:
        key = f"clear {log.path}"
        try:
            log.clear()
        except OSError as error:
            self._submit(
                TroubleArose(
                    key,
                    f"cannot clear {log.path}: {error.strerror}",
                    "make it a file that can be written to, then clear it again",
                    process_id,
                )
            )
            raise RequestRefused(Fault.FAILED, str(error)) from error
        self._submit(TroubleEnded(key))

    def follow(
        self, process_id: int, channel: str, on_growth: Callable[[], None], last_bytes: int
    ) -> Follower:
        """Follow the log of one channel from at most last_bytes before its end."""
        return self._follow(self._file(process_id, channel), on_growth, last_bytes)

    def extent(self, process_id: int, channel: str) -> tuple[int, int]:
        """Offsets of the first byte, and behind the last one."""
        path = self._file(process_id, channel).path
        return 0, _read(lambda: file_bytes(path), path)

    def read_from(
        self, process_id: int, channel: str, offset: int, length: int
    ) -> tuple[bytes, int]:
        """Bytes from an offset on, and the offset to go on from."""
        path = self._file(process_id, channel).path
        return _read(lambda: read_passage(path, offset, length), path)

    def follow_from(
        self, process_id: int, channel: str, on_growth: Callable[[], None], offset: int
    ) -> PassageFollower:
        """Follow the log of one channel from an offset on."""
        return self._follow_from(self._file(process_id, channel), on_growth, offset)

    @property
    def revision(self) -> int:
        """Another number whenever the log of a process may have another path."""
        return self._children.logs_revision

    def path(self, process_id: int, channel: str) -> str:
        """Path of the log file, '' if there is none."""
        log = self._children.body(process_id).logs.get(channel)
        return "" if log is None else log.path

    def _file(self, process_id: int, channel: str) -> FileLog:
        """The log of a process. Raises RequestRefused NO_FILE, also if it has been removed."""
        self.catch_up()
        try:
            log = self._children.body(process_id).logs.get(channel)
        except KeyError:
            log = None
        if log is None:
            raise RequestRefused(Fault.NO_FILE)
        return log

    def _follow(self, log: FileLog, on_growth: Callable[[], None], last_bytes: int) -> Follower:
        return _open(lambda: _HubFollower(log, last_bytes, self._hub, on_growth), log.path)

    def _follow_from(
        self, log: FileLog, on_growth: Callable[[], None], offset: int
    ) -> PassageFollower:
        file = _open(lambda: PieceFollower(log.path, offset), log.path)
        return _HubPassages(file, self._hub.follow(log, on_growth))


def _open(follower: Callable[[], T], path: str) -> T:
    try:
        return follower()
    except FileNotFoundError as error:
        raise RequestRefused(Fault.NO_FILE, path) from error
    except OSError as error:
        raise RequestRefused(Fault.FAILED, f"cannot read {path}: {error.strerror}") from error


def _read(read: Callable[[], T], path: str) -> T:
    try:
        return read()
    except FileNotFoundError as error:
        raise RequestRefused(Fault.NO_FILE, path) from error
    except ReadRefused as refused:
        raise RequestRefused(Fault[str(refused)], refused.detail) from refused
