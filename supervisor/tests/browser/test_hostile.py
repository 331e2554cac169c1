"""What is hostile stays harmless: names and logs execute nothing, foreign pages do nothing.

Every test here has a watch on its tabs: a dialog, a script that fails, a request to elsewhere or a
violation of the policy of contents fails it (see `driver.Watch`).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from supervisor.tests.browser.conftest import OpenTab
from supervisor.tests.browser.driver import ARGUMENTS, Watch, profile, require_chromium
from supervisor.tests.browser.pages import Pane, Tab
from supervisor.tests.browser.shop import ECHO, Opener, Shop

pytestmark = pytest.mark.timeout(120)

ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>"
QUOTES = "\"'><svg/onload=alert(3)>"
ENTITY = "&lt;b&gt;&#60;i&#62; &amp;amp;"
NAME = "a'\"><b>&lt;"
"""A name that a configuration may have: no blank, no colon, no slash."""

HOSTILE = f"""
[program:{NAME}]
command = /bin/sh -c 'echo "{ATTACK}" >&2; exit 4'
environment = X="{ATTACK}"
startsecs = 0
autorestart = false
"""

PATHS = ("", "process.html?name=echo", "process.html?name=echo&view=merged", "log.html")
PATHS += ("events.html", "confirm.html?stop=*", "confirm.html?restart=echo", "nowhere.html")
PATHS += ("tail.html?processname=echo", "clearlog", "sign-in")


def is_unharmed(tab: Tab) -> None:
    """Nothing of an attack became an element."""
    for selector in ("main img", "main script", "main b b", "main i", "main svg[onload]"):
        assert tab.page.locator(selector).count() == 0, selector


def test_names_of_programs_are_text(open_tab: OpenTab, start_shop: Opener, script: bool) -> None:
    """A name with markup in it is shown as it is, on every page that shows it."""
    shop = start_shop(HOSTILE + ECHO)
    shop.wait_state(NAME, "EXITED")
    tab = open_tab(shop, script=script)
    status = tab.status()
    link = status.page.locator("#list .nm a", has_text=NAME)
    expect(link).to_have_text(NAME)
    expect(link).to_have_attribute("title", NAME)
    expect(status.attention).to_contain_text(ATTACK)
    is_unharmed(tab)
    link.click()
    expect(tab.heading).to_contain_text(NAME)
    expect(Pane(tab.page, "stderr").lines.first).to_have_text(ATTACK)
    is_unharmed(tab)
    tab.page.locator("#head .acts").get_by_text("Start").click()
    expect(tab.notice).to_contain_text(f"Started {NAME}")
    for path in (f"confirm.html?clear={quote(NAME)}", "log.html", "events.html"):
        tab.go(path)
        expect(tab.heading).to_be_visible()
        is_unharmed(tab)


def test_log_lines_are_text_when_they_come_live(open_tab: OpenTab, shop: Shop) -> None:
    """Markup, quotes and what looks like an entity are shown as they were written."""
    tab = open_tab(shop)
    process = tab.process("echo")
    for line in (ATTACK, QUOTES, ENTITY, "]]><!-- \u2028 \x7f end"):
        shop.say(line, f"!{line}")
        expect(process.pane().lines.last).to_contain_text(line.split()[-1])
        expect(process.pane("stderr").lines.last).to_contain_text(line.split()[-1])
    expect(process.pane().line("onerror")).to_have_text(ATTACK)
    expect(process.pane().line("&lt;b")).to_have_text(ENTITY)
    is_unharmed(tab)
    tab.page.reload()
    expect(process.pane().line("onerror")).to_have_text(ATTACK)
    expect(process.pane().line("&lt;b")).to_have_text(ENTITY)
    is_unharmed(tab)


def test_addresses_put_nothing_into_pages(open_tab: OpenTab, sight: Shop, watch: Watch) -> None:
    """What an address says is shown as text, or not at all."""
    watch.expect("404")
    watch.expect("400")
    tab = open_tab(sight)
    bad = quote(f"{QUOTES}{ATTACK}")
    for path in (
        f"?q={bad}&state={bad}&sort={bad}&fold={bad}&message={bad}&refresh={bad}",
        f"process.html?name={bad}",
        f"process.html?name=echo&q={bad}&before={bad}&stream={bad}&view={bad}",
        f"events.html?q={bad}&topic={bad}",
        f"confirm.html?stop={bad}&back={bad}",
        f"index.html?action={bad}&processname={bad}",
        f"tail.html?processname={bad}",
        f"{bad}.html",
    ):
        tab.go(path)
        expect(tab.heading).to_be_visible()
        is_unharmed(tab)
        assert tab.page.locator(".note").count() == 0, "a message that nobody signed was shown"


def test_no_page_asks_elsewhere_or_breaks_the_policy(
    open_tab: OpenTab, sight: Shop, watch: Watch
) -> None:
    """All that a page needs comes from the daemon, and every page says so in its policy."""
    watch.expect("404")
    tab = open_tab(sight)
    for path in PATHS:
        headers = tab.go(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in policy
        if tab.badge.count():
            tab.wait_live()
    assert {url.split("/")[2] for url in watch.requests} == {f"127.0.0.1:{sight.port}"}


def test_watch_sees_what_it_is_there_for(open_tab: OpenTab, sight: Shop, watch: Watch) -> None:
    """An injected script is stopped by the policy, and the tests would tell it."""
    tab = open_tab(sight)
    tab.status()
    tab.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'),"
        " {textContent: 'alert(1)'}))"
    )
    tab.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<b style=\"color:red\">')")
    tab.page.evaluate("new Image().src = 'http://127.0.0.1:9/x.png'")
    watch.expect("")
    for wanted in ("script-src-elem inline", "style-src-attr inline", "img-src http://127.0.0.1:9"):
        tab.wait_until(
            lambda wanted=wanted: any(f"violated: {wanted}" in each for each in watch.faults),
            f"a violation of {wanted} was seen",
        )


# -- foreign pages


class ForeignPages(ThreadingHTTPServer):
    """Another site, on another port: it serves one page."""

    daemon_threads = True

    def __init__(self, page: str) -> None:
        self.page = page
        super().__init__(("127.0.0.1", 0), _ForeignHandler)

    @property
    def url(self) -> str:
        """Where the page is; another host by name, too."""
        return f"http://localhost:{self.server_port}/"


class _ForeignHandler(BaseHTTPRequestHandler):
    server: ForeignPages

    def do_GET(self) -> None:
        body = self.server.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing to tell."""


