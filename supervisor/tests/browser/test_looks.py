"""What the pages look like: pictures are kept as artefacts, some things are measured."""

import pytest

from supervisor.tests.browser import axe
from supervisor.tests.browser.conftest import OpenTab
from supervisor.tests.browser.driver import Watch
from supervisor.tests.browser.pages import WIDTHS_PX, Tab
from supervisor.tests.browser.shop import Shop
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


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_in_every_size_and_theme(
    sight: Shop, open_tab: OpenTab, watch: Watch, name: str
) -> None:
    """axe-core finds no violation of WCAG 2.2 A and AA; at 320 px nothing scrolls sideways."""
    if name == "not-found":
        watch.expect("404")
    tab = open_tab(sight)
    open_page(tab, name)
    found = {}
    for scheme in SCHEMES:
        tab.page.emulate_media(color_scheme=scheme)
        for width_px in WIDTHS_PX:
            tab.resize(width_px)
            take_picture(tab, name, width_px, scheme)
        for width_px in (WIDTHS_PX[0], NARROWEST_PX):
            tab.resize(width_px)
            found[scheme, width_px] = axe.violations(tab.page)
    assert {key: value for key, value in found.items() if value} == {}
    tab.resize(NARROWEST_PX)
    assert tab.overflow_px() == 0
