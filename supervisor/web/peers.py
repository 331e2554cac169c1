"""Who is the same client for what each may have only so much of.

An address; of IPv6 the network of 64 bits, all of which one customer has; on a unix socket a user
of the system.
"""

from supervisor.sockets import socket


def network_of(peer: str) -> str:
    """What a peer is counted under; `peer` is how a request names it, with its port."""
    host, _, port = peer.rpartition(":")
    if not port.isdigit():
        # On a unix socket, with the user of the system behind it.
        return peer
    try:
        packed = socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
    except OSError:
        return host
    if packed.startswith(_MAPPED):
        return socket.inet_ntop(socket.AF_INET, packed[len(_MAPPED) :])
    return socket.inet_ntop(socket.AF_INET6, packed[:8].ljust(16, b"\0"))


_MAPPED = bytes(10) + b"\xff\xff"
"""Begins the IPv6 address that stands for one of IPv4."""
