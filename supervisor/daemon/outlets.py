"""Where the output of a child goes: filters and sinks of each channel, as its settings ask for.

An outlet is what a channel hands its output to. The plain one gives each piece to every sink; the
others change the stream and hand it on to another outlet. What nobody configured is not there: the
output of an ordinary child goes straight from the read buffer to its log file.
"""

import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from supervisor.config.sections.program import ProcessSettings
from supervisor.daemon.channels import Outlet, Sink
from supervisor.levels import Level
from supervisor.logs.filelog import FileLog
from supervisor.logs.mainlog import MainLog
from supervisor.logs.syslog import SyslogClient, SyslogLog
from supervisor.wire.ansi import AnsiStripper

STDOUT = "stdout"
STDERR = "stderr"


class Source(NamedTuple):
    """The channel that an outlet is made for."""

    process_id: int
    settings: ProcessSettings
    channel: str
    log: FileLog | None


class OutputAnnouncer(Protocol):
    """Who makes events of output."""

    def wants(self, type: type) -> bool:
        """Whether anybody wants events of that class."""
        ...

    def output(self, process_id: int, channel: str, data: bytes) -> None:
        """A child printed something (`PROCESS_LOG_*`)."""
        ...

    def captured(self, process_id: int, channel: str, data: bytes) -> None:
        """A child printed something between the tags (`PROCESS_COMMUNICATION_*`)."""
        ...


class NoAnnouncer:
    """Nobody wants to know."""

    def wants(self, type: type) -> bool:
        """False."""
        return False

    def output(self, process_id: int, channel: str, data: bytes) -> None:
        """Nothing."""

    def captured(self, process_id: int, channel: str, data: bytes) -> None:
        """Nothing."""


class Sinks:
    """Gives each piece to every sink, whatever one of them does."""

    __slots__ = ("_endings", "_report_failure", "_sinks")

    def __init__(
        self,
        sinks: Sequence[Sink],
        endings: Sequence[Callable[[], object]],
        report_failure: Callable[[str], None],
    ) -> None:
        self._sinks = tuple(sinks)
        self._endings = tuple(endings)
        self._report_failure = report_failure

    def give(self, data: bytes | memoryview) -> None:
        """Hand a piece to all sinks."""
        for sink in self._sinks:
            try:
                sink(data)
            except Exception:
                # Sinks cope with trouble themselves, so this is a mistake of ours. The child must
                # not block because of it: go on without that sink.
                self._sinks = tuple(each for each in self._sinks if each is not sink)
                self._report_failure(f"output is no longer handed to {sink!r}")

    def close(self) -> None:
        """No more will come: sinks that keep something back let it go."""
        for end in self._endings:
            try:
                end()
            except Exception:
                self._report_failure(f"cannot end the output to {end!r}")


class Stripping:
    """Hands on everything but ANSI escape sequences."""

    __slots__ = ("_outlet", "_stripper")

    def __init__(self, outlet: Outlet) -> None:
        self._stripper = AnsiStripper()
        self._outlet = outlet

    def give(self, data: bytes | memoryview) -> None:
        """Hand on what is text."""
        text = self._stripper.feed(data)
        if text:
            self._outlet.give(text)

    def close(self) -> None:
        """What was kept back is no escape sequence after all."""
        rest = self._stripper.close()
        if rest:
            self._outlet.give(rest)
        self._outlet.close()


class Outlets:
    """Makes the outlets of all children."""

    def __init__(self, main_log: MainLog, syslog: Callable[[], SyslogClient]) -> None:
        self._main_log = main_log
        self._syslog = syslog
        self._report = self._report_failure

    def of_program(self, source: Source, *, strip_ansi: bool) -> Outlet:
        """The outlet of a channel whose output is for people."""
        sinks: list[Sink] = []
        endings: list[Callable[[], object]] = []
        if source.log is not None:
            sinks.append(source.log.write)
        settings = source.settings
        if settings.stdout_syslog if source.channel == STDOUT else settings.stderr_syslog:
            syslog = SyslogLog(settings.name, self._syslog())
            sinks.append(syslog.write)
            endings.append(syslog.close)
        if self._main_log.enabled(Level.DEBG):
            sinks.append(partial(self._echo, settings.name, source.channel))
        outlet: Outlet = Sinks(sinks, endings, self._report)
        return Stripping(outlet) if strip_ansi else outlet

    def of_conversation(self, source: Source, tap: Sink, *, strip_ansi: bool) -> Outlet:
        """The outlet of a listener's stdout: the tap gets every byte, the log a copy."""
        sinks: list[Sink] = []
        endings: list[Callable[[], object]] = []
        if self._main_log.enabled(Level.DEBG):
            sinks.append(partial(self._echo_bytes, source.settings.name, source.channel))
        sinks.append(tap)
        if source.log is not None and strip_ansi:
            stripping = Stripping(Sinks([source.log.write], (), self._report))
            sinks.append(stripping.give)
            endings.append(stripping.close)
        elif source.log is not None:
            sinks.append(source.log.write)
        return Sinks(sinks, endings, self._report)

    def _echo(self, name: str, channel: str, data: bytes | memoryview) -> None:
        text = readable(bytes(data))
        self._main_log.log(Level.DEBG, f"{name!r} {channel} output:\n{text}")

    def _echo_bytes(self, name: str, channel: str, data: bytes | memoryview) -> None:
        self._main_log.log(Level.DEBG, f"{name!r} {channel} output:\n{bytes(data)!r}")

    def _report_failure(self, what: str) -> None:
        self._main_log.log(Level.CRIT, f"{what}: {traceback.format_exc()}")


def readable(data: bytes) -> str:
    """Output as text for the main log; what is not UTF-8 in Python's notation."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return f"Undecodable: {data!r}"
