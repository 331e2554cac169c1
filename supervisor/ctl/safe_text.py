r"""What a process has written, as a terminal may show it.

A log may contain anything, and a terminal obeys what it is sent: it can be made to hide text, to
answer with keys that nobody typed, or to write to the clipboard. So only colours and other styles
pass (SGR, ``ESC [ … m``); every other control character, and every byte that is not UTF-8, is shown
as an escape such as ``\x1b``. Text that does not go to a terminal is nobody's business here: it
stays as it is, to the byte.
"""

import os
import re

from supervisor.hints import IO, Any, Mapping

STYLE_END = "\x1b[0m"
_STYLE = re.compile(r"\x1b\[[0-9;:]{0,64}m")
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202d\u202e]")
"""All but Tab; also what turns the direction of everything that follows."""


def printable(text: str, *, styled: bool = True) -> str:
    """A line as a terminal may show it, its styles ended or (unless `styled`) left out."""
    if not _CONTROL.search(text):
        return text
    parts = []
    end = 0
    for style in _STYLE.finditer(text):
        parts.append(_CONTROL.sub(_escape, text[end : style.start()]))
        if styled:
            parts.append(style[0])
        end = style.end()
    parts.append(_CONTROL.sub(_escape, text[end:]))
    # Whoever has coloured his line must not colour those of others.
    return "".join(parts) + (STYLE_END if styled and end else "")


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def text_of(data: bytes) -> str:
    r"""Bytes as text; what is not UTF-8 becomes an escape such as ``\xff``."""
    return data.decode("utf-8", "backslashreplace")


def is_terminal(stream: IO[Any] | None) -> bool:
    """True if somebody looks at it."""
    return stream is not None and stream.isatty()


def may_colour(stream: IO[Any] | None, environment: Mapping[str, str] = os.environ) -> bool:
    """True for a terminal that is not dumb, unless NO_COLOR asks for none (no-color.org)."""
    return (
        is_terminal(stream)
        and not environment.get("NO_COLOR")
        and environment.get("TERM") != "dumb"
    )
