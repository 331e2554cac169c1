"""The announcer: what happens becomes events, for those who want them."""

import weakref
from typing import Any

import pytest

from supervisor import events
from supervisor.core.commands import GroupChange, MoodChange, StateChange
from supervisor.core.component import Now
from supervisor.core.inputs import Ending
from supervisor.core.process_values import Detail, Process
from supervisor.core.serials import SERIAL_MAX
from supervisor.core.snapshot import ProcessSnapshot
from supervisor.daemon.announcer import Announcer
from supervisor.states import ProcessStates, SupervisorStates
from supervisor.subscriptions import Subscriptions
from supervisor.wire.listener import payload_of


def nobody(process_id: int) -> ProcessSnapshot:
    """No process is known."""
    raise KeyError(process_id)


class Hall:
    """An announcer, and what its audience has heard."""

    def __init__(self, *types: type, serial: int = 0) -> None:
        self.subscriptions = Subscriptions()
        self.announcer = Announcer(self.subscriptions, self.process, serial)
        self.subscriptions.on_change = self.announcer.subscriptions_changed
        self.heard: list[Any] = []
        for kind in types:
            self.subscriptions.subscribe(kind, self.heard.append)

    def process(self, process_id: int) -> ProcessSnapshot:
        return ProcessSnapshot(
            process_id, "p", "g", 20, 77, 0.0, 0.0, 0.0, None, 0, None, 0, None, 999, 1
        )

    def told(self) -> list[tuple[str, str]]:
        """Types and payloads of what was heard."""
        stamped = [self.announcer.stamped(event) for event in self.heard]
        return [(each.name, payload_of(each.told)) for each in stamped]


def change(to_state: int, from_state: int = ProcessStates.RUNNING, **other: Any) -> StateChange:
    found: dict[str, Any] = {"pid": 7, "tries": 0, "expected": True, **other}
    return StateChange(1, "p", "g", from_state, to_state, **found)


STATES = [
    (change(10, 0, pid=0, tries=2), "STARTING", "from_state:STOPPED tries:2"),
    (change(20, 10), "RUNNING", "from_state:STARTING pid:7"),
    (change(30, 10, tries=1), "BACKOFF", "from_state:STARTING tries:1"),
    (change(40, 20), "STOPPING", "from_state:RUNNING pid:7"),
    (change(100, 20), "EXITED", "from_state:RUNNING expected:1 pid:7"),
    (change(100, 20, expected=False), "EXITED", "from_state:RUNNING expected:0 pid:7"),
    (change(0, 40), "STOPPED", "from_state:STOPPING pid:7"),
    (change(200, 30), "FATAL", "from_state:BACKOFF"),
    (change(1000, 40), "UNKNOWN", "from_state:STOPPING"),
]


@pytest.mark.parametrize(("happened", "name", "rest"), STATES)
def test_change_of_state_is_announced_with_its_payload(
    happened: StateChange, name: str, rest: str
) -> None:
    """Names, previous state, then what the type adds; single blanks, this order."""
    hall = Hall(events.Event)
    hall.announcer.announce(happened)
    assert hall.told() == [(f"PROCESS_STATE_{name}", f"processname:p groupname:g {rest}")]


@pytest.mark.parametrize(
    ("state", "expected", "name", "attempts", "words"),
    [
        (20, True, "RUNNING", 2, ""),
        (30, False, "BACKOFF", 2, "exited too quickly (exit status 3)"),
        (200, False, "FATAL", 2, "exited too quickly (exit status 3)"),
        (0, True, "STOPPED", 2, "exit status 3"),
        (100, True, "EXITED_EXPECTED", 0, "exit status 3"),
        (100, False, "EXITED_UNEXPECTED", 0, "exit status 3"),
    ],
)
def test_process_that_settled_is_announced_to_those_who_ask(
    state: int, expected: bool, name: str, attempts: int, words: str
) -> None:
    """Under names of its own, outside EVENT."""
    hall = Hall(events.SettledStateEvent)
    left = 0 if state == 20 else 20
    happened = change(
        state,
        left=left,
        before=Process(1, settled=left, backoff=2, started_mono_s=8.5),
        process=Process(1, spawnerr=None if expected else "Bad exit code 3"),
        detail=Detail(Now(10.0, 0.0), ending=Ending(3, 0, "exit status 3")),
    )
    hall.announcer.announce(happened)
    assert hall.told() == [
        (
            f"PROCESS_STATE_CHANGE_{name}",
            f"processname:p groupname:g from_state:{'STOPPED' if state == 20 else 'RUNNING'} "
            f"expected:{int(expected)} pid:7 attempts:{attempts} "
            f"uptime:{0.0 if state == 20 else 1.5:.3f}\n{words}",
        )
    ]
    everything = Hall(events.Event)
    everything.announcer.announce(happened)
    assert len(everything.heard) == 1


