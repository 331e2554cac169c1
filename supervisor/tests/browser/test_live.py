"""Open pages change by themselves: without a reload, and without tearing anything away."""

import os
import signal

import pytest
from playwright.sync_api import Route, expect

from supervisor.tests.browser.conftest import OpenTab
from supervisor.tests.browser.driver import Watch
from supervisor.tests.browser.shop import BASIC, Shop
from supervisor.tests.support.daemon import wait_until

pytestmark = pytest.mark.timeout(120)

# Offline means that the browser's requests fail, which it says aloud.
OFFLINE_NOISE = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "ERR_CONNECTION_RESET")
RETRY_MS = 60_000.0

_KNOW_SOURCES = """
window.sources = [];
window.EventSource = class extends window.EventSource {
  constructor(...args) { super(...args); window.sources.push(this); }
};
"""
_SET_HIDDEN = """hidden => {
  Object.defineProperty(document, "hidden", {get: () => hidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""
_WHAT_IS_DUE = "new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))"
"""Comes behind everything that the page does because of an event."""
_OPEN_SOURCES = "window.sources.filter(s => s.readyState === 1).length"


def kill(shop: Shop, name: str) -> None:
    """Let a process end by SIGKILL."""
    os.kill(shop.pid_of(name), signal.SIGKILL)


def test_row_follows_its_process(open_tab: OpenTab, shop: Shop) -> None:
    """State, pid, restarts, what happened and controls of a row change without a reload."""
    tab = open_tab(shop)
    status = tab.status()
    tab.mark()
    expect(status.badge("resting")).to_have_text("Stopped")
    shop.rpc.supervisor.startProcess("resting")
    expect(status.badge("resting")).to_have_text("Running")
    expect(status.cell("resting", "pid")).to_have_text(str(shop.pid_of("resting")))
    expect(status.control("resting", "Stop")).to_be_visible()
    before = shop.pid_of("sleeper")
    kill(shop, "sleeper")
    after = shop.wait_pid_change("sleeper", before)
    expect(status.cell("sleeper", "pid")).to_have_text(str(after))
    expect(status.cell("sleeper", "re")).to_have_text("1")
    expect(status.cell("sleeper", "de")).to_contain_text("SIGKILL")
    shop.rpc.supervisor.stopProcessGroup("worker")
    expect(status.page.locator("#g-worker")).to_contain_text("3 stopped")
    expect(status.chip("Stopped")).to_contain_text("3")
    assert tab.is_marked()


def test_figures_of_processes_come_and_change(open_tab: OpenTab, shop: Shop) -> None:
    """CPU, memory and their curves are renewed while somebody looks."""
    tab = open_tab(shop)
    status = tab.status()
    tab.mark()
    curve = status.cell("sleeper", "mem").locator("path")
    expect(status.cell("sleeper", "mem").locator(".v")).to_contain_text("B")

    def points() -> int:
        return (curve.get_attribute("d") or "").count("L") if curve.count() else 0

    wait_until(lambda: points() >= 1, "the curve has two samples", 30)
    assert tab.is_marked()


def test_problems_come_and_go(open_tab: OpenTab, shop: Shop) -> None:
    """A process that ends unexpectedly is told above the list, with its reason, until it runs."""
    tab = open_tab(shop)
    status = tab.status()
    tab.mark()
    expect(status.attention).not_to_contain_text("echo")
    shop.say("exit 3")
    expect(status.attention.locator("li", has_text="echo")).to_contain_text("status 3")
    expect(status.badge("echo")).to_have_class("b bad-exit")
    shop.rpc.supervisor.startProcess("echo")
    expect(status.attention.locator("li")).to_have_count(0)
    assert tab.is_marked()


def test_problems_do_not_push_the_list_away_under_the_pointer(
    open_tab: OpenTab, shop: Shop
) -> None:
    """While the reader is in the list, new problems are counted; a click shows them."""
    tab = open_tab(shop)
    status = tab.status()
    status.row("sleeper").hover()
    before = status.row("sleeper").bounding_box()
    shop.say("exit 3")
    counter = tab.page.locator("#att-new")
    expect(counter).to_have_text("1 new")
    assert status.row("sleeper").bounding_box() == before
    expect(status.attention.locator("li")).to_have_count(0)
    # By a key, the pointer in the list: as soon as it leaves the list, they are shown anyway.
    counter.press("Enter")
    expect(status.attention.locator("li", has_text="echo")).to_be_visible()
    expect(status.attention.locator("a, button").first).to_be_focused()


def test_problems_are_shown_when_the_pointer_has_left_the_list(
    open_tab: OpenTab, shop: Shop
) -> None:
    """Nothing is pushed away under it then."""
    tab = open_tab(shop)
    status = tab.status()
    status.row("sleeper").hover()
    shop.say("exit 3")
    expect(tab.page.locator("#att-new")).to_have_text("1 new")
    tab.page.mouse.move(0, 0)
    expect(status.attention.locator("li", has_text="echo")).to_be_visible()
    expect(tab.page.locator("#att-new")).to_have_count(0)


def test_problem_that_is_over_is_not_shown_any_more(open_tab: OpenTab, shop: Shop) -> None:
    """What was held back is the past when the pointer leaves the list."""
    tab = open_tab(shop)
    status = tab.status()
    status.row("sleeper").hover()
    shop.say("exit 3")
    counter = tab.page.locator("#att-new")
    expect(counter).to_have_text("1 new")
    shop.rpc.supervisor.startProcess("echo")
    expect(status.badge("echo")).to_have_text("Running")
    expect(counter).to_have_count(0)
    tab.page.mouse.move(0, 0)
    tab.page.evaluate(_WHAT_IS_DUE)
    expect(status.attention.locator("li")).to_have_count(0)


def test_focus_stays_when_its_cell_is_replaced(open_tab: OpenTab, shop: Shop) -> None:
    """A keyboard user does not lose his place when the row changes."""
    tab = open_tab(shop)
    status = tab.status()
    status.control("echo", "Logs of").focus()
    shop.say("exit 3")
    expect(status.control("echo", "Start")).to_be_visible()
    expect(status.control("echo", "Logs of")).to_be_focused()


def test_selected_text_is_left_alone(open_tab: OpenTab, shop: Shop) -> None:
    """Who copies a pid copies the pid that he has selected; other rows go on."""
    tab = open_tab(shop)
    status = tab.status()
    before = shop.pid_of("sleeper")
    status.cell("sleeper", "pid").evaluate("e => getSelection().selectAllChildren(e)")
    kill(shop, "sleeper")
    shop.wait_pid_change("sleeper", before)
    shop.rpc.supervisor.startProcess("resting")
    expect(status.badge("resting")).to_have_text("Running")
    assert tab.page.evaluate("getSelection().toString()") == str(before)


def test_page_of_a_process_follows_it(open_tab: OpenTab, shop: Shop) -> None:
    """State, facts and history of the page change without a reload."""
    tab = open_tab(shop)
    process = tab.process("echo")
    tab.mark()
    before = shop.pid_of("echo")
    expect(process.fact("PID")).to_have_text(str(before))
    shop.say("exit 3")
    expect(process.badge).to_have_text("Exited")
    expect(tab.page.locator("#fault")).to_contain_text("status 3")
    expect(process.fact("PID")).to_have_text("–")
    expect(tab.page.locator("#history")).to_contain_text("status 3")
    shop.rpc.supervisor.startProcess("echo")
    expect(process.badge).to_have_text("Running")
    expect(process.fact("PID")).to_have_text(str(shop.pid_of("echo")))
    assert tab.is_marked()


def test_events_come_on_top(open_tab: OpenTab, shop: Shop) -> None:
    """The page of events grows while somebody looks; Hold stops the list, not the stream."""
    tab = open_tab(shop)
    tab.go("events.html")
    tab.wait_live()
    rows = tab.page.locator("tbody.e tr")
    shop.rpc.supervisor.startProcess("resting")
    expect(rows.first).to_contain_text("PROCESS_STATE_RUNNING")
    expect(rows.first.get_by_role("link", name="resting")).to_be_visible()
    hold = tab.page.locator("[data-do=hold]")
    hold.click()
    shop.rpc.supervisor.stopProcess("resting")
    expect(hold).to_have_text("Hold, 2 new")
    expect(rows.first).to_contain_text("PROCESS_STATE_RUNNING")
    hold.click()
    expect(rows.first).to_contain_text("PROCESS_STATE_STOPPED")
    tab.page.locator("#q").fill("state_starting")
    expect(rows.filter(visible=True)).to_have_count(1)
    tab.page.locator(".chips").get_by_text("Communication").click()
    expect(tab.page.locator("#none")).to_be_visible()


def test_page_is_offline_and_live_again_when_the_daemon_was_away(
    open_tab: OpenTab, shop: Shop, watch: Watch
) -> None:
    """The badge says Offline and, after a restart of the daemon, Live; the page is made anew."""
    for noise in OFFLINE_NOISE:
        watch.expect(noise)
    tab = open_tab(shop)
    status = tab.status()
    tab.mark()
    old = shop.pid_of("sleeper")
    shop.stop()
    expect(tab.badge).to_have_text("Offline")
    assert tab.is_marked()
    shop.start()
    pid = shop.wait_pid_change("sleeper", old)
    expect(status.cell("sleeper", "pid")).to_have_text(str(pid), timeout=RETRY_MS)
    expect(tab.badge).to_have_text("Live", timeout=RETRY_MS)


def test_page_reloads_when_the_server_gave_it_up(open_tab: OpenTab, shop: Shop) -> None:
    """`resync` says that the page has missed something: it is loaded again."""
    tab = open_tab(shop)
    answers: list[str] = []

    def drop_once(route: Route) -> None:
        if answers:
            route.continue_()
            return
        answers.append(route.request.url)
        route.fulfill(content_type="text/event-stream", body="event: resync\ndata: {}\n\n")

    tab.page.route("**/live?*", drop_once)
    tab.go()
    tab.mark()
    tab.wait_until(lambda: answers, "the page has asked for its stream")
    tab.wait_unmarked()
    tab.wait_live()


def test_page_shows_other_processes_when_the_configuration_changes(
    open_tab: OpenTab, shop: Shop
) -> None:
    """A process that is added to the configuration gets its row."""
    tab = open_tab(shop)
    status = tab.status()
    config = f"[inet_http_server]\nport = 127.0.0.1:{shop.port}\n{BASIC}"
    shop.write_config(f"{config}\n[program:late]\ncommand = sleep 3600\nstartsecs = 0\n")
    assert shop.ctl("update").returncode == 0
    expect(status.badge("late")).to_have_text("Running", timeout=RETRY_MS)


def test_stream_is_closed_while_the_tab_is_hidden(open_tab: OpenTab, shop: Shop) -> None:
    """20 s after the tab was hidden its stream ends, and goes on when it is shown again."""
    tab = open_tab(shop)
    tab.page.add_init_script(_KNOW_SOURCES)
    tab.page.clock.install()
    status = tab.status()
    assert tab.page.evaluate(_OPEN_SOURCES) == 1
    tab.page.evaluate(_SET_HIDDEN, True)
    tab.page.clock.fast_forward(19_000)
    assert tab.page.evaluate(_OPEN_SOURCES) == 1
    tab.page.clock.fast_forward(1_500)
    wait_until(lambda: tab.page.evaluate(_OPEN_SOURCES) == 0, "the stream is closed")
    shop.rpc.supervisor.startProcess("resting")
    tab.page.evaluate(_SET_HIDDEN, False)
    expect(status.badge("resting")).to_have_text("Running")
    assert tab.page.evaluate(_OPEN_SOURCES) == 1


def test_page_makes_one_stream(open_tab: OpenTab, shop: Shop) -> None:
    """A browser opens six connections to a server: a page takes one of them for all it shows."""
    tab = open_tab(shop)
    tab.page.add_init_script(_KNOW_SOURCES)
    for open_page in (tab.status, lambda: tab.process("echo")):
        open_page()
        assert tab.page.evaluate(_OPEN_SOURCES) == 1
