"""The listeners of the simulated days: real pools, and children of all kinds on the other end.

Only the pipes are replaced: what a pool sends arrives at a `Child` here, which answers by its
manners, at once or later, whole or in pieces. Who misbehaves does so a few times, then somebody
mends it: a day is not filled with the same mistake.
"""

from collections.abc import Callable
from enum import Enum, auto
from itertools import count
from random import Random
from typing import Any, Final, cast

from supervisor import events
from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.listener import RESULT_HANDLER_DEFAULT, ListenerSettings
from supervisor.config.values import AfterRetries
from supervisor.core import pool_inputs
from supervisor.core.accepted import EventAccepted
from supervisor.core.policies import (
    GroupSpec,
    ProcessSpec,
    Restart,
    RestartPolicy,
    Rung,
    StartPolicy,
    StopPolicy,
)
from supervisor.daemon.channels import Sink
from supervisor.daemon.eventdesk import DeskPorts, EventDesk
from supervisor.daemon.timers import TimerHeap
from supervisor.errors import Fault, RequestRefused
from supervisor.subscriptions import Subscriptions
from supervisor.tests.fakes.clock import FakeClock
from supervisor.tests.sim.pool_judge import QUERY_WITHIN_S, PoolJudge

MISDEEDS_MAX: Final = 4

SUBSCRIPTIONS: Final = (
    ("PROCESS_STATE",),
    ("PROCESS_STATE_EXITED", "PROCESS_GROUP"),
    ("PROCESS_STATE_CHANGE", "REMOTE_COMMUNICATION"),
    ("PROCESS_STATE", "PROCESS_GROUP", "SUPERVISOR_STATE_CHANGE", "REMOTE_COMMUNICATION"),
)
"""No TICK, nor EVENT with it: there is one every five seconds of the day."""


class Manner(Enum):
    """How a listener behaves."""

    GOOD = auto()
    SILENT = auto()
    """It never says READY."""
    BABBLING = auto()
    """It says something else first."""
    REJECTING = auto()
    CRASHING = auto()
    """The result handler raises upon its result."""
    STALLING = auto()
    """It never answers."""
    DYING = auto()
    """It dies over an event."""
    GARBLING = auto()
    """It answers something that is no result."""
    DEAF = auto()
    """It has closed its stdin."""
    CLOSING = auto()
    """It closes its stdin before it has taken an event."""
    HASTY = auto()
    """It answers before it is asked."""


FREQUENT: Final = (Manner.REJECTING, Manner.REJECTING, Manner.GARBLING)
"""These come more often: most depends on what becomes of their events."""


def judge_crash(event: Any, result: bytes) -> None:
    """A result handler: refuses FAIL as plug-ins do, and has a mistake of its own."""
    if result == b"FAIL":
        raise events.RejectEvent
    if result != b"OK":
        raise ValueError(result)


class Child:
    """One child of a listener."""

    __slots__ = ("has_said_ready", "has_unread", "is_lost", "manner", "pid", "serial", "sink")

    def __init__(self, sink: Sink, manner: Manner) -> None:
        self.sink = sink
        self.manner = manner
        self.pid = 0
        self.serial: int | None = None
        """The event that it has."""
        self.has_said_ready = False
        """And no event has come since."""
        self.has_unread = False
        """Whether something that it was sent waits in the daemon, although it may answer."""
        self.is_lost = False
        """Whether it has broken the protocol."""

    @property
    def is_at_your_service(self) -> bool:
        """Whether it waits for an event, and is able to get it."""
        can_hear = self.manner is not Manner.DEAF and not self.has_unread
        return self.has_said_ready and not self.is_lost and can_hear


