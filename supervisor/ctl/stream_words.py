"""The words behind `logs` and `events`: flags and names, in any order. Pure."""

import getopt

from supervisor.ctl.output import UsageError, is_json
from supervisor.tuples import NamedTuple

LOG_FLAGS = (
    "follow", "lines=", "stdout", "stderr", "prefix", "no-prefix", "raw", "output=", "json",
)  # fmt: skip
EVENT_FLAGS = ("follow", "type=", "count=", "output=", "json")
LINES_DEFAULT = 100
LINES_DEFAULT_FOLLOWING = 10
CHANNELS = ("stdout", "stderr")
DIGITS_MAX = 9
ALL_EVENTS = "EVENT"
"""The type that is above all others but the settled states, as for event listeners."""


class LogWords(NamedTuple):
    """What the words behind `logs` say."""

    names: tuple[str, ...]
    channels: tuple[str, ...]
    lines_max: int | None
    follows: bool
    prefixed: bool | None
    """None: if there is more than one process."""
    raw: bool
    as_json: bool


def parse_logs(argument: str) -> LogWords:
    """Flags and names, in any order. Raises UsageError."""
    try:
        found, names = getopt.gnu_getopt(argument.split(), "fn:", LOG_FLAGS)
    except getopt.GetoptError as error:
        raise UsageError(error.msg) from None
    flags = {{"-f": "--follow", "-n": "--lines"}.get(flag, flag): value for flag, value in found}
    if not names:
        raise UsageError("logs requires a process name")
    follows = "--follow" in flags
    count = flags.get("--lines", str(LINES_DEFAULT_FOLLOWING if follows else LINES_DEFAULT))
    if count != "all" and not _is_number(count):
        raise UsageError("-n requires a number of lines, or all")
    chosen = tuple(channel for channel in CHANNELS if f"--{channel}" in flags)
    prefix = [flag for flag in flags if flag in ("--prefix", "--no-prefix")]
    return LogWords(
        names=tuple(names),
        channels=chosen or CHANNELS,
        lines_max=None if count == "all" else int(count),
        follows=follows,
        prefixed=prefix[-1] == "--prefix" if prefix else None,
        raw="--raw" in flags,
        as_json="--json" in flags or is_json(flags.get("--output", "table")),
    )


class EventWords(NamedTuple):
    """What the words behind `events` say."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    count_max: int | None
    as_json: bool


def parse_events(argument: str) -> EventWords:
    """Flags and names, in any order. Raises UsageError."""
    try:
        found, names = getopt.gnu_getopt(argument.split(), "fn:", EVENT_FLAGS)
    except getopt.GetoptError as error:
        raise UsageError(error.msg) from None
    flags = {{"-f": "--follow", "-n": "--count"}.get(flag, flag): value for flag, value in found}
    texts = [value for flag, value in found if flag == "--type"]
    types = [name.upper() for text in texts for name in text.split(",") if name]
    if texts and not types:
        raise UsageError("--type requires an event type")
    count = flags.get("--count")
    if count is not None and not (_is_number(count) and int(count)):
        raise UsageError("-n requires a number of events")
    return EventWords(
        names=tuple(names),
        types=tuple(types) or (ALL_EVENTS,),
        count_max=None if count is None else int(count),
        as_json="--json" in flags or is_json(flags.get("--output", "table")),
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX
