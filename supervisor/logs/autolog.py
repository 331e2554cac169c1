"""Log files with names of our own making: `AUTO` in the configuration.

``<process>-<channel>---<identifier>-<8 random characters>.log`` in childlogdir, private to the
daemon's user. They outlive the daemon as evidence and are cleaned up by its next start. Daemons
that share childlogdir and identifier delete each other's logs (kept for compatibility).
"""

import errno
import os
import stat

from supervisor.hints import Iterable
from supervisor.levels import Level
from supervisor.logs.filelog import Report
from supervisor.suppressing import suppress
from supervisor.tuples import NamedTuple

AUTO_LOG_MODE = 0o600

_ROOT_UID = 0

_SUFFIX = ".log"
_RANDOM_CHARACTERS = "abcdefghijklmnopqrstuvwxyz012345"
_RANDOM_LENGTH = 8
_ATTEMPTS_MAX = 100
_NAME_BYTES_MAX = 255 - len(".4294967295")
"""Longest file name that leaves room for the number of a backup."""


def auto_log_name(process: str, channel: str, identifier: str, random: str) -> str:
    """File name of an AUTO log; what a file name cannot hold is replaced, or cut off."""
    rest = os.fsencode(f"-{channel}---{_as_file_name(identifier)}-{random}{_SUFFIX}")
    start = os.fsencode(_as_file_name(process))
    return os.fsdecode(start[: max(_NAME_BYTES_MAX - len(rest), 1)] + rest)


def stale_auto_logs(names: Iterable[str], identifier: str) -> list[str]:
    """Those names that are AUTO logs of an earlier daemon of that identifier, and their backups.

    The identifier is taken literally (L19). Whatever follows ``.log`` belongs to the name.
    """
    mark = f"---{_as_file_name(identifier)}-"
    return [name for name in names if _is_auto_log(name, mark)]


def _is_auto_log(name: str, mark: str) -> bool:
    """Whether a name has the mark, then characters that are no blanks, then ``.log``."""
    at = name.find(mark, 1)
    while at >= 0:
        begin = at + len(mark)
        end = name.find(_SUFFIX, begin + 1)
        if end >= 0 and not any(map(str.isspace, name[begin:end])):
            return True
        at = name.find(mark, at + 1)
    return False


def create_auto_log(childlogdir: str, process: str, channel: str, identifier: str) -> str:
    """Create an empty AUTO log that nobody else has; its path. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    for _ in range(_ATTEMPTS_MAX):
        name = auto_log_name(process, channel, identifier, _random_text())
        path = os.path.join(childlogdir, name)
        try:
            os.close(os.open(path, flags, AUTO_LOG_MODE))
        except FileExistsError:
            continue
        return path
    raise FileExistsError(errno.EEXIST, "no free name for a log", childlogdir)


class Leftover(NamedTuple):
    """A file of ours that could not be removed."""

    path: str
    error: OSError


def clean_up_auto_logs(childlogdir: str, identifier: str, report: Report) -> list[Leftover]:
    """Delete the AUTO logs of earlier daemons; what cannot be deleted is reported as WARN.

    Returned are the files that it should have been possible to delete: in a directory that several
    users share, the logs of the others are none of our business.
    """
    try:
        names = os.listdir(childlogdir)
    except OSError:
        report(Level.WARN, "Could not clear childlog dir")
        return []
    leftovers = []
    for name in stale_auto_logs(names, identifier):
        path = os.path.join(childlogdir, name)
        try:
            remove_auto_log(path)
        except OSError as error:
            report(Level.WARN, f"Failed to clean up '{path}'")
            if _is_ours(path):
                leftovers.append(Leftover(path, error))
    return leftovers


def remove_auto_log(path: str) -> None:
    """Delete an AUTO log; a missing one is fine. Raises OSError."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def _is_ours(path: str) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and os.geteuid() in (status.st_uid, _ROOT_UID)


def _as_file_name(text: str) -> str:
    """The text without the two characters that a file name cannot contain."""
    return text.replace("/", "_").replace("\0", "_")


def _random_text() -> str:
    return "".join(_RANDOM_CHARACTERS[byte & 31] for byte in os.urandom(_RANDOM_LENGTH))
