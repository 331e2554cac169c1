"""Streams that end: pages that are sent piece by piece, and streams of events that are given up."""

import http.client
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from supervisor.tests.web.site import DEADLINE_S, Loop, RawClient, Site, wait_until
from supervisor.web.limits import STREAM_READ_BYTES, Limits
from supervisor.web.messages import Answer, Request, Response
from supervisor.web.pieces import PieceStream
from supervisor.web.places import CALLER_STREAMS_MAX, Places
from supervisor.web.sse import EventSource
from supervisor.web.streaming import Streaming
from supervisor.web.turns import Turns
from supervisor.web.wakes import WAKES_MAX


class Pieces:
    """Implements `web.messages.EndingStream`: a piece for each read."""

    def __init__(self, pieces: Iterator[bytes], content_type: str = "text/plain") -> None:
        self.status, self.is_finite = 200, True
        self.content_type = content_type
        self.headers: tuple[tuple[str, str], ...] = ()
        self.is_over = False
        self.closed_count = 0
        self.read_count = 0
        self._pieces = pieces

    def on_growth(self, wake: Callable[[], None]) -> None:
        pass

    def read(self, max_bytes: int) -> bytes:
        self.read_count += 1
        piece = next(self._pieces, None)
        self.is_over = piece is None
        return piece or b""

    def close(self) -> None:
        self.closed_count += 1


class Stage:
    """A site that answers each request with the stream that is made for it."""

    def __init__(self, loop: Loop, limits: Limits) -> None:
        self.loop = loop
        self.made: list[Pieces | PieceStream | EventSource] = []
        self.make: Callable[[], Pieces | PieceStream | EventSource] = self.pieces(
            b"one ", b"two ", b"three"
        )
        self.site = Site(loop, self._answer, limits=limits)

    def pieces(self, *pieces: bytes) -> Callable[[], Pieces]:
        return lambda: Pieces(iter(pieces))

    def events(self) -> EventSource:
        return EventSource(self.loop.ports.timers, self.loop.ports.clock)

    def _answer(self, request: Request) -> Answer:
        if request.path == "/plain":
            return Response(200, "text/plain", b"plain")
        self.made.append(self.make())
        return self.made[-1]

    def ask(self, client: RawClient, line: bytes = b"GET /x HTTP/1.1") -> bytes:
        client.send(line + b"\r\nHost: x\r\n\r\n")
        try:
            return client.read_until(b"\r\n\r\n")
        except (AssertionError, OSError) as error:
            told = f"{self.site.loop.errors} {self.site.loop.logged()[-5:]}"
            raise AssertionError(f"no answer to {client.sock}: {told}") from error


@pytest.fixture
def loop() -> Iterator[Loop]:
    with Loop() as loop:
        yield loop


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Loop() as loop:
        stage = Stage(loop, Limits(write_s=60.0))
        with stage.site:
            yield stage


def all_chunks(client: RawClient) -> bytes:
    """Everything up to the last chunk."""
    data = b""
    while chunk := client.read_chunk():
        data += chunk
    return data


def is_stuck(loop: Loop) -> bool:
    """True if the loop waits for nothing but the patience with a client to end."""
    timeout_s = loop.call(lambda: loop.timeout_s)
    loop.call(lambda: None)
    return (timeout_s or 0.0) > 10.0 and loop.call(lambda: loop.ready_count) == 0


def test_stream_that_ends_is_followed_by_the_next_answer(stage: Stage) -> None:
    """HTTP/1.1: the last chunk tells the end, and the connection goes on."""
    with stage.site.connect() as client:
        for _ in range(3):
            head = stage.ask(client)
            assert b"\r\nTransfer-Encoding: chunked\r\n" in head
            assert b"Connection: close" not in head
            assert all_chunks(client) == b"one two three"
    made = [each for each in stage.made if isinstance(each, Pieces)]
    wait_until(lambda: [each.closed_count for each in made] == [1, 1, 1], "all are closed")


