"""Removing ANSI escape sequences from output: ``ESC [`` up to the first final character.

The rule: the bytes removed depend on the stream alone, never on how it was cut into chunks. An
escape sequence that reaches the limit without a final character is none, and is left as it is.
"""

import re

ESCAPE_BYTES_MAX = 256
"""Longest escape sequence that is recognised; also the most that is ever held back."""

_START = rb"\x1b\["
_FINAL = rb"HfABCDRsuJKhlpm"
_MIDDLE_BYTES_MAX = ESCAPE_BYTES_MAX - len(b"\x1b[m")

# Compiled with the first escape sequence: most daemons strip none. Possessive: going back over what
# is not final took four times as long, 0.1 s for a pipe full of sequences without an end.
_ESCAPE = rb"%b[^%b]{0,%d}+[%b]" % (_START, _FINAL, _MIDDLE_BYTES_MAX, _FINAL)
_UNDECIDED = rb"\x1b(?:\[[^%b]{0,%d}+)?\Z" % (_FINAL, _MIDDLE_BYTES_MAX)


class AnsiStripper:
    """A filter on the output of one channel."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes | memoryview) -> bytes:
        """The text in data; keeps back an escape sequence that may be going on."""
        if self._held:
            data = self._held + bytes(data)
        else:
            data = bytes(data)
        if b"\x1b" not in data:
            return data
        undecided = re.compile(_UNDECIDED).search(data, max(len(data) - ESCAPE_BYTES_MAX + 1, 0))
        if undecided is None:
            self._held = b""
            return re.sub(_ESCAPE, b"", data)
        self._held = data[undecided.start() :]
        return re.sub(_ESCAPE, b"", data[: undecided.start()])

    def close(self) -> bytes:
        """What is still kept back: an escape sequence without an end is none."""
        held, self._held = self._held, b""
        return held
