"""Output that can wait for a moment, with real descriptors and a clock that is set by hand."""

import errno
import os
import resource
import select
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from supervisor.daemon.timers import TimerHeap
from supervisor.host.crowd import REST_S
from supervisor.host.pipes import CROWD_S, FLOOD_S, WAKES_COUNT, CalmPoller
from supervisor.host.poller import SystemPoller


class Desk:
    """Both pollers, and who was called by which of them."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.calls: list[str] = []
        self.errors: list[Exception] = []
        self.timers = TimerHeap()
        self.poller = SystemPoller(self._fail, lambda: self.now_s)
        self.calm = CalmPoller(self.poller, self.timers)
        self._fds: list[int] = []

    def _fail(self, fd: int, error: Exception) -> None:
        self.errors.append(error)
        self.calm.forget(fd)

    def child(self, name: str, take: Callable[[int], None] | None = None) -> int:
        """The end of a pipe that a child writes to."""
        reader, writer = self.pipe()
        on_rested = partial(take or partial(self._take, name), reader)

        def on_news() -> None:
            on_rested()
            self.calm.had_news(reader, on_news, on_rested)

        self.calm.watch(reader, on_news)
        return writer

    def client(self, name: str) -> int:
        """The same for somebody who is not calm."""
        reader, writer = self.pipe()
        self.poller.watch(reader, partial(self._take, name, reader))
        return writer

    def pipe(self) -> tuple[int, int]:
        reader, writer = os.pipe()
        self._fds += (reader, writer)
        return reader, writer

    def _take(self, name: str, reader: int) -> None:
        self.calls.append(f"{name}: {os.read(reader, 100).decode()}")

    def say(self, writer: int, text: str, *, after_s: float = 0.0) -> list[str]:
        """Let time go by, then a child print; what the loop gets in its next turn."""
        self.now_s += after_s
        os.write(writer, text.encode())
        return self.turn()

    def turn(self) -> list[str]:
        self.calls.clear()
        self.poller.turn(0.0)
        return list(self.calls)

    def crowd(self, writer: int, *others: int) -> None:
        """Print so often that these rest."""
        for _ in range(WAKES_COUNT + 1):
            self.say(writer, "x", after_s=CROWD_S / 2)
        for other in others:
            self.say(other, "x")

    def rest(self, rest_s: float = REST_S) -> list[str]:
        """Let the time of a rest go by."""
        self.calls.clear()
        self.now_s += rest_s
        while (callback := self.timers.pop_due(self.now_s)) is not None:
            callback()
        return list(self.calls)

    def close(self) -> None:
        self.calm.close()
        self.poller.close()
        for fd in self._fds:
            os.close(fd)


@pytest.fixture
def desk(polling_object: None) -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.close()
    assert desk.errors == []


def test_single_lines_are_taken_at_once(desk: Desk) -> None:
    child = desk.child("child")
    for number in range(3 * WAKES_COUNT):
        assert desk.say(child, str(number), after_s=2 * CROWD_S) == [f"child: {number}"]
    assert desk.timers.next_deadline_s() is None


def test_lines_of_a_crowd_are_taken_together_after_a_rest(desk: Desk) -> None:
    """The daemon wakes up once for what many children print meanwhile."""
    one, other = desk.child("one"), desk.child("other")
    desk.crowd(one, other)
    assert desk.say(one, "a") == desk.say(other, "b") == desk.say(one, "c") == []
    assert sorted(desk.rest()) == ["one: ac", "other: b"]


def test_crowd_goes_on_resting_as_long_as_there_is_news(desk: Desk) -> None:
    child = desk.child("child")
    desk.crowd(child)
    for number in range(5):
        assert desk.say(child, str(number)) == []
        assert desk.rest() == [f"child: {number}"]


def test_rest_ends_when_there_is_nothing(desk: Desk) -> None:
    """An idle daemon makes no wake-ups, and the next line is taken at once."""
    child = desk.child("child")
    desk.crowd(child)
    assert desk.rest() == []
    assert desk.timers.next_deadline_s() is None
    assert desk.say(child, "again") == ["child: again"]


def test_whoever_rests_is_served_before_anybody_else_who_is_ready(desk: Desk) -> None:
    """Who asks for a log gets what was printed before: children first, then clients."""
    client, child = desk.client("client"), desk.child("child")
    desk.crowd(child)
    desk.say(child, "printed before")
    assert desk.say(client, "asks") == ["child: printed before", "client: asks"]
    desk.say(child, "later")
    assert desk.rest() == ["child: later"]


def test_whoever_looks_when_nobody_was_ready_gets_what_was_printed_before(desk: Desk) -> None:
    """An answer that has waited for a deadline is followed by a look at a log; rests go on."""
    child = desk.child("child")
    desk.crowd(child)
    desk.say(child, "printed before")
    desk.calm.look()
    assert desk.calls == ["child: printed before"]
    assert desk.rest() == []
    assert desk.timers.next_deadline_s() is not None, "there was news meanwhile"
    assert desk.rest() == []
    assert desk.timers.next_deadline_s() is None


def test_look_out_of_a_look_changes_nothing(desk: Desk) -> None:
    """Who follows a log may look at it as soon as it grows."""
    taken = list[bytes]()

    def take(reader: int) -> None:
        desk.calm.look()
        taken.append(os.read(reader, 100))

    child = desk.child("child", take)
    desk.crowd(child)
    taken.clear()
    desk.say(child, "x")
    desk.rest()
    assert taken == [b"x"]


def test_there_is_no_rest_while_somebody_looks_on(desk: Desk) -> None:
    """Followers of a log get each line as soon as it is printed."""
    desk.calm.is_looked_at = lambda: True
    child = desk.child("child")
    desk.crowd(child)
    assert desk.say(child, "at once") == ["child: at once"]


def test_rest_ends_when_somebody_begins_to_look_on(desk: Desk) -> None:
    child = desk.child("child")
    desk.crowd(child)
    desk.calm.is_looked_at = lambda: True
    desk.say(child, "a")
    assert desk.rest() == ["child: a"]
    assert desk.say(child, "at once") == ["child: at once"]


def test_there_is_no_rest_for_a_while_after_a_flood(desk: Desk) -> None:
    """A pipe that is full soon stops its child."""
    child = desk.child("child")
    desk.calm.hurry()
    desk.crowd(child)
    assert desk.say(child, "at once") == ["child: at once"]
    desk.now_s += FLOOD_S
    desk.crowd(child)
    assert desk.say(child, "later") == []


def test_many_who_have_news_in_the_same_turn_are_no_crowd(desk: Desk) -> None:
    """What has come at once has cost one wake-up already."""
    children = [desk.child(str(number)) for number in range(3 * WAKES_COUNT)]
    for child in children:
        os.write(child, b"x")
    assert len(desk.turn()) == len(children)
    assert desk.say(children[0], "at once") == ["0: at once"]


def test_somebody_who_does_not_rest_is_served_at_once(desk: Desk) -> None:
    """And joins the others then, whose output is taken with the first word."""
    quiet, child = desk.child("quiet"), desk.child("child")
    desk.crowd(child)
    desk.say(child, "a", after_s=2 * CROWD_S)
    assert desk.say(quiet, "b") == ["child: a", "quiet: b"]
    assert desk.say(quiet, "c") == []
    assert desk.rest() == ["quiet: c"]


def test_child_that_ends_is_forgotten_while_it_rests(desk: Desk) -> None:
    ends: list[bytes] = []

    def take(reader: int) -> None:
        data = os.read(reader, 10)
        if not data:
            ends.append(data)
            desk.calm.forget(reader)

    writer = desk.child("child", take)
    desk.crowd(writer)
    os.dup2(desk.pipe()[1], writer)
    assert desk.turn() == []
    desk.rest()
    assert ends == [b""]
    desk.rest()
    assert desk.poller.turn(0.0) == 0
    assert desk.timers.next_deadline_s() is None


def test_error_of_a_callback_is_handed_over(desk: Desk) -> None:
    """While the child rests, too; whoever handles it forgets the child."""
    fails = False

    def take(reader: int) -> None:
        if fails:
            raise RuntimeError("of the callback")
        os.read(reader, 100)

    writer = desk.child("child", take)
    desk.crowd(writer)
    fails = True
    desk.say(writer, "x")
    desk.rest()
    assert [str(error) for error in desk.errors] == ["of the callback"]
    desk.errors.clear()
    assert desk.rest() == desk.turn() == []


@pytest.mark.skipif(not hasattr(select, "epoll"), reason="poll takes no descriptor")
def test_none_rests_while_descriptors_are_short() -> None:
    """A comfort must not cost output: children go on being served at once."""
    desk = Desk()
    child = desk.child("child")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        desk.crowd(child)
        assert desk.say(child, "at once") == ["child: at once"]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    desk.crowd(child)
    assert desk.say(child, "later") == []
    desk.close()


class ShortPoller(SystemPoller):
    """Of a system that has no memory left for further watches, from time to time."""

    is_short = False

    def watch_at(self, *arguments: Any) -> None:
        if self.is_short:
            raise OSError(errno.ENOMEM, "no memory")
        super().watch_at(*arguments)


def test_nobody_is_lost_who_cannot_be_watched_when_a_rest_ends() -> None:
    """They rest on, and those who come after them have their turn, too."""
    desk = Desk()
    desk.poller = poller = ShortPoller(desk._fail, lambda: desk.now_s)
    desk.calm = CalmPoller(poller, desk.timers)
    one, other = desk.child("one"), desk.child("other")
    desk.crowd(one, other)
    poller.is_short = True
    desk.rest()
    desk.rest()
    assert desk.say(one, "a") == desk.say(other, "b") == []
    assert sorted(desk.rest()) == ["one: a", "other: b"]
    poller.is_short = False
    assert desk.rest() == []
    assert desk.timers.next_deadline_s() is None
    assert desk.say(one, "at once") == ["one: at once"]
    assert desk.say(other, "at once") == ["other: at once"]
    desk.close()
    assert desk.errors == []


def test_closing_ends_a_rest(desk: Desk) -> None:
    desk.crowd(desk.child("child"))
    desk.calm.close()
    assert desk.timers.next_deadline_s() is None
    assert desk.turn() == []
