"""Pages and handlers of plug-ins, as clients of the daemon see them."""

import base64
import http.client
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from supervisor.tests.plugins.site import PluginDaemon, is_reference

CONFIG = """
[rpcinterface:pages]
supervisor.rpcinterface_factory = pages:Pages

[program:web]
command = sleep 600
startsecs = 0
autostart = false

[program:missing]
command = /nonexistent/program
autostart = false
"""

NOTHING: Mapping[str, str] = {}


class Answer(NamedTuple):
    """What a client gets."""

    status: int
    headers: Mapping[str, str]
    body: str


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginDaemon]:
    with PluginDaemon(CONFIG, tmp_path_factory.mktemp("pages")) as daemon:
        yield daemon


def ask(
    daemon: PluginDaemon,
    path: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] = NOTHING,
) -> Answer:
    """A request on a connection of its own."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(10)
    connection.sock.connect(str(daemon.socket))
    connection.request(method, path, body, dict(headers))
    response = connection.getresponse()
    text = response.read().decode("latin-1")
    connection.close()
    return Answer(response.status, dict(response.getheaders()), text)


def show(daemon: PluginDaemon, **arguments: str) -> Answer:
    """The page with these arguments."""
    return ask(daemon, f"/page.html?{urlencode(arguments)}")


def test_page_is_made_from_its_template_and_the_arguments(daemon: PluginDaemon) -> None:
    """A template with the namespace of old, filled in and escaped; nobody keeps the page."""
    answer = show(daemon, text="<é&>")

    assert answer.status == 200
    assert answer.body.startswith("<!DOCTYPE html")
    assert "<p>&lt;é&amp;></p>" in answer.body.encode("latin-1").decode()
    assert answer.headers["Content-Type"] == "text/html;charset=utf-8"
    assert answer.headers["Cache-Control"] == answer.headers["Pragma"] == "no-cache"
    assert answer.headers["Content-Length"] == str(len(answer.body))


def test_of_an_argument_the_body_counts_more_than_the_query(daemon: PluginDaemon) -> None:
    """The first in a query, the last in a body, and the body wins."""
    assert "<p>first</p>" in ask(daemon, "/page.html?text=first&text=second").body
    answer = ask(daemon, "//page.html?text=first", "POST", b"text=third&text=last")
    assert "<p>last</p>" in answer.body


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PATH_TRANSLATED", "/page.html"),
        ("REQUEST_METHOD", "GET"),
        ("SERVER_URL", "http://here:81"),
        ("HTTP_HOST", "here:81"),
        ("HTTP_COOKIE", "a=b"),
        ("QUERY_STRING", "show=QUERY_STRING"),
    ],
)
def test_form_has_the_variables_of_the_request(daemon: PluginDaemon, name: str, value: str) -> None:
    """Named as in CGI, beside the arguments."""
    headers = {"Host": "here:81", "Cookie": "a=b"}
    answer = ask(daemon, f"/page.html?show={name}", headers=headers)
    assert f"<p>{value}</p>" in answer.body
    assert "Cookie: a=b|Host: here:81" in answer.body


@pytest.mark.skipif(is_reference(), reason="there an argument chooses the page")
def test_w5_no_argument_replaces_a_variable(daemon: PluginDaemon) -> None:
    """Query arguments used to share the dictionary with the variables, and to win."""
    answer = show(daemon, PATH_INFO="/tail.html", show="PATH_INFO")
    assert "<p>/page.html</p>" in answer.body


def test_page_that_is_not_done_yet_is_asked_again(daemon: PluginDaemon) -> None:
    """Until it returns something else, every `delay` seconds."""
    assert "<p>at last</p>" in show(daemon, times="3", text="at last").body


def test_location_makes_a_redirect(daemon: PluginDaemon) -> None:
    """Not a permanent one: a browser would skip the action the next time."""
    answer = show(daemon, Location="/there")
    assert answer.status == (301 if is_reference() else 303)
    assert answer.headers["Location"] == "/there"


def test_page_without_a_template_sends_any_bytes(daemon: PluginDaemon) -> None:
    """An image, with headers of its own."""
    answer = ask(daemon, "/image.png")
    assert (answer.status, answer.body) == (200, "\x89PNG")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Expires"] == "Thu, 01 Jan 1970 00:00:00 GMT"


def test_page_of_a_plug_in_hides_ours(daemon: PluginDaemon) -> None:
    """index.html is what / shows; what nobody has is not found."""
    assert "<p>nothing</p>" in ask(daemon, "/").body
    assert ask(daemon, "/ok.html").body == ask(daemon, "/fine.html").body == "OK"
    assert ask(daemon, "/nobody.html").status == 404
    assert ask(daemon, "/RPC2/page.html").status == 400


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/page.html?raise=1", "ValueError: no page today"),
        ("/page.html?raise=1&times=2", "ValueError: no page today"),
        ("/page.html?leave=1", "SystemExit: no daemon tomorrow"),
        ("/page.html?leave=1&times=2", "SystemExit: no daemon tomorrow"),
        ("/page.html?nonsense=1", "a body is bytes or text"),
        ("/page.html?times=2&delay=nan", "its delay is nan"),
        ("/broken.html", "KeyError: 'not even made'"),
        ("/missing.html", "FileNotFoundError"),
        ("/page.html?X-Own=a%0D%0AX-Other:%20b", "cannot send the header 'X-Own'"),
        ("/page.html?X-Own=%E2%82%AC", "cannot send the header 'X-Own'"),
        ("/actions.html?action=dance", "there is no action 'dance'"),
        ("/tail2.html", "NotImplementedError"),
    ],
)
@pytest.mark.skipif(is_reference(), reason="log lines of ours; it sends such headers")
def test_page_that_fails_is_a_status_500_and_a_line_with_its_path(
    daemon: PluginDaemon, path: str, why: str
) -> None:
    """Whatever it raises harms nobody but its client."""
    before = len(daemon.log_text())

    assert ask(daemon, path).status == 500

    told = daemon.log_text()[before:]
    assert f"page '{path.partition('?')[0]}' of a plug-in raised an unexpected exception" in told
    assert why in told
    assert show(daemon).status == 200


@pytest.mark.skipif(is_reference(), reason="it has no limits")
def test_too_many_arguments_are_refused(daemon: PluginDaemon) -> None:
    """A thousand are enough; who sends more cannot fill the log with it."""
    before = daemon.log_text()
    assert ask(daemon, "/page.html", "POST", b"a=1&" * 1001).status == 400
    assert daemon.log_text() == before


def act(daemon: PluginDaemon, action: str, name: str = "") -> str:
    """What a page says about an action."""
    return ask(daemon, f"/actions.html?action={action}&processname={name}").body


def test_buttons_of_pages_do_what_those_of_the_status_page_do(daemon: PluginDaemon) -> None:
    """The words that scripts look for."""
    assert act(daemon, "start", "web") == "Process web started"
    assert act(daemon, "start", "web") == "ERROR: Process web: already started"
    assert act(daemon, "restart", "web") == "Process web restarted"
    assert act(daemon, "stop", "web:web") == "Process web:web stopped"
    assert act(daemon, "stop", "web") == "unexpected rpc fault [70] NOT_RUNNING: web"
    assert act(daemon, "clearlog", "web") == "Log for web cleared"
    assert act(daemon, "start", "missing") == "ERROR: Process missing: no such file"
    assert act(daemon, "start", "zz") == "No such process named zz"
    assert act(daemon, "start", "web:*") == "No such process named web:*"
    assert act(daemon, "refresh").startswith("Page refreshed at ")
    assert act(daemon, "restartall").startswith("All restarted at ")
    assert act(daemon, "stopall").startswith("All stopped at ")
    assert daemon.info("web")["statename"] == "STOPPED"


def test_handlers_of_plug_ins_get_what_nobody_else_answers(tmp_path: Path) -> None:
    """In their order; a password that a plug-in asks for is asked for."""
    folder = tmp_path / "files"
    (folder / "sub").mkdir(parents=True)
    (folder / "style.css").write_text("p {}", "utf-8")
    (folder / "sub" / "index.html").write_text("sub", "utf-8")
    (tmp_path / "private").write_text("private", "utf-8")
    headers = {"Authorization": f"Basic {base64.b64encode(b'me:secret').decode()}"}
    with PluginDaemon(CONFIG, tmp_path / "d") as daemon:
        daemon.rpc.pages.put_handlers(str(folder))

        echo = ask(daemon, "/echo?x=1")
        assert (echo.status, echo.body) == (200, "GET /echo?x=1 done")
        assert echo.headers["Content-Type"] == "text/x-echo"
        assert ask(daemon, "/style.css").status == 401
        style = ask(daemon, "/style.css", headers=headers)
        assert (style.status, style.body) == (200, "p {}")
        assert style.headers["Content-Type"] == "text/css"
        assert ask(daemon, "/style.css", "HEAD", headers=headers).headers["Content-Length"] == "4"
        assert ask(daemon, "/sub/", headers=headers).body == "sub"
        for path in ("/../private", "/%2e%2e/private", "/nobody", "/sub/%00"):
            assert ask(daemon, path, headers=headers).status in (400, 404)
        assert ask(daemon, "/style.css", "DELETE", headers=headers).status == 400
        assert ask(daemon, "/ok.html").body == "OK"


@pytest.mark.skipif(is_reference(), reason="there the client waits for ever")
def test_handler_that_fails_is_a_status_500(tmp_path: Path) -> None:
    """One that raises, and one that does not answer."""
    with PluginDaemon(CONFIG, tmp_path / "d") as daemon:
        daemon.rpc.pages.put_handlers(str(tmp_path))

        assert ask(daemon, "/echo", "PUT", b"").status == 500
        assert "OSError: cannot put" in daemon.log_text()
        assert ask(daemon, "/echo", "OPTIONS").status == 500
        assert "handler of '/echo' of a plug-in raised" in daemon.log_text()
