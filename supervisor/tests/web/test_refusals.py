"""The API refuses by problem documents also where it has not been asked yet."""

import json
from collections.abc import Iterator

import pytest

from supervisor.rpc.caller import Role
from supervisor.tests.web.doors import access, user_gate
from supervisor.tests.web.site import Loop, Site
from supervisor.web.access.policy import refusal
from supervisor.web.access.users import User
from supervisor.web.messages import Request, Response, error_response
from supervisor.web.refusals import PROBLEM_TYPE, in_form_of


def request_for(path: str) -> Request:
    """A request for that path."""
    return Request("GET", path, "1.1", path, "", (), b"")


def never(request: Request) -> Response:
    """No request comes so far."""
    raise AssertionError(request.line)


@pytest.fixture
def loop() -> Iterator[Loop]:
    with Loop() as running:
        yield running


@pytest.mark.parametrize(
    ("request_bytes", "status", "words"),
    [
        (b"GET /api/v1/processes HTTP/1.1\r\n", 401, "a user name and a password"),
        (b"POST /api/v1/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", 411, "Content-Length"),
        (b"POST /api/v1/x HTTP/1.1\r\nContent-Length: 99999999999\r\n", 413, "larger"),
        (
            b"POST /api/v1/x HTTP/1.1\r\nContent-Length: 0\r\nOrigin: http://e\r\n",
            403,
            "it comes from a page of another site, and nothing was done. If that site",
        ),
    ],
)
def test_refusal_before_the_api_is_a_problem_document(
    loop: Loop, request_bytes: bytes, status: int, words: str
) -> None:
    """Errors are RFC 9457 problem documents, whoever refuses."""
    made = access(loop.ports, [User("alice", Role.ADMIN, (), "wonder")])
    with Site(loop, never, gate=user_gate(made)) as site:
        reply = site.exchange(request_bytes + b"Host: x\r\n\r\n")
    head, _, body = reply.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nContent-Type: application/problem+json\r\n" in head
    assert (b"\r\nWWW-Authenticate: Basic " in head) == (status == 401)
    problem = json.loads(body)
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert words in problem["detail"]


def test_what_a_client_sent_does_not_break_the_document() -> None:
    """Words of clients are quoted, whatever they contain."""
    hostile = "no host 'a\\x00\\' \"},{\" \u20ac\nUse another.\n"
    answer = in_form_of(request_for("/api/v1/x"), refusal(421, hostile))
    assert answer.closes
    assert json.loads(answer.body) == {
        "type": "about:blank",
        "title": "Misdirected Request",
        "status": 421,
        "detail": "no host 'a\\x00\\' \"},{\" \u20ac Use another.",
    }


@pytest.mark.parametrize("path", ["/", "/RPC2", "/apis", "/metrics"])
def test_others_are_refused_in_the_words_of_old(path: str) -> None:
    """Clients of XML-RPC and pages are answered as ever."""
    page = error_response(401)
    assert in_form_of(request_for(path), page) is page
    assert in_form_of(None, page) is page
    assert page.content_type != PROBLEM_TYPE
