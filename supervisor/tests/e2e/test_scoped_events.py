"""Events of a real daemon for users with programs: what is theirs, and nothing else.

All that tells events is read at once, as a user with programs and as one who sees all, while
things happen that concern others, nobody's process, and his own.
"""

import base64
import http.client
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
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

SERVER = """\
[inet_http_server]
port = 127.0.0.1:{port}
username = chris
password = chrisword

[user:carla]
password = carlaword
programs = web, mix:mine, carlas*

[program:web]
command = cat
startsecs = 0

[program:mine]
command = cat
startsecs = 0

[program:strange]
command = cat
startsecs = 0
stdout_logfile = %(here)s/strange.log

[group:mix]
programs = mine, strange
"""
ADDED = "[program:carlas]\ncommand = cat\n[program:stranger]\ncommand = cat\n"

STATUS = "/live?page=status"
TELLING = ("/api/v1/events", "/live?page=events")
EVENTS_PAGE = "/events.html"
FOREIGN = ("strange", "hunter2", "deploy-kind", "REMOTE_COMMUNICATION", "TICK")
"""Neither names of others, nor why their logs cannot be cleared, nor messages."""


class Reader:
    """Reads what one stream tells; over HTTP/1.0, so that there are no chunks to take apart."""

    def __init__(self, port: int, path: str, user: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), DEADLINE_S)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers(user).items())
        self._socket.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n{lines}\r\n".encode())
        self._data = self._socket.recv(65536)
        assert b" 200 OK\r\n" in self._data
        self._socket.setblocking(False)

    @property
    def text(self) -> str:
        """What has come until now."""
        with suppress(BlockingIOError):
            while data := self._socket.recv(65536):
                self._data += data
        return self._data.decode("utf-8")

    def is_told_all(self) -> bool:
        """A page that lists processes is loaded anew at the end, the others are told why."""
        text = self.text
        return "event: reload" in text or "SUPERVISOR_STATE_CHANGE_RUNNING" in text

    def close(self) -> None:
        self._socket.close()


def headers(user: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{user}word".encode()).decode()}


class Site(LiveDaemon):
    """A daemon with an admin, chris, and carla, who has programs."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.text = SERVER.replace("{port}", str(self.port))
        super().__init__(OUR_DAEMON, self.text, directory)

    def page(self, path: str, user: str) -> str:
        """A page as that user gets it."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        client.request("GET", path, headers=headers(user))
        answer = client.getresponse()
        assert answer.status == 200
        text = answer.read().decode("utf-8")
        client.close()
        return text

    def let_things_happen(self) -> None:
        """What is nobody's, what is others', and at last what is carla's."""
        supervisor: Any = self.rpc.supervisor
        supervisor.sendRemoteCommEvent("deploy-kind", "hunter2")
        self.write_config(self.text + ADDED)
        supervisor.reloadConfig()
        supervisor.addProcessGroup("stranger")
        supervisor.stopProcess("stranger")
        supervisor.removeProcessGroup("stranger")
        supervisor.stopProcess("mix:strange")
        supervisor.startProcess("mix:strange")
        supervisor.stopProcess("mix:mine")
        supervisor.stopProcess("web")

    def be_fatal_for_a_moment(self) -> None:
        """Because of a log of somebody else."""
        log = self.directory / "strange.log"
        log.unlink()
        log.mkdir()
        assert "failed" in self.ctl("clear", "mix:strange").stdout
        log.rmdir()
        self.rpc.supervisor.clearProcessLogs("mix:strange")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], str]]:
    """(User, path) -> what that user was told there."""
    with Site(tmp_path_factory.mktemp("site")) as site, ExitStack() as stack:
        for name in ("web", "mix:mine", "mix:strange"):
            site.wait_state(name, "RUNNING")
        readers = {}
        for user in ("chris", "carla"):
            for path in (*TELLING, STATUS):
                readers[user, path] = reader = Reader(site.port, path, user)
                stack.callback(reader.close)
        site.let_things_happen()
        wait_until(lambda: '"p-web"' in readers["carla", STATUS].text, "the row of web is sent")
        site.be_fatal_for_a_moment()
        for reader in readers.values():
            wait_until(reader.is_told_all, "everything is told")
        found = {key: reader.text for key, reader in readers.items()}
        for user in ("chris", "carla"):
            found[user, EVENTS_PAGE] = site.page(EVENTS_PAGE, user)
        yield found


@pytest.mark.parametrize("path", [*TELLING, STATUS, EVENTS_PAGE])
def test_nothing_of_others_is_told(told: dict[tuple[str, str], str], path: str) -> None:
    """Neither of their programs and groups, nor what clients tell listeners."""
    text = told["carla", path]
    # The page offers topics to everybody; what happened is in its rows.
    rows = text.partition("<tbody")[2] if path == EVENTS_PAGE else text
    assert rows
    assert [word for word in FOREIGN if word in rows] == []


@pytest.mark.parametrize("path", [*TELLING, EVENTS_PAGE])
def test_what_is_his_and_the_states_of_the_daemon_are_told(
    told: dict[tuple[str, str], str], path: str
) -> None:
    """The state FATAL without its reason, which is about somebody else's log."""
    text = told["carla", path]
    for kind in ("PROCESS_STATE_STOPPED", "SUPERVISOR_STATE_CHANGE_FATAL"):
        assert kind in text
    assert "the system refuses something to supervisord" in text


@pytest.mark.parametrize("path", [*TELLING, EVENTS_PAGE])
def test_who_may_see_all_is_told_all(told: dict[tuple[str, str], str], path: str) -> None:
    """The same happenings: so the words that others are not told would have been seen."""
    for word in ("strange", "stranger", "hunter2", "deploy-kind", "PROCESS_GROUP_REMOVED"):
        assert word in told["chris", path], word
