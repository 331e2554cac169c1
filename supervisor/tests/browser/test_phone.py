"""On a phone nothing is out of reach; without a script logs are seen from their ends."""

import re

import pytest
from playwright.sync_api import expect

from supervisor.tests.browser import axe
from supervisor.tests.browser.conftest import OpenTab
from supervisor.tests.browser.driver import Watch
from supervisor.tests.browser.pages import Tab
from supervisor.tests.browser.shop import BASIC, Opener, Shop
from supervisor.tests.browser.test_looks import PAGES, open_page, take_picture
from supervisor.tests.browser.test_sign_in import sign_in

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def on_phone(open_tab: OpenTab, shop: Shop, script: bool) -> Tab:
    return open_tab(shop, script=script, **PHONE)


def test_every_action_on_a_row_is_reached(open_tab: OpenTab, shop: Shop, script: bool) -> None:
    """What is rarer is behind More, which opens by a tap or a key, with and without a script."""
    status = on_phone(open_tab, shop, script).status()
    for verb in ("Restart", "Stop"):
        expect(status.control("sleeper", verb)).to_be_visible()
    clear, logs = (status.control("sleeper", each) for each in ("Clear the logs of", "Logs of"))
    expect(clear).to_be_hidden()
    more = status.row("sleeper").get_by_label("More for sleeper")
    more.tap()
    for each in (clear, logs):
        expect(each).to_be_visible()
        box = each.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
        assert 0 <= box["x"] <= 390 - box["width"]
    assert status.tab.overflow_px() == 0
    take_picture(status.tab, f"row-menu-{'script' if script else 'no-script'}", 390, "light")
    more.focus()
    status.page.keyboard.press("Enter")
    expect(clear).to_be_hidden()
    status.page.keyboard.press("Space")
    clear.click()
    expect(status.tab.question).to_contain_text("Clear the logs of sleeper?")


def test_open_menu_stays_open_while_the_row_changes(open_tab: OpenTab, shop: Shop) -> None:
    """And what has the focus in it keeps it."""
    status = on_phone(open_tab, shop, script=True).status()
    row = status.row("sleeper")
    row.get_by_label("More for sleeper").tap()
    status.control("sleeper", "Logs of").focus()
    shop.rpc.supervisor.stopProcess("sleeper")
    expect(status.badge("sleeper")).to_have_text("Stopped")
    expect(status.control("sleeper", "Clear the logs of")).to_be_visible()
    assert status.tab.focused() == "Logs of sleeper"


def test_every_action_on_groups_and_all_is_reached(
    open_tab: OpenTab, shop: Shop, script: bool
) -> None:
    """Clear is among them."""
    status = on_phone(open_tab, shop, script).status()
    for verb in ("Start all in", "Restart all in", "Stop all in", "Ends of the logs of all in"):
        expect(status.group_control("worker", verb)).to_be_visible()
    expect(status.group_control("worker", "Clear the logs of all in")).to_be_visible()
    for words in ("Start all", "Restart all", "Stop all", "Clear all logs", "All logs"):
        expect(status.page.locator(".head .acts").get_by_text(words, exact=True)).to_be_visible()
    status.group_control("worker", "Clear the logs of all in").tap()
    expect(status.tab.question).to_contain_text("Clear the logs of 3 processes in worker?")


def test_settings_tell_where_they_come_from(open_tab: OpenTab, shop: Shop) -> None:
    """File and line, in a table for screen readers, too."""
    tab = on_phone(open_tab, shop, script=True)
    tab.process("sleeper")
    row = tab.page.get_by_role("row", name="command")
    expect(row.get_by_role("cell").last).to_have_text(re.compile(r"^supervisord\.conf:\d+$"))
    expect(row.locator(".src")).to_be_visible()
    assert tab.overflow_px() == 0


def test_reader_of_a_phone_has_the_logs_of_a_row(
    open_tab: OpenTab, start_shop: Opener, watch: Watch, script: bool
) -> None:
    """Whoever may only look has that one control, without a menu."""
    watch.expect("401")
    shop = start_shop(BASIC + "[user:rita]\npassword = secret-of-rita\nroles = read\n")
    tab = on_phone(open_tab, shop, script)
    tab.go()
    sign_in(tab, "rita")
    status = tab.status()
    expect(status.control("sleeper", "Logs of")).to_be_visible()
    expect(status.page.locator("details.menu")).to_have_count(0)


@pytest.mark.parametrize("width_px", [700, 1440])
def test_row_has_no_menu_where_there_is_room(open_tab: OpenTab, sight: Shop, width_px: int) -> None:
    """Logs are one click away."""
    tab = open_tab(sight, viewport={"width": width_px, "height": 900})
    status = tab.status()
    for verb in ("Clear the logs of", "Logs of"):
        expect(status.control("web:nginx", verb)).to_be_visible()
    expect(status.row("web:nginx").get_by_label("More for web:nginx")).to_be_hidden()
    status.control("web:nginx", "Logs of").focus()
    assert tab.focused() == "Logs of web:nginx"


@pytest.mark.parametrize("name", ["process", "log"])
@pytest.mark.parametrize("width_px", [390, 1440])
def test_log_is_seen_from_its_end_without_a_script(
    open_tab: OpenTab, sight: Shop, name: str, width_px: int
) -> None:
    """The newest lines are in view; the others are above, in their order, and scroll."""
    tab = open_tab(sight, script=False, viewport={"width": width_px, "height": 900})
    open_page(tab, name)
    log = tab.page.locator("#log-stdout" if name == "process" else "#log-main")
    places = "[...e.querySelectorAll('li')].map(li => li.getBoundingClientRect().top)"
    tops = log.evaluate(f"e => {places}")
    assert tops == sorted(tops)
    inside = "e => { const b = e.getBoundingClientRect(), l = [...e.querySelectorAll('li')].pop()"
    inside += ".getBoundingClientRect(); return l.top >= b.top && l.bottom <= b.bottom + 1; }"
    assert log.evaluate(inside)
    if name == "process":
        assert log.evaluate("e => e.scrollHeight > e.clientHeight")
        log.focus()
        tab.page.keyboard.press("Home")
        tab.wait_until(lambda: not log.evaluate(inside), "its beginning is in view")
        short = tab.page.locator("#log-stderr li").bounding_box()
        pane = tab.page.locator("#log-stderr").bounding_box()
        assert short is not None and pane is not None
        assert short["y"] - pane["y"] < 40, "a short log begins at the top"
    assert tab.overflow_px() == 0


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", PAGES)
def test_phone_page_is_accessible(open_tab: OpenTab, sight: Shop, watch: Watch, name: str) -> None:
    """axe-core finds nothing, with every menu open."""
    if name == "not-found":
        watch.expect("404")
    tab = on_phone(open_tab, sight, script=True)
    open_page(tab, name)
    tab.page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true; })")
    assert axe.violations(tab.page) == []
    assert tab.overflow_px() == 0
