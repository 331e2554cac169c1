"""Waiting for fds, on both polling objects of the system."""

import os
import resource
import select
import socket
from collections.abc import Callable, Iterator

import pytest

from supervisor.host import poller as poller_module
from supervisor.host.poller import SystemPoller

SHORT_S = 0.01
MANY = 10_000
MANY_READY = 300


class Desk:
    """A poller, what its callbacks raised, and pipes that are closed at the end."""

    def __init__(self) -> None:
        self.errors: list[tuple[int, Exception]] = []
        self.poller = SystemPoller(lambda fd, error: self.errors.append((fd, error)))
        self._fds: set[int] = set()

    def pipe(self, content: bytes = b"") -> tuple[int, int]:
        reader, writer = os.pipe()
        self._fds.update((reader, writer))
        if content:
            os.write(writer, content)
        return reader, writer

    def close(self, fd: int) -> None:
        self._fds.remove(fd)
        os.close(fd)

    def close_all(self) -> None:
        self.poller.close()
        for fd in self._fds:
            os.close(fd)


@pytest.fixture
def desk(polling_object: None) -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.close_all()


def noting(calls: list[str], word: str) -> Callable[[], None]:
    return lambda: calls.append(word)


def test_poller_calls_back_as_long_as_an_fd_is_ready(desk: Desk) -> None:
    """Level-triggered: what has not been read is reported again."""
    calls: list[str] = []
    reader, writer = desk.pipe(b"x")
    desk.poller.watch(reader, on_readable=noting(calls, "readable"))
    desk.poller.watch(writer, on_writable=noting(calls, "writable"))

    assert desk.poller.turn(None) == 2
    assert sorted(calls) == ["readable", "writable"]
    desk.poller.forget(writer)
    desk.poller.turn(None)
    assert calls.count("readable") == 2
    os.read(reader, 1)
    assert desk.poller.turn(0) == 0


@pytest.mark.parametrize("timeout_s", [0, -1.0, SHORT_S])
def test_poller_returns_when_the_time_is_over(desk: Desk, timeout_s: float) -> None:
    """Less than zero is no time, not "without limit"."""
    reader, _ = desk.pipe()
    desk.poller.watch(reader, on_readable=lambda: None)

    assert desk.poller.turn(timeout_s) == 0


@pytest.mark.parametrize("timeout_s", [1e7, 1e300, float("inf")])
def test_poller_takes_any_time_however_long(desk: Desk, timeout_s: float) -> None:
    """The system's limits on a wait are not the caller's concern."""
    reader, _ = desk.pipe(b"x")
    desk.poller.watch(reader, on_readable=lambda: None)

    assert desk.poller.turn(timeout_s) == 1


def test_poller_reports_a_hang_up_to_the_reader_else_to_the_writer(desk: Desk) -> None:
    """End of file and broken pipe wake whoever watches."""
    calls: list[str] = []
    lone_reader, writer = desk.pipe()
    reader, lone_writer = desk.pipe()
    desk.close(writer)
    desk.close(reader)
    desk.poller.watch(lone_reader, on_readable=noting(calls, "reader"))
    desk.poller.watch(lone_writer, on_writable=noting(calls, "writer"))
    desk.poller.turn(None)

    assert sorted(calls) == ["reader", "writer"]


def test_poller_reports_a_hang_up_once_per_turn(desk: Desk) -> None:
    """With both directions watched, the hang-up goes to the reader only."""
    calls: list[str] = []
    ours, theirs = socket.socketpair()
    theirs.close()
    desk.poller.watch(ours.fileno(), noting(calls, "readable"), None)
    desk.poller.turn(None)

    assert calls == ["readable"]
    desk.poller.forget(ours.fileno())
    ours.close()


def test_poller_replaces_callbacks(desk: Desk) -> None:
    """Watching again replaces everything said before about the fd."""
    calls: list[str] = []
    reader, _ = desk.pipe(b"x")
    desk.poller.watch(reader, on_readable=noting(calls, "first"))
    desk.poller.watch(reader, on_readable=noting(calls, "second"))
    desk.poller.turn(None)
    desk.poller.watch(reader)
    assert desk.poller.turn(0) == 0

    assert calls == ["second"]


def test_poller_ignores_forgetting_of_unknown_and_closed_fds(desk: Desk) -> None:
    """Clean-up code may forget without looking."""
    reader, _ = desk.pipe()
    desk.poller.watch(reader, on_readable=lambda: None)
    desk.close(reader)
    desk.poller.forget(reader)
    desk.poller.forget(reader)
    desk.poller.forget(99999)

    assert desk.poller.turn(0) == 0


