"""A thousand processes: the page stays usable."""

import os
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from supervisor.tests.browser.conftest import OpenTab
from supervisor.tests.browser.pages import Status, Tab
from supervisor.tests.browser.shop import Shop, opener

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("many")]

GROUPS, PER_GROUP = 20, 50
COUNT = GROUPS * PER_GROUP

# Most are not started: a thousand children say nothing about the page.
MANY = "".join(
    f"""
[program:fleet{group:02d}]
command = sleep 3600
process_name = job_%(process_num)03d
numprocs = {PER_GROUP}
autostart = {"true" if group == 0 else "false"}
startsecs = 0
"""
    for group in range(GROUPS)
)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A daemon with a thousand processes."""
    with opener(tmp_path_factory.mktemp("fleet")) as start:
        found = start(MANY)
        found.wait_state(f"fleet00:job_{PER_GROUP - 1:03d}", "RUNNING")
        yield found


@pytest.fixture
def status(open_tab: OpenTab, fleet: Shop) -> Status:
    """Its status page."""
    return open_tab(fleet).status()


def test_all_processes_are_on_the_page(status: Status) -> None:
    """All rows are there; groups without a problem begin folded."""
    assert len(status.names()) == COUNT
    expect(status.chip("All")).to_contain_text("1,000")
    expect(status.fold("fleet05")).to_have_attribute("aria-expanded", "false")


def test_filter_finds_one_of_a_thousand(status: Status) -> None:
    """The filter answers while somebody types, in folded groups, too."""
    status.filter.press_sequentially("fleet07 job_033")
    expect(status.row("fleet07:job_033")).to_be_visible()
    assert status.shown() == ["fleet07:job_033"]


def test_one_of_a_thousand_is_started_and_changes_live(
    open_tab: OpenTab, fleet: Shop, status: Status
) -> None:
    """An action, and then what happens to the process by itself, are seen on its row."""
    name = "fleet09:job_012"
    status.filter.fill(name)
    status.control(name, "Start").click()
    expect(status.tab.notice).to_contain_text(f"Started {name}")
    status.ready()
    status.filter.fill(name)
    expect(status.badge(name)).to_have_text("Running")
    before = fleet.pid_of(name)
    os.kill(before, signal.SIGKILL)
    after = fleet.wait_pid_change(name, before)
    expect(status.cell(name, "pid")).to_have_text(str(after))
    fleet.rpc.supervisor.stopProcess(name)


def test_many_change_at_once(fleet: Shop, status: Status) -> None:
    """A group of fifty that starts and stops is seen whole, on every row."""
    status.tab.mark()
    status.fold("fleet01").click()
    fleet.rpc.supervisor.startProcessGroup("fleet01")
    running = status.page.locator("#r-fleet01 .b.RUNNING")
    expect(running).to_have_count(PER_GROUP)
    fleet.rpc.supervisor.stopProcessGroup("fleet01")
    expect(running).to_have_count(0)
    assert status.tab.is_marked()


def test_page_of_a_thousand_is_complete_without_a_script(open_tab: OpenTab, fleet: Shop) -> None:
    """Without a script the same rows are there, and filtered by the server."""
    tab: Tab = open_tab(fleet, script=False)
    status = tab.status()
    assert len(status.names()) == COUNT
    status.filter.fill("fleet07 job_033")
    status.filter.press("Enter")
    expect(status.row("fleet07:job_033")).to_be_visible()
    assert status.shown() == ["fleet07:job_033"]
    tab.go("?state=RUNNING")
    expect(status.row("fleet00:job_000")).to_be_visible()
