"""Requests of browsers: whose page sent them, and by which name they came."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.web.access.policy import (
    Verdict,
    is_foreign,
    judge_action,
    why_misdirected,
    why_not,
)
from supervisor.web.gate import looks_like_browser
from supervisor.web.messages import Request

OWN = {"host": "ops.example:9001"}
CHROME = {"accept-language": "en", "user-agent": "Mozilla/5.0 (X11; Linux) Chrome/130"}


def request(method: str = "GET", **headers: str) -> Request:
    """A request with these headers; underscores are dashes."""
    sent = {name.replace("_", "-"): value for name, value in (OWN | headers).items()}
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
    return Request(method, "/index.html?action=stopall", "1.1", "/index.html", "", pairs)


ACTIONS: list[tuple[dict[str, str], Verdict]] = [
    # Plain clients.
    ({}, Verdict.ACT),
    ({"user_agent": "curl/8.5.0", "accept": "*/*"}, Verdict.ACT),
    ({"user_agent": "Wget/1.21", "accept_encoding": "identity"}, Verdict.ACT),
    ({"user_agent": "python-requests/2.32", "accept_encoding": "gzip, deflate"}, Verdict.ACT),
    ({"user_agent": "Mozilla/5.0 (Windows NT) WindowsPowerShell/5.1.19041"}, Verdict.ACT),
    # A person.
    ({"accept_language": "en"}, Verdict.ASK),
    (CHROME | {"sec_fetch_site": "none", "sec_fetch_mode": "navigate"}, Verdict.ASK),
    (CHROME | {"sec_fetch_site": "same-origin"}, Verdict.ASK),
    (CHROME | {"referer": "http://ops.example:9001/index.html"}, Verdict.ASK),
    ({"upgrade_insecure_requests": "1"}, Verdict.ASK),
    ({"cookie": "theme=dark"}, Verdict.ASK),
    # Crawlers.
    ({"user_agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}, Verdict.ASK),
    # Somebody else's page.
    (CHROME | {"sec_fetch_site": "cross-site"}, Verdict.REFUSE),
    (CHROME | {"sec_fetch_site": "same-site"}, Verdict.REFUSE),
    (CHROME | {"sec_fetch_site": "nonsense"}, Verdict.REFUSE),
    (CHROME | {"referer": "https://evil.example/"}, Verdict.REFUSE),
    (CHROME | {"referer": "http://ops.example:9001.evil.example/"}, Verdict.REFUSE),
    (CHROME | {"referer": "http://ops.example/"}, Verdict.REFUSE),
    (CHROME | {"origin": "null"}, Verdict.REFUSE),
    (CHROME | {"origin": "http://ops.example:9002"}, Verdict.REFUSE),
    ({"origin": "http://evil.example"}, Verdict.REFUSE),
    # Nobody.
    (CHROME | {"sec_fetch_site": "none", "sec_purpose": "prefetch;prerender"}, Verdict.REFUSE),
    (CHROME | {"purpose": "prefetch"}, Verdict.REFUSE),
    ({"x_moz": "prefetch"}, Verdict.REFUSE),
    ({"x_purpose": "preview"}, Verdict.REFUSE),
]


@pytest.mark.parametrize(("headers", "verdict"), ACTIONS)
def test_actions_by_link_are_for_plain_clients(headers: dict[str, str], verdict: Verdict) -> None:
    """Old GET links: scripts act, people are asked, foreign pages and prefetches are refused."""
    assert judge_action(request(**headers)) is verdict


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"origin": "http://ops.example:9001"}, False),
        ({"origin": "HTTP://OPS.example:9001"}, False),
        ({"origin": "http://evil.example"}, True),
        ({"origin": "https://ops.example:9001"}, False),
        ({"origin": "ftp://ops.example:9001"}, True),
        ({"origin": "ops.example:9001"}, True),
        ({"origin": ""}, True),
        ({"host": "ops.example", "origin": "http://ops.example"}, False),
        ({"host": "ops.example", "origin": "https://ops.example"}, False),
        ({"host": "ops.example:80", "origin": "http://ops.example"}, False),
        ({"host": "ops.example:443", "origin": "https://ops.example"}, False),
        ({"host": "ops.example", "origin": "http://ops.example:8080"}, True),
        ({"host": "[::1]:9001", "origin": "http://[::1]:9001"}, False),
        ({"host": "[::1]", "origin": "http://[::1]"}, False),
        ({"host": "[::1]:9001", "origin": "http://[::2]:9001"}, True),
        # A proxy that asks by another name tells the one that it was asked by.
        ({"host": "127.0.0.1:9001", "x_forwarded_host": "p.example", "origin": "https://p.example"},
         False),
        # A browser says it better than a name does.
        ({"origin": "http://p.example", "sec_fetch_site": "same-origin"}, False),
        ({"origin": "http://ops.example:9001", "sec_fetch_site": "cross-site"}, True),
    ],
)  # fmt: skip
def test_page_is_ours_if_it_has_our_host_and_port(headers: dict[str, str], foreign: bool) -> None:
    assert is_foreign(request("POST", **headers)) is foreign


def test_allowed_hosts_are_ours_too() -> None:
    """With or without Sec-Fetch-Site; a name that only ends like one is not."""
    allowed = ("panel.example", "*.corp.example")
    for origin, foreign in (
        ("https://panel.example", False),
        ("https://a.b.corp.example:8443", False),
        ("https://corp.example", True),
        ("https://evilcorp.example", True),
        ("https://xpanel.example", True),
    ):
        assert is_foreign(request("POST", origin=origin), allowed) is foreign
        sent = request("POST", origin=origin, sec_fetch_site="cross-site")
        assert is_foreign(sent, allowed) is foreign


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "post"])
def test_whatever_changes_something_must_come_from_our_pages(method: str) -> None:
    refused = why_not(request(method, origin="http://evil.example"), ())
    assert refused is not None
    assert refused.status == 403 and refused.closes
    assert b"another site" in refused.body
    assert why_not(request(method, origin="http://ops.example:9001"), ()) is None
    assert why_not(request(method), ()) is None


def test_links_from_elsewhere_may_be_followed() -> None:
    """But what a foreign page loads without showing it is refused: it would hold streams open."""
    cross = {"sec_fetch_site": "cross-site"}
    assert why_not(request(**cross, sec_fetch_mode="navigate"), ()) is None
    assert why_not(request(referer="http://wiki.example/"), ()) is None
    assert why_not(request(**cross, sec_fetch_mode="no-cors"), ()) is not None
    assert why_not(request(**cross, sec_fetch_mode="cors"), ()) is not None


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:9001", True),
        ("192.168.7.7", True),
        ("[::1]:9001", True),
        ("[fe80::1]", True),
        ("localhost", True),
        ("LOCALHOST:9001", True),
        ("localhost.:9001", True),
        ("app.localhost:9001", True),
        ("box:9001", True),
        ("box.", True),
        ("deep.in.corp.example", True),
        ("", True),
        ("evil.example", False),
        ("evil.example:9001", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("127.0.0.1.nip.io", False),
        ("box.evil.example", False),
        ("evillocalhost", False),
        ("corp.example", False),
        ("2130706433", False),
        ("0x7f.1", False),
        ("<script>", False),
    ],
)
def test_name_must_be_one_of_ours(host: str, known: bool) -> None:
    """DNS rebinding: a hostile name can lead to us, an address cannot be hostile."""
    refused = why_misdirected(request(host=host), ("box", "*.corp.example"))
    assert (refused is None) is known
    if refused is not None:
        assert refused.status == 421
        assert refused.content_type.startswith("text/plain")
        assert b"allowed_hosts" in refused.body


BROWSERS = [
    {"accept-language": ""},
    {"origin": "null"},
    {"referer": ""},
    {"sec-fetch-mode": "cors"},
]


@pytest.mark.parametrize("headers", BROWSERS)
def test_browser_cannot_be_made_to_look_like_a_plain_client(headers: dict[str, str]) -> None:
    """The header counts, whatever its value: a page can empty one, but not take it away."""
    assert looks_like_browser(request(**headers))
    assert judge_action(request(**headers)) is not Verdict.ACT


VALUES = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=60)


@given(host=VALUES, origin=VALUES, referer=VALUES, site=VALUES)
def test_law_nothing_that_is_sent_confuses_the_judges(
    host: str, origin: str, referer: str, site: str
) -> None:
    """They answer, whatever the headers are; garbage is never taken for a plain client."""
    sent = request(host=host, origin=origin, referer=referer, sec_fetch_site=site)
    assert judge_action(sent) is not Verdict.ACT
    why_not(sent, ("*.x", "y"))
    why_misdirected(sent, ("*.x", "y"))
    if origin:
        only = request("POST", host=host, origin=f"http://{origin}")
        if not is_foreign(only):
            assert origin.partition("/")[0].strip().lower().startswith(host.strip().lower()[:3])
