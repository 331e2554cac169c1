"""Lines to syslog, with a socket of our own in the part of the syslog daemon."""

import itertools
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.levels import Level
from supervisor.logs.syslog import LINE_BYTES_MAX, SyslogClient, SyslogLog
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

        def send(self, line: str) -> None:
            self.lines.append(line)

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
