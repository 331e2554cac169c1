"""What the buttons do: forms with a token, questions before what cannot be undone, answers."""

import pytest

from supervisor.rpc.caller import Caller, Role
from supervisor.tests.rpc.world import AT_ONCE, program
from supervisor.tests.web.visitor import CURL, Visitor
from supervisor.web.views import actions

READER = Caller("eye", Role.READ, (), "session")


def shop() -> Visitor:
    """A group of two and a program; one process runs."""
    visitor = Visitor(
        program("a", "web", start=AT_ONCE), program("b", "web", start=AT_ONCE), program("solo")
    )
    visitor.world.call("startProcess", "web:a")
    return visitor


def states(visitor: Visitor) -> list[str | None]:
    return [visitor.world.state(name) for name in ("web:a", "web:b", "solo:solo")]


@pytest.mark.parametrize(
    ("form", "message", "after"),
    [
        ({"start": "web:b"}, "Started web:b, pid 102.", ["RUNNING", "RUNNING", "STOPPED"]),
        (
            {"start": "solo"},
            "Started solo, pid 102. It counts as running when it has stayed up.",
            ["RUNNING", "STOPPED", "STARTING"],
        ),
        ({"stop": "web:a"}, "Stopped web:a.", ["STOPPED", "STOPPED", "STOPPED"]),
        ({"restart": "web:a"}, "Restarted web:a, pid 102.", ["RUNNING", "STOPPED", "STOPPED"]),
        ({"restart": "web:b"}, "Restarted web:b, pid 102.", ["RUNNING", "RUNNING", "STOPPED"]),
        ({"start": "web:*"}, "Started 1 process in web.", ["RUNNING", "RUNNING", "STOPPED"]),
        ({"stop": "web:*"}, "Stopped 1 process in web.", ["STOPPED", "STOPPED", "STOPPED"]),
        ({"restart": "web:*"}, "Restarted 2 processes in web.", ["RUNNING", "RUNNING", "STOPPED"]),
        ({"start": "*"}, "Started 2 processes.", ["RUNNING", "RUNNING", "STARTING"]),
        ({"stop": "*"}, "Stopped 1 process.", ["STOPPED", "STOPPED", "STOPPED"]),
        ({"clear": "web:a"}, "Cleared the logs of web:a.", ["RUNNING", "STOPPED", "STOPPED"]),
        ({"clear": "web:*"}, "Cleared the logs of 2 processes in web.", None),
        ({"clear": "*"}, "Cleared the logs of 3 processes.", None),
    ],
)
def test_form_acts_on_a_process_a_group_or_all(
    form: dict[str, str], message: str, after: list[str] | None
) -> None:
    """The answer leads to a page that says what has become of it: 303, never 301."""
    visitor = shop()
    answer = visitor.act(**form)
    assert (answer.status, answer.message) == (303, message)
    assert after is None or states(visitor) == after
    page = visitor.see(answer.location)
    assert message in page.notice
    assert not page.all("p", "err")


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"start": "web:a"}, "Could not start web:a: it is running already."),
        ({"stop": "solo"}, "Could not stop solo: it is not running."),
        ({"stop": "nobody"}, "There is no process nobody. Nothing was changed."),
        ({"stop": "web"}, "There is no process web. Nothing was changed."),
        ({"stop": "none:*"}, "There is no process none:*. Nothing was changed."),
        ({"stop": ""}, "There is no process . Nothing was changed."),
    ],
)
def test_refusal_says_why_and_that_it_is_one(form: dict[str, str], message: str) -> None:
    """In words that a person understands, and marked as an error."""
    visitor = shop()
    answer = visitor.act(**form)
    assert answer.message == message
    assert message in visitor.see(answer.location).one("p", "err").text


def test_group_tells_who_has_failed() -> None:
    """Success is never reported when members failed."""
    visitor = shop()
    visitor.world.child("web:b").spawn_error = "can't find command"
    answer = visitor.act(start="*")
    assert answer.message == "Started 1 process. Could not start web:b (it could not be started)."
    assert visitor.see(answer.location).one("p", "err")


def test_start_that_fails_at_once_says_what_was_wrong() -> None:
    """In the words that the list has, too."""
    visitor = shop()
    visitor.world.child("solo:solo").spawn_error = "can't find command 'x'"
    assert visitor.act(start="solo").message == "Could not start solo: can't find command 'x'."


def test_stop_is_waited_for_but_not_for_ever() -> None:
    """What takes long goes on; the form is answered."""
    visitor = shop()
    visitor.world.child("web:a").stubborn = True
    pending = visitor.wait("act", form={"token": visitor.token, "stop": "web:a"})
    assert not pending.is_known
    timers = visitor.world.timers
    assert timers.pop_due(visitor.world.now_s + actions.PATIENCE_S - 1) is None
    due = timers.pop_due(visitor.world.now_s + actions.PATIENCE_S)
    assert due is not None
    due()
    assert pending.seen().message == "Stop web:a: under way. The list shows when it is done."
    visitor.world.exited("web:a")
    assert visitor.world.state("web:a") == "STOPPED"


