"""Text of others in pages: names, commands, log lines, arguments. It is shown, and never obeyed."""

from collections.abc import Callable

import pytest

from supervisor.core import inputs
from supervisor.core.policies import Restart, RestartPolicy
from supervisor.rpc.caller import Caller, Role
from supervisor.tests.rpc.world import AT_ONCE, NO_RETRY, program
from supervisor.tests.web.visitor import BROWSER, Seen, Visitor
from supervisor.web.gate import NOBODY
from supervisor.web.views.kit import quoted

HOSTILE = (
    "\"'><script>alert(1)</script><img src=x onerror=alert(2)><a href=x onclick=alert(3)>"
    "&lt;b&gt;&amp;{name}%(ns)s</textarea></title><!--\x00\x1b\x9b\u202e\udcff"
)
SHOWN = HOSTILE
for _char in "\x00\x1b\x9b\u202e\udcff":
    SHOWN = SHOWN.replace(_char, "\ufffd")

OURS = {"live.js"}


def assert_harmless(page: Seen) -> None:
    """Nothing in it but what we have put there."""
    assert {each["src"].partition("?")[0] for each in page.all("script")} <= OURS
    assert not page.all("img")
    for each in page.elements:
        for name, value in each.attributes.items():
            assert not name.startswith("on") and name != "style", (each.tag, name)
            if name in ("href", "src", "action"):
                assert not value.lower().lstrip().startswith(("javascript:", "data:", "//", "http"))
    for name, value in page.headers.items():
        assert value.isprintable(), (name, value)
    page.html.encode()


def texts_of(page: Seen) -> str:
    """All texts and values, as a reader gets them."""
    values = [value for each in page.elements for value in each.attributes.values()]
    return "\n".join([*("".join(each.texts) for each in page.elements), *values])


def named(group: str | None = None) -> Visitor:
    visitor = Visitor(
        program(HOSTILE, group, start=AT_ONCE, restart=RestartPolicy(Restart.NEVER)),
        program("other"),
    )
    visitor.world.call("startProcess", f"{group or HOSTILE}:{HOSTILE}")
    return visitor


def process_name() -> Seen:
    return named().see()


def group_name() -> Seen:
    return named(HOSTILE + "2").see()


def name_of_a_problem() -> Seen:
    visitor = named()
    visitor.world.exited(f"{HOSTILE}:{HOSTILE}", inputs.Ending(3, 0, "exit status 3"))
    return visitor.see()


def name_in_a_sorted_list() -> Seen:
    return named().see("?sort=cpu")


def name_in_a_question() -> Seen:
    return named("web").see("confirm.html?stop=web:*")


def name_in_a_question_about_one() -> Seen:
    return named().see(f"confirm.html?stop={quoted(HOSTILE)}")


def name_in_a_notice() -> Seen:
    visitor = named()
    return visitor.see(visitor.act(stop=HOSTILE).location)


def name_in_an_old_action() -> Seen:
    visitor = named()
    answer = visitor.see(f"?action=stop&processname={quoted(HOSTILE)}", headers={})
    assert_harmless(answer)
    return visitor.see(answer.location)


def words_of_an_end() -> Seen:
    visitor = Visitor(program("web", start=AT_ONCE, restart=RestartPolicy(Restart.NEVER)))
    visitor.world.call("startProcess", "web")
    visitor.world.exited("web:web", inputs.Ending(3, 0, HOSTILE))
    return visitor.see()


def reason_of_a_failed_start() -> Seen:
    visitor = Visitor(program("web", start=NO_RETRY))
    visitor.world.child("web:web").spawn_error = HOSTILE
    return visitor.see(visitor.act(start="web").location)


def line_of_a_log() -> Seen:
    visitor = Visitor(program("web", start=NO_RETRY))
    visitor.world.child("web:web").dies_at_once = inputs.Ending(3, 0, "exit status 3")
    visitor.world.logbook.channels[1, "stderr"] = HOSTILE.encode("utf-8", "surrogateescape")
    visitor.act(start="web")
    return visitor.see()


def identifier() -> Seen:
    visitor = Visitor(program("web"))
    visitor.world.identifier = HOSTILE  # type: ignore[misc]
    return visitor.see()


def configuration_file() -> Seen:
    visitor = Visitor(program("web"))
    server = visitor.site.server._replace(config_path=HOSTILE)
    visitor.site = visitor.site._replace(server=server)
    return visitor.see()


def configuration_file_of_an_empty_daemon() -> Seen:
    visitor = Visitor()
    server = visitor.site.server._replace(config_path=HOSTILE)
    visitor.site = visitor.site._replace(server=server)
    return visitor.see()


