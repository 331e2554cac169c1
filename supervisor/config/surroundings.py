"""Everything the configuration asks the system for; no other module of the ring touches it.

Tests hand in a fake; the daemon makes one `SystemSurroundings` at start and keeps it, so that
relative paths mean the same for ever, wherever the daemon has gone since.
"""

import errno
import os
import pwd
import stat
import sys

from supervisor.hints import Any, Mapping, Protocol
from supervisor.lean import import_module
from supervisor.tuples import NamedTuple

_TEMP_DIR_VARIABLES = ("TMPDIR", "TEMP", "TMP")
_TEMP_DIRS = ("/tmp", "/var/tmp", "/usr/tmp")
_GLOB_CHARACTERS = frozenset("*?[")

_INHERITED = ("/dev/fd/", "/proc/self/fd/", "/dev/stdin")
_CHUNK_BYTES = 1 << 20


class UserRecord(NamedTuple):
    """What the user database says about one user."""

    name: str
    uid: int
    gid: int
    """The primary group."""


class Surroundings(Protocol):
    """What a configuration may depend on besides its own text."""

    @property
    def environ(self) -> Mapping[str, str]:
        """Environment of the process at its start."""

    @property
    def cwd(self) -> str:
        """Directory in which the process was started; relative paths refer to it."""

    @property
    def hostname(self) -> str:
        """Node name of the machine."""

    @property
    def euid(self) -> int:
        """Effective user id of the process."""

    @property
    def encoding(self) -> str:
        """Encoding of text files."""

    def read_file(self, path: str, bytes_max: int) -> bytes:
        """The first `bytes_max` bytes of a regular file. Raises OSError, also for other files."""

    def glob(self, pattern: str) -> list[str]:
        """Paths that match a shell pattern, sorted."""

    def exists(self, path: str) -> bool:
        """Whether there is anything at `path`."""

    def is_dir(self, path: str) -> bool:
        """Whether `path` is a directory."""

    def expand_home(self, path: str) -> str:
        """`path` with a leading ``~`` or ``~user`` replaced, unchanged if that is unknown."""

    def user_by_name(self, name: str) -> UserRecord | None:
        """The user with a login name."""

    def user_by_uid(self, uid: int) -> UserRecord | None:
        """The user with a numeric id."""

    def group_by_name(self, name: str) -> int | None:
        """Numeric id of a group."""

    def group_by_gid(self, gid: int) -> int | None:
        """The same id if a group has it."""

    def resolve_entry_point(self, spec: str) -> Any:
        """Object named by ``package.module:attribute``. May raise anything an import can."""

    def default_childlogdir(self) -> str:
        """The system's directory for temporary files."""


class SystemSurroundings:
    """The machine this process runs on; environment and directory are those of its creation."""

    __slots__ = ("_may_wait", "cwd", "environ")

    def __init__(self, environ: Mapping[str, str] | None = None, cwd: str | None = None) -> None:
        self._may_wait = True
        self.environ: Mapping[str, str] = dict(os.environ) if environ is None else environ
        self.cwd = os.getcwd() if cwd is None else cwd

    @property
    def hostname(self) -> str:
        return os.uname().nodename

    @property
    def euid(self) -> int:
        return os.geteuid()

    @property
    def encoding(self) -> str:
        # The file system encoding follows the locale, as the default of open() does, and is
        # known without importing anything.
        return sys.getfilesystemencoding()

    def read_file(self, path: str, bytes_max: int) -> bytes:
        """As in `Surroundings`; the first file may also be a pipe that our starter handed over.

        It is read to its end, however long ``-c <(command)`` takes. Nothing later is waited for,
        because then a daemon has others to serve.
        """
        may_wait, self._may_wait = self._may_wait, False
        path = self._absolute(path)
        fd = _open_at_once(path)
        try:
            status = os.fstat(fd)
            if may_wait and stat.S_ISFIFO(status.st_mode) and path.startswith(_INHERITED):
                os.set_blocking(fd, True)
            elif not _is_read_at_once(status):
                raise _not_a_file()
            return _read_to_end(fd, bytes_max)
        finally:
            os.close(fd)

    def glob(self, pattern: str) -> list[str]:
        pattern = self._absolute(pattern)
        if "\0" in pattern:
            return []
        if _GLOB_CHARACTERS.isdisjoint(pattern):
            return [pattern] if os.path.lexists(pattern) else []
        # Late, because only configurations with a pattern pay for the import.
        import glob

        return sorted(glob.glob(pattern))

    def exists(self, path: str) -> bool:
        return os.path.exists(self._absolute(path))

    def is_dir(self, path: str) -> bool:
        return os.path.isdir(self._absolute(path))

    def expand_home(self, path: str) -> str:
        return os.path.expanduser(path)

    def user_by_name(self, name: str) -> UserRecord | None:
        try:
            record = pwd.getpwnam(name)
        except (KeyError, ValueError, UnicodeError):
            return None
        return UserRecord(record.pw_name, record.pw_uid, record.pw_gid)

    def user_by_uid(self, uid: int) -> UserRecord | None:
        try:
            record = pwd.getpwuid(uid)
        except (KeyError, OverflowError):
            return None
        return UserRecord(record.pw_name, record.pw_uid, record.pw_gid)

    def group_by_name(self, name: str) -> int | None:
        from grp import getgrnam  # late: a library that hardly any configuration needs

        try:
            return getgrnam(name).gr_gid
        except (KeyError, ValueError, UnicodeError):
            return None

    def group_by_gid(self, gid: int) -> int | None:
        from grp import getgrgid  # late as well

        try:
            return getgrgid(gid).gr_gid
        except (KeyError, OverflowError):
            return None

    @staticmethod
    def resolve_entry_point(spec: str) -> Any:
        module_name, _, attribute = spec.partition(":")
        found: Any = import_module(module_name)
        for name in filter(None, attribute.split(".")):
            found = getattr(found, name)
        return found

    def default_childlogdir(self) -> str:
        named = [self.environ.get(variable) for variable in _TEMP_DIR_VARIABLES]
        for path in [*filter(None, named), *_TEMP_DIRS]:
            path = self._absolute(path)
            if os.path.isdir(path) and os.access(path, os.W_OK | os.X_OK):
                return path
        return self.cwd

    def _absolute(self, path: str) -> str:
        return os.path.join(self.cwd, path)


def _open_at_once(path: str) -> int:
    """Open for reading; no FIFO without writer can hold us. Raises OSError."""
    try:
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise _not_a_file() from error
        raise


def _not_a_file() -> OSError:
    return OSError(errno.EINVAL, "it is not a regular file")


def _is_read_at_once(status: os.stat_result) -> bool:
    """Whether reading neither waits nor goes on for ever; a directory is refused by the read."""
    if stat.S_ISCHR(status.st_mode):
        # People mask a file with a link to the null device.
        return status.st_rdev == os.stat(os.devnull).st_rdev
    return stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)


def _read_to_end(fd: int, bytes_max: int) -> bytes:
    chunks = []
    while bytes_max > 0 and (chunk := os.read(fd, min(bytes_max, _CHUNK_BYTES))):
        chunks.append(chunk)
        bytes_max -= len(chunk)
    return b"".join(chunks)
