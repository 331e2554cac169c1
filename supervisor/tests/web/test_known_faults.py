"""Faults of the reference's pages that concern all pages, or files: proven to be mended."""

import pytest

from supervisor.tests.rpc.world import AT_ONCE, program
from supervisor.tests.web.visitor import BROWSER, CURL, Seen, Visitor
from supervisor.web.messages import Response

PAGES = (
    "", "process.html?name=web:a", "tail.html?processname=web:a", "ends.html?name=*", "log.html",
    "events.html", "confirm.html?stop=web:a", "confirm.html?clear=*", "nowhere.html",
)  # fmt: skip
OBSOLETE = {"font", "center", "basefont", "big", "tt", "strike", "frame", "frameset"}
OBSOLETE_ATTRIBUTES = {"align", "valign", "bgcolor", "border", "cellpadding", "cellspacing"}
MARKUP_OF_ACTIONS = ("style", "onclick", "onload", "onsubmit", "onchange")


@pytest.fixture
def visitor() -> Visitor:
    """Of a daemon with a process that runs and one that does not."""
    found = Visitor(program("a", "web", start=AT_ONCE), program("b", "web", start=AT_ONCE))
    found.world.call("startProcess", "web:a")
    return found


@pytest.mark.parametrize("action", ["start", "stop", "clearlog", "refresh", "stopall"])
def test_w10_nothing_is_waited_for_that_is_known(visitor: Visitor, action: str) -> None:
    """The answer comes with the request, and no timer is left to bring it."""
    name = "web:b" if action == "start" else "web:a"
    pending = visitor.world.timers.next_deadline_s()
    answer = visitor.see(f"index.html?processname={name}&action={action}", headers=CURL)
    assert answer.status == 303
    assert not answer.message.startswith("ERROR")
    assert visitor.world.timers.next_deadline_s() == pending


def test_w10_pages_are_answered_at_once(visitor: Visitor) -> None:
    """No page waits for anything; `see` refuses an answer that is to come."""
    for path in PAGES:
        assert visitor.see(path).html


@pytest.mark.parametrize("path", PAGES)
def test_w15_pages_are_html_of_today(visitor: Visitor, path: str) -> None:
    """No XHTML, no obsolete elements, no id or attribute twice, nothing inline that acts."""
    page: Seen = visitor.see(path)
    assert page.html.startswith("<!DOCTYPE html>\n<html lang=")
    assert OBSOLETE.isdisjoint(each.tag for each in page.elements)
    ids = [each["id"] for each in page.elements if "id" in each.attributes]
    assert len(set(ids)) == len(ids)
    for element in page.elements:
        assert OBSOLETE_ATTRIBUTES.isdisjoint(element.attributes), element
        assert not any(name in element.attributes for name in MARKUP_OF_ACTIONS), element
        assert "name" not in element.attributes or element.tag != "a"


@pytest.mark.parametrize("path", ["stylesheets/supervisor.css", "images/icon.png", "live.js"])
def test_x43_conditional_request_gets_the_whole_file(visitor: Visitor, path: str) -> None:
    """There is no 304 that could have a wrong length: files are small, and kept for an hour."""
    condition = {**BROWSER, "if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    found = visitor.ask(path, headers={**condition, "if-none-match": "*"})
    plain = visitor.ask(path)
    assert isinstance(found, Response) and isinstance(plain, Response)
    assert (found.status, found.body) == (200, plain.body)
    assert "max-age" in dict(found.headers)["Cache-Control"]


@pytest.mark.parametrize("path", ["stylesheets", "stylesheets/", "images", "images/", "ui"])
@pytest.mark.parametrize("headers", [BROWSER, CURL])
def test_x44_folder_redirects_nowhere(visitor: Visitor, path: str, headers: dict[str, str]) -> None:
    """Neither to the name of a socket nor to the host that the client says we are."""
    found = visitor.see(path, headers=headers)
    assert found.status == 404
    assert "Location" not in found.headers
