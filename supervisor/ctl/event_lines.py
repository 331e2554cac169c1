"""Events as lines, and whom they are about. Pure: structs of the API in, text out."""

import re
import time

from supervisor.ctl.safe_text import printable
from supervisor.hints import Any, Iterable, Mapping
from supervisor.wire.namespec import make_namespec, split_namespec

TYPE_WIDTH = 28
NAME_WIDTH = 20

_KNOWN_HEAD = re.compile(r"(?:(?:processname|groupname):\S*(?: |\Z))*")
_BAD = ("_FATAL", "_BACKOFF", "_UNEXPECTED", "_UNKNOWN")
_GOOD = ("_RUNNING",)
_BAD_COLOUR, _GOOD_COLOUR = 31, 32

Struct = Mapping[str, Any]
"""An event as the JSON API sends it."""


def is_about(event: Struct, names: Iterable[str]) -> bool:
    """Whether an event is about one of these processes or groups."""
    group, process = event.get("group"), event.get("name")
    return any(
        group == wanted_group and wanted_process in (None, process)
        for wanted_group, wanted_process in map(split_namespec, names)
    )


def event_line(event: Struct, *, coloured: bool = False, for_terminal: bool = False) -> str:
    """Time, type, process and the rest of the payload, on one line."""
    kind = str(event.get("type", ""))
    text = _rest(str(event.get("payload", "")))
    parts = [
        _time(event.get("time")),
        f"{kind:<{TYPE_WIDTH}}",
        f"{_subject(event):<{NAME_WIDTH}}",
        text,
    ]
    line = "  ".join(parts).rstrip()
    if for_terminal:
        line = printable(line, styled=coloured)
    colour = _colour(kind) if coloured else None
    return line if colour is None else line.replace(kind, f"\x1b[{colour}m{kind}\x1b[0m", 1)


def _subject(event: Struct) -> str:
    group, process = str(event.get("group") or ""), event.get("name")
    if not group:
        return str(process or "")
    return make_namespec(group, str(process) if process else None)


def _rest(payload: str) -> str:
    """The payload without the names, which stand before it; line ends as escapes."""
    head, line_end, body = payload.rstrip("\n").partition("\n")
    head = _KNOWN_HEAD.sub("", head, count=1)
    lines = [line for line in (head, body if line_end else "") if line]
    return " | ".join(lines).replace("\n", "\\n")


def _time(wall_s: Any) -> str:
    """Local time of day with its date; what is no number stays as it came."""
    if isinstance(wall_s, (int, float)):
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(wall_s))
    return str(wall_s or "")


def _colour(kind: str) -> int | None:
    if kind.endswith(_BAD):
        return _BAD_COLOUR
    return _GOOD_COLOUR if kind.endswith(_GOOD) else None
