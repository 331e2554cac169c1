"""``index.html?action=…``: scripts of old go on, browsers are asked, foreign pages refused."""

import re
from html import unescape

import pytest

from supervisor.errors import Fault, RequestRefused
from supervisor.rpc.caller import Caller, Role
from supervisor.tests.rpc.world import AT_ONCE, NO_RETRY, program
from supervisor.tests.web.visitor import BROWSER, CURL, Visitor
from supervisor.web.messages import Response

FOREIGN = {**BROWSER, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
CTIME = r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}"


def shop() -> Visitor:
    visitor = Visitor(
        program("a", "web", start=AT_ONCE), program("b", "web", start=AT_ONCE), program("solo")
    )
    visitor.world.call("startProcess", "web:a")
    return visitor


def message(visitor: Visitor, query: str) -> str:
    """What a plain client is told, in the redirect that it gets."""
    answer = visitor.see(f"index.html?{query}", headers=CURL)
    assert answer.status == 303
    assert answer.location.startswith("./?message=")
    assert "Error code 303" in answer.html
    assert answer.headers["Cache-Control"] == "no-cache"
    return answer.message


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("processname=web%3Ab&action=start", "Process web:b started"),
        ("processname=web:a&action=start", "ERROR: Process web:a: already started"),
        ("processname=web:a&action=stop", "Process web:a stopped"),
        ("processname=web:b&action=stop", "ERROR: Process web:b: not running"),
        ("processname=web:a&action=restart", "Process web:a restarted"),
        ("processname=web:b&action=restart", "Process web:b restarted"),
        ("processname=web:a&action=clearlog", "Log for web:a cleared"),
        ("processname=nobody&action=stop", "No such process named nobody"),
        ("processname=web:*&action=stop", "No such process named web:*"),
        ("processname=web&action=stop", "No such process named web"),
    ],
)
def test_w1_w9_plain_clients_act_on_a_process_by_get_and_by_post(query: str, text: str) -> None:
    """The words are those of old; faults of old (C: stop of a stopped process) are readable."""
    assert message(shop(), query) == text
    posted = shop().see(
        "index.html",
        form=dict(part.split("=") for part in query.replace("%3A", ":").split("&")),
        headers=CURL,
    )
    assert posted.message == text


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.NO_FILE, "no such file"),
        (Fault.NOT_EXECUTABLE, "file not executable"),
        (Fault.FAILED, "unexpected rpc fault [30] FAILED: web:b is in an unknown process state"),
    ],
)
def test_faults_of_a_start_have_their_words(fault: Fault, words: str) -> None:
    """Each in the words of old."""
    visitor = shop()
    visitor.world.child("web:b").command_fault = RequestRefused(fault)
    assert message(visitor, "processname=web:b&action=start") == f"ERROR: Process web:b: {words}"


def test_w8_spawn_error_is_told() -> None:
    """Also by a restart, which the reference reports as done."""
    visitor = Visitor(program("web", start=NO_RETRY))
    visitor.world.child("web:web").spawn_error = "broken"
    assert message(visitor, "processname=web&action=start") == "ERROR: Process web: spawn error"
    restarted = "Process web restarted, but it is not up: spawn error"
    assert message(visitor, "processname=web&action=restart") == restarted


def test_all_are_stopped_and_restarted() -> None:
    """With the time in the message, as ctime writes it."""
    visitor = shop()
    assert re.fullmatch(f"All stopped at {CTIME}", message(visitor, "action=stopall"))
    assert visitor.world.state("web:a") == "STOPPED"
    assert re.fullmatch(f"Page refreshed at {CTIME}", message(visitor, "action=refresh"))
    pending = visitor.wait("index.html?action=restartall", headers=CURL)
    visitor.world.pass_s(5)
    assert re.fullmatch(f"All restarted at {CTIME}", pending.seen().message)
    assert visitor.world.state("solo:solo") == "RUNNING"


def test_all_of_somebody_who_sees_some_are_said_to_be_his() -> None:
    """For who sees everything the words are those of old."""
    visitor = shop()
    visitor.caller = Caller("solo", Role.OPERATE, ("solo",), "password")
    told = message(visitor, "action=stopall")
    assert re.fullmatch(f"All of your processes stopped at {CTIME}", told)
    assert visitor.world.state("web:a") == "RUNNING"


