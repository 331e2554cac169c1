"""The events of a daemon as a source to follow: `GET /api/v1/events`, resumed where it ended."""

import json
from urllib.parse import quote

from supervisor.client.api import EVENT_STREAM, HEARTBEAT_S, PREFIX
from supervisor.client.http_stream import Answered
from supervisor.hints import Any, Iterable, Mapping
from supervisor.tuples import NamedTuple
from supervisor.wire.sse import EventStreamParser, Message

EVENTS_PATH = f"{PREFIX}/events"
MISSED = "resync"
"""What a daemon sends to a reader that has missed something."""


class Event(NamedTuple):
    """Something has happened in the daemon; with an empty type: something has been missed."""

    struct: Mapping[str, Any]
    """As the API sends it."""

    @property
    def type(self) -> str:
        """Event type, such as PROCESS_STATE_RUNNING; empty for a gap in what is told."""
        return str(self.struct.get("type", ""))


class EventsSource:
    """Events of these types, and of those below them, from now on; after a break, from there."""

    silence_s_max: float | None = 4 * HEARTBEAT_S

    def __init__(self, types: Iterable[str]) -> None:
        self._path = f"{EVENTS_PATH}?types={quote(','.join(types), safe=',')}"
        self._parser = EventStreamParser()
        self._last_id = ""

    def request(self) -> tuple[str, Mapping[str, str]]:
        """See Source."""
        self._parser = EventStreamParser()
        headers = {"Accept": EVENT_STREAM, "Cache-Control": "no-store"}
        if self._last_id:
            headers["Last-Event-ID"] = self._last_id
        return self._path, headers

    def expects(self, answered: Answered) -> bool:
        """See Source."""
        return answered.content_type == EVENT_STREAM

    def feed(self, data: bytes) -> list[Event]:
        """See Source."""
        messages = self._parser.feed(data)
        self._last_id = self._parser.last_id or self._last_id
        return [self._event(message) for message in messages]

    @staticmethod
    def _event(message: Message) -> Event:
        if message.event == MISSED:
            return Event({})
        try:
            struct = json.loads(message.data)
        except ValueError:
            struct = None
        return Event(struct if isinstance(struct, dict) else {"payload": message.data})
