"""Streams of events from real daemons: resume, restart, rotation, and what is left afterwards."""

import http.client
import json
import socket
import time
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from supervisor.tests.support.daemon import (
    DEADLINE_S,
    OUR_DAEMON,
    LiveDaemon,
    free_port,
    wait_until,
)
from supervisor.wire.sse import EventStreamParser, Message

CAT = """
[program:cat]
command = cat
startsecs = 0
"""


STREAM = "text/event-stream"


class Browser:
    """Reads one stream of events over HTTP/1.0, so that there are no chunks to take apart."""

    def __init__(self, port: int, path: str, last_id: str = "", accept: str = STREAM) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), DEADLINE_S)
        resume = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
        wanted = f"Host: localhost\r\nAccept: {accept}\r\n{resume}"
        self.socket.sendall(f"GET {path} HTTP/1.0\r\n{wanted}\r\n".encode())
        head, self._rest = b"", b""
        while b"\r\n\r\n" not in head:
            head += self._received()
        self.head, _, self._rest = head.partition(b"\r\n\r\n")
        self._parser = EventStreamParser()
        self.messages: list[Message] = []
        self.is_over = False

    def _received(self) -> bytes:
        data = self.socket.recv(65536)
        self.is_over = not data
        return data

    def rest(self) -> str:
        """All that comes until the server closes the connection."""
        while not self.is_over:
            self._rest += self._received()
        return self._rest.decode()

    def wait_for(self, text: str) -> Message:
        """The first message that has this text in its type or data."""
        end_s = time.monotonic() + DEADLINE_S
        while True:
            data, self._rest = self._rest, b""
            self.messages += self._parser.feed(data)
            for each in self.messages:
                if text in each.event or text in each.data:
                    return each
            assert time.monotonic() < end_s, f"no {text}: {self.messages}"
            assert not self.is_over, f"the stream is over without {text}: {self.messages}"
            self._rest = self._received()

    def types(self) -> list[str]:
        return [json.loads(each.data).get("type", each.event) for each in self.messages]


class Watched:
    """A daemon with a TCP server."""

    def __init__(self, path: Path, config: str) -> None:
        self.port = free_port()
        server = f"[inet_http_server]\nport = 127.0.0.1:{self.port}\n"
        self.daemon = LiveDaemon(OUR_DAEMON, server + config, path)

    @property
    def rpc(self) -> Any:
        return self.daemon.rpc.supervisor

    def is_running(self) -> bool | None:
        """Whether the daemon answers, also while it is on its way back."""
        try:
            return self.daemon.info("cat")["statename"] == "RUNNING" or None
        except (OSError, http.client.HTTPException, xmlrpc.client.Fault):
            return None

    @contextmanager
    def browser(self, path: str = "/api/v1/events", last_id: str = "") -> Iterator[Browser]:
        browser = Browser(self.port, path, last_id)
        with browser.socket:
            yield browser


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path / "d", CAT)
    with watched.daemon:
        watched.daemon.wait_state("cat", "RUNNING")
        yield watched


def test_lost_connection_costs_no_event(watched: Watched) -> None:
    """Who comes back with the id of the last event gets what he missed, each once, in order."""
    with watched.browser() as browser:
        assert b"\r\nContent-Type: text/event-stream\r\n" in browser.head
        watched.rpc.stopProcess("cat")
        last = browser.wait_for("PROCESS_STATE_CHANGE_STOPPED")
    watched.rpc.startProcess("cat")
    with watched.browser(last_id=last.id) as browser:
        watched.rpc.sendRemoteCommEvent("hello", "again")
        browser.wait_for("REMOTE_COMMUNICATION")
        assert browser.types() == [
            "PROCESS_STATE_STARTING",
            "PROCESS_STATE_RUNNING",
            "PROCESS_STATE_CHANGE_RUNNING",
            "REMOTE_COMMUNICATION",
        ]


def test_restart_of_the_daemon_is_another_life(watched: Watched) -> None:
    """Its events are counted anew: an id from before leads to a resync, and never to wrong news."""
    with watched.browser() as browser:
        watched.rpc.stopProcess("cat")
        last = browser.wait_for("PROCESS_STATE_CHANGE_STOPPED")
        watched.rpc.restart()
        browser.wait_for("SUPERVISOR_STATE_CHANGE_STOPPING")
        wait_until(lambda: not browser._received() or None, "the stream has ended")
    wait_until(watched.is_running, "the daemon is back")
    with watched.browser(last_id=last.id) as browser:
        resync = browser.wait_for("resync")
        assert browser.messages[0] is resync
        assert resync.id.partition("-")[0] != last.id.partition("-")[0]


def test_log_is_followed_across_rotations(tmp_path: Path) -> None:
    """Every byte once, with its place, and told whenever places begin anew."""
    config = (
        "[program:talk]\nautostart = false\nstartsecs = 0\nstdout_logfile = %(here)s/talk.log\n"
        "stdout_logfile_maxbytes = 4000\nstdout_logfile_backups = 50\n"
        'command = sh -c "for n in $(seq 1 2000); do echo line $n; done; exec sleep 1000"\n'
    )
    watched = Watched(tmp_path / "d", config)
    with watched.daemon:
        path = "/api/v1/processes/talk/logs/stdout?follow=true&from=0"
        with watched.browser(path) as browser:
            watched.rpc.startProcess("talk")
            browser.wait_for("line 2000\\n")
            browser.wait_for("rotated")  # Behind all lines if one read took them all.
    text, offset = "", 0
    for each in browser.messages:
        said = json.loads(each.data)
        if each.event == "anew":
            assert said["reason"] == "rotated"
            offset = 0
        else:
            assert said["offset"] == offset
            offset += len(said["text"])
            text += said["text"]
    assert text == "".join(f"line {number}\n" for number in range(1, 2001))
    assert [each.event for each in browser.messages].count("anew") >= 1


def test_who_watches_costs_no_psutil(watched: Watched) -> None:
    """Not even a page that samples makes a daemon on Linux load it."""
    maps = Path(f"/proc/{watched.daemon.pid}/maps")
    if not maps.exists():
        pytest.skip("this system has no /proc")
    with watched.browser("/live?page=status") as browser:
        browser.wait_for("usage")
    assert "_psutil" not in maps.read_text()
