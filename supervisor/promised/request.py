"""A request as pages and handlers of plug-ins know it, and the response that they build with it.

What they say goes to clients: a header that would break the head of the response is refused.
"""

import re
from urllib.parse import parse_qs

from supervisor.config.sections.servers import ServerSettings
from supervisor.hints import Any, Final, Mapping
from supervisor.web.messages import REASONS, Request, Response, error_response

BODY_BYTES_MAX: Final = 64 * 1024 * 1024
"""Of a response: it is held in memory until the client has taken it."""
ARGUMENTS_MAX: Final = 1000
"""In a query, and in a body."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_OURS = frozenset({"content-length", "connection", "transfer-encoding", "date", "server"})
"""Headers that the server writes itself."""


class PluginRequest:
    """A request, and what is to be sent for it: headers by `request[NAME]`, then `push`, `done`."""

    def __init__(self, request: Request, server: ServerSettings) -> None:
        self.command = request.method
        self.uri = request.target
        self.version = request.version
        self.request = request.line
        self.header = [
            f"{name.decode('latin-1').title()}: {value.decode('latin-1')}"
            for name, value in request.headers
        ]
        """Lines of the head, to which plug-ins add some of their own."""
        self.reply_code = 200
        self.reply_headers: dict[str, Any] = {}
        self.outgoing: list[Any] = []
        self.response: Response | None = None
        """Set as soon as all of it is known."""
        self._request = request
        self._server = server

    # -- what was asked --------------------------------------------------------------------------

    def split_uri(self) -> tuple[str, str | None, str | None, str | None]:
        """Path as it was sent, parameters, query with its question mark, fragment."""
        path, mark, query = self.uri.partition("#")[0].partition("?")
        return path, None, mark + query or None, None

    def get_header(self, name: str) -> str | None:
        """Value of the first header of that name, in any case."""
        return self._request.header(name.lower().encode("latin-1", "replace"))

    def get_server_url(self) -> str:
        """Where the client has reached the server: as it says itself."""
        host = self.get_header("host")
        return f"http://{host.removesuffix(':80')}" if host else self._server.url

    def cgi_environment(self) -> dict[str, str]:
        """Variables of the request, named as in CGI."""
        request, server = self._request, self._server
        unix = server.kind == "unix"
        path = "/" + request.path.lstrip("/")
        found = {
            f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1")
            for name, value in reversed(request.headers)
            if name not in (b"content-length", b"content-type")
        }
        return {
            **found,
            "REQUEST_METHOD": request.method,
            "SERVER_NAME": "<unix domain socket>" if unix else server.host or "localhost",
            "SERVER_PORT": server.file if unix else str(server.port),
            "SERVER_PROTOCOL": f"HTTP/{request.version}",
            "SERVER_URL": self.get_server_url(),
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "PATH_TRANSLATED": path,
            "QUERY_STRING": request.query,
            "GATEWAY_INTERFACE": "CGI/1.1",
            "CONTENT_TYPE": self.get_header("content-type") or "",
            "CONTENT_LENGTH": self.get_header("content-length") or "",
        }

    def form(self) -> dict[str, Any]:
        """Arguments and variables; of the same argument the first in a query, the last in a body.

        The body wins over the query, and nothing that a client writes there replaces a variable.
        Raises ValueError if there are too many.
        """
        request = self._request
        query = parse_qs(request.query, max_num_fields=ARGUMENTS_MAX)
        body: dict[str, list[str]] = {}
        if request.method == "POST":
            text = request.body.decode("utf-8", "replace")
            body = parse_qs(text, max_num_fields=ARGUMENTS_MAX)
        return {
            **{name: values[0] for name, values in query.items()},
            **{name: values[-1] for name, values in body.items()},
            **self.cgi_environment(),
        }

    # -- what is answered ------------------------------------------------------------------------

    def __setitem__(self, name: str, value: Any) -> None:
        self.reply_headers[name] = value

    def __getitem__(self, name: str) -> Any:
        return self.reply_headers[name]

    def has_key(self, name: str) -> bool:
        """Whether there is such a header in the response."""
        return name in self.reply_headers

    def push(self, thing: Any) -> None:
        """Send a piece: text, bytes, or an object whose `more` gives pieces until it is empty."""
        self.outgoing.append(thing)

    def error(self, code: int) -> None:
        """Send the page of an error instead. Raises KeyError for a status that we do not know."""
        headers = headers_of(self.reply_headers)
        headers.pop("Content-Type", None)
        self.response = error_response(code, tuple(headers.items()))

    def done(self) -> None:
        """This is all. Raises ValueError if it cannot be sent."""
        pieces = [piece for thing in self.outgoing for piece in _pieces(thing)]
        self.outgoing.clear()
        self.response = response_of(
            {"headers": self.reply_headers, "body": b"".join(pieces)}, self.reply_code
        )


def response_of(made: Mapping[str, Any], status: int = 200) -> Response:
    """The response that a view has made: `headers` and `body`; a Location makes it a redirect.

    Raises KeyError, TypeError or ValueError if it cannot be sent.
    """
    headers = headers_of(made.get("headers", {}))
    if "Location" in headers:
        # Not 301 as of old: that would be remembered, and the action skipped the next time.
        headers.pop("Content-Type", None)
        return error_response(303, tuple(headers.items()))
    body = _bytes(made["body"])
    if len(body) > BODY_BYTES_MAX:
        raise ValueError(f"a body of {len(body)} bytes is too large (at most {BODY_BYTES_MAX})")
    if status not in REASONS:
        raise ValueError(f"there is no status {status}")
    content_type = headers.pop("Content-Type", "text/plain")
    return Response(status, content_type, body, tuple(headers.items()))


def headers_of(headers: Mapping[str, Any]) -> dict[str, str]:
    """Headers with the usual spelling of two names. Raises ValueError for what is none."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        text = str(value)
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(text):
            raise ValueError(f"cannot send the header {name!r}: {text!r}")
        if name.lower() not in _OURS:
            title = name.title()
            found[title if title in ("Content-Type", "Location") else name] = text
    return found


def _pieces(thing: Any) -> list[bytes]:
    if not hasattr(thing, "more"):
        return [_bytes(thing)]
    pieces: list[bytes] = []
    sent_bytes = 0
    while (piece := _bytes(thing.more())) and sent_bytes <= BODY_BYTES_MAX:
        pieces.append(piece)
        sent_bytes += len(piece)
    return pieces


def _bytes(text: Any) -> bytes:
    if isinstance(text, str):
        return text.encode("utf-8", "replace")
    if isinstance(text, bytes):
        return text
    raise TypeError(f"a body is bytes or text, not {type(text)}")
