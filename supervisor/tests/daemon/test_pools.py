"""Pools in the daemon: bytes of listeners in, events out; real pools on a clock of its own."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor import events
from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.listener import ListenerSettings
from supervisor.config.values import AfterRetries, Origin
from supervisor.core import inputs
from supervisor.core.commands import GroupChange, StateChange
from supervisor.core.listener import Conversation
from supervisor.daemon.channels import Sink
from supervisor.daemon.eventdesk import DeskPorts, EventDesk
from supervisor.daemon.pools import topmost
from supervisor.daemon.timers import TimerHeap
from supervisor.errors import Fault, RequestRefused
from supervisor.levels import Level
from supervisor.states import EventListenerStates, ProcessStates
from supervisor.subscriptions import Subscriptions
from supervisor.tests.daemon.nursery import settings
from supervisor.tests.daemon.test_announcer import nobody
from supervisor.tests.fakes.clock import FakeClock

OK = b"RESULT 2\nOKREADY\n"
FAIL = b"RESULT 4\nFAILREADY\n"
HANDLER = f"{__name__}:handler"


def handler(event: Any, result: bytes) -> None:
    """A result handler that does what the listener says."""
    if result == b"refuse":
        raise events.RejectEvent(result)
    if result == b"crash":
        raise ValueError(f"{type(event).__name__}: {result!r}")


class Stand:
    """Pools whose listeners are puppets: what they say is said by the test."""

    def __init__(self, debug: bool = False) -> None:
        self.level = Level.DEBG if debug else Level.INFO
        """Of the main log."""
        self.clock = FakeClock()
        self.timers = TimerHeap()
        self.lines: list[tuple[int, str]] = []
        self.sent: list[tuple[int, bytes]] = []
        self.refuses: dict[int, Fault] = {}
        """Listeners whose stdin takes nothing."""
        self.stuck: set[int] = set()
        """Listeners that do not read: the pipe does not take all that they are sent."""
        self.breaks: set[int] = set()
        """Listeners to whom nothing can be sent because of a mistake of ours."""
        self.told: list[Any] = []
        """What the core was told."""
        self.failures: list[str] = []
        self.subscriptions = Subscriptions()
        self.desk = self.successor(None)
        self.pools = self.desk.pools
        self.taps: dict[int, Sink] = {}

    def successor(self, predecessor: EventDesk | None) -> EventDesk:
        """The desk of the next life."""
        ports = DeskPorts(
            self.clock,
            self.timers,
            lambda level, text: self.lines.append((level, text)),
            nobody,
            self.told.append,
            self.send,
            self.failures.append,
            self,
        )
        return EventDesk(ports, "super", predecessor, self.subscriptions)

    def send(self, process_id: int, data: bytes) -> bool:
        if process_id in self.breaks:
            raise ValueError("a mistake")
        if process_id in self.refuses:
            raise RequestRefused(self.refuses[process_id], "16777216 bytes were not read")
        self.sent.append((process_id, data))
        return process_id not in self.stuck

    def pool(self, name: str = "ears", ids: tuple[int, ...] = (1,), **options: Any) -> "Stand":
        """A pool whose listeners are up and READY."""
        options.setdefault("events", ("REMOTE_COMMUNICATION",))
        group = GroupSettings(
            name=name,
            priority=-1,
            kind="eventlistener",
            processes=tuple(settings(f"{name}{each}") for each in ids),
            origin=Origin("test.conf", 1),
            listener=ListenerSettings(**options),
        )
        self.pools.add(group, ids)
        for each in ids:
            self.begin(each).say(each, b"READY\n").enter(each, ProcessStates.RUNNING)
        return self

    def begin(self, process_id: int) -> "Stand":
        """It has a new child."""
        tap = self.pools.tap(process_id)
        assert tap is not None
        self.taps[process_id] = tap
        return self

    def say(self, process_id: int, data: bytes) -> "Stand":
        self.taps[process_id](data)
        return self

    def enter(self, process_id: int, state: int) -> "Stand":
        """Its process enters a state."""
        self.desk.publish(StateChange(process_id, "x", "x", 0, state, 7, 0, True))
        return self

    def emit(self, *data: str) -> "Stand":
        for each in data:
            self.desk.announcer.remote_communication("t", each)
        return self

    def pass_s(self, seconds: float) -> "Stand":
        end_s = self.clock.mono_s + seconds
        while (due_s := self.timers.next_deadline_s()) is not None and due_s <= end_s:
            self.clock.advance_to(due_s)
            callback = self.timers.pop_due(self.clock.mono_s)
            assert callback is not None
            callback()
        self.clock.advance_to(end_s)
        return self

    def got(self) -> list[tuple[int, str]]:
        """(listener, data) of the events sent so far."""
        return [(each, data.decode().rpartition("\n")[2]) for each, data in self.sent]

    def state(self, process_id: int = 1) -> int | None:
        return self.pools.state_of(process_id)

    def warnings(self) -> list[str]:
        return [text for level, text in self.lines if level >= Level.WARN]


@pytest.fixture
def stand() -> Stand:
    return Stand()


def test_event_is_sent_with_its_header(stand: Stand) -> None:
    """Single blanks, this order, one line feed, then the payload and nothing after it."""
    stand.pool().emit("Ø")
    assert stand.sent == [
        (
            1,
            "ver:3.0 server:super serial:0 pool:ears poolserial:0 "
            "eventname:REMOTE_COMMUNICATION len:8\ntype:t\nØ".encode(),
        )
    ]


def test_e5_event_is_sent_as_soon_as_it_is_accepted(stand: Stand) -> None:
    """Nothing waits for a turn of the loop; the next one goes out with READY."""
    stand.pool().emit("a", "b")
    assert stand.got() == [(1, "a")]
    stand.say(1, OK)
    assert stand.got() == [(1, "a"), (1, "b")]


def test_tokens_may_come_in_any_pieces(stand: Stand) -> None:
    """Byte by byte as all at once."""
    stand.pool().emit("a", "b", "c")
    for byte in OK + OK:
        stand.say(1, bytes([byte]))
    assert [data for _, data in stand.got()] == ["a", "b", "c"]


def test_each_pool_gets_its_own_copy_with_the_same_serial(stand: Stand) -> None:
    """One serial for all pools, a poolserial for each; one event object, encoded once."""
    stand.pool("one", (1,)).emit("a").pool("two", (2,)).emit("b")
    stand.say(1, OK)
    headers = [data.decode().split("\n")[0].split(" ") for _, data in stand.sent]
    assert [(h[2], h[3], h[4]) for h in headers] == [
        ("serial:0", "pool:one", "poolserial:0"),
        ("serial:1", "pool:two", "poolserial:0"),
        ("serial:1", "pool:one", "poolserial:1"),
    ]


def test_e2_overlapping_subscriptions_deliver_once(stand: Stand) -> None:
    """A type below another one of the same pool adds nothing."""
    names = ("EVENT", "PROCESS_STATE", "PROCESS_STATE_RUNNING", "PROCESS_STATE_CHANGE_RUNNING")
    stand.pool(events=names)
    stand.desk.publish(StateChange(9, "p", "p", 10, 20, 7, 0, True))
    stand.say(1, OK).say(1, OK)
    assert [data for _, data in stand.got()].count(
        "processname:p groupname:p from_state:STARTING pid:7"
    ) == 1


def test_e2_event_of_two_families_is_delivered_once(stand: Stand) -> None:
    """A class of a plug-in may derive from two types that a pool names."""

    class Both(events.RemoteCommunicationEvent, events.TickEvent):
        pass

    stand.pool(events=("REMOTE_COMMUNICATION", "TICK"))
    stand.subscriptions.notify(Both("t", "both"))
    stand.say(1, OK)
    assert stand.got() == [(1, "both")]


def test_topmost_keeps_what_nothing_else_covers() -> None:
    """Order kept; the same type twice counts once."""
    kinds = [events.Tick5Event, events.TickEvent, events.ProcessStateEvent, events.TickEvent]
    assert topmost(kinds) == [events.TickEvent, events.ProcessStateEvent]


def test_pool_sees_its_own_group_added_but_not_removed(stand: Stand) -> None:
    """It subscribes when it is made, and has unsubscribed before it is removed."""
    stand.pool(events=("PROCESS_GROUP",))
    stand.desk.publish(GroupChange("ears", added=True))
    stand.say(1, OK)
    stand.pools.remove("ears")
    stand.desk.publish(GroupChange("ears", added=False))
    assert [data for _, data in stand.sent] == [stand.sent[0][1]]
    assert b"eventname:PROCESS_GROUP_ADDED" in stand.sent[0][1]
    assert stand.sent[0][1].endswith(b"len:15\ngroupname:ears\n")


def test_removed_pool_leaves_no_subscription(stand: Stand) -> None:
    """Nothing is made for it any more, and what its children still say is nothing."""
    stand.pool().emit("a", "b")
    stand.pools.remove("ears")
    stand.pools.remove("ears")
    assert not stand.desk.announcer.wants(events.RemoteCommunicationEvent)
    stand.say(1, OK)
    assert stand.got() == [(1, "a")]
    assert stand.pools.tap(1) is None


def test_programs_have_no_tap(stand: Stand) -> None:
    """Only listeners are listened to."""
    assert stand.pool().pools.tap(99) is None
    assert stand.enter(99, ProcessStates.RUNNING).failures == []


def test_listener_that_is_not_running_gets_nothing(stand: Stand) -> None:
    """READY is not enough: its process must have stayed up."""
    stand.pool().enter(1, ProcessStates.STOPPING).emit("a")
    assert stand.got() == []


@pytest.mark.parametrize(
    "state", [ProcessStates.EXITED, ProcessStates.STOPPED, ProcessStates.BACKOFF]
)
def test_event_of_a_listener_that_died_goes_to_its_next_incarnation(
    stand: Stand, state: int
) -> None:
    """With unchanged serials, and before newer events."""
    stand.pool().emit("a", "b").enter(1, state)
    stand.begin(1).say(1, b"READY\n").enter(1, ProcessStates.RUNNING)
    assert stand.sent[0] == stand.sent[1]
    stand.say(1, OK)
    assert [data for _, data in stand.got()] == ["a", "a", "b"]


def test_second_listener_takes_over(stand: Stand) -> None:
    """A busy one does not hold up the pool."""
    stand.pool(ids=(1, 2)).emit("a", "b", "c")
    assert stand.got() == [(1, "a"), (2, "b")]
    stand.say(2, OK)
    assert stand.got()[2:] == [(2, "c")]


def test_garbage_harms_nobody_but_its_listener(stand: Stand) -> None:
    """UNKNOWN, with the warning; the rest of the pool goes on."""
    stand.pool(ids=(1, 2)).say(1, b"hello world\n").say(1, b"READY\n").emit("a")
    assert stand.state(1) == EventListenerStates.UNKNOWN
    assert stand.got() == [(2, "a")]
    assert stand.warnings() == [
        "ears1: has entered the UNKNOWN state and will no longer receive events, "
        "this usually indicates the process violated the eventlistener protocol"
    ]


def test_resync_skips_garbage_and_goes_on(stand: Stand) -> None:
    """`event_resync = true`: the line is logged, the conversation continues."""
    stand.pool(event_resync=True).emit("a").say(1, b"a warning\nRESULT 2\nOKREADY\n").emit("b")
    assert [data for _, data in stand.got()] == ["a", "b"]
    assert any("a warning" in text for _, text in stand.lines)


def test_refused_event_is_offered_again(stand: Stand) -> None:
    """At once the first time, then after pauses that grow (E6)."""
    stand.pool().emit("a").say(1, FAIL)
    assert len(stand.sent) == 2
    stand.say(1, FAIL)
    assert len(stand.sent) == 2
    stand.pass_s(0.05)
    assert len(stand.sent) == 3
    stand.say(1, FAIL).pass_s(0.09)
    assert len(stand.sent) == 3
    stand.pass_s(0.01)
    assert len(stand.sent) == 4


def test_pause_of_a_pool_that_is_removed_is_forgotten(stand: Stand) -> None:
    """Its timer finds nothing to do."""
    stand.pool().emit("a").say(1, FAIL).say(1, FAIL)
    stand.pools.remove("ears")
    stand.pass_s(10)
    assert len(stand.sent) == 2
    assert stand.timers.next_deadline_s() is None


def test_e1_refused_event_stays_in_its_pool(stand: Stand) -> None:
    """The other pool, of equal priority, gets it once."""
    stand.pool("one", (1,)).pool("two", (2,)).emit("a").say(2, OK).say(1, FAIL)
    assert stand.got() == [(1, "a"), (2, "a"), (1, "a")]


def test_event_refused_too_often_is_dropped_and_counted(stand: Stand) -> None:
    """`event_max_retries`: with a log line, and the next event goes on."""
    stand.pool(event_max_retries=1).emit("a", "b").say(1, FAIL).say(1, OK)
    assert [data for _, data in stand.got()] == ["a", "b"]
    counts = stand.pools.snapshots()
    assert [(c.name, c.delivered, c.rejected, c.dropped) for c in counts] == [("ears", 1, 1, 1)]
    assert any("event 0" in text for text in stand.warnings())


def test_listener_that_refuses_too_often_is_given_up(stand: Stand) -> None:
    """`event_max_retries_action = fatal`: the core is told; the event is for another listener."""
    action = AfterRetries.FATAL
    stand.pool(ids=(1, 2), event_max_retries=1, event_max_retries_action=action)
    stand.emit("a").say(1, FAIL)
    (told,) = stand.told
    assert isinstance(told, inputs.Doomed)
    assert told.process_id == 1
    assert stand.got() == [(1, "a"), (2, "a")]


def test_listener_that_closed_its_stdin_is_passed_over(stand: Stand) -> None:
    """EPIPE: the next listener gets the event."""
    stand.refuses[1] = Fault.NO_FILE
    stand.pool(ids=(1, 2)).emit("a")
    assert stand.got() == [(2, "a")]
    assert (
        Level.DEBG,
        "epipe occurred while sending event 0 to listener ears1, listener state unchanged",
    ) in stand.lines


def test_listener_that_closes_its_stdin_later_is_passed_over(stand: Stand) -> None:
    """It was sent the event, but has not taken it: so it goes to another one."""
    stand.pool(ids=(1, 2))
    tell = stand.pools.on_input_rest(1)
    stand.emit("a")
    assert tell is not None
    tell(False)
    assert stand.got() == [(1, "a"), (2, "a")]
    assert stand.pools.on_input_rest(99) is None


def test_late_answer_of_a_listener_that_closed_its_stdin_is_nobodys(stand: Stand) -> None:
    """The event is with another one by then."""
    stand.pool(ids=(1, 2), event_resync=True)
    tell = stand.pools.on_input_rest(1)
    stand.emit("a")
    assert tell is not None
    tell(False)
    stand.say(1, OK)
    assert stand.pools.state_of(1) == EventListenerStates.READY
    assert [(each.busy, each.delivered) for each in stand.pools.snapshots()] == [(1, 0)]


def test_e3_listener_that_does_not_read_ends_nothing(stand: Stand) -> None:
    """When its buffer has reached the limit the event waits; the daemon goes on."""
    stand.refuses[1] = Fault.FAILED
    stand.pool().emit("a")
    assert stand.got() == []
    assert [each.waiting for each in stand.pools.snapshots()] == [1]
    assert stand.failures == []


@pytest.mark.parametrize("answer", [OK, b"RESULT 2\nOK"])
@pytest.mark.parametrize("debug", [False, True])
def test_listener_that_answers_without_reading_is_sent_no_more(debug: bool, answer: bytes) -> None:
    """One event at most is kept for it: the next ones wait in the pool, or go to another one."""
    stand = Stand(debug).pool(ids=(1, 2))
    stand.stuck.add(1)
    stand.emit("a", "b", "c").say(1, answer).say(1, b"READY\n" if answer != OK else b"")
    assert stand.got() == [(1, "a"), (2, "b")]
    stand.say(2, OK)
    assert stand.got()[2:] == [(2, "c")]
    assert [each.waiting for each in stand.pools.snapshots()] == [0]


@pytest.mark.parametrize("debug", [False, True])
def test_listener_that_has_read_at_last_is_sent_the_next_event(debug: bool) -> None:
    """As soon as nothing waits for it any more."""
    stand = Stand(debug).pool()
    stand.stuck.add(1)
    tell = stand.pools.on_input_rest(1)
    assert tell is not None
    stand.emit("a", "b").say(1, OK)
    assert stand.got() == [(1, "a")]
    stand.stuck.clear()
    tell(True)
    assert stand.got() == [(1, "a"), (1, "b")]
    stand.say(1, OK).emit("c")
    assert stand.got()[2:] == [(1, "c")]


def test_next_child_of_a_listener_that_did_not_read_is_sent_events(stand: Stand) -> None:
    """What waited has gone with the other child."""
    stand.pool().stuck.add(1)
    stand.emit("a", "b").say(1, OK)
    stand.stuck.clear()
    stand.enter(1, ProcessStates.EXITED).begin(1)
    stand.say(1, b"READY\n").enter(1, ProcessStates.RUNNING)
    assert stand.got() == [(1, "a"), (1, "b")]


class TestResultHandlers:
    """Contract: normal return accepts, RejectEvent refuses, anything else is an error."""

    @pytest.mark.parametrize("result", [b"FAIL", b"ok", b"OK\n", b""])
    def test_default_handler_accepts_exactly_ok(self, stand: Stand, result: bytes) -> None:
        """Everything else is a refusal; a result of length 0, too (E8)."""
        stand.pool().emit("a").say(1, b"RESULT %d\n%b" % (len(result), result))
        assert stand.state() == EventListenerStates.ACKNOWLEDGED
        assert stand.warnings() == ["ears1: event was rejected"]

    def test_handler_that_returns_accepts(self, stand: Stand) -> None:
        stand.pool(result_handler=HANDLER).emit("a").say(1, b"RESULT 3\nyesREADY\n").emit("b")
        assert [data for _, data in stand.got()] == ["a", "b"]

    def test_handler_that_rejects_refuses(self, stand: Stand) -> None:
        stand.pool(result_handler=HANDLER).emit("a").say(1, b"RESULT 6\nrefuseREADY\n")
        assert [data for _, data in stand.got()] == ["a", "a"]
        assert stand.warnings() == ["ears1: event was rejected"]

    def test_handler_that_crashes_ends_the_conversation(self, stand: Stand) -> None:
        """The event goes to another listener; the trace is in the log."""
        stand.pool(ids=(1, 2), result_handler=HANDLER).emit("a").say(1, b"RESULT 5\ncrash")
        assert stand.state(1) == EventListenerStates.UNKNOWN
        assert stand.got() == [(1, "a"), (2, "a")]
        trace, line = stand.warnings()[:2]
        assert "RemoteCommunicationEvent: b'crash'" in trace
        assert line == "ears1: event caused an error"

    def test_slow_handler_is_told_with_its_name(
        self, stand: Stand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """More than a second, in which nothing was supervised."""
        monkeypatch.setitem(globals(), "handler", lambda event, result: stand.clock.advance(2.5))
        stand.pool(result_handler=HANDLER).emit("a").say(1, OK)
        assert stand.warnings() == [
            f"result handler {HANDLER} took 2.5 s; nothing else was supervised meanwhile"
        ]


class TestQueries:
    """A question to one pool, and the result of one listener."""

    def test_query_is_sent_whatever_the_pool_subscribed_to(self, stand: Stand) -> None:
        """As MONITOR_QUERY with the data as payload; any result is the answer."""
        ticket = stand.pool().pools.query("ears", "how many?", 10.0)
        assert b"eventname:MONITOR_QUERY len:9\nhow many?" in stand.sent[0][1]
        assert not ticket.done
        stand.say(1, b"RESULT 5\nsevenREADY\n")
        assert (ticket.fault, ticket.text) == (Fault.SUCCESS, "seven")
        assert stand.timers.next_deadline_s() is None

    def test_result_handler_is_not_asked(self, stand: Stand) -> None:
        """FAIL is an answer like any other."""
        ticket = stand.pool().pools.query("ears", "?", 10.0)
        stand.say(1, FAIL)
        assert ticket.text == "FAIL"

    def test_bytes_of_an_answer_are_kept(self, stand: Stand) -> None:
        """As surrogates where they are no UTF-8."""
        ticket = stand.pool().pools.query("ears", "?", 10.0)
        stand.say(1, b"RESULT 2\n\xff\x00")
        assert ticket.text is not None
        assert ticket.text.encode("utf-8", "surrogateescape") == b"\xff\x00"

    def test_unknown_pool_is_refused(self, stand: Stand) -> None:
        with pytest.raises(RequestRefused) as refused:
            stand.pools.query("nobody", "?", 10.0)
        assert refused.value.text == "BAD_NAME: nobody"

    def test_query_is_given_up_in_time(self, stand: Stand) -> None:
        """What still waits is withdrawn; a late answer is nobody's."""
        stand.pool().emit("a")
        waiting = stand.pools.query("ears", "first", 2.0)
        stand.pass_s(2)
        assert waiting.text == "no listener of pool ears answered within 2 s"
        stand.say(1, OK)
        late = stand.pools.query("ears", "second", 2.0)
        stand.pass_s(2)
        assert late.fault is Fault.FAILED
        stand.say(1, OK).emit("b")
        assert [data for _, data in stand.got()] == ["a", "second", "b"]

    def test_query_that_was_withdrawn_takes_no_room_and_nobodys_time(self, stand: Stand) -> None:
        """Those who wait for an answer, and events, come instead."""
        stand.pool(buffer_size=2).emit("a")
        gone = stand.pools.query("ears", "gone", 600.0)
        stand.pools.withdraw("ears", gone)
        stand.pools.withdraw("ears", gone)
        stand.pools.withdraw("nobody", gone)
        stand.emit("b", "c").say(1, OK).say(1, OK)
        assert [data for _, data in stand.got()] == ["a", "b", "c"]
        assert gone.text == "nobody waited for the answer"
        assert stand.timers.next_deadline_s() is None

    def test_query_to_a_full_buffer_is_refused(self, stand: Stand) -> None:
        """At once, and no event has to go for it."""
        stand.pool(buffer_size=1).emit("a", "b")
        ticket = stand.pools.query("ears", "?", 10.0)
        assert ticket.text == "the buffer of pool ears is full, 1 event waits"
        stand.say(1, OK)
        assert [data for _, data in stand.got()] == ["a", "b"]

    def test_query_that_is_dropped_is_answered(self, stand: Stand) -> None:
        """With the reason."""
        stand.pool(buffer_size=1).emit("a")
        ticket = stand.pools.query("ears", "?", 10.0)
        stand.emit("b")
        assert (ticket.fault, ticket.text) == (
            Fault.FAILED,
            "the event buffer of the pool overflowed",
        )

    def test_answer_may_lead_to_another_query(self, stand: Stand) -> None:
        """Who is told may ask again, when everything has been decided."""
        asked: list[Any] = []
        ticket = stand.pool().pools.query("ears", "first", 10.0)
        ticket.then(lambda _: asked.append(stand.pools.query("ears", "second", 10.0)))
        stand.say(1, OK)
        assert [data for _, data in stand.got()] == ["first", "second"]


