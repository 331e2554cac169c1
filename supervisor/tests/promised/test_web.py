"""Promised names for pages, outside of a daemon: headers, files, dates, handlers."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

import supervisor.web
from supervisor.config.sections.servers import ServerSettings
from supervisor.config.values import Origin
from supervisor.http import logtail_handler, mainlogtail_handler, supervisor_auth_handler
from supervisor.medusa import asyncore_25, default_handler, filesys, http_date, http_server
from supervisor.promised.request import BODY_BYTES_MAX, PluginRequest, response_of
from supervisor.promised.statusview import StatusView, TailView
from supervisor.promised.views import VIEWS, ViewContext, page_of_plug_in
from supervisor.tests.promised.test_light import loaded_by
from supervisor.web.messages import Request
from supervisor.web.pages import load_template

INET = ServerSettings(
    kind="inet", name="", section="inet_http_server", origin=Origin("", 0), host="", port=9001
)


def asked(target: str, method: str = "GET", **headers: str) -> PluginRequest:
    """A request without a body."""
    path, _, query = target.partition("?")
    lines = [(name.encode(), value.encode()) for name, value in headers.items()]
    return PluginRequest(Request(method, target, "1.1", path, query, lines), INET)


def test_names_of_pages_are_loaded_when_they_are_used() -> None:
    """The package web is part of every daemon; what plug-ins import from it is not."""
    assert "meld3" not in loaded_by("import supervisor.web")
    assert "meld3" not in loaded_by("from supervisor.web import VIEWS, ViewContext")
    assert "meld3" in loaded_by("from supervisor.web import MeldView")
    assert (supervisor.web.VIEWS, supervisor.web.ViewContext) == (VIEWS, ViewContext)
    assert (supervisor.web.StatusView, supervisor.web.TailView) == (StatusView, TailView)
    assert StatusView.__module__ == "supervisor.web"
    with pytest.raises(AttributeError, match="no attribute 'Other'"):
        _ = supervisor.web.Other


def test_our_pages_are_in_the_table_and_stay_ours_until_a_plug_in_changes_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Plug-ins find them where they have always been, and replace them or parts of them."""
    assert {"index.html", "tail.html", "ok.html"} <= VIEWS.keys()
    assert page_of_plug_in("index.html") is None
    assert page_of_plug_in("other.html") is None
    monkeypatch.setitem(VIEWS["index.html"], "template", "/mine.html")
    assert page_of_plug_in("index.html") == VIEWS["index.html"]
    context = ViewContext(template=None, response={"headers": {}})
    assert isinstance(VIEWS["tail.html"]["view"](context), TailView)


def test_template_of_logs_has_the_elements_that_plug_ins_fill_in() -> None:
    """Derived pages use the template of the daemon by a path below its package."""
    page = TailView(ViewContext(template="ui/tail.html")).clone()
    for name in ("title", "tailbody", "refresh_anchor"):
        page.findmeld(name).content("filled <in>")
    assert page.write_xhtmlstring().count(b"filled &lt;in>") == 3


@pytest.mark.parametrize("namespace", ["https://github.com/Supervisor/supervisor", "meld3"])
def test_templates_use_the_namespace_of_old_or_that_of_meld3(
    tmp_path: Path, namespace: str
) -> None:
    """Both make `meld:id` what elements are found by."""
    path = tmp_path / "page.html"
    url = "http://www.plope.com/software/meld3" if namespace == "meld3" else namespace
    path.write_text(f'<p xmlns:meld="{url}"><b meld:id="x">old</b></p>', "utf-8")

    page = load_template(str(path)).clone()
    page.findmeld("x").content("new & <good>")

    assert b"<b>new &amp; &lt;good></b>" in page.write_xhtmlstring()


@pytest.mark.parametrize(
    ("made", "error"),
    [
        (None, AttributeError),
        ({}, KeyError),
        ({"body": None}, TypeError),
        ({"body": b"", "headers": {"A": "b\r\nC: d"}}, ValueError),
        ({"body": b"", "headers": {"A": "b\n"}}, ValueError),
        ({"body": b"", "headers": {"A:": "b"}}, ValueError),
        ({"body": b"", "headers": {"A": "\u20ac"}}, ValueError),
        ({"headers": {"Location": "/x\r\n"}}, ValueError),
        ({"body": bytes(BODY_BYTES_MAX + 1)}, ValueError),
    ],
)
def test_what_cannot_be_sent_is_refused(made: Any, error: type[Exception]) -> None:
    """Nothing that a page says can break the head of the response."""
    with pytest.raises(error):
        response_of(made)


def test_headers_that_the_server_writes_are_left_out() -> None:
    """Length and connection are its business; the others are kept, in the spelling they have."""
    headers = {"content-length": 99, "Connection": "x", "content-type": "a/b", "X-mine": 5}
    response = response_of({"headers": headers, "body": "text"})
    assert (response.content_type, response.body) == ("a/b", b"text")
    assert response.headers == (("X-mine", "5"),)


