"""Which clients count as one."""

import pytest

from supervisor.web.peers import network_of


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("192.0.2.1:80", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6:80", "2001:db8:1:2::"),
        ("2001:db8:1:2::9:80", "2001:db8:1:2::"),
        ("::1:80", "::"),
        ("fe80::1%eth0:80", "fe80::"),
        ("::ffff:192.0.2.1:80", "192.0.2.1"),
        ("localhost:0 (uid 1000)", "localhost:0 (uid 1000)"),
        ("localhost:0", "localhost"),
    ],
)
def test_peer_is_an_address_a_network_or_a_user(peer: str, network: str) -> None:
    """Somebody with IPv6 has 2**64 addresses."""
    assert network_of(peer) == network
