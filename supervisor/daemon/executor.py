"""Carries out what the core commands; what comes of it goes back to the core as an input."""

from errno import ESRCH
from os import strerror

from supervisor.core import commands as c
from supervisor.core import inputs, messages
from supervisor.core.control import Ticket
from supervisor.errors import HostError, SpawnError
from supervisor.hints import Any, Callable, Final, Protocol
from supervisor.host.ending import Ending
from supervisor.host.kernel import REAPED_COUNT_MAX, Kernel, decode_status
from supervisor.host.signals import signal_name
from supervisor.lean import deque
from supervisor.levels import Level


class ChildMaker(Protocol):
    """Who knows how to start the child of a process, and what is connected to it."""

    def spawn(self, process_id: int) -> int:
        """Start it and return its pid. Raises SpawnError."""

    def ended(self, process_id: int) -> None:
        """The child is gone: read what it left and close what was connected to it."""

    def name(self, process_id: int) -> str: ...

    def knows(self, process_id: int) -> bool:
        """Whether the process has not been removed."""


class EventBuffers(Protocol):
    """The events that wait for listeners."""

    def when_drained(self, callback: Callable[[], None]) -> None:
        """Call back once, as soon as no event waits: now, if none does."""

    def give_up_draining(self) -> None:
        """Say how many events are lost."""


class LogLine(Protocol):
    """The main log."""

    def __call__(self, level: int, text: str) -> None: ...


