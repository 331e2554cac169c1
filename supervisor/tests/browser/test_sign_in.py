"""Servers that ask who somebody is: signing in and out, sessions, roles, programs."""

import pytest
from playwright.sync_api import expect

from supervisor.tests.browser import axe
from supervisor.tests.browser.conftest import OpenTab
from supervisor.tests.browser.driver import Watch
from supervisor.tests.browser.pages import Tab
from supervisor.tests.browser.shop import BASIC, Opener, Shop
from supervisor.tests.browser.test_looks import SCHEMES, take_picture
from supervisor.tests.support.daemon import wait_until

pytestmark = pytest.mark.timeout(120)

USERS = """
[user:olga]
password = secret-of-olga
roles = operate

[user:rita]
password = secret-of-rita
roles = read
programs = sleeper, worker

[user:anna]
password = secret-of-anna
roles = admin
"""


@pytest.fixture
def guarded(start_shop: Opener, watch: Watch) -> Shop:
    """A daemon with users. Its pages say 401 until somebody has signed in."""
    watch.expect("401")
    return start_shop(BASIC + USERS)


def sign_in(tab: Tab, name: str, password: str | None = None) -> None:
    """Fill in the form and send it."""
    tab.page.get_by_label("Name").fill(name)
    tab.page.get_by_label("Password").fill(password or f"secret-of-{name}")
    tab.page.get_by_role("button", name="Sign in").click()


def test_stranger_is_asked_and_led_where_he_wanted_to_go(
    open_tab: OpenTab, guarded: Shop, script: bool
) -> None:
    """Whoever is not known signs in and gets the page that he asked for; he can leave again."""
    tab = open_tab(guarded, script=script)
    answer = tab.go("process.html?name=sleeper")
    assert answer.status == 401
    expect(tab.heading).to_contain_text("Sign in to")
    sign_in(tab, "olga")
    expect(tab.heading).to_contain_text("sleeper")
    expect(tab.page.locator(".who")).to_contain_text("olga")
    cookies = tab.page.context.cookies()
    (session,) = [cookie for cookie in cookies if cookie["name"].startswith("supervisor_")]
    assert session["httpOnly"]
    assert session["sameSite"] == "Strict"
    tab.page.get_by_role("button", name="Sign out").click()
    expect(tab.heading).to_contain_text("Sign in to")
    tab.go("log.html")
    expect(tab.heading).to_contain_text("Sign in to")


def test_wrong_password_is_told(open_tab: OpenTab, guarded: Shop, script: bool) -> None:
    """The name stays filled in, the reason is an alert, the address is logged, not the password."""
    tab = open_tab(guarded, script=script)
    tab.go()
    sign_in(tab, "olga", "sesame-typo")
    expect(tab.page.get_by_role("alert")).to_contain_text("wrong")
    expect(tab.page.get_by_label("Name")).to_have_value("olga")
    expect(tab.page.get_by_label("Password")).to_have_value("")
    log = guarded.wait_log("olga")
    assert "127.0.0.1" in log
    assert "sesame-typo" not in log
    sign_in(tab, "olga")
    expect(tab.page.locator("#list")).to_be_visible()


def test_operator_acts_and_is_named_in_the_log(open_tab: OpenTab, guarded: Shop) -> None:
    """What somebody did is in the main log: who, from where, what, result; no secrets."""
    tab = open_tab(guarded)
    tab.go()
    sign_in(tab, "olga")
    status = tab.status()
    status.control("resting", "Start").click()
    expect(tab.notice).to_contain_text("Started resting")
    process = tab.process("echo")
    process.send_line("my dark secret")
    expect(tab.notice).to_contain_text("Sent a line")
    log = guarded.wait_log("sendProcessStdin")
    line = next(each for each in log.splitlines() if "startProcess" in each)
    assert "olga" in line
    assert "127.0.0.1" in line
    assert "my dark secret" not in log


def test_name_of_the_person_leaves_room_for_the_rest_of_the_head(
    open_tab: OpenTab, guarded: Shop
) -> None:
    """In every size one can sign out, and nothing scrolls sideways."""
    tab = open_tab(guarded)
    tab.go()
    sign_in(tab, "olga")
    tab.status()
    for width_px in (1440, 800, 768, 700, 390, 320):
        tab.resize(width_px)
        assert tab.overflow_px() == 0, width_px
        box = tab.page.locator("#theme").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= width_px


def test_reader_looks_at_what_is_his_and_changes_nothing(
    open_tab: OpenTab, guarded: Shop, watch: Watch
) -> None:
    """Somebody who may only read has no buttons, and sees his programs alone."""
    watch.expect("403")
    watch.expect("404")
    tab = open_tab(guarded)
    tab.go()
    sign_in(tab, "rita")
    status = tab.status()
    assert set(status.names()) == {
        "sleeper",
        "worker:worker_00",
        "worker:worker_01",
        "worker:worker_02",
    }
    assert status.page.locator("main button[name=start], main [data-ask]").count() == 0
    tab.process("sleeper")
    expect(tab.page.get_by_role("button", name="Send signal")).to_have_count(0)
    tab.go("process.html?name=echo")
    expect(tab.heading).not_to_contain_text("echo")
    tab.go("confirm.html?stop=sleeper")
    expect(tab.page.get_by_text("You may look, but not do this.")).to_be_visible()
    token = tab.page.locator("input[name=token]").first.get_attribute("value")
    answer = tab.page.request.post(
        guarded.url("act"), form={"token": token or "", "stop": "sleeper"}
    )
    assert answer.status == 403
    assert guarded.statename("sleeper") == "RUNNING"


