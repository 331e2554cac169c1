"""Pages over TLS for browsers with a certificate of ours; others get no page at all."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, expect

from supervisor.tests.browser.driver import Watch
from supervisor.tests.browser.pages import Tab
from supervisor.tests.browser.shop import ECHO, Opener, Shop
from supervisor.tests.support.certificates import Authority, Files

pytestmark = pytest.mark.timeout(120)

Profile = Callable[..., BrowserContext]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Who signs the certificates of the daemon and of its people."""
    return Authority(tmp_path / "ca")


@pytest.fixture
def safe(start_shop: Opener, authority: Authority, watch: Watch) -> Shop:
    """A daemon that lets in who has a certificate of that authority."""
    files = authority.issue()
    lines = (
        f"ssl_certfile = {files.certfile}",
        f"ssl_keyfile = {files.keyfile}",
        f"ssl_client_ca = {authority.path}",
    )
    shop = start_shop(ECHO, "\n".join(lines))
    watch.allow(shop.origin)
    return shop


def profile_with(open_profile: Profile, shop: Shop, files: Files | None) -> BrowserContext:
    """A profile with that certificate. It knows nothing of the authority of the daemon's own."""
    options: dict[str, Any] = {"ignore_https_errors": True}
    if files is not None:
        certificate = {
            "origin": shop.origin,
            "certPath": str(files.certfile),
            "keyPath": str(files.keyfile),
        }
        options["client_certificates"] = [certificate]
    return open_profile(**options)


def test_person_with_a_certificate_looks_and_acts(
    safe: Shop, authority: Authority, open_profile: Profile
) -> None:
    """All of the page works over TLS: it is live, and forms are believed."""
    context = profile_with(open_profile, safe, authority.issue("client"))
    tab = Tab(context.new_page(), safe)
    process = tab.process("echo")
    expect(process.badge).to_have_text("Running")
    process.send_line("said over TLS")
    expect(tab.notice).to_contain_text("Sent a line to the stdin of echo.")
    expect(process.pane().line("said over TLS")).to_be_visible()
    safe.rpc.supervisor.stopProcess("echo")
    expect(process.badge).to_have_text("Stopped")


def test_browser_without_a_certificate_gets_no_page(
    safe: Shop, open_profile: Profile, watch: Watch
) -> None:
    """The connection is refused before anything is asked or said."""
    watch.expect("ERR_BAD_SSL_CLIENT_AUTH_CERT")
    page = profile_with(open_profile, safe, None).new_page()
    with pytest.raises(Error, match="ERR_BAD_SSL_CLIENT_AUTH_CERT"):
        page.goto(safe.url())


def test_browser_with_a_certificate_of_others_gets_no_page(
    safe: Shop, open_profile: Profile, watch: Watch, tmp_path: Path
) -> None:
    """Whoever else has signed it: nothing of the daemon is seen."""
    watch.expect("")
    strange = Authority(tmp_path / "other").issue("client")
    page = profile_with(open_profile, safe, strange).new_page()
    try:
        answer = page.goto(safe.url())
    except Error:
        return
    # The driver's own answer in place of one.
    assert answer is not None and "supervisor" not in answer.headers.get("server", "")
    assert "echo" not in page.content()
