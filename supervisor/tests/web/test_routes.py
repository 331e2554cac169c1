"""Paths, error pages and headers."""

import re
from collections.abc import Iterator

import pytest

from supervisor.levels import Level
from supervisor.rpc.caller import Caller, Role
from supervisor.tests.web.site import Loop, Site
from supervisor.web.messages import Answer, Handler, Request, Response
from supervisor.web.routes import Routes, answer_ok

ERROR_404 = (
    b"<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n<h1>Error response</h1>\r\n"
    b"<p>Error code 404.\r\n<p>Message: Not Found.\r\n</body>\r\n"
)


def named(name: str) -> Handler:
    """A handler that says its name and the path it was asked for."""

    def handler(request: Request) -> Answer:
        return Response(200, "text/plain", f"{name} {request.path}".encode())

    return handler


def crash(request: Request) -> Answer:
    """A handler with a fault."""
    raise RuntimeError("broken handler")


APP = Routes(
    [
        ("/RPC2", named("rpc")),
        ("/logtail", named("logtail")),
        ("/mainlogtail", named("mainlogtail")),
        ("/crash", crash),
    ],
    {"ok.html": answer_ok},
)


@pytest.fixture
def site() -> Iterator[Site]:
    with Loop() as loop, Site(loop, APP) as site:
        yield site


def get(site: Site, path: str, method: str = "GET", version: str = "1.1") -> tuple[int, bytes]:
    """Status and body of a request on a connection of its own."""
    length = "Content-Length: 0\r\n" if method == "POST" else ""
    data = f"{method} {path} HTTP/{version}\r\nHost: x\r\n{length}\r\n".encode()
    head, _, body = site.exchange(data).partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/RPC2", "rpc /RPC2"),
        ("/RPC2/", "rpc /RPC2/"),
        ("/RPC2/x?y", "rpc /RPC2/x"),
        ("/RPC2?y", "rpc /RPC2"),
        ("/logtail/grp%3Aname", "logtail /logtail/grp:name"),
        ("/logtail", "logtail /logtail"),
        ("/mainlogtail", "mainlogtail /mainlogtail"),
        ("/mainlogtail/foo", "mainlogtail /mainlogtail/foo"),
        ("/%52PC2", "rpc /RPC2"),
    ],
)
def test_route_answers_its_path_and_what_is_below(site: Site, path: str, expected: str) -> None:
    """Percent-escapes are decoded once before routing."""
    assert get(site, path) == (200, expected.encode())


@pytest.mark.parametrize("path", ["/RPC2xyz", "/RPC2%41", "/logtailfoo", "/mainlogtailxyz"])
def test_x33_route_does_not_answer_what_merely_begins_like_it(site: Site, path: str) -> None:
    """Exact, or followed by / or ?."""
    assert get(site, path) == (404, ERROR_404)


def test_w15_x45_raw_template_is_not_served(site: Site) -> None:
    """/status.html was a template."""
    assert get(site, "/status.html") == (404, ERROR_404)


@pytest.mark.parametrize("path", ["/ok.html", "ok.html", "//ok.html", "/ok.html?x=y"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_ok_page_is_a_liveness_probe(site: Site, path: str, method: str) -> None:
    """ok.html says OK to GET and POST; leading slashes are irrelevant."""
    assert get(site, path, method) == (200, b"OK")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/ok.html/x", 404),
        ("GET", "/../etc/passwd", 404),
        ("GET", "/%00", 404),
        ("HEAD", "/", 404),
        ("HEAD", "/nothing", 404),
        ("PUT", "/ok.html", 400),
        ("POST", "/nothing", 400),
        ("OPTIONS", "*", 400),
        ("get", "/ok.html", 400),
    ],
)
def test_everything_else_is_not_found_or_a_bad_request(
    site: Site, method: str, path: str, expected: int
) -> None:
    """GET and HEAD of what is not there: 404; any other method: 400."""
    assert get(site, path, method)[0] == expected


