"""Following the news of the daemon: resume, topics, and whose news they are."""

from collections.abc import Callable

import pytest

from supervisor import events
from supervisor.daemon.announcer import Moment
from supervisor.daemon.feed import KEPT_COUNT_MAX, LINGER_S, Feed
from supervisor.daemon.timers import TimerHeap
from supervisor.rpc.ports import News
from supervisor.subscriptions import Subscriptions
from supervisor.tests.fakes.clock import FakeClock
from supervisor.web.news import BATCH_COUNT, NewsFollower, types_below
from supervisor.web.sse import EventSource
from supervisor.wire.sse import EventStreamParser, Message


class Daemon:
    """A feed, and what happens."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.timers = TimerHeap()
        self.subscriptions = Subscriptions()
        self.failures: list[str] = []
        self.feed = Feed(self.subscriptions, self.clock, self.timers, self.failures.append)

    def happen(self, *names: str) -> None:
        """Groups of these names are added."""
        for name in names:
            self.subscriptions.notify(events.ProcessGroupAddedEvent(name))

    def client(self, resume: str = "", wanted: Callable[[News], bool] | None = None) -> "Client":
        return Client(self, resume, wanted or (lambda news: True))

    def pass_s(self, seconds: float) -> None:
        self.clock.advance(seconds)
        while (callback := self.timers.pop_due(self.clock.mono_s)) is not None:
            callback()


class Client:
    """A browser that is told the names of groups."""

    def __init__(self, daemon: Daemon, resume: str, wanted: Callable[[News], bool]) -> None:
        self.source = EventSource(daemon.timers, daemon.clock)
        self._parser = EventStreamParser()
        self.wanted = wanted
        self.last_id = resume
        self.wakes = 0
        NewsFollower(self.source, daemon.feed, self._tell, resume)
        self.source.on_growth(self._woken)

    def _woken(self) -> None:
        self.wakes += 1

    def _tell(self, news: News, id: str) -> None:
        if self.wanted(news):
            self.source.send("group", news.group, id)

    def messages(self) -> list[Message]:
        """What it reads when it reads as often as it is woken."""
        found: list[Message] = []
        while True:
            wakes = self.wakes
            data = self.source.read(65536)
            for line in data.decode().split("\n"):
                if line.startswith("id: "):
                    self.last_id = line[4:]
            found += self._parser.feed(data)
            if not data and wakes == self.wakes:
                return found

    def groups(self) -> list[str]:
        return [each.data for each in self.messages()]

    def leave(self) -> str:
        self.source.close()
        return self.last_id


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


def test_client_is_told_what_happens_from_now_on(daemon: Daemon) -> None:
    """News have the id LIFE-SERIAL; what was before is not told."""
    daemon.client()
    daemon.happen("before")
    client = daemon.client()
    assert client.messages() == []
    assert client.last_id == f"{daemon.feed.life}-1"
    daemon.happen("a", "b")
    assert client.messages() == [
        Message("group", "a", f"{daemon.feed.life}-2"),
        Message("group", "b", f"{daemon.feed.life}-3"),
    ]


def test_client_that_comes_back_goes_on_where_it_was(daemon: Daemon) -> None:
    """A lost connection costs no event."""
    client = daemon.client()
    daemon.happen("a", "b")
    assert client.groups() == ["a", "b"]
    last_id = client.leave()
    daemon.happen("c", "d")
    daemon.pass_s(LINGER_S - 1)
    back = daemon.client(last_id)
    daemon.happen("e")
    assert back.groups() == ["c", "d", "e"]


def test_client_that_saw_nothing_yet_can_come_back_too(daemon: Daemon) -> None:
    """It is told its position at once."""
    client = daemon.client()
    client.messages()
    last_id = client.leave()
    daemon.happen("a")
    assert daemon.client(last_id).groups() == ["a"]


@pytest.mark.parametrize("resume", ["{life}-7", "other-0", "{life}-", "x", "{life}-1 ", "-", "0"])
def test_client_with_an_unknown_id_is_told_to_look_anew(daemon: Daemon, resume: str) -> None:
    """Of another life, of the future, or nonsense: first resync, then what happens."""
    client = daemon.client(resume.format(life=daemon.feed.life))
    daemon.happen("a")
    first, second = client.messages()
    assert (first.event, first.data) == ("resync", '{"reason": "forgotten"}')
    assert first.id == f"{daemon.feed.life}-0"
    assert second.data == "a"
    assert not client.source.is_over


def test_client_that_comes_back_too_late_is_told_so(daemon: Daemon) -> None:
    """What happened while nobody watched is nobody's news: an id from before does not fit."""
    client = daemon.client()
    client.messages()
    last_id = client.leave()
    daemon.pass_s(LINGER_S + 1)
    daemon.happen("unseen")
    assert [each.event for each in daemon.client(last_id).messages()] == ["resync"]


