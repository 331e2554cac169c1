"""The status page: what it shows of the processes, and how it is asked for."""

from typing import Any

import pytest

from supervisor import events
from supervisor.core.policies import ProcessSpec, Restart, RestartPolicy
from supervisor.rpc.caller import Caller, Role
from supervisor.rpc.figures import Usage
from supervisor.tests.rpc.world import AT_ONCE, EXIT_3, NO_RETRY, program
from supervisor.tests.web.visitor import CURL, Seen, Visitor, read_all
from supervisor.web.messages import Later
from supervisor.web.views import attention, rows, status
from supervisor.web.views.picture import SLICE_COUNT
from supervisor.web.views.sending import position

READER = Caller("eye", Role.READ, (), "password")


def shop() -> Visitor:
    """A group of three and two programs; one runs, one is fatal, one has ended badly."""
    visitor = Visitor(
        program("b", "web", start=AT_ONCE),
        program("a", "web"),
        program("c", "web", start=NO_RETRY),
        program("solo", start=AT_ONCE),
        program("ended", start=AT_ONCE, restart=RestartPolicy(Restart.NEVER)),
    )
    world = visitor.world
    world.call("startProcess", "web:b")
    world.call("startProcess", "ended")
    world.exited("ended:ended", EXIT_3)
    world.child("web:c").dies_at_once = EXIT_3
    world.logbook.channels[world.ids["web:c"], "stderr"] = b"first\n\x1b[31mno database\x1b[0m\n\n"
    assert world.fault("startProcess", "web:c", False).startswith("SPAWN_ERROR")
    world.pass_s(70)
    return visitor


def labels(page: Seen, namespec: str) -> list[str]:
    """Names of the controls for a process in the list."""
    return [
        each["aria-label"]
        for each in page.all(class_="ib")
        if each.attributes.get("aria-label", "").endswith(f" {namespec}")
    ]


def test_page_says_who_the_daemon_is() -> None:
    """Pid, version, identifier, state, uptime and configuration file."""
    page = shop().see()
    assert page.status == 200
    assert page.headline == "supervisor"
    facts = page.one("dl", "meta").text
    assert facts == "Daemonrunning, up 2 minPID4711Version5.0.0Config/etc/s.conf"
    assert page.one("title").text == "2 problems, 5 processes – supervisor"


def test_page_is_never_kept_and_allows_nothing_from_elsewhere() -> None:
    """Headers of old, and those that keep a page from being misused."""
    headers = shop().see().headers
    assert headers["Pragma"] == headers["Cache-Control"] == "no-cache"
    assert headers["Expires"] == "Thu, 01 Jan 1970 00:00:00 GMT"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Refresh" not in headers


def test_groups_come_by_name_and_programs_without_a_group_at_the_end() -> None:
    """Members by name, too."""
    page = shop().see()
    assert page.names == ["web:a", "web:b", "web:c", "ended", "solo"]
    heads = [each.text for each in page.all("a", "fold")]
    assert heads == ["web", "Programs without a group"]
    assert page.id("g-web").text == "web1 fatal1 running1 stoppedStartRestartStopClearLogs"


def test_row_tells_state_pid_uptime_and_what_happened() -> None:
    """State as word and as class; what went wrong last, in words."""
    page = shop().see()
    assert page.id("p-web:b").text == "Runningb1011 min0––"
    assert page.id("p-web:a")["data-s"] == "STOPPED"
    assert "Not started yet" in page.id("p-web:a").text
    assert "Exited too quickly: exit status 3. Gave up." in page.id("p-web:c").text
    assert page.id("p-ended")["data-s"] == "EXITED bad"
    assert "Exit status 3, not expected" in page.id("p-ended").text


def test_problems_come_first_with_the_last_line_of_the_log() -> None:
    """The worst of them on top; colours of terminals are left out."""
    card = shop().see().id("attention").text
    assert card.startswith("Needs attention 2Fatalweb:cExited too quickly: exit status 3. Gave up.")
    assert "no database" in card
    assert "[31m" not in card
    assert card.index("web:c") < card.index("ended")


def test_nothing_needs_attention_when_nothing_is_wrong() -> None:
    """One calm line."""
    visitor = Visitor(program("web"), program("db"))
    assert (
        visitor.see().id("attention").text
        == "Nothing needs attention. None of 2 processes is running."
    )
    visitor.world.call("startAllProcesses", False)
    visitor.world.pass_s(2)
    assert "All 2 processes are running" in visitor.see().id("attention").text