def test_restart_goes_on_when_the_answer_has_been_given() -> None:
    """Whoever asked for it gets it, however long the end takes."""
    visitor = shop()
    visitor.world.child("web:a").stubborn = True
    pending = visitor.wait("act", form={"token": visitor.token, "restart": "web:a"})
    visitor.world.exited("web:a")
    assert pending.seen().message == "Restarted web:a, pid 102."
    assert visitor.world.timers.next_deadline_s() is None


def test_nothing_more_is_begun_for_who_has_left() -> None:
    """The stop goes on, the start is not made any more."""
    visitor = shop()
    visitor.world.child("web:a").stubborn = True
    pending = visitor.wait("act", form={"token": visitor.token, "restart": "web:a"})
    pending.later.abandon()
    visitor.world.exited("web:a")
    assert visitor.world.state("web:a") == "STOPPED"
    assert visitor.world.timers.next_deadline_s() is None


@pytest.mark.parametrize("token", ["", "wrong", "ä"])
def test_form_without_the_token_is_refused(token: str) -> None:
    """A page of somebody else cannot know it; plain clients have the API."""
    visitor = shop()
    page = visitor.see("act", form={"token": token, "stop": "*"})
    assert page.status == 403
    assert "nothing was done" in page.html
    assert visitor.see("act", form={"token": token, "stop": "*"}, headers=CURL).status == 403
    assert states(visitor)[0] == "RUNNING"


def test_form_is_not_sent_by_get() -> None:
    """A link does not act, whatever is in it."""
    visitor = shop()
    answer = visitor.see(f"act?token={visitor.token}&stop=*")
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert states(visitor)[0] == "RUNNING"


def test_form_that_asks_for_nothing_is_refused() -> None:
    """400, and nothing is done."""
    assert shop().act().status == 400


def test_reader_may_not_act() -> None:
    """Whatever he sends: 403, who to ask, and a line in the log."""
    visitor = shop()
    visitor.caller = READER
    page = visitor.act(stop="*")
    assert page.status == 403
    assert page.headline == "You may not do that"
    assert states(visitor)[0] == "RUNNING"
    assert any("audit: eye" in line and "FORBIDDEN" in line for line in visitor.world.lines)


def test_caller_acts_on_his_programs_alone() -> None:
    """All of his are all; others do not exist."""
    visitor = shop()
    visitor.caller = Caller("solo", Role.OPERATE, ("solo",), "session")
    assert visitor.act(stop="web:a").message.startswith("There is no process web:a")
    assert visitor.act(stop="web:*").message.startswith("There is no process web:*")
    assert visitor.act(start="*").message == "Started 1 of your processes."
    assert states(visitor) == ["RUNNING", "STOPPED", "STARTING"]


def test_every_action_leaves_a_line_in_the_log() -> None:
    """Who, from where, what, and what has become of it."""
    visitor = shop()
    visitor.act(stop="web:a")
    assert any(
        line.startswith("audit: anybody (open)")
        and line.endswith("stopProcess('web:a', True): done")
        for line in visitor.world.lines
    )


def test_daemon_that_leaves_takes_no_orders() -> None:
    """503, and what was not done."""
    visitor = shop()
    visitor.world.child("web:a").stubborn = True
    visitor.world.control.shutdown()
    page = visitor.act(start="solo")
    assert page.status == 503
    assert "Start solo (not done)" in page.one("dl", "what").text


def test_what_is_wrong_with_the_daemon_can_be_accepted() -> None:
    """By admins."""
    visitor = shop()
    assert visitor.act(accept="*").message.startswith("Accepted.")
    visitor.caller = Caller("ops", Role.OPERATE, (), "session")
    assert visitor.act(accept="*").status == 403


@pytest.mark.parametrize(
    ("back", "location"),
    [
        ("", "./"),
        ("?q=web&state=FATAL", "./?q=web&state=FATAL"),
        ("process.html?name=web%3Aa#logs", "process.html?name=web%3Aa"),
        ("https://evil.example/", "./"),
        ("//evil.example/", "./"),
        ("/\\evil", "./"),
        ("javascript:alert(1)", "./"),
        ("index.html\r\nSet-Cookie: a=b", "./"),
        ("../other", "./"),
        ("process.html?" + "x" * 3000, "./"),
    ],
)
def test_form_leads_back_to_pages_of_ours_alone(back: str, location: str) -> None:
    """By a relative address, so that proxies and path prefixes do no harm."""
    answer = shop().act(start="solo", back=back)
    joint = "&" if "?" in location else "?"
    assert answer.location.startswith(f"{location}{joint}message=Started%20solo")
    assert answer.location.endswith("#logs") == back.endswith("#logs")


