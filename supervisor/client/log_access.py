"""Reading the logs of processes from daemons of any age: the end of one, and what comes after.

The JSON API gives the end to the byte, and lets a reader that was cut off go on where it was; what
comes is text there, in which bytes that are no UTF-8 are replaced. Older daemons replace them, and
control characters, in the end of a log, and of what was written while nobody followed they give
the last 1024 bytes.
"""

import codecs
import http.client
import json
import xmlrpc.client

from supervisor.client.api import (
    EVENT_STREAM,
    HEARTBEAT_S,
    HTTP_OK,
    PLAIN_TEXT,
    Api,
    log_path,
    problem_fault,
)
from supervisor.client.follow import process_log_path
from supervisor.client.following import Source
from supervisor.client.http_stream import Answered
from supervisor.errors import ProtocolViolation
from supervisor.hints import Any, Callable, Iterable, Mapping, Protocol
from supervisor.lean import partial
from supervisor.tuples import NamedTuple
from supervisor.wire.sse import EventStreamParser

HTTP_SERVER_ERROR = 500
CHARACTER_BYTES_MAX = 4
PIECE_BYTES = 1 << 20
"""No daemon gives more at a time."""
LOG_EVENT = "log"
EVENT_STREAMS_MAX = 40
"""A daemon has not many more streams of events for one caller; it gives plain logs without end."""
STREAM_HEAD_BYTES = 1024
"""A stream of an old kind starts with that much of the log as it was."""


class End(NamedTuple):
    """The last bytes of a log."""

    data: bytes
    is_whole: bool
    """False if there is more before them."""
    position: int
    """Offset behind the last byte: from there on it is followed."""


class LogAccess(Protocol):
    """How the logs of one daemon are read. Names are those of processes, as commands take them."""

    def end(self, process: str, channel: str, bytes_max: int) -> End:
        """The last bytes of a log. Raises xmlrpc.client.Fault as readProcessStdoutLog does."""

    def source(self, process: str, channel: str, position: int) -> Source:
        """What is written from that offset on, as pieces of bytes."""


class _Piece(NamedTuple):
    """Some bytes of a log, their offset, the one behind them, and that behind the last byte."""

    data: bytes
    begin: int
    next: int
    end: int


class NewLogAccess:
    """The JSON API."""

    def __init__(self, api: Api, log_count: int) -> None:
        self._api = api
        self._as_events = log_count <= EVENT_STREAMS_MAX

    def end(self, process: str, channel: str, bytes_max: int) -> End:
        """See LogAccess."""
        if not bytes_max:
            return End(b"", False, self._piece(process, channel, -1).next)
        first = piece = self._piece(process, channel, -bytes_max)
        data = [first.data]
        while piece.data and piece.next < first.end:
            piece = self._piece(process, channel, piece.next)
            data.append(piece.data)
        whole, position = without_cut_character(b"".join(data), piece.next)
        return End(whole, first.begin == 0, position)

    def _piece(self, process: str, channel: str, begin: int) -> _Piece:
        path = f"{log_path(process, channel)}?from={begin}&length={PIECE_BYTES}"
        answer = self._api.get(path, PLAIN_TEXT)
        if answer.status != HTTP_OK:
            raise problem_fault(answer.status, answer.body)
        begin, after, end = (
            int(answer.headers[f"x-log-{name}"]) for name in ("begin", "next", "end")
        )
        return _Piece(answer.body, begin, after, end)

    def source(self, process: str, channel: str, position: int) -> Source:
        """See LogAccess."""
        path = log_path(process, channel)
        if self._as_events:
            return _EventSource(path, position)
        return _PlainSource(path, position)


class _EventSource:
    """A log as server-sent events, whose ids are offsets to go on from."""

    silence_s_max: float | None = 4 * HEARTBEAT_S

    def __init__(self, path: str, position: int) -> None:
        self._path = path
        self._position = str(position)
        self._parser = EventStreamParser()

    def request(self) -> tuple[str, Mapping[str, str]]:
        """See Source."""
        self._parser = EventStreamParser()
        return f"{self._path}?from={self._position}", {"Accept": EVENT_STREAM}

    def expects(self, answered: Answered) -> bool:
        """See Source."""
        return answered.content_type == EVENT_STREAM

    def feed(self, data: bytes) -> Iterable[bytes]:
        """See Source."""
        messages = self._parser.feed(data)
        self._position = self._parser.last_id or self._position
        return [_text_of(each.data) for each in messages if each.event == LOG_EVENT]


