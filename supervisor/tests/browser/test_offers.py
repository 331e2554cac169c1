"""Everything that pages offer to do is done by a test in a browser; nothing is offered unnoticed.

What forms and buttons a page has is read from its HTML, in every state of daemon, person and
processes that offers something else. Each of them is listed here with the test that presses it.
"""

import re
from functools import partial
from importlib import import_module

import psutil
import pytest
from playwright.sync_api import expect

from supervisor.tests.browser.conftest import OpenTab
from supervisor.tests.browser.driver import Watch
from supervisor.tests.browser.shop import ECHO, EVERY_STATE, Opener, Shop
from supervisor.tests.browser.test_sign_in import sign_in
from supervisor.tests.support.daemon import wait_until
from supervisor.web.views.process import SIGNALS

PACKAGE = "supervisor.tests.browser"
ONE = "test_actions:test_reader_does_every_action_to_a_process_of_the_list"
ON_PAGE = "test_actions:test_reader_does_every_action_on_the_page_of_a_process"
GROUP = "test_actions:test_reader_does_every_action_to_a_group"
ALL = "test_actions:test_reader_does_every_action_to_all_processes"
COME_AND_GO = "test_sign_in:test_stranger_is_asked_and_led_where_he_wanted_to_go"
OFFERED = {
    "status: act start process": ONE,
    "status: act start group": GROUP,
    "status: act start all": ALL,
    "status: act accept all": "test_offers:test_reader_accepts_what_the_system_refuses",
    "process: act start process": ON_PAGE,
    "process: signal": "test_offers:test_reader_sends_each_signal",
    "process: stdin": "test_actions:test_reader_sends_lines_and_signals",
    "confirm: act stop process": ONE,
    "confirm: act stop group": GROUP,
    "confirm: act stop all": ALL,
    "confirm: act restart process": ON_PAGE,
    "confirm: act restart group": GROUP,
    "confirm: act restart all": ALL,
    "confirm: act clear process": ON_PAGE,
    "confirm: act clear group": GROUP,
    "confirm: act clear all": ALL,
    "clearlog: clearlog": "test_actions:test_reader_clears_the_main_log",
    "every page: theme": "test_list:test_theme_is_chosen_and_kept",
    "every page: logout": COME_AND_GO,
    "sign-in: sign-in": COME_AND_GO,
}
"""Page, what is sent to, what is asked for and of whom -> the test that does it."""

ADMIN = """
[user:anna]
password = secret-of-anna
roles = admin
"""

TRAPPER = f"""
[program:trapper]
command = /bin/sh -c 'for name in {" ".join(n for n in SIGNALS if n not in ("KILL", "STOP"))}; do
    trap "echo got $name" $name; done; echo ready; while :; do sleep 0.05; done'
startsecs = 0
autorestart = false
"""
"""Says the name of each signal that it gets."""

_BUTTONS = """[...document.querySelectorAll("button")]
  .filter(b => b.type === "submit" && b.form && b.form.method === "post")
  .map(b => [new URL(b.form.action).pathname.slice(1), b.name, b.value])"""
_LINKS = """[...document.querySelectorAll("a[href]")].map(a => new URL(a.href))
  .filter(u => u.origin === location.origin).map(u => u.pathname.slice(1) + u.search)"""

# Neither pages nor links to what a page already is, shown in another order.
_ELSEWHERE = re.compile(
    r"(download|logtail/|mainlogtail|api/|metrics|\?|index\.html|events\.html\?|.*&)"
)


def kind_of(value: str) -> str:
    """Whom an action is about."""
    return "all" if value == "*" else "group" if value.endswith(":*") else "process"


def offers(page: str, buttons: list[list[str]]) -> set[str]:
    """The buttons of a page as `OFFERED` names them."""
    found = set()
    for path, name, value in buttons:
        if path in ("theme", "logout"):
            found.add(f"every page: {path}")
        elif path == "act":
            found.add(f"{page}: act {name} {kind_of(value)}")
        else:
            found.add(f"{page}: {path}")
    return found


