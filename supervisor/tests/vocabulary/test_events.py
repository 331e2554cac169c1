"""`supervisor.events` as plug-ins and custom result handlers know it."""

from types import SimpleNamespace
from typing import Any

import pytest

from supervisor import dispatchers, events
from supervisor.events import EventTypes, Subscriptions


def process(name: str = "cat", group: str | None = "cat", **fields: Any) -> Any:
    """What a plug-in may hand to an event instead of a process of ours."""
    owner = None if group is None else SimpleNamespace(config=SimpleNamespace(name=group))
    return SimpleNamespace(config=SimpleNamespace(name=name), group=owner, **fields)


class TestPayloads:
    def test_state_event_is_rendered_as_far_as_it_may_change(self) -> None:
        """Later pid changes do not alter a buffered event."""
        cat = process(pid=2766)
        event = events.ProcessStateExitedEvent(cat, 20, expected=False)
        cat.pid = 0
        expected = "processname:cat groupname:cat from_state:RUNNING expected:0 pid:2766"
        assert event.payload() == expected
        assert event.extra_values == [("expected", 0), ("pid", 2766)]

    def test_process_without_a_group_has_an_empty_group_name(self) -> None:
        event = events.ProcessStateFatalEvent(process(group=None), 30)
        assert event.payload() == "processname:cat groupname: from_state:BACKOFF"

    @pytest.mark.parametrize(
        ("data", "text"),
        [(b"gr\xc3\xbcn", "grün"), ("text", "text"), (b"\x88\n", "Undecodable: b'\\x88\\n'")],
    )
    def test_output_is_text_if_it_can_be(self, data: bytes | str, text: str) -> None:
        """Non-UTF-8 chunks appear as Python writes them."""
        event = events.ProcessLogStderrEvent(process(), 7, data)
        expected = f"processname:cat groupname:cat pid:7 channel:stderr\n{text}"
        assert event.payload() == expected

    def test_abstract_events_have_no_payload(self) -> None:
        assert events.Event().payload() == events.DirectedEvent().payload() == ""


CLASSIC = (
    "EVENT",
    "PROCESS_STATE",
    "PROCESS_STATE_STOPPED",
    "PROCESS_STATE_STARTING",
    "PROCESS_STATE_RUNNING",
    "PROCESS_STATE_BACKOFF",
    "PROCESS_STATE_STOPPING",
    "PROCESS_STATE_EXITED",
    "PROCESS_STATE_FATAL",
    "PROCESS_STATE_UNKNOWN",
    "PROCESS_COMMUNICATION",
    "PROCESS_COMMUNICATION_STDOUT",
    "PROCESS_COMMUNICATION_STDERR",
    "PROCESS_LOG",
    "PROCESS_LOG_STDOUT",
    "PROCESS_LOG_STDERR",
    "REMOTE_COMMUNICATION",
    "SUPERVISOR_STATE_CHANGE",
    "SUPERVISOR_STATE_CHANGE_RUNNING",
    "SUPERVISOR_STATE_CHANGE_STOPPING",
    "TICK",
    "TICK_5",
    "TICK_60",
    "TICK_3600",
    "PROCESS_GROUP",
    "PROCESS_GROUP_ADDED",
    "PROCESS_GROUP_REMOVED",
)
"""Those of Supervisor 4."""


