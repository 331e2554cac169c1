"""Where a daemon listens."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.client.address import InetAddress, UnixAddress, parse_serverurl


@pytest.mark.parametrize(
    ("serverurl", "address", "host"),
    [
        ("unix:///run/s.sock", UnixAddress("/run/s.sock"), "localhost"),
        ("unix://relative.sock", UnixAddress("relative.sock"), "localhost"),
        ("http://localhost:9001", InetAddress("localhost", 9001), "localhost:9001"),
        ("http://example.org", InetAddress("example.org", 80), "example.org"),
        ("http://example.org:80/", InetAddress("example.org", 80), "example.org"),
        ("http://[::1]:9001", InetAddress("::1", 9001), "[::1]:9001"),
    ],
)
def test_server_url_names_an_address(
    serverurl: str, address: UnixAddress | InetAddress, host: str
) -> None:
    """`http://host[:port]`, default port 80, or `unix://path`; IPv6 in brackets."""
    assert parse_serverurl(serverurl) == address
    assert address.host == host


@pytest.mark.parametrize("serverurl", ["ftp://x", "https://", "http://", "x", "", None])
def test_other_server_url_is_refused(serverurl: str | None) -> None:
    """Any other scheme raises ValueError `Unknown protocol for serverurl X`."""
    with pytest.raises(ValueError, match="Unknown protocol for serverurl"):
        parse_serverurl(serverurl)


def test_server_url_with_an_impossible_port_is_refused() -> None:
    """A port is a number up to 65535."""
    with pytest.raises(ValueError, match=r"[Pp]ort"):
        parse_serverurl("http://localhost:99999")


@given(st.text("aZ9.-:/@[]_ü%", max_size=12))
def test_short_way_to_read_a_url_leads_where_the_long_one_does(rest: str) -> None:
    """Host and port are those of `urlsplit`, or it refuses, too."""
    url = f"http://{rest}"
    try:
        parts = urlsplit(url)
        expected = InetAddress(parts.hostname, parts.port or 80) if parts.hostname else None
    except ValueError:
        expected = None
    try:
        found = parse_serverurl(url)
    except ValueError:
        found = None
    assert found == expected
