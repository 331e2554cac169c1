"""Reading, clearing and following logs for clients. Implements `rpc.ports.Logbook`.

A log that cannot be emptied will fill the disk one day: the daemon is FATAL until it could be.
"""

from collections.abc import Callable
from typing import Any

from supervisor.core.inputs import TroubleArose, TroubleEnded
from supervisor.daemon.children import Children
from supervisor.errors import Fault, RequestRefused
from supervisor.logs.filelog import FileLog
from supervisor.logs.follow import FileFollower, FollowHub
from supervisor.logs.mainlog import MainLog
from supervisor.logs.reading import ReadRefused, read_slice, tail_slice
from supervisor.rpc.ports import Follower


class _HubFollower:
    """A follower that is told of growth while it is open. Implements `rpc.ports.Follower`."""

    __slots__ = ("_file", "_unsubscribe")

    def __init__(self, file: FileFollower, unsubscribe: Callable[[], None]) -> None:
        self._file = file
        self._unsubscribe = unsubscribe

    def read(self, max_bytes: int) -> bytes:
        """The next bytes, b'' if there are none now."""
        return self._file.read(max_bytes)

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

    # -- main log --------------------------------------------------------------------------------

    def read_main(self, offset: int, length: int) -> bytes:
        """A slice of the main log."""
        return _read(self._main_file().path, offset, length)

    def clear_main(self) -> None:
        """Empty the main log."""
        self._clear(self._main_file(), None)

    def follow_main(self, on_growth: Callable[[], None], last_bytes: int) -> Follower:
        """Follow the main log from at most last_bytes before its end."""
        return self._follow(self._main_file(), on_growth, last_bytes)

    def _main_file(self) -> FileLog:
        if self._main_log.file is None:
            raise RequestRefused(Fault.NO_FILE)
        return self._main_log.file

    # -- logs of processes -----------------------------------------------------------------------

    def read(self, process_id: int, channel: str, offset: int, length: int) -> bytes:
        """A slice of the log of one channel."""
        return _read(self._file(process_id, channel).path, offset, length)

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

    def path(self, process_id: int, channel: str) -> str:
        """Path of the log file, '' if there is none."""
        log = self._children.body(process_id).logs.get(channel)
        return "" if log is None else log.path

    def _file(self, process_id: int, channel: str) -> FileLog:
        log = self._children.body(process_id).logs.get(channel)
        if log is None:
            raise RequestRefused(Fault.NO_FILE)
        return log

    def _follow(self, log: FileLog, on_growth: Callable[[], None], last_bytes: int) -> Follower:
        try:
            file = FileFollower(log.path, last_bytes)
        except FileNotFoundError as error:
            raise RequestRefused(Fault.NO_FILE, log.path) from error
        except OSError as error:
            raise RequestRefused(
                Fault.FAILED, f"cannot read {log.path}: {error.strerror}"
            ) from error
        return _HubFollower(file, self._hub.follow(log, on_growth))


def _read(path: str, offset: int, length: int) -> bytes:
    try:
        return read_slice(path, offset, length)
    except FileNotFoundError as error:
        raise RequestRefused(Fault.NO_FILE, path) from error
    except ReadRefused as refused:
        raise RequestRefused(Fault[str(refused)], refused.detail) from refused