def test_requests_that_come_during_a_stream_are_answered_after_it(stage: Stage) -> None:
    """Pipelined requests wait behind a stream that ends, as behind any answer."""
    with stage.site.connect() as client:
        client.send(b"GET /x HTTP/1.1\r\n\r\nGET /plain HTTP/1.1\r\n\r\nGET /x HTTP/1.1\r\n\r\n")
        client.read_until(b"\r\n\r\n")
        assert all_chunks(client) == b"one two three"
        assert client.read_reply()[1] == b"plain"
        client.read_until(b"\r\n\r\n")
        assert all_chunks(client) == b"one two three"


@pytest.mark.parametrize("line", [b"GET /x HTTP/1.0", b"GET /x HTTP/1.0\r\nConnection: keep-alive"])
def test_http10_stream_ends_with_its_connection(stage: Stage, line: bytes) -> None:
    """Without chunks only the end of the connection can tell where a stream ends."""
    with stage.site.connect() as client:
        assert b"\r\nConnection: close\r\n" in stage.ask(client, line)
        assert client.read_all() == b"one two three"


def test_client_that_wants_no_more_is_told_so(stage: Stage) -> None:
    """Connection: close ends the connection after the last chunk."""
    with stage.site.connect() as client:
        head = stage.ask(client, b"GET /x HTTP/1.1\r\nConnection: close")
        assert b"\r\nConnection: close\r\n" in head
        assert all_chunks(client) == b"one two three"
        assert client.is_closed()


def test_head_of_a_stream_has_no_body(stage: Stage) -> None:
    """HEAD: the same head, nothing of the stream is made, and the connection goes on."""
    with stage.site.connect() as client:
        assert b"chunked" in stage.ask(client, b"HEAD /x HTTP/1.1")
        client.send(b"GET /plain HTTP/1.1\r\n\r\n")
        assert client.read_reply()[1] == b"plain"
    assert [each.read_count for each in stage.made if isinstance(each, Pieces)] == [0]


def test_client_that_has_closed_its_side_gets_the_whole_page(stage: Stage) -> None:
    """Some clients say at once that they will send nothing more, and wait."""
    stage.make = stage.pieces(*[b"x" * 50_000] * 20)
    assert stage.site.exchange(b"GET /x HTTP/1.0\r\n\r\n").endswith(b"x" * 1_000_000)


