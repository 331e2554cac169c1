"""The page of events: the newest first. The rows are also sent to open pages as things happen."""

from supervisor.hints import Callable, Iterator, Sequence
from supervisor.rpc.ports import Feed, News
from supervisor.tuples import NamedTuple
from supervisor.web.messages import Answer, Request
from supervisor.web.site import Site
from supervisor.web.views import layout, words
from supervisor.web.views.arguments import query_arguments
from supervisor.web.views.kit import NOTHING, Html, Template, attributes, joined, quoted
from supervisor.web.views.picture import BAD_EXIT
from supervisor.web.views.sending import position
from supervisor.wire.namespec import make_namespec

PAGE = "events.html"

SHOWN_COUNT = 200
"""Events of one page."""

DETAILS_CHARS_MAX = 300
"""Of a row; output of programs is cut."""

QUERY_WORDS_MAX = 10

_EVENTS = Template("events.html")
_KEPT_COUNT_MAX = 4096
"""More than any feed keeps."""
_STATE = "PROCESS_STATE_"
_SETTLED = "PROCESS_STATE_CHANGE"
_CHIPS = (
    ("", "Events"),
    ("PROCESS_STATE", "States"),
    (_SETTLED, "Settled states"),
    ("PROCESS_LOG", "Output"),
    ("PROCESS_COMMUNICATION", "Communication"),
    ("PROCESS_GROUP", "Groups"),
    ("SUPERVISOR_STATE_CHANGE", "Supervisor"),
    ("REMOTE_COMMUNICATION", "Remote"),
)
_LOOKS = frozenset(
    {"RUNNING", "STARTING", "STOPPING", "BACKOFF", "FATAL", "EXITED", "STOPPED", "UNKNOWN"}
)
_LEFT_OUT = ("processname", "groupname", "channel")
_SAID = {
    "from_state": "from {}",
    "tries": "try {}",
    "pid": "pid {}",
    "expected": "{}",
    "attempts": "failed starts {}",
    "uptime": "after {} s",
}
_EXPECTED = {"0": "not expected", "1": "expected"}
_NOTHING_TO_SAY = (("tries", "0"), ("attempts", "0"), ("uptime", "0.000"))


class EventWish(NamedTuple):
    """Which events are wanted."""

    topic: str = ""
    """An event type; those below it are meant, too."""
    query: str = ""
    before: int | None = None
    """Number of an event; those before it are wanted."""

    def address(self, before: int | None = None) -> str:
        """The page with these events."""
        said = [("topic", self.topic), ("q", self.query)]
        if before is not None:
            said.append(("before", str(before)))
        kept = "&".join(f"{name}={quoted(value)}" for name, value in said if value)
        return f"{PAGE}?{kept}"


def wish_of(request: Request) -> EventWish:
    """What the address of a request asks for."""
    said = query_arguments(request)
    topic, before = said.get("topic", ""), said.get("before", "")
    is_number = before.isascii() and before.isdigit() and len(before) <= 18
    return EventWish(
        topic if any(topic == known for known, _ in _CHIPS) else "",
        said.get("q", "")[:200].strip(),
        int(before) if is_number else None,
    )


def view(request: Request, site: Site) -> Answer:
    """The page."""
    feed = site.gateway.services(request).feed
    here_now = position(feed)
    wish = wish_of(request)
    wanted = matcher(wish)
    found = [news for news in reversed(kept(feed)) if wanted(news)]
    shown, rest = found[:SHOWN_COUNT], found[SHOWN_COUNT:]
    main = _EVENTS["page"](
        shown=_shown(wish),
        topic=wish.topic,
        query=wish.query,
        chip=joined(_chips(wish)),
        event=joined(event_html(news) for news in shown),
        none=_EVENTS["none"](
            text=_none(wish), hidden=attributes(hidden=True) if shown else NOTHING
        ),
        older=_EVENTS["older"](address=wish.address(shown[-1].serial)) if rest else NOTHING,
        icon=NOTHING,
        process=NOTHING,
    )
    live = ""
    if wish.before is None:
        live = f"page=events&topic={wish.topic}&from={here_now}"
    return layout.answer(site, request, layout.Page("Events", "events", live=live), main)


