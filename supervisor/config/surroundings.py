"""Everything the configuration asks the system for; no other module of the ring touches it.

Tests hand in a fake; the daemon makes one `SystemSurroundings` at start and keeps it, so that
relative paths mean the same for ever, wherever the daemon has gone since.
"""

import grp
import importlib
import os
import pwd
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

_TEMP_DIR_VARIABLES = ("TMPDIR", "TEMP", "TMP")
_TEMP_DIRS = ("/tmp", "/var/tmp", "/usr/tmp")
_GLOB_CHARACTERS = frozenset("*?[")


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
        ...

    @property
    def cwd(self) -> str:
        """Directory in which the process was started; relative paths refer to it."""
        ...

    @property
    def hostname(self) -> str:
        """Node name of the machine."""
        ...

    @property
    def euid(self) -> int:
        """Effective user id of the process."""
        ...

    @property
    def encoding(self) -> str:
        """Encoding of text files."""
        ...

    def read_file(self, path: str, bytes_max: int) -> bytes:
        """The first `bytes_max` bytes of a file. Raises OSError."""
        ...

    def glob(self, pattern: str) -> list[str]:
        """Paths that match a shell pattern, sorted."""
        ...

    def exists(self, path: str) -> bool:
        """Whether there is anything at `path`."""
        ...

    def is_dir(self, path: str) -> bool:
        """Whether `path` is a directory."""
        ...

    def expand_home(self, path: str) -> str:
        """`path` with a leading ``~`` or ``~user`` replaced, unchanged if that is unknown."""
        ...

    def user_by_name(self, name: str) -> UserRecord | None:
        """The user with a login name."""
        ...

    def user_by_uid(self, uid: int) -> UserRecord | None:
        """The user with a numeric id."""
        ...

    def group_by_name(self, name: str) -> int | None:
        """Numeric id of a group."""
        ...

    def group_by_gid(self, gid: int) -> int | None:
        """The same id if a group has it."""
        ...

    def resolve_entry_point(self, spec: str) -> Any:
        """Object named by ``package.module:attribute``. May raise anything an import can."""
        ...

    def default_childlogdir(self) -> str:
        """The system's directory for temporary files."""
        ...


class SystemSurroundings:
    """The machine this process runs on; environment and directory are those of its creation."""

    __slots__ = ("cwd", "environ")

    def __init__(self, environ: Mapping[str, str] | None = None, cwd: str | None = None) -> None:
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
        with open(self._absolute(path), "rb") as file:
            return file.read(bytes_max)

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
        try:
            return grp.getgrnam(name).gr_gid
        except (KeyError, ValueError, UnicodeError):
            return None

    def group_by_gid(self, gid: int) -> int | None:
        try:
            return grp.getgrgid(gid).gr_gid
        except (KeyError, OverflowError):
            return None

    def resolve_entry_point(self, spec: str) -> Any:
        module_name, _, attribute = spec.partition(":")
        found: Any = importlib.import_module(module_name)
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
