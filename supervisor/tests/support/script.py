"""A server that answers one connection after the other as a test has written it, byte by byte.

It stands for daemons that end, come back, fall silent or talk nonsense in the middle of a stream.
"""

import contextlib
import socket
import threading
from pathlib import Path
from typing import Self

DEADLINE_S = 20.0


def head(content_type: str, status: str = "200 OK") -> bytes:
    """The head of an answer without a length: its end is the end of the connection."""
    return f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n\r\n".encode()


def chunked(*chunks: bytes, content_type: str = "text/event-stream") -> bytes:
    """A complete answer in chunks."""
    start = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"".join(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n" for chunk in (*chunks, b""))
    return start.encode() + body


class Script:
    """Answers the first connection with the first text, and so on; then it listens no more.

    The last answer stays open when `holds` is true. Requests are kept as they came.
    """

    def __init__(self, socket_path: Path, *answers: bytes, holds: bool = True) -> None:
        self.path = socket_path
        self.requests: list[str] = []
        self._answers = answers
        self._holds = holds
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.settimeout(DEADLINE_S)
        self._listener.bind(str(socket_path))
        self._listener.listen()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def serverurl(self) -> str:
        """Where it listens."""
        return f"unix://{self.path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        with contextlib.suppress(OSError):
            # Closing alone would not wake who waits for a connection that was never made.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(DEADLINE_S)

    def _serve(self) -> None:
        for index, answer in enumerate(self._answers):
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(DEADLINE_S)
                self.requests.append(self._request(connection))
                with contextlib.suppress(BrokenPipeError):
                    # The client may have had enough of it.
                    connection.sendall(answer)
                if index == len(self._answers) - 1:
                    self._listener.close()
                    if self._holds:
                        self._done.wait(DEADLINE_S)

    @staticmethod
    def _request(connection: socket.socket) -> str:
        text = b""
        while b"\r\n\r\n" not in text:
            data = connection.recv(65536)
            if not data:
                break
            text += data
        return text.decode("latin-1")
