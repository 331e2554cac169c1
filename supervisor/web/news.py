"""The news of the daemon for one stream of events: what it missed, then all that happens.

Nothing waits here: news are taken from the feed, which keeps the last of them for everybody, when
the client can take more. An id is ``LIFE-SERIAL``: it also tells lives of the daemon apart.
"""

import re

from supervisor import events
from supervisor.hints import Callable, Final, Iterable
from supervisor.rpc.ports import Feed, News
from supervisor.web.sse import FORGOTTEN, SLOW, EventSource

BATCH_COUNT: Final = 200
"""News looked at in one turn of the loop."""

_ID = re.compile(r"([0-9a-z]{1,20})-([0-9]{1,15})", re.ASCII)

Tell = Callable[[News, str], object]
"""Sends one of the news, with its id, or leaves it out."""


def news_id(feed: Feed, serial: int) -> str:
    """What a client comes back with that has been told that one."""
    return f"{feed.life}-{serial}"


def types_below(names: Iterable[str]) -> frozenset[str]:
    """Names of all event types that these stand for: themselves, and those below them.

    Raises ValueError with the name that is none, or that watchers are never told.
    """
    wanted = []
    for name in names:
        kind = events.event_type(name)
        if kind is None or issubclass(kind, events.TickEvent | events.DirectedEvent):
            raise ValueError(name)
        wanted.append(kind)
    known = ((name, events.event_type(name)) for name in events.event_names())
    return frozenset(
        name for name, kind in known if kind is not None and issubclass(kind, tuple(wanted))
    )


class NewsFollower:
    """Follows the feed for one client."""

    __slots__ = ("_feed", "_source", "_tell", "_told_serial")

    def __init__(self, source: EventSource, feed: Feed, tell: Tell, resume: str = "") -> None:
        """`resume` is the id to go on from, empty to begin now.

        If what came after it is not known any more, the first event is `resync`.
        """
        self._source = source
        self._feed = feed
        self._tell = tell
        source.add(self._refill, feed.watch(lambda news: source.wake()))
        source.position = self._position
        serial = self._serial_of(resume)
        if resume and serial is None:
            self._told_serial = feed.last_serial
            source.say_resync(FORGOTTEN)
        else:
            self._told_serial = feed.last_serial if serial is None else serial
            source.tell_position()

    def _serial_of(self, resume: str) -> int | None:
        """Serial of an id after which everything is known."""
        found = _ID.fullmatch(resume)
        if found is None or found[1] != self._feed.life:
            return None
        serial = int(found[2])
        return None if self._feed.since(serial) is None else serial

    def _position(self) -> str:
        return news_id(self._feed, self._told_serial)

    def _refill(self) -> None:
        if self._told_serial == self._feed.last_serial:
            return
        missed = self._feed.since(self._told_serial)
        if missed is None:
            self._told_serial = self._feed.last_serial
            self._source.resync(SLOW)
            return
        last_serial = self._feed.last_serial
        for news in missed[:BATCH_COUNT]:
            if not self._source.has_room:
                break
            self._told_serial = news.serial
            self._tell(news, news_id(self._feed, news.serial))
        if not missed or self._told_serial == missed[-1].serial:
            # What came after it is not for this client, who is not told of it by a scoped feed.
            self._told_serial = last_serial
        if self._told_serial != self._feed.last_serial:
            # The rest in the next turn, also if nothing of these is for this client.
            self._source.wake()
