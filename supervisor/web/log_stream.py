"""``/logtail/NAMESPEC[/CHANNEL]`` and ``/mainlogtail``: the end of a log, then all that follows.

A client gets each growth as soon as it happens, and as fast as it takes it: the log is read only
when the client has taken what it was sent before, so a slow one costs nothing but its place.
"""

from supervisor.core.component import Clock
from supervisor.core.control import Control
from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Callable
from supervisor.rpc.ports import Follower
from supervisor.web.dates import DateStamp
from supervisor.web.gateway import Gateway
from supervisor.web.messages import Answer, Request, error_response
from supervisor.wire.namespec import split_namespec

FIRST_BYTES = 1024
"""How much of what is in the log already is sent."""


class LogStream:
    """A `Stream` from a follower."""

    __slots__ = ("_follower", "_wake", "content_type", "headers")

    def __init__(
        self, follow: Callable[[Callable[[], None]], Follower], last_modified: str
    ) -> None:
        self._wake: Callable[[], None] | None = None
        self._follower = follow(self._grew)
        self.content_type = "text/plain;charset=utf-8"
        # X-Accel-Buffering tells nginx to pass the pieces on as they come.
        self.headers: tuple[tuple[str, str], ...] = (
            ("Last-Modified", last_modified),
            ("X-Accel-Buffering", "no"),
        )

    def on_growth(self, wake: Callable[[], None]) -> None:
        """Have `wake` called whenever the log has grown."""
        self._wake = wake

    def read(self, max_bytes: int) -> bytes:
        """The next bytes, b'' if there are none now."""
        return self._follower.read(max_bytes)

    def close(self) -> None:
        """Stop following."""
        self._wake = None
        self._follower.close()

    def _grew(self) -> None:
        if self._wake is not None:
            self._wake()


class ProcessLogTail:
    """Handler of ``/logtail/…``: 404 for whatever has no log."""

    __slots__ = ("_gateway", "_stamp")

    def __init__(self, gateway: Gateway, clock: Clock) -> None:
        self._gateway = gateway
        self._stamp = DateStamp(clock)

    def __call__(self, request: Request) -> Answer:
        """Follow the log that the path names."""
        if request.method != "GET":
            return error_response(400)
        services = self._gateway.services(request)
        process_id, channel = _named(request.path, services.control)
        if process_id is None:
            return error_response(404)
        logbook = services.logbook
        try:
            return LogStream(
                lambda grew: logbook.follow(process_id, channel, grew, FIRST_BYTES),
                self._stamp.http(),
            )
        except RequestRefused:
            return error_response(404)


def _named(path: str, control: Control) -> tuple[int | None, str]:
    """Id of the process and channel of a path; None if it names no log of one process."""
    parts = path.split("/")[2:]
    namespec = parts[0] if parts else ""
    channel = parts[1] if len(parts) > 1 else "stdout"
    if len(parts) > 2 or channel not in ("stdout", "stderr"):
        return None, channel
    group, name = split_namespec(namespec)
    process = None if name is None else control.find(group, name)
    return (None if process is None else process.id), channel


class MainLogTail:
    """Handler of ``/mainlogtail``: 404 if the main log is not a file."""

    __slots__ = ("_gateway", "_stamp")

    def __init__(self, gateway: Gateway, clock: Clock) -> None:
        self._gateway = gateway
        self._stamp = DateStamp(clock)

    def __call__(self, request: Request) -> Answer:
        """Follow the main log."""
        if request.method != "GET":
            return error_response(400)
        logbook = self._gateway.services(request).logbook
        try:
            return LogStream(
                lambda grew: logbook.follow_main(grew, FIRST_BYTES), self._stamp.http()
            )
        except RequestRefused as refused:
            return error_response(403 if refused.fault is Fault.FORBIDDEN else 404)
