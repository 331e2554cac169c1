"""A WSGI application served by FastCGI on descriptor 0, where supervisord puts the socket."""

import asyncio
import os
from collections.abc import Callable, Iterable
from typing import Any

from fcgisgi import run_wsgi_server


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Say who answers, and how much was sent."""
    body = environ["wsgi.input"].read()
    name = os.environ["SUPERVISOR_PROCESS_NAME"]
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{name} (pid {os.getpid()}) was sent {len(body)} bytes\n".encode()]


if __name__ == "__main__":
    asyncio.run(run_wsgi_server(application))
