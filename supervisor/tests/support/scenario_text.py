"""Takes out of an observation what differs from run to run and means nothing.

The rule of this module: pids, times, random names and directories become words in angle brackets;
everything else stays byte for byte.
"""

import pprint
import re
from pathlib import Path
from typing import Any

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), replacement)
    for pattern, replacement in (
        (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ", ""),
        (r"\bpid \d+", "pid <PID>"),
        (r"^((\w+> )*)\d{2,7}$", r"\1<PID>"),
        (r"\((\d+)\)(?= with SIG)", "(<PID>)"),
        (r"uptime (\d+ days?, )?\d+:\d\d:\d\d", "uptime <UPTIME>"),
        (r"\b[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M", "<STOP TIME>"),
        (r"(---[^\s-]+)-[a-z0-9_]{8}\.log", r"\1-<RANDOM>.log"),
        (r"file: \S+ line: \d+", "file: <FILE> line: <LINE>"),
        (r"\bENV_PYTHONPATH, ", ""),
        (r"use \S+ -h$", "use <PROGRAM> -h"),
        (r"(s\.sock)\.\d+", r"\1.<PID>"),
    )
)

_TIMES = frozenset({"start", "stop", "now"})


def normalise(text: str, directory: Path, port: int | None = None) -> str:
    """`text` without the accidents of one run in `directory` and on `port`."""
    text = text.replace(str(directory), "<DIR>")
    if port is not None:
        text = re.sub(rf"\b{port}\b", "<PORT>", text)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def render(value: Any) -> str:
    """An XML-RPC value as text, with times and pids told apart from zero only."""
    return pprint.pformat(_plain(value), width=100, sort_dicts=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _field(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _field(key: str, value: Any) -> Any:
    if key in _TIMES and isinstance(value, int):
        return "<TIME>" if value else 0
    if key == "pid" and isinstance(value, int):
        return "<PID>" if value else 0
    return _plain(value)
