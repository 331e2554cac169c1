"""What waits for a client is handed over whole, in order, in as few calls as may be."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.web.outbox import PARTS_COUNT, Outbox

PIECES = st.lists(st.binary(max_size=50) | st.integers(1, 90_000).map(bytes), max_size=9)


class Counting(socket.socket):
    """A socket that knows how often something was offered."""

    offers_count = 0

    def send(self, data: Any, flags: int = 0, /) -> int:
        self.offers_count += 1
        return super().send(data, flags)

    def sendmsg(self, *arguments: Any) -> int:
        self.offers_count += 1
        return super().sendmsg(*arguments)


@pytest.fixture
def ends() -> Iterator[tuple[Counting, socket.socket]]:
    ours, theirs = socket.socketpair()
    counting = Counting(fileno=ours.detach())
    counting.setblocking(False)
    with counting, theirs:
        yield counting, theirs


@pytest.mark.parametrize("parts", [(b"whole",), (b"head", b"body", b"more"), (b"x",) * PARTS_COUNT])
def test_reply_is_one_write(ends: tuple[Counting, socket.socket], parts: tuple[bytes, ...]) -> None:
    """However many parts it was made of."""
    ours, theirs = ends
    outbox = Outbox()
    outbox.put(*parts)
    outbox.flush(ours)
    assert ours.offers_count == 1
    assert not outbox
    assert outbox.held_bytes == 0
    assert outbox.sent_bytes == len(b"".join(parts))
    assert theirs.recv(65536) == b"".join(parts)


@given(replies=st.lists(PIECES, max_size=4), reads=st.lists(st.integers(1, 60_000), min_size=1))
def test_everything_arrives_in_order(replies: list[list[bytes]], reads: list[int]) -> None:
    """However little the client takes at a time, and whatever else is queued meanwhile."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for end in (ours, theirs):
            end.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        outbox = Outbox()
        arrived = bytearray()
        for pieces in replies:
            outbox.put(*pieces)
            outbox.flush(ours)
            arrived += _taken(theirs, reads[0])
        turn = 0
        while outbox or len(arrived) < outbox.sent_bytes:
            outbox.flush(ours)
            turn += 1
            arrived += _taken(theirs, reads[turn % len(reads)])
        assert bytes(arrived) == b"".join(b"".join(pieces) for pieces in replies)
        assert outbox.sent_bytes == len(arrived)
        assert outbox.held_bytes == 0


def _taken(sock: socket.socket, bytes_max: int) -> bytes:
    try:
        return sock.recv(bytes_max)
    except BlockingIOError:
        return b""