class TestDraining:
    """Nothing is lost at a shutdown that waits."""

    def test_idle_pools_are_drained_at_once(self, stand: Stand) -> None:
        done: list[str] = []
        stand.pool().pools.when_drained(lambda: done.append("drained"))
        assert done == ["drained"]

    def test_pools_are_drained_when_the_last_event_is_done(self, stand: Stand) -> None:
        """Also the event that a listener is busy with; told once."""
        done: list[str] = []
        stand.pool("one", (1,)).pool("two", (2,)).emit("a", "b")
        stand.pools.when_drained(lambda: done.append("drained"))
        stand.say(1, OK).say(1, OK).say(2, OK)
        assert done == []
        stand.say(2, OK)
        assert done == ["drained"]
        stand.emit("c").say(1, OK).say(2, OK)
        assert done == ["drained"]

    @pytest.mark.parametrize(
        "state", [ProcessStates.EXITED, ProcessStates.BACKOFF, ProcessStates.FATAL]
    )
    def test_pool_without_a_living_listener_is_not_waited_for(
        self, stand: Stand, state: int
    ) -> None:
        """Nothing is started any more: what it has to deliver is lost, and said to be."""
        done: list[str] = []
        stand.pool("one", (1,)).pool("two", (2,)).enter(2, state).emit("a", "b")
        stand.pools.when_drained(lambda: done.append("drained"))
        assert done == []
        stand.say(1, OK).say(1, OK)
        assert done == ["drained"]
        assert stand.warnings() == ["pool two: 2 events are lost, since no listener takes them"]
        stand.pools.give_up_draining()
        assert len(stand.warnings()) == 1

    def test_listener_that_dies_on_the_way_is_not_waited_for(self, stand: Stand) -> None:
        """The event that it had is lost with the others."""
        done: list[str] = []
        stand.pool().emit("a", "b")
        stand.pools.when_drained(lambda: done.append("drained"))
        stand.enter(1, ProcessStates.EXITED)
        assert done == ["drained"]
        assert stand.warnings()[-1] == "pool ears: 2 events are lost, since no listener takes them"

    def test_listener_that_starts_is_waited_for(self, stand: Stand) -> None:
        """It was begun before the daemon began to leave, and may come up."""
        done: list[str] = []
        stand.pool().enter(1, ProcessStates.EXITED).emit("a").begin(1)
        stand.pools.when_drained(lambda: done.append("drained"))
        assert done == []
        stand.say(1, b"READY\n").enter(1, ProcessStates.RUNNING).say(1, OK)
        assert done == ["drained"]

    def test_listener_that_broke_the_protocol_is_not_waited_for(self, stand: Stand) -> None:
        """It will take no event any more."""
        done: list[str] = []
        stand.pool().emit("a").say(1, b"nonsense\n")
        stand.pools.when_drained(lambda: done.append("drained"))
        assert done == ["drained"]
        assert stand.warnings()[-1] == "pool ears: 1 event is lost, since no listener takes it"

    def test_events_that_are_lost_are_counted(self, stand: Stand) -> None:
        """A line for each pool that has some."""
        stand.pool("one", (1,)).pool("two", (2,)).emit("a", "b").say(1, OK).say(1, OK)
        stand.pools.when_drained(lambda: stand.failures.append("drained"))
        stand.pools.give_up_draining()
        assert stand.warnings() == ["pool two: 2 events were not delivered within event_drain_secs"]
        stand.say(2, OK).say(2, OK)
        assert stand.failures == []


