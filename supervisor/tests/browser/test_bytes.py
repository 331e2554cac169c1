"""Bytes that are no text, in logs: shown as U+FFFD wherever logs are shown, and nothing fails."""

import pytest
from playwright.sync_api import expect

from supervisor.tests.browser.conftest import OpenTab
from supervisor.tests.browser.shop import Opener, Shop
from supervisor.tests.support.daemon import wait_until

ODD = r"""
[program:odd]
command = /bin/sh -c 'printf "caf\351 \377\376 \303 end\n"; printf "\200broken\n" >&2;
    while read -r line; do printf "$line\n"; done'
startsecs = 0

[program:gone]
command = /bin/sh -c 'printf "last \377 word" >&2; exit 1'
startsecs = 0
autorestart = false
"""
"""Says what is no UTF-8; an octal escape that it is sent becomes a byte of its output."""

SHOWN = "caf\ufffd \ufffd\ufffd \ufffd end"
LAST = "last \ufffd word"


@pytest.fixture
def odd(start_shop: Opener) -> Shop:
    shop = start_shop(ODD)
    shop.wait_states({"odd": "RUNNING", "gone": "EXITED"})
    read = shop.rpc.supervisor
    wait_until(lambda: "broken" in read.readProcessStderrLog("odd", 0, 0), "odd has spoken")
    wait_until(lambda: "word" in read.readProcessStderrLog("gone", 0, 0), "gone has spoken")
    return shop


@pytest.mark.parametrize(
    ("path", "texts"),
    [
        ("process.html?name=odd", [SHOWN, "\ufffdbroken"]),
        ("process.html?name=odd&q=caf", [SHOWN]),
        ("process.html?name=odd&only=stdout", [SHOWN]),
        ("process.html?name=gone", [LAST]),
        ("tail.html?processname=odd", [SHOWN, "\ufffdbroken"]),
        ("ends.html?name=*", [SHOWN, "\ufffdbroken", LAST]),
        ("", [LAST]),
        ("log.html", ["odd"]),
    ],
)
def test_page_shows_what_is_no_text(
    open_tab: OpenTab, odd: Shop, path: str, texts: list[str]
) -> None:
    """A replacement character for each byte, and all the text around it."""
    tab = open_tab(odd, script=False)
    answer = tab.go(path)
    assert answer.status == 200
    shown = tab.page.content()
    for text in texts:
        assert text.replace("caf", "<mark>caf</mark>" if "q=" in path else "caf") in shown


@pytest.mark.parametrize("view", ["", "&view=merged"])
def test_live_lines_may_be_no_text(open_tab: OpenTab, odd: Shop, view: str) -> None:
    """Neither the stream nor the script is disturbed."""
    process = open_tab(odd).process("odd", view)
    pane = process.pane("merged" if view else "stdout")
    odd.say(r"live \377 \303\050 one", r"then \360\237\230\200 two", to="odd")
    expect(pane.line("live \ufffd \ufffd( one")).to_be_visible()
    expect(pane.line("then 😀 two")).to_be_visible()
    expect(process.tab.badge).to_have_text("Live")
