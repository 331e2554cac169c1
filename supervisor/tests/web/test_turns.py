"""Long work of many clients: one slice in each turn, for all of them together."""

from collections.abc import Callable, Generator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from supervisor.web.messages import Later, Request, Response
from supervisor.web.pieces import PieceStream, in_batches
from supervisor.web.sampling import answer_in_turns
from supervisor.web.turns import Turns


class Wheel:
    """A loop that turns when a test says so."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], None]] = []
        self.turns = Turns(self.calls.append)
        self.did: list[str] = []

    def turn(self) -> None:
        calls, self.calls[:] = tuple(self.calls), ()
        for call in calls:
            call()

    def work(self, name: str, count: int) -> Generator[None, None, str]:
        for number in range(count):
            self.did.append(f"{name}{number}")
            yield
        return name


@pytest.fixture
def wheel() -> Wheel:
    return Wheel()


def test_one_slice_is_made_in_each_turn_for_all(wheel: Wheel) -> None:
    """What was begun first is done first: so little is kept in memory unfinished."""
    done: list[str] = []
    for name in ("a", "b"):
        wheel.turns.do(wheel.work(name, 2), done.append)
    assert (wheel.did, len(wheel.calls)) == ([], 1)
    seen = []
    for _ in range(6):
        wheel.turn()
        seen.append(len(wheel.did))
    assert wheel.did == ["a0", "a1", "b0", "b1"]
    assert seen == [1, 2, 2, 3, 4, 4]
    assert done == ["a", "b"]
    assert wheel.calls == []


def test_work_that_nobody_waits_for_is_not_gone_on_with(wheel: Wheel) -> None:
    done: list[str] = []
    end = wheel.turns.do(wheel.work("a", 9), done.append)
    wheel.turns.do(wheel.work("b", 1), done.append)
    wheel.turn()
    end()
    for _ in range(4):
        wheel.turn()
    assert (wheel.did, done) == (["a0", "b0"], ["b"])


def test_mistake_in_one_does_not_end_the_others(wheel: Wheel) -> None:
    def broken() -> bool:
        raise ZeroDivisionError

    done: list[str] = []
    wheel.turns.ask(broken)
    wheel.turns.do(wheel.work("b", 1), done.append)
    with pytest.raises(ZeroDivisionError):
        wheel.turn()
    wheel.turn()
    wheel.turn()
    assert done == ["b"]


def test_mistake_in_an_answer_that_takes_turns_is_500_and_logged(wheel: Wheel) -> None:
    """The client has an answer, whoever calls back goes on, and the log has the traceback."""

    def work() -> Generator[None, None, Response]:
        yield
        raise ZeroDivisionError

    lines: list[str] = []
    services: Any = SimpleNamespace(log=lambda level, text: lines.append(text))
    request = Request("GET", "/x", "1.1", "/x", "", [])
    later = answer_in_turns(request, wheel.turns, services, work())
    assert isinstance(later, Later)
    answers: list[Any] = []
    later.then(answers.append)
    wheel.turn()
    assert [each.status for each in answers] == [500]
    assert "ZeroDivisionError" in lines[0]


def stream_of(wheel: Wheel, pieces: Iterator[bytes]) -> tuple[PieceStream, list[None]]:
    woken: list[None] = []
    stream = PieceStream(pieces, "text/plain", (), wheel.turns)
    stream.on_growth(lambda: woken.append(None))
    return stream, woken


def test_piece_is_made_when_it_is_asked_for_and_it_is_its_turn(wheel: Wheel) -> None:
    """Whoever does not read keeps one piece; many who read share the turns."""
    streams = [stream_of(wheel, iter([b"one", b"two"])) for _ in range(3)]
    assert [stream.read(9) for stream, _ in streams] == [b""] * 3
    woken_counts = []
    for _ in range(4):
        wheel.turn()
        woken_counts.append(sum(len(woken) for _, woken in streams))
    assert woken_counts == [1, 2, 3, 3]
    assert [stream.read(9) for stream, _ in streams] == [b"one"] * 3
    assert wheel.calls == []
    stream, woken = streams[0]
    assert stream.read(9) == b""
    wheel.turn()
    assert (stream.read(9), stream.is_over) == (b"two", False)
    assert stream.read(9) == b""
    wheel.turn()
    assert (stream.read(9), stream.is_over, len(woken)) == (b"", True, 3)


def test_no_piece_is_lost_where_it_is_asked_for_again_before_its_turn(wheel: Wheel) -> None:
    """A client with hardly any room takes the head while the first piece waits for its turn."""
    stream, woken = stream_of(wheel, iter([b"one", b"two"]))
    assert [stream.read(9), stream.read(9)] == [b""] * 2
    for _ in range(3):
        wheel.turn()
    assert (stream.read(9), len(woken)) == (b"one", 1)
    assert stream.read(9) == b""
    wheel.turn()
    assert stream.read(9) == b"two"


def test_piece_that_turns_out_empty_is_not_waited_for_at_once(wheel: Wheel) -> None:
    """Thousands of processes may be looked at before one is found."""
    stream, woken = stream_of(wheel, iter([b"", b"", b"found"]))
    stream.read(9)
    for _ in range(3):
        assert not woken
        wheel.turn()
    assert (stream.read(9), len(woken)) == (b"found", 1)


def test_piece_that_cannot_be_made_does_not_look_like_the_end(wheel: Wheel) -> None:
    """The client must not take a part for the whole."""

    def pieces() -> Iterator[bytes]:
        yield b"one"
        raise ZeroDivisionError

    stream, woken = stream_of(wheel, pieces())
    stream.read(9)
    wheel.turn()
    assert stream.read(9) == b"one"
    stream.read(9)
    with pytest.raises(ZeroDivisionError):
        wheel.turn()
    assert (len(woken), stream.is_over) == (2, False)
    with pytest.raises(RuntimeError, match="could not be made"):
        stream.read(9)


def test_stream_that_is_closed_makes_nothing_more(wheel: Wheel) -> None:
    stream, woken = stream_of(wheel, iter([b"one"]))
    stream.read(9)
    stream.close()
    wheel.turn()
    assert woken == []


def test_small_parts_are_sent_together() -> None:
    parts = [b"x" * 10_000] * 5 + [b"", b"end"]
    pieces = list(in_batches(parts))
    assert list(map(len, pieces)) == [20_000, 20_000, 0, 10_003]
