"""What all pages have in common: navigation, theme, files, errors, signing in and out."""

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest

from supervisor.rpc.caller import ANYBODY, Caller, Role
from supervisor.tests.rpc.world import program
from supervisor.tests.web.visitor import BROWSER, CURL, Visitor
from supervisor.web.gate import NOBODY
from supervisor.web.messages import Response
from supervisor.web.views import statics
from supervisor.web.views.back import here, way_back
from supervisor.web.views.kit import UI


def test_page_says_where_one_is() -> None:
    """The current entry of the navigation is marked; all links are relative."""
    page = Visitor(program("web")).see()
    assert page.one("a", aria_current="page").text == "Processes"
    for each in page.elements:
        for name in ("href", "src", "action"):
            assert not each.attributes.get(name, "").startswith(("/", "http"))


def test_page_works_for_who_cannot_see_it() -> None:
    """Language, title, one main, labels for what has no text, a way past the navigation."""
    page = Visitor(program("web")).see()
    assert page.one("html")["lang"] == "en"
    assert page.one("a", "skip")["href"] == "#main"
    assert page.id("main").tag == "main"
    for each in [*page.all("button"), *page.all("a")]:
        assert each.text or each.attributes.get("aria-label"), each
    for each in page.all("input"):
        if each.attributes.get("type") != "hidden":
            assert page.all("label", for_=each["id"])
    ids = [each["id"] for each in page.elements if "id" in each.attributes]
    assert len(ids) == len(set(ids))


# -- theme


def test_theme_is_chosen_by_a_form_and_remembered_by_a_cookie() -> None:
    """The server writes it into the page: no flash of the other one."""
    visitor = Visitor(program("web"))
    assert "data-theme" not in visitor.see().one("html").attributes
    button = visitor.see("?q=a").id("theme")
    assert button["value"] == "dark"
    answer = visitor.see("theme", form={"theme": "dark", "back": "?q=a"})
    assert (answer.status, answer.location) == (303, "./?q=a")
    assert answer.headers["Set-Cookie"].startswith("theme=dark; Max-Age=31536000; Path=/")
    visitor.cookie = "other=1; theme=dark"
    page = visitor.see()
    assert page.one("html")["data-theme"] == "dark"
    assert page.id("theme")["value"] == "light"


def test_theme_of_the_system_is_forgetting_the_cookie() -> None:
    """As is one that there is not."""
    for theme in ("", "blue\r\nX: y"):
        answer = Visitor().see("theme", form={"theme": theme})
        assert answer.headers["Set-Cookie"] == "theme=; Max-Age=0; Path=/; SameSite=Lax"


# -- files


@pytest.mark.parametrize("path", sorted(statics.FILES))
def test_files_are_served_with_their_type(path: str) -> None:
    """Those of old under their old paths, too; for everybody, since the sign-in page needs them."""
    for visitor in (Visitor(), Visitor(caller=NOBODY)):
        answer = visitor.ask(path)
        assert isinstance(answer, Response)
        assert answer.status == 200
        assert answer.content_type == statics.FILES[path][1]
        assert len(answer.body) > 100
        assert ("X-Content-Type-Options", "nosniff") in answer.headers


def test_page_names_the_version_of_its_files() -> None:
    """A new style sheet is never mixed with an old page."""
    page = Visitor().see()
    assert page.one("link", rel="stylesheet")["href"] == (
        f"supervisor.css?v={statics.version('supervisor.css')}"
    )


@pytest.mark.parametrize(
    "path",
    [
        "../pages.py",
        "ui/status.html",
        "images/../frame.html",
        "%2e%2e/x",
        # Pictures of the pages of old.
        "images/supervisor.gif",
        "images/rule.gif",
        "images/state0.gif",
        "images/state3.gif",
    ],
)
def test_no_other_file_is_served(path: str) -> None:
    """Templates neither: they are of no use to anybody."""
    assert Visitor().see(path).status == 404


@pytest.mark.parametrize("caller", [ANYBODY, NOBODY], ids=["known", "stranger"])
@pytest.mark.parametrize("name", sorted(path.name for path in Path(UI).glob("*.html")))
def test_no_template_is_served_as_it_is(name: str, caller: Caller) -> None:
    """The reference serves ``status.html`` with its marks; where a page has the name, it comes."""
    visitor = Visitor(program("web"), caller=caller)
    addresses = (name, f"ui/{name}", f"/{name}", f"./{name}", f"{name}?name=web&stop=web")
    for address in addresses:
        page = visitor.see(address)
        assert "meld" not in page.html
        assert re.search(r"\{[a-z_]+\}", page.html) is None
        if name.partition(".")[0] in ("status", "frame", "rows") and caller is ANYBODY:
            assert page.status == 404 or name == "rows.html"


# -- titles


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("", "1 process – supervisor"),
        ("process.html?name=web", "web – Stopped – supervisor"),
        ("tail.html?processname=web", "web – ends of logs – supervisor"),
        ("tail.html", "No process – ends of logs – supervisor"),
        ("ends.html?name=web", "web – ends of logs – supervisor"),
        ("ends.html", "All – ends of logs – supervisor"),
        ("log.html", "Main log – supervisor"),
        ("events.html", "Events – supervisor"),
        ("confirm.html?start=web", "Start web? – supervisor"),
        ("clearlog", "Clear the main log? – supervisor"),
        ("nowhere", "There is no such page – supervisor"),
    ],
)
def test_title_says_what_the_page_is_about_then_whose_it_is(address: str, title: str) -> None:
    """What is about comes first: tabs are narrow. The identifier tells daemons apart."""
    assert Visitor(program("web")).see(address).one("title").text == title


