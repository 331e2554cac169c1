"""The settings of a process, key by key, as a configuration file would say them: for people.

Those that a file sets come first, as they stand there; then all others with their defaults.
"""

from supervisor.config.option import Option
from supervisor.config.places import read_places
from supervisor.config.reading import Options
from supervisor.config.sections import fcgi, listener, program
from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.program import ProcessSettings
from supervisor.config.values import (
    Account,
    AutoLog,
    Autorestart,
    FcgiAddress,
    FileLog,
    Origin,
    Ownership,
)
from supervisor.config.valuetypes import BYTES, OCTAL, SIGNAL
from supervisor.enums import Enum
from supervisor.hints import Any, Iterator, Mapping
from supervisor.signals import NAMES
from supervisor.tuples import NamedTuple

_SUFFIXES = ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB"))
_AUTORESTART = {Autorestart.ALWAYS: "true", Autorestart.NEVER: "false"}


class ToldKey(NamedTuple):
    """A key of a process."""

    key: str
    value: str
    public: str
    """The value for those who may not see secrets."""
    place: Origin | None
    """Where it is set; None for a default."""


def told_keys(
    group: GroupSettings, process: ProcessSettings, log_paths: Mapping[str, str]
) -> list[ToldKey]:
    """All keys; `log_paths` has the files of the channels, whose names may have been made up."""
    places = read_places(process.places, process.origin.file)
    told = [
        ToldKey(option.key, value, public, places.get(option.key))
        for option, value, public in _values(group, process, log_paths)
    ]
    order = {key: number for number, key in enumerate(places)}
    return sorted(told, key=lambda each: order.get(each.key, len(order)))


def _values(
    group: GroupSettings, process: ProcessSettings, log_paths: Mapping[str, str]
) -> Iterator[tuple[Option, str, str]]:
    for option, value in _all_options(group, process):
        if option.key == "environment":
            variables = ", ".join(f'{name}="{text}"' for name, text in value.items())
            yield option, variables, ", ".join(value)
            continue
        text = _text(value, option)
        if isinstance(value, AutoLog) and option.key in log_paths:
            text = f"AUTO: {log_paths[option.key]}"
        yield option, text, text


def _all_options(group: GroupSettings, process: ProcessSettings) -> Iterator[tuple[Option, Any]]:
    parts: tuple[tuple[Options, Any], ...] = (
        (program.OPTIONS, process),
        (listener.OPTIONS, group.listener),
        (fcgi.OPTIONS, process.fcgi),
    )
    for options, settings in parts:
        if settings is not None:
            for name, option in options.items():
                yield option, getattr(settings, name)


def _text(value: Any, option: Option) -> str:
    """A value in the words of the file."""
    if value is None or value == "":
        return option.shown_default or "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Autorestart):
        return _AUTORESTART.get(value, value.value)
    if isinstance(value, Enum):
        return str(value.value).upper() if option.key.endswith("logfile") else str(value.value)
    if isinstance(value, int):
        return _number(value, option)
    if isinstance(value, tuple):
        return _tuple(value)
    return str(value)


def _number(value: int, option: Option) -> str:
    if option.type is SIGNAL:
        return NAMES[value].removeprefix("SIG") if value in NAMES else str(value)
    if option.type is OCTAL:
        return f"{value:03o}"
    if option.type is BYTES and value:
        for unit, suffix in _SUFFIXES:
            if value % unit == 0:
                return f"{value // unit}{suffix}"
    return str(value)


def _tuple(value: tuple[Any, ...]) -> str:
    if isinstance(value, FileLog):
        return value.path
    if isinstance(value, FcgiAddress):
        return value.url
    if isinstance(value, Account):
        return value.name if value.gid is None else f"{value.name}:{value.gid}"
    if isinstance(value, Ownership):
        return ":".join("" if each is None else str(each) for each in value).rstrip(":")
    return ",".join(map(str, value))
