"""Events of the daemon as they happen: server-sent events."""

from fnmatch import fnmatchcase

from supervisor import events
from supervisor.hints import Final, Iterator
from supervisor.rpc.ports import News
from supervisor.web.api.calls import Call
from supervisor.web.api.fields import PATTERN_CHARS_MAX, Field
from supervisor.web.api.jsons import write_json
from supervisor.web.api.operations import Operation
from supervisor.web.api.problems import Problem
from supervisor.web.messages import Answer
from supervisor.web.news import NewsFollower, types_below
from supervisor.web.sse import EventSource
from supervisor.wire.namespec import make_namespec

EVENTS: Final = "text/event-stream"

_TEXT: Final = """\
The answer has no end. The data of each event is a JSON object: `serial`, `time` (seconds since the
epoch), `type`, `group` and `name` of the process that it is about (empty if it is about none), and
`payload`, as event listeners get it. TICK events are not among them.

The id of an event is what to go on from after a break (`Last-Event-ID`, or `from`). Whoever has
missed something, because it is not known any more or because he did not read in time, gets an
event `resync` with the reason: look at everything anew. After 15 seconds of silence a comment is
sent."""


def _events(call: Call) -> Answer:
    types = call.query["types"]
    try:
        wanted = None if types is None else types_below(types)
    except ValueError as error:
        raise Problem(400, f"There is no event type {str(error)!a} that can be told.") from None
    pattern, services = call.query["name"], call.services
    source = EventSource(call.site.timers, services.clock)

    def tell(news: News, id: str) -> None:
        if wanted is not None and news.type not in wanted:
            return
        if pattern is not None and not _is_about(news, pattern):
            return
        source.send("", write_json(_struct(news)).decode("utf-8").rstrip("\n"), id)

    resume = call.request.header(b"last-event-id") or call.query["from"]
    NewsFollower(source, services.feed, tell, resume)
    return source


def _struct(news: News) -> dict[str, object]:
    return {
        "serial": news.serial,
        "time": round(news.wall_s, 6),
        "type": news.type,
        "group": news.group,
        "name": news.name,
        "payload": news.payload,
    }


def _is_about(news: News, pattern: str) -> bool:
    names = (make_namespec(news.group, news.name), f"{news.group}:{news.name}", news.name)
    return bool(news.group) and any(fnmatchcase(name, pattern) for name in names)


def operations() -> Iterator[Operation]:
    """All of them."""
    types = Field(
        "types",
        ("string",),
        "Event types, separated by commas; each stands for those below it as well.",
        is_list=True,
        choices=_told_types(),
    )
    yield Operation(
        "GET",
        "/events",
        _events,
        "",
        "Follow the events of the daemon",
        _TEXT,
        query=(
            types,
            Field(
                "name",
                ("string",),
                "Pattern of the processes that they are about: `web:*`.",
                chars_max=PATTERN_CHARS_MAX,
            ),
            Field("from", ("string",), "Id of the event to go on from.", default=""),
        ),
        media=(EVENTS,),
    )


def _told_types() -> tuple[str, ...]:
    """Names of all types that watchers are told, those of plug-ins included."""
    return tuple(sorted(name for name in events.event_names() if _is_told(name)))


def _is_told(name: str) -> bool:
    try:
        types_below((name,))
    except ValueError:
        return False
    return True
