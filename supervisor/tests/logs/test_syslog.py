"""Lines to syslog, with a socket of our own in the part of the syslog daemon."""

import errno
import itertools
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.levels import Level
from supervisor.logs.syslog import LINE_BYTES_MAX, LINES_PER_WRITE_MAX, SyslogClient, SyslogLog
from supervisor.tests.logs.helpers import Reports, StandingClock


class Daemon:
    """Receives what is sent to its address."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind(str(path))

    def received(self) -> list[str]:
        """All messages so far."""
        messages = []
        while True:
            try:
                messages.append(self.socket.recv(1 << 17).decode())
            except BlockingIOError:
                return messages

    def stop(self) -> None:
        """Be gone, with the address."""
        self.socket.close()
        self.path.unlink()


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path / "dev-log")
    yield daemon
    daemon.socket.close()


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def client(tmp_path: Path, reports: Reports) -> Iterator[SyslogClient]:
    addresses = (str(tmp_path / "nothing"), str(tmp_path / "dev-log"))
    client = SyslogClient("supervisord", StandingClock(), report=reports, addresses=addresses)
    yield client
    client.close()


def texts(daemon: Daemon) -> list[str]:
    return [message.partition("supervisord: ")[2] for message in daemon.received()]


def test_message_is_what_syslog_3_sends(daemon: Daemon, client: SyslogClient) -> None:
    """LOG_USER, priority INFO whatever the level, ident = program base name."""
    client.send("text")

    (message,) = daemon.received()
    assert re.fullmatch(r"<14>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d supervisord: text", message)


def test_each_line_is_sent_with_the_process_name(daemon: Daemon, client: SyslogClient) -> None:
    """Every line separately as `<process name> <line>`, empty ones too, blanks kept."""
    SyslogLog("web", client).write(b"one\n\n \ttwo\r\n")

    assert texts(daemon) == ["web one", "web ", "web  \ttwo\r"]


def test_line_cut_by_two_reads_is_one_message(daemon: Daemon, client: SyslogClient) -> None:
    """Partial lines are joined; the last one is sent when the channel closes."""
    log = SyslogLog("web", client)

    log.write(b"thr")
    log.write(memoryview(b"ee\nla"))
    assert texts(daemon) == ["web three"]

    log.write(b"st")
    log.close()
    log.close()
    assert texts(daemon) == ["web last"]


def test_l32_undecodable_bytes_are_replaced(daemon: Daemon, client: SyslogClient) -> None:
    """No traceback, no lost line; a NUL would cut the message."""
    log = SyslogLog("w\udcffb", client)

    log.write(b"a\xffb\0c\n")

    assert texts(daemon) == ["w\\udcffb a\ufffdb\ufffdc"]


def test_long_line_is_cut_between_characters(daemon: Daemon, client: SyslogClient) -> None:
    """What is held back has a limit."""
    log = SyslogLog("web", client)
    text = "x" + "ä" * LINE_BYTES_MAX

    log.write(text.encode())
    first = texts(daemon)
    log.close()
    pieces = [message.removeprefix("web ") for message in first + texts(daemon)]

    assert len(first) == 2
    assert "".join(pieces) == text
    assert max(len(piece.encode()) for piece in pieces) <= LINE_BYTES_MAX


@given(text=st.binary(max_size=80), cuts=st.lists(st.integers(0, 80)))
def test_law_chunks_do_not_matter_to_syslog(text: bytes, cuts: list[int]) -> None:
    """The same output gives the same messages, however it was read."""

    class Collector(SyslogClient):
        __slots__ = ("lines",)

        def __init__(self) -> None:
            self.lines: list[str] = []

        def try_to_send(self, line: str) -> bool:
            self.lines.append(line)
            return True

    whole, parts = Collector(), Collector()
    logs = SyslogLog("p", whole), SyslogLog("p", parts)
    logs[0].write(text)
    places = [0, *sorted(cuts), len(text)]
    for start, end in itertools.pairwise(places):
        logs[1].write(text[start:end])
    for log in logs:
        log.close()

    assert whole.lines == parts.lines


def test_missing_daemon_is_survived_and_found_later(
    tmp_path: Path, client: SyslogClient, reports: Reports
) -> None:
    """Neither raises nor blocks; reported once per burst; resumes by itself."""
    client.send("lost")
    client.send("lost")
    daemon = Daemon(tmp_path / "dev-log")
    client.send("kept")

    assert texts(daemon) == ["kept"]
    assert [level for level, _ in reports] == [Level.ERRO, Level.WARN]
    assert "cannot write to syslog: No such file or directory (ENOENT)" in reports.texts[0]
    daemon.stop()


def test_restarted_daemon_loses_nothing(
    tmp_path: Path, daemon: Daemon, client: SyslogClient, reports: Reports
) -> None:
    """The new daemon's socket is another one: it is connected to at once."""
    client.send("before")
    daemon.stop()
    again = Daemon(tmp_path / "dev-log")

    client.send("after")

    assert texts(again) == ["after"]
    assert not reports
    again.stop()


def test_hanging_daemon_never_blocks(
    daemon: Daemon, client: SyslogClient, reports: Reports
) -> None:
    """syslog(3) would wait for ever when the queue is full."""
    for number in range(10_000):
        client.send(f"{number}")
    waiting = texts(daemon)
    client.send("again")

    assert 0 < len(waiting) < 10_000
    assert waiting == [str(number) for number in range(len(waiting))]
    assert texts(daemon) == ["again"]
    assert len(reports) == 2


class CountingClient(SyslogClient):
    """Delivers to nobody; refuses from a line on."""

    __slots__ = ("accepted_max", "sends")

    def __init__(self, reports: Reports, accepted_max: int) -> None:
        super().__init__("supervisord", StandingClock(), report=reports, addresses=())
        self.accepted_max = accepted_max
        self.sends = 0

    def _deliver(self, data: bytes) -> None:
        self.sends += 1
        if self.sends > self.accepted_max:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")


def test_flood_of_short_lines_is_cut_at_the_limit(reports: Reports) -> None:
    """One process cannot hold the others up: the excess of one write is lost and counted."""
    client = CountingClient(reports, accepted_max=LINES_PER_WRITE_MAX + 3)
    log = SyslogLog("web", client)

    log.write(b"x\n" * LINES_PER_WRITE_MAX)
    assert client.sends == LINES_PER_WRITE_MAX
    assert not reports

    client.sends = 0
    log.write(b"x\n" * (LINES_PER_WRITE_MAX + 1) + b"tail")
    assert client.sends == LINES_PER_WRITE_MAX
    assert reports.texts == [
        f"cannot write to syslog: web writes more than {LINES_PER_WRITE_MAX} lines at once; "
        "output is lost until this works again"
    ]

    log.write(b"\n")
    assert client.sends == LINES_PER_WRITE_MAX + 1
    assert reports.texts[1:] == ["2 bytes of output to syslog were lost"]


def test_refused_line_ends_the_attempts_of_a_write(reports: Reports) -> None:
    """A daemon that does not read costs one attempt per write; all that is lost is counted."""
    client = CountingClient(reports, accepted_max=1)
    log = SyslogLog("web", client)

    log.write(b"1\n22\n333\n4444\nrest")
    assert client.sends == 2
    assert len(reports) == 1
    client.accepted_max = 10
    log.close()

    refused = len("<14>Sep  9 01:46:40 supervisord: web 22")
    assert reports.texts[1:] == [
        f"{refused + len('3334444') + 2} bytes of output to syslog were lost"
    ]