class TestPlugIns:
    """Plug-ins subscribe to the same events."""

    def test_subscriber_that_fails_does_not_keep_others_from_hearing(self, stand: Stand) -> None:
        """It is reported with the event."""

        def fail(event: Any) -> None:
            raise RuntimeError("no")

        stand.subscriptions.subscribe(events.RemoteCommunicationEvent, fail)
        stand.pool().emit("a")
        assert stand.got() == [(1, "a")]
        assert stand.failures == ["a subscriber failed on RemoteCommunicationEvent"]

    def test_event_made_upon_an_event_gets_the_next_serial(self, stand: Stand) -> None:
        """Pools behind the plug-in hear of both, the inner one first, with the same serials."""

        def once(event: events.RemoteCommunicationEvent) -> None:
            if event.data == "outer":
                stand.emit("inner")

        stand.pool("one", (1,))
        stand.subscriptions.subscribe(events.RemoteCommunicationEvent, once)
        stand.pool("two", (2,)).emit("outer").say(1, OK).say(2, OK)
        serials = {
            (each, data.rpartition(b"\n")[2]): data.split(b" ")[2] for each, data in stand.sent
        }
        assert serials == {
            (1, b"outer"): b"serial:0",
            (1, b"inner"): b"serial:1",
            (2, b"inner"): b"serial:1",
            (2, b"outer"): b"serial:0",
        }

    def test_refusal_is_told_to_plug_ins(self, stand: Stand) -> None:
        """EventRejectedEvent with the listener and the event; not for pools."""
        heard: list[Any] = []
        stand.desk.announcer.process_of = lambda process_id: f"process {process_id}"
        stand.subscriptions.subscribe(events.EventRejectedEvent, heard.append)
        stand.pool().emit("a").say(1, FAIL)
        assert [(each.process, each.event.data) for each in heard] == [("process 1", "a")]


