"""The pages of a real daemon: asked by curl, by scripts of old, and as browsers ask."""

import http.client
import re
import shutil
import subprocess
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.tests.support.daemon import (
    DEADLINE_S,
    OUR_DAEMON,
    LiveDaemon,
    free_port,
    wait_until,
)

BROWSER = {"Accept": "text/html", "Accept-Language": "de", "Sec-Fetch-Mode": "navigate"}
OWN = {**BROWSER, "Sec-Fetch-Site": "same-origin"}
FOREIGN = {**BROWSER, "Sec-Fetch-Site": "cross-site"}
CTIME = r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}"

CONFIG = """
[inet_http_server]
port = 127.0.0.1:{port}

[program:cat]
command = /bin/cat
startsecs = 0

[program:idle]
command = /bin/cat
autostart = false
startsecs = 0

[program:missing]
command = /nonexistent/program
autostart = false
startretries = 0

[program:pair]
command = /bin/cat
process_name = %(process_num)d
numprocs = 2
startsecs = 0
"""


class Answer:
    """An answer, read to its end."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode("utf-8")

    @property
    def message(self) -> str:
        """What a redirect says."""
        query = urllib.parse.urlsplit(self.headers["Location"]).query
        return urllib.parse.parse_qs(query)["message"][0]


class Pages:
    """A daemon with pages on a port."""

    def __init__(self, directory: Path, config: str = CONFIG) -> None:
        self.port = free_port()
        self.daemon = LiveDaemon(OUR_DAEMON, config.format(port=self.port), directory)

    def ask(
        self,
        path: str,
        headers: dict[str, str] | None = None,
        form: dict[str, str] | None = None,
        method: str = "",
    ) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        body = None if form is None else urllib.parse.urlencode(form)
        try:
            connection.request(
                method or ("GET" if form is None else "POST"), path, body, headers or {}
            )
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def token(self) -> str:
        """What the forms of the status page carry."""
        found = re.search(r'name="token" type="hidden" value="([^"]+)"', self.ask("/").text)
        assert found is not None
        return found[1]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    site = Pages(tmp_path_factory.mktemp("pages"))
    with site.daemon:
        site.daemon.wait_state("cat", "RUNNING")
        yield site


def test_status_page_shows_the_processes(pages: Pages) -> None:
    """Under the addresses of old, whatever the number of slashes, by GET and by POST."""
    for path in ("/", "/index.html", "//index.html", "/?PATH_INFO=/tail.html"):
        answer = pages.ask(path)
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/html;charset=utf-8"
        assert 'id="p-cat"' in answer.text and 'id="p-pair:1"' in answer.text
    assert 'id="p-cat"' in pages.ask("/", form={}).text


def test_pages_need_no_section_of_an_rpc_interface(tmp_path: Path) -> None:
    """Looking and acting work all the same."""
    site = Pages(tmp_path)
    text = site.daemon.config.read_text("utf-8")
    start, end = text.index("[rpcinterface:supervisor]"), text.index("[supervisorctl]")
    site.daemon.config.write_text(text[:start] + text[end:], "utf-8")
    site.daemon.start(wait=False)
    try:
        wait_until(lambda: _is_open(site), "the server answers")
        answer = site.ask("/", form=None)
        assert 'id="p-cat"' in answer.text
        assert site.ask("/?action=start&processname=idle").message == "Process idle started"
    finally:
        site.daemon.cleanup()


def _is_open(site: Pages) -> bool:
    try:
        return site.ask("/ok.html").text == "OK"
    except OSError:
        return False


def test_w1_curl_acts_by_the_addresses_of_old(pages: Pages) -> None:
    """A real one, as it stands in scripts: 303 with a relative address and the message of old."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")

    def told(query: str) -> str:
        done = subprocess.run(
            [curl, "-s", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}",
             f"http://127.0.0.1:{pages.port}/index.html?{query}"],
            capture_output=True, text=True, timeout=DEADLINE_S, check=True,
        )  # fmt: skip
        status, url = done.stdout.split()
        assert status == "303"
        return urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["message"][0]

    assert told("action=start&processname=idle") == "Process idle started"
    assert pages.daemon.info("idle")["statename"] == "RUNNING"
    assert told("processname=idle&action=restart") == "Process idle restarted"
    assert told("action=clearlog&processname=idle") == "Log for idle cleared"
    assert told("action=stop&processname=idle") == "Process idle stopped"
    assert told("action=stop&processname=idle") == "ERROR: Process idle: not running"
    assert told("action=start&processname=missing") == "ERROR: Process missing: no such file"
    assert told("action=start&processname=pair") == "No such process named pair"
    assert re.fullmatch(f"Page refreshed at {CTIME}", told("action=refresh"))


def test_w2_w3_redirect_is_relative_and_temporary(pages: Pages) -> None:
    """Neither a Host header nor a proxy changes where it leads; no browser skips it next time."""
    for host in ("evil.example", "", "127.0.0.1"):
        answer = pages.ask("/?action=refresh", {"Host": host})
        assert answer.status == 303
        assert answer.headers["Location"].startswith("./?message=Page%20refreshed%20at%20")


def test_w6_unknown_action_is_a_bad_request(pages: Pages) -> None:
    """Not a status 500 with a traceback in the log."""
    for query in ("action=dance", "action=start", "action=start&processname="):
        assert pages.ask(f"/index.html?{query}").status == 400
    assert "Traceback" not in pages.daemon.log_text()