def trouble_of_the_daemon() -> Seen:
    visitor = Visitor(program("web"))
    visitor.world.control.trouble = lambda: HOSTILE  # type: ignore[method-assign]
    return visitor.see()


def name_of_the_caller() -> Seen:
    visitor = Visitor(program("web"))
    visitor.caller = Caller(HOSTILE, Role.OPERATE, (), "session")
    return visitor.see()


def name_at_the_sign_in() -> Seen:
    visitor = Visitor(caller=NOBODY)
    pending = visitor.wait("sign-in", form={"user": HOSTILE, "password": "x", "back": HOSTILE})
    visitor.sign_ins.refuse("Wrong.")
    return pending.seen()


def path() -> Seen:
    return Visitor().see(f"nowhere/{quoted(HOSTILE)}")


def path_at_the_sign_in() -> Seen:
    return Visitor(caller=NOBODY).see(f"{quoted(HOSTILE)}?{quoted(HOSTILE)}=1")


def filter_words() -> Seen:
    return Visitor(program("web")).see(f"?q={quoted(HOSTILE)}")


def states_of_the_filter() -> Seen:
    return Visitor(program("web")).see(f"?state={quoted(HOSTILE)}")


def action() -> Seen:
    return Visitor(program("web")).see(f"?action={quoted(HOSTILE)}")


def target() -> Seen:
    return Visitor(program("web")).see(f"confirm.html?stop={quoted(HOSTILE)}")


@pytest.mark.parametrize(
    "place",
    [
        process_name,
        group_name,
        name_of_a_problem,
        name_in_a_sorted_list,
        name_in_a_question,
        name_in_a_question_about_one,
        name_in_a_notice,
        name_in_an_old_action,
        words_of_an_end,
        reason_of_a_failed_start,
        line_of_a_log,
        identifier,
        configuration_file,
        configuration_file_of_an_empty_daemon,
        trouble_of_the_daemon,
        name_of_the_caller,
        name_at_the_sign_in,
        filter_words,
        states_of_the_filter,
        action,
        target,
    ],
    ids=lambda place: place.__name__,
)
def test_hostile_text_is_shown_as_it_is_and_does_nothing(place: Callable[[], Seen]) -> None:
    """Entities stay visible, placeholders stay text, and control characters are replaced."""
    page = place()
    assert_harmless(page)
    # The beginning may have become a capital letter, the end a full stop.
    assert SHOWN[1:-1] in texts_of(page)


@pytest.mark.parametrize("place", [path, path_at_the_sign_in], ids=lambda place: place.__name__)
def test_hostile_address_does_nothing(place: Callable[[], Seen]) -> None:
    """Whatever of it is shown."""
    assert_harmless(place())


@pytest.mark.parametrize(
    "query",
    [
        "q={}", "state={}", "sort={}", "fold={}", "refresh={}", "message={}", "at={}", "sig={}",
        "back={}", "{}=1", "action={}", "processname={}", "limit={}", "group={}", "name={}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("page", ["", "confirm.html", "rows.html", "nowhere", "theme", "act"])
def test_no_argument_of_any_page_gets_through(page: str, query: str) -> None:
    """Neither into elements nor into headers."""
    visitor = Visitor(program("web"))
    for text in (HOSTILE, "\r\nSet-Cookie: a=b", "javascript:alert(1)"):
        assert_harmless(visitor.see(f"{page}?{query.format(quoted(text))}"))


@pytest.mark.parametrize("name", ["theme", "back", "start", "stop", "clear", "token", "user"])
@pytest.mark.parametrize("page", ["theme", "act", ""])
def test_no_field_of_any_form_gets_through(page: str, name: str) -> None:
    """Also not into the headers of a redirect."""
    visitor = Visitor(program("web"))
    for text in (HOSTILE, "\r\nSet-Cookie: a=b", "//evil.example"):
        form = {"token": visitor.token, name: text}
        answer = visitor.see(page, form=form)
        assert_harmless(answer)
        assert not answer.headers.get("Location", "").startswith(("/", "http"))


@pytest.mark.parametrize(
    "cookie", ["theme=dark", "theme=light", 'theme="><b>', "theme=x; theme=dark", "a=b", ";;=;"]
)
def test_no_cookie_gets_through(cookie: str) -> None:
    """The theme is one of three, whatever the cookie says."""
    visitor = Visitor(program("web"))
    page = visitor.see(headers={**BROWSER, "cookie": cookie})
    assert_harmless(page)
    assert page.one("html").attributes.get("data-theme") in (None, "dark", "light")
