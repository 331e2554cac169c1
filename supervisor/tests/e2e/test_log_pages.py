"""Pages of logs, processes and events of a real daemon, as a browser asks for them."""

import base64
import html
import http.client
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlencode

import pytest

from supervisor.tests.support.daemon import DEADLINE_S, OUR_DAEMON, LiveDaemon, wait_until

PROGRAMS = """
[program:echo]
command = /bin/sh -c 'while read -r line; do printf "%%b\\n" "$line"; done'
stdout_logfile = %(here)s/echo.log
stdout_logfile_maxbytes = 0
environment = SECRET="hunter2"
startsecs = 0

[program:small]
command = /bin/cat
stdout_logfile = %(here)s/small.log
stdout_logfile_maxbytes = 1000
stdout_logfile_backups = 5
startsecs = 0

[program:crash]
command = /bin/sh -c 'echo "<b>cannot connect</b>" >&2; exit 3'
startretries = 0

[program:none]
command = /bin/cat
stdout_logfile = NONE
redirect_stderr = true
startsecs = 0
"""

USERS = """
[user:eve]
password = eve
roles = read
programs = small
"""

HOSTILE = r"<script>alert(1)</script> &lt;i&gt; \033[31mred\033[0m \033]0;title\007 \0377 \0303"


class Browser:
    """Asks for pages over the unix socket of a daemon."""

    def __init__(self, path: Path, user: str = "") -> None:
        self._path = path
        self._headers = {"Accept": "text/html", "Host": "localhost"}
        if user:
            word = base64.b64encode(user.encode()).decode()
            self._headers["Authorization"] = f"Basic {word}"

    def ask(self, target: str, form: dict[str, str] | None = None) -> http.client.HTTPResponse:
        """The answer to a request, with its body still to be read."""
        connection = http.client.HTTPConnection("localhost", timeout=DEADLINE_S)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(DEADLINE_S)
        connection.sock.connect(str(self._path))
        if form is None:
            connection.request("GET", f"/{target}", headers=self._headers)
        else:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", f"/{target}", urlencode(form), {**self._headers, **kind})
        return connection.getresponse()

    def page(self, target: str, status: int = 200) -> str:
        """The text of a page."""
        answer = self.ask(target)
        text = answer.read().decode()
        assert answer.status == status, text
        return text

    def live(self, target: str) -> "Stream":
        """The stream of an open page."""
        return Stream(self.ask(target))


