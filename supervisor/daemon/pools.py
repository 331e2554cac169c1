"""The pools of event listeners: who is in them, and what happens to them.

A pool decides (`core.pool`), `daemon.poolwork` has it done; here what happens in the daemon comes
to the pools that it is for: events, states of processes, and the tokens in what listeners say.
"""

from supervisor import events
from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.listener import ListenerSettings
from supervisor.config.sections.program import ProcessSettings
from supervisor.config.values import AfterRetries
from supervisor.core import pool_inputs as inputs
from supervisor.core.commands import StateChange
from supervisor.core.control import Ticket
from supervisor.core.pool import Pool
from supervisor.core.pool_commands import DropReason
from supervisor.core.pool_snapshot import JournalSnapshot, ListenerSnapshot, PoolSnapshot
from supervisor.core.pool_spec import PoolSpec
from supervisor.core.pool_texts import NO_ANSWER
from supervisor.daemon.channels import Sink
from supervisor.daemon.draining import Draining, Remainder
from supervisor.daemon.poolports import Journal, PoolPorts
from supervisor.daemon.poolwork import ActiveListener, ActivePool, Ear, PoolWork
from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any, Callable, Final, Iterable, Sequence
from supervisor.lean import partial
from supervisor.rpc.oneline import told_name
from supervisor.states import EventListenerStates, ProcessStates
from supervisor.suppressing import suppress
from supervisor.wire.listener import Envelope, ListenerParser

_STATE_INPUTS: Final[dict[int, Callable[[int], inputs.OfListener]]] = {
    ProcessStates.RUNNING: inputs.ListenerCameUp,
    ProcessStates.STOPPING: inputs.ListenerWentDown,
    ProcessStates.UNKNOWN: inputs.ListenerWentDown,
    ProcessStates.STOPPED: inputs.ListenerGone,
    ProcessStates.BACKOFF: inputs.ListenerGone,
    ProcessStates.EXITED: inputs.ListenerGone,
    ProcessStates.FATAL: inputs.ListenerGone,
}
"""What the state that a listener's process entered means for its pool."""


