"""https URLs, and how a client says who it is."""

from pathlib import Path

import pytest

from supervisor.client.address import InetAddress, TlsAddress, Trust, parse_serverurl
from supervisor.client.credentials import authorization
from supervisor.client.tls import TlsSettingsError, _context
from supervisor.tests.support.certificates import Authority


@pytest.mark.parametrize(
    ("serverurl", "name", "port", "host"),
    [
        ("https://example.org", "example.org", 443, "example.org"),
        ("https://example.org:9001", "example.org", 9001, "example.org:9001"),
        ("https://[::1]:9001/", "::1", 9001, "[::1]:9001"),
    ],
)
def test_https_url_names_an_address(serverurl: str, name: str, port: int, host: str) -> None:
    """Default port 443; IPv6 in brackets."""
    trust = Trust("ca.crt")
    address = parse_serverurl(serverurl, trust)
    assert address == TlsAddress(name, port, trust)
    assert address.host == host


def test_address_is_its_own_url() -> None:
    """Whoever has one need not know how it was written."""
    address = InetAddress("localhost", 9001)
    assert parse_serverurl(address) is address


def test_token_comes_before_name_and_password() -> None:
    """And what is half there is not sent."""
    assert authorization("u", "p", "t") == "Bearer t"
    assert authorization("u", "p", None) == "Basic dTpw"
    assert authorization("u", None, None) is None
    assert authorization(None, "p", None) is None


@pytest.mark.parametrize("content", [b"", b"garbage", None])
def test_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None) -> None:
    """With the key of [supervisorctl]."""
    odd = tmp_path / "odd.pem"
    if content is not None:
        odd.write_bytes(content)
    with pytest.raises(TlsSettingsError, match=r"cannot use .*odd\.pem: .*; correct ssl_ca in"):
        _context(Trust(str(odd)))
    with pytest.raises(TlsSettingsError, match=r"cannot use .*odd\.pem: .*correct ssl_certfile or"):
        _context(Trust(certfile=str(odd)))


def test_files_may_be_anywhere(tmp_path: Path) -> None:
    """Key and certificate apart or together."""
    made = Authority(tmp_path).issue("client")
    _context(Trust(str(made.ca), True, str(made.certfile), str(made.keyfile)))
    both = tmp_path / "both.pem"
    both.write_bytes(made.certfile.read_bytes() + made.keyfile.read_bytes())
    _context(Trust(None, True, str(both)))
