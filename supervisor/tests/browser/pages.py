"""The pages as their readers see them: rows, dialogs, log panes, and how to get there.

The rule of this module: it finds things by what people and screen readers find them by (roles,
names, words), and by the ids and data that the script relies on; never by looks.
"""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, Response, expect

from supervisor.tests.browser.shop import Shop
from supervisor.tests.support.daemon import wait_until

WIDTHS_PX = (1440, 768, 390)
HEIGHT_PX = 900


class Tab:
    """One tab of the browser that shows the pages of one daemon."""

    def __init__(self, page: Page, shop: Shop) -> None:
        self.page = page
        self.shop = shop

    # ------------------------------------------------------------------ getting there

    def go(self, path: str = "") -> Response:
        """Open a page; the answer to the request."""
        answer = self.page.goto(self.shop.url(path))
        assert answer is not None, f"{path} is where the tab already was"
        return answer

    def status(self, query: str = "") -> "Status":
        """The status page; with scripting as soon as it is live."""
        self.go(f"?{query}" if query else "")
        return Status(self).ready()

    def process(self, name: str, query: str = "") -> "Process":
        """The page of a process; with scripting as soon as it is live."""
        self.go(f"process.html?name={name.replace(':', '%3A')}{query}")
        return Process(self, name).ready()

    def resize(self, width_px: int, height_px: int = HEIGHT_PX) -> None:
        """Make the window another size."""
        self.page.set_viewport_size({"width": width_px, "height": height_px})

    @property
    def has_script(self) -> bool:
        """Whether the browser runs the page's script."""
        return self.page.locator("html.live").count() > 0

    # ------------------------------------------------------------------ on every page

    @property
    def badge(self) -> Locator:
        """The words that say whether the page is live."""
        return self.page.locator("#live")

    @property
    def notice(self) -> Locator:
        """The words that say what became of the last action."""
        return self.page.locator("#notice")

    @property
    def heading(self) -> Locator:
        """The heading of the page."""
        return self.page.locator("main h1").first

    @property
    def question(self) -> Locator:
        """The confirmation that is asked for: in a dialog, or on a page of its own."""
        return self.page.locator("form#ask")

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for what the browser tells: it is only heard while something is asked of it."""

        def heard() -> bool:
            self.page.title()
            return bool(condition())

        wait_until(heard, what)

    def wait_live(self) -> None:
        """Wait until the page's stream is open."""
        expect(self.badge).to_have_text("Live")

    def answer_yes(self) -> None:
        """Do what the question asks."""
        self.question.locator("button.risk").click()

    def answer_no(self) -> None:
        """Do not."""
        self.question.locator("[data-no]").click()

    def focused(self) -> str:
        """The accessible name of what has the focus, else its words."""
        name = self.page.evaluate(
            "(e => e.getAttribute('aria-label') || e.title || e.textContent.trim())"
            "(document.activeElement)"
        )
        return str(name)

    def mark(self) -> None:
        """Put a mark on the document: it is gone after a reload."""
        self.page.locator("html").evaluate("e => e.setAttribute('data-marked', '')")

    def is_marked(self) -> bool:
        """Whether the document is the one that was marked."""
        return self.page.locator("html[data-marked]").count() > 0

    def wait_unmarked(self) -> None:
        """Wait until the page was loaded again."""
        expect(self.page.locator("html[data-marked]")).to_have_count(0)

    def overflow_px(self) -> int:
        """How much wider than the window the page is."""
        return int(
            self.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )


