"""Answers to bytes.

Composed here and not by h11 because clients of old are answered in ways h11 refuses: HTTP/1.0
with ``Connection: Keep-Alive``, and the version of the request echoed. Nothing that a client sent
becomes part of a head unless it fits into one line.
"""

from supervisor.web.dates import DateStamp
from supervisor.web.messages import REASONS, Request, Response, Stream

SERVER = "supervisor"
"""The Server header: no version, which strangers need not know."""

CONTINUE = f"HTTP/1.1 100 {REASONS[100]}\r\n\r\n".encode("ascii")
LAST_CHUNK = b"0\r\n\r\n"


def compose_head(
    response: Response, request: Request | None, stamp: DateStamp, *, keeps_alive: bool
) -> bytes:
    """Status line and headers of a complete response; `request` is None if it was unreadable."""
    version = _version(request)
    if response.headers:
        return _head_of(response, version, keeps_alive).encode("latin-1") % (
            stamp.http().encode(),
            response.length_bytes,
        )
    # Nearly all are of a few kinds, of which only date and length differ.
    kind = (version, response.status, response.content_type, keeps_alive)
    form = _forms.get(kind)
    if form is None:
        form = _head_of(response, version, keeps_alive).encode("latin-1")
        if len(_forms) < FORMS_MAX:
            _forms[kind] = form
    return form % (stamp.http().encode(), response.length_bytes)


def _head_of(response: Response, version: str, keeps_alive: bool) -> str:
    """The head, with places for the date and for the length."""
    lines = [
        f"HTTP/{version} {response.status} {REASONS[response.status]}",
        f"Server: {SERVER}",
        "Date: %b",
        f"Content-Type: {_literal(response.content_type)}",
        "Content-Length: %d",
    ]
    lines += [_literal(_header(name, value)) for name, value in response.headers]
    if not keeps_alive:
        lines.append("Connection: close")
    elif version < "1.1":
        lines.append("Connection: Keep-Alive")
    return "\r\n".join(lines) + "\r\n\r\n"


def _literal(text: str) -> str:
    return text.replace("%", "%%")


_forms: dict[tuple[str, int, str, bool], bytes] = {}
FORMS_MAX = 64


def compose_stream_head(
    stream: Stream, request: Request, stamp: DateStamp, *, closes: bool, status: int = 200
) -> bytes:
    """Status line and headers of a stream; `closes` if the connection ends with it."""
    lines = _first_lines(_version(request), status, stamp)
    lines.append(f"Content-Type: {stream.content_type}")
    lines += [_header(name, value) for name, value in stream.headers]
    if is_chunked(request):
        lines.append("Transfer-Encoding: chunked")
    if closes:
        lines.append("Connection: close")
    return _joined(lines)


def is_chunked(request: Request) -> bool:
    """True if a stream to this client is sent in chunks; else it ends with the connection."""
    return request.version >= "1.1"


def frame(data: bytes, request: Request) -> bytes:
    """A piece of a stream as this client takes it: one chunk (RFC 9112 §7.1), or as it is.

    Nothing makes nothing, since an empty chunk would end the stream.
    """
    if data and is_chunked(request):
        return b"%x\r\n%b\r\n" % (len(data), data)
    return data


def _version(request: Request | None) -> str:
    """The version that is answered: the one of the request, if it is one that we speak."""
    return "1.0" if request is not None and request.version == "1.0" else "1.1"


def _first_lines(version: str, status: int, stamp: DateStamp) -> list[str]:
    return [
        f"HTTP/{version} {status} {REASONS[status]}",
        f"Server: {SERVER}",
        f"Date: {stamp.http()}",
    ]


def _header(name: str, value: str) -> str:
    """A line of the head. Raises ValueError for what would be more than one line.

    Whoever made it should have seen to that; this is where it cannot be forgotten.
    """
    if any(char in "\r\n\0" for char in value):
        raise ValueError(f"cannot send the header {name}: its value {value!r} is not one line")
    return f"{name}: {value}"


def _joined(lines: list[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
