"""What open pages are sent: fragments that take the place of older ones, never more than needed.

The fragments come from the functions that make the pages. What is the same as before is not sent,
and what changes all the time is sent at a pace that people can follow.
"""

from supervisor.hints import Any, Callable

try:
    # What the json package uses, which is as large as all that is done here.
    from _json import encode_basestring_ascii as json_text
except ImportError:
    from json.encoder import encode_basestring_ascii as json_text

from supervisor.core.component import Clock, Timer, Timers
from supervisor.rpc.ports import Feed, News, Services
from supervisor.tuples import NamedTuple
from supervisor.web.messages import Request
from supervisor.web.news import news_id
from supervisor.web.site import Site
from supervisor.web.sse import EventSource
from supervisor.web.views.kit import Html

PERIOD_S = 0.25
"""Least time between two sendings of what changes."""


class Opening(NamedTuple):
    """A page that was opened: for whom, and where to send."""

    request: Request
    site: Site
    services: Services
    """As the caller may see them."""
    source: EventSource
    said: dict[str, str]

    @property
    def resume(self) -> str:
        """Where the page is in the news of the daemon."""
        return self.request.header(b"last-event-id") or self.said.get("from", "")


def position(feed: Feed) -> str:
    """Where a page stands that is made now: its stream goes on from there.

    Nothing is kept for nobody: this begins it, for as long as a browser needs to come back.
    """
    feed.watch(_ignore)()
    return news_id(feed, feed.last_serial)


def _ignore(news: News) -> None:
    """Who only wants that there is news."""


class Sender:
    """Sends fragments and other data to one page."""

    __slots__ = ("_sent", "_source")

    def __init__(self, source: EventSource) -> None:
        self._source = source
        self._sent: dict[str, int] = {}
        """Hashes of what is there, by id."""

    def put(self, id: str, html: Html) -> None:
        """Replace the element of that id, unless it is the same already."""
        if self.is_news(id, html):
            self.send("html", {"id": id, "html": html})

    def is_news(self, key: str, value: object) -> bool:
        """Whether this is something else than the last time."""
        hashed = hash(value)
        if self._sent.get(key) == hashed:
            return False
        self._sent[key] = hashed
        return True

    def send(self, event: str, data: Any, id: str = "") -> None:
        """Send data; names and texts of anybody cannot leave their place in JSON."""
        self._source.send(event, as_json(data), id)


def as_json(data: Any) -> str:
    """Texts, numbers, lists and objects as JSON in ASCII. Raises TypeError for anything else."""
    if isinstance(data, str):
        return str(json_text(data))
    if isinstance(data, int):
        return str(int(data))
    if isinstance(data, dict):
        return f"{{{', '.join(f'{as_json(str(k))}: {as_json(v)}' for k, v in data.items())}}}"
    if isinstance(data, list | tuple):
        return f"[{', '.join(map(as_json, data))}]"
    raise TypeError(f"cannot write {type(data).__name__} as JSON")


class Pacer:
    """Lets something happen at most every `PERIOD_S`."""

    __slots__ = ("_clock", "_next_s", "_timer", "_timers", "_wake")

    def __init__(self, timers: Timers, clock: Clock, wake: Callable[[], None]) -> None:
        self._timers = timers
        self._clock = clock
        self._wake = wake
        """Called when it may happen again, if it was asked for too early."""
        self._next_s = 0.0
        self._timer: Timer | None = None

    def ready(self) -> bool:
        """Whether it may happen now."""
        now_s = self._clock.now().mono_s
        if now_s >= self._next_s:
            self._next_s = now_s + PERIOD_S
            return True
        if self._timer is None:
            self._timer = self._timers.call_at(self._next_s, self._go_on)
        return False

    def close(self) -> None:
        """It will not happen any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _go_on(self) -> None:
        self._timer = None
        self._wake()
