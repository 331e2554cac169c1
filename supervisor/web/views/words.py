"""Numbers, times and states in words: each is said in one way on all pages."""

import time

from supervisor.states import ProcessStates, SupervisorStates

_MINUTE_S, _HOUR_S, _DAY_S = 60, 60 * 60, 24 * 60 * 60
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")

STATE_WORDS: dict[int, str] = {
    ProcessStates.STOPPED: "Stopped",
    ProcessStates.STARTING: "Starting",
    ProcessStates.RUNNING: "Running",
    ProcessStates.BACKOFF: "Backoff",
    ProcessStates.STOPPING: "Stopping",
    ProcessStates.EXITED: "Exited",
    ProcessStates.FATAL: "Fatal",
    ProcessStates.UNKNOWN: "Unknown",
}

MOOD_WORDS: dict[int, str] = {
    SupervisorStates.RUNNING: "running",
    SupervisorStates.FATAL: "running, with a problem",
    SupervisorStates.RESTARTING: "restarting",
    SupervisorStates.SHUTDOWN: "shutting down",
}


def span(seconds: float) -> str:
    """A length of time, in at most two units: ``3 d 4 h``, ``14 min``, ``2 s``."""
    whole_s = max(0, int(seconds))
    if whole_s < _MINUTE_S:
        return f"{whole_s} s"
    if whole_s < _HOUR_S:
        return f"{whole_s // _MINUTE_S} min"
    if whole_s < _DAY_S:
        hours, minutes = divmod(whole_s // _MINUTE_S, 60)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(whole_s // _HOUR_S, 24)
    return f"{counted(days)} d {hours} h" if hours and days < 100 else f"{counted(days)} d"


def ago(seconds: float) -> str:
    """How long ago something was, in one unit: ``now``, ``40 s ago``, ``3 d ago``."""
    whole_s = int(seconds)
    if whole_s < 3:
        return "now"
    for unit_s, unit in ((_DAY_S, "d"), (_HOUR_S, "h"), (_MINUTE_S, "min")):
        if whole_s >= unit_s:
            return f"{counted(whole_s // unit_s)} {unit} ago"
    return f"{whole_s} s ago"


def counted(number: int) -> str:
    """With separators of thousands."""
    return f"{number:,}" if number >= 1000 else str(number)


def plural(number: int, one: str, many: str | None = None) -> str:
    """``1 process``, ``26 processes``; `many` is `one` and an s unless it is given."""
    return f"{counted(number)} {one if number == 1 else many or one + 's'}"


def processes(number: int, *, are_yours: bool = False) -> str:
    """``1 process``, ``26 processes``; of somebody who sees only some: ``3 of your processes``."""
    if are_yours:
        return f"{counted(number)} of your processes"
    return plural(number, "process", "processes")


def size(count_bytes: int) -> str:
    """In one unit with at most three digits: ``412 MB``, ``1.5 GB``; a kB has 1,000 bytes."""
    value = float(count_bytes)
    for unit in _UNITS[:-1]:
        if value < 999.5:
            return f"{value:.1f} {unit}" if unit != "B" and value < 9.95 else f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.0f} {_UNITS[-1]}"


def percent(value: float) -> str:
    """Of one processor."""
    return f"{value:.1f} %" if value < 99.95 else f"{value:,.0f} %"


def clock_time(wall_s: float) -> str:
    """Time of day where the daemon is."""
    return time.strftime("%H:%M:%S", time.localtime(wall_s))


def date_time(wall_s: float) -> str:
    """Day and time where the daemon is."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(wall_s))


def machine_time(wall_s: float) -> str:
    """For the `datetime` of a ``<time>``: UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(wall_s))


def sentence(text: str) -> str:
    """Beginning with a capital letter, and ending in a full stop."""
    text = text.strip()
    if not text:
        return text
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?…" else f"{text}."


def names(given: list[str], shown_max: int = 5) -> str:
    """Some names: ``a, b and c``, ``a, b, c and 12 more``."""
    if len(given) > shown_max:
        return f"{', '.join(given[: shown_max - 1])} and {counted(len(given) - shown_max + 1)} more"
    return " and ".join(filter(None, (", ".join(given[:-1]), *given[-1:])))
