"""Style sheet, script and images: read once, when they are first asked for.

Only the files named here are served; no path of a request ever becomes a path of a file.
"""

import os.path
from binascii import crc32
from functools import cache

from supervisor.web.messages import Request, Response
from supervisor.web.views.kit import UI, Html

FILES: dict[str, tuple[str, str]] = {
    "supervisor.css": ("supervisor.css", "text/css; charset=utf-8"),
    "stylesheets/supervisor.css": ("supervisor.css", "text/css; charset=utf-8"),
    "live.js": ("live.js", "text/javascript; charset=utf-8"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
    "images/icon.png": ("images/icon.png", "image/png"),
    "favicon.ico": ("images/icon.png", "image/png"),
}
"""Path without the leading slash -> file and content type."""

_HEADERS = (("Cache-Control", "max-age=3600"), ("X-Content-Type-Options", "nosniff"))
"""Pages name the version that they want, so that a new one is never mixed with an old one."""


@cache
def content(name: str) -> bytes:
    """A file of the user interface. Raises OSError if it is not there (any more)."""
    with open(os.path.join(UI, name), "rb") as file:
        return file.read()


@cache
def version(name: str) -> Html:
    """What changes when a file does."""
    return Html(f"{crc32(content(name)):08x}")


def serve(request: Request) -> Response:
    """Answer a request for one of `FILES`."""
    name, content_type = FILES[request.path.lstrip("/")]
    return Response(200, content_type, content(name), _HEADERS)
