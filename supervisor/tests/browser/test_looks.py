"""What the pages look like: pictures are kept as artefacts, some things are measured."""

import pytest
from playwright.sync_api import expect

from supervisor.tests.browser import axe
from supervisor.tests.browser.conftest import OpenTab
from supervisor.tests.browser.driver import Watch
from supervisor.tests.browser.pages import WIDTHS_PX, Tab
from supervisor.tests.browser.shop import Opener, Shop
from supervisor.tests.support.daemon import REPOSITORY

PICTURES = REPOSITORY / "build" / "screenshots"

PAGES = {
    "status": "",
    "process": "process.html?name=echo",
    "process-fatal": "process.html?name=search",
    "process-merged": "process.html?name=echo&view=merged",
    "log": "log.html",
    "events": "events.html",
    "confirm-one": "confirm.html?stop=web%3Anginx",
    "confirm-many": "confirm.html?stop=web%3A*",
    "not-found": "nowhere.html",
    "tail": "tail.html?processname=echo",
    "ends": "ends.html?name=*",
}
"""Name of the picture -> path."""

SCHEMES = ("light", "dark")
NARROWEST_PX = 320


def open_page(tab: Tab, name: str) -> None:
    """Open one of PAGES and wait until it is complete."""
    tab.go(PAGES[name])
    if tab.badge.count() and tab.has_script:
        tab.wait_live()


def take_picture(tab: Tab, name: str, width_px: int, scheme: str) -> None:
    """Keep a picture of the whole page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}-{width_px}-{scheme}.png"
    tab.page.screenshot(path=path, full_page=True, animations="disabled")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_in_every_size_and_theme(
    sight: Shop, open_tab: OpenTab, watch: Watch, name: str, scheme: str
) -> None:
    """axe-core finds no violation of WCAG 2.2 A and AA; at 320 px nothing scrolls sideways."""
    if name == "not-found":
        watch.expect("404")
    tab = open_tab(sight, color_scheme=scheme)
    open_page(tab, name)
    found = []
    for width_px in WIDTHS_PX:
        tab.resize(width_px)
        take_picture(tab, name, width_px, scheme)
    for width_px in (WIDTHS_PX[0], NARROWEST_PX):
        tab.resize(width_px)
        found += [f"{width_px} px: {each}" for each in axe.violations(tab.page)]
    assert found == []
    assert tab.overflow_px() == 0


@pytest.mark.parametrize("scheme", SCHEMES)
def test_dialogs_and_lists_of_nothing_are_accessible(
    sight: Shop, open_tab: OpenTab, scheme: str
) -> None:
    """What opens over a page, and a list without a match, pass the same checks."""
    tab = open_tab(sight, color_scheme=scheme, viewport={"width": NARROWEST_PX, "height": 800})
    status = tab.status()
    found = []
    tab.page.keyboard.press("?")
    expect(tab.page.locator("#keys")).to_be_visible()
    take_picture(tab, "keys", NARROWEST_PX, scheme)
    found += axe.violations(tab.page)
    assert tab.overflow_px() == 0
    tab.page.keyboard.press("Escape")
    status.group_control("web", "Stop all in").click()
    expect(tab.question).to_be_visible()
    take_picture(tab, "dialog", NARROWEST_PX, scheme)
    found += axe.violations(tab.page)
    tab.answer_no()
    status.filter.fill("no such thing")
    expect(tab.page.locator("#none")).to_be_visible()
    take_picture(tab, "no-match", NARROWEST_PX, scheme)
    found += axe.violations(tab.page)
    assert found == []


def test_page_without_a_script_is_accessible(sight: Shop, open_tab: OpenTab) -> None:
    """What is there for those without scripts fits a phone, too."""
    tab = open_tab(sight, script=False)
    for name in ("status", "process", "events", "log"):
        open_page(tab, name)
        tab.resize(NARROWEST_PX)
        take_picture(tab, f"{name}-no-script", NARROWEST_PX, "light")
        assert tab.overflow_px() == 0, name
        expect(tab.page.get_by_text("Reload", exact=True)).to_be_visible()


def test_long_names_stay_apart_in_a_question(start_shop: Opener, open_tab: OpenTab) -> None:
    """A question lists every name in full, beside the others and not over them."""
    long_name = "a-name-that-is-long-" * 5
    programs = [f"[program:{name}]\ncommand=/bin/cat" for name in ("short", f"{long_name}end")]
    tab = open_tab(start_shop("\n".join(programs)))
    tab.go("confirm.html?clear=*")
    names = tab.page.locator("#ask .names li")
    for width_px in (*WIDTHS_PX, NARROWEST_PX):
        tab.resize(width_px)
        widths = names.evaluate_all("all => all.map(li => [li.scrollWidth, li.clientWidth])")
        assert len(widths) == 2
        assert all(needed <= there for needed, there in widths), (width_px, widths)
        assert tab.overflow_px() == 0


def test_empty_page_says_what_to_do(start_shop: Opener, open_tab: OpenTab) -> None:
    """A daemon without programs shows how to add one."""
    tab = open_tab(start_shop(""))
    tab.status()
    expect(tab.page.locator("#empty")).to_contain_text("No programs to manage")
    for width_px in WIDTHS_PX:
        tab.resize(width_px)
        take_picture(tab, "empty", width_px, "light")
    assert axe.violations(tab.page) == []
