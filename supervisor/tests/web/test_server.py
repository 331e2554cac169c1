"""Letting clients in, within limits, and seeing them off."""

import os
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from supervisor.levels import Level
from supervisor.tests.web.site import DEADLINE_S, Loop, RawClient, Site, wait_until
from supervisor.web.limits import ACCEPTS_PER_TURN_MAX, DEFAULT_LIMITS
from supervisor.web.messages import Answer, Later, Request, Response
from supervisor.web.routes import Routes, answer_ok

GET_OK = b"GET /ok.html HTTP/1.1\r\n\r\n"


class Waiters:
    """A handler whose answers are given by the test."""

    def __init__(self) -> None:
        self.waiting: list[Later] = []

    def __call__(self, request: Request) -> Answer:
        self.waiting.append(Later())
        return self.waiting[-1]


@pytest.fixture
def waiters() -> Waiters:
    return Waiters()


@pytest.fixture
def app(waiters: Waiters) -> Routes:
    return Routes([("/wait", waiters)], {"ok.html": answer_ok})


@pytest.fixture
def loop() -> Iterator[Loop]:
    with Loop() as loop:
        yield loop


def assert_served(client: RawClient) -> None:
    """It gets its answer."""
    client.send(GET_OK)
    assert client.read_reply()[1] == b"OK"


def wait_for(waiters: Waiters, count: int) -> None:
    """Return when that many clients wait for an answer."""
    wait_until(lambda: len(waiters.waiting) == count, f"{count} clients wait")


