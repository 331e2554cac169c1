"""Logs and events over the API: pieces by offset, streams, resuming."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from supervisor.events import ProcessStateStartingEvent, RemoteCommunicationEvent
from supervisor.rpc.caller import ANYBODY, Caller, Role
from supervisor.states import ProcessStates
from supervisor.tests.web.api.desk import Desk, opened
from supervisor.web.api.log_streams import LogText
from supervisor.web.messages import Response
from supervisor.web.sse import EventSource
from supervisor.wire.sse import EventStreamParser, Message

LOG = "/api/v1/processes/web/logs/stdout"
AS_EVENTS = (("accept", "text/event-stream"),)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.world.logbook.channels[desk.world.ids["web:web"], "stdout"] = b"0123456789"
    return desk


def piece(desk: Desk, target: str) -> tuple[bytes, tuple[int, int, int]]:
    """Bytes of a log, and offsets of the first, the next, and the end."""
    answer = desk.ask("GET", target)
    assert isinstance(answer, Response)
    assert (answer.status, answer.content_type) == (200, "text/plain;charset=utf-8")
    headers = dict(answer.headers)
    begin, after, end = (int(headers[f"X-Log-{name}"]) for name in ("Begin", "Next", "End"))
    return answer.body, (begin, after, end)


@pytest.mark.parametrize(
    ("query", "data", "offsets"),
    [
        ("", b"0123456789", (0, 10, 10)),
        ("?from=3", b"3456789", (3, 10, 10)),
        ("?from=3&length=4", b"3456", (3, 7, 10)),
        ("?from=-4", b"6789", (6, 10, 10)),
        ("?from=-4&length=1", b"6", (6, 7, 10)),
        ("?from=-400", b"0123456789", (0, 10, 10)),
        ("?from=10", b"", (10, 10, 10)),
        ("?from=400", b"", (10, 10, 10)),
        ("?from=9007199254740992", b"", (10, 10, 10)),
    ],
)
def test_piece_of_a_log_is_read_by_offset(
    desk: Desk, query: str, data: bytes, offsets: tuple[int, int, int]
) -> None:
    """GET /api/v1/processes/{name}/logs/{stream}?from=&length=."""
    assert piece(desk, LOG + query) == (data, offsets)


def test_main_log_is_read_like_those_of_processes(desk: Desk) -> None:
    desk.world.logbook.main = b"main"
    assert piece(desk, "/api/v1/supervisor/log?from=-2") == (b"in", (2, 4, 4))


def test_main_log_is_not_for_those_who_see_some_programs(desk: Desk) -> None:
    """It tells about all of them."""
    his = Caller("ann", Role.ADMIN, ("web",), "password")
    assert desk.call("GET", "/supervisor/log", caller=his)[0] == 403


def test_log_that_is_none_is_a_problem(desk: Desk) -> None:
    del desk.world.logbook.channels[desk.world.ids["web:web"], "stderr"]
    for query in ("", "?follow=true"):
        status, struct = desk.call("GET", f"/processes/web/logs/stderr{query}")
        assert (status, struct["fault"]) == (404, "NO_FILE")
    assert desk.call("GET", "/processes/web/logs/stdin")[0] == 404


def test_logs_are_emptied(desk: Desk) -> None:
    assert desk.call("DELETE", "/processes/web/logs") == (200, {"result": True})
    assert piece(desk, LOG) == (b"", (0, 0, 0))
    assert desk.call("POST", "/supervisor/clear-logs")[1]["results"][0]["status"] == 80
    desk.world.logbook.main = b"x"
    assert desk.call("DELETE", "/supervisor/log")[0] == 200
    assert desk.world.logbook.main == b""


def test_log_is_followed_as_it_is(desk: Desk) -> None:
    stream = desk.ask("GET", f"{LOG}?follow&from=-3")
    assert isinstance(stream, LogText)
    woken: list[int] = []
    stream.on_growth(lambda: woken.append(1))
    assert stream.read(65536) == b"789"
    assert stream.read(65536) == b""
    desk.world.logbook.grow(desk.world.ids["web:web"], "stdout", b"\xff\n")
    assert woken == [1]
    assert stream.read(65536) == b"\xff\n"
    stream.close()
    assert desk.world.logbook.followers == []


def starting(desk: Desk, group: str, name: str) -> None:
    """A process is being started."""
    process = SimpleNamespace(
        group=SimpleNamespace(config=SimpleNamespace(name=group)),
        config=SimpleNamespace(name=name),
        backoff=0,
    )
    desk.world.subscriptions.notify(ProcessStateStartingEvent(process, ProcessStates.STOPPED))


def message_sent(desk: Desk, text: str) -> None:
    """Somebody has sent a message to listeners."""
    desk.world.subscriptions.notify(RemoteCommunicationEvent(text, "data"))


class Watcher:
    """A client of a stream of events."""

    def __init__(
        self,
        desk: Desk,
        target: str,
        headers: tuple[tuple[str, str], ...] = (),
        caller: Caller = ANYBODY,
    ) -> None:
        answer = desk.ask("GET", target, headers=headers, caller=caller)
        assert isinstance(answer, EventSource), answer
        assert answer.content_type == "text/event-stream"
        self.source = answer
        self.source.on_growth(lambda: None)
        self._parser = EventStreamParser()

    def read(self) -> list[Message]:
        """What has come since."""
        found: list[Message] = []
        while data := self.source.read(65536):
            found += self._parser.feed(data)
        return found

    def structs(self) -> list[Any]:
        """The data of what has come since."""
        return [json.loads(message.data) for message in self.read()]


def test_log_is_followed_as_events(desk: Desk) -> None:
    watcher = Watcher(desk, f"{LOG}?from=-2", AS_EVENTS)
    assert watcher.read() == [Message("log", '{"offset":8,"text":"89"}', "10")]
    desk.world.logbook.grow(desk.world.ids["web:web"], "stdout", b"\n\ndata: x\nid: 0\n\n")
    message = watcher.read()[0]
    assert json.loads(message.data) == {"offset": 10, "text": "\n\ndata: x\nid: 0\n\n"}
    assert message.id == "27"
    watcher.source.close()
    assert desk.world.logbook.followers == []


def test_characters_are_never_cut(desk: Desk) -> None:
    """Half of a character waits for the other half; the id is before it."""
    watcher = Watcher(desk, f"{LOG}?from=10", AS_EVENTS)
    process_id = desk.world.ids["web:web"]
    desk.world.logbook.grow(process_id, "stdout", "ä€".encode()[:3])
    assert watcher.read() == [Message("log", '{"offset":10,"text":"ä"}', "12")]
    desk.world.logbook.grow(process_id, "stdout", "€".encode()[1:] + b"\xff")
    assert watcher.read() == [Message("log", '{"offset":12,"text":"€\ufffd"}', "16")]


def test_client_is_told_that_offsets_begin_anew(desk: Desk) -> None:
    watcher = Watcher(desk, LOG, AS_EVENTS)
    watcher.read()
    process_id = desk.world.ids["web:web"]
    desk.world.logbook.channels[process_id, "stdout"] = b""
    desk.world.logbook.grow(process_id, "stdout", b"new")
    assert [(each.event, each.data) for each in watcher.read()] == [
        ("anew", '{"reason":"emptied"}'),
        ("log", '{"offset":0,"text":"new"}'),
    ]


def test_client_that_comes_back_goes_on_where_it_was(desk: Desk) -> None:
    watcher = Watcher(desk, LOG, (*AS_EVENTS, ("last-event-id", "7")))
    assert watcher.structs() == [{"offset": 7, "text": "789"}]
    watcher = Watcher(desk, f"{LOG}?from=9", (*AS_EVENTS, ("last-event-id", "x\u00b2")))
    assert watcher.structs() == [{"offset": 9, "text": "9"}]


def test_events_are_told_as_they_happen(desk: Desk) -> None:
    """GET /api/v1/events as server-sent events with resume by id and topics."""
    watcher = Watcher(desk, "/api/v1/events")
    starting(desk, "pool", "1")
    struct = watcher.structs()[0]
    assert struct["type"] == "PROCESS_STATE_STARTING"
    assert (struct["group"], struct["name"], struct["serial"]) == ("pool", "1", 1)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 2),
        ("?types=PROCESS_STATE", 1),
        ("?types=REMOTE_COMMUNICATION,PROCESS_STATE_RUNNING", 1),
        ("?types=EVENT", 2),
        ("?name=pool:*", 1),
        ("?name=web", 0),
    ],
)
def test_events_are_chosen_by_type_and_process(desk: Desk, query: str, count: int) -> None:
    watcher = Watcher(desk, f"/api/v1/events{query}")
    starting(desk, "pool", "1")
    message_sent(desk, "x")
    assert len(watcher.structs()) == count


def test_watcher_goes_on_from_an_id(desk: Desk) -> None:
    watcher = Watcher(desk, "/api/v1/events")
    message_sent(desk, "a")
    message_sent(desk, "b")
    first, second = watcher.read()
    for target, headers in (
        ("/api/v1/events", (("last-event-id", first.id),)),
        (f"/api/v1/events?from={first.id}", ()),
    ):
        again = Watcher(desk, target, headers)
        assert [each.data for each in again.read()] == [second.data]
    lost = Watcher(desk, "/api/v1/events?from=another-1")
    assert [each.event for each in lost.read()] == ["resync"]


def test_watcher_is_told_only_of_his_programs(desk: Desk) -> None:
    his = Caller("ann", Role.READ, ("web",), "password")
    watcher = Watcher(desk, "/api/v1/events", caller=his)
    starting(desk, "pool", "1")
    starting(desk, "web", "web")
    assert [each["name"] for each in watcher.structs()] == ["web"]


def test_news_of_others_keep_nobody_busy(desk: Desk) -> None:
    """A stream that has nothing to say is not asked again and again."""
    his = Caller("ann", Role.READ, ("web",), "password")
    watcher = Watcher(desk, "/api/v1/events", caller=his)
    watcher.read()
    woken: list[int] = []
    watcher.source.on_growth(lambda: woken.append(1))
    starting(desk, "web", "web")
    starting(desk, "pool", "1")
    del woken[:]
    assert [each["name"] for each in watcher.structs()] == ["web"]
    assert watcher.read() == []
    assert len(woken) <= 1


@pytest.mark.parametrize("types", ["NO_SUCH", "", "TICK_5", "process_state", "PROCESS_STATE,"])
def test_types_that_are_none_are_refused(desk: Desk, types: str) -> None:
    answer = desk.ask("GET", f"/api/v1/events?types={types}")
    assert isinstance(answer, Response)
    assert opened(answer)[0] == 400
