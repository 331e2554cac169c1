"""XML-RPC over a unix or TCP socket: one kept connection for each transport.

A request is sent a second time only when a connection that had already served one turns out to
be closed: the daemon has dropped an idle connection, and has not seen the request.
"""

import http.client
import io
import re
import socket
import xmlrpc.client
from xmlrpc.client import ProtocolError, ServerProxy

from supervisor.client import failures
from supervisor.client.address import (
    SYSTEM_TRUST,
    Address,
    Trust,
    UnixAddress,
    parse_serverurl,
)
from supervisor.client.answers import LONG_BYTES, read_structs
from supervisor.client.credentials import authorization
from supervisor.hints import Any, Protocol, Sequence

PROXY_URL = "http://127.0.0.1"
"""ServerProxy insists on a URL; where the request goes is decided by the transport."""

READ_BYTES = 65536
HTTP_OK = 200

# Releases up to 4 send control characters of a log as they are, which no XML parser accepts.
_ILLEGAL_IN_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_REPLACEMENT = "\ufffd".encode()


class UnixStreamHTTPConnection(http.client.HTTPConnection):
    """An HTTP connection to the unix socket named by `socketfile`."""

    socketfile: str

    def connect(self) -> None:
        """Connect to `socketfile`; raises OSError as connect(2) does."""
        self.sock: socket.socket = UnixAddress(self.socketfile).connect()


class _InetHTTPConnection(http.client.HTTPConnection):
    """An HTTP connection to a TCP address."""

    def __init__(self, address: Address) -> None:
        super().__init__(address.host)
        self._address = address

    def connect(self) -> None:
        self.sock: socket.socket = self._address.connect()


class _Response(Protocol):
    """What is read from a response (typed here because the base class leaves it open)."""

    def read(self, amount: int, /) -> bytes: ...


class SupervisorTransport(xmlrpc.client.Transport):
    """Carries XML-RPC to one server URL, whatever host the ServerProxy names.

    Credentials are sent if neither name nor password is None, or if there is a token. Raises
    ValueError for a URL that is none of `unix://PATH`, `http://HOST[:PORT]`, `https://HOST[:PORT]`.
    """

    accept_gzip_encoding = False

    def __init__(
        self,
        username: str | None = None,
        password: str | None = None,
        serverurl: str | None = None,
        token: str | None = None,
        trust: Trust = SYSTEM_TRUST,
    ) -> None:
        super().__init__()
        self.username = username
        self.password = password
        self.token = token
        self.serverurl = serverurl
        self.connection: http.client.HTTPConnection | None = None
        self.verbose = False
        self._address = parse_serverurl(serverurl, trust)

    def request(
        self, host: Any, handler: str, request_body: Any, verbose: bool = False
    ) -> tuple[Any, ...]:
        """Post one request and return the values of the answer.

        Raises xmlrpc.client.Fault and ProtocolError, http.client.HTTPException and OSError.
        """
        try:
            if self.connection is not None:
                try:
                    return self.single_request(host, handler, request_body, verbose)
                except (
                    http.client.RemoteDisconnected,
                    ConnectionResetError,
                    BrokenPipeError,
                    failures.SSLEOFError,
                ):
                    self.close()
            return self.single_request(host, handler, request_body, verbose)
        except (KeyboardInterrupt, ProtocolError):
            # The rest of the answer may still come: it must not be taken for the next one's.
            self.close()
            raise

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        """The kept connection, made (but not yet opened) if there is none."""
        if self.connection is None:
            self.connection = self._new_connection()
        return self.connection

    def _new_connection(self) -> http.client.HTTPConnection:
        if isinstance(self._address, UnixAddress):
            connection = UnixStreamHTTPConnection(self._address.host)
            connection.socketfile = self._address.path
            return connection
        return _InetHTTPConnection(self._address)

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        if self.connection is not None:
            connection, self.connection = self.connection, None
            connection.close()

    def send_headers(
        self, connection: http.client.HTTPConnection, headers: Sequence[tuple[str, str]]
    ) -> None:
        """Send the headers of a request, with the credentials if there are any."""
        super().send_headers(connection, list(headers))
        value = authorization(self.username, self.password, self.token)
        if value is not None:
            connection.putheader("Authorization", value)

    def parse_response(self, response: _Response) -> tuple[Any, ...]:
        """Values of the answer; control characters, illegal in XML, become U+FFFD."""
        answer = _read(response)
        if len(answer) >= LONG_BYTES:
            structs = read_structs(answer)
            if structs is not None:
                return (structs,)
        return _values_of(answer, *self.getparser())


def _read(response: _Response) -> bytes:
    return b"".join(iter(lambda: response.read(READ_BYTES), b""))


def _values_of(answer: bytes, parser: Any, unmarshaller: Any) -> tuple[Any, ...]:
    parser.feed(_ILLEGAL_IN_XML.sub(_REPLACEMENT, answer))
    parser.close()
    values: tuple[Any, ...] = unmarshaller.close()
    return values


def values_of(answer: bytes) -> tuple[Any, ...]:
    """Values of the body of an answer. Raises xmlrpc.client.Fault, and what parsers raise."""
    return _values_of(answer, *xmlrpc.client.getparser())


def unusual_answer(begun: bytes, connection: Any, path: str) -> tuple[Any, ...]:
    """Values of an answer whose head others could not read; the connection is closed.

    Raises what SupervisorTransport.request does.
    """
    try:
        # Typeshed wants a whole socket, of which this is what a response uses.
        response = http.client.HTTPResponse(
            _Replayed(begun, connection),  # type: ignore[arg-type]
            method="POST",
        )
        response.begin()
        if response.status != HTTP_OK:
            where = f"{PROXY_URL.removeprefix('http://')}{path}"
            headers = dict(response.getheaders())
            raise ProtocolError(where, response.status, response.reason, headers)
        return values_of(_read(response))
    finally:
        connection.close()


class _Replayed(io.RawIOBase):
    """What has come of an answer, and then what comes."""

    def __init__(self, begun: bytes, connection: Any) -> None:
        super().__init__()
        self._begun = begun
        self._connection = connection

    def makefile(self, mode: str) -> io.BufferedReader:
        """As a socket does."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        piece = self._begun[: len(buffer)] or self._connection.recv(len(buffer))
        self._begun = self._begun[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)


def server_proxy(
    serverurl: str | None,
    username: str | None = None,
    password: str | None = None,
    token: str | None = None,
    trust: Trust = SYSTEM_TRUST,
) -> ServerProxy:
    """An XML-RPC proxy for the daemon at `serverurl`; raises ValueError as SupervisorTransport."""
    transport = SupervisorTransport(username, password, serverurl, token, trust)
    return ServerProxy(PROXY_URL, transport=transport)
