"""A process as plug-ins know it: `supervisor.process.Subprocess`.

One that `make_process` made is nothing but a config and a group, until a live group takes it in;
from then on its attributes are what the daemon knows. After it was taken out they stay as they
were.
"""

import errno

from supervisor.core import inputs
from supervisor.core.control import Ticket
from supervisor.core.intervention import may_enter
from supervisor.core.snapshot import NEW, ProcessSnapshot
from supervisor.daemon.children import CHANNELS
from supervisor.daemon.plugin_view.dispatchers import dispatchers_of, pipes_of
from supervisor.daemon.plugin_view.inside import Inside
from supervisor.errors import RequestRefused, SpawnError
from supervisor.hints import Any, Callable, Final, Mapping, TypeVar
from supervisor.host.ending import decode_status
from supervisor.host.signals import signal_name
from supervisor.options import BadCommand, NoPermission, NotExecutable, NotFound
from supervisor.states import (
    SIGNALLABLE_STATES,
    ProcessStates,
    getProcessStateDescription,
)

_SPAWNABLE: Final = frozenset(
    {ProcessStates.STOPPED, ProcessStates.EXITED, ProcessStates.FATAL, ProcessStates.BACKOFF}
)

_T = TypeVar("_T")


class Subprocess:
    """A process, alive if a live group has it. Attributes of plug-ins stay with it."""

    def __init__(self, config: Any) -> None:
        self.config = config
        self.group: Any = None
        self._inside: Inside | None = None
        self._id = 0
        self._seen = NEW

    def attach(self, inside: Inside, process_id: int) -> None:
        """From now on it is this process of the daemon."""
        self._inside, self._id = inside, process_id

    def __repr__(self) -> str:
        state = getProcessStateDescription(self.state)
        return (
            f"<{type(self).__name__} at {id(self)} with name {self.config.name} in state {state}>"
        )

    def __lt__(self, other: "Subprocess") -> bool:
        priority: int = self.config.priority
        return bool(priority < other.config.priority)

    # -- what is known ---------------------------------------------------------------------------

    @property
    def snapshot(self) -> ProcessSnapshot:
        """What is known of it in this moment."""
        return self._known()

    def _known(self) -> ProcessSnapshot:
        inside = self._inside
        if inside is not None:
            try:
                self._seen = inside.process(self._id)
            except KeyError:
                # It was taken out: this is how it was when it was seen last.
                self._inside = None
        return self._seen

    def _look(self, view: Callable[[Inside], _T], gone: _T) -> _T:
        """What the daemon shows of it; `gone` if it was taken out, or never was active."""
        inside = self._inside
        if inside is None:
            return gone
        try:
            return inside.look(lambda: view(inside))
        except KeyError:
            return gone

    def _live(self) -> Inside:
        """The daemon it belongs to. Raises ValueError if it belongs to none."""
        inside = self._inside
        self._known()
        if inside is None or self._inside is None:
            raise ValueError(f"{self.config.name} is not a member of an active group")
        return inside

    def _patch(self, fields: Mapping[str, Any], announced: bool = False, **more: Any) -> None:
        inside = self._live()
        inside.submit(inputs.ProcessPatched(self._id, fields, announced, **more))

    @property
    def pid(self) -> int:
        """Of its child; 0 if there is none."""
        return self._known().pid

    @property
    def state(self) -> int:
        """One of ProcessStates. Setting it tells nobody, unlike `change_state`."""
        return self._known().state

    @state.setter
    def state(self, state: int) -> None:
        if state != self.state:
            self._enter(state, announced=False)

    def get_state(self) -> int:
        """The same as `state`."""
        return self.state

    @property
    def laststart(self) -> float:
        """When it was last started, in seconds since 1970; 0 if never."""
        return self._known().started_wall_s

    @laststart.setter
    def laststart(self, when: float) -> None:
        self._patch({"started_wall_s": float(when)})

    @property
    def laststop(self) -> float:
        """When its last child ended, in seconds since 1970; 0 if never."""
        return self._known().stopped_wall_s

    @laststop.setter
    def laststop(self, when: float) -> None:
        self._patch({"stopped_wall_s": float(when)})

    laststopreport = 0
    """Kept for plug-ins that look at it: the daemon paces these lines elsewhere."""

    @property
    def delay(self) -> float:
        """When the next start is tried, in seconds since 1970; 0 if none is to come."""
        retry_s, inside = self._known().retry_mono_s, self._inside
        if retry_s is None or inside is None:
            return 0.0
        now = inside.parts.clock.now()
        return now.wall_s + retry_s - now.mono_s

    @property
    def backoff(self) -> int:
        """Failed starts in a row."""
        return self._known().backoff

    @backoff.setter
    def backoff(self, count: int) -> None:
        self._patch({"backoff": int(count)})

    @property
    def killing(self) -> bool:
        """Whether it was told to end and has not ended yet."""
        return self.state == ProcessStates.STOPPING

    @property
    def administrative_stop(self) -> bool:
        """Whether somebody stopped it."""
        known = self._known()
        stopped = known.state == ProcessStates.STOPPED and known.started_wall_s > 0
        return stopped or known.state == ProcessStates.STOPPING

    @property
    def system_stop(self) -> bool:
        """Whether the daemon gave it up."""
        return self.state == ProcessStates.FATAL

    @property
    def exitstatus(self) -> int | None:
        """Exit code of its last run, -1 after a signal, None if there was none."""
        return self._known().exitstatus

    @exitstatus.setter
    def exitstatus(self, code: int | None) -> None:
        self._patch({"exitstatus": code})

    @property
    def spawnerr(self) -> str | None:
        """Why the last start failed, or the last end was unexpected."""
        return self._known().spawnerr

    @spawnerr.setter
    def spawnerr(self, text: str | None) -> None:
        self._patch({"spawnerr": text})

    def record_spawnerr(self, msg: str) -> None:
        """Set the error, and write it to the main log."""
        self.spawnerr = msg
        self.config.options.logger.info(f"spawnerr: {msg}")

    @property
    def listener_state(self) -> int | None:
        """One of EventListenerStates if it is a listener whose pool knows it."""
        return self._look(lambda inside: inside.parts.events.pools.state_of(self._id), None)

    @property
    def event(self) -> Any:
        """The event that it is busy with, if it is a listener."""
        return self._look(lambda inside: inside.parts.events.pools.event_of(self._id), None)

    @property
    def dispatchers(self) -> dict[int, Any]:
        """What is connected to its child, by descriptor."""
        return self._look(lambda inside: dispatchers_of(self, inside, self._id), {})

    @property
    def pipes(self) -> dict[str, int | None]:
        """Our ends of the pipes to its child; the child's ends are closed."""
        return self._look(lambda inside: pipes_of(inside, self._id), {})

    def get_execv_args(self) -> tuple[str, list[str]]:
        """File and words of the command. Raises ProcessException: what is wrong with it."""
        try:
            return self._live().parts.children.command_of(self._id)
        except SpawnError as error:
            raise _command_error(error)(error.reason) from error

    # -- what can be done ------------------------------------------------------------------------

    def spawn(self) -> int | None:
        """Start it now; the pid of its child, None if there is none."""
        if self.pid:
            self.config.options.logger.warn(f"process '{self.config.name}' already running")
            return None
        assert self.state in _SPAWNABLE, f"{self.config.name} is {self.state}"
        self._live().submit(inputs.SpawnDemanded(self._id))
        return self.pid or None

    def stop(self) -> str | None:
        """Stop it as its configuration says; None, or what went wrong."""
        if self.state not in (ProcessStates.RUNNING, ProcessStates.STARTING, ProcessStates.BACKOFF):
            return self._not_running("stop")
        ticket = Ticket()
        self._live().submit(inputs.StopRequested(self._id, ticket, False))
        return ticket.text

    def kill(self, sig: int) -> str | None:
        """Stop it with this signal; None, or what went wrong."""
        if self.state not in (
            ProcessStates.RUNNING,
            ProcessStates.STARTING,
            ProcessStates.STOPPING,
            ProcessStates.BACKOFF,
        ):
            return self._not_running(f"kill it with {signal_name(sig)}")
        self._live().submit(inputs.KillDemanded(self._id, int(sig), signal_name(sig)))
        return None

    def signal(self, sig: int) -> str | None:
        """Send a signal that is not meant to stop it; None, or what went wrong."""
        if self.state not in SIGNALLABLE_STATES or not self.pid:
            return self._not_running(f"send {signal_name(sig)}")
        ticket = Ticket()
        self._live().submit(inputs.SignalRequested(self._id, int(sig), ticket))
        return ticket.text

    def _not_running(self, what: str) -> str:
        message = f"cannot {what}: {self.config.name} is not running"
        self.config.options.logger.debug(message)
        return message

    def write(self, chars: str | bytes) -> None:
        """Send text to its stdin. Raises OSError EPIPE if nothing reads there."""
        data = chars if isinstance(chars, bytes) else chars.encode()
        inside = self._live()
        if not self.pid or self.killing:
            raise OSError(errno.EPIPE, "Process already closed")
        try:
            inside.in_loop(lambda: inside.parts.children.send(self._id, data))
        except RequestRefused as refused:
            raise OSError(errno.EPIPE, refused.text) from refused

    def give_up(self) -> None:
        """Try no more to start it: from BACKOFF to FATAL."""
        assert self.state == ProcessStates.BACKOFF, f"{self.config.name} is not in BACKOFF"
        self._live().submit(inputs.GivenUp(self._id))

    def change_state(self, new_state: int, expected: bool = True) -> bool:
        """Put it into a state and tell who subscribed; False if it is in it already."""
        if new_state == self.state:
            return False
        self._enter(new_state, announced=True, expected=expected)
        return True

    def _enter(self, state: int, **how: Any) -> None:
        if not may_enter(self.state, self.pid, state):
            has = f"has the child {self.pid}" if self.pid else "has no child"
            name = getProcessStateDescription(state) or state
            raise ValueError(f"cannot put {self.config.name} into state {name}: it {has}")
        self._patch({"state": state}, **how)

    def transition(self) -> None:
        """Do what is due; a process that was never started, but should have been, is started."""
        inside = self._live()
        known = self._known()
        if (
            known.state == ProcessStates.STOPPED
            and not known.started_wall_s
            and self.config.autostart
        ):
            self.spawn()
        inside.submit(inputs.DeadlineReached())

    def finish(self, pid: int, sts: int) -> None:
        """Its child has ended with this status word."""
        inside = self._live()
        assert pid == self.pid, f"{pid} is not the child of {self.config.name}"
        inside.in_loop(lambda: inside.parts.executor.take_ending(pid, decode_status(sts)))

    def drain(self) -> None:
        """Read what its child has printed so far."""
        inside = self._live()
        inside.in_loop(lambda: inside.parts.children.drain(self._id))

    # -- logs ------------------------------------------------------------------------------------

    def removelogs(self) -> None:
        """Empty its logs. Raises RequestRefused."""
        inside = self._live()
        inside.in_loop(lambda: inside.parts.services.logbook.clear(self._id))

    def reopenlogs(self) -> None:
        """Close its logs and open them by name, if they are open."""
        inside = self._live()
        logs = inside.parts.children.body(self._id).logs
        for log in [logs[channel] for channel in CHANNELS if channel in logs]:
            if log.is_open:
                inside.in_loop(log.reopen)


class FastCGISubprocess(Subprocess):
    """A process of a FastCGI program: its stdin is the socket that it shares."""


def _command_error(error: SpawnError) -> type[Exception]:
    if error.errno == errno.ENOENT or error.reason.startswith("can't find"):
        return NotFound
    if error.errno == errno.EACCES or error.reason.startswith("no permission"):
        return NoPermission
    return BadCommand if error.reason.startswith(("can't parse", "command is")) else NotExecutable
