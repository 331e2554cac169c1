"""Logs on pages: followed, searched, wrapped, coloured, older parts, downloads."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from supervisor.tests.browser.conftest import OpenTab
from supervisor.tests.browser.pages import Pane, Process
from supervisor.tests.browser.shop import COLOURS, Opener, Shop
from supervisor.tests.support.daemon import wait_until

pytestmark = pytest.mark.timeout(120)

CAT = "[program:cat]\ncommand = cat\nstartsecs = 0\n"
"""Says what it is given, whether the line has an end or not."""

MANY_LINES = 30_000
FLOOD = f"""\
[program:flood]
command = /bin/sh -c 'seq -f "line %%.0f of the flood" 1 {MANY_LINES}; exec sleep 3600'
autostart = false
startsecs = 0
"""
KEPT_LINES_MAX = 26 * 200

NEAR_END_PX = 24.0


def numbered(first: int, last: int) -> list[str]:
    """Lines with numbers."""
    return [f"request {number}" for number in range(first, last + 1)]


@pytest.fixture
def process(open_tab: OpenTab, shop: Shop) -> Process:
    """A page whose log is longer than its pane."""
    shop.say(*numbered(1, 100))
    wait_until(
        lambda: "request 100\n" in shop.rpc.supervisor.readProcessStdoutLog("echo", 0, 0), ""
    )
    return open_tab(shop).process("echo")


def test_follow_sticks_to_the_end(process: Process, shop: Shop) -> None:
    """New lines are shown at the end, which stays in sight; stderr has its own pane."""
    pane = process.pane()
    expect(pane.button("Follow")).to_have_attribute("aria-pressed", "true")
    assert pane.distance_from_end() < NEAR_END_PX
    shop.say(*numbered(101, 140), "!trouble")
    expect(pane.lines.last).to_have_text("request 140")
    wait_until(lambda: pane.distance_from_end() < NEAR_END_PX, "the end is in sight")
    expect(process.pane("stderr").lines.last).to_have_text("!trouble")
    expect(pane.jump).to_be_hidden()


def test_log_stands_still_when_it_was_scrolled_up(process: Process, shop: Shop) -> None:
    """New lines are counted while somebody reads further up; a click leads to the newest."""
    pane = process.pane()
    pane.scroll_by_wheel(-500)
    expect(pane.button("Follow")).to_have_attribute("aria-pressed", "false")
    wait_until(lambda: pane.scroll_top() > 0, "it has been scrolled")
    before = pane.scroll_top()
    shop.say(*numbered(101, 103))
    expect(pane.jump).to_have_text("3 new")
    shop.say(*numbered(104, 105))
    expect(pane.jump).to_have_text("5 new")
    assert pane.scroll_top() == before
    pane.jump.click()
    expect(pane.button("Follow")).to_have_attribute("aria-pressed", "true")
    assert pane.distance_from_end() < NEAR_END_PX
    expect(pane.jump).to_be_hidden()


def test_scrolling_to_the_end_follows_again(process: Process) -> None:
    """Whoever is at the end again follows again."""
    pane = process.pane()
    pane.scroll_by_wheel(-500)
    expect(pane.button("Follow")).to_have_attribute("aria-pressed", "false")
    pane.scroll_by_wheel(5000)
    expect(pane.button("Follow")).to_have_attribute("aria-pressed", "true")


def test_search_counts_and_walks_through_the_hits(process: Process, shop: Shop) -> None:
    """Hits are counted honestly, for the part that is shown; Enter goes from one to the next."""
    pane = process.pane()
    pane.search.fill("Request 9")
    expect(pane.hits).to_have_text("11 hits in this part")
    pane.search.press("Enter")
    expect(pane.hits).to_have_text("1 of 11 in this part")
    expect(pane.log.locator("li.at")).to_have_text("request 9")
    expect(pane.log.locator("li.at")).to_be_in_viewport()
    pane.search.press("Enter")
    expect(pane.log.locator("li.at")).to_have_text("request 90")
    shop.say("request 9 again")
    expect(pane.hits).to_have_text("12 hits in this part")
    pane.search.fill("nothing like it")
    expect(pane.hits).to_have_text("not in this part")


def test_search_works_without_a_script(open_tab: OpenTab, sight: Shop) -> None:
    """The server marks the hits and counts them."""
    pane = open_tab(sight, script=False).process("echo").pane()
    pane.search.fill("REQUEST 5")
    pane.search.press("Enter")
    expect(pane.hits).to_have_text("11 hits in this part")
    expect(pane.log.locator("mark")).to_have_count(11)


def test_wrap_breaks_long_lines(process: Process, shop: Shop) -> None:
    """Long lines run out of the pane until they are wrapped."""
    pane = process.pane()
    shop.say("long " * 200)
    expect(pane.lines.last).to_contain_text("long long")
    overflow = "e => e.scrollWidth - e.clientWidth"
    assert pane.log.evaluate(overflow) > 0
    pane.button("Wrap").click()
    assert pane.log.evaluate(overflow) == 0
    assert pane.distance_from_end() < NEAR_END_PX


def test_colours_are_shown_and_escapes_are_not(
    open_tab: OpenTab, start_shop: Opener, script: bool
) -> None:
    """Colours of a terminal are colours; other control sequences disappear."""
    shop = start_shop(COLOURS)
    tab = open_tab(shop, script=script)
    pane = tab.process("colours").pane()
    expect(pane.lines.first).to_have_text("colour 1 and bold")
    colours = {
        pane.line(f"colour {number}")
        .locator("span")
        .first.evaluate("e => getComputedStyle(e).color")
        for number in range(1, 8)
    }
    assert len(colours) == 7
    assert pane.log.evaluate("e => getComputedStyle(e).color") not in colours
    weight = pane.lines.first.locator("span").last.evaluate("e => getComputedStyle(e).fontWeight")
    assert int(weight) >= 600
    expect(pane.lines.last).to_have_text("plain red")
    assert "\x1b" not in pane.log.inner_text()


def test_line_without_an_end_grows(open_tab: OpenTab, start_shop: Opener) -> None:
    """What is written in pieces is one line, shown as far as it is known."""
    shop = start_shop(CAT)
    pane = open_tab(shop).process("cat").pane()
    shop.rpc.supervisor.sendProcessStdin("cat", "half a ")
    expect(pane.lines.last).to_have_text("half a ")
    count = pane.lines.count()
    shop.rpc.supervisor.sendProcessStdin("cat", "line\n")
    expect(pane.lines.last).to_have_text("half a line")
    expect(pane.lines).to_have_count(count)


def test_older_parts_are_put_before(open_tab: OpenTab, start_shop: Opener, script: bool) -> None:
    """Only the last part is sent; the part before it comes on demand, without a gap."""
    shop = start_shop(FLOOD)
    shop.rpc.supervisor.startProcess("flood")
    size = wait_until(
        lambda: shop.rpc.supervisor.tailProcessStdoutLog("flood", 0, 1)[1], "it wrote"
    )
    assert size
    wait_until(
        lambda: (
            f"line {MANY_LINES} of" in shop.rpc.supervisor.readProcessStdoutLog("flood", -40, 0)
        ),
        "all is written",
    )
    pane = open_tab(shop, script=script).process("flood").pane()
    expect(pane.lines.last).to_have_text(f"line {MANY_LINES} of the flood")
    first = number_of(pane, "first")
    assert first > 1
    older = pane.log.locator("a.older")
    expect(older).to_contain_text("Show the ")
    older.click()
    wait_until(lambda: number_of(pane, "first") < first, "older lines are shown")
    if script:
        numbers = [int(text.split()[1]) for text in pane.lines.all_text_contents()]
        assert numbers == list(range(numbers[0], MANY_LINES + 1))
    else:
        assert number_of(pane, "last") == first - 1
        pane.log.locator("a.newer").click()
        expect(pane.lines.last).to_have_text(f"line {MANY_LINES} of the flood")


def number_of(pane: Pane, which: str) -> int:
    """The number in the first or last line of the flood."""
    line = pane.lines.first if which == "first" else pane.lines.last
    return int((line.text_content() or "").split()[1])


def test_flood_is_followed_without_growing_for_ever(open_tab: OpenTab, start_shop: Opener) -> None:
    """A program that writes much is followed to its end; the page keeps the newest lines."""
    shop = start_shop(FLOOD)
    pane = open_tab(shop).process("flood").pane()
    shop.rpc.supervisor.startProcess("flood")
    expect(pane.lines.last).to_have_text(f"line {MANY_LINES} of the flood")
    assert pane.lines.count() <= KEPT_LINES_MAX
    assert pane.distance_from_end() < NEAR_END_PX


def test_cleared_log_says_so(process: Process, shop: Shop) -> None:
    """A log that was cleared by somebody else begins anew, and the page tells it."""
    pane = process.pane()
    shop.rpc.supervisor.clearProcessLogs("echo")
    expect(pane.lines.filter(has_text="The log was cleared.")).to_have_count(1)
    shop.say("a new beginning")
    expect(pane.lines.last).to_have_text("a new beginning")


def test_merged_log_shows_both_streams_in_order(open_tab: OpenTab, shop: Shop) -> None:
    """Lines of both streams come in the order in which they were written, from now on."""
    tab = open_tab(shop)
    tab.process("echo", "&view=merged")
    pane = Pane(tab.page, "merged")
    for line in ("first", "!second", "third"):
        shop.say(line)
        expect(pane.lines.last).to_contain_text(line)
    texts = [text for text in pane.lines.all_inner_texts() if text]
    assert [text.split()[-1] for text in texts] == ["first", "!second", "third"]


def test_main_log_is_followed(open_tab: OpenTab, shop: Shop) -> None:
    """What the daemon writes is seen on the page of its log."""
    tab = open_tab(shop)
    tab.go("log.html")
    tab.wait_live()
    shop.rpc.supervisor.startProcess("resting")
    expect(Pane(tab.page, "main").line("success: resting entered RUNNING")).to_have_count(1)


def test_log_is_downloaded(open_tab: OpenTab, sight: Shop, script: bool, tmp_path: Path) -> None:
    """The button gives the whole log as a file."""
    tab = open_tab(sight, script=script)
    pane = tab.process("echo").pane()
    with tab.page.expect_download() as download:
        pane.box.get_by_label("Download stdout").click()
    target = tmp_path / "log"
    download.value.save_as(target)
    assert target.read_text() == sight.rpc.supervisor.readProcessStdoutLog("echo", 0, 0)
    assert download.value.suggested_filename.endswith(".log")


def test_restart_leaves_marks_in_the_log(process: Process, shop: Shop) -> None:
    """A grey line says where a run ended and the next one begins."""
    pane = process.pane()
    shop.say("last words", "exit 3")
    expect(pane.log.locator("li.gap")).to_contain_text(["status 3"])
    shop.rpc.supervisor.startProcess("echo")
    expect(pane.log.locator("li.gap").last).to_contain_text("Starting")
