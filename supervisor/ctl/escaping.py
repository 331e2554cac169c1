"""What is typed becomes what can be sent: XML has no place for most control characters.

Nothing in a daemon can have such a name, so a line with one goes on as its escape, and is answered
as any other unknown name, in text that a terminal can show.
"""

from supervisor.expressions import expression

_UNSENDABLE = expression("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_UNDECODED_BYTES = range(0xDC80, 0xDD00)
"""Where Python puts the bytes of an argument that are not UTF-8."""


def sendable(line: str) -> str:
    r"""The line with everything that XML cannot carry written as `\x1b` or `\ufffe`."""
    if line.isascii() and line.isprintable():
        # Nearly all that is typed: no expression is needed for it.
        return line
    return _UNSENDABLE.sub(lambda found: _escape(ord(found[0])), line)


def _escape(code: int) -> str:
    if code in _UNDECODED_BYTES:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