def test_request_says_what_was_asked() -> None:
    """Its head as lines, and where the client has reached the server."""
    request = asked("/a%20b?c=d&e=", host="here:80", cookie="x=y")
    assert request.split_uri() == ("/a%20b", None, "?c=d&e=", None)
    assert request.header == ["Host: here:80", "Cookie: x=y"]
    assert request.get_header("COOKIE") == "x=y"
    assert request.get_server_url() == "http://here"
    assert asked("/").get_server_url() == "http://localhost:9001"
    environment = asked("/").cgi_environment()
    assert (environment["SERVER_NAME"], environment["SERVER_PORT"]) == ("localhost", "9001")
    assert request.form()["c"] == "d"
    assert "e" not in request.form()


class Pieces:
    """What medusa calls a producer."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)

    def more(self) -> bytes:
        """The next one."""
        return self._pieces.pop(0) if self._pieces else b""


def test_request_collects_what_is_pushed() -> None:
    """Text, bytes and producers, until it is done."""
    request = asked("/")
    request["Content-Type"] = "a/b"
    assert request.has_key("Content-Type") and request["Content-Type"] == "a/b"
    for thing in ("a", b"b", Pieces(b"c", b"d")):
        request.push(thing)
    assert request.response is None
    request.done()
    assert request.response is not None and request.response.body == b"abcd"


def test_get_header_takes_a_group_of_the_first_line_that_matches_completely() -> None:
    """With an empty text for none."""
    cookie = re.compile("Cookie: a=(.*)", re.IGNORECASE)
    assert http_server.get_header(cookie, ["x", "cookie: a=5", "Cookie: a=6"]) == "5"
    assert http_server.get_header(cookie, ["zCookie: a=1"]) == ""
    assert http_server.get_header(re.compile("Cookie: (.*)"), ["Cookie: x"], 0) == "Cookie: x"


def test_dates_of_headers() -> None:
    """There and back."""
    assert http_date.build_http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT"
    assert http_date.parse_http_date("Thu, 01 Jan 1970 00:01:00 GMT") == 60
    assert http_date.parse_http_date("yesterday") == 0


def test_compact_traceback_tells_where() -> None:
    """File, function and line; type and value; all places."""
    try:
        int("x")
    except ValueError as error:
        place, kind, value, places = asyncore_25.compact_traceback()
        assert place[:2] == (__file__, "test_compact_traceback_tells_where")
        assert (kind, value) == (ValueError, error)
        assert places == f"[{'|'.join(place)}]"


def test_folder_is_never_left(tmp_path: Path) -> None:
    """Whatever the path says."""
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret").write_text("secret", "utf-8")
    files = filesys.os_filesystem(str(tmp_path / "inside"))
    for path in ("../secret", "/../secret", "x/../../secret", "//../secret", "\0"):
        assert not files.isfile(path)
    assert files.translate("a//./b") == os.path.join(tmp_path, "inside", "a/b")
    assert files.isdir("") and files.listdir("/") == []


def test_large_files_are_not_held_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to the limit they are sent."""
    monkeypatch.setattr(default_handler, "FILE_BYTES_MAX", 4)
    handler = default_handler.default_handler(filesys.os_filesystem(str(tmp_path)))
    statuses = []
    for length in (4, 5):
        (tmp_path / "file.js").write_bytes(bytes(length))
        request = asked("/file.js")
        handler.handle_request(request)
        assert request.response is not None
        statuses.append(request.response.status)
    assert statuses == [200, 404]


@pytest.mark.parametrize(
    ("given", "status"),
    [(None, 401), ("Basic bWU6c2VjcmV0", 200), ("Basic bWU6d3Jvbmc=", 401), ("Basic x", 401)],
)
def test_auth_handler_asks_for_a_password(given: str | None, status: int) -> None:
    """One of those in its dictionary."""

    class Inner:
        def match(self, request: Any) -> bool:
            return True

        def handle_request(self, request: Any) -> None:
            request.push("in")
            request.done()

    handler = supervisor_auth_handler({"you": "x", "me": "secret"}, Inner(), "pages")
    request = asked("/") if given is None else asked("/", authorization=given)
    assert handler.match(request)
    handler.handle_request(request)
    assert request.response is not None
    assert request.response.status == status
    if status == 401:
        assert ("WWW-Authenticate", 'Basic realm="pages"') in request.response.headers


def test_handlers_of_logs_know_their_paths() -> None:
    """They are there for whoever derives from them."""
    assert logtail_handler(None).match(asked("/logtail/web"))
    assert not logtail_handler(None).match(asked("/logtails"))
    assert mainlogtail_handler(None).match(asked("/mainlogtail"))
