"""The invariants of pools can fail: each of these mistakes is found within a few days."""

from collections.abc import Callable
from typing import Any

import pytest

from supervisor.core import listener, pool
from supervisor.core.listener import ACKNOWLEDGED, BUSY, TABLE, Conversation, Fate, Happening, Row
from supervisor.core.policies import Delay
from supervisor.core.pool import Pool
from supervisor.core.pool_commands import Command, DropReason, Send
from supervisor.core.pool_letter import Letter
from supervisor.tests.sim.judge import Violation
from supervisor.tests.sim.world import World
from supervisor.wire.listener import ListenerParser

H = Happening

DAYS_MAX = 200
"""Days in which a mistake must show; most show on the first."""

Patch = pytest.MonkeyPatch


def found() -> str:
    """What the judge said of a pool with a mistake."""
    for seed in range(DAYS_MAX):
        try:
            World(seed, with_listeners=True).run()
        except Violation as violation:
            return str(violation)
    raise AssertionError(f"{DAYS_MAX} days and nobody noticed")


ROWS: dict[str, tuple[int, Happening, Row]] = {
    "an event that was processed is offered again": (
        BUSY,
        H.ACCEPTED,
        Row(ACKNOWLEDGED, Fate.IS_REFUSED),
    ),
    "an event that was rejected counts as processed": (
        BUSY,
        H.REJECTED,
        Row(ACKNOWLEDGED, Fate.IS_DONE),
    ),
    "an event is lost with its listener": (BUSY, H.GONE, Row(ACKNOWLEDGED, silent=True)),
    "an event is lost with a bad result": (BUSY, H.SAID_BAD_RESULT, Row(listener.UNKNOWN)),
    "an event is lost with a crash": (BUSY, H.CRASHED, Row(listener.UNKNOWN)),
    "an event is lost in the pipe": (BUSY, H.SEND_FAILED, Row(listener.READY, silent=True)),
    "a rejected event blocks its listener": (BUSY, H.REJECTED, Row(fate=Fate.IS_REFUSED)),
    "a violation is forgiven": (listener.READY, H.SAID_GARBAGE, Row()),
}


@pytest.mark.parametrize("mistake", ROWS)
def test_mistake_in_the_table_of_listeners_is_found(monkeypatch: Patch, mistake: str) -> None:
    state, happening, row = ROWS[mistake]
    monkeypatch.setitem(TABLE[state], happening, row)  # type: ignore[arg-type]
    assert found()


def put_at_the_back(self: Pool, letter: Letter, commands: list[Command]) -> None:
    self._buffer.append(letter)
    if len(self._buffer) > self._capacity:
        self._make_room(letter, commands)


def forget(self: Pool, letter: Letter, commands: list[Command]) -> None:
    """Whatever came back is gone."""


def renumber(self: Pool, letter: Letter, commands: list[Command]) -> None:
    letter.poolserial += 1
    PUT_BACK(self, letter, commands)


def drop_in_silence(self: Pool, letter: Letter, why: DropReason, commands: list[Command]) -> None:
    """Nobody counts it."""


def drop_twice(self: Pool, letter: Letter, why: DropReason, commands: list[Command]) -> None:
    DROP(self, letter, why, commands)
    self.dropped_count += 1


def take_the_newest(self: Pool, now_s: float, commands: list[Command]) -> None:
    while self._buffer and (found := self._next_listener()) is not None:
        letter = self._buffer.pop()
        found.offer(letter)
        commands.append(Send(found.process_id, letter))


def discard_needlessly(self: Pool, event: Any, now_s: float, commands: list[Command]) -> None:
    if len(self._buffer) > 1:
        self._overflow(self._buffer.popleft(), commands)
    ACCEPT(self, event, now_s, commands)


def accept_twice(self: Pool, event: Any, now_s: float, commands: list[Command]) -> None:
    ACCEPT(self, event, now_s, commands)
    ACCEPT(self, event, now_s, commands)


def fall_behind_without_asking(self: Pool, behind: int, commands: list[Command]) -> None:
    """The journal is never read."""


def skip_one_of_the_journal(self: Pool, serial: int, commands: list[Command]) -> None:
    FALL_BEHIND(self, serial + 1, commands)


PUT_BACK, DROP, ACCEPT, FALL_BEHIND = (
    Pool._put_back,
    Pool._drop,
    Pool._on_accepted,
    Pool._fall_behind,
)

METHODS: dict[str, tuple[str, Callable[..., Any]]] = {
    "a refused event goes to the end": ("_put_back", put_at_the_back),
    "a refused event is forgotten": ("_put_back", forget),
    "a refused event gets a new number": ("_put_back", renumber),
    "a discarded event is not counted": ("_drop", drop_in_silence),
    "a discarded event is counted twice": ("_drop", drop_twice),
    "the newest event goes first": ("_dispatch", take_the_newest),
    "nothing is sent": ("_dispatch", lambda *_: None),
    "pauses have no end": ("next_deadline_s", lambda _: None),
    "the journal is never read": ("_read_back", fall_behind_without_asking),
    "the journal is read from the wrong place": ("_fall_behind", skip_one_of_the_journal),
}


@pytest.mark.parametrize("mistake", METHODS)
def test_mistake_in_a_pool_is_found(monkeypatch: Patch, mistake: str) -> None:
    name, wrong = METHODS[mistake]
    monkeypatch.setattr(Pool, name, wrong)
    assert found()


@pytest.mark.parametrize("wrong", [discard_needlessly, accept_twice])
def test_mistake_in_accepting_is_found(monkeypatch: Patch, wrong: Callable[..., Any]) -> None:
    for kind, handler in list(Pool._HANDLERS.items()):
        if handler is ACCEPT:
            monkeypatch.setitem(Pool._HANDLERS, kind, wrong)
    assert found()


def test_pool_without_a_limit_is_found(monkeypatch: Patch) -> None:
    def without_limit(self: Pool, letter: Letter, commands: list[Command]) -> None:
        """It just grows."""

    monkeypatch.setattr(Pool, "_make_room", without_limit)
    assert found()


def test_pause_that_is_too_long_is_found(monkeypatch: Patch) -> None:
    monkeypatch.setattr(pool, "PAUSE_AFTER_REFUSAL", Delay(first_s=60.0))
    assert found()


@pytest.mark.parametrize(
    "eligible",
    [
        lambda self: self.state == listener.READY and not self.is_deaf,
        lambda self: self.is_up and self.state in (listener.READY, ACKNOWLEDGED),
        lambda self: self.is_up and self.state == listener.READY and self.priority < 0,
    ],
    ids=["not up", "not ready", "never some"],
)
def test_mistake_in_who_is_eligible_is_found(
    monkeypatch: Patch, eligible: Callable[[Conversation], bool]
) -> None:
    monkeypatch.setattr(Conversation, "is_eligible", property(eligible))
    assert found()


def test_parser_that_loses_what_follows_is_found(monkeypatch: Patch) -> None:
    feed = ListenerParser.feed

    def lossy(self: ListenerParser, data: bytes) -> Any:
        yield from feed(self, bytes(data)[:-1])

    monkeypatch.setattr(ListenerParser, "feed", lossy)
    assert found()
