"""What an event listener can say: the messages that are found in its standard output.

Part of the vocabulary: `wire.listener` finds them in bytes, `core.listener` decides on them.
"""

from supervisor.tuples import NamedTuple


class ReadyToken(NamedTuple):
    """It wants an event."""

    followed: bool = False
    """More output came with it, which is not allowed: the next token is `Garbage` and at hand.
    What was printed before an event was sent cannot be the answer to it."""


class ResultToken(NamedTuple):
    """It is done with its event."""

    body: bytes
    word: bytes = b"RESULT "
    """The seven bytes before the length: not what they should be in some listeners (E7)."""


class BadResultLine(NamedTuple):
    """A line where a result was expected."""

    line: bytes
    """Without its line feed; no more of it than the longest result line has."""
    reason: str = ""
    """Which limit it exceeds, or what it lacks, if that is not plain to see."""


class Garbage(NamedTuple):
    """Output that is no token where one was expected, or output where none was."""

    data: bytes
    """The beginning of it."""


Token = ReadyToken | ResultToken | BadResultLine | Garbage
