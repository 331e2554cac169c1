"""A machine in memory for configurations, and the shortest way to load a text on it."""

import fnmatch
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from supervisor.config.flags import Flags
from supervisor.config.load import LoadResult, load_settings
from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.program import ProcessSettings
from supervisor.config.settings import Settings
from supervisor.config.surroundings import UserRecord

USERS = (UserRecord("root", 0, 0), UserRecord("web", 33, 34), UserRecord("nobody", 65534, 65534))
GROUPS = {"root": 0, "www": 34, "nogroup": 65534, "staff": 50}
DIRECTORIES = ("/", "/tmp", "/srv", "/srv/logs", "/etc", "/home/web", "/start")


@dataclass
class FakeMachine:
    """Answers all questions of `Surroundings` from its fields."""

    files: dict[str, bytes] = field(default_factory=dict)
    directories: frozenset[str] = frozenset(DIRECTORIES)
    environ: Mapping[str, str] = field(default_factory=lambda: {"A": "1"})
    cwd: str = "/start"
    hostname: str = "node"
    euid: int = 33
    encoding: str = "utf-8"
    entry_points: Mapping[str, Any] = field(default_factory=dict)

    def read_file(self, path: str, bytes_max: int) -> bytes:
        path = self._absolute(path)
        if path in self.directories:
            raise IsADirectoryError(21, "Is a directory")
        if path not in self.files:
            raise FileNotFoundError(2, "No such file or directory")
        if self.files[path] == UNREADABLE:
            raise PermissionError(13, "Permission denied")
        return self.files[path][:bytes_max]

    def glob(self, pattern: str) -> list[str]:
        return sorted(fnmatch.filter(self.files, self._absolute(pattern)))

    def exists(self, path: str) -> bool:
        return self._absolute(path) in self.files or self.is_dir(path)

    def is_dir(self, path: str) -> bool:
        return self._absolute(path) in self.directories

    def expand_home(self, path: str) -> str:
        if path == "~" or path.startswith("~/"):
            return "/home/web" + path[1:]
        return path

    def user_by_name(self, name: str) -> UserRecord | None:
        return next((user for user in USERS if user.name == name), None)

    def user_by_uid(self, uid: int) -> UserRecord | None:
        return next((user for user in USERS if user.uid == uid), None)

    def group_by_name(self, name: str) -> int | None:
        return GROUPS.get(name)

    def group_by_gid(self, gid: int) -> int | None:
        return gid if gid in GROUPS.values() else None

    def resolve_entry_point(self, spec: str) -> Any:
        module = spec.partition(":")[0]
        if module not in self.entry_points:
            raise ModuleNotFoundError(f"No module named {module!r}")
        return self.entry_points[module]

    def default_childlogdir(self) -> str:
        return "/tmp"

    def _absolute(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(self.cwd, path))


UNREADABLE = b"\0unreadable"
"""Content of a file that may not be read."""


def load(
    text: str | bytes,
    *,
    included: Mapping[str, str | bytes] | None = None,
    flags: Flags | None = None,
    **machine: Any,
) -> LoadResult:
    """Load a text as ``/etc/s.conf``, shown as ``s.conf``, with further files beside it."""
    files = {"/etc/s.conf": _bytes(text)}
    for name, content in (included or {}).items():
        files[posixpath.join("/etc", name)] = _bytes(content)
    machine.setdefault("cwd", "/etc")
    return load_settings("s.conf", FakeMachine(files=files, **machine), flags)


def settings_of(text: str | bytes, **details: Any) -> Settings:
    """Settings of a text that has no errors; what it lacks of ``[supervisord]`` is added."""
    result = load(_complete(text), **details)
    assert result.settings is not None, [str(problem) for problem in result.problems]
    return result.settings


def first_error(text: str | bytes, **details: Any) -> str:
    """Message of the first error of a text."""
    error = load(_complete(text), **details).first_error()
    assert error is not None
    return error.message


def warnings_of(text: str | bytes, **details: Any) -> list[str]:
    """All problems that are no errors, in full."""
    result = load(_complete(text), **details)
    return [str(problem) for problem in result.problems if problem is not result.first]


def group_of(settings: Settings, name: str) -> GroupSettings:
    """The group of that name."""
    return next(group for group in settings.groups if group.name == name)


def process_of(text: str, **details: Any) -> ProcessSettings:
    """The only process of a configuration; `text` holds the keys of ``[program:a]``."""
    settings = settings_of(f"[program:a]\ncommand=/bin/x\n{text}\n", **details)
    (process,) = settings.groups[0].processes
    return process


def _complete(text: str | bytes) -> bytes:
    data = _bytes(text)
    return data if b"[supervisord]" in data else data + b"\n[supervisord]\nuser=web\n"


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
