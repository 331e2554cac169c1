"""Text → typed value, one function per type of the manual.

Every function raises ValueError with the reference text, which clients and scripts compare.
"""

import os.path

from supervisor.config.environment import Pairs, parse_pairs
from supervisor.config.surroundings import Surroundings, UserRecord
from supervisor.config.values import (
    AUTO_LOG,
    NO_LOG,
    SYSLOG,
    Account,
    AfterRetries,
    Autorestart,
    ChildLog,
    FcgiAddress,
    FileLog,
    MainLog,
    Ownership,
    StoredToken,
    SyslogLog,
    TcpAddress,
    UserRole,
)
from supervisor.expressions import expression
from supervisor.levels import LEVELS_BY_DESCRIPTION, Level
from supervisor.signals import signal

_TRUE_WORDS = frozenset({"yes", "true", "on", "1"})
_FALSE_WORDS = frozenset({"no", "false", "off", "0"})
_BYTE_SUFFIXES = {"kb": 1024, "mb": 1024**2, "gb": 1024**3}
_INTEGER_MAX = 2**63 - 1
_PORT_MAX = 65535
_NAME_CHARACTERS_REFUSED = " :/"
_MODE_BITS = 0o7777
_HOST_NAME = expression(r"(\*\.)?[\w.-]+|[0-9a-f:.]+")
_TCP_URL = expression(r"tcp://([^\s:]+|\[[^\s\[\]]+\]):(\d+)")


