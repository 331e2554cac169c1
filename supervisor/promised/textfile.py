"""Files that somebody else has opened already, read as if they were found at their path."""

from supervisor.config.surroundings import SystemSurroundings
from supervisor.hints import IO

NAMELESS = "<string>"
"""Path of a text that has none."""


class TextSurroundings(SystemSurroundings):
    """The system, in which one path holds a given text."""

    __slots__ = ("_path", "_text")

    def __init__(self, path: str, text: str, system: SystemSurroundings) -> None:
        super().__init__(system.environ, system.cwd)
        self._path = path
        self._text = text

    def read_file(self, path: str, bytes_max: int) -> bytes:
        """The text at its path, any other file as ever. Raises OSError."""
        if path == self._path:
            return self._text.encode(self.encoding)[:bytes_max]
        return super().read_file(path, bytes_max)


def reading(fp: str | IO[str], system: SystemSurroundings) -> tuple[str, SystemSurroundings]:
    """The path of a file, which may be open, and surroundings in which it has its text."""
    if isinstance(fp, str):
        return fp, system
    path = str(getattr(fp, "name", NAMELESS))
    return path, TextSurroundings(path, fp.read(), system)
