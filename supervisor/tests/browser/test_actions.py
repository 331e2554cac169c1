"""Every action on every page, with and without scripts: pressed, asked for, done, told."""

import re
import signal
from collections.abc import Sequence

import psutil
import pytest
from playwright.sync_api import Locator, expect

from supervisor.tests.browser.conftest import OpenTab
from supervisor.tests.browser.pages import Pane, Tab
from supervisor.tests.browser.shop import BASIC, Opener, Shop
from supervisor.tests.support.daemon import wait_until

WORKERS = tuple(f"worker:worker_{number:02d}" for number in range(3))
ALL = ("echo", "resting", "sleeper", *WORKERS)


def confirm(tab: Tab, control: Locator, question: str) -> None:
    """Press what asks before it acts, look at the question, and say yes."""
    control.click()
    expect(tab.question).to_contain_text(question)
    is_dialog = tab.page.locator("dialog[open] form#ask").count() > 0
    assert is_dialog == tab.has_script
    tab.answer_yes()


def wait_all(shop: Shop, names: Sequence[str], state: str) -> None:
    """Wait until all these processes are in a state."""
    for name in names:
        shop.wait_state(name, state)


def log_of(shop: Shop, name: str) -> str:
    """What is in the log of stdout."""
    return str(shop.rpc.supervisor.readProcessStdoutLog(name, 0, 0))


def fill_log(shop: Shop) -> None:
    """Have something in the log of stdout that can be cleared."""
    shop.say("gone in a moment")
    wait_until(lambda: log_of(shop, "echo"), "the line is in the log")


def test_reader_does_every_action_to_a_process_of_the_list(
    open_tab: OpenTab, shop: Shop, script: bool
) -> None:
    """Start, restart, stop and clear act on that process alone, and the page says so."""
    tab = open_tab(shop, script=script)
    status = tab.status()
    status.control("resting", "Start").click()
    expect(tab.notice).to_contain_text("Started resting, pid ")
    pid = shop.wait_state("resting", "RUNNING")["pid"]
    expect(status.badge("resting")).to_have_text("Running")
    expect(status.cell("resting", "pid")).to_have_text(str(pid))

    confirm(tab, status.control("resting", "Restart"), "Restart resting?")
    expect(tab.notice).to_contain_text("Restarted resting, pid ")
    shop.wait_pid_change("resting", pid)

    confirm(tab, status.control("resting", "Stop"), "Stop resting?")
    expect(tab.notice).to_contain_text("Stopped resting.")
    shop.wait_state("resting", "STOPPED")
    expect(status.badge("resting")).to_have_text("Stopped")

    fill_log(shop)
    confirm(tab, status.control("echo", "Clear the logs of"), "Clear the logs of echo?")
    expect(tab.notice).to_contain_text("Cleared the logs of echo.")
    assert log_of(shop, "echo") == ""
    assert shop.statename("sleeper") == "RUNNING"


def test_reader_does_every_action_to_a_group(open_tab: OpenTab, shop: Shop, script: bool) -> None:
    """The buttons of a group act on its processes and no others; the question names them."""
    tab = open_tab(shop, script=script)
    status = tab.status()
    others = shop.pid_of("sleeper")
    confirm(tab, status.group_control("worker", "Stop all in"), "Stop 3 processes in worker?")
    expect(tab.notice).to_contain_text("Stopped 3 processes in worker.")
    wait_all(shop, WORKERS, "STOPPED")

    status.group_control("worker", "Start all in").click()
    expect(tab.notice).to_contain_text("Started 3 processes in worker.")
    wait_all(shop, WORKERS, "RUNNING")

    before = shop.pid_of(WORKERS[0])
    status.group_control("worker", "Restart all in").click()
    for name in WORKERS:
        expect(tab.question).to_contain_text(name.partition(":")[2])
    tab.answer_yes()
    expect(tab.notice).to_contain_text("Restarted 3 processes in worker.")
    shop.wait_pid_change(WORKERS[0], before)

    clear = status.group_control("worker", "Clear the logs of all in")
    confirm(tab, clear, "Clear the logs of 3 processes in worker?")
    expect(tab.notice).to_contain_text("Cleared the logs of 3 processes in worker.")
    assert shop.pid_of("sleeper") == others


def test_reader_does_every_action_to_all_processes(
    open_tab: OpenTab, shop: Shop, script: bool
) -> None:
    """Start all, restart all, stop all and clear all logs act on every process."""
    tab = open_tab(shop, script=script)
    tab.status()
    acts = tab.page.locator("main .head .acts")
    acts.get_by_text("Start all", exact=True).click()
    expect(tab.notice).to_contain_text("Started")
    wait_all(shop, ALL, "RUNNING")

    before = shop.pid_of("sleeper")
    confirm(tab, acts.get_by_text("Restart all", exact=True), "Restart all 6 processes?")
    expect(tab.notice).to_contain_text("Restarted 6 processes.")
    shop.wait_pid_change("sleeper", before)

    fill_log(shop)
    confirm(tab, acts.get_by_text("Clear all logs"), "Clear the logs of all 6 processes?")
    expect(tab.notice).to_contain_text("Cleared the logs of 6 processes.")
    assert log_of(shop, "echo") == ""

    confirm(tab, acts.get_by_text("Stop all", exact=True), "Stop all 6 processes?")
    expect(tab.notice).to_contain_text("Stopped 6 processes.")
    wait_all(shop, ALL, "STOPPED")