def test_callback_silences_another_fd_in_the_same_turn(desk: Desk) -> None:
    """An fd forgotten by a callback is not called any more, though it was ready as well."""
    calls: list[int] = []
    readers = [desk.pipe(b"x")[0] for _ in range(2)]

    def forget_the_other(me: int, other: int) -> Callable[[], None]:
        def callback() -> None:
            calls.append(me)
            desk.poller.forget(other)

        return callback

    desk.poller.watch(readers[0], on_readable=forget_the_other(*readers))
    desk.poller.watch(readers[1], on_readable=forget_the_other(*reversed(readers)))

    assert desk.poller.turn(None) == 2
    assert len(calls) == 1


def test_forgetting_and_closing_ready_fds_disturbs_nobody(desk: Desk) -> None:
    """A callback may end whole connections whose other fds are ready in the same turn."""
    calls: list[str] = []
    readers = [desk.pipe(b"x")[0] for _ in range(4)]

    def end_all() -> None:
        calls.append("ended")
        for fd in readers:
            desk.poller.forget(fd)
            desk.close(fd)

    for fd in readers:
        desk.poller.watch(fd, on_readable=end_all)
    sound, _ = desk.pipe(b"x")
    desk.poller.watch(sound, on_readable=noting(calls, "sound"))
    desk.poller.turn(None)

    assert sorted(calls) == ["ended", "sound"]
    assert desk.poller.turn(0) == 1


def test_reused_fd_is_not_served_with_the_news_of_the_old_one(desk: Desk) -> None:
    """A number that is closed and used again during a turn starts anew."""
    calls: list[str] = []
    readers = [desk.pipe(b"x")[0] for _ in range(2)]

    def replace(other: int) -> Callable[[], None]:
        def callback() -> None:
            if calls:
                return
            calls.append("replaced")
            desk.poller.forget(other)
            empty, _ = desk.pipe()
            os.dup2(empty, other)
            desk.poller.watch(other, on_readable=noting(calls, "stale news"))

        return callback

    desk.poller.watch(readers[0], on_readable=replace(readers[1]))
    desk.poller.watch(readers[1], on_readable=replace(readers[0]))
    desk.poller.turn(None)
    desk.poller.turn(0)

    assert calls == ["replaced"]


def test_error_of_a_callback_is_handed_over_and_the_others_are_called(desk: Desk) -> None:
    """One broken component never silences the others."""
    calls: list[str] = []
    broken, _ = desk.pipe(b"x")
    sound, _ = desk.pipe(b"x")

    def fail() -> None:
        raise ValueError("broken")

    desk.poller.watch(broken, on_readable=fail)
    desk.poller.watch(sound, on_readable=noting(calls, "sound"))
    desk.poller.turn(None)

    assert calls == ["sound"]
    assert [(fd, str(error)) for fd, error in desk.errors] == [(broken, "broken")]


def test_writer_is_not_called_when_the_reader_has_forgotten_the_fd(desk: Desk) -> None:
    """A connection that is closed while reading is not written to."""
    calls: list[str] = []
    ours, theirs = socket.socketpair()
    theirs.send(b"x")
    fd = ours.fileno()
    desk.poller.watch(fd, lambda: desk.poller.forget(fd), noting(calls, "writable"))
    desk.poller.turn(None)
    ours.close()
    theirs.close()

    assert calls == []


def test_poller_survives_fds_that_are_closed_under_it(desk: Desk) -> None:
    """A watched fd that somebody closed is dropped; the others are still served."""
    calls: list[str] = []
    closed, _ = desk.pipe(b"x")
    reader, _ = desk.pipe(b"x")
    desk.poller.watch(closed, on_readable=noting(calls, "closed"))
    desk.poller.watch(reader, on_readable=noting(calls, "reader"))
    desk.close(closed)
    desk.poller.turn(0)

    assert calls == ["reader"]


def test_poller_serves_a_new_file_under_the_number_of_a_closed_one(desk: Desk) -> None:
    """A number closed without being forgotten can be watched again."""
    calls: list[str] = []
    closed, _ = desk.pipe()
    desk.poller.watch(closed, on_readable=noting(calls, "old"))
    reader, _ = desk.pipe(b"x")
    os.dup2(reader, closed)
    desk.poller.watch(closed, on_readable=noting(calls, "new"))
    desk.poller.turn(None)

    assert calls == ["new"]


def test_poller_stops_hearing_of_a_closed_fd_that_lives_on_elsewhere(desk: Desk) -> None:
    """A copy of a closed fd keeps it ready for the system, but the daemon does not spin on it."""
    calls: list[str] = []
    closed, _ = desk.pipe(b"x")
    kept, _ = desk.pipe()
    copy = os.dup(closed)
    desk.poller.watch(kept, on_readable=noting(calls, "kept"))
    desk.poller.watch(closed, on_readable=noting(calls, "closed"))
    desk.close(closed)
    desk.poller.forget(closed)
    desk.poller.turn(0)

    assert desk.poller.turn(0) == 0
    assert calls == []
    os.close(copy)


