"""Following streams: what comes, what is lost and comes back, what is refused."""

import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from supervisor.client.address import parse_serverurl
from supervisor.client.api import EVENT_STREAM
from supervisor.client.event_source import EventsSource
from supervisor.client.following import Follower, Lost, News, Opened, Refused, Told
from supervisor.client.http_stream import Answered, Ended, HttpStream
from supervisor.tests.support.script import Script, chunked, head

DEADLINE_S = 20.0
PAUSES_S = (0.01, 0.02)
"""As `RETRY_S`, but nobody shall wait for it."""
ONE = b'id: a-1\ndata: {"type": "ONE"}\n\n'
TWO = b'id: a-2\ndata: {"type": "TWO"}\n\n'


def opener(url: str) -> Callable[[str, Mapping[str, str]], HttpStream]:
    """What opens streams at a URL."""

    def open_one(path: str, headers: Mapping[str, str]) -> HttpStream:
        stream = HttpStream(parse_serverurl(url), path, headers)
        stream.open()
        return stream

    return open_one


def follow(url: str, enough: Callable[[list[News]], bool], *sources: EventsSource) -> list[News]:
    """All news up to those that are enough."""
    follower = Follower(opener(url), sources or [EventsSource(["EVENT"])], pauses_s=PAUSES_S)
    news: list[News] = []
    deadline_s = time.monotonic() + DEADLINE_S
    try:
        while not enough(news) and not follower.is_over:
            assert time.monotonic() < deadline_s, news
            news += follower.poll(1.0)
    finally:
        follower.close()
    return news


def types(news: list[News]) -> list[str]:
    """Types of the events among some news."""
    return [each.item.type for each in news if isinstance(each, Told)]


def test_events_are_told_as_they_come(tmp_path: Path) -> None:
    """In their order; comments are nothing."""
    with Script(tmp_path / "s", head(EVENT_STREAM) + ONE + b":\n\n" + TWO) as script:
        news = follow(script.serverurl, lambda news: len(types(news)) == 2)
    assert isinstance(news[0], Opened)
    assert types(news) == ["ONE", "TWO"]
    assert script.requests[0].startswith("GET /api/v1/events?types=EVENT HTTP/1.1\r\n")


def test_stream_that_ends_goes_on_where_it_was(tmp_path: Path) -> None:
    """`Last-Event-ID` is the last id that was told, with or without an event."""
    answers = [chunked(ONE, b"id: a-7\n\n"), head(EVENT_STREAM) + TWO]
    with Script(tmp_path / "s", *answers) as script:
        news = follow(script.serverurl, lambda news: "TWO" in types(news))
    assert "last-event-id" not in script.requests[0].lower()
    assert "\r\nlast-event-id: a-7\r\n" in script.requests[1].lower()
    # Nobody is bothered by a break that is over when it is noticed.
    assert not any(isinstance(each, Lost) for each in news)


def test_loss_is_told_once_and_so_is_the_return(tmp_path: Path) -> None:
    """While the daemon restarts there is no socket."""
    path = tmp_path / "s"
    with Script(path, chunked(ONE), holds=False) as script:
        source = EventsSource(["EVENT"])
        follower = Follower(opener(script.serverurl), [source], pauses_s=PAUSES_S)
        news: list[News] = []
        deadline_s = time.monotonic() + DEADLINE_S
        while not any(isinstance(each, Lost) for each in news):
            assert time.monotonic() < deadline_s
            news += follower.poll(1.0)
        path.unlink()
        with Script(path, head(EVENT_STREAM) + TWO):
            while "TWO" not in types(news):
                assert time.monotonic() < deadline_s
                news += follower.poll(1.0)
        follower.close()
    kinds = [type(each).__name__ for each in news]
    assert kinds == ["Opened", "Told", "Lost", "Opened", "Told"]
    assert news[3] == Opened(source, was_lost=True)


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (head("text/html", "404 Not Found") + b"no", 404, b"no"),
        (head("application/problem+json", "403 Forbidden") + b"{}", 403, b"{}"),
        (head("text/html") + b"a page of something else", 200, b""),
    ],
)
def test_refusal_is_the_end(tmp_path: Path, answer: bytes, status: int, body: bytes) -> None:
    """Also what is no stream of events at all: an older daemon, or something else."""
    with Script(tmp_path / "s", answer, holds=False) as script:
        (news,) = follow(script.serverurl, lambda news: False)
    assert isinstance(news, Refused)
    assert (news.answered.status, news.body) == (status, body)


def test_daemon_that_is_too_busy_is_asked_again(tmp_path: Path) -> None:
    """503 may be over in a moment."""
    answers = [head("text/plain", "503 Service Unavailable"), head(EVENT_STREAM) + ONE]
    with Script(tmp_path / "s", *answers) as script:
        news = follow(script.serverurl, lambda news: "ONE" in types(news))
    assert isinstance(news[0], Lost)
    assert "503" in news[0].why


@pytest.mark.parametrize(
    "nonsense", [b"nonsense\r\n\r\n", b"", chunked(ONE)[:-20], chunked(ONE)[:-7] + b"xyz\r\n"]
)
def test_nonsense_is_a_stream_that_ended(tmp_path: Path, nonsense: bytes) -> None:
    """Whatever a peer sends: it is asked again."""
    with Script(tmp_path / "s", nonsense, head(EVENT_STREAM) + TWO) as script:
        news = follow(script.serverurl, lambda news: "TWO" in types(news))
    assert types(news)[-1] == "TWO"


def test_endless_line_is_given_up(tmp_path: Path) -> None:
    """A bound on what another party controls."""
    endless = head(EVENT_STREAM) + b"data: " + b"x" * (2 << 20)
    with Script(tmp_path / "s", endless, head(EVENT_STREAM) + TWO) as script:
        news = follow(script.serverurl, lambda news: "TWO" in types(news))
    assert types(news) == ["TWO"]


def test_silent_daemon_is_asked_again(tmp_path: Path) -> None:
    """A peer that has vanished without a word is noticed by the missing heart-beats."""
    source = EventsSource(["EVENT"])
    source.silence_s_max = 0.1
    # The connection stays open in the backlog of a listener that nobody serves.
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        opened: list[str] = []

        def open_one(path: str, headers: Mapping[str, str]) -> HttpStream:
            opened.append(path)
            return opener(f"unix://{tmp_path}/s")(path, headers)

        follower = Follower(open_one, [source], pauses_s=PAUSES_S)
        deadline_s = time.monotonic() + DEADLINE_S
        while len(opened) < 2:
            assert time.monotonic() < deadline_s
            assert follower.poll(0.1) == []
        follower.close()


def test_many_streams_share_one_thread(tmp_path: Path) -> None:
    """Each tells its own; one that is refused leaves the others alone."""
    names = [f"s{number}" for number in range(5)]
    scripts = [Script(tmp_path / name, head(EVENT_STREAM) + ONE) for name in names]
    refusing = Script(tmp_path / "refusing", head("text/html", "404 Not Found"), holds=False)
    sources = [EventsSource([name]) for name in (*names, "refusing")]

    def open_one(path: str, headers: Mapping[str, str]) -> HttpStream:
        return opener(f"unix://{tmp_path}/{path.partition('=')[2]}")(path, headers)

    for script in (*scripts, refusing):
        script.__enter__()
    follower = Follower(open_one, sources)
    news: list[News] = []
    deadline_s = time.monotonic() + DEADLINE_S
    while len(types(news)) < len(names) or not any(isinstance(each, Refused) for each in news):
        assert time.monotonic() < deadline_s
        news += follower.poll(1.0)
    assert not follower.is_over
    follower.close()
    for script in (*scripts, refusing):
        script.__exit__()
    assert {each.source for each in news if isinstance(each, Told)} == set(sources[:-1])


def test_stream_tells_head_body_and_end(tmp_path: Path) -> None:
    """One GET, read without waiting."""
    with Script(tmp_path / "s", chunked(b"one", b"two", content_type="Text/Plain; x=y")) as script:
        stream = opener(script.serverurl)("/path", {"X-Test": "yes"})
        happened: list[Answered | bytes | Ended] = []
        deadline_s = time.monotonic() + DEADLINE_S
        while not happened or not isinstance(happened[-1], Ended):
            assert time.monotonic() < deadline_s
            happened += stream.receive()
        stream.close()
    assert isinstance(happened[0], Answered)
    assert (happened[0].status, happened[0].content_type) == (200, "text/plain")
    assert happened[1:] == [b"one", b"two", Ended("")]
    assert "\r\nX-Test: yes\r\n" in script.requests[0]
    assert list(stream.receive()) == [Ended("closed")]
