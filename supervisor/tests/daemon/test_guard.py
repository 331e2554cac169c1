"""Code of others: whatever it raises ends at the guard, and whatever takes long is named."""

from collections.abc import Callable
from typing import Any

import pytest

from supervisor.core.pool_inputs import Verdict
from supervisor.daemon.guard import Guard, shown, told
from supervisor.daemon.judges import HandlerJudge
from supervisor.events import RejectEvent
from supervisor.levels import Level
from supervisor.tests.daemon.test_pools import Stand
from supervisor.tests.fakes.clock import FakeClock

LEAVING = [SystemExit, KeyboardInterrupt, GeneratorExit, type("GreenletExit", (BaseException,), {})]


class Desk:
    """A guard with its clock and its log."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.lines: list[tuple[int, str]] = []
        self.guard = Guard(self.clock, self.log)

    def log(self, level: int, text: str) -> None:
        self.lines.append((level, text))

    def judge(self, handler: Callable[[Any, bytes], Any]) -> HandlerJudge:
        """Who asks a result handler."""
        return HandlerJudge("mine:judge", handler, self.guard, self.log)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def raising(error: BaseException) -> Callable[..., Any]:
    """A function that raises."""

    def function(*arguments: Any) -> Any:
        raise error

    return function


@pytest.mark.parametrize("error", [ValueError, *LEAVING])
def test_subscriber_that_raises_harms_nobody(desk: Desk, error: type[BaseException]) -> None:
    """Whatever it is: it is told with the name of the subscriber."""
    desk.guard.tell(raising(error("why")), 5)

    ((level, text),) = desk.lines
    assert level == Level.ERRO
    assert text.startswith(f"subscriber {__name__}.raising.<locals>.function failed on int; every")
    assert f"{error.__name__}: why" in text


@pytest.mark.parametrize("error", [ValueError, *LEAVING])
def test_subscriber_that_raises_before_there_are_plugins_harms_nobody(
    error: type[BaseException],
) -> None:
    """A module may subscribe when it is imported, whoever wants it."""
    stand = Stand()
    stand.subscriptions.subscribe(int, raising(error("why")))

    stand.subscriptions.notify(5)

    assert stand.failures == ["a subscriber failed on int"]


@pytest.mark.parametrize("error", [ValueError, *LEAVING])
def test_result_handler_that_raises_is_a_crash(desk: Desk, error: type[BaseException]) -> None:
    """Whatever it is but RejectEvent: the daemon goes on, and says whose mistake it was."""
    assert desk.judge(raising(error("why")))(None, b"") is Verdict.CRASHED

    ((level, text),) = desk.lines
    assert level == Level.WARN
    assert text.startswith("result handler mine:judge failed:\nTraceback")
    assert f"{error.__name__}: why" in text


def test_result_handler_refuses_and_accepts(desk: Desk) -> None:
    """RejectEvent refuses, returning accepts; nothing is told of either."""
    assert desk.judge(raising(RejectEvent("no")))(None, b"") is Verdict.REJECTED
    assert desk.judge(lambda event, result: None)(None, b"") is Verdict.ACCEPTED
    assert desk.lines == []


def test_what_takes_long_is_named(desk: Desk) -> None:
    """More than a second, whether it returns or raises."""
    desk.judge(lambda event, result: desk.clock.advance(1.0))(None, b"")
    assert desk.lines == []

    desk.judge(lambda event, result: desk.clock.advance(1.2))(None, b"")
    assert desk.lines == [
        (
            Level.WARN,
            "result handler mine:judge took 1.2 s; nothing else was supervised meanwhile",
        )
    ]


def test_things_that_cannot_say_what_they_are_have_a_name_all_the_same() -> None:
    """Their repr and their text are code of plug-ins, too."""

    class Mute(Exception):
        __str__ = __repr__ = raising(SystemExit())

    assert "Mute object at " in shown(Mute())
    assert told(Mute()) == f"{Mute}:"
    assert (shown("a"), told(KeyError("a"))) == ("'a'", "<class 'KeyError'>:'a'")
