"""Ways back: where forms and signing in lead to is a page of ours, whatever anybody writes."""

from urllib.parse import quote, urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from supervisor.tests.rpc.world import program
from supervisor.tests.web.visitor import Visitor
from supervisor.web.gate import NOBODY
from supervisor.web.views.back import HOME, PAGES, here, way_back

ELSEWHERE = (
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%5cevil.example",
    "%2f%2fevil.example",
    "%5c%5cevil.example",
    "///evil.example/index.html",
    "https://evil.example/index.html",
    "https:index.html",
    "javascript:alert(1)",
    "data:text/html,x",
    ".//evil.example",
    "./\\evil.example",
    "..//evil.example",
    "index.html/../../x",
    "index.html//evil.example",
    " //evil.example",
    "\t//evil.example",
    "/\t/evil.example",
    "index.html\r\nLocation: //evil.example",
    "index.html?a=\r\nSet-Cookie: a=b",
    "@evil.example",
    "act?stop=*",
    "logout",
)


@pytest.mark.parametrize("address", ELSEWHERE)
def test_no_address_leads_elsewhere(address: str) -> None:
    """Neither by itself nor percent-encoded, neither by a form nor by the address of a page."""
    for written in (address, quote(address, safe=""), quote(address, safe="/:")):
        assert way_back(written) == HOME
        assert way_back(f"./{written.lstrip('./')}") == HOME


@given(st.text() | st.from_regex(r"[./\\:?#%a-z]{0,12}//?\\?[a-z]*", fullmatch=True))
@example("index.html?next=//evil.example#x")
@example("?://@evil.example")
def test_law_ways_back_stay_in_the_folder_of_the_pages(address: str) -> None:
    """As a browser resolves them."""
    for found in (way_back(address), here(address, ""), here("/", address)):
        parts = urlsplit(urljoin("http://here:9001/p/theme", found))
        assert (parts.scheme, parts.netloc) == ("http", "here:9001")
        assert parts.path.removeprefix("/p/") in PAGES
        assert not set(found) & set("\r\n\t \\")


@pytest.mark.parametrize(
    "address",
    [
        "confirm.html?stop=web%3A%2A",
        "process.html?name=web:api&view=merged#logs",
        "./?state=FATAL|BACKOFF",
        "ends.html?name=*",
        "clearlog",
        "index.html?action=stopall",
        "tail.html?processname=web&limit=2000",
    ],
)
def test_every_page_can_be_come_back_to(address: str) -> None:
    """Also as somebody types its address, or as a bookmark has it."""
    assert way_back(address) == address
    page = Visitor(program("web"), caller=NOBODY).see(address)
    assert page.all("input", name="back")[-1]["value"] == address.partition("#")[0]


def test_a_question_is_not_come_back_to_when_it_is_answered() -> None:
    """From a question to a question: its answer leads to the list."""
    visitor = Visitor(program("web"))
    headers = {"accept": "text/html", "referer": "http://here:9001/confirm.html?stop=web"}
    page = visitor.see("confirm.html?start=web", headers=headers)
    assert page.one("a", data_no="")["href"] == HOME
    headers["referer"] = "http://here:9001/process.html?name=web/x"
    page = visitor.see("confirm.html?start=web", headers=headers)
    assert page.one("a", data_no="")["href"] == "process.html?name=web/x"
