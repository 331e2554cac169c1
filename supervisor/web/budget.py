"""How much all clients of a server together may have it hold: a limit for each is none for many."""


class Budget:
    """Bytes in use, up to a maximum."""

    __slots__ = ("bytes_max", "used_bytes")

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self.used_bytes = 0

    def take(self, count: int) -> bool:
        """Use that many more bytes; False, and none are used, if there are not enough left."""
        if self.used_bytes + count > self.bytes_max:
            return False
        self.used_bytes += count
        return True

    def give_back(self, count: int) -> None:
        """Use that many less."""
        self.used_bytes -= count
