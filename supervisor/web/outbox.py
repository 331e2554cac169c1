"""Bytes on their way to a client that may be slow to take them."""

from supervisor.web.transport import Transport


class Outbox:
    """What the kernel has not taken yet; at most one reply, since the next waits for it."""

    __slots__ = ("_parts", "sent_bytes")

    def __init__(self) -> None:
        self._parts: list[bytes | memoryview] = []
        self.sent_bytes = 0
        """Bytes taken so far, ever."""

    def __bool__(self) -> bool:
        return bool(self._parts)

    def put(self, *parts: bytes) -> None:
        """Queue these, in order; empty ones are left out."""
        self._parts += [part for part in parts if part]

    def flush(self, sock: Transport) -> None:
        """Hand over as much as the kernel takes now. Raises OSError when the client has gone."""
        while self._parts:
            part = self._parts[0]
            try:
                sent_bytes = sock.send(part)
            except (BlockingIOError, InterruptedError):
                return
            self.sent_bytes += sent_bytes
            if sent_bytes < len(part):
                # The kernel is full: trying on would only ask it to refuse.
                self._parts[0] = memoryview(part)[sent_bytes:]
                return
            del self._parts[0]

    def clear(self) -> None:
        """Forget what has not been taken."""
        self._parts.clear()
