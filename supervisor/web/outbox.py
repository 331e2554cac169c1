"""Bytes on their way to a client that may be slow to take them."""

from supervisor.web.transport import Transport


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
        while self.parts:
            part = self.parts[0]
            try:
                sent_bytes = sock.send(part)
            except (BlockingIOError, InterruptedError):
                return
            self.sent_bytes += sent_bytes
            if sent_bytes < len(part):
                # The kernel is full: trying on would only ask it to refuse.
                self.parts[0] = memoryview(part)[sent_bytes:]
                return
            del self.parts[0], self._part_bytes[0]

    def clear(self) -> None:
        """Forget what has not been taken."""
        self.parts.clear()
        self._part_bytes.clear()