def test_next_life_begins_without_subscriptions_and_goes_on_with_the_serials(
    stand: Stand,
) -> None:
    """A restart makes new pools; serials survive, poolserials begin anew."""
    stand.pool().emit("a")
    stand.subscriptions.subscribe(events.TickEvent, stand.failures.append)
    stand.desk = stand.successor(stand.desk)
    assert stand.subscriptions.callbacks == []
    stand.pools = stand.desk.pools
    stand.pool().emit("b")
    assert b"serial:1 pool:ears poolserial:0" in stand.sent[1][1]
    assert stand.desk.announcer.next_serial == 2


def test_pool_that_a_plug_in_has_cut_off_can_be_removed(stand: Stand) -> None:
    """`events.clear` is everybody's: what was to be told is dropped with the pool all the same."""
    stand.pool(ids=(1,)).emit("a")
    ticket = stand.pools.query("ears", "?", 10.0)
    stand.subscriptions.clear()
    stand.pools.remove("ears")
    assert ticket.fault is Fault.FAILED
    assert stand.state() is None


def test_mistake_of_ours_is_logged_and_the_rest_goes_on(stand: Stand) -> None:
    """The boundary of the conversation: other pools hear of it all."""
    stand.breaks.add(1)
    stand.pool("one", (1,)).pool("two", (2,)).emit("a")
    assert stand.got() == [(2, "a")]
    (line,) = [text for level, text in stand.lines if level == Level.CRIT]
    assert line.startswith("everything else goes on, but a step of the event listeners failed")