def test_reader_does_every_action_on_the_page_of_a_process(
    open_tab: OpenTab, shop: Shop, script: bool
) -> None:
    """The page of a process has the same actions, and comes back to itself."""
    tab = open_tab(shop, script=script)
    process = tab.process("resting")
    process.control("Start").click()
    expect(tab.notice).to_contain_text("Started resting")
    expect(process.badge).to_have_text("Running")
    pid = shop.wait_state("resting", "RUNNING")["pid"]
    expect(process.fact("PID")).to_have_text(str(pid))

    confirm(tab, process.control("Restart"), "Restart resting?")
    expect(tab.notice).to_contain_text("Restarted resting")
    shop.wait_pid_change("resting", pid)

    confirm(tab, process.control("Stop"), "Stop resting?")
    expect(tab.notice).to_contain_text("Stopped resting")
    expect(process.badge).to_have_text("Stopped")

    confirm(tab, process.control("Clear logs"), "Clear the logs of resting?")
    expect(tab.notice).to_contain_text("Cleared the logs of resting")
    assert "process.html?name=resting" in tab.page.url


def test_reader_sends_lines_and_signals(open_tab: OpenTab, shop: Shop, script: bool) -> None:
    """A line goes to the stdin of the process, a signal to the process, and the page says so."""
    tab = open_tab(shop, script=script)
    process = tab.process("echo")
    process.send_line("an answer, <b>please</b> & thanks")
    expect(tab.notice).to_contain_text("Sent a line to the stdin of echo.")
    wait_until(lambda: "please" in log_of(shop, "echo"), "the line was echoed")
    if not script:
        tab.page.reload()
    expect(process.pane().lines.last).to_have_text("an answer, <b>please</b> & thanks")

    child = psutil.Process(shop.pid_of("echo"))
    process.send_signal("STOP")
    expect(tab.notice).to_contain_text("Sent STOP to echo.")
    wait_until(lambda: child.status() == psutil.STATUS_STOPPED, "the process is suspended")
    child.send_signal(signal.SIGCONT)


def test_reader_clears_the_main_log(open_tab: OpenTab, shop: Shop, script: bool) -> None:
    """The main log is cleared after a question."""
    tab = open_tab(shop, script=script)
    tab.go("log.html")
    pane = Pane(tab.page, "main")
    expect(pane.line("supervisord started")).to_have_count(1)
    confirm(tab, tab.page.locator("main .head .acts").get_by_text("Clear"), "Clear the main log?")
    expect(tab.notice).to_contain_text("Cleared the main log.")
    expect(pane.line("supervisord started")).to_have_count(0)
    assert "supervisord started" not in shop.log_text()


def test_reader_can_say_no(open_tab: OpenTab, shop: Shop, script: bool) -> None:
    """Cancel leads back to where the question came from, and nothing was done."""
    tab = open_tab(shop, script=script)
    status = tab.status()
    pid = shop.pid_of("sleeper")
    status.control("sleeper", "Stop").click()
    expect(tab.question).to_be_visible()
    tab.answer_no()
    expect(tab.question).to_have_count(0)
    expect(status.row("sleeper")).to_be_visible()
    assert shop.pid_of("sleeper") == pid


def test_reader_is_told_why_an_action_failed(
    open_tab: OpenTab, start_shop: Opener, script: bool
) -> None:
    """What could not be done is said in words, with the reason, as an error."""
    shop = start_shop(
        BASIC + "[program:broken]\ncommand = /nonexistent/thing\nautostart = false\n"
        "startretries = 0\n"
    )
    tab = open_tab(shop, script=script)
    status = tab.status()
    status.control("broken", "Start").click()
    expect(tab.notice).to_contain_text("Could not start broken: ")
    expect(tab.notice.locator(".note.err")).to_be_visible()
    expect(status.badge("broken")).to_have_text("Stopped")


def test_reader_dismisses_a_notice(open_tab: OpenTab, shop: Shop, script: bool) -> None:
    """A notice stays until it is dismissed; a reload does not repeat the action."""
    tab = open_tab(shop, script=script)
    status = tab.status()
    status.control("resting", "Start").click()
    expect(tab.notice).to_contain_text("Started resting")
    pid = shop.wait_state("resting", "RUNNING")["pid"]
    tab.page.reload()
    assert shop.pid_of("resting") == pid
    tab.notice.get_by_label("Dismiss").click()
    expect(tab.notice).to_have_text("")


@pytest.mark.parametrize("query", ["action=stop&processname=sleeper", "action=stopall"])
def test_old_bookmark_asks_in_a_browser(
    open_tab: OpenTab, shop: Shop, script: bool, query: str
) -> None:
    """A link of old shows what it would do, and does it only when that is confirmed."""
    tab = open_tab(shop, script=script)
    tab.go(f"index.html?{query}")
    expect(tab.question).to_contain_text("Stop")
    assert shop.statename("sleeper") == "RUNNING"
    tab.answer_yes()
    expect(tab.notice).to_contain_text("Stopped")
    shop.wait_state("sleeper", "STOPPED")


def test_page_of_an_old_script_keeps_its_frame(open_tab: OpenTab, sight: Shop) -> None:
    """``tail.html`` of old shows both logs of a process."""
    tab = open_tab(sight)
    tab.go("tail.html?processname=echo")
    expect(tab.page).to_have_title(re.compile("^echo – ends of logs – supervisor"))
    expect(tab.page.locator("main")).to_contain_text("request 59 took 12 ms")
    expect(tab.page.locator("main")).to_contain_text("connection reset by peer")
