"""Certificates of servers in the course of time."""

import time
from collections.abc import Callable

import pytest

from supervisor.config.sections.servers import ServerSettings
from supervisor.config.values import Origin
from supervisor.daemon.timers import TimerHeap
from supervisor.daemon.tls import Certificates
from supervisor.errors import HostError
from supervisor.host.poller import SystemPoller
from supervisor.levels import Level
from supervisor.tests.fakes.clock import FakeClock
from supervisor.tests.support.certificates import Authority, Files
from supervisor.web.service import Ports

DAY_S = 86400.0


class Daemon:
    """As much of one as certificates know."""

    def __init__(self) -> None:
        self.lines: list[tuple[Level, str]] = []
        self.clock = FakeClock()
        self.timers = TimerHeap()
        self.poller = SystemPoller(lambda fd, error: None)
        ports = Ports(
            self.poller,
            self.timers,
            self.clock,
            lambda level, text: self.lines.append((Level(level), text)),
        )
        self.certificates = Certificates(ports)

    def wait(self, days: float) -> None:
        """Let the days pass, and happen what is due."""
        end_s = self.clock.now().mono_s + days * DAY_S
        while (due_s := self.timers.next_deadline_s()) is not None and due_s <= end_s:
            self.clock.advance_to(due_s)
            callback = self.timers.pop_due(due_s)
            assert callback is not None
            callback()
        self.clock.advance_to(end_s)

    def told(self) -> list[tuple[Level, str]]:
        """What was logged since the last question; only the verb."""
        lines, self.lines = self.lines, []
        return [(level, " ".join(text.split("] ")[1].split()[:2])) for level, text in lines]


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


@pytest.fixture
def issue(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Files]:
    """Makes certificates whose days count from the daemon's now."""
    authority = Authority(tmp_path_factory.mktemp("ca"))
    offset_days = (FakeClock().now().wall_s - time.time()) / DAY_S

    def make(name: str, begins_in_days: float, days: float) -> Files:
        return authority.issue(
            name, begins_in_days=begins_in_days + offset_days, days=days + offset_days
        )

    return make


def server(files: Files, section: str = "inet_http_server") -> ServerSettings:
    return ServerSettings(
        kind="inet",
        name="",
        section=section,
        origin=Origin("s.conf", 1),
        host="127.0.0.1",
        port=9001,
        ssl_certfile=str(files.certfile),
        ssl_keyfile=str(files.keyfile),
    )


def test_end_of_a_certificate_is_told_when_it_comes(
    daemon: Daemon, issue: Callable[..., Files]
) -> None:
    """Two weeks before, and when it has expired; nothing wakes the daemon up in between."""
    daemon.certificates.greeter(server(issue("a", -1, 100)))
    assert daemon.told() == []
    daemon.wait(85)
    assert daemon.told() == []
    daemon.wait(2)
    assert daemon.told() == [(Level.WARN, "will expire")]
    daemon.wait(12)
    assert daemon.told() == []
    daemon.wait(2)
    assert daemon.told() == [(Level.CRIT, "has expired")]
    assert daemon.timers.next_deadline_s() is None


@pytest.mark.parametrize(
    ("begin", "end", "told"),
    [
        (-10, -1, (Level.CRIT, "has expired")),
        (1, 100, (Level.CRIT, "is not")),
        (-10, 1, (Level.WARN, "will expire")),
    ],
)
def test_certificate_that_will_not_do_is_told_at_once(
    daemon: Daemon, issue: Callable[..., Files], begin: float, end: float, told: tuple[Level, str]
) -> None:
    """And used all the same."""
    daemon.certificates.greeter(server(issue("a", begin, end)))
    assert daemon.told() == [told]


def test_renewed_certificate_is_watched_instead(
    daemon: Daemon, issue: Callable[..., Files]
) -> None:
    """The end of the old one is of no interest any more."""
    settings = server(issue("a", -1, 20))
    daemon.certificates.greeter(settings)
    issue("a", -1, 200)
    daemon.certificates.renew([settings])
    daemon.wait(100)
    assert daemon.told() == []


def test_one_broken_certificate_keeps_all_as_they_are(
    daemon: Daemon, issue: Callable[..., Files]
) -> None:
    """All or nothing."""
    one, other = issue("one", -1, 20), issue("other", -1, 20)
    settings = [server(one), server(other, "inet_http_server:b")]
    for each in settings:
        daemon.certificates.greeter(each)
    issue("one", -1, 200)
    other.certfile.write_text("nothing")
    with pytest.raises(HostError, match=r"cannot use TLS on \[inet_http_server:b\]"):
        daemon.certificates.renew(settings)
    daemon.wait(10)
    assert daemon.told() == 2 * [(Level.WARN, "will expire")]


def test_closed_servers_are_forgotten(daemon: Daemon, issue: Callable[..., Files]) -> None:
    """No timer of theirs is left."""
    settings = server(issue("a", -1, 100))
    daemon.certificates.greeter(settings)
    daemon.certificates.forget()
    assert daemon.timers.next_deadline_s() is None
    daemon.certificates.renew([settings])