class ListenerPools:
    """All pools of event listeners."""

    def __init__(self, ports: PoolPorts) -> None:
        self._ports = ports
        self._pools: dict[str, ActivePool] = {}
        self._last_events = Draining(self._remainders, ports.log)
        self._work = PoolWork(ports, self._last_events.look)

    def use_journal(self, journal: Journal) -> None:
        """Let pools that are added from now on catch up from it."""
        self._work.journal = journal

    # -- coming and going ------------------------------------------------------------------------

    def add(self, group: GroupSettings, process_ids: Sequence[int]) -> None:
        """Make a pool and subscribe it: it is told of its own group being added."""
        settings = group.listener
        assert settings is not None, f"group {group.name!r} is no pool of listeners"
        active = ActivePool(
            self._work,
            Pool(_pool_spec(group.name, settings, has_journal=self._work.journal is not None)),
            Envelope(self._ports.identifier, group.name),
            self._ports.judge_of(settings.result_handler),
            topmost(kind for kind in map(events.event_type, settings.events) if kind is not None),
        )
        self._pools[group.name] = active
        for process_id, process in zip(process_ids, group.processes, strict=True):
            self._work.listeners[process_id] = ActiveListener(active, process_id)
            self._work.submit(
                active, inputs.ListenerAdded(process_id, process.name, process.priority)
            )
        for kind in active.types:
            self._ports.subscriptions.subscribe(kind, active.subscription)
        if self._work.journal is not None and active.pool.spec.replays:
            self._begin_replay(active, self._work.journal)

    def _begin_replay(self, active: ActivePool, journal: Journal) -> None:
        pool = active.pool
        replay = journal.replay(pool.spec.name, tuple(active.types), lambda: pool.oldest_serial)
        active.begin_replay(replay)
        if replay.missed_serial is not None:
            self._work.submit(active, inputs.Missed(replay.missed_serial))

    def remove(self, name: str) -> None:
        """End a pool, if there is one of that name; what waits in it is dropped."""
        active = self._pools.pop(name, None)
        if active is None:
            return
        for kind in active.types:
            # A plug-in may have ended it: the list is public.
            with suppress(ValueError):
                self._ports.subscriptions.unsubscribe(kind, active.subscription)
        if self._work.journal is not None and active.replay is not None:
            self._work.journal.end_replay(name)
            active.replay = None
        self._work.submit(active, inputs.PoolRemoved())
        gone = [key for key, each in self._work.listeners.items() if each.owner is active]
        for process_id in gone:
            del self._work.listeners[process_id]

    def add_listener(self, name: str, process_id: int, process: ProcessSettings) -> None:
        """Another listener for a pool."""
        active = self._pools[name]
        self._work.listeners[process_id] = ActiveListener(active, process_id)
        self._work.submit(active, inputs.ListenerAdded(process_id, process.name, process.priority))

    def remove_listener(self, process_id: int) -> None:
        """One listener less, if the process is one."""
        listener = self._work.listeners.pop(process_id, None)
        if listener is not None:
            self._work.submit(listener.owner, inputs.ListenerRemoved(process_id))

    # -- looking ---------------------------------------------------------------------------------

    def state_of(self, process_id: int) -> int | None:
        """A code of EventListenerStates; None for a process that is no listener."""
        listener = self._work.listeners.get(process_id)
        return None if listener is None else listener.owner.pool.state_of(process_id)

    def event_of(self, process_id: int) -> Any:
        """The event that a listener is busy with, None if there is none."""
        listener = self._work.listeners.get(process_id)
        letter = None if listener is None else listener.owner.pool.letter_of(process_id)
        return None if letter is None else letter.event

    def waiting(self, name: str) -> list[Any]:
        """The events that wait in a pool, the next one first."""
        return [letter.event for letter in self._pools[name].pool.waiting]

    def last_poolserial(self, name: str) -> int:
        """Number of the last event that the pool accepted, -1 if it has accepted none."""
        return self._pools[name].pool.poolserial - 1

    # -- what happens ----------------------------------------------------------------------------

    def process_changed(self, change: StateChange) -> None:
        """A process entered a state; before anybody else is told, so that nobody is sent to it."""
        listener = self._work.listeners.get(change.process_id)
        means = _STATE_INPUTS.get(change.to_state)
        if listener is not None and means is not None:
            if means is inputs.ListenerGone:
                listener.has_child = False
            self._work.submit(listener.owner, means(change.process_id))

    def tap(self, process_id: int) -> Sink | None:
        """Who takes the stdout of a child that is about to begin; None if it is no listener's."""
        listener = self._work.listeners.get(process_id)
        if listener is None:
            return None
        parser = ListenerParser(listener.owner.pool.spec.resync)
        listener.begin(parser)
        self._work.submit(listener.owner, inputs.ListenerBegan(process_id))
        return Ear(listener, parser).hear

    def on_input_rest(self, process_id: int) -> Callable[[bool], None] | None:
        """Who is told when the child has taken all of the event it was sent, or never will (False).

        None for a process that is no listener.
        """
        listener = self._work.listeners.get(process_id)
        if listener is None:
            return None
        return partial(self._note_rest, listener)

    def _note_rest(self, listener: ActiveListener, is_taken: bool) -> None:
        if is_taken:
            self._work.submit(listener.owner, inputs.InputTaken(listener.process_id))
            return
        listener.event_returned()
        lost = inputs.SendFailed(listener.process_id, "it closed its stdin")
        self._work.submit(listener.owner, lost)

    # -- queries ---------------------------------------------------------------------------------

    def query(self, name: str, data: str, timeout_s: float) -> Ticket:
        """Ask the listeners of a pool: SUCCESS with the result of one of them, or FAILED.

        Bytes that are no UTF-8 are surrogates in the text. Raises RequestRefused BAD_NAME.
        """
        active = self._pools.get(name)
        if active is None:
            raise RequestRefused(Fault.BAD_NAME, told_name(name))
        ticket = Ticket()
        ends_s = self._ports.clock.now().mono_s + timeout_s
        timer = self._ports.timers.call_at(
            ends_s, lambda: self._give_up_query(active, ticket, timeout_s)
        )
        ticket.then(lambda _: timer.cancel())
        stamped = self._ports.announcer.stamped(events.MonitorQueryEvent(data))
        self._work.submit(active, stamped._replace(ticket=ticket))
        return ticket

    def _give_up_query(self, active: ActivePool, ticket: Ticket, timeout_s: float) -> None:
        name = active.pool.spec.name
        ticket.resolve(Fault.FAILED, f"no listener of pool {name} answered within {timeout_s:g} s")
        self._work.submit(active, inputs.QueryWithdrawn(ticket))

    def withdraw(self, name: str, ticket: Ticket) -> None:
        """Nobody waits for the answer of a pool any more; harmless if it was given."""
        ticket.resolve(Fault.FAILED, NO_ANSWER[DropReason.WITHDRAWN])
        active = self._pools.get(name)
        if active is not None:
            self._work.submit(active, inputs.QueryWithdrawn(ticket))

    # -- looking ---------------------------------------------------------------------------------

    def snapshots(self) -> list[PoolSnapshot]:
        """What became of the events of each pool, and who listens."""
        listeners: dict[int, list[ListenerSnapshot]] = {}
        for process_id, each in self._work.listeners.items():
            state = each.owner.pool.state_of(process_id)
            listeners.setdefault(id(each.owner), []).append(ListenerSnapshot(process_id, state))
        return [
            PoolSnapshot(
                name,
                active.pool.waiting_count,
                active.pool.spec.buffer_size,
                active.pool.busy_count,
                active.pool.delivered_count,
                active.pool.refused_count,
                active.pool.dropped_count,
                active.pool.is_behind,
                tuple(listeners.get(id(active), ())),
            )
            for name, active in self._pools.items()
        ]

    def journal(self) -> JournalSnapshot | None:
        """The event journal, None if there is none."""
        return None if self._work.journal is None else self._work.journal.snapshot()

    def when_drained(self, callback: Callable[[], None]) -> None:
        """Call back once, as soon as no pool has anything that it can deliver; see `Draining`."""
        self._last_events.begin(callback)

    def give_up_draining(self) -> None:
        """Say which events will not be delivered any more, and forget who waits for them."""
        self._last_events.give_up()

    def _remainders(self) -> list[Remainder]:
        hearing = {
            id(listener.owner)
            for process_id, listener in self._work.listeners.items()
            if listener.has_child
            and listener.owner.pool.state_of(process_id) != EventListenerStates.UNKNOWN
        }
        return [
            Remainder(
                name,
                each.pool.waiting_count + each.pool.busy_count,
                not each.pool.is_idle and id(each) in hearing,
                each.replay is not None,
                each.pool.is_behind,
            )
            for name, each in self._pools.items()
        ]


def topmost(kinds: Iterable[type]) -> list[type]:
    """Those that none of the others is above: with them each event is told once (E2)."""
    unique = list(dict.fromkeys(kinds))
    return [
        kind
        for kind in unique
        if not any(other is not kind and issubclass(kind, other) for other in unique)
    ]


def _pool_spec(name: str, settings: ListenerSettings, *, has_journal: bool) -> PoolSpec:
    return PoolSpec(
        name,
        settings.buffer_size,
        settings.event_max_retries,
        settings.event_max_retries_action is AfterRetries.FATAL,
        settings.event_replay and has_journal,
        settings.event_resync,
    )
