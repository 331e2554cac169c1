"""What mails, posts and datagrams are sent to: small servers on the loopback interface.

The rule of this module: a sink only takes and remembers; each listens on a port of its own choice.
"""

import socket
import socketserver
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from supervisor.tests.support.daemon import DEADLINE_S, wait_until


def fake_sendmail(directory: Path) -> tuple[Path, Path]:
    """A program that keeps what it gets on stdin, and the file that it appends it to."""
    program, box = directory / "sendmail", directory / "mailbox"
    program.write_text(f"#!/bin/sh\ncat >>{box}\n", "utf-8")
    program.chmod(0o755)
    return program, box


def wait_text(path: Path, text: str) -> str:
    """The text of a file as soon as it contains `text`."""

    def found() -> str | None:
        content = path.read_text("utf-8", "replace") if path.exists() else ""
        return content if text in content else None

    return wait_until(found, f"{path.name} has {text!r}")


class _Sink(AbstractContextManager["_Sink"]):
    """A server in a thread and the texts that it took."""

    def __init__(self, server: socketserver.BaseServer) -> None:
        self.taken: list[str] = []
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """Port that it listens on."""
        port: int = self._server.server_address[1]
        return port

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(DEADLINE_S)

    def wait_text(self, text: str) -> str:
        """The first thing taken that contains `text`."""

        def found() -> str | None:
            return next((taken for taken in list(self.taken) if text in taken), None)

        return wait_until(found, f"something with {text!r} is sent; so far: {self.taken}")


class HttpSink(_Sink):
    """Takes bodies of POST requests."""

    def __init__(self) -> None:
        keep = self._keep

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                keep(self.rfile.read(length).decode())
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Keep the test's output to the test."""

        super().__init__(HTTPServer(("127.0.0.1", 0), Handler))

    def _keep(self, text: str) -> None:
        self.taken.append(text)


class DatagramSink(_Sink):
    """Takes UDP datagrams."""

    def __init__(self) -> None:
        keep = self._keep

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                keep(self.request[0])

        super().__init__(socketserver.UDPServer(("127.0.0.1", 0), Handler))

    def _keep(self, datagram: bytes) -> None:
        self.taken.append(datagram.decode("utf-8", "replace"))


class MailSink(_Sink):
    """Takes mails by SMTP."""

    def __init__(self) -> None:
        keep = self._keep

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                _smtp(self.rfile.readline, self.wfile.write, keep)

        super().__init__(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler))

    def _keep(self, text: str) -> None:
        self.taken.append(text)


def _smtp(
    read_line: Callable[[], bytes], write: Callable[[bytes], object], keep: Callable[[str], None]
) -> None:
    """The server's half of RFC 5321, as far as a client needs it that only delivers."""
    write(b"220 sink\r\n")
    while line := read_line():
        verb = line[:4].upper()
        if verb == b"DATA":
            write(b"354 go on\r\n")
            keep(b"".join(iter(read_line, b".\r\n")).decode())
        write(b"221 bye\r\n" if verb == b"QUIT" else b"250 OK\r\n")
        if verb == b"QUIT":
            return


def refuse_port() -> socket.socket:
    """A bound socket that nobody listens on: connections to its port are refused."""
    reserved = socket.socket()
    reserved.bind(("127.0.0.1", 0))
    return reserved
