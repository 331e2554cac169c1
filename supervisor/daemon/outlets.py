"""Where the output of a child goes: filters and sinks of each channel, as its settings ask for.

An outlet is what a channel hands its output to. The plain one gives each piece to every sink; the
others change the stream and hand it on to another outlet. What nobody configured is not there: the
output of an ordinary child goes straight from the read buffer to its log file.
"""

from supervisor.config.sections.program import ProcessSettings
from supervisor.core.component import Timer, Timers
from supervisor.daemon.channels import Outlet, Sink
from supervisor.hints import TYPE_CHECKING, Callable, Final, Protocol, Sequence
from supervisor.lean import partial
from supervisor.levels import Level
from supervisor.logs.filelog import FileLog
from supervisor.logs.mainlog import MainLog
from supervisor.tracebacks import traceback_of
from supervisor.tuples import NamedTuple

if TYPE_CHECKING:
    from supervisor.logs.syslog import SyslogClient

STDOUT: Final = "stdout"
STDERR: Final = "stderr"


WAIT_S: Final = 0.025
"""Nobody who looks at a file of log lines sees that they come that much later."""

PIECES_MAX: Final = 64
"""What a listener has said is not put off any longer when it is so much."""

PutOff = Callable[[Callable[[], object]], bool]
"""Has something done soon; False if it is to be done now."""


class Source(NamedTuple):
    """The channel that an outlet is made for."""

    process_id: int
    settings: ProcessSettings
    channel: str
    log: FileLog | None


class OutputAnnouncer(Protocol):
    """Who makes events of output, if anybody wants them."""

    def output(self, process_id: int, channel: str, data: bytes | memoryview) -> None:
        """A child printed something (`PROCESS_LOG_*`)."""

    def captured(self, process_id: int, channel: str, data: bytes | memoryview) -> None:
        """A child printed something between the tags (`PROCESS_COMMUNICATION_*`)."""


class NoAnnouncer:
    """Nobody wants to know."""

    def output(self, process_id: int, channel: str, data: bytes | memoryview) -> None:
        """Nothing."""

    def captured(self, process_id: int, channel: str, data: bytes | memoryview) -> None:
        """Nothing."""


class Sinks:
    """Gives each piece to every sink, whatever one of them does."""

    is_plain: Final = False
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


class Direct:
    """Gives each piece to a log, which never raises, without a call in between."""

    __slots__ = ("give", "is_plain")

    def __init__(self, log: FileLog) -> None:
        self.is_plain = log.is_file
        self.give = log.write
        """Hand a piece to the log."""

    def close(self) -> None:
        """No more will come."""


def _never(write: Callable[[], object]) -> bool:
    """There is nothing to wait for."""
    return False


class Unwritten:
    """What listeners have said in a burst of events, and is not in their logs yet.

    It waits for `WAIT_S` at the longest, so that a write to a log, a third of what an answer costs,
    is one for many answers. Nothing waits while a log is followed, and nobody who asks for a log
    can tell: it is written before.
    """

    __slots__ = ("_mono_s", "_timer", "_timers", "_writes", "is_looked_at")

    def __init__(self, timers: Timers, mono_s: Callable[[], float]) -> None:
        self._timers = timers
        self._mono_s = mono_s
        self._timer: Timer | None = None
        self._writes: list[Callable[[], object]] = []
        self.is_looked_at: Callable[[], bool] = lambda: False
        """Whether somebody wants to know at once."""

    def put_off(self, write: Callable[[], object]) -> bool:
        """Call it later; False if it is to be done now."""
        if self.is_looked_at():
            return False
        self._writes.append(write)
        if self._timer is None:
            self._timer = self._timers.call_at(self._mono_s() + WAIT_S, self._on_time)
        return True

    def _on_time(self) -> None:
        self._timer = None
        self.write()

    def write(self) -> None:
        """Write all of it now."""
        writes, self._writes = self._writes, []
        for write in writes:
            write()