class TestNames:
    @pytest.mark.parametrize("name", CLASSIC)
    def test_classic_type_is_below_event_and_below_its_prefix(self, name: str) -> None:
        """The tree of the specification: names say the parents."""
        kind = events.event_type(name)
        assert kind is not None
        assert issubclass(kind, events.Event)
        parent = events.event_type(name.rpartition("_")[0])
        assert parent is None or issubclass(kind, parent)
        assert events.getEventNameByType(kind) == name

    def test_new_types_are_not_below_event(self) -> None:
        """Whoever subscribed to everything gets what they always got; but FATAL is rare."""
        new = [name for name in events.event_names() if name not in CLASSIC]
        below = [name for name in new if issubclass(getattr(EventTypes, name), events.Event)]
        assert below == ["SUPERVISOR_STATE_CHANGE_FATAL"]
        assert "MONITOR_QUERY" in new
        assert sum(name.startswith("PROCESS_STATE_CHANGE") for name in new) == 9

    @pytest.mark.parametrize("name", ["", "event", "__module__", "NOSUCH"])
    def test_other_names_are_none(self, name: str) -> None:
        assert events.event_type(name) is None

    def test_class_without_a_name_has_none(self) -> None:
        """An exact class match: derived classes have no name until they are registered."""

        class Derived(events.TickEvent):
            pass

        assert events.getEventNameByType(Derived) is None

    def test_plug_in_registers_a_type(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It can be subscribed to and is sent from then on."""

        class Weather(events.Event):
            pass

        # So that it is gone at the end of the test.
        monkeypatch.setattr(EventTypes, "WEATHER", None, raising=False)
        events.register("WEATHER", Weather)
        assert events.event_type("WEATHER") is Weather
        assert events.getEventNameByType(Weather) == "WEATHER"
        assert events.event_names()[-1] == "WEATHER"


class TestSubscriptions:
    def test_subscribers_hear_in_the_order_of_subscription(self) -> None:
        """Synchronously; of the class and of those derived from it."""
        heard: list[tuple[str, Any]] = []
        subscriptions = Subscriptions()
        subscriptions.subscribe(events.Event, lambda event: heard.append(("all", event)))
        subscriptions.subscribe(events.TickEvent, lambda event: heard.append(("tick", event)))
        tick, group = events.Tick5Event(5), events.ProcessGroupAddedEvent("g")
        subscriptions.notify(tick)
        subscriptions.notify(group)
        assert heard == [("all", tick), ("tick", tick), ("all", group)]

    def test_subscriber_may_leave_while_it_is_told(self) -> None:
        heard: list[object] = []
        subscriptions = Subscriptions()

        def once(event: object) -> None:
            heard.append(event)
            subscriptions.unsubscribe(events.Event, once)

        subscriptions.subscribe(events.Event, once)
        subscriptions.subscribe(events.Event, heard.append)
        event = events.Event()
        subscriptions.notify(event)
        subscriptions.notify(event)
        assert heard == [event, event, event]

    def test_callback_that_cannot_be_compared_is_told(self) -> None:
        """The list is public, and what is in it need only be callable."""

        class Incomparable(list[object]):
            def __call__(self, event: object) -> None:
                self.append(event)

            def __eq__(self, other: object) -> bool:
                raise ValueError("neither equal nor different")

        first, second = Incomparable(), Incomparable()
        subscriptions, event = Subscriptions(), events.Event()
        for callback in (first, second):
            subscriptions.callbacks[:] = [(events.Event, callback)]
            subscriptions.notify(event)
        assert list(first) == list(second) == [event]
        subscriptions.subscribe(events.Event, print)
        subscriptions.unsubscribe(events.Event, print)
        assert [callback is second for _, callback in subscriptions.callbacks] == [True]

    def test_callback_that_equals_its_predecessor_is_told(self) -> None:
        class Equal(list[object]):
            def __call__(self, event: object) -> None:
                self.append(event)

            def __eq__(self, other: object) -> bool:
                return isinstance(other, Equal)

        first, second = Equal(), Equal()
        subscriptions, event = Subscriptions(), events.Event()
        for callback in (first, second):
            subscriptions.clear()
            subscriptions.subscribe(events.Event, callback)
            subscriptions.notify(event)
        assert len(first) == len(second) == 1

    def test_class_that_judges_each_event_by_itself_is_asked_each_time(self) -> None:
        """As `isinstance` says, not as it said of another event of that class."""

        class Flagged(type):
            def __instancecheck__(cls, event: object) -> bool:
                return hasattr(event, "flag")

        class Wanted(metaclass=Flagged):
            pass

        heard: list[object] = []
        subscriptions, plain, flagged = Subscriptions(), events.Event(), events.Event()
        subscriptions.subscribe(Wanted, heard.append)
        vars(flagged)["flag"] = True
        subscriptions.notify(plain)
        subscriptions.notify(flagged)
        subscriptions.notify(plain)
        assert heard == [flagged]

    def test_unknown_subscription_cannot_be_ended(self) -> None:
        with pytest.raises(ValueError, match="not in list"):
            Subscriptions().unsubscribe(events.Event, print)

    def test_changes_are_told(self) -> None:
        """The daemon plans ticks only for those who want them."""
        changes: list[int] = []
        subscriptions = Subscriptions()
        subscriptions.on_change = lambda: changes.append(len(subscriptions.callbacks))
        subscriptions.subscribe(events.Event, print)
        subscriptions.subscribe(events.TickEvent, print)
        subscriptions.unsubscribe(events.Event, print)
        subscriptions.clear()
        assert changes == [1, 2, 1, 0]

    def test_nothing_is_wanted_by_nobody(self) -> None:
        subscriptions = Subscriptions()
        assert not subscriptions.wants(events.Tick5Event)
        subscriptions.subscribe(events.TickEvent, print)
        assert subscriptions.wants(events.Tick5Event)
        assert not subscriptions.wants(events.ProcessGroupEvent)

    def test_promised_functions_are_those_of_the_daemon(self) -> None:
        """`events.subscribe` and its like work on the list that the daemon tells."""
        assert events.callbacks is events.subscriptions.callbacks
        for name in ("subscribe", "unsubscribe", "clear", "notify"):
            assert getattr(events, name) == getattr(events.subscriptions, name)


@pytest.mark.parametrize("result", [b"FAIL", b"ok", b"OK\n", b""])
def test_default_result_handler_refuses_everything_but_ok(result: bytes) -> None:
    """Exactly `OK` accepts."""
    dispatchers.default_handler(events.Event(), b"OK")
    with pytest.raises(dispatchers.RejectEvent) as refused:
        dispatchers.default_handler(events.Event(), result)
    assert refused.value.args == (result,)
