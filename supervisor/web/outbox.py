"""Bytes on their way to a client that may be slow to take them."""

from supervisor.hints import Final
from supervisor.web.transport import Transport

PARTS_COUNT: Final = 64
"""Parts that are offered at once; the system takes a thousand, but its buffer holds two of ours."""


class Outbox:
    """What the kernel has not taken yet; at most one reply, since the next waits for it."""

    __slots__ = ("_part_bytes", "parts", "sent_bytes")

    def __init__(self) -> None:
        self.parts: list[bytes | memoryview] = []
        """In order; only looked at by others, which is quicker than to ask."""
        self._part_bytes: list[int] = []
        """Memory of each part: all of it, also when a piece of it has been taken."""
        self.sent_bytes = 0
        """Bytes taken so far, ever."""

    def __bool__(self) -> bool:
        return bool(self.parts)

    @property
    def held_bytes(self) -> int:
        """Memory that is held for the client."""
        return sum(self._part_bytes)

    def put(self, *parts: bytes) -> None:
        """Queue these, in order; empty ones are left out."""
        for part in parts:
            if part:
                self.parts.append(part)
                self._part_bytes.append(len(part))

    def flush(self, sock: Transport) -> None:
        """Hand over as much as the kernel takes now. Raises OSError when the client has gone."""
        parts = self.parts
        while parts:
            try:
                if len(parts) == 1:
                    sent_bytes = sock.send(parts[0])
                else:
                    # One call for a head and the pieces of its answer, which nobody has to join.
                    sent_bytes = sock.sendmsg(parts[:PARTS_COUNT])
            except (BlockingIOError, InterruptedError):
                return
            self.sent_bytes += sent_bytes
            while parts and sent_bytes >= len(parts[0]):
                sent_bytes -= len(parts[0])
                del parts[0], self._part_bytes[0]
            if sent_bytes:
                # The kernel is full: trying on would only ask it to refuse.
                parts[0] = memoryview(parts[0])[sent_bytes:]
                return

    def clear(self) -> None:
        """Forget what has not been taken."""
        self.parts.clear()
        self._part_bytes.clear()
