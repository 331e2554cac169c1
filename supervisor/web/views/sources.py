"""The logs that pages show: where they are read from, and what they are called."""

from supervisor.core.snapshot import ProcessSnapshot
from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Callable
from supervisor.rpc.ports import Logbook, PassageFollower
from supervisor.tuples import NamedTuple
from supervisor.web.views.kit import quoted

STREAMS = ("stdout", "stderr")
MAIN = "main"


class LogSource(NamedTuple):
    """One log."""

    stream: str
    """stdout, stderr or main; part of the ids of its lines."""
    namespec: str
    """Of the process; empty for the main log."""
    heading: str
    label: str
    """What it is called where no heading is near."""
    extent: Callable[[], tuple[int, int]]
    """Offsets of the first byte that there is, and of the next that comes. Raises RequestRefused.
    """
    read: Callable[[int, int], tuple[bytes, int]]
    """Bytes from an offset, at most so many, and the offset behind them. Raises RequestRefused."""
    follow: Callable[[Callable[[], None], int], PassageFollower]
    """Reads from an offset on, and tells when there is more. Raises RequestRefused."""

    @property
    def query(self) -> str:
        """Names it in the query of an address."""
        name = f"name={quoted(self.namespec)}&" if self.namespec else ""
        return f"{name}stream={self.stream}"

    @property
    def plain_address(self) -> str:
        """Where it is followed as plain text."""
        if not self.namespec:
            return "mainlogtail"
        channel = "" if self.stream == "stdout" else f"/{self.stream}"
        return f"logtail/{quoted(self.namespec)}{channel}"


def process_log(logbook: Logbook, process: ProcessSnapshot, stream: str) -> LogSource:
    """The log of one channel of a process."""
    return LogSource(
        stream,
        process.namespec,
        stream,
        f"{stream} of {process.namespec}",
        lambda: logbook.extent(process.id, stream),
        lambda offset, length: logbook.read_from(process.id, stream, offset, length),
        lambda grew, offset: logbook.follow_from(process.id, stream, grew, offset),
    )


def main_log(logbook: Logbook) -> LogSource:
    """The log of the daemon itself."""
    return LogSource(
        MAIN,
        "",
        "Main log",
        "main log",
        logbook.extent_main,
        logbook.read_main_from,
        logbook.follow_main_from,
    )


def why_not(source: LogSource, refused: RequestRefused) -> str:
    """Why there is nothing to see of a log, in whole sentences."""
    if refused.fault != Fault.NO_FILE:
        return f"It cannot be read: {refused.extra or refused.text}."
    if refused.extra:
        return f"There is no file {refused.extra}: it is made when there is something to write."
    if source.stream == MAIN:
        return "The daemon writes no log file; logfile in [supervisord] says where one would be."
    return f"{source.stream.capitalize()} is not kept in a file."
