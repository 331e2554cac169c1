"""Promised names: conversions from the text of a value, for the sections of plug-ins.

Every function raises ValueError with the text that the daemon itself uses, unless it says more.
Of the package only the rim uses this module: `promised` and `options`.
"""

import os
import pwd
import signal
import socket
from urllib.parse import urlparse

from supervisor.config import convert
from supervisor.config.convert import Lookups
from supervisor.config.environment import parse_pairs
from supervisor.config.surroundings import SystemSurroundings
from supervisor.hints import Any, Callable
from supervisor.levels import LEVELS_BY_DESCRIPTION
from supervisor.promised.sockets import (
    InetStreamSocketConfig,
    SocketConfig,
    UnixStreamSocketConfig,
)

__all__ = [
    "FALSY_STRINGS",
    "LOGFILE_AUTOS",
    "LOGFILE_NONES",
    "LOGFILE_SYSLOGS",
    "SIGNUMS",
    "TRUTHY_STRINGS",
    "Automatic",
    "InetStreamSocketConfig",
    "RangeCheckedConversion",
    "RestartUnconditionally",
    "RestartWhenExitUnexpected",
    "SocketAddress",
    "SocketConfig",
    "SuffixMultiplier",
    "Syslog",
    "UnixStreamSocketConfig",
    "auto_restart",
    "boolean",
    "byte_size",
    "colon_separated_user_group",
    "dict_of_key_value_pairs",
    "existing_directory",
    "existing_dirpath",
    "gid_for_uid",
    "inet_address",
    "integer",
    "list_of_exitcodes",
    "list_of_ints",
    "list_of_strings",
    "logfile_name",
    "logging_level",
    "name_to_gid",
    "name_to_uid",
    "octal_type",
    "port_number",
    "process_or_group_name",
    "profile_options",
    "signal_number",
    "url",
]


class Automatic:
    """Stands for a log file whose name is made up: `AUTO`."""


class Syslog:
    """Stands for the system log: `syslog`."""


class RestartUnconditionally:
    """Stands for `autorestart=true`."""


class RestartWhenExitUnexpected:
    """Stands for `autorestart=unexpected`."""


TRUTHY_STRINGS = ("yes", "true", "on", "1")
FALSY_STRINGS = ("no", "false", "off", "0")

LOGFILE_NONES = ("none", "off", None)
LOGFILE_AUTOS = (Automatic, "auto")
LOGFILE_SYSLOGS = (Syslog, "syslog")

SIGNUMS = [getattr(signal, name) for name in dir(signal) if name.startswith("SIG")]
"""What `signal_number` takes as a number."""

_SIGNALS = frozenset(signal.Signals)
_CALLERS = "callers"


def _lookups() -> Lookups:
    """Questions to the system as it is now; nothing is remembered between two calls."""
    return Lookups(SystemSurroundings())


# -- numbers, words, lists -----------------------------------------------------------------------


def boolean(s: Any) -> bool:
    """True or False for one of the eight words, in any case."""
    word = str(s).lower()
    if word in TRUTHY_STRINGS:
        return True
    if word in FALSY_STRINGS:
        return False
    raise ValueError(f"not a valid boolean value: {s!r}")


def integer(value: Any) -> int:
    """A whole number of any size."""
    return int(value)


def list_of_strings(arg: str | None) -> list[str]:
    """Items between commas, without the blanks around them."""
    if not arg:
        return []
    try:
        return [item.strip() for item in arg.split(",")]
    except (AttributeError, TypeError):
        raise ValueError(f"not a valid list of strings: {arg!r}") from None


def list_of_ints(arg: str | None) -> list[int]:
    """Whole numbers between commas."""
    if not arg:
        return []
    try:
        return [int(item) for item in arg.split(",")]
    except (AttributeError, TypeError, ValueError):
        raise ValueError(f"not a valid list of ints: {arg!r}") from None


def list_of_exitcodes(arg: str | None) -> list[int]:
    """Codes from 0 to 255 between commas."""
    return list(convert.exit_codes(arg, _lookups())) if arg else []


def dict_of_key_value_pairs(arg: str) -> dict[str, str]:
    """Variables as in `environment=`."""
    return parse_pairs(arg).variables


class SuffixMultiplier:
    """A whole number times what its suffix stands for; all suffixes are equally long.

    `default` is the factor of a number without one.
    """

    def __init__(self, d: dict[str, int], default: int = 1) -> None:
        lengths = {len(suffix) for suffix in d}
        if len(lengths) > 1:
            raise ValueError(f"cannot tell suffixes of different lengths apart: {', '.join(d)}")
        self._factors = d
        self._default = default
        self._length = lengths.pop() if lengths else 0

    def __call__(self, v: str) -> int:
        """The number, in any case of its suffix."""
        word = v.lower()
        suffix = word[-self._length :] if self._length else ""
        if suffix in self._factors:
            return int(word[: -self._length]) * self._factors[suffix]
        return int(word) * self._default


