"""Requests and plain answers over one kept connection: HTTP as supervisord speaks it.

The rule: what is read here is an answer with status 200 and a known length. As soon as an answer
is anything else, what has come of it is handed over (`UnusualAnswer`) to whoever knows all of HTTP;
a request is never sent twice to find out more.

A request is sent a second time only when a connection that had already served one turns out to
be closed: the daemon has dropped an idle connection, and has not seen the request.
"""

from supervisor.client import failures
from supervisor.client.address import Address
from supervisor.hints import Any

READ_BYTES = 65536
HEAD_BYTES_MAX = 65536
LENGTH_DIGITS_MAX = 12

_HEAD_END = b"\r\n\r\n"
_STATUS = b"HTTP/1.1 200 "
_UNUSUAL_HEADERS = (b"transfer-encoding", b"content-encoding")


class UnusualAnswer(Exception):
    """An answer to be read by others: what has come of it, and where the rest will come from."""

    def __init__(self, begun: bytes, connection: Any) -> None:
        super().__init__(begun, connection)
        self.begun = begun
        self.connection = connection


class Exchange:
    """One server, path and way to say who we are; the connection is made by the first request."""

    def __init__(self, address: Address, path: str, authorization: str | None) -> None:
        who = "" if authorization is None else f"Authorization: {authorization}\r\n"
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {address.host}\r\n{who}"
            "Content-Type: text/xml\r\nUser-Agent: supervisorctl\r\n"
        )
        self._address = address
        self._head = head.encode("ascii")
        self._connection: Any = None

    @staticmethod
    def is_possible(address: Address, authorization: str | None) -> bool:
        """False if a head with these would need more thought."""
        text = f"{address.host}{authorization or ''}"
        return text.isascii() and text.isprintable() and " " not in address.host

    def post(self, body: bytes) -> bytes:
        """The body of the answer. Raises UnusualAnswer and OSError."""
        request = b"%sContent-Length: %d\r\n\r\n%s" % (self._head, len(body), body)
        kept, self._connection = self._connection, None
        if kept is not None:
            begun = self._begin_again(kept, request)
            if begun:
                return self._end(kept, begun)
            kept.close()
        connection = self._address.connect_plainly()
        try:
            connection.sendall(request)
            begun = connection.recv(READ_BYTES)
        except BaseException:
            connection.close()
            raise
        return self._end(connection, begun)

    @staticmethod
    def _begin_again(kept: Any, request: bytes) -> bytes:
        """The first that comes on a connection which served before; nothing if that is closed."""
        try:
            kept.sendall(request)
            begun: bytes = kept.recv(READ_BYTES)
        except (ConnectionResetError, BrokenPipeError, failures.SSLEOFError):
            return b""
        except BaseException:
            kept.close()
            raise
        return begun

    def _end(self, connection: Any, begun: bytes) -> bytes:
        try:
            body, may_stay = _answer(connection, begun)
        except UnusualAnswer:
            raise
        except BaseException:
            # The rest of the answer may still come: it must not be taken for the next one's.
            connection.close()
            raise
        if may_stay:
            self._connection = connection
        else:
            connection.close()
        return body

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _answer(connection: Any, begun: bytes) -> tuple[bytes, bool]:
    """The body, and whether the connection can serve again. Raises UnusualAnswer and OSError."""
    while (end := begun.find(_HEAD_END)) < 0:
        if _is_strange(begun):
            # Whoever speaks so may wait for us to say something: never for the end of a head.
            raise UnusualAnswer(begun, connection)
        more = connection.recv(READ_BYTES) if begun and len(begun) < HEAD_BYTES_MAX else b""
        if not more:
            raise UnusualAnswer(begun, connection)
        begun += more
    length_bytes, may_stay = _judged(begun[:end])
    if length_bytes is None:
        raise UnusualAnswer(begun, connection)
    begin = end + len(_HEAD_END)
    pieces = [begun]
    missing_bytes = begin + length_bytes - len(begun)
    while missing_bytes > 0:
        piece = connection.recv(READ_BYTES)
        if not piece:
            raise UnusualAnswer(b"".join(pieces), connection)
        pieces.append(piece)
        missing_bytes -= len(piece)
    body = b"".join(pieces)[begin : begin + length_bytes]
    # More than was announced is nothing that we asked for.
    return body, may_stay and not missing_bytes


def _is_strange(begun: bytes) -> bool:
    """Whether this is no head with status 200 whose lines end as they should."""
    begins_well = begun.startswith(_STATUS[: len(begun)])
    return not begins_well or begun.count(b"\n") != begun.count(b"\r\n")


def _is_plain(name: bytes) -> bool:
    return name.replace(b"-", b"").isalnum()


def _judged(head: bytes) -> tuple[int | None, bool]:
    """The length of the body, None if it is not plain, and whether the connection stays open."""
    length_bytes, may_stay = None, True
    if _is_strange(head):
        return None, False
    for line in head.splitlines()[1:]:
        name, colon, value = line.partition(b":")
        name, value = name.lower(), value.strip()
        if not colon or not _is_plain(name) or name in _UNUSUAL_HEADERS:
            return None, False
        if name == b"connection":
            may_stay = may_stay and value.lower() == b"keep-alive"
        elif name == b"content-length":
            if length_bytes is not None or not value.isdigit() or len(value) > LENGTH_DIGITS_MAX:
                return None, False
            length_bytes = int(value)
    return length_bytes, may_stay
