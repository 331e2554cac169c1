"""Time stamps that are formatted once per second, however many lines are written."""

import time


class SecondStamp:
    """Formats wall time (local) by a strftime format with a resolution of seconds."""

    __slots__ = ("_format", "_second", "_text")

    def __init__(self, strftime_format: str) -> None:
        self._format = strftime_format
        self._second: int | None = None
        self._text = ""

    def __call__(self, wall_s: float) -> str:
        """The formatted second which that time belongs to."""
        second = int(wall_s)
        if second != self._second:
            self._second = second
            self._text = time.strftime(self._format, time.localtime(second))
        return self._text
