"""Following logs over HTTP, with real files, rotation and truncation."""

import http.client
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from supervisor.core.snapshot import ProcessSnapshot
from supervisor.errors import Fault, RequestRefused
from supervisor.levels import Level
from supervisor.logs.filelog import FileLog
from supervisor.logs.follow import FileFollower, FollowHub
from supervisor.rpc.ports import Follower
from supervisor.states import ProcessStates
from supervisor.tests.web.site import DEADLINE_S, Loop, RawClient, Site, wait_until
from supervisor.web.log_stream import MainLogTail, ProcessLogTail
from supervisor.web.messages import Request
from supervisor.web.routes import Routes, answer_ok


class HubFollower(FileFollower):
    """A follower that stops being told when it is closed."""

    __slots__ = ("unsubscribe",)

    def close(self) -> None:
        self.unsubscribe()
        super().close()


class Logs:
    """One process `grp:web` with a stdout log, and a main log; `rpc.ports.Logbook` in small."""

    def __init__(self, directory: Path, maxbytes: int = 0) -> None:
        self.hub = FollowHub()
        self.reports: list[str] = []
        self.stdout = self._open(directory / "größe.log", maxbytes)
        self.main = self._open(directory / "main.log", 0)

    def _open(self, path: Path, maxbytes: int) -> FileLog:
        log = FileLog(str(path), maxbytes, 3, report=lambda level, text: self.reports.append(text))
        log.open()
        return log

    def follow(
        self, process_id: int, channel: str, on_growth: Callable[[], None], last_bytes: int
    ) -> Follower:
        if channel != "stdout":
            raise RequestRefused(Fault.NO_FILE)
        return self._follow(self.stdout, on_growth, last_bytes)

    def follow_main(self, on_growth: Callable[[], None], last_bytes: int) -> Follower:
        return self._follow(self.main, on_growth, last_bytes)

    def _follow(self, log: FileLog, on_growth: Callable[[], None], last_bytes: int) -> Follower:
        try:
            follower = HubFollower(log.path, last_bytes)
        except FileNotFoundError as error:
            raise RequestRefused(Fault.NO_FILE, log.path) from error
        follower.unsubscribe = self.hub.follow(log, on_growth)
        return follower

    def find(self, group: str, name: str) -> ProcessSnapshot | None:
        """The process, as `core.control.Control` would find it."""
        if (group, name) not in (("grp", "web"), ("größe", "größe")):
            return None
        return ProcessSnapshot(
            id=7,
            name=name,
            group=group,
            state=ProcessStates.RUNNING,
            pid=1,
            started_wall_s=0.0,
            stopped_wall_s=0.0,
            started_mono_s=0.0,
            exitstatus=None,
            exit_signal=0,
            spawnerr=None,
            backoff=0,
            retry_mono_s=None,
            priority=999,
            spawns=1,
        )


class Services:
    """What the log streams need of the daemon, for every caller the same."""

    def __init__(self, logs: Logs) -> None:
        self.control = logs
        self.logbook = logs

    def services(self, request: Request) -> "Services":
        return self


class Stage:
    """A site that serves these logs."""

    def __init__(self, loop: Loop, logs: Logs) -> None:
        self.loop = loop
        self.logs = logs
        services = Services(self.logs)
        routes = Routes(
            [
                ("/logtail", ProcessLogTail(services, loop.clock)),
                ("/mainlogtail", MainLogTail(services, loop.clock)),
            ],
            {"ok.html": answer_ok},
        )
        self.site = Site(loop, routes)

    def write(self, data: bytes, log: FileLog | None = None) -> None:
        """Have a child write something."""
        self.loop.call(lambda: (log or self.logs.stdout).write(data))

    def follow(self, path: bytes = b"/logtail/grp:web") -> tuple[RawClient, bytes]:
        """A client that follows, and the head it got."""
        client = self.site.connect()
        client.send(b"GET " + path + b" HTTP/1.1\r\nHost:\r\n\r\n")
        return client, client.read_until(b"\r\n\r\n")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Loop() as loop:
        stage = Stage(loop, Logs(tmp_path))
        with stage.site:
            yield stage


def read_stream(client: RawClient, length: int) -> bytes:
    """The next bytes of a stream, at least that many, however they were cut into chunks."""
    data = bytearray()
    while len(data) < length:
        data += client.read_chunk()
    return bytes(data)