def test_more_problems_than_are_listed_are_counted() -> None:
    """With a link to all of them."""
    count = attention.SHOWN_MAX + 2
    visitor = Visitor(*(program(f"p{n}", start=NO_RETRY) for n in range(count)))
    for child in visitor.world.children.values():
        child.spawn_error = "broken"
    visitor.world.call("startAllProcesses", False)
    visitor.world.pass_s(9)
    page = visitor.see()
    more = page.one("p", "more")
    assert more.text == "2 more"
    link = page.one("a", data_f="FATAL|BACKOFF|UNKNOWN|bad")
    assert len(visitor.see(link["href"]).names) == count


@pytest.mark.parametrize(
    ("namespec", "controls"),
    [
        ("web:b", ["Restart", "Stop", "More for", "Clear the logs of", "Logs of"]),
        ("web:a", ["Start", "More for", "Clear the logs of", "Logs of"]),
        ("ended", ["Start", "Logs of", "Start", "More for", "Clear the logs of", "Logs of"]),
    ],
)
def test_only_what_is_possible_now_is_offered(namespec: str, controls: list[str]) -> None:
    """In an order that never changes; each names its process for those who cannot see the row."""
    assert labels(shop().see(), namespec) == [f"{each} {namespec}" for each in controls]


def test_w12_backoff_can_be_stopped_and_tells_the_next_try() -> None:
    """The reference offers no Stop for it."""
    visitor = Visitor(program("web"))
    visitor.world.child("web:web").spawn_error = "can't find command 'x'"
    visitor.act(start="web")
    page = visitor.see()
    assert page.id("p-web")["data-s"] == "BACKOFF"
    assert "Stop web" in labels(page, "web")
    assert "Can't find command 'x'. Failed once; next try in 1 s." in page.id("p-web").text


def test_readers_are_offered_nothing_but_to_look() -> None:
    """Whoever may not act sees no buttons for it."""
    visitor = shop()
    visitor.caller = READER
    page = visitor.see()
    assert labels(page, "web:b") == ["Logs of web:b"]
    assert "Start" not in page.id("g-web").text
    assert not page.all("button", name="start")
    assert "eye, may look" in page.one("span", "who").text


def test_callers_see_their_programs_alone() -> None:
    """Others do not exist for them; who has none is told so."""
    visitor = shop()
    visitor.caller = Caller("web", Role.OPERATE, ("web",), "password")
    assert visitor.see().names == ["web:a", "web:b", "web:c"]
    visitor.caller = Caller("no", Role.OPERATE, ("other",), "password")
    page = visitor.see()
    assert "No programs for you" in page.id("empty").text


def test_all_is_said_to_be_all_of_yours_where_there_may_be_others() -> None:
    """Whoever may act on some programs is not made to believe that he stops everything."""
    visitor = shop()
    visitor.caller = Caller("web", Role.OPERATE, ("solo", "ended"), "password")
    page = visitor.see()
    orders = ["Start all of yours", "Restart all of yours", "Stop all of yours"]
    assert page.one("div", "acts").text == "".join([*orders, "Clear your logs", "All your logs"])
    assert "Shownonly your programs" in page.one("dl", "meta").text
    visitor.world.call("startProcess", "solo")
    visitor.caller = Caller("solo", Role.OPERATE, ("solo",), "password")
    visitor.world.pass_s(5)
    question = visitor.see("confirm.html?stop=*")
    assert question.headline == "Stop 1 of your processes?"
    assert "Processes that you may not see are left as they are." in question.html
    visitor.caller = Caller("web", Role.OPERATE, ("web",), "password")
    group = visitor.see("confirm.html?restart=web%3A*")
    assert group.headline == "Restart 3 of your processes in web?"
    assert visitor.act(stop="*").message == "Stopped 1 of your processes."
    assert "only your programs" not in shop().see().html


def test_scoped_user_is_told_that_his_are_calm() -> None:
    """And is not led to the main log, which he may not see."""
    visitor = Visitor(program("a"), program("b"), program("c"))
    visitor.caller = Caller("ab", Role.OPERATE, ("a", "b"), "password")
    assert "None of your 2 processes is running." in visitor.see().id("attention").text
    visitor.world.call("startProcess", "a", False)
    visitor.world.pass_s(2)
    assert "1 of your 2 processes is running." in visitor.see().id("attention").text
    visitor.world.call("startProcess", "b", False)
    visitor.world.pass_s(2)
    page = visitor.see()
    assert "All 2 of your processes are running." in page.id("attention").text
    assert page.one("nav").text == "ProcessesEvents"


def test_daemon_without_programs_says_how_to_add_one() -> None:
    """The words of old, and what to do next."""
    page = Visitor().see()
    assert page.status == 200
    assert "No programs to manage" in page.id("empty").text
    assert "/etc/s.conf" in page.id("empty").text


