"""Basic authentication: who comes in, and what is answered to the others."""

import base64
import subprocess
import sys

import pytest

from supervisor.tests.web.doors import password_gate
from supervisor.tests.web.site import Loop, Site
from supervisor.web.auth import BasicAuthenticator, make_authenticator
from supervisor.web.limits import Limits
from supervisor.web.routes import Routes, answer_ok

SHA_OF_SECRET = "{SHA}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4"
"""Of the password "secret"."""

OK = Routes([], {"ok.html": answer_ok})


def basic(text: str, scheme: str = "Basic") -> str:
    """An Authorization header for ``user:password``."""
    return f"{scheme} {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    ("password", "authorization", "expected"),
    [
        ("secret", basic("user:secret"), True),
        ("secret", basic("user:secret", "BASIC"), True),
        ("secret", basic("user:secret", "basic"), True),
        ("secret", basic("user:wrong"), False),
        ("secret", basic("wrong:secret"), False),
        ("secret", basic("user:secret", "Digest"), False),
        ("secret", basic(":"), False),
        ("secret", None, False),
        ("se:cr:et", basic("user:se:cr:et"), True),
        ("größe", basic("user:größe"), True),
        ("", basic("user:"), True),
        (SHA_OF_SECRET, basic("user:secret"), True),
        (SHA_OF_SECRET, basic("user:wrong"), False),
        (SHA_OF_SECRET, basic(f"user:{SHA_OF_SECRET}"), False),
        (SHA_OF_SECRET, basic(f"user:{SHA_OF_SECRET[5:]}"), False),
        (SHA_OF_SECRET.upper(), basic("user:secret"), False),
        ("{SHA}", basic("user:"), False),
    ],
)
def test_authenticator_lets_in_who_knows_user_and_password(
    password: str, authorization: str | None, expected: bool
) -> None:
    """The scheme ignores case; {SHA} is followed by 40 lower-case digits of SHA-1."""
    assert BasicAuthenticator("user", password)(authorization) is expected


@pytest.mark.parametrize(
    "value",
    ["Basic", "Basic ", "", " ", "Basic =", "Basic a", "Basic ö", "Basic !!!!", basic("user")],
)
def test_x30_bad_credential_encodings_are_wrong_credentials(value: str) -> None:
    """What is no base64, or has no colon, is answered with 401 (not 400 or 500)."""
    assert not BasicAuthenticator("user", "secret")(value)


def test_x30_credentials_that_are_not_utf8_are_wrong_credentials() -> None:
    """Credentials are bytes, and just differ."""
    encoded = base64.b64encode(b"user:\xff\xfe").decode()
    assert not BasicAuthenticator("user", "secret")(f"Basic {encoded}")


def test_c19_empty_user_name_means_no_authentication() -> None:
    """A server with an empty user name asks for nothing."""
    assert make_authenticator("", "secret") is None
    assert make_authenticator(None, None) is None
    assert make_authenticator("user", "") is not None


def test_x29_passwords_are_compared_in_constant_time_without_openssl() -> None:
    """The comparison is hmac's, and loading it does not load OpenSSL."""
    code = (
        "import sys, supervisor.web.auth as auth\n"
        "assert auth.BasicAuthenticator('u', 'p')('Basic dTpw')\n"
        "assert 'hashlib' not in sys.modules\n"
        "import _operator\n"
        "assert auth.takes_equal_time is _operator._compare_digest\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_x31_401_closes_the_connection() -> None:
    """401 says `Connection: close`, does so, and looks at nothing that follows."""
    with (
        Loop() as loop,
        Site(loop, OK, gate=password_gate(loop.ports, "user", "secret")) as site,
        site.connect() as client,
    ):
        client.send(b"GET /ok.html HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
        head, body = client.read_reply()
        assert head.startswith(b"HTTP/1.1 401 Unauthorized\r\n")
        assert b'\r\nWWW-Authenticate: Basic realm="default"\r\n' in head
        assert b"\r\nConnection: close\r\n" in head
        assert b"Error code 401." in body
        assert client.is_closed()


def test_every_path_needs_authentication() -> None:
    """Also ok.html and what is not there."""
    with (
        Loop() as loop,
        Site(loop, OK, gate=password_gate(loop.ports, "user", "secret")) as site,
    ):
        for path in (b"/", b"/ok.html", b"/nothing", b"/RPC2"):
            assert b" 401 " in site.exchange(b"GET " + path + b" HTTP/1.1\r\n\r\n")
        good = f"Authorization: {basic('user:secret')}\r\n".encode()
        reply = site.exchange(b"GET /ok.html HTTP/1.1\r\n" + good + b"\r\n")
        assert reply.endswith(b"\r\n\r\nOK")


def test_large_body_without_password_is_refused_before_it_is_read() -> None:
    """The client gets its 401 although it goes on sending."""
    length = 20_000_000
    with (
        Loop() as loop,
        Site(
            loop,
            OK,
            gate=password_gate(loop.ports, "user", "secret"),
            limits=Limits(linger_s=1000.0),
        ) as site,
        site.connect() as client,
    ):
        client.send(b"POST /RPC2 HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % length)
        assert client.read_reply()[0].startswith(b"HTTP/1.1 401 ")
        client.send(b"x" * length)
        client.finish()
        assert client.is_closed()
