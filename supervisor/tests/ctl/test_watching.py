"""status --watch: when to look again, and how the time goes on."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.client.api import EVENT_STREAM
from supervisor.ctl.commands.status import StatusWords, parse_status
from supervisor.ctl.controller import Controller
from supervisor.ctl.options import ShellOptions
from supervisor.ctl.output import UsageError
from supervisor.ctl.watching import News, StatusWatch, Watch, description, uptime_text
from supervisor.rpc import info as daemons_own
from supervisor.tests.ctl.session import controller, daemon, info, outcome_of
from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.script import Script, head

STARTED = b'data: {"type": "PROCESS_STATE_STARTING"}\n\n'


def shell_for(script: Script) -> Controller:
    """A session with a scripted daemon."""
    return Controller(ShellOptions(serverurl=script.serverurl, serverurl_given=True))


def test_daemon_that_tells_events_is_asked_after_them_only(tmp_path: Path) -> None:
    """No polling: neither the interval nor the time that goes by is a reason to ask."""
    with Script(tmp_path / "s", head(EVENT_STREAM) + STARTED) as script:
        news = News(shell_for(script), interval_s=0.001)
        # That the stream is open is a reason: something may have happened just before.
        wait_until(lambda: news.wait(1.0), "the events are noticed")
        assert [news.wait(0.05) for _ in range(5)] == [False] * 5
        news.close()
    assert len(script.requests) == 1
    assert "types=PROCESS_STATE,PROCESS_GROUP,SUPERVISOR_STATE_CHANGE " in script.requests[0]


def test_older_daemon_is_asked_every_few_seconds() -> None:
    """It has no such path."""
    with daemon() as peer:
        news = News(controller(peer), interval_s=0.05)
        wait_until(lambda: news.wait(1.0), "the daemon turns out to be old")
        wait_until(lambda: news.wait(1.0), "the time has passed")
        slow = News(controller(peer), interval_s=1000)
        wait_until(lambda: slow.wait(1.0), "the daemon turns out to be old")
        assert slow.wait(0.01) is False
        news.close()
        slow.close()


def test_daemon_that_gives_no_stream_for_now_is_asked_every_few_seconds(tmp_path: Path) -> None:
    """Too many may be watching it."""
    refusal = head("text/plain", "503 Service Unavailable")
    with Script(tmp_path / "s", refusal, holds=False) as script:
        news = News(shell_for(script), interval_s=0.05)
        wait_until(lambda: news.wait(0.1), "the time has passed")
        news.close()


@pytest.mark.parametrize("as_json", [False, True])
def test_only_what_has_changed_is_printed(as_json: bool) -> None:
    """State or pid; what is gone is told."""
    infos = [info("a"), info("b", 0, "STOPPED")]
    with daemon(getAllProcessInfo=lambda: list(infos)) as peer:
        shell = controller(peer)
        watch = StatusWatch(shell, Watch((), 1.0, as_json))
        for change in (None, info("a", pid=2), None):
            if change is not None:
                infos[0] = change
            watch._look()
            watch._show()
        del infos[1]
        watch._look()
        watch._show()
    lines = outcome_of(shell).stdout.splitlines()
    if as_json:
        structs = [json.loads(line) for line in lines]
        assert [(each["namespec"], each["removed"]) for each in structs] == [
            ("a", False), ("b", False), ("a", False), ("b", True)
        ]  # fmt: skip
        assert structs[2]["pid"] == 2
    else:
        assert [line.split()[:2] for line in lines] == [
            ["a", "RUNNING"], ["b", "STOPPED"], ["a", "RUNNING"], ["b:", "removed"]
        ]  # fmt: skip


def test_running_time_goes_on_without_asking() -> None:
    """Only that of what runs."""
    running = info("a", description="pid 7, uptime 0:00:05", start=95, now=100)
    assert description(running, 3.2) == "pid 7, uptime 0:00:08"
    stopped = info("a", 0, "STOPPED", description="Nov 22 10:00 AM", start=95, now=100)
    assert description(stopped, 3.2) == "Nov 22 10:00 AM"


@given(st.floats(-10, 10**7))
def test_running_time_is_written_as_daemons_do(seconds: float) -> None:
    """The description must not change its form when it is drawn again."""
    assert uptime_text(seconds) == daemons_own.uptime_text(seconds)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", StatusWords((), False, False, None)),
        ("--watch", StatusWords((), False, False, 2.0)),
        ("--watch 5 a", StatusWords(("a",), False, False, 5.0)),
        ("--watch=0.5 a", StatusWords(("a",), False, False, 0.5)),
        ("a --watch b", StatusWords(("a", "b"), False, False, 2.0)),
        ("a 5 --watch", StatusWords(("a", "5"), False, False, 2.0)),
        ("--json --watch", StatusWords((), True, False, 2.0)),
        ("--output json", StatusWords((), True, False, None)),
        ("--output table --state", StatusWords((), False, True, None)),
        ("--summary --state a", StatusWords(("a",), False, True, None, True)),
    ],
)
def test_words_behind_status(words: str, expected: StatusWords) -> None:
    assert parse_status(words) == expected


@pytest.mark.parametrize(
    "words",
    ["--wach", "--watch=x", "--watch 0", "--watch=-1", "--state --json", "--state --watch",
     "--summary --json", "--watch --summary",
     "--output", "--output=xml"],
)  # fmt: skip
def test_wrong_words_behind_status(words: str) -> None:
    with pytest.raises(UsageError):
        parse_status(words)