def make_trouble(shop: Shop, name: str) -> None:
    """Let the system refuse to clear a log."""
    log = shop.directory / str(shop.info(name)["stdout_logfile"])
    log.unlink()
    log.mkdir()
    shop.ctl("clear", name)
    shop.wait_log("supervision goes on, in the state FATAL")


def is_suspended(pid: int) -> bool:
    """Whether a process was stopped by a signal."""
    return psutil.Process(pid).status() == psutil.STATUS_STOPPED


def test_every_offer_of_every_page_has_its_test(
    open_tab: OpenTab, start_shop: Opener, watch: Watch
) -> None:
    """All pages that links lead to, for somebody who may do everything."""
    watch.expect("401")
    shop = start_shop(EVERY_STATE + ECHO + ADMIN)
    shop.wait_state("search", "FATAL")
    make_trouble(shop, "echo")
    tab = open_tab(shop, script=False)
    tab.go()
    found = offers("sign-in", tab.page.evaluate(_BUTTONS)) - {"every page: theme"}
    sign_in(tab, "anna")
    expect(tab.page.locator("#list")).to_be_visible()
    ahead, seen = [""], set()
    while ahead:
        path = ahead.pop()
        if path in seen or (path and _ELSEWHERE.match(path)):
            continue
        seen.add(path)
        tab.page.goto(shop.url(path))
        name = path.partition("?")[0].removesuffix(".html") or "status"
        found |= offers(name, tab.page.evaluate(_BUTTONS))
        ahead += tab.page.evaluate(_LINKS)
    assert {"log.html", "events.html", "process.html?name=echo"} <= seen
    assert found == OFFERED.keys()


@pytest.mark.parametrize("test", sorted(set(OFFERED.values())))
def test_test_of_an_offer_is_there(test: str) -> None:
    """The list names tests that are run."""
    module, _, name = test.partition(":")
    assert callable(getattr(import_module(f"{PACKAGE}.{module}"), name))


def test_reader_sends_each_signal(open_tab: OpenTab, start_shop: Opener) -> None:
    """Every signal that is offered reaches the process, and the page says which one was sent."""
    shop = start_shop(TRAPPER)
    tab = open_tab(shop, script=False)
    process = tab.process("trapper")
    choices = tab.page.get_by_role("combobox", name="Signal").locator("option")
    assert tuple(choices.all_text_contents()) == SIGNALS

    def said(text: str) -> bool:
        return text in str(shop.rpc.supervisor.readProcessStdoutLog("trapper", 0, 0))

    wait_until(lambda: said("ready"), "the program is ready for signals")
    for name in sorted(SIGNALS, key=("KILL", "STOP").__contains__):
        process.send_signal(name)
        expect(tab.notice).to_contain_text(f"Sent {name} to trapper.")
        if name == "STOP":
            wait_until(partial(is_suspended, shop.pid_of("trapper")), "it is suspended")
        elif name == "KILL":
            shop.wait_state("trapper", "EXITED")
            shop.rpc.supervisor.startProcess("trapper")
        else:
            wait_until(partial(said, f"got {name}\n"), f"it has said {name}")


def test_reader_accepts_what_the_system_refuses(
    open_tab: OpenTab, shop: Shop, script: bool
) -> None:
    """The page tells what is wrong; a button accepts it, and the daemon is RUNNING again."""
    make_trouble(shop, "echo")
    tab = open_tab(shop, script=script)
    tab.status()
    trouble = tab.page.get_by_role("region", name="The system refuses the daemon something")
    expect(trouble).to_contain_text("Cannot clear ")
    trouble.get_by_role("button", name="Accept it").click()
    expect(tab.notice).to_contain_text("Accepted.")
    expect(trouble).to_have_count(0)
    assert shop.rpc.supervisor.getState() == {"statecode": 1, "statename": "RUNNING"}
