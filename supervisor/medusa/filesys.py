"""Promised names: a folder as the handler of files sees it."""

import os
import posixpath

from supervisor.hints import IO, Any


class os_filesystem:
    """A folder. Paths begin at it, and never lead out of it by `..`."""

    def __init__(self, root: str, wd: str = "/") -> None:
        self.root = root
        self.wd = wd

    def normalize(self, path: str) -> str:
        """The absolute path, without `..`, `.` and doubled slashes."""
        return posixpath.normpath("/" + posixpath.join(self.wd, path).lstrip("/"))

    def translate(self, path: str) -> str:
        """Where it is on the disk."""
        return os.path.join(self.root, self.normalize(path).lstrip("/"))

    def isdir(self, path: str) -> bool:
        """Whether it is a folder."""
        return os.path.isdir(self.translate(path))

    def isfile(self, path: str) -> bool:
        """Whether it is a file."""
        return os.path.isfile(self.translate(path))

    def listdir(self, path: str) -> list[str]:
        """Names in a folder. Raises OSError."""
        return os.listdir(self.translate(path))

    def stat(self, path: str) -> os.stat_result:
        """What the system knows of it. Raises OSError."""
        return os.stat(self.translate(path))

    def open(self, path: str, mode: str) -> IO[Any]:
        """The file, open. Raises OSError."""
        return open(self.translate(path), mode)
