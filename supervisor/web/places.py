"""How many streams of events one server has: each costs memory, and work at every event."""

from supervisor.hints import Callable, Final
from supervisor.web.messages import Request, Response, Stream
from supervisor.web.peers import network_of

STREAMS_MAX: Final = 100
"""Streams of events that are open at a time on one server; whoever wants another one: 503."""
CALLER_STREAMS_MAX: Final = 50
"""The same for one user, or for one peer (see `web.peers`) where nobody is asked who he is."""

FULL: Final = Response(
    503,
    "text/plain;charset=utf-8",
    b"Too many streams of events are open. Close pages that are not needed, then try again.\n",
    (("Retry-After", "30"),),
)


class Places:
    """Who has taken how many of them."""

    __slots__ = ("_taken",)

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def take(self, stream: Stream, request: Request) -> Callable[[], None] | None:
        """A place for a stream: what gives it back, None if there is none left.

        Only what is sent as events counts, logs included; as plain text logs have always been
        followed by as many as liked.
        """
        if not stream.content_type.startswith("text/event-stream"):
            return _nothing
        who = request.caller.name or network_of(request.peer)
        mine = self._taken.get(who, 0)
        if mine >= CALLER_STREAMS_MAX or sum(self._taken.values()) >= STREAMS_MAX:
            return None
        self._taken[who] = mine + 1
        return lambda: self._give_back(who)

    def _give_back(self, who: str) -> None:
        self._taken[who] -= 1
        if not self._taken[who]:
            del self._taken[who]


def _nothing() -> None:
    """What gives back a place that nobody counted."""