def test_what_the_system_refuses_the_daemon_is_told() -> None:
    """The daemon is FATAL: why, and a button that accepts it."""
    visitor = shop()
    control = visitor.world.control
    refused = "the limit of open files is too low"
    visitor.world.control = Refused(control, refused)  # type: ignore[assignment]
    page = visitor.see()
    assert f"{refused.capitalize()}." in page.one("section", "fault").text
    assert page.all("button", name="accept")
    visitor.caller = READER
    assert not visitor.see().all("button", name="accept")


class Refused:
    """A control of a daemon that is FATAL."""

    def __init__(self, control: object, why: str) -> None:
        self._control = control
        self.trouble = lambda: why

    def __getattr__(self, name: str) -> object:
        return getattr(self._control, name)


# -- filter, order, folds


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?q=web", ["web:a", "web:b", "web:c"]),
        ("?q=WEB+fatal", ["web:c"]),
        ("?q=quickly", ["web:c"]),
        ("?q=nothing", []),
        ("?state=FATAL", ["web:c"]),
        ("?state=bad", ["ended"]),
        ("?state=FATAL%7Cbad", ["web:c", "ended"]),
        ("?state=RUNNING&q=a", []),
        ("?sort=-name", ["solo", "ended", "web:c", "web:b", "web:a"]),
        ("?sort=state", ["web:c", "ended", "web:b", "solo", "web:a"]),
        ("?sort=-uptime", ["web:b", "ended", "solo", "web:a", "web:c"]),
        ("?sort=bogus&fold=bogus&refresh=x&q=%20", ["web:a", "web:b", "web:c", "ended", "solo"]),
        ("?PATH_INFO=/tail.html", ["web:a", "web:b", "web:c", "ended", "solo"]),
    ],
)
def test_address_says_what_is_shown_and_how(query: str, names: list[str]) -> None:
    """Filter, states and order work without a script; an argument never selects another page."""
    page = shop().see(query)
    assert page.names == names
    assert ("hidden" in page.id("none").attributes) == bool(names)


def test_filter_is_shown_and_kept_by_other_choices() -> None:
    """Chips and columns lead to the same filter."""
    page = shop().see("?q=web&refresh=10")
    assert page.id("q")["value"] == "web"
    chip = page.one("a", "chip", data_f="FATAL")
    assert chip["href"] == "./?q=web&state=FATAL&refresh=10"
    assert page.headers["Refresh"] == "10"
    assert shop().see("?state=FATAL").one("input", name="state")["value"] == "FATAL"


@pytest.mark.parametrize(
    ("asked", "given"),
    [("1", "2"), ("0", None), ("-5", None), ("999999", "86400"), ("9" * 50, None)],
)
def test_page_reloads_itself_within_reason(asked: str, given: str | None) -> None:
    """Without a script; neither in a loop nor never."""
    assert shop().see(f"?refresh={asked}").headers.get("Refresh") == given


def test_groups_fold_by_the_address() -> None:
    """The head is still there, its rows are not shown; the link unfolds it again."""
    visitor = shop()
    fold = visitor.see().all("a", "fold")[0]
    assert (fold["aria-expanded"], fold["aria-controls"]) == ("true", "r-web")
    folded = visitor.see(fold["href"])
    assert "hidden" in folded.id("r-web").attributes
    head = folded.all("a", "fold")[0]
    assert head["aria-expanded"] == "false"
    assert "hidden" not in visitor.see(head["href"]).id("r-web").attributes


def test_single_program_and_group_may_have_any_names() -> None:
    """Ids stay unique, and folds apart."""
    visitor = Visitor(program("a", "singles"), program("singles"), program("b", "single"))
    page = visitor.see()
    ids = [each["id"] for each in page.elements if "id" in each.attributes]
    assert len(ids) == len(set(ids))


# -- many


def many(count: int) -> list[ProcessSpec]:
    return [program(f"p{n}", f"g{n // 10}", start=NO_RETRY) for n in range(count)]


def test_groups_without_a_problem_start_folded_among_many() -> None:
    """Those with one are open."""
    visitor = Visitor(*many(rows.OPEN_MAX + 10))
    visitor.world.child("g3:p30").spawn_error = "broken"
    visitor.see("act", form={"token": visitor.token, "start": "g3:p30"})
    visitor.world.pass_s(3)
    page = visitor.see()
    is_open = {each["aria-controls"]: each["aria-expanded"] for each in page.all("a", "fold")}
    assert is_open.pop("r-g3") == "true"
    assert set(is_open.values()) == {"false"}
    assert "hidden" not in visitor.see("?q=p55").id("p-g5:p55").attributes