class Executor:
    """Implements `daemon.loop.Executor`."""

    def __init__(
        self,
        kernel: Kernel,
        children: ChildMaker,
        log: LogLine,
        publish: Callable[[Any], None],
        leave: Callable[[], None],
        report_failure: Callable[[str], None],
    ) -> None:
        self._kernel = kernel
        self._children = children
        self._log = log
        self._publish = publish
        self._leave = leave
        self._report_failure = report_failure
        self._wanted: dict[int, None] = {}
        """Processes whose child has yet to be made, in order (a dict for cheap removal)."""
        self._owners: dict[int, int] = {}
        """Process id by pid, for every child that has not been reaped."""
        self._untold: deque[tuple[Callable[[Ticket], None], Ticket]] = deque()
        """Who waits for an answer that is known."""
        self.is_logged: Callable[[int], bool] = _always
        """Whether lines of a level are written to the main log."""
        self.submit: Callable[[Any], None]
        self.pools: EventBuffers

    # -- commands --------------------------------------------------------------------------------

    def carry_out(self, command: Any) -> None:
        """Do what is commanded."""
        self._DOERS[type(command)](self, command)

    def _want_spawn(self, command: c.Spawn) -> None:
        self._wanted[command.process_id] = None

    def _cancel_spawn(self, command: c.CancelSpawn) -> None:
        self._wanted.pop(command.process_id, None)

    def _send_signal(self, command: c.SendSignal) -> None:
        name = self._children.name(command.process_id)
        if self.is_logged(Level.DEBG):
            tell = messages.sending_stop if command.stopping else messages.sending_signal
            self._write_log(tell(name, command.pid, signal_name(command.signum), command.to_group))
        try:
            if command.pid not in self._owners:
                raise ProcessLookupError(ESRCH, strerror(ESRCH))
            self._kernel.kill(command.pid, command.signum, command.to_group)
        except ProcessLookupError as error:
            # Not reaped yet, so its end is about to be told to us.
            self._write_log(messages.probably_exited(name, command.pid, error, command.stopping))
        except OSError as error:
            self.submit(inputs.SignalRefused(command.process_id, str(error), command.ticket))
            return
        if command.ticket is not None:
            self._answer(c.Answer(command.ticket))

    def _write_log(self, command: c.WriteLog) -> None:
        self._log(*command)

    def _answer(self, command: c.Answer) -> None:
        # Known at once, told later: who is told may ask for more, and that is only carried out
        # before the call returns if nothing else is just being carried out.
        ticket = command.ticket
        for callback in ticket.settle(command.fault, command.text):
            self._untold.append((callback, ticket))

    def _leave_loop(self, command: c.Leave) -> None:
        self._leave()

    def _announce(self, command: c.StateChange | c.GroupChange | c.MoodChange) -> None:
        self._publish(command)

    def _drain_events(self, command: c.DrainEvents) -> None:
        self.pools.when_drained(lambda: self.submit(inputs.EventsDrained()))

    def _give_up_draining(self, command: c.GiveUpDraining) -> None:
        self.pools.give_up_draining()

    _DOERS: Final[dict[type, Callable[[Any, Any], None]]] = {
        c.Spawn: _want_spawn,
        c.CancelSpawn: _cancel_spawn,
        c.SendSignal: _send_signal,
        c.WriteLog: _write_log,
        c.Answer: _answer,
        c.Leave: _leave_loop,
        c.StateChange: _announce,
        c.GroupChange: _announce,
        c.MoodChange: _announce,
        c.DrainEvents: _drain_events,
        c.GiveUpDraining: _give_up_draining,
    }

    def has_untold(self) -> bool:
        """Whether somebody has yet to be told an answer."""
        return bool(self._untold)

    def tell_next(self) -> None:
        """Tell the answer to who has waited longest for being told."""
        callback, ticket = self._untold.popleft()
        callback(ticket)

    def has_work(self) -> bool:
        """Whether a child has yet to be made, or an answer to be told."""
        return bool(self._wanted or self._untold)

    # -- children --------------------------------------------------------------------------------

    def has_spawns(self) -> bool:
        """Whether a child has yet to be made."""
        return bool(self._wanted)

    def spawn_next(self) -> bool:
        """Start the child that waits longest; False if none is waiting."""
        if not self._wanted:
            return False
        process_id = next(iter(self._wanted))
        del self._wanted[process_id]
        try:
            pid = self._children.spawn(process_id)
        except SpawnError as error:
            self.submit(inputs.SpawnFailed(process_id, error.reason))
            return True
        except Exception as error:
            # A mistake of ours: the process must not hang in STARTING because of it.
            self.submit(inputs.SpawnFailed(process_id, f"internal error: {error!r}"))
            raise
        self._owners[pid] = process_id
        self.submit(inputs.ChildSpawned(process_id, pid))
        return True

    def reap(self) -> bool:
        """Take note of all children that are gone; True if there may be more."""
        try:
            reaped = self._kernel.reap()
        except HostError as error:
            self._log(Level.CRIT, error.message)
            return False
        # All pids are given back before anything is done about one of them: none that has been
        # reaped may be signalled any more, it might be somebody else's by now.
        ended = [(pid, self._owners.pop(pid, None), _ENDINGS[status]) for pid, status in reaped]
        for pid, process_id, ending in ended:
            if process_id is None or not self._children.knows(process_id):
                # As PID 1 we inherit orphans; and a child that nobody could signal stays a child
                # of ours when its group is removed.
                self._log(Level.INFO, f"reaped unknown pid {pid} ({ending.words})")
            else:
                self._note_end(process_id, ending)
        return len(reaped) >= REAPED_COUNT_MAX

    def take_ending(self, pid: int, ending: Ending) -> None:
        """Somebody else has reaped a child of ours, and tells how it ended."""
        process_id = self._owners.pop(pid, None)
        if process_id is not None:
            self._note_end(process_id, _as_input(ending))

    def owners(self) -> dict[int, int]:
        """Process id by pid, for every child that has not been reaped."""
        return dict(self._owners)

    def _note_end(self, process_id: int, ending: inputs.Ending) -> None:
        try:
            self._children.ended(process_id)
        except Exception:
            # Whatever goes wrong with its output: that the child is gone must be known.
            self._report_failure(f"cannot close the channels of process {process_id}")
        self.submit(inputs.ChildExited(process_id, ending))


def _as_input(ending: Ending) -> inputs.Ending:
    exitcode = -1 if ending.exitcode is None else ending.exitcode
    return inputs.Ending(exitcode, ending.signum, ending.words())


class _Endings(dict[int, inputs.Ending]):
    """How children end, by status word; there are some hundred ways, and most end in the same."""

    def __missing__(self, status: int) -> inputs.Ending:
        ending = self[status] = _as_input(decode_status(status))
        return ending


_ENDINGS: Final = _Endings()


def _always(level: int) -> bool:
    return True