@contextmanager
def foreign(page: str) -> Iterator[str]:
    """The address of a page of another site."""
    with ForeignPages(page) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


def act_from_abroad(tab: Tab, watch: Watch, page: str) -> None:
    """Open a page of another site whose elements with ids were pressed, loaded or sent."""
    watch.expect("")
    with foreign(page) as url:
        tab.page.goto(url)
        for button in tab.page.locator("button").all():
            button.click()
        tab.page.wait_for_load_state("load")


ATTACKS = {
    "form": '<form method="post" action="{url}act"><input name="stop" value="sleeper">'
    '<input name="token" value="guess"><button>Win</button></form>',
    "plain-text form": '<form method="post" enctype="text/plain" action="{url}RPC2">'
    '<input name=\'<?xml version="1.0"?><methodCall><methodName>supervisor.stopProcess'
    "</methodName><params><param><value><string>sleeper</string></value></param></params>"
    "</methodCall><!--' value='-->'><button>Win</button></form>",
    "api form": '<form method="post" enctype="text/plain"'
    ' action="{url}api/v1/processes/sleeper/stop"><button>Win</button></form>',
    "image": '<img src="{url}index.html?action=stop&amp;processname=sleeper">'
    '<img src="{url}index.html?action=stopall">',
    "frame": '<iframe src="{url}index.html?action=stop&amp;processname=sleeper"></iframe>',
    "link": '<form action="{url}index.html"><input name="action" value="stop">'
    '<input name="processname" value="sleeper"><button>Win</button></form>',
    "stylesheet and script": '<link rel="stylesheet" href="{url}index.html?action=stopall">'
    '<script src="{url}index.html?action=stopall"></script>'
    '<link rel="prefetch" href="{url}index.html?action=stopall">',
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_foreign_page_cannot_act(open_tab: OpenTab, shop: Shop, watch: Watch, attack: str) -> None:
    """Forms, images, frames, links and prefetches of another site change nothing."""
    tab = open_tab(shop)
    tab.status()
    pid = shop.pid_of("sleeper")
    act_from_abroad(tab, watch, ATTACKS[attack].replace("{url}", shop.url()))
    tab.wait_until(lambda: sum(shop.origin in url for url in watch.requests) > 2, "it was tried")
    assert shop.pid_of("sleeper") == pid
    assert shop.statename("worker:worker_00") == "RUNNING"


def test_foreign_script_can_neither_act_nor_read(
    open_tab: OpenTab, shop: Shop, watch: Watch
) -> None:
    """A script of another site gets nothing to read by fetch, and does nothing."""
    watch.expect("")
    tab = open_tab(shop)
    pid = shop.pid_of("sleeper")
    with foreign("<title>Other</title>") as url:
        tab.page.goto(url)
        for method, path, mode in (
            ("GET", "api/v1/processes", "cors"),
            ("POST", "api/v1/processes/sleeper/stop", "cors"),
            ("POST", "api/v1/processes/sleeper/stop", "no-cors"),
            ("POST", "act", "no-cors"),
            ("POST", "RPC2", "no-cors"),
            ("GET", "index.html?action=stopall", "no-cors"),
            ("GET", "events", "cors"),
            ("GET", "live?page=status", "cors"),
        ):
            read = tab.page.evaluate(
                """([url, method, mode]) => fetch(url, {method, mode, credentials: "include",
                    body: method === "POST" ? "stop=sleeper" : undefined})
                    .then(a => a.text()).catch(() => "")""",
                [shop.url(path), method, mode],
            )
            assert read == "", path
    assert shop.pid_of("sleeper") == pid


def test_name_of_another_site_that_leads_here_shows_nothing(
    browser: Browser, shop: Shop, watch: Watch
) -> None:
    """A hostile name that is made to lead here (DNS rebinding) gets no page to read."""
    watch.expect("")
    rules = f"MAP rebound.example 127.0.0.1:{shop.port}"
    other = browser.browser_type.launch(
        executable_path=require_chromium(), args=[*ARGUMENTS, f"--host-resolver-rules={rules}"]
    )
    try:
        with profile(other, watch) as context:
            page = context.new_page()
            answer = page.goto("http://rebound.example/")
            assert answer is not None
            assert answer.status == 421
            expect(page.locator("body")).to_contain_text("allowed_hosts")
            expect(page.locator("body")).not_to_contain_text("sleeper")
    finally:
        other.close()


def test_form_of_an_older_daemon_is_not_believed(
    open_tab: OpenTab, shop: Shop, watch: Watch
) -> None:
    """A form with another token is refused in words, and says that nothing was done."""
    watch.expect("403")
    tab = open_tab(shop, script=False)
    status = tab.status()
    status.page.locator("input[name=token]").evaluate_all("all => all.forEach(e => e.value = 'x')")
    status.control("resting", "Start").click()
    expect(tab.heading).to_contain_text("This form cannot be believed")
    assert shop.statename("resting") == "STOPPED"
