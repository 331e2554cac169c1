"""Forms of those whose session is over: they are led to sign in, and nothing is done."""

from collections.abc import Iterator

import pytest

from supervisor.rpc.caller import Role
from supervisor.tests.web.doors import access, user_gate
from supervisor.tests.web.site import Loop, Site
from supervisor.web.access.door import SIGN_IN_BYTES_MAX
from supervisor.web.access.users import User
from supervisor.web.application import Doorway
from supervisor.web.messages import Answer, Request, Response

BROWSER = "Accept-Language: en\r\n"
OWN = "Sec-Fetch-Site: same-origin\r\n"
FOREIGN = "Sec-Fetch-Site: cross-site\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
HTML = "Accept: text/html,*/*;q=0.8\r\n"


def ask_to_sign_in(request: Request) -> Answer:
    """Stands for the pages."""
    return Response(401, "text/html", b"please sign in")


def fail(request: Request) -> Answer:
    """Stands for all that is for those who are known."""
    raise AssertionError(request.path)


@pytest.fixture
def site() -> Iterator[Site]:
    with Loop() as loop:
        known = access(loop.ports, [User("admin", Role.ADMIN, (), "secret")])
        with Site(loop, Doorway(fail, ask_to_sign_in), gate=user_gate(known)) as found:
            yield found


def post(site: Site, path: str, more: str, body: str = "stop=web") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\n{BROWSER}{more}Content-Length: {len(body)}\r\n\r\n"
    with site.connect() as client:
        client.send((head + body).encode())
        answered, text = client.read_reply()
        return answered + text


@pytest.mark.parametrize("path", ["/act", "/signal", "/stdin", "/clearlog", "/logout", "/"])
def test_form_of_an_ended_session_is_answered_with_the_page_to_sign_in(
    site: Site, path: str
) -> None:
    """By the handler of strangers, whatever the form asks for."""
    assert post(site, path, OWN + FORM + HTML).endswith(b"please sign in")


@pytest.mark.parametrize("more", ["", FORM, HTML, HTML + "Content-Type: application/json\r\n"])
def test_what_is_no_form_of_a_person_is_told_in_a_line(site: Site, more: str) -> None:
    """Scripts of pages and other clients want no page."""
    reply = post(site, "/api/v1/processes/web/stop", more)
    assert reply.startswith(b"HTTP/1.1 401 ")
    assert b"please sign in" not in reply
    assert b"your session may be over" in reply


def test_form_of_a_stranger_is_small(site: Site) -> None:
    """Nobody stores much with the daemon before he has said who he is."""
    reply = post(site, "/stdin", OWN + FORM + HTML, "x" * (SIGN_IN_BYTES_MAX + 1))
    assert reply.startswith(b"HTTP/1.1 401 ")
    assert b"please sign in" not in reply


def test_foreign_form_is_refused_before_that(site: Site) -> None:
    """A page of another site learns nothing of sessions."""
    assert post(site, "/act", FOREIGN + FORM + HTML).startswith(b"HTTP/1.1 403 ")