def test_stream_begins_with_the_last_1024_bytes(stage: Stage) -> None:
    """Last 1024 bytes of the file, then each growth as one chunk."""
    stage.write(b"a" * 5000 + b"b" * 1024)
    client, head = stage.follow()
    with client:
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nContent-Type: text/plain;charset=utf-8\r\n" in head
        assert b"\r\nLast-Modified: " in head
        assert b"\r\nX-Accel-Buffering: no\r\n" in head
        assert b"\r\nTransfer-Encoding: chunked\r\n" in head
        assert client.read_chunk() == b"b" * 1024
        for piece in (b"one\n", b"two\n", b"\xff\x00 any bytes"):
            stage.write(piece)
            assert client.read_chunk() == piece


def test_stream_of_an_empty_log_begins_with_nothing(stage: Stage) -> None:
    """The head comes at once, the first growth is the first chunk."""
    client, _ = stage.follow()
    with client:
        stage.write(b"first")
        assert client.read_chunk() == b"first"


@pytest.mark.parametrize(
    "path",
    [
        b"/logtail/grp:web/stdout",
        b"/logtail/grp%3Aweb",
        "/logtail/größe".encode(),
        b"/logtail/gr%C3%B6%C3%9Fe",
        b"/logtail/grp:web?x",
        b"/mainlogtail",
        b"/mainlogtail/foo",
    ],
)
def test_log_is_found_by_its_path(stage: Stage, path: bytes) -> None:
    """Escaped or not, with or without the channel."""
    client, head = stage.follow(path)
    client.sock.close()
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    "path",
    [
        b"/logtail",
        b"/logtail/",
        b"/logtail/web",
        b"/logtail/none:web",
        b"/logtail/grp:*",
        b"/logtail/grp:",
        b"/logtail/grp:web/",
        b"/logtail/grp:web/stderr",
        b"/logtail/grp:web/stdin",
        b"/logtail/grp:web/stdout/",
        b"/logtail/grp:web/stdout/x",
    ],
)
def test_what_has_no_log_is_not_found(stage: Stage, path: bytes) -> None:
    """Unknown names, whole groups, unknown channels, extra parts, logs that are not set."""
    assert stage.site.exchange(b"GET " + path + b" HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("path", [b"/logtail/grp:web", b"/mainlogtail"])
def test_missing_file_is_not_found(stage: Stage, path: bytes) -> None:
    """404 if the log file is absent."""
    os.unlink(stage.logs.stdout.path)
    os.unlink(stage.logs.main.path)
    assert stage.site.exchange(b"GET " + path + b" HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("method", [b"HEAD", b"POST", b"PUT"])
@pytest.mark.parametrize("path", [b" /logtail/grp:web", b" /mainlogtail"])
def test_anything_but_get_is_a_bad_request(stage: Stage, method: bytes, path: bytes) -> None:
    """Not GET (also HEAD): 400."""
    request = method + path + b" HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
    assert stage.site.exchange(request).startswith(b"HTTP/1.1 400 ")


def test_x41_main_log_stream_is_not_buffered_by_proxies(stage: Stage) -> None:
    """X-Accel-Buffering: no, on /mainlogtail as well."""
    stage.write(b"line\n", stage.logs.main)
    client, head = stage.follow(b"/mainlogtail")
    with client:
        assert b"\r\nX-Accel-Buffering: no\r\n" in head
        assert client.read_chunk() == b"line\n"


def test_x42_http10_stream_delivers_at_once_until_the_end(stage: Stage) -> None:
    """HTTP/1.0: no chunks, nothing held back; the connection ends with the server."""
    stage.write(b"before\n")
    with stage.site.connect() as client:
        client.send(b"GET /logtail/grp:web HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        head = client.read_until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.0 200 OK\r\n")
        assert b"Transfer-Encoding" not in head
        assert client.read_exactly(7) == b"before\n"
        stage.write(b"after\n")
        assert client.read_exactly(6) == b"after\n"
        stage.loop.call(lambda: stage.site.server.close(60.0, stage.site.closed.set))
        assert client.is_closed()


def test_stream_ends_in_good_order_when_the_server_closes(stage: Stage) -> None:
    """The last growth and the last chunk are sent: no client sees a broken stream."""
    connection = http.client.HTTPConnection("127.0.0.1", stage.site.port, timeout=DEADLINE_S)
    connection.request("GET", "/logtail/grp:web")
    reply = connection.getresponse()

    def write_and_close() -> None:
        stage.logs.stdout.write(b"last words\n")
        stage.site.server.close(60.0, stage.site.closed.set)

    stage.loop.call(write_and_close)
    assert reply.read() == b"last words\n"
    connection.close()
    assert stage.site.closed.wait(DEADLINE_S)


def test_x38_truncated_log_is_announced_and_followed(stage: Stage) -> None:
    """A line says that the file was truncated; the stream goes on with the new content."""
    stage.write(b"old\n")
    client, _ = stage.follow()
    with client:
        assert client.read_chunk() == b"old\n"
        stage.loop.call(stage.logs.stdout.clear)
        assert client.read_chunk() == b"==> File truncated <==\n"
        stage.write(b"new\n")
        assert client.read_chunk() == b"new\n"


def test_x39_rotation_while_following_loses_nothing(tmp_path: Path) -> None:
    """The tail of the old file comes first, then the new file from its start."""
    lines = [b"line %04d\n" % number for number in range(500)]
    with Loop() as loop:
        stage = Stage(loop, Logs(tmp_path, maxbytes=2000))
        with stage.site:
            client, _ = stage.follow()
            with client:
                for line in lines:
                    stage.write(line)
                everything = b"".join(lines)
                assert read_stream(client, len(everything)) == everything


def test_slow_follower_costs_only_its_place(stage: Stage) -> None:
    """The log is read as the client takes it: nothing gathers in memory, nothing is lost."""
    block = bytes(range(256)) * 256
    blocks_count = 300
    client, _ = stage.follow()
    with client:

        def write_all() -> None:
            for _ in range(blocks_count):
                stage.logs.stdout.write(block)

        stage.loop.call(write_all)
        # Others are served meanwhile, and the loop does not spin on the one that does not read.
        reply = stage.site.exchange(b"GET /ok.html HTTP/1.0\r\n\r\n")
        assert reply.endswith(b"OK")
        assert read_stream(client, len(block) * blocks_count) == block * blocks_count


def test_x34_follower_is_never_timed_out(stage: Stage) -> None:
    """A log may be silent for days."""
    client, _ = stage.follow()
    with client:
        for _ in range(3):
            stage.loop.advance(86_400)
            stage.write(b"still here")
            assert client.read_chunk() == b"still here"


def test_silent_stream_lets_the_loop_sleep(stage: Stage) -> None:
    """While the log does not grow, nothing happens."""
    client, _ = stage.follow()
    with client:
        stage.write(b"x")
        assert client.read_chunk() == b"x"
        # Once it has seen that there is no more.
        wait_until(stage.loop.is_asleep, "the loop sleeps")


def test_follower_that_leaves_is_forgotten(stage: Stage) -> None:
    """Its file is closed, the log is no longer watched, and the access line is written."""
    client, _ = stage.follow()
    client.send(b"\r\n")
    client.sock.close()
    wait_until(lambda: stage.site.connections_count == 0, "it has left")
    assert stage.loop.call(lambda: stage.logs.stdout.on_change) is None
    assert '"GET /logtail/grp:web HTTP/1.1" 200 ' in stage.loop.logged(Level.TRAC)[-1]
    stage.write(b"nobody reads this")


def test_old_follower_is_served_byte_by_byte(stage: Stage) -> None:
    """The request of the reference's `tail -f`, with empty Host and an extra blank line."""
    old = (
        "GET /logtail/größe HTTP/1.1\r\nHost: \r\nAccept-Encoding: chunked\r\nAccept: */*\r\n"
        "User-agent: Supervisor HTTP Client\r\n\r\n\r\n"
    ).encode()
    with stage.site.connect() as client:
        for byte in old:
            client.send(bytes((byte,)))
        head = client.read_until(b"\r\n\r\n")
        status_line, *headers = head.split(b"\r\n")
        assert len(status_line.split(None, 2)) == 3
        assert b"Transfer-Encoding: chunked" in headers
        stage.write(b"line\n")
        assert client.read_chunk() == b"line\n"


class FailingFollower:
    """A follower on a disk that fails."""

    def read(self, max_bytes: int) -> bytes:
        raise OSError(5, "Input/output error")

    def close(self) -> None:
        pass


class FailingLogs(Logs):
    """Logs on a disk that fails."""

    def follow_main(self, on_growth: Callable[[], None], last_bytes: int) -> Follower:
        return FailingFollower()


def test_log_that_cannot_be_read_ends_the_stream(tmp_path: Path) -> None:
    """A disk that fails costs this client its stream, and is told in the main log."""
    with Loop() as loop:
        stage = Stage(loop, FailingLogs(tmp_path))
        with stage.site, stage.site.connect() as client:
            client.send(b"GET /mainlogtail HTTP/1.1\r\n\r\n")
            assert client.is_closed()
        assert "Input/output error" in loop.logged(Level.CRIT)[-1]