class Lookups:
    """Questions to the system, each asked once however many programs ask it."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self.child_log_base = surroundings.cwd
        """Directory that relative log paths of children refer to."""
        self._directories: dict[str, bool] = {}
        self._users: dict[str, UserRecord | None] = {}

    def is_dir(self, path: str) -> bool:
        """Whether a path, relative to the start directory, is a directory."""
        known = self._directories.get(path)
        if known is None:
            known = self._directories[path] = self.surroundings.is_dir(path)
        return known

    def user(self, text: str) -> UserRecord:
        """The user with this id or login name. Raises ValueError if there is none."""
        if text not in self._users:
            uid = _number(text)
            if uid is None:
                self._users[text] = self.surroundings.user_by_name(text)
            else:
                self._users[text] = self.surroundings.user_by_uid(uid)
        found = self._users[text]
        if found is None:
            raise ValueError(f"Invalid user {_kind_of_name(text)} {text}")
        return found

    def group_id(self, text: str) -> int:
        """Id of the group with this id or name. Raises ValueError if there is none."""
        number = _number(text)
        if number is None:
            gid = self.surroundings.group_by_name(text)
        else:
            gid = self.surroundings.group_by_gid(number)
        if gid is None:
            raise ValueError(f"Invalid group {_kind_of_name(text)} {text}")
        return gid


def string(text: str, lookups: Lookups) -> str:
    """Anything."""
    return text


def integer(text: str, lookups: Lookups) -> int:
    """Whole number with sign, as Python reads it."""
    return _bounded(int(text), text)


def boolean(text: str, lookups: Lookups) -> bool:
    """One of the eight words, in any case."""
    word = text.lower()
    if word in _TRUE_WORDS:
        return True
    if word in _FALSE_WORDS:
        return False
    raise ValueError(f"not a valid boolean value: {text!r}")


def autorestart(text: str, lookups: Lookups) -> Autorestart:
    """A boolean word, or ``unexpected``."""
    word = text.lower()
    if word in _TRUE_WORDS:
        return Autorestart.ALWAYS
    if word in _FALSE_WORDS:
        return Autorestart.NEVER
    if word == "unexpected":
        return Autorestart.UNEXPECTED
    raise ValueError(f"invalid 'autorestart' value {word!r}")


def after_retries(text: str, lookups: Lookups) -> AfterRetries:
    """``drop`` or ``fatal``, in any case."""
    try:
        return AfterRetries(text.lower())
    except ValueError:
        raise ValueError(f"invalid 'event_max_retries_action' value {text!r}") from None


def user_role(text: str, lookups: Lookups) -> UserRole:
    """The one that may do most of a comma list of roles."""
    order = tuple(UserRole)
    try:
        return max((UserRole(word.strip().lower()) for word in text.split(",")), key=order.index)
    except ValueError:
        raise ValueError(f"invalid 'roles' value {text!r}") from None


def patterns(text: str, lookups: Lookups) -> tuple[str, ...]:
    """Comma list of at least one shell pattern."""
    found = words(text, lookups)
    if not found or not all(found):
        raise ValueError(f"not a list of patterns: {text!r}")
    return found


def host_names(text: str, lookups: Lookups) -> tuple[str, ...]:
    """Comma list of names or addresses without a port, in lower case, brackets left out."""
    found = tuple(word.lower().removeprefix("[").removesuffix("]") for word in words(text, lookups))
    if not all(_HOST_NAME.fullmatch(name) for name in found):
        raise ValueError(f"not a list of host names: {text!r}")
    return found


def tokens(text: str, lookups: Lookups) -> tuple[StoredToken, ...]:
    """Tokens as they are stored, see `supervisor.config.secrets`."""
    # Late, because only configurations with users pay for the import.
    from supervisor.config.secrets import stored_tokens

    return stored_tokens(text)


def byte_size(text: str, lookups: Lookups) -> int:
    """Bytes, with an optional suffix of 1024, 1024² or 1024³."""
    word = text.lower()
    factor = _BYTE_SUFFIXES.get(word[-2:])
    if factor is None:
        return _bounded(int(word), text)
    return _bounded(int(word[:-2]) * factor, text)


def octal(text: str, lookups: Lookups) -> int:
    """Mode bits in octal; bits beyond the twelve of a mode mean nothing to the system."""
    try:
        return int(text, 8) & _MODE_BITS
    except (ValueError, TypeError):
        raise ValueError(f"{text} can not be converted to an octal type") from None


def signal_number(text: str, lookups: Lookups) -> int:
    """Name, with or without SIG, or number of a signal of this system."""
    try:
        number = int(text)
    except ValueError:
        return _signal_by_name(text)
    if number not in _signal_table().values():
        raise ValueError(f"value {text!r} is not a valid signal number")
    return number


def exit_codes(text: str, lookups: Lookups) -> tuple[int, ...]:
    """Comma list of codes from 0 to 255, maybe empty."""
    try:
        codes = tuple(int(item) for item in text.split(",")) if text.strip() else ()
    except ValueError:
        codes = (-1,)
    if any(not 0 <= code <= 255 for code in codes):
        raise ValueError(f"not a valid list of exit codes: {text!r}")
    return codes


def level(text: str, lookups: Lookups) -> Level:
    """Level of the main log by its description, in any case."""
    found = LEVELS_BY_DESCRIPTION.get(text.lower())
    if found is None:
        raise ValueError(f"bad logging level name {text!r}")
    return found


def account(text: str, lookups: Lookups) -> Account:
    """``user`` or ``user:group``, each by name or id."""
    user, colon, group = text.partition(":")
    record = lookups.user(user)
    gid = lookups.group_id(group) if colon else None
    return Account(record.name, record.uid, gid, record.gid)


def sole_user(text: str, lookups: Lookups) -> Account:
    """A user by name or id, without a group."""
    record = lookups.user(text)
    return Account(record.name, record.uid, None, record.gid)


def ownership(text: str, lookups: Lookups) -> Ownership:
    """``user``, ``user:group`` or ``:group``, for a file; what is not named stays unchanged."""
    user, colon, group = text.partition(":")
    uid = lookups.user(user).uid if user or not colon else None
    return Ownership(uid, lookups.group_id(group) if colon else None)


def directory(text: str, lookups: Lookups) -> str:
    """Path of a directory, ``~`` expanded."""
    path = lookups.surroundings.expand_home(text)
    if not path or not lookups.is_dir(path):
        raise ValueError(f"{text} is not an existing directory")
    return os.path.join(lookups.surroundings.cwd, path)


def path_in_directory(text: str, lookups: Lookups) -> str:
    """Path of a file whose directory exists, ``~`` expanded, maybe relative."""
    path = lookups.surroundings.expand_home(text)
    head = os.path.dirname(path)
    if head and not lookups.is_dir(head):
        raise ValueError(f"The directory named as part of the path {text} does not exist")
    return path


def absolute_path_in_directory(text: str, lookups: Lookups) -> str:
    """Like `path_in_directory`, but absolute: seen from the start directory."""
    path = path_in_directory(text, lookups)
    return os.path.normpath(os.path.join(lookups.surroundings.cwd, path))


def absolute_path(text: str, lookups: Lookups) -> str:
    """Path of anything, ``~`` expanded, absolute."""
    path = lookups.surroundings.expand_home(text.strip())
    return os.path.normpath(os.path.join(lookups.surroundings.cwd, path))


def main_log(text: str, lookups: Lookups) -> MainLog:
    """``syslog``, or an absolute path."""
    if text == "syslog":
        return SYSLOG
    return FileLog(absolute_path_in_directory(text, lookups))


def child_log(text: str, lookups: Lookups) -> ChildLog | SyslogLog:
    """``AUTO``, ``NONE``, ``syslog`` or a path, which may be relative."""
    # Today's files need %%%% for a percent sign, because the reference expands these values twice;
    # one expansion and this make both spellings work (C1).
    text = text.replace("%%", "%")
    word = text.lower()
    if word in ("none", "off", ""):
        return NO_LOG
    if word == "auto":
        return AUTO_LOG
    if word == "syslog":
        return SYSLOG
    path = lookups.surroundings.expand_home(text)
    head = os.path.join(lookups.child_log_base, os.path.dirname(path))
    # What matters is where the file will lie; the start directory is where the reference looks.
    if lookups.is_dir(head):
        return FileLog(path)
    return FileLog(path_in_directory(text, lookups))


def name(text: str, lookups: Lookups) -> str:
    """Name of a program, group or process."""
    stripped = text.strip()
    for character in stripped:
        if character in _NAME_CHARACTERS_REFUSED:
            raise ValueError(f"Invalid name: {stripped!r} because of character: {character!r}")
    return stripped


def words(text: str, lookups: Lookups) -> tuple[str, ...]:
    """Comma list; an empty text is an empty list, an empty item stays an item."""
    if not text.strip():
        return ()
    return tuple(item.strip() for item in text.split(","))


def environment(text: str, lookups: Lookups) -> Pairs:
    """Variables, see `supervisor.config.environment`."""
    return parse_pairs(text)


def tcp_address(text: str, lookups: Lookups) -> TcpAddress:
    """``port``, ``:port``, ``*:port``, ``host:port``, ``[ipv6]:port`` or ``ipv6:port``."""
    host, colon, port = text.rpartition(":")
    if not colon:
        try:
            return TcpAddress("", port_number(text))
        except ValueError:
            raise ValueError(f"not a valid port number: {text!r} ") from None
    host = host.strip().lower()
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if not port:
        raise ValueError("no port number specified in ''")
    return TcpAddress("" if host == "*" else host, port_number(port))


def server_url(text: str, lookups: Lookups) -> str:
    """Where a daemon listens; the path of a unix socket becomes absolute."""
    scheme = "unix://"
    if not text.startswith(scheme):
        return text
    return scheme + absolute_path(text[len(scheme) :], lookups)


def fcgi_address(text: str, lookups: Lookups) -> FcgiAddress:
    """``tcp://host:port``, with IPv6 addresses in brackets, or ``unix:///absolute/path``."""
    if text.startswith("unix://"):
        path = text[len("unix://") :]
        if not path.startswith("/"):
            raise ValueError(f"Unix socket path {path} is not an absolute path")
        return FcgiAddress(text, path, "", 0)
    match = _TCP_URL.fullmatch(text)
    if match is None:
        raise ValueError(f"Bad socket format {text}")
    return FcgiAddress(text, None, match[1], port_number(match[2]))


def port_number(text: str) -> int:
    """Number of a TCP port."""
    number = int(text)
    if number > _PORT_MAX:
        raise ValueError(f"{number} is above upper bound ({_PORT_MAX})")
    if number < 1:
        raise ValueError(f"{number} is below lower bound (1)")
    return number


def _bounded(number: int, text: str) -> int:
    if not -_INTEGER_MAX <= number <= _INTEGER_MAX:
        raise ValueError(f"{text} does not fit into 64 bits")
    return number


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _kind_of_name(text: str) -> str:
    return "name" if _number(text) is None else "id"


def _signal_by_name(text: str) -> int:
    word = text.strip().upper()
    found = _signal_table().get(word if word.startswith("SIG") else "SIG" + word)
    if found is None:
        raise ValueError(f"value {text!r} is not a valid signal name")
    return found


def _signal_table() -> dict[str, int]:
    if not _SIGNALS:
        for attribute, value in vars(signal).items():
            # SIG_DFL and its like are no signals, but files with stopsignal=_DFL load (C13).
            if attribute.startswith("SIG") and isinstance(value, int):
                _SIGNALS[attribute] = int(value)
    return _SIGNALS


_SIGNALS: dict[str, int] = {}
