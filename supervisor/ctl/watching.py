"""`status --watch`: what the processes are doing, until Ctrl-C.

A daemon that tells events is asked only after something has happened; an older one every few
seconds. On a terminal the table is drawn in place, and the time that processes run is counted on
here; elsewhere each process gets a line whenever it is in another state than before.
"""

import http.client
import os
import threading
import time
from contextlib import suppress
from xml.parsers.expat import ExpatError
from xmlrpc.client import Error as XmlRpcError
from xmlrpc.client import ProtocolError

from supervisor.client.credentials import HTTP_UNAUTHORIZED
from supervisor.client.event_source import EventsSource
from supervisor.client.following import Follower, Lost, Opened, Refused
from supervisor.ctl.command import Shell
from supervisor.ctl.connecting import leave_if_nobody_reads, open_stream
from supervisor.ctl.output import print_json_line
from supervisor.ctl.rendering import Info, namespec_of, readable_info, status_lines
from supervisor.ctl.safe_text import is_terminal, may_colour, printable
from supervisor.ctl.screen import picture
from supervisor.ctl.selection import select
from supervisor.hints import Any, Sequence
from supervisor.states import ProcessStates
from supervisor.tuples import NamedTuple

TICK_S = 1.0
"""The time on the screen goes on that often; nobody is asked for that."""
GATHER_S = 0.2
"""What happens within that time is shown together."""

COLUMNS_DEFAULT = 80
ROWS_DEFAULT = 24
TYPES = ("PROCESS_STATE", "PROCESS_GROUP", "SUPERVISOR_STATE_CHANGE")
"""Events after which something else may be shown."""

_TROUBLE = (OSError, http.client.HTTPException, XmlRpcError, ExpatError)
_COLOURS = {
    ProcessStates.RUNNING: 32,
    ProcessStates.STARTING: 33,
    ProcessStates.STOPPING: 33,
    ProcessStates.BACKOFF: 31,
    ProcessStates.FATAL: 31,
    ProcessStates.UNKNOWN: 31,
}


class Watch(NamedTuple):
    """What is to be watched, and how it is shown."""

    names: Sequence[str]
    """All processes if there is none."""
    interval_s: float
    """How often a daemon that tells no events is asked."""
    as_json: bool


class News:
    """Says when to look again: after an event, or after a while where there are none."""

    def __init__(self, shell: Shell, interval_s: float) -> None:
        self._follower: Follower | None = Follower(open_stream(shell), [EventsSource(TYPES)])
        self._is_lost = False
        self._interval_s = interval_s
        self._asked_s = time.monotonic()

    def wait(self, within_s: float) -> bool:
        """Wait for that time at most; true if there may be something new."""
        if self._follower is None:
            due_s = self._asked_s + self._interval_s - time.monotonic()
            threading.Event().wait(max(0.0, min(due_s, within_s)))
            return self._is_due()
        happened = self._follower.poll(within_s)
        if any(isinstance(each, Refused) for each in happened):
            # An older daemon, or one that does not tell us.
            self.close()
            return True
        for each in happened:
            self._is_lost = isinstance(each, Lost) or (
                self._is_lost and not isinstance(each, Opened)
            )
        if self._is_lost:
            return self._is_due()
        if happened:
            self._gather(self._follower)
        return bool(happened)

    @staticmethod
    def _gather(follower: Follower) -> None:
        """Let pass what happens next: whatever starts now is about to run."""
        until_s = time.monotonic() + GATHER_S
        while (left_s := until_s - time.monotonic()) > 0:
            follower.poll(left_s)

    def _is_due(self) -> bool:
        now_s = time.monotonic()
        if now_s - self._asked_s < self._interval_s:
            return False
        self._asked_s = now_s
        return True

    def close(self) -> None:
        """End the stream of events, if there is one."""
        if self._follower is not None:
            self._follower.close()
            self._follower = None


