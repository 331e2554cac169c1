"""Events in words, and which of them are shown to whom."""

import re

import pytest

from supervisor import events
from supervisor.daemon.announcer import Moment
from supervisor.rpc.caller import Caller, Role
from supervisor.rpc.ports import News
from supervisor.states import ProcessStates
from supervisor.tests.rpc.world import program
from supervisor.tests.web.visitor import Visitor
from supervisor.web.views.events import (
    DETAILS_CHARS_MAX,
    EventWish,
    details,
    event_html,
    is_of,
    kept,
    matcher,
)


def news(kind: str, payload: str = "", *, group: str = "web", name: str = "a") -> News:
    return News(7, 1_700_000_000.25, kind, group, name, payload)


@pytest.mark.parametrize(
    ("kind", "payload", "words"),
    [
        (
            "PROCESS_STATE_EXITED",
            "processname:a groupname:web from_state:RUNNING expected:0 pid:42",
            "from RUNNING, not expected, pid 42",
        ),
        (
            "PROCESS_STATE_BACKOFF",
            "processname:a groupname:web from_state:STARTING tries:3",
            "from STARTING, try 3",
        ),
        ("PROCESS_STATE_STARTING", "processname:a groupname:web tries:0", ""),
        (
            "PROCESS_LOG_STDERR",
            "processname:a groupname:web pid:3 channel:stderr\nsome\n text\n",
            "pid 3, 11 bytes: some text",
        ),
        (
            "PROCESS_STATE_CHANGE_EXITED_UNEXPECTED",
            "processname:a groupname:web from_state:RUNNING attempts:0 uptime:3.002\nexit status 3",
            "from RUNNING, after 3.002 s, exit status 3",
        ),
        ("SUPERVISOR_STATE_CHANGE_FATAL", "cannot fork: no memory", "cannot fork: no memory"),
        ("REMOTE_COMMUNICATION", "type:deploy\nrelease 3", "type deploy, 9 bytes: release 3"),
        ("PROCESS_GROUP_ADDED", "groupname:web\n", ""),
    ],
)
def test_payloads_are_told_in_words(kind: str, payload: str, words: str) -> None:
    assert details(news(kind, payload)) == words


def test_output_of_programs_is_cut() -> None:
    text = details(news("PROCESS_LOG_STDOUT", "pid:1\n" + "x" * 100_000))
    assert len(text) == DETAILS_CHARS_MAX
    assert text.endswith("…")


def test_hostile_payloads_are_text() -> None:
    html = event_html(news("PROCESS_LOG_STDOUT", 'pid:1\n<script>"\x00\ud800', name="<b>"))
    assert "<script>" not in html
    assert "<b>" not in html.replace('<b class="', "")
    assert "&lt;script&gt;&quot;" in html
    html.encode()


@pytest.mark.parametrize(
    ("kind", "payload", "look"),
    [
        ("PROCESS_STATE_FATAL", "", "FATAL"),
        ("PROCESS_STATE_EXITED", "x:1 expected:0", "bad-exit"),
        ("PROCESS_STATE_EXITED", "x:1 expected:1", "EXITED"),
        ("PROCESS_STATE_CHANGE_EXITED_UNEXPECTED", "x:1 expected:0", "bad-exit"),
        ("PROCESS_STATE_CHANGE_RUNNING", "", "RUNNING"),
        ("PROCESS_LOG_STDOUT", "", ""),
        ("RUNNING", "", ""),
    ],
)
def test_states_have_their_shapes(kind: str, payload: str, look: str) -> None:
    html = event_html(news(kind, payload))
    assert re.search(r'class="b ([^"]*)"', html)[1] == look  # type: ignore[index]
    assert ("#i-" in html) == bool(look)


def test_times_have_milliseconds() -> None:
    assert ".250</time>" in event_html(news("PROCESS_STATE_RUNNING"))


@pytest.mark.parametrize(
    ("topic", "kind", "answer"),
    [
        ("", "PROCESS_STATE_RUNNING", True),
        ("", "PROCESS_STATE_CHANGE_RUNNING", False),
        ("PROCESS_STATE", "PROCESS_STATE_RUNNING", True),
        ("PROCESS_STATE", "PROCESS_STATE_CHANGE_RUNNING", False),
        ("PROCESS_STATE_CHANGE", "PROCESS_STATE_CHANGE_RUNNING", True),
        ("PROCESS_LOG", "PROCESS_LOG_STDOUT", True),
        ("PROCESS_LOG", "PROCESS_LOGX", False),
        ("REMOTE_COMMUNICATION", "REMOTE_COMMUNICATION", True),
    ],
)
def test_topics_are_types_and_those_below(topic: str, kind: str, answer: bool) -> None:
    assert is_of(kind, topic) == answer


def test_words_are_and_ed() -> None:
    found = news("PROCESS_STATE_EXITED", "from_state:RUNNING pid:42")
    for query, answer in (("web:a pid", True), ("EXITED 42", True), ("web 43", False)):
        assert matcher(EventWish(query=query))(found) == answer


def test_events_of_others_do_not_exist() -> None:
    """Neither of their processes, nor what clients tell listeners."""
    eve = Caller("eve", Role.READ, ("db",), "password")
    visitor = Visitor(program("web"), program("db"), caller=eve)
    feed, subscriptions = visitor.world.feed, visitor.world.subscriptions
    feed.watch(lambda news: None)
    subscriptions.notify(events.RemoteCommunicationEvent("deploy", "hunter2"))
    for name in ("web", "db"):
        moment = Moment(name, name, 42, 0)
        subscriptions.notify(events.ProcessStateStartingEvent(moment, ProcessStates.STOPPED, None))
    subscriptions.notify(events.SupervisorRunningEvent())
    page = visitor.see("events.html")
    rows = page.all("tr", role="row")[1:]
    assert [each["id"] for each in rows] == ["e-4", "e-3"]
    assert "SUPERVISOR_STATE_CHANGE_RUNNING" in rows[0].text
    assert "db" in rows[1].text
    assert len(feed.kept()) == 4


class ShortMemory:
    """A feed that knows its last events only. Implements `rpc.ports.Feed` as far as needed."""

    def __init__(self, last_serial: int, kept_count: int) -> None:
        self.last_serial = last_serial
        self.kept_count = kept_count
        self.life = "1"

    def watch(self, callback: object) -> object:
        raise NotImplementedError

    def since(self, serial: int) -> list[News] | None:
        missed = self.last_serial - serial
        if not 0 <= missed <= self.kept_count:
            return None
        return [
            news("X")._replace(serial=number) for number in range(serial + 1, self.last_serial + 1)
        ]


@pytest.mark.parametrize(
    ("last_serial", "kept_count"), [(0, 0), (1, 0), (1, 1), (7, 3), (7, 7), (5000, 2000)]
)
def test_all_that_is_known_is_found(last_serial: int, kept_count: int) -> None:
    feed = ShortMemory(last_serial, kept_count)
    assert [each.serial for each in kept(feed)] == list(  # type: ignore[arg-type]
        range(last_serial - kept_count + 1, last_serial + 1)
    )