class _Live:
    """What the pages have in common that change while somebody looks."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.page = tab.page


class Status(_Live):
    """The status page."""

    def ready(self) -> "Status":
        """Itself, as soon as it shows something and, with scripting, is live."""
        expect(self.page.locator("#list, #empty")).to_be_visible()
        if self.tab.has_script:
            self.tab.wait_live()
        return self

    def row(self, name: str) -> Locator:
        """The row of a process."""
        return self.page.locator(f'tr[data-n="{name}"]')

    def badge(self, name: str) -> Locator:
        """The state of a process in words."""
        return self.row(name).locator(".b")

    def cell(self, name: str, column: str) -> Locator:
        """One figure of a process: pid, up, re, cpu, mem, de."""
        return self.row(name).locator(f"td.{column}")

    def control(self, name: str, verb: str) -> Locator:
        """The button or link of a row: Start, Restart, Stop, Clear the logs of, Logs of."""
        return self.row(name).get_by_label(f"{verb} {name}", exact=True)

    def group_control(self, group: str, verb: str) -> Locator:
        """The button or link of a group: Start all in, Clear the logs of all in…"""
        return self.page.locator("tbody.g").get_by_label(f"{verb} {group}", exact=True)

    def fold(self, group: str) -> Locator:
        """The heading of a group that folds it."""
        return self.page.locator(f'tbody.g a.fold[title="{group}"]')

    def chip(self, words: str) -> Locator:
        """A chip that filters by state."""
        return self.page.locator("#chips a.chip", has_text=re.compile(rf"^{words}\b"))

    @property
    def attention(self) -> Locator:
        """What needs attention."""
        return self.page.locator("#attention")

    @property
    def filter(self) -> Locator:
        """The field to filter by words."""
        return self.page.get_by_label("Filter by name or text")

    def shown(self) -> list[str]:
        """Names of the processes whose rows are to be seen, in order."""
        return list(
            self.page.evaluate(
                "[...document.querySelectorAll('#list tr[data-n]')]"
                ".filter(r => r.getClientRects().length).map(r => r.dataset.n)"
            )
        )

    def names(self) -> list[str]:
        """Names of all processes on the page, in order."""
        return list(
            self.page.evaluate(
                "[...document.querySelectorAll('#list tr[data-n]')].map(r => r.dataset.n)"
            )
        )


class Process(_Live):
    """The page of one process."""

    def __init__(self, tab: Tab, name: str) -> None:
        super().__init__(tab)
        self.name = name

    def ready(self) -> "Process":
        """Itself, as soon as it shows something and, with scripting, is live."""
        expect(self.page.locator("#head")).to_be_visible()
        if self.tab.has_script:
            self.tab.wait_live()
        return self

    @property
    def badge(self) -> Locator:
        """The state in words."""
        return self.page.locator("#head .b")

    def fact(self, name: str) -> Locator:
        """One of the facts: PID, Uptime…"""
        return self.page.locator("#facts div", has=self.page.get_by_text(name, exact=True)).locator(
            "dd"
        )

    def control(self, verb: str) -> Locator:
        """The button or link below the name: Start, Restart, Stop, Clear…"""
        return self.page.locator("#head .acts").get_by_text(verb, exact=True)

    def pane(self, stream: str = "stdout") -> "Pane":
        """One of the logs."""
        return Pane(self.page, stream)

    def send_signal(self, name: str) -> None:
        """Use the form that sends a signal."""
        self.page.get_by_role("combobox", name="Signal").select_option(name)
        self.page.get_by_role("button", name="Send signal").click()

    def send_line(self, text: str) -> None:
        """Use the form that sends a line to stdin."""
        self.page.get_by_label("A line to stdin").fill(text)
        self.page.get_by_role("button", name="Send line").click()


class Pane:
    """A log on a page: ``stdout``, ``stderr``, ``merged`` or ``main``."""

    def __init__(self, page: Page, stream: str) -> None:
        self.page = page
        self.stream = stream
        self.box = page.locator(f"#pane-{stream}")
        self.log = page.locator(f"#log-{stream}")

    def button(self, what: str) -> Locator:
        """A button of its bar: Follow, Wrap."""
        return self.box.get_by_role("button", name=what, exact=True)

    @property
    def lines(self) -> Locator:
        """Its lines, marks of starts and ends among them."""
        return self.log.locator("li")

    @property
    def jump(self) -> Locator:
        """The button that counts what came meanwhile."""
        return self.log.locator("button.jump")

    @property
    def search(self) -> Locator:
        """The field to search in it."""
        return self.box.get_by_role("searchbox")

    @property
    def hits(self) -> Locator:
        """How many hits there are, in words."""
        return self.box.locator(".hits")

    def line(self, text: str) -> Locator:
        """The lines with that text."""
        return self.log.locator("li", has_text=text)

    def scroll_top(self) -> float:
        """How far it is scrolled, in px."""
        return float(self.log.evaluate("e => e.scrollTop"))

    def distance_from_end(self) -> float:
        """How far its last line is below what is seen, in px."""
        return float(self.log.evaluate("e => e.scrollHeight - e.scrollTop - e.clientHeight"))

    def scroll_by_wheel(self, by_px: int) -> None:
        """Turn the wheel of the mouse over it."""
        self.log.hover()
        self.page.mouse.wheel(0, by_px)