def test_e14_stopped_from_backoff_has_no_pid() -> None:
    """`pid:0`, as ever."""
    hall = Hall(events.ProcessStateEvent)
    hall.announcer.announce(change(0, 30, pid=0))
    assert hall.told()[0][1] == "processname:p groupname:g from_state:BACKOFF pid:0"


def test_groups_are_announced_with_a_line_feed() -> None:
    """`groupname:g` and a line feed that counts (E10)."""
    hall = Hall(events.ProcessGroupEvent)
    hall.announcer.announce(GroupChange("g", added=True))
    hall.announcer.announce(GroupChange("g", added=False))
    assert hall.told() == [
        ("PROCESS_GROUP_ADDED", "groupname:g\n"),
        ("PROCESS_GROUP_REMOVED", "groupname:g\n"),
    ]


def test_states_of_the_daemon_are_announced_without_payload() -> None:
    """RUNNING when it begins, STOPPING before a shutdown as before a restart."""
    hall = Hall(events.SupervisorStateChangeEvent)
    for mood in ("RUNNING", "SHUTDOWN", "RESTARTING"):
        hall.announcer.announce(MoodChange(getattr(SupervisorStates, mood)))
    assert hall.told() == [
        ("SUPERVISOR_STATE_CHANGE_RUNNING", ""),
        ("SUPERVISOR_STATE_CHANGE_STOPPING", ""),
        ("SUPERVISOR_STATE_CHANGE_STOPPING", ""),
    ]


def test_state_fatal_of_the_daemon_is_announced_with_its_reason() -> None:
    """The sentence is the payload."""
    hall = Hall(events.Event)
    hall.announcer.announce(MoodChange(SupervisorStates.FATAL, "cannot clear it"))
    assert hall.told() == [("SUPERVISOR_STATE_CHANGE_FATAL", "cannot clear it")]


def test_output_is_announced_with_pid_and_channel() -> None:
    """Log events say the channel, captured ones do not."""
    hall = Hall(events.ProcessLogEvent, events.ProcessCommunicationEvent)
    hall.announcer.output(1, "stdout", b"a\n")
    hall.announcer.output(1, "stderr", b"\x88\n")
    hall.announcer.captured(1, "stdout", b"b")
    hall.announcer.captured(1, "stderr", b"c")
    head = "processname:p groupname:g pid:77"
    assert hall.told() == [
        ("PROCESS_LOG_STDOUT", f"{head} channel:stdout\na\n"),
        ("PROCESS_LOG_STDERR", f"{head} channel:stderr\nUndecodable: b'\\x88\\n'"),
        ("PROCESS_COMMUNICATION_STDOUT", f"{head}\nb"),
        ("PROCESS_COMMUNICATION_STDERR", f"{head}\nc"),
    ]


def test_message_of_a_client_is_announced() -> None:
    """`type:…`, then the data."""
    hall = Hall(events.RemoteCommunicationEvent)
    hall.announcer.remote_communication("5", "{'a': 1}")
    assert hall.told() == [("REMOTE_COMMUNICATION", "type:5\n{'a': 1}")]


def test_tick_is_announced_with_its_slice() -> None:
    """`when:` an integer multiple of the period."""
    hall = Hall(events.TickEvent)
    hall.announcer.tick(events.Tick5Event, 1_700_000_005)
    assert hall.told() == [("TICK_5", "when:1700000005")]


def test_nothing_is_made_for_nobody() -> None:
    """Without subscribers no event is made and no serial drawn."""
    hall = Hall(events.TickEvent)
    hall.announcer.announce(change(20))
    # The process is not even looked up: there is none with this id.
    hall.announcer = Announcer(hall.subscriptions, nobody)
    hall.announcer.output(1, "stdout", b"x")
    hall.announcer.captured(1, "stdout", b"x")
    hall.announcer.remote_communication("a", "b")
    assert (hall.heard, hall.announcer.next_serial) == ([], 0)


def test_who_subscribes_late_is_told_from_then_on() -> None:
    """What is wanted is asked anew after each change."""
    hall = Hall()
    assert not hall.announcer.wants(events.Tick5Event)
    hall.subscriptions.subscribe(events.TickEvent, hall.heard.append)
    assert hall.announcer.wants(events.Tick5Event)
    hall.subscriptions.unsubscribe(events.TickEvent, hall.heard.append)
    assert not hall.announcer.wants(events.Tick5Event)


