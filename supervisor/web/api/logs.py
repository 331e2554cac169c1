"""Logs by offset: a piece, all that follows, or that as server-sent events.

Offsets are bytes of the current file; they count from 0 again when the log is rotated or emptied.
"""

from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Callable, Final, Iterator
from supervisor.lean import partial
from supervisor.rpc.ports import Logbook, PassageFollower
from supervisor.tuples import NamedTuple
from supervisor.web.api.calls import Call
from supervisor.web.api.fields import Field
from supervisor.web.api.log_streams import LogEvents, LogText
from supervisor.web.api.operations import Operation
from supervisor.web.api.problems import refusal_response
from supervisor.web.api.views import found_process
from supervisor.web.messages import Answer, Response
from supervisor.web.sse import EventSource

PIECE_BYTES: Final = 64 * 1024
PIECE_BYTES_MAX: Final = 1024 * 1024
OFFSET_MAX: Final = 2**53
"""Larger numbers are not the same to everybody who reads JSON."""

TEXT: Final = "text/plain;charset=utf-8"
EVENTS: Final = "text/event-stream"

_FIELDS: Final = (
    Field(
        "from",
        ("integer",),
        "Offset in bytes of where to begin; negative: that many bytes before the end.",
        default=-PIECE_BYTES,
        minimum=-OFFSET_MAX,
        maximum=OFFSET_MAX,
    ),
    Field(
        "length",
        ("integer",),
        "How many bytes at most.",
        default=PIECE_BYTES,
        minimum=1,
        maximum=PIECE_BYTES_MAX,
    ),
    Field("follow", ("boolean",), "Send all that follows, without an end.", default=False),
)

_HEADERS: Final = (
    ("X-Log-Begin", "Offset of the first byte of this piece."),
    ("X-Log-Next", "Offset to go on from: that of the first byte after this piece."),
    ("X-Log-End", "Size of the log in bytes."),
)

_TEXT: Final = f"""\
By default the last {PIECE_BYTES // 1024} KiB. To go on reading, ask again from `X-Log-Next`.
If `X-Log-Begin` is less than the offset that was asked for, the log was rotated or emptied
meanwhile: go on from 0.

With `follow` the answer has no end and no such headers. With `Accept: {EVENTS}` it has
none either and is made of events: `log` with `offset` and `text`, `anew` with the reason
(`rotated` or `emptied`) when offsets count from 0 again. The id of an event is the offset to
go on from, so that a client resumes by itself (`Last-Event-ID`)."""


class _Log(NamedTuple):
    """One log, whoever writes it."""

    extent: Callable[[], tuple[int, int]]
    read: Callable[[int, int], tuple[bytes, int]]
    follow: Callable[[Callable[[], None], int], PassageFollower]


def _process_log(channel: str, call: Call) -> Answer:
    process_id = found_process(call, call.path["name"]).id
    logbook: Logbook = call.services.logbook
    return _answer(
        call,
        _Log(
            partial(logbook.extent, process_id, channel),
            partial(logbook.read_from, process_id, channel),
            partial(logbook.follow_from, process_id, channel),
        ),
    )


def _main_log(call: Call) -> Answer:
    logbook: Logbook = call.services.logbook
    return _answer(
        call, _Log(logbook.extent_main, logbook.read_main_from, logbook.follow_main_from)
    )


def _answer(call: Call, log: _Log) -> Answer:
    offset: int = call.query["from"]
    try:
        if EVENTS in (call.request.header(b"accept") or "").lower():
            source = EventSource(call.site.timers, call.services.clock)
            LogEvents(source, log.follow, _resumed(call, offset))
            return source
        if call.query["follow"]:
            return LogText(log.follow, offset)
        return _piece(log, offset, call.query["length"])
    except RequestRefused as refused:
        if refused.fault is not Fault.NO_FILE:
            raise
        return refusal_response(refused, 404)


def _piece(log: _Log, offset: int, length: int) -> Response:
    begin, end = log.extent()
    first = max(begin, end + offset) if offset < 0 else offset
    data, after = log.read(first, length)
    headers = (
        ("Cache-Control", "no-store"),
        ("X-Log-Begin", str(after - len(data))),
        ("X-Log-Next", str(after)),
        ("X-Log-End", str(max(end, after))),
    )
    return Response(200, TEXT, data, headers)


def _resumed(call: Call, offset: int) -> int:
    """Where to begin: where a client that has lost its connection was."""
    last = call.request.header(b"last-event-id") or ""
    is_offset = last.isascii() and last.isdigit() and len(last) < len(str(OFFSET_MAX))
    return int(last) if is_offset else offset


def operations() -> Iterator[Operation]:
    """All of them."""
    for channel in ("stdout", "stderr"):
        yield _operation(
            f"/processes/{{name}}/logs/{channel}",
            partial(_process_log, channel),
            f"Read the {channel} log of a process",
        )
    yield _operation("/supervisor/log", _main_log, "Read the main log")


def _operation(path: str, answer: Callable[[Call], Answer], summary: str) -> Operation:
    return Operation(
        "GET",
        path,
        answer,
        "",
        summary,
        _TEXT,
        query=_FIELDS,
        statuses=frozenset({403, 404, 409}),
        media=(TEXT, EVENTS),
        headers=_HEADERS,
    )