# -- errors


@pytest.mark.parametrize("path", ["/a/b/nowhere", "/a/", "/api%2fx"])
def test_page_below_other_addresses_has_its_style_and_its_ways_out(path: str) -> None:
    """Whatever is asked for: links lead to the pages, not below what there is not."""
    for caller in (ANYBODY, NOBODY):
        page = Visitor(program("web"), caller=caller).see(path)
        here_is = f"http://here/p{path}"
        assert urljoin(here_is, page.one("link", rel="stylesheet")["href"]).startswith(
            "http://here/p/supervisor.css?"
        )
        homes = [each["href"] for each in page.all("a") if each["href"].endswith("./")]
        assert homes
        assert {urljoin(here_is, each) for each in homes} == {"http://here/p/"}
        for form in page.all("form", method="post"):
            assert urljoin(here_is, form.attributes["action"]).startswith("http://here/p/")
            assert urljoin(here_is, form.attributes["action"]).count("/") == 4


def test_page_that_is_not_there_says_so() -> None:
    """To people on a page, to programs in the words of old."""
    visitor = Visitor()
    page = visitor.see("nowhere")
    assert (page.status, page.headline) == (404, "There is no such page")
    assert "Error code 404" in visitor.see("nowhere", headers=CURL).html
    assert visitor.see("nowhere", form={}).status == 400


@pytest.mark.parametrize(("path", "method"), [("live.js", "POST"), ("act", "GET"), ("", "PUT")])
def test_wrong_method_is_refused_with_those_that_are_right(path: str, method: str) -> None:
    """405, and nothing is done."""
    page = Visitor().see(path, method=method)
    assert page.status == 405
    assert method not in page.headers["Allow"]


# -- signing in and out


def test_strangers_are_asked_to_sign_in_whatever_they_want() -> None:
    """401 without a window of the browser in front of the page; the way back is kept."""
    visitor = Visitor(program("web"), caller=NOBODY)
    for path in ("", "process.html?name=web", "nowhere", "live?page=status", "rows.html?group="):
        page = visitor.see(path)
        assert page.status == 401
        assert page.headline == "Sign in to Supervisor"
        assert page.headers["WWW-Authenticate"].startswith("Form")
        assert "5.0.0" not in page.html
    back = visitor.see("index.html?q=web").all("input", name="back")[-1]["value"]
    assert back == "index.html?q=web"


def test_signing_in_leads_to_where_one_wanted() -> None:
    """With the cookie of the session."""
    visitor = Visitor(caller=NOBODY)
    form = {"user": "ops", "password": "gehéim", "back": "index.html?q=web"}
    pending = visitor.wait("sign-in", form=form)
    assert visitor.sign_ins.asked == [("ops", "gehéim")]
    visitor.sign_ins.let_in()
    answer = pending.seen()
    assert (answer.status, answer.location) == (303, "index.html?q=web")
    assert answer.headers["Set-Cookie"] == "session=secret; HttpOnly"


def test_wrong_password_is_told_on_the_page() -> None:
    """The name stays, the password does not."""
    visitor = Visitor(caller=NOBODY)
    pending = visitor.wait("sign-in", form={"user": "ops", "password": "geheim"})
    visitor.sign_ins.refuse("The user name or the password is wrong.")
    page = pending.seen()
    assert page.status == 401
    assert "The user name or the password is wrong." in page.one("p", "err").text
    assert page.id("user")["value"] == "ops"
    assert "geheim" not in page.html


def test_signing_out_takes_a_token() -> None:
    """Others cannot sign somebody out, either."""
    visitor = Visitor(program("web"))
    visitor.caller = Caller("ops", Role.OPERATE, (), "session")
    token = visitor.see().one("form", action="logout")
    assert token
    assert visitor.see("logout", form={"token": "wrong"}).status == 403
    answer = visitor.see("logout", form={"token": visitor.token})
    assert (answer.status, answer.location) == (303, "./")
    assert answer.headers["Set-Cookie"] == "session=; Max-Age=0"


def test_who_is_asked_by_the_browser_itself_cannot_sign_out() -> None:
    """Basic credentials stay in the browser: there is no button that would pretend otherwise."""
    visitor = Visitor(program("web"))
    visitor.caller = Caller("ops", Role.ADMIN, (), "password")
    page = visitor.see()
    assert not page.all("form", action="logout")
    assert "ops, may do everything" in page.one("span", "who").text


# -- ways back


def test_way_back_is_the_page_without_its_message() -> None:
    """So that dismissing a message does what it says."""
    assert here("/", "") == "./"
    assert here("/index.html", "q=a&message=x&at=1&sig=y&sort=cpu") == "index.html?q=a&sort=cpu"
    assert here("//index.html", "") == "index.html"
    assert here("/nowhere", "q=a") == "./"
    assert way_back("#attention") == "./#attention"
    assert BROWSER["accept"].startswith("text/html")
