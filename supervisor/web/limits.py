"""Every bound of the HTTP servers, in one place, with what happens beyond it.

The bounds are generous: they are there so that no client can exhaust the daemon, not to ration
honest ones. Log followers and clients waiting for a deferred answer are never timed out. Neither
are idle connections (a `supervisorctl` left open over night must work in the morning), but they
are the first to go when room is needed.
"""

from supervisor.tuples import NamedTuple

RECEIVE_BYTES = 65536
"""Bytes taken from one socket per turn of the loop; the rest waits for the next turn."""

STREAM_READ_BYTES = 65536
"""Bytes of a followed log that are read, and so held for one client, at a time."""

REQUESTS_PER_TURN_MAX = 16
"""Pipelined requests of one client answered in one turn; the rest waits for the next turn."""

REQUESTS_S_MAX = 0.002
"""No further one of them is begun in that turn when those before have taken so long."""

ACCEPTS_PER_TURN_MAX = 64
"""Connections accepted on one socket per turn; the rest waits in the backlog of the kernel."""

JOIN_BYTES_MAX = 65536
"""Bodies up to this size leave in one write with their head; larger ones are not copied."""

LOGGED_BODY_BYTES_MAX = 4096
"""Bytes of a request body that a log line quotes."""

LOGGED_LINE_CHARS_MAX = 1024
"""Characters of a request line that a log line quotes."""


class Limits(NamedTuple):
    """Bounds that apply to each server."""

    request_line_bytes_max: int = 16 * 1024
    """Longer: 414."""
    head_bytes_max: int = 64 * 1024
    """Request line and headers together; longer: 431."""
    body_bytes_max: int = 24 * 1024 * 1024
    """As much data as is kept for a stdin pipe (16 MiB), in base64, and some room; longer: 413.
    Reading one takes 0.1 to 0.3 s, or 1 s if it consists of line ends."""
    bodies_bytes_max: int = 256 * 1024 * 1024
    """Of all bodies that are arriving at one server; whoever sends more then: 503."""
    owed_bytes_max: int = 64 * 1024 * 1024
    """Of all answers of one server that wait for slow clients; beyond it those who have stalled are
    closed, if none has: 503 to whoever asks for a large one."""
    pipelined_bytes_max: int = 64 * 1024
    """Sent ahead of an answer; beyond it the client is not read until the answer is out."""
    connections_max: int = 2000
    """Open at a time on one server; beyond it the longest idle one is closed, if none is: 503."""
    refusals_max: int = 64
    """Connections being told 503 at a time; beyond it they are closed without a word."""
    handshake_s: float = 10.0
    """From the acceptance of a TLS connection to the end of the handshake; longer: closed."""
    handshakes_max: int = 64
    """Handshakes of TLS under way at a time on one server, 40 KiB each; one more ends the oldest of
    the address that has most of them."""
    handshakes_peer_max: int = 16
    """The same of one address; one more ends its oldest."""
    head_s: float = 30.0
    """From the first byte of a request to the end of its headers; longer: 408."""
    body_s: float = 30.0
    """In each such period `body_bytes_min` must arrive or the body be complete; else: 408."""
    body_bytes_min: int = 1024
    write_s: float = 60.0
    """Without taking a byte of a reply; longer: closed."""
    linger_s: float = 2.0
    """For a refused client to read the refusal before the socket is closed."""
    accept_retry_s: float = 1.0
    """Pause after the system had no file descriptor left for a connection."""


DEFAULT_LIMITS = Limits()