def kept(feed: Feed) -> Sequence[News]:
    """All events that are still known, oldest first."""
    few, many = 0, min(_KEPT_COUNT_MAX, feed.last_serial + 1)
    while many - few > 1:
        middle = (few + many) // 2
        if feed.since(feed.last_serial - middle) is None:
            many = middle
        else:
            few = middle
    return feed.since(feed.last_serial - few) or ()


def matcher(wish: EventWish) -> Callable[[News], bool]:
    """Whether an event is one that is wanted."""
    needed = wish.query.lower().split()[:QUERY_WORDS_MAX]

    def wanted(news: News) -> bool:
        if wish.before is not None and news.serial >= wish.before:
            return False
        if not is_of(news.type, wish.topic):
            return False
        if not needed:
            return True
        text = f"{news.type} {subject(news)} {details(news)}".lower()
        return all(word in text for word in needed)

    return wanted


def is_of(kind: str, topic: str) -> bool:
    """Whether an event type is a topic, or below it by its name."""
    if topic != _SETTLED and kind.startswith(_SETTLED):
        # The same happenings once more, for those who want no noise.
        return False
    return not topic or kind == topic or kind.startswith(f"{topic}_")


# -- a row


def event_html(news: News) -> Html:
    """An event as a row."""
    look = _look(news)
    name = subject(news)
    milliseconds = int(news.wall_s * 1000) % 1000
    return _EVENTS["event"](
        serial=news.serial,
        at=f"{words.clock_time(news.wall_s)}.{milliseconds:03}",
        at_utc=f"{words.machine_time(news.wall_s)[:-1]}.{milliseconds:03}Z",
        kind=look,
        icon=_EVENTS["icon"](look=look) if look else NOTHING,
        type=news.type,
        subject=_EVENTS["process"](name=name, address=quoted(name)) if news.name else name,
        details=details(news),
    )


def subject(news: News) -> str:
    """Name of the process that an event is about, or of the group; empty if it is about none."""
    return make_namespec(news.group, news.name) if news.name else news.group


def details(news: News) -> str:
    """What an event says beside that, in words."""
    head, line_end, data = news.payload.partition("\n")
    said = ", ".join(_said(head))
    if not line_end:
        return _cut(said)
    told = data.strip()
    if told and not news.type.startswith(_STATE):
        told = f"{words.plural(len(data.encode('utf-8', 'replace')), 'byte')}: {told}"
    return _cut(", ".join(filter(None, (said, told))))


def _said(head: str) -> Iterator[str]:
    """The fields of a payload: ``from_state:RUNNING expected:0 pid:3``; other text as it is."""
    fields = [token.partition(":") for token in head.split()]
    if not all(colon and key.isidentifier() for key, colon, _ in fields):
        yield head
        return
    for key, _, value in fields:
        if key not in _LEFT_OUT and (key, value) not in _NOTHING_TO_SAY:
            text = _EXPECTED.get(value, value) if key == "expected" else value
            yield _SAID.get(key, f"{key} {{}}").format(text)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= DETAILS_CHARS_MAX else f"{text[: DETAILS_CHARS_MAX - 1]}…"


def _look(news: News) -> str:
    state = news.type.removeprefix(_SETTLED).removeprefix(_STATE).strip("_").partition("_")[0]
    if not news.type.startswith(_STATE) or state not in _LOOKS:
        return ""
    if state == "EXITED" and " expected:0" in news.payload:
        return BAD_EXIT
    return state


# -- around the rows


def _chips(wish: EventWish) -> Iterator[Html]:
    for topic, word in _CHIPS:
        here_now = attributes(aria_current="true") if topic == wish.topic else NOTHING
        address = wish._replace(topic=topic).address()
        yield _EVENTS["chip"](address=address, current=here_now, word=word)


def _shown(wish: EventWish) -> str:
    before = "" if wish.before is None else f" before number {words.counted(wish.before)}"
    return f"at most {SHOWN_COUNT}{before}, newest first"


def _none(wish: EventWish) -> str:
    if wish.query or wish.topic or wish.before is not None:
        return "No event matches. Take a word away, or choose Events."
    return (
        "Nothing has happened since somebody began to watch. Events are shown here as they happen,"
        " and kept while a page or a client of the API watches."
    )
