"""The list of processes: filter, states, order, folds; in place, or without a script by address."""

import pytest
from playwright.sync_api import expect

from supervisor.tests.browser.conftest import OpenTab
from supervisor.tests.browser.pages import Status
from supervisor.tests.browser.shop import Shop
from supervisor.tests.support.daemon import wait_until

WEB = ["web:gunicorn_00", "web:gunicorn_01", "web:gunicorn_02", "web:gunicorn_03", "web:nginx"]
SINGLE = ["colours", "echo", "invoice", "migrate", "report", "search", "tunnel", "warming"]


def wait_shown(status: Status, names: list[str]) -> None:
    """Wait until exactly these rows are to be seen, in this order."""
    wait_until(lambda: status.shown() == names, f"{names} are shown, not {status.shown()}")


def test_reader_filters_by_words(open_tab: OpenTab, sight: Shop, script: bool) -> None:
    """Words are and-ed over name, state and text; the same rows with and without a script."""
    status = open_tab(sight, script=script).status()
    assert sorted(status.shown()) == sorted(WEB + SINGLE)
    for words, names in {
        "gunicorn 02": ["web:gunicorn_02"],
        "SIGSEGV": ["report"],
        "fatal": ["search"],
        "web": WEB,
    }.items():
        status.filter.fill(words)
        status.filter.press("Enter")
        wait_shown(status, names)
        expect(status.page.locator("#none")).to_be_hidden()
    status.filter.fill("no such thing")
    status.filter.press("Enter")
    wait_shown(status, [])
    expect(status.page.locator("#none")).to_be_visible()


def test_filter_acts_while_it_is_typed_and_stays_in_the_address(
    open_tab: OpenTab, sight: Shop
) -> None:
    """Nothing is loaded while somebody types; Enter keeps the filter in the address."""
    tab = open_tab(sight)
    status = tab.status()
    tab.mark()
    status.filter.press_sequentially("nginx")
    assert status.shown() == ["web:nginx"]  # at once: nobody waits for the daemon
    status.filter.press("Enter")
    wait_until(lambda: "q=nginx" in tab.page.url, "the address has the filter")
    assert tab.is_marked()
    tab.page.reload()
    status.ready()
    wait_shown(status, ["web:nginx"])
    status.filter.press("Escape")
    wait_until(lambda: len(status.shown()) == len(WEB + SINGLE), "all are shown again")


@pytest.mark.parametrize(
    ("chip", "names"),
    [
        ("Fatal", ["search"]),
        ("Backoff", ["invoice"]),
        ("Unexpected exit", ["report"]),
        ("Exited", ["migrate"]),
        ("Stopped", ["tunnel"]),
    ],
)
def test_chip_shows_processes_of_a_state(
    open_tab: OpenTab, sight: Shop, script: bool, chip: str, names: list[str]
) -> None:
    """A chip shows its state alone and counts it; All shows all again."""
    status = open_tab(sight, script=script).status()
    expect(status.chip(chip)).to_contain_text(str(len(names)))
    status.chip(chip).click()
    if chip == "Backoff":
        wait_until(lambda: set(status.shown()) <= set(names), "only those that fail are shown")
    else:
        wait_shown(status, names)
    expect(status.chip(chip)).to_have_attribute("aria-current", "true")
    status.chip("All").click()
    wait_until(lambda: len(status.shown()) == len(WEB + SINGLE), "all are shown again")


def test_reader_sorts_by_columns(open_tab: OpenTab, sight: Shop, script: bool) -> None:
    """A column's head sorts by it, and again the other way round; screen readers are told."""
    status = open_tab(sight, script=script).status()
    heads = status.page.locator("#list thead")
    heads.get_by_text("State").click()
    expect(heads.locator("th[aria-sort=ascending]")).to_have_text("State")
    assert status.shown()[0] in ("search", "invoice")
    heads.get_by_text("Memory").click()
    expect(heads.locator("th[aria-sort=descending]")).to_have_text("Memory")
    assert set(status.shown()[:2]) <= {*WEB, "colours", "echo", "warming"}
    heads.get_by_text("Name").click()
    expect(heads.locator("th[aria-sort=ascending]")).to_have_text("Name")
    assert status.shown() == WEB + SINGLE
    heads.get_by_text("Name").click()
    expect(heads.locator("th[aria-sort=descending]")).to_have_text("Name")
    assert status.shown()[0] in ("warming", "colours")


def test_reader_folds_groups(open_tab: OpenTab, sight: Shop, script: bool) -> None:
    """A folded group hides its rows and says so; unfolded it shows them again."""
    status = open_tab(sight, script=script).status()
    fold = status.fold("web")
    expect(fold).to_have_attribute("aria-expanded", "true")
    fold.click()
    expect(fold).to_have_attribute("aria-expanded", "false")
    wait_shown(status, SINGLE)
    fold.click()
    expect(fold).to_have_attribute("aria-expanded", "true")
    wait_shown(status, WEB + SINGLE)


def test_filter_looks_into_folded_groups(open_tab: OpenTab, sight: Shop) -> None:
    """What is searched for is found, folded or not; afterwards the group is folded again."""
    status = open_tab(sight).status()
    status.fold("web").click()
    status.filter.fill("nginx")
    wait_shown(status, ["web:nginx"])
    status.filter.fill("")
    wait_shown(status, SINGLE)


def test_problems_are_told_above_the_list(open_tab: OpenTab, sight: Shop, script: bool) -> None:
    """What is wrong is said in words: state, name, reason, last line."""
    status = open_tab(sight, script=script).status()
    attention = status.attention
    expect(attention.get_by_role("heading")).to_contain_text("Needs attention")
    expect(attention).to_contain_text("search")
    expect(attention).to_contain_text("/nonexistent/opensearch")
    expect(attention).to_contain_text("Address already in use")
    expect(attention).to_contain_text("SIGSEGV")
    expect(attention).not_to_contain_text("migrate")


def test_page_reloads_by_itself_without_a_script(open_tab: OpenTab, sight: Shop) -> None:
    """``?refresh=`` asks the browser to reload; the footer offers it."""
    tab = open_tab(sight, script=False)
    status = tab.status()
    status.page.locator(".foot").get_by_text("Reload every 10 seconds").click()
    wait_until(lambda: "refresh=10" in tab.page.url, "the address asks for it")
    answer = tab.go("?refresh=2")
    assert answer.headers["refresh"] == "2"
    with tab.page.expect_navigation():
        pass


def test_theme_is_chosen_and_kept(open_tab: OpenTab, sight: Shop, script: bool) -> None:
    """The button goes through automatic, dark and light, and the browser remembers."""
    tab = open_tab(sight, script=script)
    status = tab.status()
    html = status.page.locator("html")
    status.page.locator("#theme").click()
    expect(html).to_have_attribute("data-theme", "dark")
    tab.go("events.html")
    expect(html).to_have_attribute("data-theme", "dark")
    status.page.locator("#theme").click()
    expect(html).to_have_attribute("data-theme", "light")
    status.page.locator("#theme").click()
    expect(html).not_to_have_attribute("data-theme", "light")
