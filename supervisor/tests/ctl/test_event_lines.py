"""Events as lines; what they are about; the words behind `events` and `logs`."""

import time
from typing import Any

import pytest

from supervisor.ctl.event_lines import event_line, is_about
from supervisor.ctl.output import UsageError
from supervisor.ctl.stream_words import EventWords, parse_events, parse_logs

WHEN_S = 1795336981.25


def event(kind: str, payload: str, group: str = "", name: str = "", **more: Any) -> dict[str, Any]:
    """An event as the API sends it."""
    return {"serial": 1, "time": WHEN_S, "type": kind, "group": group, "name": name,
            "payload": payload, **more}  # fmt: skip


STATE = event(
    "PROCESS_STATE_RUNNING",
    "processname:w1 groupname:app from_state:STARTING pid:7",
    "app",
    "w1",
)


@pytest.mark.parametrize(
    ("struct", "rest"),
    [
        (STATE, "PROCESS_STATE_RUNNING         app:w1                from_state:STARTING pid:7"),
        (
            event("PROCESS_GROUP_ADDED", "groupname:app\n", "app"),
            "PROCESS_GROUP_ADDED           app:*",
        ),
        (event("SUPERVISOR_STATE_CHANGE_STOPPING", ""), "SUPERVISOR_STATE_CHANGE_STOPPING"),
        (
            event("PROCESS_LOG_STDOUT", "processname:a groupname:a pid:1\nx\ny", "a", "a"),
            r"PROCESS_LOG_STDOUT            a                     pid:1 | x\ny",
        ),
        (
            event("REMOTE_COMMUNICATION", "type:t\nprocessname:x"),
            "REMOTE_COMMUNICATION                                type:t | processname:x",
        ),
    ],
)  # fmt: skip
def test_event_is_one_line(struct: dict[str, Any], rest: str) -> None:
    """Time, type, process, and the payload without the names that stand before it."""
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(WHEN_S))
    assert event_line(struct) == f"{when}  {rest}"


def test_event_without_anything_is_a_line() -> None:
    """Whatever a daemon sends."""
    assert event_line({}) == ""
    assert event_line({"time": "now", "payload": 5}).startswith("now")


def test_output_of_a_process_in_an_event_is_harmless() -> None:
    """Events carry what processes print."""
    struct = event("REMOTE_COMMUNICATION", "type:t\n\x1b[2J")
    assert "\x1b" in event_line(struct)
    assert event_line(struct, for_terminal=True).endswith(r"| \x1b[2J")


def test_good_and_bad_are_coloured() -> None:
    assert "\x1b[32mPROCESS_STATE_RUNNING\x1b[0m " in event_line(STATE, coloured=True)
    bad = event("PROCESS_STATE_FATAL", "")
    assert "\x1b[31mPROCESS_STATE_FATAL\x1b[0m" in event_line(bad, coloured=True)
    assert "\x1b" not in event_line(event("PROCESS_STATE_STOPPED", ""), coloured=True)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["app:*"], True),
        (["app:w1"], True),
        (["x", "app:"], True),
        (["app"], False),
        (["w1"], False),
        (["app:w2"], False),
    ],
)
def test_event_is_about_a_process_or_its_group(names: list[str], expected: bool) -> None:
    """Names as commands take them."""
    assert is_about(STATE, names) is expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", EventWords((), ("EVENT",), None, False)),
        ("-f", EventWords((), ("EVENT",), None, False)),
        (
            "-f a --type process_state,tick --type X b:*",
            EventWords(("a", "b:*"), ("PROCESS_STATE", "TICK", "X"), None, False),
        ),
        ("-n 3 --json", EventWords((), ("EVENT",), 3, True)),
        ("-fn5 --output=json", EventWords((), ("EVENT",), 5, True)),
    ],
)
def test_words_behind_events(words: str, expected: EventWords) -> None:
    assert parse_events(words) == expected


@pytest.mark.parametrize(
    "words",
    ["-n 0", "-n x", "-n", "--type ,", "--type", "-x", "--output yaml", "-n 9999999999"],
)  # fmt: skip
def test_wrong_words_behind_events(words: str) -> None:
    with pytest.raises(UsageError):
        parse_events(words)


def test_words_behind_logs() -> None:
    """Flags and names in any order; clusters, as journalctl's users write them."""
    both = ("stdout", "stderr")
    words = parse_logs("web")
    assert words == (("web",), both, 100, False, None, False, False)
    assert parse_logs("-f web") == (("web",), both, 10, True, None, False, False)
    assert parse_logs("-fn 20 a --stderr b:*")[:4] == (("a", "b:*"), ("stderr",), 20, True)
    assert parse_logs("a -n all --stdout --stderr --raw")[1:3] == (both, None)
    assert parse_logs("a --no-prefix").prefixed is False
    assert parse_logs("a --prefix --json")[4:] == (True, False, True)
    assert parse_logs("a --lines=0").lines_max == 0


@pytest.mark.parametrize("words", ["", "-f", "a -n", "a -n -5", "a -n ten", "-x a", "a --output x"])
def test_wrong_words_behind_logs(words: str) -> None:
    with pytest.raises(UsageError):
        parse_logs(words)
