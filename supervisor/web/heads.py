"""What a complete head says. The only module that knows h11.

h11 judges heads, but three habits of old clients, which the reference serves, are put right before
it looks: blank lines before a request, no ``Host`` header, and a target that is not
percent-encoded. The first of them is the business of `web.connection`.

Nearly all clients write heads so plain that nothing about them is to be judged. Those are read
here, in a tenth of the time, and a daemon that gets no others does not load h11 (decision 0008).
Whatever is read here, h11 reads in the same way: a property test proves it.
"""

from supervisor.expressions import expression
from supervisor.hints import Callable, Mapping
from supervisor.tuples import NamedTuple
from supervisor.web.messages import Request

_METHODS = frozenset({b"GET", b"HEAD", b"POST"})
_VERSIONS = frozenset({b"HTTP/1.0", b"HTTP/1.1"})
_NAME_BYTES = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VISIBLE_BYTES = bytes(range(0x21, 0x7F))
_VALUE_BYTES = b" " + _VISIBLE_BYTES
_HEX_DIGITS = b"0123456789ABCDEFabcdef"
_JUDGED: Mapping[bytes, Callable[[bytes], bool]] = {
    b"host": lambda value: True,
    b"content-length": lambda value: value.isdigit() and len(value) <= _LENGTH_DIGITS_MAX,
    b"expect": lambda value: False,
    b"transfer-encoding": lambda value: False,
}
"""Headers that h11 looks at: plain if there is one of them at most, with such a value."""

_LENGTH_DIGITS_MAX = 18
KNOWN_HEADS_MAX, KNOWN_HEAD_BYTES_MAX = 64, 1024
"""How many heads are remembered, and how long they may be."""

_HEAD_END = expression(rb"\n\r?\n")
_HOST = expression(rb"\n[Hh][Oo][Ss][Tt][ \t]*:")
_NOT_ASCII = expression(rb"[\x80-\xff]")
_ORIGIN = expression(rb"[Hh][Tt][Tt][Pp]://[^/?]*")


class Head(NamedTuple):
    """The head of a request has been read and nothing in it forbids to go on."""

    request: Request
    expects_continue: bool
    """The client holds the body back until it is told to send it."""
    is_plain: bool = False
    """Nothing about it had to be judged."""


class BadHead(Exception):
    """This is no head; `status` is the answer to it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def read_head(head: bytes, head_bytes_max: int) -> Head:
    """Read a head that ends with its blank line. Raises BadHead."""
    return read_plain_head(head) or read_any_head(head, head_bytes_max)


def read_plain_head(head: bytes) -> Head | None:
    """Read it if there is nothing to judge about it."""
    if not head.endswith(b"\r\n\r\n"):
        return None
    first_line, *lines = head[:-4].split(b"\r\n")
    words = first_line.split(b" ")
    if len(words) != 3:
        return None
    method, target, version = words
    if method not in _METHODS or version not in _VERSIONS or not _is_plain_target(target):
        return None
    headers: list[tuple[bytes, bytes]] = []
    seen = set()
    for line in lines:
        name, _, value = line.partition(b":")
        if not _is_plain_header(line, name, value):
            return None
        name, value = name.lower(), value.strip(b" ")
        if name in _JUDGED and (name in seen or not _JUDGED[name](value)):
            return None
        seen.add(name)
        headers.append((name, value))
    if b"host" not in seen:
        headers.append((b"host", b""))
    request = _request(method, target, version.removeprefix(b"HTTP/"), headers)
    return Head(request, expects_continue=False, is_plain=True)


def _is_plain_target(target: bytes) -> bool:
    return target.startswith(b"/") and not target.translate(None, _VISIBLE_BYTES)


def _is_plain_header(line: bytes, name: bytes, value: bytes) -> bool:
    """Whether it is a name, a colon and words, with one space before each and maybe at the end."""
    has_name = bool(name) and name != line
    return (
        has_name
        and not name.translate(None, _NAME_BYTES)
        and not value.translate(None, _VALUE_BYTES)
        and (value.startswith(b" ") or not value)
        and b"  " not in value
    )


def known_head(head: bytes) -> tuple[Request, int] | None:
    """The request that a plain head makes, and the length of its body, if it was noted before."""
    return _known.get(head)


def note_head(head: bytes, request: Request, body_bytes: int) -> None:
    """Remember a plain head, of a request that can be served.

    A client writes the same one each time, and few differ: what stands there is read once. Heads
    with credentials are not kept.
    """
    if head in _known or len(head) > KNOWN_HEAD_BYTES_MAX:
        return
    if request.query or any(name in _SECRETS for name, _ in request.headers):
        return
    if len(_known) >= KNOWN_HEADS_MAX:
        # The oldest: else whoever comes first, let in or not, could keep out all others for ever.
        del _known[next(iter(_known))]
    _known[head] = (request.again(b""), body_bytes)


_known: dict[bytes, tuple[Request, int]] = {}
_SECRETS = frozenset({b"authorization", b"proxy-authorization", b"cookie"})


def read_any_head(head: bytes, head_bytes_max: int) -> Head:
    """Let h11 read it. Raises BadHead."""
    # Late: with what it needs itself it takes a sixth of a start of the daemon, and 1.6 MiB.
    import h11

    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=2 * head_bytes_max)
    try:
        connection.receive_data(_as_written_today(head))
        event = connection.next_event()
    except h11.RemoteProtocolError as problem:
        raise BadHead(problem.error_status_hint) from problem
    assert isinstance(event, h11.Request), "a complete head is a request or an error"
    request = _request(
        event.method,
        event.target,
        event.http_version,
        [(name.lower(), value) for name, value in event.headers.raw_items()],
    )
    return Head(request, connection.they_are_waiting_for_100_continue)


def _as_written_today(head: bytes) -> bytes:
    """The same head with its target percent-encoded and a Host header, as h11 insists on."""
    if not _HOST.search(head):
        # As the last header: after the request line it would swallow a folded one.
        head = _HEAD_END.sub(b"\nHost:\r\n\r\n", head)
    line, newline, headers = head.partition(b"\n")
    line = _NOT_ASCII.sub(lambda found: b"%%%02X" % found[0][0], line)
    return line + newline + headers


def _request(
    method: bytes, target: bytes, version: bytes, headers: list[tuple[bytes, bytes]]
) -> Request:
    origin_form = target if target.startswith(b"/") else _ORIGIN.sub(b"", target, count=1)
    path, _, query = origin_form.partition(b"?")
    return Request(
        method=method.decode("ascii"),
        target=target.decode("ascii"),
        version=version.decode("ascii"),
        path=_unescaped(path).decode("utf-8", "replace"),
        query=query.decode("ascii"),
        headers=headers,
    )


def _unescaped(path: bytes) -> bytes:
    """A path with its ``%41`` replaced; what only looks like one stays."""
    plain, *escaped = path.split(b"%")
    return plain + b"".join(
        bytes((int(piece[:2], 16),)) + piece[2:] if _begins_with_byte(piece) else b"%" + piece
        for piece in escaped
    )


def _begins_with_byte(piece: bytes) -> bool:
    return len(piece) > 1 and not piece[:2].translate(None, _HEX_DIGITS)
