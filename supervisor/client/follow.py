"""Following a log over HTTP: open the stream, then take text as it comes.

Bytes are decoded as UTF-8 incrementally, so that a character cut by a chunk arrives whole. What is
not UTF-8 is shown as `Undecodable: b'…'` rather than lost.
"""

import codecs
import http.client
import socket
from urllib.parse import quote

from supervisor.client.address import Address, parse_serverurl
from supervisor.client.credentials import authorization
from supervisor.hints import Iterator

READ_BYTES = 65536
HTTP_OK = 200
_CONTINUATION_BYTES = bytes(range(0x80, 0xC0))


def process_log_path(name: str, channel: str) -> str:
    """Path of the stream of one process log, with every odd character of the name escaped."""
    return f"/logtail/{quote(name, safe='')}/{channel}"


MAIN_LOG_PATH = "/mainlogtail"


class StreamRefused(Exception):
    """The daemon answered the request for a stream with another status than 200."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status

    def __str__(self) -> str:
        return f"Cannot read, status code {self.status}"


class TextDecoder:
    """Bytes to text, by chunks; how the bytes are cut never changes valid text.

    A stream begins anywhere in a log: the rest of a character that began before is dropped.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._pending = b""
        self._at_start = True

    def feed(self, data: bytes) -> str:
        """The text that is complete now, or `Undecodable: …` for bytes that are no UTF-8."""
        if self._at_start:
            data = data.lstrip(_CONTINUATION_BYTES)
            self._at_start = not data
        given = self._pending + data
        self._decoder.reset()
        try:
            text = self._decoder.decode(given)
        except UnicodeDecodeError:
            self._pending = b""
            return f"Undecodable: {given!r}\n"
        self._pending = self._decoder.getstate()[0]
        return text

    def close(self) -> str:
        """What is left of a character that was never completed."""
        pending, self._pending = self._pending, b""
        return f"Undecodable: {pending!r}\n" if pending else ""


class LogStream:
    """One log of a daemon, as an iterator of texts that ends when the daemon ends the stream.

    close() may be called from another thread: it wakes up a reader that is waiting.
    """

    def __init__(
        self,
        serverurl: str | Address,
        path: str,
        username: str | None,
        password: str | None,
        token: str | None = None,
    ) -> None:
        self._address = parse_serverurl(serverurl)
        self._path = path
        self._authorization = authorization(username, password, token)
        self._socket: socket.socket | None = None
        self._closed = False
        self._skip_bytes = 0
        self._response: http.client.HTTPResponse | None = None

    def open(self) -> None:
        """Connect and ask for the stream.

        Raises StreamRefused, OSError, or http.client.HTTPException if the answer is not HTTP.
        """
        try:
            response = self._request()
            if response.status != HTTP_OK:
                raise StreamRefused(response.status)
        except BaseException:
            self.close()
            raise
        self._response = response

    def _request(self) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self._address.host)
        connection.sock = self._socket = self._address.connect()
        if self._closed:
            raise ConnectionAbortedError("closed before it was open")
        headers = {"Accept": "*/*", "User-Agent": "supervisorctl"}
        if self._authorization is not None:
            headers["Authorization"] = self._authorization
        connection.request("GET", self._path, headers=headers)
        return connection.getresponse()

    def skip(self, count_bytes: int) -> None:
        """Leave that many bytes out; call it before iterating."""
        self._skip_bytes = count_bytes

    def __iter__(self) -> Iterator[str]:
        """Texts as they arrive; call open() first."""
        assert self._response is not None, "open() was not called"
        decoder = TextDecoder()
        while data := self._read(self._response):
            shown = data[self._skip_bytes :]
            self._skip_bytes = max(0, self._skip_bytes - len(data))
            if text := decoder.feed(shown):
                yield text
        if rest := decoder.close():
            yield rest

    @staticmethod
    def _read(response: http.client.HTTPResponse) -> bytes:
        """The next bytes, b"" at the end: a daemon that shuts down just drops the connection."""
        try:
            return response.read1(READ_BYTES)
        except (http.client.HTTPException, OSError, ValueError):
            # ValueError: another thread has closed a stream with TLS.
            return b""

    def close(self) -> None:
        """End the stream; a thread that waits for text is woken up."""
        self._closed = True
        if self._socket is None:
            return
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            # The daemon was faster.
            return
        finally:
            self._socket.close()