def test_poller_serves_all_of_many_fds(desk: Desk) -> None:
    """A flood of ready fds is served in as many turns as it takes."""
    calls: list[str] = []
    readers = [desk.pipe(b"x")[0] for _ in range(MANY_READY)]

    def reading(fd: int) -> Callable[[], None]:
        return lambda: calls.append(os.read(fd, 1).decode())

    for reader in readers:
        desk.poller.watch(reader, on_readable=reading(reader))
    while desk.poller.turn(0):
        pass

    assert len(calls) == len(readers)


@pytest.mark.parametrize("count", [2, 3, 5, 6, MANY_READY])
def test_slow_callbacks_wait_for_further_turns_and_each_has_its_turn(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Between two turns exits and deadlines are seen, however many clients ask for large pages.

    No number of them leaves anybody out: of three that were always ready, one never had its turn.
    """
    monkeypatch.setattr(poller_module, "TURN_S_MAX", -1.0)  # Whatever is done takes too long.
    calls: list[str] = []
    names = [str(number) for number in range(count)]
    for name in names:
        desk.poller.watch(desk.pipe(b"x")[0], on_readable=noting(calls, name))
    for turn in range(1, 1 + 2 * len(names)):
        desk.poller.turn(0)
        assert len(calls) == turn

    assert sorted(calls) == sorted(2 * names)


def test_fd_that_comes_during_a_crowd_has_its_turn(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However its number compares, and although those before it are ready again at once."""
    monkeypatch.setattr(poller_module, "TURN_S_MAX", -1.0)
    calls: list[str] = []
    early, _ = desk.pipe(b"x")
    for name in "abc":
        desk.poller.watch(desk.pipe(b"x")[0], on_readable=noting(calls, name))
    for _ in range(2):
        desk.poller.turn(0)
    desk.poller.watch(early, on_readable=noting(calls, "early"))
    desk.poller.watch(desk.pipe(b"x")[0], on_readable=noting(calls, "late"))
    for _ in range(5):
        desk.poller.turn(0)

    assert set(calls[2:]) == {"a", "b", "c", "early", "late"}


def test_clients_have_their_turn_after_all_others(desk: Desk) -> None:
    """However many they are, and whatever their numbers: one of each rank if each takes long."""
    now_s, calls = [0.0], list[str]()
    poller = SystemPoller(lambda fd, error: None, lambda: now_s[0])

    def taking(name: str, takes_s: float) -> Callable[[], None]:
        def callback() -> None:
            calls.append(name)
            now_s[0] += takes_s

        return callback

    for number in range(3):
        poller.clients.watch(desk.pipe(b"x")[0], on_readable=taking(f"new {number}", 1.0))
        poller.clients.watch(desk.pipe()[1], on_writable=taking(f"busy {number}", 1.0))
        poller.watch(desk.pipe(b"x")[0], on_readable=taking("ours", 0.0))
    turns = []
    for _ in range(3):
        calls.clear()
        assert poller.turn(0) == 9
        turns.append(calls[3:])
        assert calls[:3] == ["ours"] * 3
    poller.close()

    assert [[name.split()[0] for name in turn] for turn in turns] == [["new", "busy"]] * 3
    assert len({name for turn in turns for name in turn}) == 6, "each had its turn"


def test_client_that_is_forgotten_by_one_of_ours_is_not_called(desk: Desk) -> None:
    calls: list[str] = []
    client, ours = desk.pipe(b"x")[0], desk.pipe(b"x")[0]
    desk.poller.clients.watch(client, on_readable=noting(calls, "client"))
    desk.poller.watch(ours, on_readable=lambda: desk.poller.clients.forget(client))
    desk.poller.turn(0)

    assert calls == []
    assert desk.poller.turn(0) == 1


def test_poller_refuses_fds_that_are_not_open() -> None:
    """Whoever watches a closed fd is told."""
    poller = SystemPoller(lambda fd, error: None)
    if hasattr(select, "epoll"):
        with pytest.raises(OSError, match="Bad file descriptor"):
            poller.watch(99999, on_readable=lambda: None)
    poller.close()


def test_poller_watches_ten_thousand_fds() -> None:
    """The number of a fd and the number of fds are limited by the system only."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < MANY + 100:
        pytest.skip(f"at most {hard} fds are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, MANY + 100), hard))
    calls: list[str] = []
    poller = SystemPoller(lambda fd, error: None)
    reader, writer = os.pipe()
    fds = [reader]
    try:
        fds += [os.dup(reader) for _ in range(MANY)]
        for fd in fds:
            poller.watch(fd, on_readable=noting(calls, "readable"))
        for fd in fds[:-1]:
            poller.forget(fd)
        os.write(writer, b"x")

        assert poller.turn(None) == 1
        assert calls == ["readable"]
    finally:
        poller.close()
        for fd in (writer, *fds):
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
