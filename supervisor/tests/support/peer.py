"""A small HTTP server in a thread that answers as a test tells it, however oddly.

It stands for daemons of other releases, for what is no daemon at all, and for faults that a real
daemon cannot be brought to.
"""

import socket
import socketserver
import sys
import threading
import xmlrpc.client
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self

Method = Callable[..., Any]


class Peer:
    """`methods` answer XML-RPC; what is in `answers` is sent instead, by request path."""

    def __init__(
        self, methods: Mapping[str, Method] | None = None, *, unix: Path | None = None
    ) -> None:
        self.methods = dict(methods or {})
        self.answers: dict[str, tuple[int, list[bytes]]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.calls: list[tuple[Any, ...]] = []
        # Head and body are two writes. By TCP the second would wait until the client's system
        # acknowledges the first, which takes it 40 ms.
        one_by_one = {"disable_nagle_algorithm": unix is None}
        handler = type("Handler", (_Handler,), {"peer": self, **one_by_one})
        self._server: socketserver.TCPServer
        if unix is None:
            self._server = _TcpServer(("127.0.0.1", 0), handler)
            self.serverurl = f"http://127.0.0.1:{self._server.server_address[1]}"
        else:
            self._server = _UnixServer(str(unix), handler)
            self.serverurl = f"unix://{unix}"
        self._is_over = False
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        # The last client, which says nothing: the thread waits for clients, and for nothing else.
        with socket.socket(self._server.address_family) as client:
            client.connect(self._server.server_address)
            self._thread.join()
        self._server.server_close()

    def _serve(self) -> None:
        while not self._is_over:
            self._server.handle_request()

    def answer(self, path: str, status: int, *chunks: bytes) -> None:
        """Answer requests for a path with that status and body, one HTTP chunk for each."""
        self.answers[path] = (status, list(chunks))

    def call(self, name: str, params: tuple[Any, ...]) -> bytes:
        """The XML of the answer to a method call."""
        self.calls.append((name, *params))
        try:
            method = self.methods[name]
        except KeyError:
            fault = xmlrpc.client.Fault(1, "UNKNOWN_METHOD")
            return xmlrpc.client.dumps(fault).encode()
        try:
            return xmlrpc.client.dumps((method(*params),), methodresponse=True).encode()
        except xmlrpc.client.Fault as fault:
            return xmlrpc.client.dumps(fault).encode()


def raises_fault(code: int, text: str) -> Method:
    """A method that answers every call with that fault."""

    def method(*_: Any) -> None:
        raise xmlrpc.client.Fault(int(code), text)

    return method


class _Threading(socketserver.ThreadingMixIn):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about clients that left; a broken script of a test is told as usual."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[misc]


class _TcpServer(_Threading, socketserver.TCPServer):
    pass


class _UnixServer(_Threading, socketserver.UnixStreamServer):
    pass


class _Handler(BaseHTTPRequestHandler):
    peer: Peer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._note()
        if self._answered():
            return
        params, name = xmlrpc.client.loads(body)
        answer = self.peer.call(str(name), params)
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_GET(self) -> None:
        self._note()
        if not self._answered():
            self._send(404, [b"not found"])

    def _note(self) -> None:
        self.peer.requests.append((self.path, dict(self.headers.items())))

    def _answered(self) -> bool:
        if self.path not in self.peer.answers:
            return False
        self._send(*self.peer.answers[self.path])
        return True

    def _send(self, status: int, chunks: list[bytes]) -> None:
        self.send_response(status)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in [*chunks, b""]:
            self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            self.wfile.flush()

    def address_string(self) -> str:
        return "peer"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what was asked is in `requests`."""
