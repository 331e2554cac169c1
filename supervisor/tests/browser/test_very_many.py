"""More processes than are sent at once: the rows of a folded group come when it is unfolded."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from supervisor.tests.browser.conftest import OpenTab
from supervisor.tests.browser.shop import Shop, opener
from supervisor.web.views.rows import SENT_MAX

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("many")]

PER_GROUP = 100
COUNT = 2500
ALL_ROWS_MS = 120_000.0
"""All rows are fetched then, and a busy browser takes its time for each of them."""

# One of them runs: the rest would say nothing about the page.
VERY_MANY = "".join(
    f"""
[program:fleet{group}]
command = sleep 3600
process_name = job_%(process_num)03d
numprocs = {PER_GROUP}
autostart = false
startsecs = 0
"""
    for group in range(COUNT // PER_GROUP)
)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A daemon with 2,500 processes."""
    with opener(tmp_path_factory.mktemp("fleet")) as start:
        yield start(VERY_MANY)


def test_rows_come_when_a_group_is_unfolded(open_tab: OpenTab, fleet: Shop) -> None:
    """The page is complete but for the rows of folded groups; they are live then."""
    assert COUNT > SENT_MAX
    tab = open_tab(fleet)
    status = tab.status()
    expect(status.chip("All")).to_contain_text("2,500")
    assert status.names() == []
    name = "fleet3:job_042"
    tab.mark()
    status.fold("fleet3").click()
    expect(status.row(name)).to_be_visible()
    expect(status.fold("fleet3")).to_have_attribute("aria-expanded", "true")
    assert len(status.names()) == len(status.shown()) == PER_GROUP
    fleet.rpc.supervisor.startProcess(name)
    expect(status.badge(name)).to_have_text("Running")

    status.fold("fleet3").click()
    expect(status.row(name)).to_be_hidden()
    status.fold("fleet3").click()
    expect(status.row(name)).to_be_visible()
    assert tab.is_marked()
    confirmed = status.control(name, "Stop")
    confirmed.click()
    tab.answer_yes()
    expect(tab.notice).to_contain_text(f"Stopped {name}.")


def test_rows_come_by_an_address_without_a_script(open_tab: OpenTab, fleet: Shop) -> None:
    """Unfolding is a link then, and the filter finds what no page had."""
    status = open_tab(fleet, script=False).status()
    assert status.names() == []
    status.fold("fleet1").click()
    expect(status.row("fleet1:job_099")).to_be_visible()
    assert len(status.names()) == PER_GROUP
    status.filter.fill("fleet14 job_033")
    status.filter.press("Enter")
    expect(status.row("fleet14:job_033")).to_be_visible()
    assert status.shown() == ["fleet14:job_033"]


def test_filter_finds_what_the_page_was_sent_without(open_tab: OpenTab, fleet: Shop) -> None:
    """The filter asks for the rows that it has to look at."""
    status = open_tab(fleet).status()
    status.filter.fill("fleet7 job_007")
    expect(status.row("fleet7:job_007")).to_be_visible(timeout=ALL_ROWS_MS)
    assert status.shown() == ["fleet7:job_007"]
