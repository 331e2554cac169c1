"""A terminal that shows one picture after the other, in place. Pure: lines in, what to send out.

The screen is not switched to another one, so that the last picture stays when it ends, however it
ends, and nothing has to be put back.
"""

import re

from supervisor.hints import Sequence

_HOME = "\x1b[H"
_CLEAR_ALL = "\x1b[2J"
_CLEAR_LINE_END = "\x1b[K"
_CLEAR_BELOW = "\x1b[J"
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_STYLE_END = "\x1b[0m"


def picture(lines: Sequence[str], columns: int, rows: int, *, first: bool) -> str:
    """What draws the lines; those that do not fit are counted in the last row.

    The last row stays empty, so that the cursor waits there and nothing scrolls.
    """
    room = max(1, rows - 1)
    if len(lines) > room:
        hidden = len(lines) - room + 1
        lines = [*lines[: room - 1], f"… and {hidden} more: name what you want to see"]
    drawn = "".join(f"{cut(line, columns)}{_CLEAR_LINE_END}\n" for line in lines)
    return f"{_CLEAR_ALL if first else ''}{_HOME}{drawn}{_CLEAR_BELOW}"


def cut(line: str, columns: int) -> str:
    """The beginning of a line that fits; styles take no room, and are ended."""
    if len(line) <= columns:
        return line
    parts: list[str] = []
    room, end = columns, 0
    styles = list(_STYLE.finditer(line))
    for style in styles:
        text = line[end : style.start()][:room]
        parts += [text, style[0]]
        room -= len(text)
        end = style.end()
    parts.append(line[end:][:room])
    return "".join(parts) + (_STYLE_END if styles else "")
