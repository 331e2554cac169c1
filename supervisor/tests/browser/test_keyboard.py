"""Everything by keyboard alone: keys of the list and of logs, focus that is seen and stays."""

import pytest
from playwright.sync_api import Page, expect

from supervisor.tests.browser.conftest import OpenTab
from supervisor.tests.browser.pages import Tab
from supervisor.tests.browser.shop import Shop
from supervisor.tests.support.daemon import wait_until

_FOCUS_IS_SEEN = """() => {
  const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
  if (e === document.body) return "nothing has the focus";
  const ringed = (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1)
    || s.boxShadow !== "none";
  if (!ringed) return e.outerHTML.slice(0, 120) + " shows no focus";
  return r.width && r.height ? "" : e.outerHTML.slice(0, 120) + " has no size";
}"""


_NOT_REACHED = """() => {
  document.activeElement.reached = true;
  return [...document.querySelectorAll("a[href],button,input:not([type=hidden]),select")]
    .filter(e => e.checkVisibility({visibilityProperty: true}) && e.tabIndex >= 0 && !e.reached)
    .map(e => e.outerHTML.slice(0, 120));
}"""
"""Controls that did not have the focus so far; what has it now is taken down."""


def press(page: Page, *keys: str) -> None:
    """Press keys, one after the other."""
    for key in keys:
        page.keyboard.press(key)


def focused_row(tab: Tab) -> str:
    """Name of the process whose row has the focus, '' outside of rows."""
    return str(
        tab.page.evaluate(
            "(r => r ? r.dataset.n : '')(document.activeElement.closest('tr[data-n]'))"
        )
    )


def test_keys_walk_through_the_rows(open_tab: OpenTab, sight: Shop) -> None:
    """``j`` and ``k`` go to the next and previous row, ``p`` to the next problem, Enter opens."""
    tab = open_tab(sight)
    status = tab.status()
    shown = status.shown()
    press(tab.page, "j")
    assert focused_row(tab) == shown[0]
    press(tab.page, "j", "j")
    assert focused_row(tab) == shown[2]
    press(tab.page, "k")
    assert focused_row(tab) == shown[1]
    assert tab.page.evaluate(_FOCUS_IS_SEEN) == ""
    seen = []
    for _ in range(3):
        press(tab.page, "p")
        seen.append(focused_row(tab))
    assert set(seen) <= {"invoice", "report", "search"}
    assert "report" in seen
    status.filter.fill("nginx")
    press(tab.page, "Tab")
    tab.page.evaluate("document.activeElement.blur()")
    press(tab.page, "j")
    assert focused_row(tab) == "web:nginx"
    press(tab.page, "Enter")
    expect(tab.heading).to_contain_text("nginx")


def test_keys_act_on_the_row_in_focus(open_tab: OpenTab, shop: Shop) -> None:
    """``s`` starts or asks to stop, ``r`` asks to restart and Enter confirms, ``l`` opens logs."""
    tab = open_tab(shop)
    status = tab.status()
    status.filter.fill("resting")
    tab.page.evaluate("document.activeElement.blur()")
    press(tab.page, "j", "s")
    expect(tab.notice).to_contain_text("Started resting")
    pid = shop.wait_state("resting", "RUNNING")["pid"]

    def focus_row() -> None:
        status.ready()
        status.row("resting").locator(".nm a").focus()

    focus_row()
    press(tab.page, "r")
    expect(tab.page.locator("dialog[open]")).to_contain_text("Restart resting?")
    expect(tab.question.locator("button.risk")).to_be_focused()
    press(tab.page, "Enter")
    expect(tab.notice).to_contain_text("Restarted resting")
    shop.wait_pid_change("resting", pid)
    focus_row()
    press(tab.page, "s")
    expect(tab.page.locator("dialog[open]")).to_contain_text("Stop resting?")
    press(tab.page, "Escape")
    expect(tab.page.locator("dialog[open]")).to_have_count(0)
    assert shop.statename("resting") == "RUNNING"
    press(tab.page, "l")
    expect(tab.page.locator("#logs")).to_be_in_viewport()


