"""One Chromium for each worker, a fresh profile for each test, and an eye on what a page does.

The rule of this module: whatever a page does that no page may do (break the policy of contents,
fail in a script, ask another server, open a dialog of the browser) is written down by `Watch`,
whichever test made it.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Error,
    Page,
    Playwright,
    Request,
    expect,
)

DEADLINE_MS = 20_000.0
"""How long a condition may take to become true; the machine may be busy with other tests."""

NEEDED = "chromium-headless-shell"
"""The browser without its windows: the same engine for a quarter of the work."""

SEARCH_PATH = os.environ.get("PATH", "") + ":/usr/bin:/usr/local/bin"

# The daemon is on this machine: nothing of what browsers do by themselves is of use here.
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
)

_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", e => console.error(
  "policy violated: " + e.effectiveDirective + " " + e.blockedURI + " " + e.sourceFile));
"""

expect.set_options(timeout=DEADLINE_MS)


def require_chromium() -> str:
    """Path of the browser; skips without it, or fails where it must be there."""
    path = shutil.which(NEEDED, path=SEARCH_PATH)
    if path is not None:
        return path
    reason = f"{NEEDED} is not installed; run: tools/system-packages requirements/debian.txt"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def launch(playwright: Playwright) -> Browser:
    """A headless browser that reaches nothing but this machine."""
    return playwright.chromium.launch(executable_path=require_chromium(), args=list(ARGUMENTS))


class Watch:
    """What the pages of one test did that they may not do."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.requests: list[str] = []
        self._origins: set[str] = set()
        self._expected: list[str] = []

    def allow(self, origin: str) -> None:
        """Requests to that origin are the test's own."""
        self._origins.add(origin)

    def expect(self, text: str) -> None:
        """Faults that contain `text` are what the test is about."""
        self._expected.append(text)

    def look_at(self, page: Page) -> None:
        """Write down what happens in a page from now on."""
        page.on("console", self._console)
        page.on("pageerror", self._error)
        page.on("request", self._request)
        page.on("dialog", self._dialog)

    def unexpected(self) -> list[str]:
        """The faults that the test did not announce."""
        return [each for each in self.faults if not any(e in each for e in self._expected)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _error(self, error: Error) -> None:
        self.faults.append(f"script failed: {error}")

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)
        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" not in self._origins:
            self.faults.append(f"request to elsewhere: {request.url}")

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@contextmanager
def profile(browser: Browser, watch: Watch, **options: Any) -> Iterator[BrowserContext]:
    """A fresh profile: no cookies, nothing stored; each of its pages is watched."""
    context = browser.new_context(locale="en-GB", timezone_id="UTC", **options)
    context.set_default_timeout(DEADLINE_MS)
    context.add_init_script(_TELL_VIOLATIONS)
    context.on("page", watch.look_at)
    try:
        yield context
    finally:
        context.close()