def test_message_that_is_announced_again_is_another_event() -> None:
    """Its number and bytes are kept while it is announced, not longer."""
    hall = Hall(events.Event)
    hall.subscriptions.subscribe(events.Event, hall.announcer.stamped)
    hall.announcer.remote_communication("a", "b")
    (event,) = hall.heard
    assert (event.serial, event.stamped) == (0, None)
    hall.announcer.remote_communication("c", "d")
    hall.subscriptions.notify(event)
    assert [each.serial for each in hall.heard] == [2, 1, 2]


def test_event_is_stamped_once() -> None:
    """The same serial and the very same bytes for everybody."""
    hall = Hall(events.Event)
    hall.announcer.remote_communication("a", "b")
    first, again = (hall.announcer.stamped(hall.heard[0]) for _ in range(2))
    assert first is again
    assert (first.serial, hall.heard[0].serial, hall.announcer.next_serial) == (0, 0, 1)


def test_e4_length_counts_characters() -> None:
    """Listeners read text: a letter with two bytes counts once."""
    hall = Hall(events.Event)
    hall.announcer.remote_communication("a", "Ø")
    stamped = hall.announcer.stamped(hall.heard[0])
    assert stamped.told == " eventname:REMOTE_COMMUNICATION len:8\ntype:a\nØ".encode()


def test_payload_that_is_no_utf_8_keeps_its_length() -> None:
    """A lone surrogate, which a name from an old file may hold, becomes a question mark."""
    hall = Hall(events.Event)
    hall.announcer.remote_communication("a", "x\udcffy")
    stamped = hall.announcer.stamped(hall.heard[0])
    assert stamped.told == b" eventname:REMOTE_COMMUNICATION len:10\ntype:a\nx?y"


def test_serials_go_on_after_a_restart_and_begin_again_after_the_last() -> None:
    """The successor is told the next one; 0 follows the largest integer."""
    hall = Hall(events.Event, serial=SERIAL_MAX)
    for _ in range(2):
        hall.announcer.remote_communication("a", "b")
    assert [hall.announcer.stamped(event).serial for event in hall.heard] == [SERIAL_MAX, 0]


def test_event_of_a_plug_in_is_named_as_it_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registered types are sent like built-in ones, unnamed ones as what they derive from."""

    class Custom(events.Event):
        def payload(self) -> str:
            return "mine"

    class Derived(Custom):
        pass

    class Foreign:
        def payload(self) -> bytes:
            return b"theirs"

    monkeypatch.setattr(events.EventTypes, "CUSTOM", Custom, raising=False)
    hall = Hall(events.Event, Foreign)
    for event in (Custom(), Derived(), Foreign()):
        hall.subscriptions.notify(event)
    assert hall.told() == [("CUSTOM", "mine"), ("CUSTOM", "mine"), ("Foreign", "b'theirs'")]


def test_header_is_one_line_whatever_a_plug_in_registers(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the payload begins where it says."""

    class Custom(events.Event):
        def payload(self) -> str:
            return "mine"

    monkeypatch.setattr(events.EventTypes, "TWO\nLINES", Custom, raising=False)
    hall = Hall(events.Event)
    hall.subscriptions.notify(Custom())
    assert hall.told() == [("TWO LINES", "mine")]


def test_output_that_was_told_is_let_go() -> None:
    """Megabytes of it do not wait for a collector of cycles."""
    hall = Hall(events.Event)
    hall.subscriptions.subscribe(events.Event, hall.announcer.stamped)
    hall.announcer.output(1, "stdout", b"x" * 100)
    event = weakref.ref(hall.heard.pop())
    assert event() is None


def test_event_can_be_stamped_although_nobody_has_subscribed() -> None:
    """A query goes to its pool whatever that subscribed to."""
    hall = Hall()
    stamped = hall.announcer.stamped(events.MonitorQueryEvent("how are you"))
    assert stamped.told == b" eventname:MONITOR_QUERY len:11\nhow are you"


def test_event_has_the_view_of_plug_ins_and_the_values_of_its_moment() -> None:
    """`event.process` is what plug-ins walk; the payload says what was true at emission."""

    class View:
        pid = 0
        backoff = 0

        class config:
            name = "p"

        class group:
            class config:
                name = "g"

    hall = Hall(events.Event)
    view = View()
    hall.announcer.process_of = {1: view}.__getitem__
    hall.announcer.announce(change(100))
    hall.announcer.output(1, "stdout", b"x")
    assert [event.process for event in hall.heard] == [view, view]
    assert [payload for _, payload in hall.told()] == [
        "processname:p groupname:g from_state:RUNNING expected:1 pid:7",
        "processname:p groupname:g pid:77 channel:stdout\nx",
    ]
