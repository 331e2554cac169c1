"""Whether a client has gone for good, or has only said that it will send nothing more.

Reading tells no difference, and some clients of the second kind wait for their answers.
"""

import socket

from supervisor.web.transport import Transport


def has_hung_up(client: Transport) -> bool:
    """True if it cannot read any more; over TCP that is known only after something was sent."""
    if client.type != socket.SOCK_STREAM:
        # There, nothing is a message as well.
        return False
    try:
        client.send(b"")
    except (BlockingIOError, InterruptedError):
        return False
    except OSError:
        return True
    return False
