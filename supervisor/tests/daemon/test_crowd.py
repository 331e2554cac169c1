"""A crowd of clients that want something at every moment: what it does not delay, and for how long.

Loop, poller, channels and sockets are the real ones; time passes only while requests are answered,
so that turns and milliseconds can be counted.
"""

import resource
import socket
from collections.abc import Iterator

import pytest

from supervisor.daemon.loop import TIMERS_S_MAX
from supervisor.host.poller import CLIENTS_S_MAX, SystemPoller
from supervisor.tests.daemon.stage import AT_ONCE, Stage, program
from supervisor.web.channel import Channel
from supervisor.web.limits import DEFAULT_LIMITS, REQUESTS_PER_TURN_MAX, REQUESTS_S_MAX
from supervisor.web.messages import Answer, Request, Response
from supervisor.web.service import Ports, Service

CROWD_COUNT = 1000
PAGE_S = 0.005
"""What it takes to answer a request of the crowd."""
REQUEST = b"GET /page HTTP/1.1\r\n\r\n"
SINGLE = b"GET /single HTTP/1.1\r\n\r\n"
TURN_S_MAX = (CLIENTS_S_MAX + PAGE_S) + (CLIENTS_S_MAX + REQUESTS_S_MAX + PAGE_S) + TIMERS_S_MAX
"""Longest turn in which nobody but clients wants anything: each bound, and one request beyond."""


class BesiegedStage(Stage):
    """A daemon with clients; each of its turns also calls those whose sockets are ready."""

    def __init__(self) -> None:
        super().__init__()
        self.poller = SystemPoller(
            lambda fd, error: self.failures.append(repr(error)), lambda: self.clock.mono_s
        )
        ports = Ports(self.poller.clients, self.timers, self.clock, self._log)
        self.page_s = PAGE_S
        self.answered: list[tuple[str, int]] = []
        """What was asked for, and the turn in which it was answered."""
        self.service = Service(self._answer, None, ports, DEFAULT_LIMITS)
        self.channels: list[Channel] = []
        self.clients: list[socket.socket] = []
        self.respawned_s: list[float] = []

    def connect(self) -> socket.socket:
        client, ours = socket.socketpair()
        ours.setblocking(False)
        channel = Channel(ours, "peer", None, self.service, lambda channel: None)
        channel.begin()
        self.channels.append(channel)
        self.clients.append(client)
        return client

    def turn(self, timeout_s: float | None) -> int:
        happened = super().turn(timeout_s)
        return happened + self.poller.turn(0.0)

    def spawn(self, process_id: int) -> int:
        self.respawned_s.append(self.clock.mono_s)
        return super().spawn(process_id)

    def answered_in(self, path: str) -> list[int]:
        return [turn for asked, turn in self.answered if asked == path]

    def close(self) -> None:
        for channel in self.channels:
            channel.close()
        for client in self.clients:
            client.close()
        self.poller.close()

    def _answer(self, request: Request) -> Answer:
        self.answered.append((request.path, self.loop.turns_count))
        if request.path == "/page":
            self.clock.advance(self.page_s)
        return Response(200, "text/plain", b"x")