class _PlainSource:
    """A log as it is. Offsets are counted here: a rotation in between is not noticed."""

    silence_s_max: float | None = None

    def __init__(self, path: str, position: int) -> None:
        self._path = path
        self._position = position

    def request(self) -> tuple[str, Mapping[str, str]]:
        """See Source."""
        return f"{self._path}?from={self._position}&follow=true", {"Accept": PLAIN_TEXT}

    def expects(self, answered: Answered) -> bool:
        """See Source."""
        return answered.content_type == PLAIN_TEXT

    def feed(self, data: bytes) -> Iterable[bytes]:
        """See Source."""
        self._position += len(data)
        return [data]


def _text_of(data: str) -> bytes:
    """The text of a `log` event. Raises ProtocolViolation if it is none."""
    try:
        text = json.loads(data)["text"]
        return bytes(text.encode("utf-8", "replace"))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ProtocolViolation("a log event without text") from None


def without_cut_character(data: bytes, position: int) -> tuple[bytes, int]:
    """The data without the beginning of a character at its end, and the offset behind it."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(data[-CHARACTER_BYTES_MAX:])
    cut_bytes = len(decoder.getstate()[0])
    return (data[:-cut_bytes], position - cut_bytes) if cut_bytes else (data, position)


class OldLogAccess:
    """XML-RPC for what there is, `/logtail` for what comes: all daemons can do that."""

    def __init__(self, supervisor: Any) -> None:
        self._supervisor = supervisor
        """Proxy of the supervisor namespace."""

    def end(self, process: str, channel: str, bytes_max: int) -> End:
        """See LogAccess."""
        text, size_bytes, overflow = self._tail(process, channel, bytes_max)
        if not size_bytes:
            # It may be missing: only reading, unlike asking for its end, tells.
            self._read(channel)(process, 0, 1)
        return End(text.encode(), not overflow, size_bytes)

    def source(self, process: str, channel: str, position: int) -> Source:
        """See LogAccess."""
        path = process_log_path(process, channel)
        return _OldSource(path, position, partial(self._size_bytes, process, channel))

    def _size_bytes(self, process: str, channel: str) -> int | None:
        """Size of a log now, None if it cannot be told."""
        try:
            return self._tail(process, channel, 0)[1]
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            # The daemon is about to end, or to lose this process: its stream will tell.
            return None

    def _tail(self, process: str, channel: str, bytes_max: int) -> tuple[str, int, bool]:
        supervisor = self._supervisor
        tail = (
            supervisor.tailProcessStdoutLog
            if channel == "stdout"
            else supervisor.tailProcessStderrLog
        )
        for more_bytes in range(CHARACTER_BYTES_MAX):
            try:
                text, size_bytes, overflow = tail(process, 0, bytes_max + more_bytes)
            except xmlrpc.client.ProtocolError as error:
                # Releases up to 4 fail if the piece begins within a character: take one that
                # begins a byte earlier.
                if error.errcode != HTTP_SERVER_ERROR or not bytes_max:
                    raise
                continue
            return text, size_bytes, overflow
        raise xmlrpc.client.Fault(30, "FAILED")

    def _read(self, channel: str) -> Any:
        supervisor = self._supervisor
        if channel == "stdout":
            return supervisor.readProcessStdoutLog
        return supervisor.readProcessStderrLog


class _OldSource:
    """A `/logtail` stream: it starts with the end of the log as it was, which may be known."""

    silence_s_max: float | None = None

    def __init__(self, path: str, position: int, size_now: Callable[[], int | None]) -> None:
        self._path = path
        self._position = position
        self._size_now = size_now
        self._skip_bytes: int | None = None

    def request(self) -> tuple[str, Mapping[str, str]]:
        """See Source."""
        self._skip_bytes = None
        return self._path, {"Accept": "*/*"}

    def expects(self, answered: Answered) -> bool:
        """See Source."""
        return True

    def feed(self, data: bytes) -> Iterable[bytes]:
        """See Source."""
        if self._skip_bytes is None:
            size_bytes = self._size_now()
            if size_bytes is None:
                size_bytes = self._position
            self._skip_bytes = known_head_bytes(self._position, size_bytes)
        new = data[self._skip_bytes :]
        self._skip_bytes -= len(data) - len(new)
        self._position += len(new)
        return [new] if new else []


def known_head_bytes(position: int, size_bytes: int) -> int:
    """How much of the head of a stream lies before a position, in a log that is now that long.

    If the log grew while the stream was being opened, rather some output is shown again than lost.
    """
    if size_bytes < position:
        # Another file, or it was cleared: all of it is new.
        return 0
    return max(0, min(position, STREAM_HEAD_BYTES - (size_bytes - position)))
