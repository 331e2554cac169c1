"""Connects the pools of event listeners with what happens, and with the pipes of their children.

A pool decides (`core.pool`); here its listeners' bytes become tokens, its commands become writes,
and its deadlines timers. What follows from an input has been done when `_submit` returns, unless
it comes from within another one: then it is done right after that.
"""

import traceback
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

from supervisor import events
from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.listener import ListenerSettings
from supervisor.config.sections.program import ProcessSettings
from supervisor.config.values import AfterRetries
from supervisor.core import commands as core_commands
from supervisor.core import pool_commands as c
from supervisor.core import pool_inputs as inputs
from supervisor.core.component import Clock, Timer, Timers
from supervisor.core.control import Ticket
from supervisor.core.pool import Pool, PoolSpec
from supervisor.daemon.announcer import Announcer
from supervisor.daemon.channels import Sink
from supervisor.daemon.draining import Draining, Remainder
from supervisor.daemon.judges import Judge
from supervisor.errors import Fault, RequestRefused
from supervisor.levels import Level
from supervisor.rpc.ports import Log
from supervisor.states import EventListenerStates, ProcessStates
from supervisor.subscriptions import Subscriptions
from supervisor.wire.listener import EventHeader, ListenerParser

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


class Replay(Protocol):
    """How one pool gets back what it has missed."""

    missed_serial: int | None
    """From where on that is, when the pool begins; None if it has missed nothing."""

    def read(self, serial: int, count_max: int, answer: Callable[[inputs.Replayed], None]) -> None:
        """Answer, in a later turn, with the first events from a serial on."""
        ...


class Journal(Protocol):
    """The longer memory of the pools."""

    def replay(
        self, pool: str, kinds: tuple[type, ...], pending_serial: Callable[[], int | None]
    ) -> Replay:
        """Let a pool read back events of these classes, until `end_replay`.

        `pending_serial` tells the first event that it is not done with, None if there is none.
        """
        ...

    def end_replay(self, pool: str) -> None:
        """The pool is about to end; it may come back."""
        ...

    def moved(self) -> None:
        """A pool may have got further."""
        ...


class PoolPorts(NamedTuple):
    """What pools need of the daemon."""

    clock: Clock
    timers: Timers
    log: Log
    announcer: Announcer
    subscriptions: Subscriptions
    send: Callable[[int, bytes], None]
    """Queues bytes for the stdin of a process. Raises RequestRefused."""
    give_up: Callable[[int, str], None]
    """Has a process stopped for good, with a reason."""
    judge_of: Callable[[str], Judge]
    """The judge for a `result_handler`."""
    identifier: str


class PoolCounts(NamedTuple):
    """What became of the events of one pool so far, and what waits."""

    name: str
    waiting: int
    busy: int
    delivered: int
    refused: int
    dropped: int


class _ActivePool:
    """A pool, who judges for it, and what it subscribed to."""

    __slots__ = ("accept", "deadline_s", "judge", "last_serial", "pool", "replay", "timer", "types")

    def __init__(self, pool: Pool, judge: Judge, types: Sequence[type]) -> None:
        self.pool = pool
        self.judge = judge
        self.types = types
        self.accept: Callable[[Any], None]
        """Its subscription."""
        self.last_serial = -1
        self.timer: Timer | None = None
        self.deadline_s: float | None = None
        """For which there is a timer."""
        self.replay: Replay | None = None


class _Listener:
    """A process of a pool, and the conversation with its child."""

    __slots__ = ("has_child", "owner", "parser", "process_id")

    def __init__(self, owner: _ActivePool, process_id: int) -> None:
        self.owner = owner
        self.process_id = process_id
        self.parser = ListenerParser()
        self.has_child = False