class Stream:
    """Server-sent events, as they come."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        assert answer.status == 200, answer.read()
        assert answer.getheader("Content-Type") == "text/event-stream"
        self._answer = answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._answer.close()

    def events(self) -> Iterator[tuple[str, Any]]:
        """Name and data of each."""
        name = ""
        while line := self._answer.readline():
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                yield name, json.loads(value)

    def until(self, wanted: str) -> list[tuple[str, Any]]:
        """What is sent up to the first event whose fragment has that text."""
        told = []
        for name, data in self.events():
            told.append((name, data))
            if isinstance(data, dict) and wanted in data.get("html", ""):
                return told
        raise AssertionError(f"the stream ended before {wanted!r}: {told}")


def lines(markup: str) -> list[str]:
    """Texts of the lines of a log."""
    items = re.findall(r'<li[^>]* id="[^"]*"[^>]*>(.*?)</li>', markup)
    return [html.unescape(re.sub(r"<[^>]*>", "", item)) for item in items]


def field(markup: str, name: str) -> str:
    """Value of a hidden field."""
    tag = next(tag for tag in re.findall(r"<input[^>]*>", markup) if f'name="{name}"' in tag)
    found = re.search(r'value="([^"]*)"', tag)
    assert found is not None
    return html.unescape(found[1])


def source(markup: str) -> str:
    """Address of the live stream of a page, with where its logs are."""
    found = re.search(r'data-src="([^"]*)"', markup)
    assert found is not None
    places = re.findall(r'data-at="([^"]*)"', markup)
    at = [place.replace(":", "=") for each in places for place in each.split(" ")]
    return "&".join([html.unescape(found[1]), *at])


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[LiveDaemon]:
    with LiveDaemon(OUR_DAEMON, PROGRAMS, tmp_path) as daemon:
        daemon.wait_state("echo", "RUNNING")
        yield daemon


@pytest.fixture
def browser(daemon: LiveDaemon) -> Browser:
    return Browser(daemon.socket)


def say(daemon: LiveDaemon, name: str, *texts: str) -> None:
    """Let a program print lines."""
    daemon.rpc.supervisor.sendProcessStdin(name, "".join(f"{text}\n" for text in texts))


def wait_written(path: Path, data: bytes) -> None:
    """Return when a log has that."""
    wait_until(lambda: path.exists() and data in path.read_bytes(), f"{path.name} has {data!r}")


def test_hostile_log_contents_are_escaped_wherever_they_are_shown(
    daemon: LiveDaemon, browser: Browser
) -> None:
    page = browser.page("process.html?name=echo")
    with browser.live(source(page)) as stream:
        say(daemon, "echo", HOSTILE, "that was it")
        told = stream.until("that was it")
    sent = "".join(data["html"] for name, data in told if name == "line")
    for markup in (sent, browser.page("process.html?name=echo")):
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp;lt;i&amp;gt;" in markup
        assert '<span class="a1">red</span>' in markup
        assert "<script>alert" not in markup
        assert "\x1b" not in markup
        assert "title" not in "".join(lines(markup))
    assert "<script>alert" not in browser.page("tail.html?processname=echo")


def test_a_process_page_has_everything_that_is_known(daemon: LiveDaemon, browser: Browser) -> None:
    """State, facts, history, logs, configuration with file and line."""
    page = browser.page("process.html?name=echo")
    pid = daemon.info("echo")["pid"]
    assert f"<dd>{pid}</dd>" in page
    assert "Running" in page
    text = daemon.config.read_text()
    number = text[: text.index("environment = SECRET")].count("\n") + 1
    assert f"supervisord.conf:{number}</td>" in page
    assert "SECRET=&quot;hunter2&quot;" in page
    assert "There is no such process" in browser.page("process.html?name=ghost", 404)
    assert "There is no such process" in browser.page("process.html?name=%22%3E%00", 404)
    assert "is not kept" in browser.page("process.html?name=none")
    daemon.wait_state("crash", "FATAL")
    page = browser.page("process.html?name=crash")
    assert "Exited too quickly: exit status 3. Gave up." in page
    assert "&lt;b&gt;cannot connect&lt;/b&gt;" in page


def test_rotation_while_looking_loses_no_line(daemon: LiveDaemon, browser: Browser) -> None:
    page = browser.page("process.html?name=small")
    numbers = [f"line {number:04}" for number in range(350)]
    with browser.live(source(page)) as stream:
        for at in range(0, 350, 10):
            say(daemon, "small", *numbers[at : at + 10])
        told = stream.until(numbers[-1])
    assert [text for name, data in told if name == "line" for text in lines(data["html"])] == (
        numbers
    )
    assert sum(name == "anew" for name, _ in told) >= 2


def test_a_log_that_is_cleared_while_looking_begins_anew(
    daemon: LiveDaemon, browser: Browser
) -> None:
    say(daemon, "echo", "before")
    wait_written(daemon.directory / "echo.log", b"before\n")
    page = browser.page("process.html?name=echo")
    assert lines(page) == ["before"]
    with browser.live(source(page)) as stream:
        # The facts come first: the stream is there.
        stream.until('id="facts"')
        daemon.rpc.supervisor.clearProcessLogs("echo")
        stream.until("The log was cleared.")
        say(daemon, "echo", "after")
        told = stream.until("after")
    assert told[-1][1]["html"] == '<li id="stdout-0">after</li>'
    assert lines(browser.page("process.html?name=echo")) == ["after"]


def test_a_log_whose_file_is_gone_is_empty(daemon: LiveDaemon, browser: Browser) -> None:
    (daemon.directory / "echo.log").unlink()
    assert "Nothing has been written to it yet." in browser.page("process.html?name=echo")
    assert browser.ask("download?name=echo&stream=stdout").read() == b""


def test_of_a_log_of_1_gb_only_the_last_part_is_sent(daemon: LiveDaemon, browser: Browser) -> None:
    path = daemon.directory / "echo.log"
    with path.open("r+b") as file:
        file.truncate(1 << 30)
        file.seek(1 << 30)
        file.write(b"\nthe end\n")
    page = browser.page("process.html?name=echo")
    assert lines(page)[-1] == "the end"
    assert "1.1 GB" in page
    assert len(page) < 1_000_000
    older = re.search(r'<a[^>]*class="older"[^>]*>', page)
    assert older is not None
    address = re.search(r'href="([^"#]*)', older[0])
    assert address is not None
    part = browser.page(html.unescape(address[1]) + "&only=stdout")
    assert "Show the newest" in part
    assert "<html" not in part


def test_a_whole_log_is_downloaded_byte_by_byte(daemon: LiveDaemon, browser: Browser) -> None:
    data = bytes(range(256)) * 4000
    (daemon.directory / "echo.log").write_bytes(data)
    answer = browser.ask("download?name=echo&stream=stdout")
    assert answer.getheader("Content-Disposition") == 'attachment; filename="echo-stdout.log"'
    assert answer.getheader("Content-Type") == "application/octet-stream"
    assert answer.read() == data
    assert browser.ask("download?name=none&stream=stderr").status == 404
    assert browser.ask("download?name=echo&stream=../../etc/passwd").status == 404


def test_a_line_and_a_signal_are_sent_from_the_page(daemon: LiveDaemon, browser: Browser) -> None:
    page = browser.page("process.html?name=echo")
    token = field(page, "token")
    form = {"token": token, "name": "echo", "back": "process.html?name=echo"}
    answer = browser.ask("stdin", {**form, "text": "from the page & <all>"})
    assert answer.status == 303
    wait_written(daemon.directory / "echo.log", b"from the page & <all>\n")
    told = browser.page(answer.getheader("Location") or "")
    assert "Sent a line to the stdin of echo." in told
    answer = browser.ask("signal", {**form, "signal": "KILL"})
    assert "Sent%20KILL" in (answer.getheader("Location") or "")
    daemon.wait_log("exited: echo (terminated by SIGKILL; not expected)")
    answer = browser.ask("signal", {**form, "signal": "NONSENSE"})
    assert "there%20is%20no%20such%20signal" in (answer.getheader("Location") or "")
    assert "from the page" not in daemon.log_text(), "what is sent to a program is nobody's matter"


@pytest.mark.parametrize("action", ["signal", "stdin", "clearlog"])
def test_a_form_without_a_token_does_nothing(
    daemon: LiveDaemon, browser: Browser, action: str
) -> None:
    """Actions are POST forms with a token."""
    size = daemon.log.stat().st_size
    answer = browser.ask(action, {"name": "echo", "signal": "KILL", "text": "x", "token": "guess"})
    assert answer.status == 403
    assert daemon.info("echo")["statename"] == "RUNNING"
    assert daemon.log.stat().st_size >= size


def test_the_main_log_is_followed_and_cleared(daemon: LiveDaemon, browser: Browser) -> None:
    page = browser.page("log.html")
    assert any(
        "spawned: &#39;echo&#39;" in page or "spawned: 'echo'" in each for each in lines(page)
    )
    with browser.live(source(page)) as stream:
        daemon.rpc.supervisor.stopProcess("small")
        stream.until("stopped: small")
    token = field(browser.page("clearlog"), "token")
    answer = browser.ask("clearlog", {"token": token})
    assert answer.status == 303
    assert "Cleared the main log." in browser.page(answer.getheader("Location") or "")
    assert not any("stopped: small" in each for each in lines(browser.page("log.html")))


def test_events_are_shown_as_they_happen(daemon: LiveDaemon, browser: Browser) -> None:
    page = browser.page("events.html")
    daemon.rpc.supervisor.stopProcess("small")
    with browser.live(source(page)) as stream:
        # What happened between the page and its stream is not lost.
        told = stream.until("PROCESS_STATE_STOPPED")
    assert [name for name, _ in told if name != "event"] == []
    page = browser.page("events.html?topic=PROCESS_STATE&q=small%20state_stopping")
    assert page.count("PROCESS_STATE_STOPPING</span>") == 1
    assert "PROCESS_STATE_STOPPED</span>" not in page


def test_an_open_process_page_is_told_what_changes(daemon: LiveDaemon, browser: Browser) -> None:
    with browser.live(source(browser.page("process.html?name=small"))) as stream:
        stream.until('id="facts"')
        daemon.rpc.supervisor.stopProcess("small")
        told = stream.until("#i-STOPPED")
    assert told[-1][1]["id"] == "head"
    assert "Stopped" in browser.page("process.html?name=small")


def test_an_open_status_page_is_told_what_changes(daemon: LiveDaemon, browser: Browser) -> None:
    with browser.live(source(browser.page(""))) as stream:
        daemon.rpc.supervisor.stopProcess("small")
        told = stream.until('data-s="STOPPED" id="p-small"')
        assert told[-1][1]["id"] == "p-small"
        daemon.rpc.supervisor.removeProcessGroup("small")
        assert any(name == "reload" for name, _ in stream.events())


def test_w11_old_tail_pages_work_as_ever(daemon: LiveDaemon, browser: Browser) -> None:
    """The rows of the table of tail.html; both streams now."""
    wait_written(daemon.directory / "supervisord.log", b"spawned: 'echo'")
    say(daemon, "echo", "x" * 2000, "last words")
    wait_written(daemon.directory / "echo.log", b"last words\n")
    page = browser.page("tail.html?processname=echo")
    assert "<title>echo – ends of logs – " in page
    assert "x" * 1000 + "\nlast words" in page
    assert "x" * 1100 not in page
    assert "x" * 1500 in browser.page("tail.html?processname=echo&limit=1600")
    assert "x" * 1100 not in browser.page("tail.html?processname=echo&limit=all")
    assert "No file for none" in browser.page("tail.html?processname=none")
    assert "No process name found" in browser.page("tail.html")
    assert "No process name found" in browser.page("tail.html?processname=")
    unknown = browser.page(f"tail.html?processname={quote('<gh:ost>')}")
    assert "ERROR: unexpected rpc fault [10] BAD_NAME: &lt;gh:ost&gt;" in unknown


def test_pages_show_nothing_of_the_programs_of_others(tmp_path: Path) -> None:
    """What is not theirs does not exist for users with programs of their own."""
    with LiveDaemon(OUR_DAEMON, PROGRAMS + USERS, tmp_path) as daemon:
        eve = Browser(daemon.socket, "eve:eve")
        for page in (
            "process.html?name=echo",
            "live?page=process&name=echo&stdout=0",
            "download?name=echo&stream=stdout",
            "download?stream=main",
            "live?page=log&main=0",
        ):
            eve.page(page, 404)
        eve.page("log.html", 403)
        page = eve.page("process.html?name=small")
        assert "confirm.html?stop" not in page
        assert "Send signal" not in page
        assert "hunter2" not in page
        assert "BAD_NAME" in eve.page("tail.html?processname=echo")