class Hearing:
    """A listener's stdout: each piece is heard at once, the log gets those of a burst together."""

    is_plain: Final = False
    __slots__ = (
        "_end_log",
        "_expects_more",
        "_is_put_off",
        "_pieces",
        "_put_off",
        "_report_failure",
        "_tap",
        "_write_log",
    )

    def __init__(
        self,
        tap: Sink,
        write_log: Sink | None,
        end_log: Callable[[], object] | None,
        put_off: PutOff,
        report_failure: Callable[[str], None],
    ) -> None:
        self._tap = tap
        """Says True if it expects another piece at once."""
        self._write_log = write_log
        """Never raises, as the log itself; None if there is no log."""
        self._end_log = end_log
        self._put_off = put_off
        self._report_failure = report_failure
        self._pieces: list[bytes] = []
        self._expects_more = self._is_put_off = False

    def give(self, data: bytes | memoryview) -> None:
        """Let it be heard."""
        # Copied: what is heard may lead to anything, even to reading more into the shared buffer.
        self.hear(bytes(data))

    def hear(self, piece: bytes) -> None:
        """Let it be heard."""
        if self._write_log is not None:
            self._pieces.append(piece)
        try:
            self._expects_more = self._tap(piece) is True
        except Exception:
            # The tap copes with what listeners say, so this is a mistake of ours. What comes next
            # may be heard again.
            self._expects_more = False
            self._report_failure(f"a piece of output was not heard by {self._tap!r}")

    def flush(self) -> None:
        """Write to the log what was heard since the last time, unless there will be more."""
        if not self._pieces:
            # There is no log: nobody is woken up for it.
            return
        if self._expects_more and len(self._pieces) < PIECES_MAX:
            if self._is_put_off:
                return
            self._is_put_off = self._put_off(self._write_late)
            if self._is_put_off:
                return
        self._write()

    def _write_late(self) -> None:
        self._is_put_off = False
        self._write()

    def _write(self) -> None:
        pieces = self._pieces
        if pieces and self._write_log is not None:
            self._pieces = []
            self._write_log(pieces[0] if len(pieces) == 1 else b"".join(pieces))

    def close(self) -> None:
        """No more will come."""
        self._write()
        if self._end_log is not None:
            self._end_log()


class Outlets:
    """Makes the outlets of all children."""

    def __init__(self, main_log: MainLog, syslog: "Callable[[], SyslogClient]") -> None:
        self._main_log = main_log
        self.put_off: PutOff = _never
        """Of what is written to the logs of listeners."""
        self._syslog = syslog
        self._report = self._report_failure

    def of_program(self, source: Source, announcer: OutputAnnouncer, *, strip_ansi: bool) -> Outlet:
        """The outlet of a channel whose output is for people."""
        sinks: list[Sink] = []
        endings: list[Callable[[], object]] = []
        if source.log is not None:
            sinks.append(source.log.write)
        settings, channel = source.settings, source.channel
        if settings.stdout_syslog if channel == STDOUT else settings.stderr_syslog:
            # Late: see `daemon.late`.
            from supervisor.logs.syslog import SyslogLog

            syslog = SyslogLog(settings.name, self._syslog())
            sinks.append(syslog.write)
            endings.append(syslog.close)
        echo: Sink | None = None
        if self._main_log.enabled(Level.DEBG):
            echo = partial(self._echo, settings.name, channel)
            sinks.append(echo)
        if settings.stdout_events_enabled if channel == STDOUT else settings.stderr_events_enabled:
            # Last: those who are told may do anything, even read more into the shared buffer.
            sinks.append(partial(announcer.output, source.process_id, channel))
        outlet: Outlet
        if source.log is not None and sinks == [source.log.write]:
            # As nearly all are; a log never raises.
            outlet = Direct(source.log)
        else:
            outlet = Sinks(sinks, endings, self._report)
        if capture_maxbytes(source) > 0:
            # Late: see `daemon.late`.
            from supervisor.daemon.filters import Capturing

            captured = partial(announcer.captured, source.process_id, channel)
            captures = Sinks([captured], (), self._report)
            outlet = Capturing(source, outlet, echo, captures, self._main_log.log)
        return _stripping(outlet) if strip_ansi else outlet

    def of_conversation(self, source: Source, tap: Sink, *, strip_ansi: bool) -> Hearing:
        """The outlet of a listener's stdout: the tap gets every byte, the log a copy."""
        if self._main_log.enabled(Level.DEBG):
            tap = partial(self._echo_conversation, source, tap)
        if source.log is None:
            return Hearing(tap, None, None, self.put_off, self._report)
        if not strip_ansi:
            return Hearing(tap, source.log.write, None, self.put_off, self._report)
        stripping = _stripping(Sinks([source.log.write], (), self._report))
        return Hearing(tap, stripping.give, stripping.close, self.put_off, self._report)

    def _echo(self, name: str, channel: str, data: bytes | memoryview) -> None:
        text = readable(bytes(data))
        self._main_log.log(Level.DEBG, f"{name!r} {channel} output:\n{text}")

    def _echo_conversation(self, source: Source, tap: Sink, data: bytes | memoryview) -> None:
        name, channel = source.settings.name, source.channel
        self._main_log.log(Level.DEBG, f"{name!r} {channel} output:\n{bytes(data)!r}")
        tap(data)

    def _report_failure(self, what: str) -> None:
        self._main_log.log(Level.CRIT, f"{what}: {traceback_of()}")


def _stripping(outlet: Outlet) -> Outlet:
    # Late: see `daemon.late`.
    from supervisor.daemon.filters import Stripping

    return Stripping(outlet)


def capture_maxbytes(source: Source) -> int:
    """How much of a capture of a channel is kept; 0 if none is taken out."""
    settings = source.settings
    if source.channel == STDOUT:
        return settings.stdout_capture_maxbytes
    return settings.stderr_capture_maxbytes


def readable(data: bytes) -> str:
    """Output as text for the main log; what is not UTF-8 in Python's notation."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return f"Undecodable: {data!r}"