def test_client_that_comes_back_after_too_much_is_told_so(daemon: Daemon) -> None:
    """Only the last events are kept."""
    watcher, client = daemon.client(), daemon.client()
    client.messages()
    last_id = client.leave()
    daemon.happen(*(["x"] * KEPT_COUNT_MAX))
    back = daemon.client(last_id)
    assert len(back.messages()) == KEPT_COUNT_MAX
    daemon.happen("one more")
    assert [each.event for each in daemon.client(last_id).messages()] == ["resync"]
    assert [each.event for each in watcher.messages()] == ["resync"]


def test_slow_client_gets_one_resync_and_the_end(daemon: Daemon) -> None:
    """It can go on from the id of that event."""
    client = daemon.client()
    daemon.happen(*map(str, range(KEPT_COUNT_MAX + 1)))
    (resync,) = client.messages()
    assert (resync.event, resync.data) == ("resync", '{"reason": "slow"}')
    assert client.source.is_over
    daemon.happen("a")
    assert daemon.client(resync.id).groups() == ["a"]


def test_thousands_of_events_reach_a_client_that_reads(daemon: Daemon) -> None:
    """In order, each once, however many at a time, and memory is that of the feed alone."""
    client = daemon.client()
    told: list[str] = []
    names = [str(number) for number in range(10_000)]
    for start in range(0, len(names), 1500):
        daemon.happen(*names[start : start + 1500])
        told += client.groups()
    assert told == names


def test_client_with_few_interests_is_not_kept_busy(daemon: Daemon) -> None:
    """What is not for it is passed over in batches, and its position moves on."""
    client = daemon.client(wanted=lambda news: news.group == "mine")
    daemon.happen(*(["other"] * (3 * BATCH_COUNT)), "mine", "other")
    assert client.groups() == ["mine"]
    daemon.pass_s(16.0)
    client.messages()
    assert client.last_id == f"{daemon.feed.life}-{daemon.feed.last_serial}"


def test_feed_is_left_when_the_client_leaves(daemon: Daemon) -> None:
    """After a while nothing is subscribed any more."""
    client = daemon.client()
    assert daemon.subscriptions.wants(events.ProcessStateRunningEvent)
    client.leave()
    daemon.pass_s(LINGER_S + 1)
    assert daemon.subscriptions.callbacks == []
    assert daemon.timers.next_deadline_s() is None


def test_types_stand_for_those_below_them() -> None:
    """As in the configuration of listeners."""
    assert types_below(["PROCESS_GROUP"]) == {
        "PROCESS_GROUP",
        "PROCESS_GROUP_ADDED",
        "PROCESS_GROUP_REMOVED",
    }
    assert "PROCESS_STATE_CHANGE" not in types_below(["EVENT"])
    assert types_below([]) == set()


@pytest.mark.parametrize("name", ["NONSENSE", "process_state", "TICK_5", "MONITOR_QUERY", ""])
def test_types_that_are_no_news_are_refused(name: str) -> None:
    """Also those that exist, but that nobody who watches is told."""
    with pytest.raises(ValueError, match=f"^{name}$"):
        types_below(["PROCESS_STATE", name])


def test_process_events_name_their_process(daemon: Daemon) -> None:
    """Group and name are told apart from the payload."""
    got: list[News] = []
    daemon.feed.watch(got.append)
    event = events.ProcessStateRunningEvent(Moment("web", "site", 7, 0), 10)
    daemon.subscriptions.notify(event)
    assert got == [
        News(
            1,
            daemon.clock.now().wall_s,
            "PROCESS_STATE_RUNNING",
            "site",
            "web",
            "processname:web groupname:site from_state:STARTING pid:7",
        )
    ]
