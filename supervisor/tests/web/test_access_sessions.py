"""Sessions and tokens of forms."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.core.component import Now
from supervisor.rpc.caller import ANYBODY, Caller, Role
from supervisor.web.access import sessions
from supervisor.web.access.digests import keyed_digest, keyed_text, random_text
from supervisor.web.access.forms import STALE, FormTokens
from supervisor.web.access.sessions import SessionStore
from supervisor.web.messages import Request

ALICE = Caller("alice", Role.OPERATE, ("web",), "password")
BOB = Caller("bob")


class Clock:
    """Time as a test says."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def now(self) -> Now:
        return Now(self.now_s, self.now_s)


class Stage:
    """A store and what a browser does with its cookies."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = SessionStore(self.clock, "supervisor_x")

    def open(self, caller: Caller = ALICE, cookie: str = "") -> str:
        return cookie_of(self.store.open(request(cookie), caller))

    def who(self, cookie: str) -> Caller | None:
        return self.store.caller_of(request(cookie))


def request(cookie: str = "", caller: Caller = ANYBODY, secure: bool = False) -> Request:
    headers = [(b"cookie", cookie.encode("latin-1"))] if cookie else []
    made = Request("GET", "/", "1.1", "/", "", headers)
    made.caller, made.is_secure = caller, secure
    return made


def cookie_of(header: str) -> str:
    return header.partition(";")[0]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_cookie_stands_for_the_user(stage: Stage) -> None:
    cookie = stage.open()
    assert stage.who(cookie) == ALICE._replace(how="session")
    assert stage.who(f"a=b; {cookie}; c=d") is not None
    assert stage.who(f"other{cookie}") is None
    assert stage.who("") is None


def test_cookie_is_kept_from_scripts_and_other_sites(stage: Stage) -> None:
    """HttpOnly, SameSite=Strict, Secure with TLS; nothing in it but randomness."""
    header = stage.store.open(request(), ALICE)
    pattern = r"supervisor_x=[A-Za-z0-9_-]{32}; Path=/; HttpOnly; SameSite=Strict"
    assert re.fullmatch(pattern, header)
    assert re.fullmatch(f"{pattern}; Secure", stage.store.open(request(secure=True), ALICE))
    proxied = Request("GET", "/", "1.1", "/", "", [(b"x-forwarded-proto", b"https")])
    assert re.fullmatch(f"{pattern}; Secure", stage.store.open(proxied, ALICE))


def test_session_is_never_one_that_somebody_else_chose(stage: Stage) -> None:
    """Session fixation: who signs in gets a new cookie, and the old one is worth nothing."""
    planted = "supervisor_x=chosenbysomebodyelse"
    cookie = stage.open(cookie=planted)
    assert stage.who(planted) is None
    assert cookie != planted
    again = stage.open(BOB, cookie=cookie)
    assert stage.who(cookie) is None
    assert stage.who(again) == BOB._replace(how="session")


def test_session_ends_when_nobody_uses_it(stage: Stage) -> None:
    cookie, other = stage.open(), stage.open()
    stage.clock.now_s += sessions.IDLE_S
    assert stage.who(cookie) is not None
    stage.clock.now_s += 1
    assert stage.who(cookie) is not None
    assert stage.who(other) is None
    assert len(stage.store) == 1


def test_session_ends_when_it_is_old(stage: Stage) -> None:
    cookie = stage.open()
    end_s = stage.clock.now_s + sessions.AGE_S
    while stage.clock.now_s < end_s:
        assert stage.who(cookie) is not None
        stage.clock.now_s += sessions.IDLE_S / 2
    stage.clock.now_s = end_s + 1
    assert stage.who(cookie) is None


def test_session_ends_when_its_owner_signs_out(stage: Stage) -> None:
    """The browser forgets the cookie, and so do we."""
    cookie = stage.open()
    header = stage.store.close(request(cookie))
    assert header == "supervisor_x=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
    assert stage.who(cookie) is None


def test_sessions_are_bounded(stage: Stage) -> None:
    """Of each user, and of all: one more ends the one that has not been used for longest."""
    mine = stage.open(BOB)
    cookies = [stage.open() for _ in range(sessions.SESSIONS_PER_USER_MAX + 1)]
    assert stage.who(cookies[0]) is None
    assert all(stage.who(cookie) for cookie in cookies[1:])
    assert stage.who(mine) is not None
    for number in range(2 * sessions.SESSIONS_MAX):
        stage.open(Caller(f"user{number}"))
    assert len(stage.store) <= sessions.SESSIONS_MAX
    assert stage.who(mine) is None


def test_servers_have_cookies_of_their_own(stage: Stage) -> None:
    """Browsers send a cookie to every port of a machine."""
    other = SessionStore(stage.clock, "supervisor_y")
    assert other.caller_of(request(stage.open())) is None


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=300))
def test_law_no_cookie_but_one_that_was_given_lets_in(cookie: str) -> None:
    stage = Stage()
    stage.open()
    assert stage.who(cookie) is None
    assert stage.who(f"supervisor_x={cookie}") is None


# -- forms ---------------------------------------------------------------------------------------


def test_form_of_the_same_caller_is_believed(stage: Stage) -> None:
    forms = FormTokens(stage.store)
    token = forms.token(request(caller=ALICE))
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", token)
    assert forms.check(request(caller=ALICE), token) is None
    assert forms.token(request(caller=ALICE)) == token


def test_form_of_anybody_else_is_not(stage: Stage) -> None:
    """Another user, another way of signing in, another session, another life of the daemon."""
    forms = FormTokens(stage.store)
    token = forms.token(request(caller=ALICE))
    assert forms.check(request(caller=BOB), token) == STALE
    assert forms.check(request(caller=ALICE._replace(how="session")), token) == STALE
    assert FormTokens(stage.store).check(request(caller=ALICE), token) == STALE
    first, second = stage.open(), stage.open()
    signed_in = ALICE._replace(how="session")
    token = forms.token(request(first, signed_in))
    assert forms.check(request(first, signed_in), token) is None
    assert forms.check(request(second, signed_in), token) == STALE


@given(st.text(max_size=100))
def test_law_no_guess_is_believed(guess: str) -> None:
    stage = Stage()
    assert FormTokens(stage.store).check(request(caller=ALICE), guess) == STALE


def test_digests_know_where_each_part_ends() -> None:
    """("ab", "c") is something else than ("a", "bc")."""
    assert keyed_text(b"k", "ab", "c") != keyed_text(b"k", "a", "bc")
    assert keyed_digest(b"k", "a") != keyed_digest(b"l", "a")
    assert len({random_text() for _ in range(100)}) == 100