def test_question_about_several_begins_at_cancel(open_tab: OpenTab, shop: Shop) -> None:
    """One key too many never stops a group; Escape closes, and the focus is where it was."""
    tab = open_tab(shop)
    status = tab.status()
    control = status.group_control("worker", "Stop all in")
    control.focus()
    press(tab.page, "Enter")
    expect(tab.question.locator("[data-no]")).to_be_focused()
    press(tab.page, "Enter")
    expect(tab.page.locator("dialog")).to_have_count(1)  # the list of keys, closed
    expect(control).to_be_focused()
    assert shop.statename("worker:worker_00") == "RUNNING"


def test_keys_do_nothing_in_fields_nor_with_modifiers(open_tab: OpenTab, sight: Shop) -> None:
    """Who types is not interrupted; the browser's own keys stay the browser's."""
    tab = open_tab(sight)
    status = tab.status()
    press(tab.page, "/")
    expect(status.filter).to_be_focused()
    press(tab.page, "j", "s", "?")
    expect(status.filter).to_have_value("js?")
    press(tab.page, "Escape")
    expect(status.filter).to_have_value("")
    tab.page.evaluate("document.activeElement.blur()")
    press(tab.page, "Control+j", "Alt+k")
    assert focused_row(tab) == ""


def test_single_keys_can_be_switched_off(open_tab: OpenTab, sight: Shop) -> None:
    """``?`` lists the keys and has a switch (WCAG 2.1.4), which the browser remembers."""
    tab = open_tab(sight)
    tab.status()
    press(tab.page, "?")
    expect(tab.page.locator("#keys")).to_be_visible()
    tab.page.locator("#keys-off").click()
    press(tab.page, "Escape")
    expect(tab.page.locator("#keys")).to_be_hidden()
    press(tab.page, "j")
    assert focused_row(tab) == ""
    tab.page.reload()
    tab.wait_live()
    press(tab.page, "j")
    assert focused_row(tab) == ""


def test_keys_of_logs(open_tab: OpenTab, sight: Shop) -> None:
    """``f`` follows, ``w`` wraps, ``/`` searches."""
    tab = open_tab(sight)
    pane = tab.process("echo").pane()
    expect(pane.button("Follow")).to_have_attribute("aria-pressed", "true")
    press(tab.page, "f")
    expect(pane.button("Follow")).to_have_attribute("aria-pressed", "false")
    press(tab.page, "f")
    expect(pane.button("Follow")).to_have_attribute("aria-pressed", "true")
    press(tab.page, "w")
    expect(pane.button("Wrap")).to_have_attribute("aria-pressed", "true")
    press(tab.page, "/")
    expect(pane.search).to_be_focused()


@pytest.mark.parametrize(
    "path", ["", "process.html?name=echo", "events.html", "confirm.html?stop=web%3A*"]
)
def test_every_control_is_reached_and_shows_the_focus(
    open_tab: OpenTab, sight: Shop, path: str
) -> None:
    """Tab reaches every link, button and field of the page; each shows that it has the focus.

    The pages are live: what is put in its place while Tab goes through them is to be reached, too.
    """
    tab = open_tab(sight)
    tab.go(path)
    if tab.badge.count():
        tab.wait_live()
    missing = tab.page.evaluate(_NOT_REACHED)
    wanted = len(missing)
    assert wanted > 5
    complaints, rounds = set[str](), 4
    for _ in range(rounds * (wanted + 20)):
        if not missing:
            break
        press(tab.page, "Tab")
        complaints.add(tab.page.evaluate(_FOCUS_IS_SEEN))
        missing = tab.page.evaluate(_NOT_REACHED)
    assert complaints <= {"", "nothing has the focus"}
    # What has been put in its place since then is not looked for any more.
    assert missing == []


def test_skip_link_comes_first(open_tab: OpenTab, sight: Shop) -> None:
    """The first Tab offers to skip the navigation."""
    tab = open_tab(sight)
    tab.status()
    press(tab.page, "Tab")
    assert tab.focused() == "Skip to content"
    press(tab.page, "Enter")
    wait_until(lambda: tab.page.url.endswith("#main"), "the page is at its content")
