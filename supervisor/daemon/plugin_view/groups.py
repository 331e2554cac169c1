"""Groups as plug-ins know them: `supervisor.process.ProcessGroup` and its kinds.

A group that `make_group` made runs nothing until the daemon takes it in.
"""

from contextlib import suppress

from supervisor.core import inputs
from supervisor.daemon.plugin_view.inside import Inside
from supervisor.daemon.plugin_view.mappings import LiveMapping
from supervisor.daemon.plugin_view.processes import Subprocess
from supervisor.hints import Any, Callable, Final, MutableMapping, Protocol
from supervisor.states import STOPPED_STATES, ProcessStates

NO_SERIAL: Final = -1
"""Of a pool that has accepted no event."""


class Home(Protocol):
    """Where live groups have their processes."""

    inside: Inside

    def process(self, process_id: int) -> Subprocess:
        """The one object for a process. Raises KeyError if it is not active."""

    def is_group(self, name: str, group: "ProcessGroupBase") -> bool:
        """Whether it is the active group of that name."""

    def take_in(self, group: str, name: str, process: Subprocess) -> None:
        """Make a process a member of an active group. Raises ValueError."""

    def take_out(self, group: str, name: str) -> None:
        """Take a process out of its group. Raises KeyError; ValueError while it runs."""


class Members(LiveMapping[Subprocess]):
    """The processes of a live group, by name: what is put in runs, what is taken out is gone."""

    def __init__(self, home: Home, group: str) -> None:
        self._home = home
        self._group = group

    def __getitem__(self, name: str) -> Subprocess:
        with suppress(KeyError):
            found = self._home.inside.parts.supervision.find(self._group, name)
            if found is not None:
                return self._home.process(found.id)
        # There is none, or it has gone since it was found.
        raise KeyError(name)

    def __setitem__(self, name: str, process: Subprocess) -> None:
        self._home.take_in(self._group, name, process)

    def __delitem__(self, name: str) -> None:
        self._home.take_out(self._group, name)

    def names(self) -> list[str]:
        """In the order of the configuration; none after the group was taken out."""
        try:
            settings = self._home.inside.parts.groups.group(self._group)
        except KeyError:
            return []
        return [each.name for each in settings.processes]


class ProcessGroupBase:
    """Abstract: some processes under a common name. Attributes of plug-ins stay with it."""

    def __init__(self, config: Any) -> None:
        self.config = config
        self._home: Home | None = None
        self._processes: MutableMapping[str, Any] = {
            each.name: each.make_process(self) for each in config.process_configs
        }

    def attach(self, home: Home) -> None:
        """From now on it is the group of that name in the daemon."""
        self._home = home
        self._processes = Members(home, self.config.name)

    @property
    def processes(self) -> MutableMapping[str, Any]:
        """Members by name."""
        return self._processes

    def __lt__(self, other: "ProcessGroupBase") -> bool:
        return bool(self.config.priority < other.config.priority)

    def __repr__(self) -> str:
        return f"<{type(self)} instance at {id(self)} named {self.config.name}>"

    def get_unstopped_processes(self) -> list[Any]:
        """Members that are in none of the stopped states."""
        return [each for each in self.processes.values() if each.state not in STOPPED_STATES]

    def stop_all(self) -> None:
        """Stop all members, in descending priority; no more tries of those in BACKOFF."""
        for process in sorted(self.processes.values(), reverse=True):
            if process.state == ProcessStates.BACKOFF:
                process.give_up()
            elif process.state in (ProcessStates.RUNNING, ProcessStates.STARTING):
                process.stop()

    def transition(self) -> None:
        """Do what is due for each member."""
        for process in list(self.processes.values()):
            process.transition()

    def removelogs(self) -> None:
        """Empty the logs of all members."""
        self._each(lambda process: process.removelogs())

    def reopenlogs(self) -> None:
        """Close the logs of all members and open them by name."""
        self._each(lambda process: process.reopenlogs())

    def _each(self, do: Callable[[Any], None]) -> None:
        for process in list(self.processes.values()):
            do(process)

    def get_dispatchers(self) -> dict[int, Any]:
        """What is connected to the children of all members, by descriptor."""
        found: dict[int, Any] = {}
        for process in self.processes.values():
            found.update(process.dispatchers)
        return found

    def before_remove(self) -> None:
        """Nothing: what has to end with a group ends with it."""


class ProcessGroup(ProcessGroupBase):
    """A group of programs."""


class FastCGIProcessGroup(ProcessGroup):
    """A FastCGI program: its socket is opened with its first child, and closed with the last."""


class EventListenerPool(ProcessGroupBase):
    """A group of event listeners. After it was taken out its events stay as they were seen last."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self._seen_buffer: list[Any] = []
        self._seen_serial = NO_SERIAL

    def _look(self) -> None:
        name = self.config.name
        # Another pool may have got its name since.
        if self._home is None or not self._home.is_group(name, self):
            return
        inside = self._home.inside
        pools = inside.parts.events.pools
        # It is being taken out: this is how it was when it was seen last.
        with suppress(KeyError):
            self._seen_buffer = inside.look(lambda: pools.waiting(name))
            self._seen_serial = pools.last_poolserial(name)

    @property
    def event_buffer(self) -> list[Any]:
        """Events that wait for a listener, the next one first."""
        self._look()
        return self._seen_buffer

    @property
    def serial(self) -> int:
        """Number of the last event that the pool accepted, -1 if it has accepted none."""
        self._look()
        return self._seen_serial

    def dispatch(self) -> None:
        """Do what is due; an event that can be sent has been sent already."""
        if self._home is not None:
            self._home.inside.submit(inputs.DeadlineReached())