byte_size = SuffixMultiplier({"kb": 1024, "mb": 1024**2, "gb": 1024**3})


class RangeCheckedConversion:
    """A conversion whose results have bounds, both of them allowed."""

    def __init__(self, conversion: Callable[[Any], Any], min: Any = None, max: Any = None) -> None:
        self._conversion = conversion
        self._min = min
        self._max = max

    def __call__(self, value: Any) -> Any:
        """What the conversion returns, if it is within the bounds."""
        v = self._conversion(value)
        if self._min is not None and v < self._min:
            raise ValueError(f"{v!r} is below lower bound ({self._min!r})")
        if self._max is not None and v > self._max:
            raise ValueError(f"{v!r} is above upper bound ({self._max!r})")
        return v


port_number = RangeCheckedConversion(integer, min=1, max=0xFFFF)


def octal_type(arg: Any) -> int:
    """A number in octal digits."""
    try:
        return int(arg, 8)
    except (TypeError, ValueError):
        raise ValueError(f"{arg} can not be converted to an octal type") from None


def signal_number(value: Any) -> int:
    """A signal by name, with or without SIG, or by number."""
    number = convert.signal_number(str(value), _lookups())
    return signal.Signals(number) if number in _SIGNALS else number


def auto_restart(value: str) -> Any:
    """RestartUnconditionally, RestartWhenExitUnexpected or False."""
    word = value.lower()
    if word in TRUTHY_STRINGS:
        return RestartUnconditionally
    if word in FALSY_STRINGS:
        return False
    if word == "unexpected":
        return RestartWhenExitUnexpected
    raise ValueError(f"invalid 'autorestart' value {word!r}")


def profile_options(value: str) -> tuple[list[str], bool]:
    """Sort keys of the profiler, and whether callers are wanted."""
    words = [word.lower() for word in list_of_strings(value)]
    return [word for word in words if word != _CALLERS], _CALLERS in words


def process_or_group_name(name: Any) -> str:
    """A name without blank, colon and slash."""
    return convert.name(str(name), _lookups())


# -- logs ----------------------------------------------------------------------------------------


def logfile_name(val: Any) -> Any:
    """Automatic, Syslog, None for none, or a path in a directory that exists."""
    word = val.lower() if hasattr(val, "lower") else val
    if word in LOGFILE_NONES:
        return None
    if word in LOGFILE_AUTOS:
        return Automatic
    if word in LOGFILE_SYSLOGS:
        return Syslog
    return existing_dirpath(val)


def logging_level(value: Any) -> int:
    """Number of a level by its description, in any case."""
    level = LEVELS_BY_DESCRIPTION.get(str(value).lower())
    if level is None:
        raise ValueError(f"bad logging level name {value!r}")
    return int(level)


# -- files, users, addresses ---------------------------------------------------------------------


def existing_directory(v: str) -> str:
    """Path of a directory, `~` expanded."""
    path = os.path.expanduser(v)
    if not os.path.isdir(path):
        raise ValueError(f"{v} is not an existing directory")
    return path


def existing_dirpath(v: str) -> str:
    """Path of a file whose directory exists, `~` expanded."""
    return convert.path_in_directory(v, _lookups())


def name_to_uid(name: str) -> int:
    """Id of a user by name or number."""
    return _lookups().user(name).uid


def name_to_gid(name: str) -> int:
    """Id of a group by name or number."""
    return _lookups().group_id(name)


def gid_for_uid(uid: int) -> int:
    """Primary group of a user; raises KeyError if there is no such user."""
    return pwd.getpwuid(uid).pw_gid


def colon_separated_user_group(arg: str) -> tuple[int, int]:
    """Ids of `user`, `user:group` or `:group`; -1 for what is not named."""
    try:
        owner = convert.ownership(arg, _lookups())
    except ValueError:
        raise ValueError(f"Invalid user:group definition {arg}") from None
    return -1 if owner.uid is None else owner.uid, -1 if owner.gid is None else owner.gid


def inet_address(s: str) -> tuple[str, int]:
    """Host and port; the host is empty for all interfaces, IPv6 addresses have no brackets."""
    address = convert.tcp_address(s, _lookups())
    return address.host, address.port


def url(value: str) -> str:
    """A text with a scheme, and a host or a path."""
    parts = urlparse(value)
    if parts.scheme and (parts.netloc or parts.path):
        return value
    raise ValueError(f"value {value!r} is not a URL")


class SocketAddress:
    """`family` and `address` of a unix path, or of `host:port`."""

    def __init__(self, s: str) -> None:
        self.family: int
        self.address: str | tuple[str, int]
        if "/" in s or ":" not in s:
            self.family, self.address = socket.AF_UNIX, s
        else:
            self.family, self.address = socket.AF_INET, inet_address(s)