def test_session_that_is_over_leads_to_the_sign_in_page(
    open_tab: OpenTab, guarded: Shop, watch: Watch
) -> None:
    """Whose session has ended signs in again and is where he was; nothing was done meanwhile."""
    watch.expect("ERR_")
    tab = open_tab(guarded)
    tab.go()
    sign_in(tab, "olga")
    status = tab.status()
    tab.page.context.clear_cookies()
    status.control("resting", "Start").click()
    expect(tab.page.get_by_role("alert")).to_contain_text("Your session is over")
    expect(tab.page.get_by_role("navigation")).to_have_count(0)
    assert axe.violations(tab.page) == []
    assert guarded.statename("resting") == "STOPPED"
    sign_in(tab, "olga")
    expect(status.badge("resting")).to_have_text("Stopped")


def test_signing_in_leads_back_to_the_question(open_tab: OpenTab, guarded: Shop) -> None:
    """Whether the session was over when it was asked, or when it was answered."""
    tab = open_tab(guarded, script=False)
    tab.go("confirm.html?stop=sleeper")
    sign_in(tab, "olga")
    expect(tab.question).to_contain_text("Stop sleeper?")
    tab.page.context.clear_cookies()
    tab.answer_yes()
    expect(tab.page.get_by_role("alert")).to_contain_text("nothing was done")
    assert guarded.statename("sleeper") == "RUNNING"
    sign_in(tab, "olga")
    expect(tab.question).to_contain_text("Stop sleeper?")
    tab.answer_yes()
    expect(tab.notice).to_contain_text("Stopped sleeper")


def test_question_of_an_ended_session_leads_to_the_sign_in_page(
    open_tab: OpenTab, guarded: Shop
) -> None:
    """A dialog cannot be shown to whom the session has ended: he is asked who he is."""
    tab = open_tab(guarded)
    tab.go()
    sign_in(tab, "olga")
    status = tab.status()
    tab.page.context.clear_cookies()
    status.control("sleeper", "Stop").click()
    expect(tab.heading).to_contain_text("Sign in to")
    sign_in(tab, "olga")
    expect(tab.page.locator("#list, form#ask").first).to_be_visible()
    assert guarded.statename("sleeper") == "RUNNING"


def test_old_user_of_the_server_signs_in(
    open_tab: OpenTab, start_shop: Opener, watch: Watch
) -> None:
    """``username`` and ``password`` of the server's section let in, and may do everything."""
    watch.expect("401")
    shop = start_shop(BASIC, "username = boss\npassword = old-secret\n")
    tab = open_tab(shop)
    tab.go()
    sign_in(tab, "boss", "old-secret")
    status = tab.status()
    status.control("resting", "Start").click()
    expect(tab.notice).to_contain_text("Started resting")
    other = open_tab(shop, http_credentials={"username": "boss", "password": "old-secret"})
    other.go()
    wait_until(lambda: other.page.locator("#list, form[action=sign-in]").count(), "it answered")


@pytest.mark.parametrize(("name", "is_seen"), [("rita", False), ("olga", False), ("anna", True)])
def test_secrets_of_programs_are_for_admins(
    open_tab: OpenTab, start_shop: Opener, watch: Watch, name: str, is_seen: bool
) -> None:
    """Values of environment variables are shown to admins alone; names to everybody."""
    watch.expect("401")
    secretive = BASIC.replace("[program:sleeper]", '[program:sleeper]\nenvironment = KEY="hunter2"')
    tab = open_tab(start_shop(secretive + USERS))
    tab.go()
    sign_in(tab, name)
    tab.process("sleeper")
    expect(tab.page.locator("main")).to_contain_text("environment")
    assert ("hunter2" in tab.page.content()) == is_seen


@pytest.mark.parametrize("scheme", SCHEMES)
def test_sign_in_page_is_accessible(open_tab: OpenTab, guarded: Shop, scheme: str) -> None:
    """Empty and with a complaint, on a phone."""
    tab = open_tab(guarded, color_scheme=scheme, viewport={"width": 320, "height": 700})
    tab.go()
    assert axe.violations(tab.page) == []
    sign_in(tab, "olga", "wrong")
    expect(tab.page.get_by_role("alert")).to_contain_text("wrong")
    take_picture(tab, "sign-in", 320, scheme)
    assert axe.violations(tab.page) == []
    assert tab.overflow_px() == 0
    tab.resize(1440)
    take_picture(tab, "sign-in", 1440, scheme)
