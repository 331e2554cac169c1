"""A WSGI application that counts its visitors in redis; the standard library is enough for it."""

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from socketserver import TCPServer
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

SOCKET = Path("app.sock")
REDIS = "redis.sock"
TIMEOUT_S = 5.0


def count_visitor() -> int:
    """Number of visits so far, this one included. Raises OSError if redis cannot be reached."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIMEOUT_S)
        connection.connect(REDIS)
        connection.sendall(b"INCR visits\r\n")
        answer = connection.makefile("rb").readline()
    if not answer.startswith(b":"):
        raise OSError(f"redis answered {answer!r}")
    return int(answer[1:])


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Greet and count; 503 while redis is away."""
    try:
        status, text = "200 OK", f"{os.environ['GREETING']} number {count_visitor()}\n"
    except OSError as error:
        print(f"cannot count the visitor: {error}", file=sys.stderr)
        status, text = "503 Service Unavailable", "redis is away, try again\n"
    start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [text.encode()]


class Handler(WSGIRequestHandler):
    """Logs requests to standard output; a unix socket knows no address of the client."""

    def address_string(self) -> str:
        return "nginx"

    def get_environ(self) -> dict[str, Any]:
        self.client_address = ("nginx", 0)
        return super().get_environ()

    def log_message(self, format: str, *args: Any) -> None:
        print(format % args)


class UnixServer(WSGIServer):
    """The server of the standard library on a unix socket."""

    address_family = socket.AF_UNIX

    def server_bind(self) -> None:
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", 0
        self.setup_environ()


def main() -> None:
    """Serve until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda _signum, _frame: sys.exit(0))
    SOCKET.unlink(missing_ok=True)  # left over if the last one was killed
    server = UnixServer(str(SOCKET), Handler)  # type: ignore[arg-type]
    server.set_app(application)
    print("app: ready")
    server.serve_forever()


if __name__ == "__main__":
    main()
