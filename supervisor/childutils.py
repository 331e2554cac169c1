"""Promised names: helpers for event listeners and for programs that talk in capture tags.

Imported by every listener, so it stays small: what speaks XML-RPC is imported on first use, which
spares a listener that only waits for events some 9 MiB. Nothing of the daemon is imported.
"""

import contextlib
import io
import sys
import time

from supervisor.hints import IO, TYPE_CHECKING, Mapping

if TYPE_CHECKING:
    from xmlrpc.client import ServerProxy

    from supervisor.client.transport import SupervisorTransport

READY_LINE = "READY\n"
BEGIN_TAG = "<!--XSUPERVISOR:BEGIN-->"
END_TAG = "<!--XSUPERVISOR:END-->"


def getRPCTransport(env: Mapping[str, str]) -> "SupervisorTransport":
    """Transport to the daemon that started this process; KeyError if none did."""
    from supervisor.client.transport import SupervisorTransport

    return SupervisorTransport(
        env.get("SUPERVISOR_USERNAME", ""),
        env.get("SUPERVISOR_PASSWORD", ""),
        env["SUPERVISOR_SERVER_URL"],
    )


def getRPCInterface(env: Mapping[str, str]) -> "ServerProxy":
    """XML-RPC proxy for the daemon that started this process; KeyError if none did."""
    from xmlrpc.client import ServerProxy

    # The host of the URL is ignored: the transport knows where to go.
    return ServerProxy("http://127.0.0.1", transport=getRPCTransport(env))


def get_headers(line: str) -> dict[str, str]:
    """The `key:value` tokens of a line; raises ValueError for a token without colon."""
    headers = {}
    for token in line.split():
        key, colon, value = token.partition(":")
        if not colon:
            raise ValueError(f"cannot read header token {token!r}: no colon")
        headers[key] = value
    return headers


def eventdata(payload: str) -> tuple[dict[str, str], str]:
    """Headers of the first line of a payload, and what follows it."""
    headerinfo, data = payload.split("\n", 1)
    return get_headers(headerinfo), data


def get_asctime(now: float | None = None) -> str:
    """Local time as in the main log, `YYYY-MM-DD HH:MM:SS,mmm`; `now` in seconds since 1970."""
    wall_s = time.time() if now is None else now
    milliseconds = int((wall_s - int(wall_s)) * 1000)
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(wall_s))},{milliseconds:03d}"


class ProcessCommunicationsProtocol:
    """Wraps a message in the tags that the daemon captures."""

    def send(self, msg: str, fp: IO[str] = sys.stdout) -> None:
        """Write one message and flush."""
        fp.write(f"{BEGIN_TAG}{msg}{END_TAG}")
        fp.flush()

    def stdout(self, msg: str) -> None:
        """Send a message on standard output."""
        self.send(msg, sys.stdout)

    def stderr(self, msg: str) -> None:
        """Send a message on standard error."""
        self.send(msg, sys.stderr)


pcomm = ProcessCommunicationsProtocol()


class EventListenerProtocol:
    """The listener's side of the conversation with the daemon."""

    def wait(
        self, stdin: IO[str] = sys.stdin, stdout: IO[str] = sys.stdout
    ) -> tuple[dict[str, str], str]:
        """Say READY, then wait for an event: its headers and its payload.

        Raises KeyError when the daemon has gone.
        """
        _keep_line_ends(stdin)
        self.ready(stdout)
        line = stdin.readline()
        headers = get_headers(line)
        payload = stdin.read(int(headers["len"]))
        return headers, payload

    def ready(self, stdout: IO[str] = sys.stdout) -> None:
        """Ask for the next event."""
        stdout.write(READY_LINE)
        stdout.flush()

    def ok(self, stdout: IO[str] = sys.stdout) -> None:
        """Accept the event."""
        self.send("OK", stdout)

    def fail(self, stdout: IO[str] = sys.stdout) -> None:
        """Reject the event: it is offered again."""
        self.send("FAIL", stdout)

    def send(self, data: str, stdout: IO[str] = sys.stdout) -> None:
        """Answer with a result; its length is told in bytes, as the daemon counts them."""
        encoding = getattr(stdout, "encoding", None) or "utf-8"
        length_bytes = len(data.encode(encoding, getattr(stdout, "errors", None) or "strict"))
        stdout.write(f"RESULT {length_bytes}\n{data}")
        stdout.flush()


def _keep_line_ends(stdin: IO[str]) -> None:
    """Take payloads as they are: text streams make one character of CR LF, and `len` counts two.

    Only possible before anything was read; streams of other kinds change nothing.
    """
    if isinstance(stdin, io.TextIOWrapper):
        with contextlib.suppress(io.UnsupportedOperation):
            stdin.reconfigure(newline="\n")


listener = EventListenerProtocol()
