"""What strangers see: the page to sign in, and nothing of what is behind it."""

import pytest

from supervisor.rpc.caller import Caller, Role
from supervisor.tests.rpc.world import program
from supervisor.tests.web.visitor import BROWSER, Seen, Visitor
from supervisor.web.gate import NOBODY
from supervisor.web.views.login import OVER


def stranger() -> Visitor:
    return Visitor(program("web"), caller=NOBODY)


def way_of(page: Seen) -> str:
    """Where the form to sign in leads."""
    return page.all("input", name="back")[-1]["value"]


@pytest.mark.parametrize("path", ["", "log.html", "nowhere", "a/b", "status.html", "metrics"])
def test_strangers_are_shown_nothing_of_the_daemon(path: str) -> None:
    """No identifier, version, file, pid, time, navigation, API, metrics nor keys."""
    visitor = stranger()
    identity = visitor.world.identity
    page = visitor.see(path)
    assert page.status == 401
    for secret in (identity.identifier, identity.version, "/etc/s.conf", f">{identity.pid}<"):
        assert secret not in page.html.replace("supervisor.css", "")
    links = [each["href"].replace("../", "") for each in page.all("a")]
    assert links == ["#main", "./"]
    assert not page.all("nav") and not page.all("footer") and not page.all("dialog")
    assert not page.all("time") and "live?" not in page.html
    assert page.one("title").text == "Sign in – Supervisor"


def test_a_message_for_somebody_else_is_not_shown_to_a_stranger() -> None:
    """An address from the history of a browser tells nothing."""
    visitor = Visitor(program("web"))
    told = visitor.act(start="web").location
    assert "Started web" in visitor.see(told).notice
    visitor.caller = NOBODY
    assert "Started web" not in visitor.see(told).html


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://here:9001/process.html?name=web", "process.html?name=web"),
        ("http://here:9001/p/?q=a&message=Stopped&at=1&sig=x", "./?q=a"),
        ("http://here:9001/confirm.html?stop=web%3A*", "confirm.html?stop=web%3A*"),
        ("http://here:9001/clearlog", "clearlog"),
        ("http://here:9001//evil.example", "./"),
        ("http://here:9001/\\evil.example", "./"),
        ("", "events.html"),
    ],
)
@pytest.mark.parametrize("path", ["act", "signal", "stdin", "clearlog", "logout"])
def test_form_of_an_ended_session_leads_back_by_signing_in(
    path: str, referer: str, back: str
) -> None:
    """In clear words, nothing done; the way back is the page that the form was on."""
    visitor = stranger()
    headers = {**BROWSER, **({"referer": referer} if referer else {})}
    form = {"token": "x", "start": "web", "back": "events.html"}
    page = visitor.see(path, form=form, headers=headers)
    assert page.status == 401
    assert page.one("p", "err").text == OVER
    assert way_of(page) == back
    assert visitor.world.state("web:web") == "STOPPED"


@pytest.mark.parametrize("back", ["//evil.example", "/\\evil", "%2f%2fevil", "https://evil/"])
def test_signing_in_leads_nowhere_else(back: str) -> None:
    """Whatever is in the form: an address of ours, or the list."""
    visitor = stranger()
    pending = visitor.wait("sign-in", form={"user": "a", "password": "b", "back": back})
    visitor.sign_ins.let_in()
    assert pending.seen().location == "./"
    assert way_of(visitor.see("act", form={"back": back})) == "./"


def test_question_is_asked_after_signing_in() -> None:
    """Its address is the way back, so whoever signs in is where he was."""
    visitor = stranger()
    assert way_of(visitor.see("confirm.html?stop=web")) == "confirm.html?stop=web"
    visitor.caller = Caller("ops", Role.OPERATE, (), "session")
    assert visitor.see("confirm.html?stop=web").headline == "Stop web?"
