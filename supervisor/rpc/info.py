"""What is known of the processes, as structs for clients.

A call for all processes is answered for a thousand of them within a few milliseconds: dashboards
ask every second. Of more than some it is made slice by slice.
"""

import time

from supervisor.core.component import Now
from supervisor.core.snapshot import ProcessSnapshot
from supervisor.hints import TYPE_CHECKING, Any, Iterator, Sequence
from supervisor.rpc.family import Family
from supervisor.rpc.listing import Listing
from supervisor.states import ProcessStates, getProcessStateDescription

if TYPE_CHECKING:
    from supervisor.rpc.info_writing import InfoWriter

INT_MAX = 2**31 - 1
"""Largest int of XML-RPC: later times are sent as this."""
DAY_S = 24 * 60 * 60


def capped_int(seconds: float) -> int:
    """Whole seconds within the range of an XML-RPC int."""
    whole = int(seconds)
    if -INT_MAX - 1 <= whole <= INT_MAX:
        return whole
    return INT_MAX if whole > 0 else -INT_MAX - 1


def uptime_text(seconds: float) -> str:
    """``H:MM:SS``, from a day on with the number of days before it; never negative."""
    whole_s = max(0, int(seconds))
    days, rest_s = divmod(whole_s, DAY_S)
    minutes, second = divmod(rest_s, 60)
    hour, minute = divmod(minutes, 60)
    text = f"{hour}:{minute:02}:{second:02}"
    if days:
        text = f"{days} day{'' if days == 1 else 's'}, {text}"
    return text


def up_words(process: ProcessSnapshot) -> str:
    """What `status` shows behind the state of a process that is up, before how long it is."""
    return f"pid {process.pid}, uptime "


def description(process: ProcessSnapshot, now: Now) -> str:
    """What `status` shows behind the state."""
    state = process.state
    if state == ProcessStates.RUNNING:
        return up_words(process) + uptime_text(now.mono_s - process.started_mono_s)
    if state in (ProcessStates.BACKOFF, ProcessStates.FATAL):
        return process.spawnerr or f'unknown error (try "tail {process.name}")'
    if state in (ProcessStates.STOPPED, ProcessStates.EXITED):
        # A start that failed before there was a child leaves no time of its end either.
        if not process.started_wall_s or not process.stopped_wall_s:
            return "Not started"
        return time.strftime("%b %d %I:%M %p", time.localtime(process.stopped_wall_s))
    return ""


class InfoFamily(Family):
    """Methods that look at processes."""

    _writer: "InfoWriter | None" = None
    _ids: Sequence[int] = ()
    _ids_revision = -1
    """Of the programs of which these are the ids."""

    def getProcessInfo(self, name: str) -> dict[str, Any]:
        """Return what is known of a process.

        The struct has these members:

        - ``name`` and ``group``,
        - ``start``, ``stop``: time of the last start and of the last end, 0 if never; ``now``:
          time of the answer (all in seconds since the epoch),
        - ``state`` and ``statename``: code and name of its state,
        - ``spawnerr``: why the last start failed or the last end was unexpected, or empty,
        - ``exitstatus``: exit code of the last run, -1 if a signal ended it, 0 if there is none,
        - ``stdout_logfile``, ``stderr_logfile``: path of the log, or empty; ``logfile`` is an old
          name of the first,
        - ``pid``: 0 if there is none,
        - ``description``: what ``status`` shows, such as ``pid 1234, uptime 0:01:02``.

        @param string name    Name of the process: ``name`` or ``group:name``.
        @return struct info   What is known.
        @raise BAD_NAME       There is no such process.
        @role read
        @http GET /processes/{name}
        """
        self._refuse_while_leaving()
        return self._info(self._process(name), self._services.clock.now())

    def getAllProcessInfo(self) -> Any:
        """Return what is known of all processes, see getProcessInfo.

        @return array infos   Structs, sorted by name of the group, then of the process.
        @role read
        @http GET /processes
        """
        self._refuse_while_leaving()
        return self._array(self._all_infos())

    def _all_infos(self) -> Listing:
        if not self._is_patient:
            return Listing(self._sorted_ids(), self._infos)
        if self._writer is None:
            # Late: it needs this module, and memory that daemons shall not pay that nobody asks.
            from supervisor.rpc.info_writing import InfoWriter

            self._writer = InfoWriter(self._services, self._info)
        revision = self._services.control.revision
        if revision != self._ids_revision:
            # In 100 calls there is hardly one with others than before.
            self._ids_revision, self._ids = revision, self._sorted_ids()
        return Listing(self._ids, self._infos, self._writer.write)

    def _sorted_ids(self) -> list[int]:
        """All processes by the names of their groups, then their own."""
        places = [
            (roll.name, name, process_id)
            for roll in self._services.control.rolls()
            for name, process_id in roll.members
        ]
        places.sort()
        return [process_id for _, _, process_id in places]

    def _infos(self, ids: Sequence[int]) -> Iterator[dict[str, Any]]:
        """What is known of those processes that are there."""
        control, now = self._services.control, self._services.clock.now()
        for process_id in ids:
            try:
                process = control.process(process_id)
            except KeyError:
                # Removed since the array was begun.
                continue
            yield self._info(process, now)

    def _info(self, process: ProcessSnapshot, now: Now) -> dict[str, Any]:
        logbook = self._services.logbook
        stdout_path = logbook.path(process.id, "stdout")
        return {
            "name": process.name,
            "group": process.group,
            "start": capped_int(process.started_wall_s),
            "stop": capped_int(process.stopped_wall_s),
            "now": capped_int(now.wall_s),
            "state": process.state,
            "statename": getProcessStateDescription(process.state),
            "spawnerr": process.spawnerr or "",
            "exitstatus": process.exitstatus or 0,
            "logfile": stdout_path,
            "stdout_logfile": stdout_path,
            "stderr_logfile": logbook.path(process.id, "stderr"),
            "pid": process.pid,
            "description": description(process, now),
        }
