"""Fixtures of the browser tests: a browser per worker, a profile and a daemon per test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from supervisor.tests.browser import driver
from supervisor.tests.browser.pages import Tab
from supervisor.tests.browser.shop import (
    COLOURS,
    ECHO,
    EVERY_STATE,
    EVERY_STATE_REACHED,
    Opener,
    Shop,
    opener,
)

OpenTab = Callable[..., Tab]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser of this worker."""
    driver.require_chromium()
    with sync_playwright() as playwright:
        found = driver.launch(playwright)
        yield found
        found.close()


@pytest.fixture
def watch() -> Iterator[driver.Watch]:
    """What the pages of this test did that they may not do: nothing, in the end."""
    seen = driver.Watch()
    yield seen
    assert seen.unexpected() == []


@pytest.fixture
def open_profile(browser: Browser, watch: driver.Watch) -> Iterator[Callable[..., BrowserContext]]:
    """A function that opens a fresh profile; its arguments are the browser's options."""
    with ExitStack() as stack:

        def start(**options: Any) -> BrowserContext:
            return stack.enter_context(driver.profile(browser, watch, **options))

        yield start


@pytest.fixture
def start_shop(tmp_path: Path) -> Iterator[Opener]:
    """A function that starts a daemon: start_shop(config, server); it ends with the test."""
    with opener(tmp_path) as start:
        yield start


@pytest.fixture
def open_tab(
    start_shop: Opener, open_profile: Callable[..., BrowserContext], watch: driver.Watch
) -> OpenTab:
    """A function that opens a tab of a fresh profile for a daemon: open_tab(shop, script=False).

    It needs `start_shop` so that tabs are closed before the daemons that they show are ended.
    """

    def start(shop: Shop, *, script: bool = True, **options: Any) -> Tab:
        watch.allow(shop.origin)
        context = open_profile(java_script_enabled=script, **options)
        return Tab(context.new_page(), shop)

    return start


@pytest.fixture
def shop(start_shop: Opener) -> Shop:
    """A daemon to act on."""
    return start_shop()


@pytest.fixture(scope="session")
def sight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A daemon to look at, with a process in every state: tests leave it as it is."""
    with opener(tmp_path_factory.mktemp("sight")) as start:
        found = start(EVERY_STATE + ECHO + COLOURS)
        found.wait_states(EVERY_STATE_REACHED)
        found.say(*(f"request {number} took 12 ms" for number in range(60)))
        found.say("!connection reset by peer")
        yield found


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def script(request: pytest.FixtureRequest) -> bool:
    """Whether the browser runs scripts: the test is for both."""
    return bool(request.param)