class ListenerPools:
    """All pools of event listeners."""

    def __init__(self, ports: PoolPorts) -> None:
        self._ports = ports
        self.journal: Journal | None = None
        self._pools: dict[str, _ActivePool] = {}
        self._listeners: dict[int, _Listener] = {}
        self._inputs: deque[tuple[_ActivePool, inputs.Input]] = deque()
        self._draining = False
        self._untold: deque[Callable[[], object]] = deque()
        """Answers that are known; told when nothing is being decided."""
        self._last_events = Draining(self._remainders, ports.log)

    # -- coming and going ------------------------------------------------------------------------

    def add(self, group: GroupSettings, process_ids: Sequence[int]) -> None:
        """Make a pool and subscribe it: it is told of its own group being added."""
        settings = group.listener
        assert settings is not None, f"group {group.name!r} is no pool of listeners"
        active = _ActivePool(
            Pool(_pool_spec(group.name, settings, has_journal=self.journal is not None)),
            self._ports.judge_of(settings.result_handler),
            topmost(kind for kind in map(events.event_type, settings.events) if kind is not None),
        )
        self._pools[group.name] = active
        for process_id, process in zip(process_ids, group.processes, strict=True):
            self._listeners[process_id] = _Listener(active, process_id)
            self._submit(active, inputs.ListenerAdded(process_id, process.name, process.priority))
        active.accept = partial(self._accept, active)
        for kind in active.types:
            self._ports.subscriptions.subscribe(kind, active.accept)
        if self.journal is not None and active.pool.spec.replays:
            self._begin_replay(active, self.journal)

    def _begin_replay(self, active: _ActivePool, journal: Journal) -> None:
        pool = active.pool
        active.replay = journal.replay(
            pool.spec.name, tuple(active.types), lambda: pool.oldest_serial
        )
        if active.replay.missed_serial is not None:
            self._submit(active, inputs.Missed(active.replay.missed_serial))

    def remove(self, name: str) -> None:
        """End a pool, if there is one of that name; what waits in it is dropped."""
        active = self._pools.pop(name, None)
        if active is None:
            return
        for kind in active.types:
            self._ports.subscriptions.unsubscribe(kind, active.accept)
        if self.journal is not None and active.replay is not None:
            self.journal.end_replay(name)
            active.replay = None
        self._submit(active, inputs.PoolRemoved())
        gone = [key for key, each in self._listeners.items() if each.owner is active]
        for process_id in gone:
            del self._listeners[process_id]

    def add_listener(self, name: str, process_id: int, process: ProcessSettings) -> None:
        """Another listener for a pool."""
        active = self._pools[name]
        self._listeners[process_id] = _Listener(active, process_id)
        self._submit(active, inputs.ListenerAdded(process_id, process.name, process.priority))

    def remove_listener(self, process_id: int) -> None:
        """One listener less, if the process is one."""
        listener = self._listeners.pop(process_id, None)
        if listener is not None:
            self._submit(listener.owner, inputs.ListenerRemoved(process_id))

    # -- looking ---------------------------------------------------------------------------------

    def state_of(self, process_id: int) -> int | None:
        """A code of EventListenerStates; None for a process that is no listener."""
        listener = self._listeners.get(process_id)
        return None if listener is None else listener.owner.pool.state_of(process_id)

    def waiting(self, name: str) -> list[Any]:
        """The events that wait in a pool, the next one first."""
        return [letter.event for letter in self._pools[name].pool.waiting]

    def last_poolserial(self, name: str) -> int:
        """Number of the last event that the pool accepted, -1 if it has accepted none."""
        return self._pools[name].pool.last_poolserial

    # -- what happens ----------------------------------------------------------------------------

    def _accept(self, active: _ActivePool, event: Any) -> None:
        stamped = self._ports.announcer.stamped(event)
        # A class that derives from two types of the pool is told twice (E2).
        if stamped.serial != active.last_serial:
            active.last_serial = stamped.serial
            self._submit(active, inputs.EventAccepted(*stamped))

    def process_changed(self, change: core_commands.StateChange) -> None:
        """A process entered a state; before anybody else is told, so that nobody is sent to it."""
        listener = self._listeners.get(change.process_id)
        means = _STATE_INPUTS.get(change.to_state)
        if listener is not None and means is not None:
            if means is inputs.ListenerGone:
                listener.has_child = False
            self._submit(listener.owner, means(change.process_id))

    def tap(self, process_id: int) -> Sink | None:
        """Who takes the stdout of a child that is about to begin; None if it is no listener's."""
        listener = self._listeners.get(process_id)
        if listener is None:
            return None
        parser = ListenerParser(listener.owner.pool.spec.resync)
        listener.parser = parser
        listener.has_child = True
        self._submit(listener.owner, inputs.ListenerBegan(process_id))
        return partial(self._heard, listener, parser)

    def _heard(self, listener: _Listener, parser: ListenerParser, data: bytes | memoryview) -> None:
        for token in parser.feed(data):
            self._submit(listener.owner, inputs.ListenerSaid(listener.process_id, token))

    # -- queries ---------------------------------------------------------------------------------

    def query(self, name: str, data: str, timeout_s: float) -> Ticket:
        """Ask the listeners of a pool: SUCCESS with the result of one of them, or FAILED.

        Bytes that are no UTF-8 are surrogates in the text. Raises RequestRefused BAD_NAME.
        """
        active = self._pools.get(name)
        if active is None:
            raise RequestRefused(Fault.BAD_NAME, name)
        ticket = Ticket()
        ends_s = self._ports.clock.now().mono_s + timeout_s
        timer = self._ports.timers.call_at(
            ends_s, lambda: self._give_up_query(active, ticket, timeout_s)
        )
        ticket.then(lambda _: timer.cancel())
        stamped = self._ports.announcer.stamped(events.MonitorQueryEvent(data))
        self._submit(active, inputs.EventAccepted(*stamped, ticket=ticket))
        return ticket

    def _give_up_query(self, active: _ActivePool, ticket: Ticket, timeout_s: float) -> None:
        name = active.pool.spec.name
        ticket.resolve(Fault.FAILED, f"no listener of pool {name} answered within {timeout_s:g} s")
        self._submit(active, inputs.QueryWithdrawn(ticket))

    # -- looking ---------------------------------------------------------------------------------

    def counts(self) -> list[PoolCounts]:
        """What became of the events of each pool."""
        return [
            PoolCounts(
                name,
                each.pool.waiting_count,
                each.pool.busy_count,
                each.pool.delivered_count,
                each.pool.refused_count,
                each.pool.dropped_count,
            )
            for name, each in self._pools.items()
        ]

    def when_drained(self, callback: Callable[[], None]) -> None:
        """Call back once, as soon as no pool has anything that it can deliver; see `Draining`."""
        self._last_events.begin(callback)

    def give_up_draining(self) -> None:
        """Say which events will not be delivered any more, and forget who waits for them."""
        self._last_events.give_up()

    def _remainders(self) -> list[Remainder]:
        hearing = {
            id(listener.owner)
            for process_id, listener in self._listeners.items()
            if listener.has_child
            and listener.owner.pool.state_of(process_id) != EventListenerStates.UNKNOWN
        }
        return [
            Remainder(
                name,
                each.pool.waiting_count + each.pool.busy_count,
                not each.pool.is_idle and id(each) in hearing,
            )
            for name, each in self._pools.items()
        ]

    # -- deciding and doing ----------------------------------------------------------------------

    def _submit(self, active: _ActivePool, happened: inputs.Input) -> None:
        self._inputs.append((active, happened))
        if not self._draining:
            self._drain()

    def _drain(self) -> None:
        self._draining = True
        try:
            while self._inputs:
                active, happened = self._inputs.popleft()
                self._guarded(self._decide, active, happened)
        finally:
            self._draining = False
        while self._untold:
            self._guarded(self._untold.popleft())
        self._last_events.look()

    def _decide(self, active: _ActivePool, happened: inputs.Input) -> None:
        replies: list[inputs.Input] = []
        for command in active.pool.handle(happened, self._ports.clock.now()):
            self._guarded(self._DOERS[type(command)], self, active, command, replies)
        # Before anything else: the pool must know what came of a command.
        self._inputs.extendleft((active, reply) for reply in reversed(replies))
        if active.pool.next_deadline_s() != active.deadline_s:
            self._set_timer(active)
        if self.journal is not None and active.replay is not None:
            self.journal.moved()

    def _set_timer(self, active: _ActivePool) -> None:
        if active.timer is not None:
            active.timer.cancel()
            active.timer = None
        active.deadline_s = active.pool.next_deadline_s()
        if active.deadline_s is not None:
            active.timer = self._ports.timers.call_at(
                active.deadline_s, lambda: self._on_deadline(active)
            )

    def _on_deadline(self, active: _ActivePool) -> None:
        active.timer = active.deadline_s = None
        self._submit(active, inputs.DeadlineReached())

    def _guarded(self, call: Callable[..., object], *arguments: Any) -> None:
        try:
            call(*arguments)
        except Exception:
            self._ports.log(
                Level.CRIT,
                "a step of the event listeners failed; everything else goes on: "
                f"{traceback.format_exc()}",
            )

    # -- commands --------------------------------------------------------------------------------

    def _send(self, active: _ActivePool, command: c.Send, replies: list[inputs.Input]) -> None:
        process_id, letter = command
        header = EventHeader(
            self._ports.identifier,
            letter.serial,
            active.pool.spec.name,
            letter.poolserial,
            letter.name,
            letter.length,
        )
        try:
            self._ports.send(process_id, header.encode() + letter.payload)
        except RequestRefused as refused:
            replies.append(inputs.SendFailed(process_id, refused.text))
            return
        self._listeners[process_id].parser.event_sent()
        replies.append(inputs.EventSent(process_id))

    def _judge(self, active: _ActivePool, command: c.Judge, replies: list[inputs.Input]) -> None:
        verdict = active.judge(command.letter.event, command.result)
        replies.append(inputs.Judged(command.process_id, verdict))

    def _give_up(self, active: _ActivePool, command: c.GiveUp, _: list[inputs.Input]) -> None:
        self._ports.give_up(command.process_id, command.reason)

    def _give_up_parsing(
        self, active: _ActivePool, command: c.GiveUpParsing, _: list[inputs.Input]
    ) -> None:
        self._listeners[command.process_id].parser.give_up()

    def _tell_of_refusal(
        self, active: _ActivePool, command: c.Refused, _: list[inputs.Input]
    ) -> None:
        self._ports.announcer.rejected(command.process_id, command.letter.event)

    def _read_back(self, active: _ActivePool, command: c.ReadBack, _: list[inputs.Input]) -> None:
        assert active.replay is not None, "a pool reads back that has no journal"
        active.replay.read(command.serial, command.count_max, partial(self._submit, active))

    def _write_log(
        self, active: _ActivePool, command: core_commands.WriteLog, _: list[inputs.Input]
    ) -> None:
        self._ports.log(command.level, command.text)

    def _answer(
        self, active: _ActivePool, command: core_commands.Answer, _: list[inputs.Input]
    ) -> None:
        ticket = command.ticket
        self._untold.extend(
            partial(told, ticket) for told in ticket.settle(command.fault, command.text)
        )

    def _nothing(self, active: _ActivePool, command: object, _: list[inputs.Input]) -> None:
        """The pool itself has counted or noted it."""

    _DOERS: Final[dict[type, Callable[[Any, _ActivePool, Any, list[inputs.Input]], None]]] = {
        c.Send: _send,
        c.Judge: _judge,
        c.GiveUp: _give_up,
        c.GiveUpParsing: _give_up_parsing,
        c.Refused: _tell_of_refusal,
        c.Dropped: _nothing,
        c.FellBehind: _nothing,
        c.ReadBack: _read_back,
        core_commands.WriteLog: _write_log,
        core_commands.Answer: _answer,
    }


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
