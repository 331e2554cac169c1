"""One GET whose answer goes on for as long as both sides like; reading it never blocks.

HTTP is h11's business; this module moves bytes between it and a socket, so that one thread can
wait for many streams. It is imported late: only commands that follow something need it.
"""

import socket

import h11

from supervisor.client.address import Address
from supervisor.hints import Iterator, Mapping
from supervisor.tuples import NamedTuple

RECEIVE_BYTES = 65536
RECEIVES_PER_TURN_MAX = 16
"""Pieces taken from one socket before others have their turn."""
HEAD_BYTES_MAX = 65536
SEND_S_MAX = 10.0
"""For a request, which is small: longer means that nobody is there any more."""


class Answered(NamedTuple):
    """The head of the answer has arrived."""

    status: int
    content_type: str
    """In lower case, without parameters; empty if there is none."""
    headers: Mapping[str, str]
    """By name in lower case."""


class Ended(NamedTuple):
    """There will be no more: the answer is complete, or the connection is gone."""

    why: str
    """In words; empty for an answer that was complete."""


Happened = Answered | bytes | Ended


class HttpStream:
    """A request that was sent, and what has come back so far."""

    def __init__(self, address: Address, path: str, headers: Mapping[str, str]) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES_MAX)
        self._request = h11.Request(
            method="GET",
            target=path,
            headers=[("Host", address.host), ("User-Agent", "supervisorctl"), *headers.items()],
        )
        self._address = address
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Connect and send the request; raises OSError as connect(2) does."""
        self._socket = self._address.connect()
        try:
            self._socket.settimeout(SEND_S_MAX)
            # In one call: a daemon that refuses may be gone after the head.
            head, body = self._http.send(self._request), self._http.send(h11.EndOfMessage())
            self._socket.sendall((head or b"") + (body or b""))
            self._socket.setblocking(False)
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        """The descriptor to wait for; call open() first."""
        assert self._socket is not None, "open() was not called"
        return self._socket.fileno()

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def receive(self) -> Iterator[Happened]:
        """What has arrived; nothing if there is nothing yet. After `Ended` nothing comes."""
        turns = 0
        while turns < RECEIVES_PER_TURN_MAX or self._has_more():
            turns += 1
            data = self._read()
            if data is None:
                return
            if isinstance(data, Ended):
                yield data
                return
            for happened in self._parse(data):
                yield happened
                if isinstance(happened, Ended):
                    return

    def _has_more(self) -> bool:
        """Whether bytes have been taken from the socket already, so that it will not tell of them.

        TLS does that, and never for more than one record.
        """
        pending = getattr(self._socket, "pending", None)
        return pending is not None and pending() > 0

    def _read(self) -> bytes | Ended | None:
        """The next bytes, b'' at the end of the connection, None if there are none now."""
        if self._socket is None:
            return Ended("closed")
        try:
            return self._socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            return Ended(error.strerror or str(error))

    def _parse(self, data: bytes) -> Iterator[Happened]:
        try:
            self._http.receive_data(data)
            while True:
                event = self._http.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    return
                if isinstance(event, h11.Response):
                    yield _answered(event)
                elif isinstance(event, h11.Data):
                    yield bytes(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    yield Ended("")
                    return
                elif isinstance(event, h11.ConnectionClosed):
                    yield Ended("the connection was closed")
                    return
        except h11.RemoteProtocolError as error:
            yield Ended(str(error) if data else "the connection was closed")


def _answered(response: h11.Response) -> Answered:
    headers = {
        name.decode("ascii").lower(): value.decode("latin-1") for name, value in response.headers
    }
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return Answered(response.status_code, content_type, headers)
