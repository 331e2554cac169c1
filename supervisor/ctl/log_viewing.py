"""Showing the logs of several processes: their ends, and then what comes, in one text.

Messages go to stderr, so that nothing but logs gets into a pipe. Ctrl-C is the way to end it.
"""

from collections.abc import Iterable, Sequence
from xmlrpc.client import Fault as XmlRpcFault

from supervisor.client.api import problem_fault
from supervisor.client.following import Follower, News, Refused, Source, Told
from supervisor.client.log_access import End
from supervisor.ctl.command import Shell, fail
from supervisor.ctl.connecting import leave_if_nobody_reads, log_access, open_stream, tell_of_loss
from supervisor.ctl.log_lines import LineCutter, LineStyle, LineWriter, LogName
from supervisor.ctl.safe_text import is_terminal
from supervisor.errors import Fault
from supervisor.tuples import NamedTuple

GUESSED_LINE_BYTES = 200
BACKLOG_BYTES_MIN = 16 * 1024
BACKLOG_BYTES_MAX = 64 * 1024 * 1024
"""No daemon gives more of a log at a time."""
READER_CHECK_S = 1.0
"""How soon it is noticed that the reader of a pipe has gone."""

_ERRORS: dict[int, str] = {
    Fault.NO_FILE: "no log file",
    Fault.FAILED: "unknown error reading log",
    Fault.BAD_NAME: "no such process",
}


class View(NamedTuple):
    """What is to be shown of the logs."""

    lines_max: int | None
    """That many of the last lines of each, None for all."""
    follows: bool
    style: LineStyle


class _Log:
    """A log that is shown."""

    def __init__(self, name: LogName) -> None:
        self.name = name
        self.cutter = LineCutter()
        self.position = 0


class LogViewer:
    """Shows some logs of one daemon."""

    def __init__(self, shell: Shell, names: Sequence[LogName], view: View) -> None:
        self._shell = shell
        self._view = view
        self._access = log_access(shell, names)
        self._logs = [_Log(name) for name in names]
        self._writer = LineWriter(names, view.style)
        self._lost: set[Source] = set()

    def show(self) -> None:
        """Show them; with `follows`, until Ctrl-C."""
        shown = [log for log in self._logs if self._show_end(log)]
        try:
            if self._view.follows and shown:
                self._follow(shown)
        finally:
            for log in shown:
                self._write(log, log.cutter.close())

    # -- what there is ---------------------------------------------------------------------------

    def _show_end(self, log: _Log) -> bool:
        """Show the end of a log; False if that is refused, which has been said."""
        try:
            data, log.position = self._last_lines(log.name)
        except XmlRpcFault as fault:
            if fault.faultCode not in _ERRORS:
                raise
            if fault.faultCode == Fault.FAILED and self._view.follows:
                # Releases up to 4 cannot send what is not UTF-8, but they can stream it.
                return True
            self._refuse(log, fault)
            return False
        self._write(log, log.cutter.feed(data))
        if not self._view.follows:
            self._write(log, log.cutter.close())
        return True

    def _last_lines(self, name: LogName) -> tuple[bytes, int]:
        """The last lines, and the offset behind them."""
        lines_max = self._view.lines_max
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
        except KeyboardInterrupt:
            if is_terminal(self._shell.stdout):
                self._shell.output("")
        finally:
            follower.close()

    def _tell(self, news: News, log: _Log) -> None:
        if isinstance(news, Told):
            self._write(log, log.cutter.feed(news.item))
        elif isinstance(news, Refused):
            self._lost.discard(news.source)
            self._refuse(log, problem_fault(news.answered.status, news.body))
        else:
            tell_of_loss(self._shell, news, self._lost)

    def _refuse(self, log: _Log, fault: XmlRpcFault) -> None:
        why = _ERRORS.get(fault.faultCode, fault.faultString)
        with self._shell.messages_on_stderr():
            fail(self._shell, f"{log.name.process}: ERROR ({why})")

    def _write(self, log: _Log, lines: Iterable[bytes]) -> None:
        shown = b"".join(self._writer.write(log.name, line) for line in lines)
        if not shown:
            return
        if self._view.style.for_terminal or self._view.style.as_json:
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
