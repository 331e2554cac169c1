"""Servers without users: plain clients go on as ever, browsers cannot be used against them."""

import http.client
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from supervisor.tests.support.daemon import (
    DEADLINE_S,
    OUR_DAEMON,
    LiveDaemon,
    free_port,
    wait_until,
)

CONFIG = """\
[supervisord]
loglevel = debug

[inet_http_server]
port = 127.0.0.1:%d
allowed_hosts = panel.example

[program:cat]
command = cat
"""
PERSON = {"Accept-Language": "en", "User-Agent": "Mozilla/5.0"}
CALL = b"<methodCall><methodName>supervisor.getPID</methodName></methodCall>"
STOP = "/index.html?action=stop&processname=cat"


class Open(LiveDaemon):
    """A daemon that asks nobody."""

    def __init__(self, directory: Any) -> None:
        self.port = free_port()
        super().__init__(OUR_DAEMON, CONFIG % self.port, directory)

    def request(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        found = answer.status, answer.headers, answer.read()
        connection.close()
        return found

    def curl(self, *words: str) -> str:
        """What curl prints."""
        *options, path = words
        url = f"http://127.0.0.1:{self.port}{path}"
        done = subprocess.run(
            ["curl", "-sS", "--max-time", "15", *options, url],
            capture_output=True, text=True, timeout=DEADLINE_S, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    @property
    def is_running(self) -> bool:
        return bool(self.info("cat")["statename"] == "RUNNING")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    with Open(tmp_path_factory.mktemp("open")) as started:
        yield started


@pytest.fixture
def daemon(shared: Open) -> Open:
    """The same for all tests, with its program running."""
    if shared.info("cat")["statename"] == "STOPPED":
        shared.rpc.supervisor.startProcess("cat")
    shared.wait_state("cat", "RUNNING")
    return shared


@pytest.mark.parametrize("host", ["localhost", "x", "evil.example", ""])
def test_plain_client_may_use_any_name(daemon: Open, host: str) -> None:
    assert daemon.curl("-H", f"Host: {host}", "/ok.html") == "OK"
    assert b"<int>" in daemon.request("POST", "/RPC2", CALL, Host=host)[2]


@pytest.mark.parametrize("path", ["/", "/RPC2", "/ok.html", "/api/v1/processes", "/logtail/cat"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_hostile_name_leads_browsers_nowhere(daemon: Open, method: str, path: str) -> None:
    """DNS rebinding: for the browser the page of evil.example and we are one site."""
    for more in ({}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "same-origin"}):
        headers = PERSON | {"Host": "evil.example"} | more
        status, _, body = daemon.request(method, path, CALL, **headers)
        assert status == 421
        assert b"allowed_hosts" in body and b"evil.example" in body


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "panel.example", "10.1.2.3"])
def test_person_may_use_our_names(daemon: Open, host: str) -> None:
    headers = PERSON | {"Host": f"{host}:{daemon.port}"}
    assert daemon.request("GET", "/ok.html", **headers)[0] == 200
    own = headers | {"Origin": f"http://{host}:{daemon.port}"}
    assert daemon.request("POST", "/RPC2", CALL, **own)[0] == 200


def test_name_that_is_not_ours_is_quoted_harmlessly(daemon: Open) -> None:
    """In plain text, as ASCII, bounded."""
    hostile = "<script>alert(1)</script>" + "x" * 5000
    status, headers, body = daemon.request("GET", "/", **PERSON | {"Host": hostile})
    assert status == 421
    assert headers["Content-Type"].startswith("text/plain")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert len(body) < 1000


def test_old_link_acts_for_a_plain_client(daemon: Open) -> None:
    """curl, as in scripts of today: the action is done, and its message is where it was."""
    told = daemon.curl("-i", STOP)
    assert told.startswith("HTTP/1.1 303 ")
    assert "Process%20cat" in told and "%20stopped" in told
    daemon.wait_state("cat", "STOPPED")
    daemon.wait_log("audit: anybody (open) from 127.0.0.1:")


def test_old_link_asks_a_person(daemon: Open) -> None:
    """Nothing is done before the form that is shown has been sent."""
    status, _, body = daemon.request("GET", STOP, **PERSON)
    assert status == 200
    assert b"<form" in body and b'method="post"' in body
    assert daemon.is_running


@pytest.mark.parametrize(
    "headers",
    [
        {"Referer": "http://evil.example/"},
        {"Origin": "http://evil.example"},
        PERSON | {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
        PERSON | {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        PERSON | {"Sec-Purpose": "prefetch"},
        PERSON | {"Purpose": "prefetch", "Sec-Fetch-Site": "none"},
    ],
)
def test_old_link_is_refused_to_foreign_pages_and_prefetches(
    daemon: Open, headers: dict[str, str]
) -> None:
    status, _, _ = daemon.request("GET", STOP, **headers)
    assert status == 403
    assert daemon.is_running


def test_actions_are_logged_with_who_and_from_where(daemon: Open) -> None:
    """On the unix socket the user of the system is known, although nobody is asked."""
    daemon.rpc.supervisor.signalProcess("cat", "CONT")
    log = daemon.wait_log("supervisor.signalProcess('cat', 'CONT'): done")
    assert "audit: anybody (open) from localhost:0 (uid " in log


def test_browser_can_be_known_as_one_only(daemon: Open) -> None:
    """The same connection may serve both: each request is judged by itself."""
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=DEADLINE_S)
    for headers, status in (({}, 200), ({"Host": "evil.example"}, 200)):
        connection.request("GET", "/ok.html", headers=headers)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (status, b"OK")
    connection.request("GET", "/ok.html", headers=PERSON | {"Host": "evil.example"})
    assert connection.getresponse().status == 421
    connection.close()
    wait_until(lambda: daemon.curl("/ok.html") == "OK", "others are served")