@pytest.fixture
def stage() -> Iterator[BesiegedStage]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * CROWD_COUNT + 200
    if hard != resource.RLIM_INFINITY and hard < needed:
        pytest.skip(f"at most {hard} fds are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    stage = BesiegedStage()
    yield stage
    stage.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert stage.failures == []


@pytest.mark.parametrize("turns_before", [0, 1, 7])
@pytest.mark.parametrize("ahead_count", [1, 2 * REQUESTS_PER_TURN_MAX])
def test_successor_comes_in_the_turn_in_which_a_child_dies_whatever_a_crowd_wants(
    stage: BesiegedStage, turns_before: int, ahead_count: int
) -> None:
    """Nothing that clients do delays supervision, not even by a hundredth of what they ask for."""
    stage.add(program("victim", AT_ONCE)).begin()
    for _ in range(CROWD_COUNT):
        stage.connect().sendall(REQUEST * ahead_count)
    killed_s = list[float]()

    def kill() -> None:
        killed_s.append(stage.clock.mono_s)
        stage.kernel.kill(stage.pid(), 9, False)

    stage.run(*[lambda: None] * turns_before, kill)
    assert stage.spawns_in_turn[1 + turns_before] == 1
    assert stage.respawned_s[1] - killed_s[0] <= TURN_S_MAX
    assert stage.state() == "RUNNING"
    assert len(stage.answered) < CROWD_COUNT, "the crowd still wants something"


def test_deadline_is_kept_whatever_a_crowd_wants(stage: BesiegedStage) -> None:
    """Also of who is to be called at a time: at most a turn late."""
    for _ in range(CROWD_COUNT):
        stage.connect().sendall(REQUEST * 10)
    called_s = list[float]()
    due_s = stage.clock.mono_s + 0.1
    stage.timers.call_at(due_s, lambda: called_s.append(stage.clock.mono_s))
    stage.run(*[lambda: None] * 40)
    assert 0.0 <= called_s[0] - due_s <= TURN_S_MAX


def test_request_is_answered_at_once_whoever_has_sent_thousands_ahead(
    stage: BesiegedStage,
) -> None:
    """Clients with something new come before those with whom the daemon is busy."""
    greedy = stage.connect()
    greedy.setblocking(False)
    asked = greedy.send(REQUEST * 10_000) // len(REQUEST)
    assert asked > 1000
    stage.run(*[lambda: None] * 5)
    other = stage.connect()
    other.sendall(SINGLE)
    turn = stage.loop.turns_count
    stage.run(lambda: None)
    assert stage.answered_in("/single") == [turn + 1]
    assert other.recv(1000).startswith(b"HTTP/1.1 200")


def test_request_is_answered_at_once_whatever_crowd_has_sent_hundreds_ahead(
    stage: BesiegedStage,
) -> None:
    for _ in range(50):
        stage.connect().sendall(REQUEST * 300)
    stage.run(*[lambda: None] * 60)
    other = stage.connect()
    asked_s = list[float]()

    def ask() -> None:
        asked_s.append(stage.clock.mono_s)
        other.sendall(SINGLE)

    before = stage.loop.turns_count
    stage.run(ask)
    assert stage.answered_in("/single") == [before + 1]
    assert stage.clock.mono_s - asked_s[0] <= 2 * TURN_S_MAX


def test_those_who_sent_much_ahead_share_what_is_left(stage: BesiegedStage) -> None:
    """Also while somebody has something new to say in each turn; nobody is left out."""
    stage.page_s = 0.05
    crowd = [stage.connect() for _ in range(20)]
    for client in crowd:
        client.sendall(REQUEST * 10)
    chatty = stage.connect()

    def chat() -> None:
        chatty.sendall(SINGLE)

    stage.run(*[chat] * 60)
    counts = [client.recv(100_000).count(b"HTTP/1.1 200") for client in crowd]
    assert min(counts) >= 2
    assert max(counts) - min(counts) <= 2
    assert len(stage.answered_in("/single")) >= 50


def test_quick_requests_of_a_turn_are_limited_in_number(stage: BesiegedStage) -> None:
    stage.page_s = 0.0
    client = stage.connect()
    client.sendall(REQUEST * 3 * REQUESTS_PER_TURN_MAX)
    stage.run(lambda: None, lambda: None)
    turns = [turn for _, turn in stage.answered]
    assert {turns.count(turn) for turn in turns} == {REQUESTS_PER_TURN_MAX}


def test_client_is_not_read_on_while_what_it_sent_ahead_waits(stage: BesiegedStage) -> None:
    """However fast it sends, no more is kept for it than is taken in one turn."""
    client = stage.connect()
    client.setblocking(False)
    held_bytes = list[int]()

    def send_on() -> None:
        try:
            while client.send(REQUEST * 1000):
                pass
        except BlockingIOError:
            pass
        client.recv(1 << 20) if stage.answered else None
        held_bytes.append(stage.channels[0]._reader.held_bytes)

    stage.run(*[send_on] * 30)
    assert len(stage.answered) > 0
    assert max(held_bytes) <= 65536