class Listeners:
    """All pools of a world and the children of their listeners."""

    def __init__(self, random: Random, ports: DeskPorts, judge: PoolJudge) -> None:
        self._random = random
        self._clock = cast("FakeClock", ports.clock)
        self._timers = cast("TimerHeap", ports.timers)
        self._subscriptions = Subscriptions()
        self.desk = EventDesk(ports._replace(send=self._send), "sim", None, self._subscriptions)
        self._journal = Journal(self.desk, self._timers, self._clock)
        self.desk.pools.load().use_journal(self._journal)
        self.judge = judge
        judge.with_child = lambda process_id: self.children.get(process_id)
        self.children: dict[int, Child] = {}
        self._manners: dict[int, tuple[Manner, int]] = {}
        """By process: how it behaves, and how often it may yet."""
        self._specs: dict[int, ProcessSpec] = {}
        self._resyncs: dict[str, bool] = {}
        self.kill: Callable[[int], None]
        """Ends a child from within."""
        self._numbers = count()

    # -- pools -----------------------------------------------------------------------------------

    def make_group(self) -> GroupSpec:
        """A pool of one to three listeners."""
        choose, name = self._random.choice, f"l{next(self._numbers)}"
        processes = tuple(
            ProcessSpec(
                f"{name}x{number}",
                name,
                choose((-1, 5)),
                StartPolicy(True, choose((0.0, 1.0)), 3),
                RestartPolicy(Restart.ALWAYS),
                StopPolicy((Rung(15, "SIGTERM", 1.0), Rung(9, "SIGKILL", 1.0))),
            )
            for number in range(self._random.randint(1, 3))
        )
        return GroupSpec(name, -1, "eventlistener", processes)

    def add(self, group: GroupSpec, ids: tuple[int, ...]) -> None:
        """Make the pool, before the core is told of the group."""
        choose = self._random.choice
        settings = ListenerSettings(
            buffer_size=choose((1, 3, 10)),
            result_handler=choose((RESULT_HANDLER_DEFAULT, f"{__name__}:judge_crash")),
            events=choose(SUBSCRIPTIONS),
            event_max_retries=choose((None, None, 1, 3)),
            event_max_retries_action=choose((AfterRetries.DROP, AfterRetries.FATAL)),
            event_resync=choose((False, True)),
            event_replay=self._random.random() < 0.3,
        )
        self._resyncs[group.name] = settings.event_resync
        for process_id, spec in zip(ids, group.processes, strict=True):
            self._specs[process_id] = spec
            self.change_manner(process_id)
        self.judge.add(self.desk, group.name, settings, ids)
        for name in settings.events:
            kind = events.event_type(name)
            assert kind is not None
            # Before the pool, which is given the same serial right after.
            self._subscriptions.subscribe(kind, self.judge.acceptor(group.name))
            self._subscriptions.subscribe(kind, self._journal.note)
        # Of a process a pool wants to know its name and priority, which the core's has as well.
        pool = {"name": group.name, "listener": settings, "processes": group.processes}
        self.desk.pools.add(cast("GroupSettings", _Settings(**pool)), ids)

    def remove(self, name: str, ids: tuple[int, ...]) -> None:
        """End the pool."""
        acceptor = self.judge.acceptor(name)
        for kind, callback in list(self._subscriptions.callbacks):
            if callback is acceptor:
                self._subscriptions.unsubscribe(kind, callback)
        self.desk.pools.remove(name)
        self.judge.remove(name)
        for process_id in ids:
            del self._specs[process_id], self._manners[process_id]

    def knows(self, process_id: int) -> bool:
        return process_id in self._specs

    # -- children --------------------------------------------------------------------------------

    def change_manner(self, process_id: int) -> None:
        manner = Manner.GOOD
        if self._random.random() < 0.6:
            manner = self._random.choice((*Manner, *FREQUENT))
        self._manners[process_id] = (manner, self._random.randint(1, MISDEEDS_MAX))

    def _take_manner(self, process_id: int) -> Manner:
        manner, misdeeds = self._manners[process_id]
        if not misdeeds:
            return Manner.GOOD
        if manner is not Manner.GOOD:
            self._manners[process_id] = (manner, misdeeds - 1)
        return manner

    def spawned(self, process_id: int) -> Child:
        """A child is being made; it says something before long."""
        sink = self.desk.pools.tap(process_id)
        assert sink is not None
        child = Child(sink, Manner.GOOD)
        self.children[process_id] = child
        manner = self._manners[process_id][0]
        if manner in (Manner.SILENT, Manner.BABBLING, Manner.DEAF, Manner.HASTY):
            child.manner = self._take_manner(process_id)
        self._later(process_id, child, self._begin)
        return child

    def ended(self, process_id: int) -> None:
        """The child was reaped; what is still in its pipe has been read."""
        child = self.children.pop(process_id, None)
        if child is not None and child.serial is not None and self._random.random() < 0.3:
            self._answer(process_id, child, b"OK")

    def _later(self, process_id: int, child: Child, act: Callable[[int, Child], None]) -> None:
        delay_s = self._random.choice((0.0, 0.0, 0.0, 0.3, 3.0))

        def call() -> None:
            if self.children.get(process_id) is child:
                act(process_id, child)

        self._timers.call_at(self._clock.mono_s + delay_s, call)

    def _begin(self, process_id: int, child: Child) -> None:
        if child.manner is Manner.SILENT:
            return
        if child.manner is Manner.BABBLING:
            self._break(process_id, child)
            self._say(child, b"hello, world\n")
        self._say_ready(process_id, child)

    def _say_ready(self, process_id: int, child: Child) -> None:
        child.has_said_ready = not child.is_lost
        if child.manner is Manner.HASTY:
            # In one piece: in two, an event may come in between, and it was an answer.
            self._break(process_id, child)
            child.has_said_ready = not child.is_lost
            child.manner = Manner.GOOD
            child.sink(b"READY\nRESULT 2\nOK")
        else:
            self._say(child, b"READY\n")

    def _break(self, process_id: int, child: Child) -> None:
        child.is_lost |= not self._resyncs[self._specs[process_id].group]

    def _say(self, child: Child, data: bytes) -> None:
        cut = self._random.randint(0, len(data)) if self._random.random() < 0.2 else len(data)
        for piece in (data[:cut], data[cut:]):
            if piece:
                child.sink(piece)

    def _send(self, process_id: int, data: bytes) -> bool:
        child = self.children.get(process_id)
        if child is None:
            raise RequestRefused(Fault.NOT_RUNNING)
        if child.manner is Manner.DEAF:
            raise RequestRefused(Fault.NO_FILE)
        is_ready = child.has_said_ready and not child.has_unread
        child.serial = self.judge.note_send(process_id, is_ready, data)
        child.has_said_ready = False
        child.manner = self._take_manner(process_id)
        self._later(process_id, child, self._react)
        # One that closes its stdin never reads the rest.
        child.has_unread = child.manner is not Manner.CLOSING and self._random.random() < 0.1
        if child.has_unread:
            self._later(process_id, child, self._read_rest)
        return not child.has_unread

    def _read_rest(self, process_id: int, child: Child) -> None:
        child.has_unread = False
        tell = self.desk.pools.on_input_rest(process_id)
        if tell is not None:
            tell(True)

    def _react(self, process_id: int, child: Child) -> None:
        manner = child.manner
        if manner is Manner.STALLING:
            return
        if manner is Manner.DYING:
            self.kill(process_id)
            return
        if manner is Manner.CLOSING:
            child.manner, child.serial = Manner.DEAF, None
            tell = self.desk.pools.on_input_rest(process_id)
            assert tell is not None
            tell(False)
            return
        if manner is Manner.GARBLING:
            # With resync it is skipped, and the answer counts that follows.
            self._break(process_id, child)
            if child.is_lost:
                child.serial = None
            self._say(child, b"no result at all\n")
            if child.is_lost:
                return
        result = {Manner.REJECTING: b"FAIL", Manner.CRASHING: b"CRASH"}.get(manner, b"OK")
        at_once = manner is not Manner.HASTY and self._random.random() < 0.5
        self._answer(process_id, child, result, b"READY\n" if at_once else b"")
        if not at_once:
            child.manner = Manner.GOOD if manner is Manner.HASTY else child.manner
            self._later(process_id, child, self._say_ready)

    def _answer(self, process_id: int, child: Child, result: bytes, ready: bytes = b"") -> None:
        assert child.serial is not None
        is_lost = self.judge.note_answer(process_id, child.serial, result)
        child.serial = None
        child.is_lost |= is_lost
        child.has_said_ready = bool(ready) and not child.is_lost
        self._say(child, b"RESULT %d\n%b" % (len(result), result) + ready)

    # -- what people do --------------------------------------------------------------------------

    def say_something(self) -> None:
        """A burst of messages of a client."""
        for _ in range(self._random.choice((1, 3, 15))):
            self.desk.announcer.remote_communication("sim", "message")

    def query(self) -> None:
        """Ask a pool."""
        names = list(self.judge.names())
        if names:
            name = self._random.choice(names)
            self.judge.note_query(name, lambda: self.desk.pools.query(name, "?", QUERY_WITHIN_S))