def test_thousand_connections_are_served_at_once(loop: Loop, app: Routes, tmp_path: Path) -> None:
    """A thousand clients stay connected, and each is served."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    try:
        with Site(loop, app, path=tmp_path / "s") as site:
            clients = [site.connect() for _ in range(1000)]
            for client in clients:
                client.send(GET_OK)
            for client in clients:
                assert client.read_reply()[1] == b"OK"
            assert site.connections_count == 1000
            for client in clients:
                client.sock.close()
            wait_until(lambda: site.connections_count == 0, "all have left")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("beyond", [0, 1])
def test_connections_beyond_those_of_a_turn_wait_for_the_next(
    loop: Loop, app: Routes, tmp_path: Path, beyond: int
) -> None:
    """Many who come at once do not keep those who are in from being served."""
    counts: list[int] = []
    # To let them in takes time as well, of which there is only so much in a turn.
    loop.clock.stop()
    with Site(loop, app, path=tmp_path / "s") as site, ExitStack() as clients:
        loop.after_turn = lambda: counts.append(site.server.connections_count)
        with loop.held():
            for _ in range(ACCEPTS_PER_TURN_MAX + beyond):
                clients.enter_context(site.connect())
        everybody = ACCEPTS_PER_TURN_MAX + beyond
        wait_until(lambda: everybody in counts, "all are let in")
        assert sorted({0, *counts}) == sorted({0, ACCEPTS_PER_TURN_MAX, everybody})


def test_clients_that_are_served_as_they_come_do_not_take_all_the_time(
    loop: Loop, tmp_path: Path
) -> None:
    """Who asks at once is answered at once; if that takes long, the next one has another turn."""
    served: list[int] = []
    """In which turns."""

    def app(request: Request) -> Response:
        served.append(loop.turns_count)
        loop.clock.ahead_s += 1.0
        return Response(200, "text/plain", b"OK")

    with Site(loop, app, path=tmp_path / "s") as site, ExitStack() as clients:
        with loop.held():
            came = [clients.enter_context(site.connect()) for _ in range(3)]
            for client in came:
                client.send(GET_OK)
        for client in came:
            assert client.read_reply()[1] == b"OK"
        assert len(set(served)) == 3


def test_x34_connections_beyond_the_limit_are_told_so(
    loop: Loop, app: Routes, waiters: Waiters
) -> None:
    """503 when everybody else is busy; as soon as one leaves there is room again."""
    limits = DEFAULT_LIMITS._replace(connections_max=2)
    with (
        Site(loop, app, limits=limits) as site,
        site.connect() as first,
        site.connect() as second,
    ):
        for count, client in enumerate((first, second), 1):
            client.send(b"GET /wait HTTP/1.1\r\n\r\n")
            # One after the other: which of two is served first is nobody's promise.
            wait_for(waiters, count)
        with site.connect() as third:
            third.send(GET_OK)
            head, _ = third.read_reply()
            assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            assert third.is_closed()
        first.sock.close()
        loop.call(lambda: waiters.waiting[0].resolve(Response(200, "text/plain", b"")))
        wait_until(lambda: site.connections_count == 1, "the first has left")
        with site.connect() as third:
            assert_served(third)


def test_longest_idle_connection_makes_room(loop: Loop, app: Routes) -> None:
    """Nobody is refused because of clients that only keep their connection open."""
    limits = DEFAULT_LIMITS._replace(connections_max=2)
    with (
        Site(loop, app, limits=limits) as site,
        site.connect() as first,
        site.connect() as second,
    ):
        for client in (first, second, first):
            assert_served(client)
            loop.advance(1)
        with site.connect() as third:
            assert_served(third)
            assert second.is_closed()
        assert_served(first)


def test_refusals_have_a_limit_too(loop: Loop, app: Routes, waiters: Waiters) -> None:
    """Beyond it connections are closed without a word."""
    limits = DEFAULT_LIMITS._replace(connections_max=1, refusals_max=1)
    with (
        Site(loop, app, limits=limits) as site,
        site.connect() as busy,
    ):
        busy.send(b"GET /wait HTTP/1.1\r\n\r\n")
        wait_for(waiters, 1)
        with site.connect() as told, site.connect() as closed:
            assert told.read_reply()[0].startswith(b"HTTP/1.1 503 ")
            assert closed.is_closed()


def test_server_survives_lack_of_file_descriptors(loop: Loop, app: Routes) -> None:
    """EMFILE: accepting pauses without spinning, and goes on when a descriptor is free."""
    limits = DEFAULT_LIMITS._replace(accept_retry_s=1000.0)
    with Site(loop, app, limits=limits) as site, site.connect() as early:
        early.send(b"GET /ok")
        wait_until(lambda: site.connections_count == 1, "the first is in")
        late = socket.socket()
        late.settimeout(DEADLINE_S)
        with no_descriptors():
            late.connect(("127.0.0.1", site.port))
            wait_until(lambda: bool(loop.logged(Level.ERRO)), "accepting has failed")
            before = loop.call(lambda: loop.turns_count)
            loop.call(lambda: None)
            assert loop.call(lambda: loop.turns_count) <= before + 3, "the loop spins"
        loop.advance(1001.0)
        with RawClient(late) as client:
            assert_served(client)
    (line,) = loop.logged(Level.ERRO)
    assert line.startswith("cannot accept connections on 'inet_http_server': EMFILE;")


def test_idle_connection_gives_its_descriptor_to_a_new_one(loop: Loop, app: Routes) -> None:
    """EMFILE while somebody is idle: that one is closed, the new one is served."""
    limits = DEFAULT_LIMITS._replace(accept_retry_s=1000.0)
    with Site(loop, app, limits=limits) as site, site.connect() as idle:
        assert_served(idle)
        late = socket.socket()
        late.settimeout(DEADLINE_S)
        with no_descriptors():
            late.connect(("127.0.0.1", site.port))
            with RawClient(late) as client:
                assert_served(client)
            assert idle.is_closed()


@contextmanager
def no_descriptors() -> Iterator[None]:
    """Within it all file descriptors of this process are used up, except those that it closes.

    The limit is put back: every later test of this process needs more than what is left of it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    hoard = [os.dup(0)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, hoard[0] + 64), hard))
    try:
        with suppress(OSError):
            while True:
                hoard.append(os.dup(0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (hoard[-1] + 1, hard))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for fd in hoard:
            os.close(fd)


def test_lack_of_descriptors_ends_with_the_test_that_makes_it() -> None:
    """Streams of other tests of this process were not accepted, long after."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with no_descriptors(), pytest.raises(OSError, match="Too many open files"):
        os.dup(0)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


def test_x22_deferred_waiters_are_answered_before_the_server_closes(
    loop: Loop, app: Routes, waiters: Waiters
) -> None:
    """At shutdown idle clients are closed, waiting ones get their answer first."""
    site = Site(loop, app)
    with site.connect() as idle, site.connect() as waiting:
        assert_served(idle)
        waiting.send(b"GET /wait HTTP/1.1\r\n\r\n")
        wait_for(waiters, 1)
        loop.call(lambda: site.server.close(60.0, site.closed.set))
        assert idle.is_closed()
        assert not site.closed.is_set()
        loop.call(lambda: waiters.waiting[0].resolve(Response(200, "text/plain", b"done")))
        head, body = waiting.read_reply()
        assert body == b"done"
        assert b"\r\nConnection: close\r\n" in head
        assert waiting.is_closed()
    assert site.closed.wait(DEADLINE_S)


def test_close_ends_what_does_not_end_by_itself(loop: Loop, app: Routes, waiters: Waiters) -> None:
    """When the grace is over the rest is closed without an answer."""
    site = Site(loop, app)
    with site.connect() as waiting:
        waiting.send(b"GET /wait HTTP/1.1\r\n\r\n")
        wait_for(waiters, 1)
        loop.call(lambda: site.server.close(60.0, site.closed.set))
        loop.advance(61)
        assert waiting.is_closed()
    assert site.closed.wait(DEADLINE_S)


def test_close_flushes_a_reply_that_is_on_its_way(loop: Loop) -> None:
    """A client that is slow to take its reply gets all of it within the grace."""

    def big(request: Request) -> Answer:
        return Response(200, "text/plain", b"x" * 20_000_000)

    site = Site(loop, Routes([("/big", big)], {}))
    with site.connect() as client:
        client.send(b"GET /big HTTP/1.1\r\n\r\n")
        client.read_until(b"\r\n")
        loop.call(lambda: site.server.close(60.0, site.closed.set))
        assert len(client.read_all()) > 20_000_000
    assert site.closed.wait(DEADLINE_S)


def test_answer_to_the_request_that_closes_the_server_is_sent(loop: Loop) -> None:
    """Closing from within a handler loses no answer, not even its own."""

    def close(request: Request) -> Answer:
        site.server.close(60.0, site.closed.set)
        return Response(200, "text/plain", b"goodbye")

    site = Site(loop, Routes([("/close", close)], {}))
    with site.connect() as client:
        client.send(b"GET /close HTTP/1.1\r\n\r\n")
        head, body = client.read_reply()
        assert body == b"goodbye"
        assert b"\r\nConnection: close\r\n" in head
        assert client.is_closed()
    assert site.closed.wait(DEADLINE_S)


def test_nobody_is_let_in_after_close(loop: Loop, app: Routes) -> None:
    """The listening socket is closed at once, and closing twice is harmless."""
    site = Site(loop, app)
    for _ in range(2):
        loop.call(lambda: site.server.close(60.0, site.closed.set))
    assert site.closed.wait(DEADLINE_S)
    with pytest.raises(ConnectionRefusedError):
        site.connect()
