"""The pools of event listeners come with the first one: most daemons have none, and not their code.

That code would be a thirteenth of a start of the daemon, and half a MiB. Until there is a pool,
`NoPools` answers in its place.
"""

from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.program import ProcessSettings
from supervisor.core.commands import StateChange
from supervisor.core.control import Ticket
from supervisor.daemon.channels import Sink
from supervisor.errors import Fault, RequestRefused
from supervisor.hints import TYPE_CHECKING, Any, Callable, Sequence
from supervisor.rpc.oneline import told_name

if TYPE_CHECKING:
    from supervisor.core.pool_snapshot import JournalSnapshot, PoolSnapshot
    from supervisor.daemon.pools import ListenerPools


class NoPools:
    """What `ListenerPools` answers as long as none has been added."""

    __slots__ = ()

    def remove(self, name: str) -> None:
        """Nothing: no pool has that name."""

    def remove_listener(self, process_id: int) -> None:
        """Nothing: the process is no listener."""

    def state_of(self, process_id: int) -> int | None:
        """None: the process is no listener."""
        return None

    def event_of(self, process_id: int) -> Any:
        """None: the process is no listener."""
        return None

    def waiting(self, name: str) -> list[Any]:
        """Raises KeyError: no pool has that name."""
        raise KeyError(name)

    def last_poolserial(self, name: str) -> int:
        """Raises KeyError: no pool has that name."""
        raise KeyError(name)

    def process_changed(self, change: StateChange) -> None:
        """Nothing: the process is no listener."""

    def tap(self, process_id: int) -> Sink | None:
        """None: the process is no listener."""
        return None

    def on_input_rest(self, process_id: int) -> Callable[[bool], None] | None:
        """None: the process is no listener."""
        return None

    def query(self, name: str, data: str, timeout_s: float) -> Ticket:
        """Raises RequestRefused BAD_NAME."""
        raise RequestRefused(Fault.BAD_NAME, told_name(name))

    def withdraw(self, name: str, ticket: Ticket) -> None:
        """Nothing: nobody has been asked."""

    def snapshots(self) -> "list[PoolSnapshot]":
        """None at all."""
        return []

    def when_drained(self, callback: Callable[[], None]) -> None:
        """Call back now."""
        callback()

    def give_up_draining(self) -> None:
        """Nothing: nobody waits."""


class LatePools:
    """All pools: none at first.

    Implements `daemon.programs.Pools`, `daemon.executor.EventBuffers` and `rpc.ports.Listeners`.
    """

    __slots__ = ("_journal", "_make", "_pools")

    def __init__(
        self,
        make: Callable[[], "ListenerPools"],
        journal: "Callable[[], JournalSnapshot | None]",
    ) -> None:
        self._make = make
        self._journal = journal
        self._pools: ListenerPools | NoPools = NoPools()

    # -- coming and going ------------------------------------------------------------------------

    def add(self, group: GroupSettings, process_ids: Sequence[int]) -> None:
        """Make a pool and subscribe it."""
        self.load().add(group, process_ids)

    def remove(self, name: str) -> None:
        """End a pool, if there is one of that name."""
        self._pools.remove(name)

    def add_listener(self, name: str, process_id: int, process: ProcessSettings) -> None:
        """Another listener for a pool."""
        self.load().add_listener(name, process_id, process)

    def remove_listener(self, process_id: int) -> None:
        """One listener less, if the process is one."""
        self._pools.remove_listener(process_id)

    def load(self) -> "ListenerPools":
        """The pools themselves, from now on."""
        pools = self._pools
        if isinstance(pools, NoPools):
            pools = self._pools = self._make()
        return pools

    # -- what happens ----------------------------------------------------------------------------

    def process_changed(self, change: StateChange) -> None:
        """A process entered a state; before anybody else is told."""
        self._pools.process_changed(change)

    def tap(self, process_id: int) -> Sink | None:
        """Who takes the stdout of a child that is about to begin; None if it is no listener's."""
        return self._pools.tap(process_id)

    def on_input_rest(self, process_id: int) -> Callable[[bool], None] | None:
        """Who is told what became of the rest of an event; None for a process that listens not."""
        return self._pools.on_input_rest(process_id)

    def query(self, name: str, data: str, timeout_s: float) -> Ticket:
        """Ask the listeners of a pool. Raises RequestRefused BAD_NAME."""
        return self._pools.query(name, data, timeout_s)

    def withdraw(self, name: str, ticket: Ticket) -> None:
        """Nobody waits for the answer of a pool any more; harmless if it was given."""
        self._pools.withdraw(name, ticket)

    def when_drained(self, callback: Callable[[], None]) -> None:
        """Call back once, as soon as no pool has anything that it can deliver."""
        self._pools.when_drained(callback)

    def give_up_draining(self) -> None:
        """Say which events will not be delivered any more, and forget who waits for them."""
        self._pools.give_up_draining()

    # -- looking ---------------------------------------------------------------------------------

    def state_of(self, process_id: int) -> int | None:
        """A code of EventListenerStates; None for a process that is no listener."""
        return self._pools.state_of(process_id)

    def event_of(self, process_id: int) -> Any:
        """The event that a listener is busy with, None if there is none."""
        return self._pools.event_of(process_id)

    def waiting(self, name: str) -> list[Any]:
        """The events that wait in a pool, the next one first."""
        return self._pools.waiting(name)

    def last_poolserial(self, name: str) -> int:
        """Number of the last event that the pool accepted, -1 if it has accepted none."""
        return self._pools.last_poolserial(name)

    def snapshots(self) -> "list[PoolSnapshot]":
        """What became of the events of each pool, and who listens."""
        return self._pools.snapshots()

    def journal(self) -> "JournalSnapshot | None":
        """The event journal, None if there is none."""
        return self._journal()
