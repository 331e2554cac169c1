"""Places for attempts to sign in: of a peer, and of all of them."""

import time

import pytest

from supervisor.core.component import Now
from supervisor.daemon.timers import TimerHeap
from supervisor.web.access.attempts import PEER_PLACES_MAX, PLACES_MAX, Attempts


class Clock:
    """Stands still."""

    def __init__(self) -> None:
        self.mono_s = time.monotonic()

    def now(self) -> Now:
        return Now(self.mono_s, 0.0)


class Desk:
    """Attempts whose time passes when a test says so."""

    def __init__(self) -> None:
        self.clock, self.timers = Clock(), TimerHeap()
        self.attempts = Attempts(self.timers, self.clock)
        self.acts: list[str] = []

    def hold(self, peer: str) -> bool:
        """Whether there was a place."""
        has_place = self.attempts.has_place(peer)
        if has_place:
            self.attempts.hold(peer, 1.0, lambda: self.acts.append(peer))
        return has_place

    def hold_all(self, peer: str) -> int:
        """How many places there were."""
        count = 0
        while self.hold(peer):
            count += 1
        return count

    def pass_time(self) -> None:
        self.clock.mono_s += 1.0
        while (call := self.timers.pop_due(self.clock.mono_s)) is not None:
            call()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_peer_has_a_number_of_places_for_a_time(desk: Desk) -> None:
    """Whichever port it calls from."""
    assert desk.hold_all("192.0.2.1:1") == PEER_PLACES_MAX
    assert not desk.hold("192.0.2.1:2")
    desk.pass_time()
    assert len(desk.acts) == PEER_PLACES_MAX
    assert len(desk.attempts) == 0
    assert desk.hold("192.0.2.1:2")


def test_who_has_left_keeps_his_place(desk: Desk) -> None:
    """Only what would have been done for him is not done."""
    cancel = desk.attempts.hold("192.0.2.1:1", 1.0, lambda: desk.acts.append("never"))
    cancel()
    assert len(desk.attempts) == 1
    desk.pass_time()
    assert (len(desk.attempts), desk.acts) == (0, [])
    cancel()


@pytest.mark.parametrize("peers_count", [1, 4, 16])
def test_crowd_of_peers_leaves_room_for_one_more(desk: Desk, peers_count: int) -> None:
    """The more there are, the fewer places each has."""
    for number in range(peers_count):
        desk.hold_all(f"192.0.2.{number}:1")
    assert desk.hold("198.51.100.1:1")


def test_all_peers_together_have_a_number_of_places(desk: Desk) -> None:
    """However many addresses somebody has."""
    for number in range(2 * PLACES_MAX):
        desk.hold_all(f"192.0.{number // 256}.{number % 256}:1")
    assert PLACES_MAX - 4 <= len(desk.attempts) <= PLACES_MAX
    desk.pass_time()
    assert len(desk.attempts) == 0


def test_attempt_that_waits_for_its_turn_takes_more_places(desk: Desk) -> None:
    for _ in range(PEER_PLACES_MAX // 4):
        desk.attempts.hold("192.0.2.1:1", 1.0, lambda: None, 4)
    assert not desk.hold("192.0.2.1:1")
    desk.pass_time()
    assert desk.hold_all("192.0.2.1:1") == PEER_PLACES_MAX
