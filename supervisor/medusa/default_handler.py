"""Promised names: a handler that serves the files of a folder."""

import mimetypes
import posixpath
from urllib.parse import unquote

from supervisor.hints import Any
from supervisor.medusa.http_date import build_http_date

FILE_BYTES_MAX = 16 * 1024 * 1024
"""Larger files are not found: they would be held in memory."""


class default_handler:
    """Answers GET and HEAD with files of `filesystem`."""

    IDENT = "Default HTTP Request Handler"
    valid_commands = ("GET", "HEAD")
    directory_defaults = ("index.html", "default.html")

    def __init__(self, filesystem: Any) -> None:
        self.filesystem = filesystem

    def match(self, request: Any) -> bool:
        """All requests that nobody else has answered."""
        return True

    def handle_request(self, request: Any) -> None:
        """Send a file, or the page of an error. Raises OSError if it cannot be read."""
        if request.command not in self.valid_commands:
            request.error(400)
            return
        path = self._file(unquote(request.split_uri()[0]))
        if path is None:
            request.error(404)
            return
        with self.filesystem.open(path, "rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
        if len(data) > FILE_BYTES_MAX:
            request.error(404)
            return
        self.set_content_type(path, request)
        request["Last-Modified"] = build_http_date(self.filesystem.stat(path).st_mtime)
        request.push(data)
        request.done()

    def _file(self, path: str) -> str | None:
        candidates = [path]
        if self.filesystem.isdir(path):
            candidates = [posixpath.join(path, name) for name in self.directory_defaults]
        return next((each for each in candidates if self.filesystem.isfile(each)), None)

    def set_content_type(self, path: str, request: Any) -> None:
        """Say what kind of file it is, by its name."""
        kind, _ = mimetypes.guess_type(path)
        request["Content-Type"] = kind or "text/plain"