def test_mistake_of_ours_with_one_listener_keeps_nothing_from_the_others(stand: Stand) -> None:
    """What waits when it happens is offered to those who are idle, and so is what comes later."""
    stand.pool(ids=(1, 2)).emit("a").say(1, FAIL).say(2, FAIL)
    stand.emit("b", "c")
    sent_count = len(stand.sent)
    stand.breaks.add(1)
    stand.pass_s(1)
    assert stand.got()[sent_count:] == [(2, "b")]
    stand.say(2, OK).say(2, OK).emit("d")
    assert stand.got()[sent_count:] == [(2, "b"), (2, "c"), (2, "d")]


def test_pool_that_would_never_come_to_rest_is_left_alone(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of ours must not keep the daemon busy for ever."""
    stand.refuses[1] = Fault.NO_FILE
    stand.pool()
    # A listener that failed is offered the event again and again.
    monkeypatch.setattr(Conversation, "is_eligible", property(lambda self: True))
    stand.emit("a")
    assert [text for level, text in stand.lines if level == Level.CRIT] == [
        "everything else goes on, but a pool of event listeners does not come to rest"
    ]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["emit", "ok", "ok", "ok", "fail", "die", "stop", "refuse", "query"]),
        st.integers(1, 3),
    ),
    max_size=60,
)


def play(steps: list[tuple[str, int]], debug: bool) -> tuple[object, ...]:
    """Everything that can be seen of the pools in the end."""
    stand = Stand(debug=debug)
    stand.pool("one", (1, 2), buffer_size=4).pool("two", (3,), event_max_retries=2)
    for number, (step, process_id) in enumerate(steps):
        busy = stand.state(process_id) == EventListenerStates.BUSY
        if step == "emit":
            stand.emit(f"event {number}")
        elif step == "ok" and busy:
            stand.say(process_id, OK)
        elif step == "fail" and busy:
            stand.say(process_id, FAIL)
        elif step == "die":
            stand.enter(process_id, ProcessStates.EXITED).begin(process_id)
            stand.say(process_id, b"READY\n").enter(process_id, ProcessStates.RUNNING)
        elif step == "stop":
            stand.enter(process_id, ProcessStates.STOPPING)
        elif step == "refuse":
            stand.refuses[process_id] = Fault.NO_FILE
        elif step == "query":
            stand.pools.query("two", f"query {number}", 1.0)
        stand.pass_s(0.04)
    states = [stand.state(each) for each in (1, 2, 3)]
    return stand.sent, stand.pools.snapshots(), states, stand.warnings(), stand.failures


@given(STEPS)
def test_short_cut_does_what_the_long_way_does(steps: list[tuple[str, int]]) -> None:
    """With level DEBG every event goes the long way; nothing else may be different."""
    assert play(steps, debug=False) == play(steps, debug=True)
