"""Pages as those see them who run no scripts: they pass the checks for accessibility, too.

The checker is a script itself and waits for timers. So the browser may run scripts here, but gets
an empty one in place of ours, the only one that pages have: the page stays what was sent.
"""

import pytest
from playwright.sync_api import Page, Route

from supervisor.tests.browser import axe
from supervisor.tests.browser.conftest import OpenTab
from supervisor.tests.browser.driver import Watch
from supervisor.tests.browser.pages import WIDTHS_PX
from supervisor.tests.browser.shop import Shop
from supervisor.tests.browser.test_looks import NARROWEST_PX, PAGES, SCHEMES


def withhold_script(page: Page) -> list[str]:
    """Give the page an empty script; returns what it has asked for, as it does."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body="", content_type="text/javascript")

    page.route("**/*.js*", answer)
    return asked


@pytest.mark.timeout(180)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", PAGES)
def test_page_without_a_script_has_no_violation(
    sight: Shop, open_tab: OpenTab, watch: Watch, name: str, scheme: str
) -> None:
    """axe-core finds no violation of WCAG 2.2 A and AA in what was sent."""
    if name == "not-found":
        watch.expect("404")
    tab = open_tab(sight, color_scheme=scheme)
    asked = withhold_script(tab.page)
    tab.go(PAGES[name])
    assert len(asked) == tab.page.locator("script").count() == 1
    assert not tab.has_script
    found = []
    for width_px in (WIDTHS_PX[0], NARROWEST_PX):
        tab.resize(width_px)
        found += [f"{width_px} px: {each}" for each in axe.violations(tab.page)]
        assert tab.overflow_px() == 0
    assert found == []
