"""Showing the logs of several processes: their ends, and then what comes, in one text.

Messages go to stderr, so that nothing but logs gets into a pipe. Ctrl-C is the way to end it.
"""

from supervisor.client import failures
from supervisor.client.api import problem_fault
from supervisor.client.following import Follower, News, Refused, Source, Told
from supervisor.client.log_access import End
from supervisor.ctl.command import Shell, fail
from supervisor.ctl.connecting import (
    demand_known,
    leave_if_nobody_reads,
    log_access,
    open_stream,
    tell_of_loss,
)
from supervisor.ctl.log_lines import LineCutter, LineStyle, LineWriter, LogName
from supervisor.ctl.rendering import Info, namespec_of
from supervisor.ctl.safe_text import is_terminal, may_colour
from supervisor.ctl.selection import select
from supervisor.ctl.stream_words import LogWords
from supervisor.errors import Fault
from supervisor.hints import Iterable, Sequence

GUESSED_LINE_BYTES = 200
BACKLOG_BYTES_MIN = 16 * 1024
BACKLOG_BYTES_MAX = 64 * 1024 * 1024
"""No daemon gives more of a log at a time."""
FOLLOWED_MAX = 200
"""Logs that are followed at once: each is a connection to the daemon."""
READER_CHECK_S = 1.0
"""How soon it is noticed that the reader of a pipe has gone."""

_ERRORS: dict[int, str] = {
    Fault.NO_FILE: "no log file",
    Fault.FAILED: "unknown error reading log",
    Fault.BAD_NAME: "no such process",
}


def chosen_logs(shell: Shell, words: LogWords) -> list[LogName]:
    """The logs that are meant; names that mean none are reported at once."""
    infos: list[Info] = shell.get_supervisor().getAllProcessInfo()
    chosen, unknown = select(infos, words.names)
    for line in unknown:
        fail(shell, line)
    logs: dict[LogName, None] = {}
    for info in chosen:
        name = namespec_of(info)
        # A process has no second log if its stderr goes to the first.
        having = [channel for channel in words.channels if info.get(f"{channel}_logfile")]
        if not having:
            fail(shell, f"{name}: ERROR (no log file)")
        logs.update(dict.fromkeys(LogName(name, channel) for channel in having))
    if words.follows and len(logs) > FOLLOWED_MAX:
        fail(
            shell,
            f"Error: cannot follow {len(logs)} logs at once, {FOLLOWED_MAX} at most:"
            " name fewer processes, or choose --stdout or --stderr",
        )
        return []
    return list(logs)


def show_logs(shell: Shell, words: LogWords, names: Sequence[LogName]) -> None:
    """Show these logs as the words say; with `follows`, until Ctrl-C."""
    prefixed = words.prefixed
    if prefixed is None:
        prefixed = len({name.process for name in names}) > 1
    style = LineStyle(
        prefixed=prefixed,
        coloured=may_colour(shell.stdout),
        for_terminal=is_terminal(shell.stdout) and not words.raw,
        as_json=words.as_json,
    )
    _Viewer(shell, names, words, style).show()


class _Log:
    """A log that is shown."""

    def __init__(self, name: LogName) -> None:
        self.name = name
        self.cutter = LineCutter()
        self.position = 0


class _Viewer:
    """Shows some logs of one daemon."""

    def __init__(
        self, shell: Shell, names: Sequence[LogName], words: LogWords, style: LineStyle
    ) -> None:
        self._shell = shell
        self._words = words
        # JSON is text, and so is what a terminal gets; else the bytes are as they are.
        self._as_text = style.for_terminal or style.as_json
        self._access = log_access(shell, names)
        self._logs = [_Log(name) for name in names]
        self._writer = LineWriter(names, style)
        self._lost: set[Source] = set()

    def show(self) -> None:
        """Show them; with `follows`, until Ctrl-C."""
        shown: list[_Log] = []
        try:
            shown += filter(self._show_end, self._logs)
            if self._words.follows and shown:
                self._follow(shown)
        except KeyboardInterrupt:
            if not self._words.follows:
                raise
            if is_terminal(self._shell.stdout):
                self._shell.output("")
        finally:
            for log in shown:
                self._write(log, log.cutter.close())

    # -- what there is ---------------------------------------------------------------------------

    def _show_end(self, log: _Log) -> bool:
        """Show the end of a log; False if that is refused, which has been said."""
        try:
            data, log.position = self._last_lines(log.name)
        except failures.Fault as fault:
            if fault.faultCode not in _ERRORS:
                raise
            if fault.faultCode == Fault.FAILED and self._words.follows:
                # Releases up to 4 cannot send what is not UTF-8, but they can stream it.
                return True
            self._refuse(log, fault)
            return False
        self._write(log, log.cutter.feed(data))
        if not self._words.follows:
            self._write(log, log.cutter.close())
        return True

    def _last_lines(self, name: LogName) -> tuple[bytes, int]:
        """The last lines, and the offset behind them."""
        lines_max = self._words.lines_max
        if lines_max is None:
            end = self._end(name, BACKLOG_BYTES_MAX)
            return end.data, end.position
        if not lines_max:
            return b"", self._end(name, 0).position
        bytes_max = max(BACKLOG_BYTES_MIN, lines_max * GUESSED_LINE_BYTES)
        while True:
            end = self._end(name, min(bytes_max, BACKLOG_BYTES_MAX))
            found = last_lines(end.data, lines_max)
            if len(found) < len(end.data) or end.is_whole or bytes_max >= BACKLOG_BYTES_MAX:
                return found, end.position
            bytes_max *= 8

    def _end(self, name: LogName, bytes_max: int) -> End:
        return self._access.end(*name, bytes_max)

    # -- what comes ------------------------------------------------------------------------------

    def _follow(self, logs: Sequence[_Log]) -> None:
        followed = {self._access.source(*log.name, log.position): log for log in logs}
        follower = Follower(open_stream(self._shell), list(followed))
        within_s = None if is_terminal(self._shell.stdout) else READER_CHECK_S
        try:
            while not follower.is_over:
                for news in follower.poll(within_s):
                    self._tell(news, followed[news.source])
                leave_if_nobody_reads(self._shell)
        finally:
            follower.close()

    def _tell(self, news: News, log: _Log) -> None:
        if isinstance(news, Told):
            self._write(log, log.cutter.feed(news.item))
        elif isinstance(news, Refused):
            self._lost.discard(news.source)
            demand_known(self._shell, news)
            self._refuse(log, problem_fault(news.answered.status, news.body))
        else:
            tell_of_loss(self._shell, news, self._lost)

    def _refuse(self, log: _Log, fault: "failures.Fault") -> None:
        why = _ERRORS.get(fault.faultCode, fault.faultString)
        with self._shell.messages_on_stderr():
            fail(self._shell, f"{log.name.process}: ERROR ({why})")

    def _write(self, log: _Log, lines: Iterable[bytes]) -> None:
        shown = b"".join(self._writer.write(log.name, line) for line in lines)
        if not shown:
            return
        if self._as_text:
            self._shell.write(shown.decode())
        else:
            self._shell.write_bytes(shown)


def last_lines(data: bytes, count: int) -> bytes:
    """The last lines of some data, a last one without end included; all of it if it has fewer."""
    at = len(data) - data.endswith(b"\n")
    for _ in range(count):
        at = data.rfind(b"\n", 0, at)
        if at < 0:
            return data
    return data[at + 1 :]