class _Settings:
    """Of the settings of a group what a pool wants to know."""

    def __init__(self, **values: Any) -> None:
        vars(self).update(values)


class Journal:
    """A journal in memory. Implements `daemon.pools.Journal`."""

    def __init__(self, desk: EventDesk, timers: TimerHeap, clock: FakeClock) -> None:
        self._desk = desk
        self._timers = timers
        self._clock = clock
        self._all: dict[int, EventAccepted] = {}

    def note(self, event: Any) -> None:
        stamped = self._desk.announcer.stamped(event)
        self._all[stamped.serial] = stamped

    def replay(
        self, pool: str, kinds: tuple[type, ...], pending_serial: Callable[[], int | None]
    ) -> "Replay":
        return Replay(self, kinds)

    def end_replay(self, pool: str) -> None:
        """Nobody comes back here."""

    def moved(self) -> None:
        """Nothing is kept beyond the day."""

    def read(self, kinds: tuple[type, ...], serial: int, count_max: int) -> pool_inputs.Replayed:
        left = [
            each
            for each in self._all.values()
            if each.serial >= serial and isinstance(each.event, kinds)
        ]
        found = tuple(pool_inputs.EventAccepted(*each) for each in left[:count_max])
        return pool_inputs.Replayed(found, len(left) <= count_max)

    def soon(self, call: Callable[[], None]) -> None:
        self._timers.call_at(self._clock.mono_s, call)


class Replay:
    """What one pool reads. Implements `daemon.pools.Replay`."""

    missed_serial: int | None = None

    def __init__(self, journal: Journal, kinds: tuple[type, ...]) -> None:
        self._journal = journal
        self._kinds = kinds

    def has(self, serial: int) -> bool:
        return True

    def read(
        self, serial: int, count_max: int, answer: Callable[[pool_inputs.Replayed], None]
    ) -> None:
        self._journal.soon(lambda: answer(self._journal.read(self._kinds, serial, count_max)))