def test_browser_reads_pages_that_come_in_pieces(stage: Stage) -> None:
    """Any HTTP client puts the chunks together, twice over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", stage.site.port, timeout=DEADLINE_S)
    for _ in range(2):
        connection.request("GET", "/x")
        assert connection.getresponse().read() == b"one two three"
    connection.close()


def test_others_are_served_between_the_pieces(stage: Stage) -> None:
    """One piece in each turn: a large page keeps nobody waiting."""
    stage.make = lambda: Pieces(b"x" * 65_536 for _ in range(60))
    with stage.site.connect() as client:
        stage.ask(client)
        assert stage.site.exchange(b"GET /plain HTTP/1.0\r\n\r\n").endswith(b"plain")
        assert len(all_chunks(client)) == 60 * 65_536


def test_client_that_does_not_take_a_page_is_given_up(stage: Stage) -> None:
    """A page is not kept for whoever does not read it, other than a log that is followed."""
    stage.make = lambda: Pieces(b"x" * 65_536 for _ in range(4000))
    with stage.site.connect() as client:
        stage.ask(client)
        wait_until(lambda: is_stuck(stage.loop), "nothing more can be sent")
        stage.loop.advance(61.0)
        wait_until(lambda: stage.site.connections_count == 0, "it is given up")
    assert stage.made[0].closed_count == 1  # type: ignore[union-attr]


def test_page_is_complete_when_the_server_closes_meanwhile(stage: Stage) -> None:
    """What is under way is sent before the daemon leaves."""
    stage.make = stage.pieces(*[b"x" * 10_000] * 50)
    with stage.site.connect() as client:
        stage.ask(client)
        stage.loop.call(lambda: stage.site.server.close(60.0, stage.site.closed.set))
        assert len(all_chunks(client)) == 500_000
        assert client.is_closed()


def in_turns(stage: Stage, count: int) -> Callable[[], PieceStream]:
    """A document of that many pieces, each of which is made when it is its turn."""
    ports = stage.loop.ports
    turns = Turns(lambda step: ports.timers.call_at(ports.clock.now().mono_s, step))
    pieces = [b"x" * 10_000, b""] * count
    return lambda: PieceStream(iter(pieces), "text/plain", (), turns, status=202)


@pytest.mark.parametrize("is_old", [False, True])
def test_document_made_in_turns_is_complete(stage: Stage, is_old: bool) -> None:
    """In chunks, or up to the end, also for who has closed his side."""
    stage.make = in_turns(stage, 20)
    if is_old:
        reply = stage.site.exchange(b"GET /x HTTP/1.0\r\n\r\n")
        assert reply.startswith(b"HTTP/1.0 202 Accepted\r\n")
        assert reply.endswith(b"\r\n\r\n" + b"x" * 200_000)
        return
    with stage.site.connect() as client:
        for _ in range(2):
            assert b"HTTP/1.1 202 Accepted\r\n" in stage.ask(client)
            assert all_chunks(client) == b"x" * 200_000
    assert any(" 202 " in line for line in stage.loop.logged())


def test_document_made_in_turns_is_complete_when_the_server_closes(stage: Stage) -> None:
    stage.make = in_turns(stage, 200)
    with stage.site.connect() as client:
        stage.ask(client)
        stage.loop.call(lambda: stage.site.server.close(60.0, stage.site.closed.set))
        assert len(all_chunks(client)) == 2_000_000
        assert client.is_closed()


def test_document_that_cannot_be_completed_does_not_look_complete(stage: Stage) -> None:
    """The connection is cut: what has come must not be taken for the whole."""

    def pieces() -> Iterator[bytes]:
        yield b"begin"
        raise ZeroDivisionError

    ports = stage.loop.ports
    caught: list[str] = []

    def later(step: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                step()
            except ZeroDivisionError:
                caught.append("as the loop does")

        ports.timers.call_at(ports.clock.now().mono_s, guarded)

    stage.make = lambda: PieceStream(pieces(), "text/plain", (), Turns(later))
    with stage.site.connect() as client:
        stage.ask(client)
        assert client.read_all() == b"5\r\nbegin\r\n"
    assert caught


def test_client_that_reads_nothing_has_one_piece_made(stage: Stage) -> None:
    """Or few: what the system takes for it, and one."""
    made: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(4000):
            made.append(number)
            yield b"x" * 65_536

    ports = stage.loop.ports
    turns = Turns(lambda step: ports.timers.call_at(ports.clock.now().mono_s, step))
    stage.make = lambda: PieceStream(pieces(), "text/plain", (), turns)
    with stage.site.connect() as client:
        stage.ask(client)
        wait_until(lambda: is_stuck(stage.loop), "nothing more can be sent")
        assert len(made) < 400
        held = stage.loop.call(lambda: stage.site.server._service.owed.used_bytes)
        assert held < 70_000
        stage.loop.advance(61.0)
        wait_until(lambda: stage.site.connections_count == 0, "it is given up")


def test_stream_of_events_ends_when_the_client_leaves(stage: Stage) -> None:
    """Nothing is kept for a browser that has closed the page."""
    ended: list[str] = []
    stage.make = stage.events
    with stage.site.connect() as client:
        stage.ask(client)
        client.read_chunk()
        source = stage.made[0]
        assert isinstance(source, EventSource)
        stage.loop.call(lambda: source.add(lambda: None, lambda: ended.append("ended")))
    wait_until(lambda: ended == ["ended"], "it has ended")
    wait_until(lambda: stage.site.connections_count == 0, "the connection is closed")


def test_stream_of_events_that_is_finished_ends_for_the_client(stage: Stage) -> None:
    """What waits is sent, then the last chunk; the connection could be used again."""
    stage.make = stage.events
    with stage.site.connect() as client:
        stage.ask(client)
        assert client.read_chunk() == b"retry: 2000\n\n"
        source = stage.made[0]
        assert isinstance(source, EventSource)

        def last_words() -> None:
            source.send("bye", "all")
            source.finish()

        stage.loop.call(last_words)
        assert all_chunks(client) == b"event: bye\ndata: all\n\n"
        client.send(b"GET /plain HTTP/1.1\r\n\r\n")
        assert client.read_reply()[1] == b"plain"


def test_silent_stream_of_events_says_something_now_and_then(stage: Stage) -> None:
    """A comment after 15 s of silence; between them the loop sleeps."""
    stage.make = stage.events
    with stage.site.connect() as client:
        stage.ask(client)
        client.read_chunk()
        for _ in range(3):
            stage.loop.advance(16.0)
            assert client.read_chunk() == b":\n\n"
        wait_until(lambda: is_stuck(stage.loop), "the loop sleeps")


def test_slow_reader_is_told_to_begin_anew(stage: Stage) -> None:
    """Instead of all that it has missed it gets one resync, and the end."""
    stage.make = stage.events
    with stage.site.connect() as client:
        stage.ask(client)
        client.read_chunk()
        source = stage.made[0]
        assert isinstance(source, EventSource)

        def flood() -> None:
            for number in range(100_000):
                source.send("line", f"{number:0100}")

        stage.loop.call(flood)
        events = all_chunks(client).split(b"\n\n")
        assert events[-2:] == [b'event: resync\ndata: {"reason": "slow"}', b""]


def test_streams_of_events_are_counted(stage: Stage) -> None:
    """Whoever has too many of them is refused; a place that is given back can be taken."""
    stage.make = stage.events
    clients = []
    try:
        for _ in range(CALLER_STREAMS_MAX):
            # One after the other: who says nothing for long is not waited for.
            clients.append(stage.site.connect())
            assert stage.ask(clients[-1]).startswith(b"HTTP/1.1 200 ")
        with stage.site.connect() as late:
            head = stage.ask(late)
            assert head.startswith(b"HTTP/1.1 503 ")
            assert b"\r\nRetry-After: 30\r\n" in head
            stage.make = stage.pieces(b"a page")
            assert stage.site.exchange(b"GET /x HTTP/1.0\r\n\r\n").endswith(b"a page")
            stage.make = stage.events
            clients.pop().sock.close()
            wait_until(lambda: stage.site.connections_count == len(clients) + 1, "one has left")
        with stage.site.connect() as late:
            assert stage.ask(late).startswith(b"HTTP/1.1 200 ")
    finally:
        for client in clients:
            client.sock.close()


class Followed:
    """Implements `web.messages.Stream`: a log that a test writes to."""

    def __init__(self) -> None:
        self.content_type = "text/plain"
        self.headers: tuple[tuple[str, str], ...] = ()
        self._written = b""
        self._wake: Callable[[], None] = lambda: None

    def on_growth(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def write(self, data: bytes) -> None:
        self._written += data
        self._wake()

    def read(self, max_bytes: int) -> bytes:
        data, self._written = self._written, b""
        return data

    def close(self) -> None:
        pass


def test_crowd_that_follows_a_log_gets_each_line(loop: Loop) -> None:
    """In turns; and in between others are answered."""
    logs: list[Followed] = []

    def answer(request: Request) -> Answer:
        logs.append(Followed())
        return logs[-1]

    count = 2 * WAKES_MAX + 1
    with Site(loop, answer) as site, ExitStack() as stack:
        clients = [stack.enter_context(site.connect()) for _ in range(count)]
        for client in clients:
            client.send(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
            client.read_until(b"\r\n\r\n")

        def grow() -> None:
            for each in logs:
                each.write(b"a line\n")
                each.write(b"another\n")

        for _ in range(3):
            loop.call(grow)
            for client in clients:
                chunk = client.read_chunk()
                # The first few are sent each growth; those who wait get it in one piece.
                assert chunk in {b"a line\n", b"a line\nanother\n"}
                if chunk == b"a line\n":
                    assert client.read_chunk() == b"another\n"
        loop.call(grow)
        for client in clients[::2]:
            client.sock.close()
        wait_until(lambda: site.connections_count == len(clients[1::2]), "half have left")


def take_place(places: Places, peer: str) -> Callable[[], None] | None:
    request = Request("GET", "/", "1.1", "/", "", ())
    request.peer = peer
    return places.take(Pieces(iter(()), "text/event-stream"), request)


def test_places_are_those_of_each_caller() -> None:
    """One user cannot take all of them; addresses count where nobody is asked."""
    take = partial(take_place, Places())
    taken = [take(f"10.0.0.1:{port}") for port in range(CALLER_STREAMS_MAX)]
    assert None not in taken
    assert take("10.0.0.1:9") is None
    assert all(take(f"10.0.0.2:{port}") for port in range(CALLER_STREAMS_MAX))
    assert take("10.0.0.3:1") is None
    assert taken[0] is not None
    taken[0]()
    assert take("10.0.0.3:1") is not None


def test_places_are_those_of_a_network_and_of_a_user_of_the_system() -> None:
    """Somebody with IPv6 has more addresses than there are places; a socket has many users."""
    take = partial(take_place, Places())
    assert all(take(f"2001:db8:1:2::{count:x}:80") for count in range(CALLER_STREAMS_MAX))
    assert take("2001:db8:1:2::ffff:80") is None
    assert all(take("localhost:0 (uid 1)") for _ in range(CALLER_STREAMS_MAX - 1))
    assert take("localhost:0 (uid 2)") is not None


class Log:
    """Implements `web.messages.Stream`: a log that is read across a rotation, and never ends."""

    content_type = "text/plain"
    headers: tuple[tuple[str, str], ...] = ()

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = [*pieces]
        self.asked_bytes: list[int] = []

    def on_growth(self, wake: Callable[[], None]) -> None:
        """It does not grow."""

    def read(self, max_bytes: int) -> bytes:
        self.asked_bytes.append(max_bytes)
        return self._pieces.pop(0) if self._pieces else b""

    def close(self) -> None:
        """Nothing is held."""


def streaming(log: Log) -> Streaming:
    """On its way to a client that takes no chunks."""
    return Streaming(log, Request("GET", "/", "1.0", "/", "", []), lambda: None)


def test_piece_of_a_log_and_its_remainder_are_bounded_together() -> None:
    """However it was rotated meanwhile, one turn sends no more than a full piece."""
    log = Log(b"end of one file", b"next file")
    follower = streaming(log)
    assert (follower.next_piece(), follower.has_more) == (b"end of one file", True)
    assert (follower.remainder(), follower.has_more) == (b"next file", True)
    assert log.asked_bytes == [STREAM_READ_BYTES, STREAM_READ_BYTES - len(b"end of one file")]
    assert follower.remainder() == b""
    assert len(log.asked_bytes) == 2


@pytest.mark.parametrize("piece", [b"", b"x" * STREAM_READ_BYTES], ids=["empty", "full"])
def test_nothing_is_read_behind_an_empty_or_a_full_piece_of_a_log(piece: bytes) -> None:
    """Nothing is there, or others have their turn first."""
    log = Log(piece, b"more")
    follower = streaming(log)
    follower.next_piece()
    assert (follower.remainder(), follower.has_more) == (b"", bool(piece))


def test_last_piece_of_a_log_has_what_comes_after_a_rotation() -> None:
    """A follower misses nothing that was there when the daemon left."""
    assert (
        streaming(Log(b"end of one file, ", b"next file")).rest() == b"end of one file, next file"
    )