def test_many_are_sent_piece_by_piece() -> None:
    """No piece has more than a few rows, however they are ordered; all together are a page."""
    visitor = Visitor(*many(status.WHOLE_MAX + 10))
    flat = visitor.ask("?sort=state")
    while piece := flat.read(65536):  # type: ignore[union-attr]
        assert piece.count(b"data-n=") <= status.ROWS_MAX
    answer = visitor.ask("")
    pieces = []
    while piece := answer.read(65536):  # type: ignore[union-attr]
        pieces.append(piece)
    assert len(pieces) > 20
    assert max(map(len, pieces)) < 40_000
    assert len(visitor.see().names) == status.WHOLE_MAX + 10


def test_rows_of_folded_groups_are_sent_later_among_very_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The page tells where they are."""
    monkeypatch.setattr(rows, "SENT_MAX", 105)
    visitor = Visitor(*many(110))
    page = visitor.see()
    assert page.names == []
    address = page.id("r-g0")["data-rows"]
    assert address == "rows.html?group=g0"
    fetched = visitor.see(address)
    assert fetched.html.count("<tr ") == 10
    assert fetched.html.endswith("</tbody>")
    assert visitor.see("rows.html?group=none").status == 404


# -- figures


def test_figures_are_shown_with_curves() -> None:
    """CPU and memory of a process and what descends from it; the number says it all."""
    visitor = shop()
    process_id = visitor.world.ids["web:b"]
    usage = Usage(12.44, 412_000_000, 5, 2.5, (1.0, 2.0, 12.44), (400_000_000, 412_000_000))
    visitor.world.figures.by_process[process_id] = usage
    page = visitor.see()
    assert page.id("p-web:b").text == "Runningb1011 min012.4 %412 MB"
    assert len(page.all("svg", "sp")) == 2
    assert visitor.world.figures.sampled_count == 1
    assert visitor.see("?sort=-cpu").names[0] == "web:b"
    assert visitor.see("?sort=-memory").names[0] == "web:b"


def test_page_shows_what_has_happened_while_its_sample_was_taken() -> None:
    """An open page is told what happens after it was made: nothing may be missing before that."""
    visitor = shop()
    visitor.world.figures.is_slow = True
    status, one = visitor.wait(""), visitor.wait("process.html?name=solo")
    visitor.world.call("stopProcess", "web:b")
    visitor.world.call("startProcess", "solo")
    visitor.world.figures.finish()
    assert status.seen().id("p-web:b").text.startswith("Stopped")
    assert one.seen().one("title").text == "solo – Running – supervisor"


def test_process_that_is_removed_while_its_sample_is_taken_is_not_found() -> None:
    visitor = shop()
    visitor.world.figures.is_slow = True
    one = visitor.wait("process.html?name=solo")
    visitor.world.core._roster.remove_group("solo")
    visitor.world.figures.finish()
    assert one.seen().status == 404


def test_leaving_daemon_says_so() -> None:
    """Not a status 500, but a friendly page: 503."""
    visitor = shop()
    visitor.world.child("web:b").stubborn = True
    visitor.world.control.shutdown()
    page = visitor.see()
    assert page.status == 503
    assert page.headline == "The daemon is shutting down"
    assert visitor.see(headers=CURL).status == 503


def crowd() -> Visitor:
    """A daemon with more processes than are looked at in two turns."""
    pool = (program(f"{n:04}", "pool") for n in range(2 * SLICE_COUNT))
    return Visitor(*pool, program("solo", start=AT_ONCE))


def test_picture_of_many_is_taken_in_turns() -> None:
    """Nobody else waits for more than a slice of it."""
    visitor = crowd()
    pending = visitor.wait("")
    for _ in range(2):
        assert not pending.is_known
        call = visitor.world.timers.pop_due(visitor.world.now_s)
        assert call is not None
        call()
    assert pending.is_known
    page = visitor.see("")
    assert f"{2 * SLICE_COUNT + 1:,} processes" in page.one("title").text
    assert len(visitor.see("rows.html?group=pool").html.split("<tr")) > 2 * SLICE_COUNT


def test_page_of_many_does_not_miss_what_happens_while_it_is_made() -> None:
    """What is gone is left out; what has happened since the beginning is told to the open page."""
    visitor = crowd()
    since = position(visitor.world.feed)
    later = visitor.ask("")
    assert isinstance(later, Later)
    visitor.world.subscriptions.notify(events.SupervisorRunningEvent())
    visitor.world.core._roster.remove_group("solo")
    assert position(visitor.world.feed) != since
    answer: Any = visitor.after_turns(later)
    html = read_all(answer).decode()
    assert f"from={since}" in html
    assert "p-solo" not in html