def test_head_has_no_body_but_its_length(site: Site) -> None:
    """HEAD is answered as GET, without the body, and the connection stays in step."""
    with site.connect() as client:
        client.send(b"HEAD /nothing HTTP/1.1\r\n\r\nGET /ok.html HTTP/1.1\r\n\r\n")
        head = client.read_until(b"\r\n\r\n")
        assert f"\r\nContent-Length: {len(ERROR_404)}\r\n".encode() in head
        assert client.read_reply()[1] == b"OK"


def test_headers_of_a_reply(site: Site) -> None:
    """Server, Date (RFC 1123, GMT), Content-Type and Content-Length."""
    with site.connect() as client:
        client.send(b"GET /ok.html HTTP/1.1\r\n\r\n")
        head, _ = client.read_reply()
    assert re.fullmatch(
        rb"HTTP/1\.1 200 OK\r\nServer: supervisor\r\n"
        rb"Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d GMT\r\n"
        rb"Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n",
        head,
    )


def test_fault_of_a_handler_is_500_and_critical(site: Site) -> None:
    """The traceback is in the main log, and the same connection goes on."""
    with site.connect() as client:
        client.send(b"GET /crash HTTP/1.1\r\n\r\nGET /ok.html HTTP/1.1\r\n\r\n")
        assert client.read_reply()[0].startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
        assert client.read_reply()[1] == b"OK"
    text = site.loop.logged(Level.CRIT)[-1]
    assert text.startswith('Answering "GET /crash HTTP/1.1" of 127.0.0.1:')
    assert text.endswith("RuntimeError: broken handler")


def test_access_line_is_written_at_trace_level(site: Site) -> None:
    """HOST:PORT, date, request line, status and bytes sent; error level if it says "error"."""
    reply = site.exchange(b"GET /ok.html HTTP/1.1\r\n\r\n")
    line = site.loop.logged(Level.TRAC)[-1]
    assert re.fullmatch(
        r"127\.0\.0\.1:\d+ - - \[\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d \+0000\] "
        rf'"GET /ok\.html HTTP/1\.1" 200 {len(reply)}',
        line,
    )
    get(site, "/Error")
    assert '"GET /Error HTTP/1.1" 404 ' in site.loop.logged(Level.ERRO)[-1]


class Guests:
    """Pages of a plug-in: one in place of ours, one that only it has."""

    def page(self, request: Request) -> Answer | None:
        return self._answer(request, "/theirs")

    def rest(self, request: Request) -> Answer | None:
        return self._answer(request, "/rest")

    def _answer(self, request: Request, path: str) -> Answer | None:
        if not request.path.startswith(path):
            return None
        return Response(200, "text/plain", f"guest {path}".encode())


def our_pages(request: Request) -> Answer:
    """Knows two paths."""
    known = request.path in ("/", "/theirs")
    return Response(200 if known else 404, "text/plain", b"ours")


@pytest.mark.parametrize(
    ("path", "admin", "user"),
    [
        ("/", b"ours", b"ours"),
        ("/theirs", b"guest /theirs", b"ours"),
        ("/rest", b"guest /rest", b"ours"),
        ("/nothing", b"ours", b"ours"),
    ],
)
def test_pages_of_plugins_are_for_those_who_may_do_everything(
    path: str, admin: bytes, user: bytes
) -> None:
    """They act on the whole daemon without asking; for others there are our pages alone."""
    routes = Routes([], {}, Guests(), our_pages)
    callers = [
        (Caller(), admin),
        (Caller("admin", Role.ADMIN), admin),
        (Caller("operator", Role.OPERATE), user),
        (Caller("carla", Role.ADMIN, ("web",)), user),
    ]
    for caller, expected in callers:
        request = Request("GET", path, "1.1", path, "", [])
        request.caller = caller
        answer = routes(request)
        assert isinstance(answer, Response)
        assert answer.body == expected


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b=c", "a\nb", "a\rb", "a\0b"])
def test_no_answer_has_more_headers_than_it_says(value: str) -> None:
    """Header injection: the client gets nothing, the log says which header it was."""

    def answer(request: Request) -> Answer:
        return Response(303, "text/plain", b"", (("Location", value),))

    with Loop() as loop, Site(loop, answer) as site:
        assert site.exchange(b"GET / HTTP/1.1\r\n\r\n") == b""
        assert "cannot send the header Location" in loop.logged(Level.CRIT)[-1]
