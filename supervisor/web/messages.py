"""What is asked and what is answered, apart from any socket.

A handler takes a `Request` and gives one of three answers: a `Response` that is complete, a
`Later` that is resolved with a response in time, or a `Stream` that is read piece by piece.
"""

from supervisor.hints import Callable, Protocol, Sequence
from supervisor.rpc.caller import ANYBODY, Caller
from supervisor.tuples import NamedTuple


class Request:
    """One request; `body` is empty until it has been read completely."""

    __slots__ = (
        "body",
        "caller",
        "headers",
        "is_proven",
        "is_secure",
        "keeps_alive",
        "line",
        "method",
        "path",
        "peer",
        "query",
        "target",
        "version",
    )

    def __init__(
        self,
        method: str,
        target: str,
        version: str,
        path: str,
        query: str,
        headers: Sequence[tuple[bytes, bytes]],
        body: bytes = b"",
    ) -> None:
        self.method = method
        """As sent: methods are case-sensitive."""
        self.target = target
        """As sent, for the logs."""
        self.version = version
        """``1.0`` or ``1.1``, or whatever the client claims."""
        self.path = path
        """Percent-decoded once, without the query."""
        self.query = query
        """As sent, without the question mark."""
        self.headers = headers
        """Names in lower case."""
        self.body = body
        self.caller: Caller = ANYBODY
        """Who asks; known before the body is read."""
        self.peer = ""
        """Where the request comes from, for the logs."""
        self.is_proven = False
        """Whether the same credentials let the same connection in before."""
        self.is_secure = False
        """Whether it came over TLS."""
        self.line = f"{method} {target} HTTP/{version}"
        """The request line, for the logs."""
        self.keeps_alive = _keeps_alive(version, headers)
        """Whether the client wants to use the connection again."""

    def again(self, body: bytes) -> "Request":
        """Another one with the same head, from somebody who is not known yet."""
        other = Request.__new__(Request)
        other.method, other.target, other.version = self.method, self.target, self.version
        other.path, other.query, other.headers = self.path, self.query, self.headers
        other.line, other.keeps_alive = self.line, self.keeps_alive
        other.body, other.caller, other.peer = body, ANYBODY, ""
        other.is_proven = other.is_secure = False
        return other

    def header(self, name: bytes) -> str | None:
        """Value of the first header of that (lower-case) name."""
        for known, value in self.headers:
            if known == name:
                return value.decode("latin-1")
        return None


def _keeps_alive(version: str, headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """What the Connection headers wish, whatever the case they are written in."""
    wishes = {
        wish.strip().lower()
        for name, value in headers
        if name == b"connection"
        for wish in value.split(b",")
    }
    if version < "1.1":
        return b"keep-alive" in wishes
    return b"close" not in wishes


class Response(NamedTuple):
    """A complete answer."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    closes: bool = False
    """The connection ends with this answer, whatever the client wishes."""
    more: Sequence[bytes] = ()
    """What follows the body: a long answer is made in pieces, which nobody needs to join."""

    @property
    def length_bytes(self) -> int:
        """Of all that is sent behind the head."""
        more = self.more
        return len(self.body) + (sum(map(len, more)) if more else 0)


class Later:
    """An answer to come, complete or a stream: resolved once, seen by one waiter, who may lose
    interest."""

    __slots__ = ("_response", "_waiter", "on_abandoned")

    def __init__(self, on_abandoned: Callable[[], object] | None = None) -> None:
        self.on_abandoned = on_abandoned
        """Called when the waiter has lost interest."""
        self._response: Response | Stream | None = None
        self._waiter: Callable[[Response | Stream], None] | None = None

    def then(self, waiter: "Callable[[Response | Stream], None]") -> None:
        """Call back with the response when it is known: now, if it already is."""
        if self._response is not None:
            waiter(self._response)
        else:
            self._waiter = waiter

    def abandon(self) -> None:
        """Let go of the waiter: it will not be called."""
        self._waiter = None
        if self.on_abandoned is not None:
            self.on_abandoned()

    def resolve(self, response: "Response | Stream") -> None:
        """Give the answer; further ones are ignored."""
        if self._response is not None:
            return
        self._response = response
        if self._waiter is not None:
            self._waiter(response)


class Stream(Protocol):
    """An answer that is read whenever the client has taken what it was sent; it has no end."""

    content_type: str
    headers: tuple[tuple[str, str], ...]

    def on_growth(self, wake: Callable[[], None]) -> None:
        """Have `wake` called whenever there may be more to read."""
        ...

    def read(self, max_bytes: int) -> bytes:
        """The next bytes, b'' if there are none now."""
        ...

    def close(self) -> None:
        """Release what the stream holds."""
        ...


class EndingStream(Stream, Protocol):
    """A stream that has an end, or may be ended: it is known by what it has more."""

    @property
    def status(self) -> int:
        """Status of the answer; that of other streams is 200."""
        ...

    @property
    def is_finite(self) -> bool:
        """Its end comes by itself: also who has closed his side waits for it."""
        ...

    @property
    def is_over(self) -> bool:
        """Everything has been read, and nothing more will come."""
        ...


Answer = Response | Later | Stream
Handler = Callable[[Request], Answer]

REASONS: dict[int, str] = {
    100: "Continue",
    200: "OK",
    202: "Accepted",
    303: "See Other",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Time-out",
    409: "Conflict",
    411: "Length Required",
    413: "Request Entity Too Large",
    414: "Request-URI Too Large",
    415: "Unsupported Media Type",
    421: "Misdirected Request",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}
"""Reason of each status we send, in the words that clients of old have always been shown."""


def error_response(
    status: int, headers: tuple[tuple[str, str], ...] = (), *, closes: bool = False
) -> Response:
    """The error page: the same words for every error (HTTP reference of the manual)."""
    page = (
        "<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n"
        f"<h1>Error response</h1>\r\n<p>Error code {status}.\r\n"
        f"<p>Message: {REASONS[status]}.\r\n</body>\r\n"
    )
    return Response(status, "text/html", page.encode("ascii"), headers, closes)