# -- messages


def test_w4_message_that_is_not_ours_is_not_shown() -> None:
    """Nobody makes the page say something by a link."""
    visitor = shop()
    for query in (
        "message=Call+555",
        "message=Call+555&at=1700001000&sig=",
        "message=Call+555&at=1700001000&sig=abcdef",
        "message=Call+555&at=x&sig=abcdef",
    ):
        assert visitor.see(f"?{query}").notice == ""
    location = visitor.act(start="solo").location
    assert visitor.see(location.replace("Started", "Stopped")).notice == ""
    assert visitor.see(location.replace("at=17", "at=18")).notice == ""


def test_message_is_silent_after_a_while() -> None:
    """A bookmark of it says nothing."""
    visitor = shop()
    location = visitor.act(start="solo").location
    visitor.world.now_s += 60
    page = visitor.see(location)
    assert page.notice
    assert "message" not in page.one("a", aria_label="Dismiss")["href"]
    visitor.world.now_s += 15 * 60
    assert visitor.see(location).notice == ""


def test_message_is_never_too_long() -> None:
    """Addresses have limits."""
    visitor = shop()
    answer = visitor.act(stop="x" * 5000)
    assert len(answer.message) == 1000
    assert visitor.see(answer.location).notice


# -- questions


@pytest.mark.parametrize(
    ("query", "question", "button"),
    [
        ("stop=web%3Aa", "Stop web:a?", "Stop"),
        ("restart=web:a", "Restart web:a?", "Restart"),
        ("clear=web:a", "Clear the logs of web:a?", "Clear logs"),
        ("stop=web:*", "Stop 1 process in web?", "Stop 1 process"),
        ("restart=web%3A%2A", "Restart 2 processes in web?", "Restart 2 processes"),
        ("start=*", "Start 2 processes?", "Start 2 processes"),
        ("restart=*", "Restart all 3 processes?", "Restart 3 processes"),
        ("clear=*", "Clear the logs of all 3 processes?", "Clear logs"),
    ],
)
def test_question_has_the_number_and_a_button_with_the_verb(
    query: str, question: str, button: str
) -> None:
    """The button does what the question asks."""
    visitor = shop()
    page = visitor.see(f"confirm.html?{query}")
    assert page.status == 200
    assert page.headline == question
    yes = page.one("button", "risk")
    assert yes.text == button
    token = page.one("input", name="token")["value"]
    form = {"token": token, yes["name"]: yes["value"]}
    assert visitor.see("act", form=form).status == 303


def test_question_says_what_is_sent_to_whom_and_to_whom_not() -> None:
    """Names of all, the signal and the time, and who is left alone."""
    visitor = shop()
    visitor.keys = {"stopsignal": "QUIT", "stopwaitsecs": "30"}
    page = visitor.see("confirm.html?stop=web:*")
    text = page.id("ask").text
    assert "It gets SIGQUIT and up to 30 seconds to end, then SIGKILL." in text
    assert "It stays stopped until somebody starts it." in text
    assert page.one("ul", "names").text == "Runninga"
    assert "Not affected: b." in text
    visitor.keys = {}
    assert "its stop signal and its time to end" in visitor.see("confirm.html?stop=*").html


def test_question_without_anybody_to_act_on_has_no_button() -> None:
    """Only a way back."""
    visitor = shop()
    page = visitor.see("confirm.html?stop=solo")
    assert "It is not running." in page.id("ask").text
    assert not page.all("button", "risk")
    assert visitor.see("confirm.html?start=web:a").all("button", "risk") == []


def test_question_about_nobody_is_not_found() -> None:
    """404, with the name."""
    visitor = shop()
    page = visitor.see("confirm.html?stop=nobody")
    assert page.status == 404
    assert "nobody" in page.one("dl", "what").text
    assert visitor.see("confirm.html").status == 404


def test_question_leads_back_to_where_it_was_asked() -> None:
    """Cancel and the answer both do."""
    visitor = shop()
    page = visitor.see("confirm.html?stop=web:a&back=?q=web")
    assert page.one("a", data_no="")["href"] == "./?q=web"
    assert page.all("input", name="back")[-1]["value"] == "./?q=web"


def test_reader_is_not_asked() -> None:
    """He may look at what would happen, but there is no button."""
    visitor = shop()
    visitor.caller = READER
    page = visitor.see("confirm.html?stop=web:a")
    assert not page.all("button", "risk")
    assert "You may look, but not do this." in page.id("ask").text
