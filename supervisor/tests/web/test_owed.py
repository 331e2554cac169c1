"""What clients have yet to take is bounded for all of them together."""

from collections.abc import Iterator
from functools import partial

import pytest

from supervisor.core.component import Now
from supervisor.tests.web.site import Loop, RawClient, Site, wait_until
from supervisor.web.limits import Limits
from supervisor.web.messages import Request, Response
from supervisor.web.owed import STALLED_S, Owed

MIB = 1024 * 1024
LARGE = b"x" * (16 * MIB)


class Debtor:
    """A client that has taken nothing since some moment."""

    def __init__(self, since_s: float | None) -> None:
        self.stalled_since_s = since_s
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


class Clock:
    """Stands at 100 s."""

    def now(self) -> Now:
        return Now(100.0, 0.0)


def test_there_is_room_up_to_the_limit_and_not_a_byte_more() -> None:
    owed = Owed(100, Clock())
    owed.note(Debtor(None), 60)
    assert owed.make_room(40)
    assert not owed.make_room(41)


def test_who_has_stalled_for_longest_makes_room() -> None:
    """As many of them as it takes, the slowest first."""
    owed = Owed(100, Clock())
    slow, slower, reading = Debtor(50.0), Debtor(40.0), Debtor(100.0 - STALLED_S / 2)
    for debtor in (slow, slower, reading):
        owed.note(debtor, 30)
    assert owed.make_room(40)
    assert (slower.is_closed, slow.is_closed, reading.is_closed) == (True, False, False)
    assert owed.used_bytes == 60
    assert not owed.make_room(99)
    assert slow.is_closed
    assert not reading.is_closed


def test_what_has_been_taken_is_owed_no_more() -> None:
    owed = Owed(100, Clock())
    debtor = Debtor(None)
    for held_bytes in (90, 50, 0):
        owed.note(debtor, held_bytes)
        assert owed.used_bytes == held_bytes
    assert owed.make_room(100)


def test_answer_that_is_larger_than_the_limit_may_wait_alone() -> None:
    """Whole logs may be asked for, however large they are."""
    owed = Owed(100, Clock())
    assert owed.make_room(1000)
    owed.note(Debtor(None), 1)
    assert not owed.make_room(1000)


def answer(request: Request) -> Response:
    return Response(200, "text/plain", b"small" if request.path == "/small" else LARGE)


@pytest.fixture
def site() -> Iterator[Site]:
    with Loop() as loop, Site(loop, answer, limits=Limits(owed_bytes_max=40 * MIB)) as site:
        yield site


def ask(site: Site, path: bytes) -> tuple[int, bytes]:
    """Status and head of an answer that is read."""
    reply = site.exchange(b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path)
    head, _, body = reply.partition(b"\r\n\r\n")
    assert len(body) == int(head.lower().partition(b"content-length:")[2].split()[0])
    return int(head.split()[1]), head


def stalled_clients(site: Site) -> list[RawClient]:
    """Two that ask for as much as all together may be owed, and read nothing of it."""
    clients = [site.connect() for _ in range(2)]
    for number, client in enumerate(clients, 1):
        client.send(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(partial(_is_owed, site, number * len(LARGE)), "it waits")
    return clients


def test_clients_that_do_not_read_cost_no_more_than_the_limit(site: Site) -> None:
    """Who asks next is told to come again, then, once they have stalled, takes their place."""
    clients = stalled_clients(site)
    status, head = ask(site, b"/large")
    assert status == 503
    assert b"\r\nRetry-After: 2\r\n" in head + b"\r\n"
    assert ask(site, b"/small")[0] == 200
    site.loop.advance(STALLED_S + 1.0)
    assert ask(site, b"/large")[0] == 200
    wait_until(lambda: site.connections_count == 1, "the slowest was closed")
    for client in clients:
        client.sock.close()
    wait_until(lambda: _owed_bytes(site) == 0, "nothing is owed")


def _is_owed(site: Site, least_bytes: int) -> bool:
    return _owed_bytes(site) >= least_bytes


def _owed_bytes(site: Site) -> int:
    return site.loop.call(lambda: site.server._service.owed.used_bytes)


def test_below_the_api_it_is_a_problem_document(site: Site) -> None:
    clients = stalled_clients(site)
    status, head = ask(site, b"/api/v1/processes")
    assert status == 503
    assert b"\r\nContent-Type: application/problem+json\r\n" in head
    for client in clients:
        client.sock.close()