def test_w1_browser_is_asked_and_a_foreign_page_refused(pages: Pages) -> None:
    """Nothing happens until the form is sent."""
    asked = pages.ask("/index.html?action=stopall", OWN)
    assert asked.status == 200
    assert "to end, then SIGKILL" in asked.text
    assert pages.ask("/index.html?action=stopall", FOREIGN).status == 403
    assert pages.daemon.info("cat")["statename"] == "RUNNING"


def test_form_acts_with_its_token_alone(pages: Pages) -> None:
    """From our own pages."""
    form = {"token": pages.token(), "restart": "pair:*"}
    before = pages.daemon.info("pair:0")["pid"]
    answer = pages.ask("/act", OWN, form)
    assert answer.message == "Restarted 2 processes in pair."
    assert pages.daemon.info("pair:0")["pid"] != before
    shown = pages.ask("/" + answer.headers["Location"].removeprefix("./"), OWN).text
    assert "Restarted 2 processes in pair." in shown
    assert pages.ask("/act", OWN, {"token": "x", "stop": "*"}).status == 403
    assert pages.ask("/act", FOREIGN, form).status == 403


def test_all_are_stopped_and_started_again(pages: Pages) -> None:
    """By the addresses of old; waits until it is done, and tells who could not be started."""
    assert re.fullmatch(f"All stopped at {CTIME}", pages.ask("/?action=stopall").message)
    assert pages.daemon.info("cat")["statename"] == "STOPPED"
    told = pages.ask("/?action=restartall").message
    assert re.fullmatch(rf"All restarted at {CTIME}, except missing \(no such file\)", told)
    assert pages.daemon.info("cat")["statename"] == "RUNNING"


def test_files_are_where_they_have_always_been(pages: Pages) -> None:
    """Style sheet and icon; no other path is a file."""
    assert pages.ask("/stylesheets/supervisor.css").headers["Content-Type"].startswith("text/css")
    assert pages.ask("/stylesheets/../../pages.py").status == 404
    connection = http.client.HTTPConnection("127.0.0.1", pages.port, timeout=DEADLINE_S)
    connection.request("GET", "/images/icon.png")
    assert connection.getresponse().read(4) == b"\x89PNG"
    connection.close()


def test_page_is_shown_to_old_and_to_terse_clients(pages: Pages) -> None:
    """HTTP/1.0 without a Host, and HEAD."""
    head = pages.ask("/", method="HEAD")
    assert (head.status, head.text) == (200, "")
    connection = http.client.HTTPConnection("127.0.0.1", pages.port, timeout=DEADLINE_S)
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"  # type: ignore[attr-defined]
    connection.request("GET", "/")
    assert b'id="p-cat"' in connection.getresponse().read()
    connection.close()


def test_large_page_comes_in_pieces_and_complete(tmp_path: Path) -> None:
    """Several hundred processes, that are not running."""
    program = "[program:many]\ncommand = /bin/cat\nnumprocs = 300\nautostart = false\n"
    name = "process_name = %(process_num)03d\nstdout_logfile = NONE\nstderr_logfile = NONE\n"
    site = Pages(tmp_path, "[inet_http_server]\nport = 127.0.0.1:{port}\n" + program + name)
    with site.daemon:
        answer = site.ask("/")
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert answer.text.count('data-n="many:') == 300
        assert answer.text.endswith("</html>")
        head = site.ask("/", method="HEAD")
        assert (head.status, head.text) == (200, "")


def test_w7_daemon_that_shuts_down_says_so(tmp_path: Path) -> None:
    """503 and a page that explains it; ok.html still says OK."""
    command = "/bin/sh -c 'trap : TERM; echo up; while :; do sleep 1; done'"
    stubborn = f"[program:stubborn]\ncommand = {command}\nstopwaitsecs = 60\nstartsecs = 0\n"
    site = Pages(tmp_path, CONFIG + stubborn)
    with site.daemon:
        path = Path(site.daemon.info("stubborn")["stdout_logfile"])
        wait_until(lambda: path.exists() and "up" in path.read_text(), "the trap is set")
        site.daemon.rpc.supervisor.shutdown()
        answer = site.ask("/", BROWSER)
        assert answer.status == 503
        assert "The daemon is shutting down" in answer.text
        assert site.ask("/?action=start&processname=idle").status == 503
        assert site.ask("/ok.html").text == "OK"


def test_people_sign_in_by_the_page(tmp_path: Path) -> None:
    """A session instead of a password in every request; programs send theirs as ever."""
    with_user = CONFIG.replace("{port}\n", "{port}\nusername = ops\npassword = geheim\n", 1)
    site = Pages(tmp_path, with_user)
    with site.daemon:
        assert site.ask("/").headers["WWW-Authenticate"].startswith("Basic")
        invited = site.ask("/index.html?q=cat", BROWSER)
        assert (invited.status, "Sign in to" in invited.text) == (401, True)
        assert 'id="p-cat"' not in invited.text
        form = {"user": "ops", "password": "geheim", "back": "index.html?q=cat"}
        entered = site.ask("/sign-in", OWN, form)
        assert (entered.status, entered.headers["Location"]) == (303, "index.html?q=cat")
        cookie = entered.headers["Set-Cookie"].partition(";")[0]
        page = site.ask("/index.html?q=cat", {**OWN, "Cookie": cookie})
        assert page.status == 200
        assert "ops, may do everything" in page.text
        wrong = site.ask("/sign-in", OWN, {**form, "password": "falsch"})
        assert wrong.status == 401
        assert "wrong" in wrong.text
        assert "falsch" not in site.daemon.log_text()