def test_w8_all_restarted_tells_who_is_not() -> None:
    """The first words are those that scripts look for."""
    visitor = Visitor(program("web", start=NO_RETRY), program("db", start=AT_ONCE))
    visitor.world.child("web:web").spawn_error = "broken"
    told = message(visitor, "action=restartall")
    assert re.fullmatch(rf"All restarted at {CTIME}, except web \(spawn error\)", told)


@pytest.mark.parametrize(
    "query",
    [
        "action=dance",
        "action=dance&processname=web:a",
        "action=dance&processname=nobody",
        "action=start",
        "action=start&processname=",
        "action=clearlog",
    ],
)
@pytest.mark.parametrize("headers", [CURL, BROWSER])
def test_w6_action_without_sense_is_a_bad_request(query: str, headers: dict[str, str]) -> None:
    """Not a status 500 and a traceback in the log."""
    visitor = shop()
    assert visitor.see(f"?{query}", headers=headers).status == 400
    assert visitor.world.state("web:a") == "RUNNING"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("action=dance", "The argument action is 'dance', which is none: start, stop, restart,"),
        ("action=dance", "clearlog take a processname, stopall, restartall and refresh take none."),
        ("action=" + "x" * 9000, "x... (9,000 characters)', which is none"),
        ("action=%0a%e2%82%ac", "The argument action is '\\n\\u20ac', which is none"),
        ("action=start", "The argument processname is missing: action=start takes the name"),
        ("action=start", "An example: index.html?action=start&processname=web"),
    ],
)
@pytest.mark.parametrize("headers", [CURL, BROWSER])
def test_action_without_sense_is_told_which_argument_is_wrong(
    query: str, words: str, headers: dict[str, str]
) -> None:
    """What is wrong, what is allowed, and an example: in plain text for scripts."""
    visitor = shop()
    answer = visitor.ask(f"?{query}", headers=headers)
    assert isinstance(answer, Response)
    assert words in unescape(answer.body.decode())
    assert answer.content_type.startswith("text/plain") == (headers is CURL)


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("action=stopall", "Stop 1 process?"),
        ("action=restartall", "Restart all 3 processes?"),
        ("action=stop&processname=web:a", "Stop web:a?"),
        ("action=start&processname=solo", "Start solo?"),
        ("action=clearlog&processname=solo", "Clear the logs of solo?"),
    ],
)
def test_browser_is_asked(query: str, question: str) -> None:
    """A link may have been clicked by mistake, or put into a page by somebody else."""
    visitor = shop()
    page = visitor.see(f"index.html?{query}")
    assert (page.status, page.headline) == (200, question)
    assert page.one("button", "risk")
    assert visitor.world.state("web:a") == "RUNNING"


@pytest.mark.parametrize(
    "more",
    [
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"referer": "http://evil.example/page"},
        {"sec-purpose": "prefetch"},
        {"purpose": "prefetch"},
    ],
)
def test_w1_foreign_pages_and_prefetches_are_refused(more: dict[str, str]) -> None:
    """403, and nothing is done."""
    visitor = shop()
    page = visitor.see("index.html?action=stopall", headers={**BROWSER, **more})
    assert page.status == 403
    assert visitor.world.state("web:a") == "RUNNING"


def test_refresh_says_so_also_in_a_browser() -> None:
    """It does nothing that anybody would have to confirm."""
    visitor = shop()
    answer = visitor.see("index.html?action=refresh")
    assert visitor.see(answer.location).notice.startswith("Page refreshed at")


def test_reader_may_not_act_by_an_address_either() -> None:
    """As for the forms."""
    visitor = shop()
    visitor.caller = Caller("eye", Role.READ, (), "password")
    assert visitor.see("?action=stopall", headers=CURL).status == 403
    assert visitor.see("?action=stop&processname=web:a", headers=CURL).status == 403


def test_w7_leaving_daemon_refuses_with_503() -> None:
    """Not with a status 500."""
    visitor = shop()
    visitor.world.child("web:a").stubborn = True
    visitor.world.control.shutdown()
    assert visitor.see("?action=stopall", headers=CURL).status == 503
    assert visitor.see("?action=start&processname=solo", headers=CURL).status == 503


@pytest.mark.parametrize("name", ["PATH_INFO", "PATH_TRANSLATED", "SCRIPT_NAME", "REQUEST_METHOD"])
def test_w5_variable_of_cgi_in_the_query_selects_no_other_page(name: str) -> None:
    """The query is not mixed with what the server knows of a request: `?PATH_INFO=/tail.html`."""
    page = shop().see(f"?{name}=/tail.html&processname=solo")
    assert page.status == 200
    assert page.id("list")
    assert "Supervisor tail of process" not in page.html