class StatusWatch:
    """One `status --watch`."""

    def __init__(self, shell: Shell, watch: Watch) -> None:
        self._shell = shell
        self._watch = watch
        self._on_screen = may_draw(shell) and not watch.as_json
        self._infos: list[Info] = []
        self._told: dict[str, Any] = {}
        """What has been printed of each process, where lines are printed."""
        self._looked_s = 0.0
        self._trouble = ""
        self._drawn = False

    def run(self) -> None:
        """Show the processes until Ctrl-C."""
        news = News(self._shell, self._watch.interval_s)
        try:
            self._look()
            while True:
                self._show()
                if news.wait(TICK_S) or self._trouble:
                    self._look()
                leave_if_nobody_reads(self._shell)
        except KeyboardInterrupt:
            self._leave_picture()
        except ProtocolError:
            self._leave_picture()
            raise
        finally:
            news.close()

    def _leave_picture(self) -> None:
        """Begin a line of its own for what comes."""
        if is_terminal(self._shell.stdout):
            self._shell.output("")

    def _look(self) -> None:
        """Ask the daemon; what is known stays if it does not answer."""
        try:
            infos: list[Info] = self._shell.get_supervisor().getAllProcessInfo()
        except _TROUBLE as error:
            if isinstance(error, ProtocolError) and error.errcode == HTTP_UNAUTHORIZED:
                # Waiting would not help.
                raise
            if not self._trouble and not self._on_screen:
                self._shell.hint("supervisord does not answer; waiting until it is back")
            self._trouble = getattr(error, "strerror", None) or str(error) or type(error).__name__
            return
        if self._trouble and not self._on_screen:
            self._shell.hint("supervisord is back")
        self._trouble = ""
        self._looked_s = time.monotonic()
        self._infos = select(infos, self._watch.names)[0] if self._watch.names else infos

    # -- showing ---------------------------------------------------------------------------------

    def _show(self) -> None:
        if self._on_screen:
            self._draw()
        else:
            self._print_changes()

    def _draw(self) -> None:
        since_s = time.monotonic() - self._looked_s
        coloured = may_colour(self._shell.stdout)
        lines = [self._head(), "", *self._table(since_s, coloured)]
        with suppress(OSError):
            size = os.get_terminal_size(self._shell.stdout.fileno())
            # Serial lines do not tell their size.
            columns, rows = size.columns or COLUMNS_DEFAULT, size.lines or ROWS_DEFAULT
            self._shell.write(picture(lines, columns, rows, first=not self._drawn))
            self._drawn = True

    def _head(self) -> str:
        url = self._shell.options.serverurl
        now = time.strftime("%H:%M:%S")
        if self._trouble:
            return f"{now}  NO ANSWER ({self._trouble}) from {url}; waiting until it is back"
        counts: dict[str, int] = {}
        for info in self._infos:
            counts[info["statename"]] = counts.get(info["statename"], 0) + 1
        states = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
        return f"{now}  {states or 'no processes'}  {url}"

    def _table(self, since_s: float, coloured: bool) -> list[str]:
        infos = [{**info, "description": description(info, since_s)} for info in self._infos]
        lines = [printable(line, styled=False) for line in status_lines(infos)]
        if not coloured:
            return lines
        return [
            _highlight(line, info["statename"], _COLOURS.get(info["state"]))
            for line, info in zip(lines, infos, strict=True)
        ]

    def _print_changes(self) -> None:
        now = {namespec_of(info): info for info in self._infos}
        facts = {name: (info["state"], info["pid"]) for name, info in now.items()}
        changed = [info for name, info in now.items() if self._told.get(name) != facts[name]]
        gone = [name for name in self._told if name not in now]
        self._told = facts
        if self._watch.as_json:
            for info in changed:
                print_json_line(self._shell, {**readable_info(info), "removed": False})
            for name in gone:
                print_json_line(self._shell, {"namespec": name, "removed": True})
            return
        lines = dict(zip(now, status_lines(list(now.values())), strict=True))
        for info in changed:
            self._shell.output(lines[namespec_of(info)])
        for name in gone:
            self._shell.output(f"{name}: removed")


def may_draw(shell: Shell) -> bool:
    """True if pictures can be drawn in place."""
    return is_terminal(shell.stdout) and os.environ.get("TERM", "dumb") != "dumb"


def description(info: Info, since_s: float) -> str:
    """The description of a process, some time after it was asked for."""
    text: str = info["description"]
    before, uptime, _ = text.partition(", uptime ")
    if info["state"] != ProcessStates.RUNNING or not uptime:
        return text
    return f"{before}{uptime}{uptime_text(info['now'] - info['start'] + since_s)}"


def uptime_text(seconds: float) -> str:
    """``H:MM:SS``, from a day on with the number of days before it, as daemons write it."""
    days, rest_s = divmod(max(0, int(seconds)), 24 * 60 * 60)
    minutes, second = divmod(rest_s, 60)
    hour, minute = divmod(minutes, 60)
    text = f"{hour}:{minute:02}:{second:02}"
    return f"{days} day{'' if days == 1 else 's'}, {text}" if days else text


def _highlight(line: str, statename: str, colour: int | None) -> str:
    if colour is None:
        return line
    name, found, rest = line.partition(f" {statename} ")
    return f"{name} \x1b[{colour}m{statename}\x1b[0m {rest}" if found else line
