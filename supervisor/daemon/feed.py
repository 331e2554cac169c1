"""Events as they happen, for those who watch the daemon. Implements `rpc.ports.Feed`.

Nothing is made for nobody: the feed subscribes when somebody begins to watch. It goes on for a
while after the last one has left, so that whoever lost his connection can resume; then it forgets
everything, and what happens is nobody's news. Numbers tell such gaps: one is left out for each.
"""

from supervisor import events
from supervisor.core.component import Clock, Timer, Timers
from supervisor.daemon.eventkinds import type_name
from supervisor.hints import Any, Callable, Final, Sequence
from supervisor.lean import deque
from supervisor.rpc.ports import News
from supervisor.subscriptions import Subscriptions

KEPT_COUNT_MAX: Final = 2000
"""Events that can be had once more; as many as a thousand programs make when they are started."""
KEPT_CHARS_MAX: Final = 512 * 1024
"""Of their payloads together, with something for each; older ones are forgotten."""
PAYLOAD_CHARS_MAX: Final = 128 * 1024
"""Of a payload that is told; beyond it only how much more there is. As JSON that is a line which
any client reads."""
LINGER_S: Final = 60.0
"""Seconds for which events are kept when nobody watches."""

_FRAME_CHARS: Final = 200
"""What an event counts beside its payload."""
_OF_PROCESSES: Final = (
    events.ProcessStateEvent,
    events.SettledStateEvent,
    events.ProcessLogEvent,
    events.ProcessCommunicationEvent,
)


class Feed:
    """All who watch, and what they may have missed."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        clock: Clock,
        timers: Timers,
        report_failure: Callable[[str], None],
    ) -> None:
        self._subscriptions = subscriptions
        self._clock = clock
        self._timers = timers
        self._report_failure = report_failure
        self.life = f"{int(clock.now().wall_s * 1000):x}"
        """Tells the numbers of this life of the daemon from those of another."""
        self.last_serial = 0
        """Number of the last event."""
        self._kept: deque[News] = deque()
        self._kept_chars = 0
        self._watchers: dict[object, Callable[[News], object]] = {}
        self._kinds: tuple[type, ...] = ()
        """What is subscribed to; nothing while nobody watches."""
        self._names: dict[type, str] = {}
        self._parting: Timer | None = None

    def watch(self, callback: Callable[[News], object]) -> Callable[[], None]:
        """Call back with every event from now on; returns what ends that."""
        token = object()
        self._watchers[token] = callback
        if self._parting is not None:
            self._parting.cancel()
            self._parting = None
        if not self._kinds:
            self._subscribe()
        return lambda: self._leave(token)

    def since(self, serial: int) -> Sequence[News] | None:
        """The events after that one, oldest first; None if not all of them are known any more."""
        missed_count = self.last_serial - serial
        if not 0 <= missed_count <= len(self._kept):
            return None
        return [self._kept[place] for place in range(-missed_count, 0)]

    def kept(self) -> Sequence[News]:
        """All events that are still known, oldest first."""
        return tuple(self._kept)

    # -- who watches -----------------------------------------------------------------------------

    def _subscribe(self) -> None:
        self._names.clear()
        self._kinds = news_kinds()
        for kind in self._kinds:
            self._subscriptions.subscribe(kind, self._note)

    def _leave(self, token: object) -> None:
        if self._watchers.pop(token, None) is not None and not self._watchers:
            due_s = self._clock.now().mono_s + LINGER_S
            self._parting = self._timers.call_at(due_s, self._forget)

    def _forget(self) -> None:
        self._parting = None
        for kind in self._kinds:
            if (kind, self._note) in self._subscriptions.callbacks:
                self._subscriptions.unsubscribe(kind, self._note)
        self._kinds = ()
        self._kept.clear()
        self._kept_chars = 0
        # Nobody ever saw this number, so nobody takes what comes next for all that happened.
        self.last_serial += 1

    # -- what happens ----------------------------------------------------------------------------

    def _note(self, event: Any) -> None:
        payload = _cut(str(event.payload()))
        group, name = _subject(event)
        wall_s = self._clock.now().wall_s
        self.last_serial += 1
        news = News(self.last_serial, wall_s, self._name(type(event)), group, name, payload)
        self._keep(news)
        for callback in tuple(self._watchers.values()):
            try:
                callback(news)
            except Exception:
                self._report_failure(f"somebody who watches failed on {news.type}")

    def _keep(self, news: News) -> None:
        self._kept.append(news)
        self._kept_chars += _FRAME_CHARS + len(news.payload)
        while len(self._kept) > 1 and (
            self._kept_chars > KEPT_CHARS_MAX or len(self._kept) > KEPT_COUNT_MAX
        ):
            self._kept_chars -= _FRAME_CHARS + len(self._kept.popleft().payload)

    def _name(self, kind: type) -> str:
        known = self._names.get(kind)
        if known is None:
            known = self._names[kind] = type_name(kind)
        return known


def news_kinds() -> tuple[type, ...]:
    """The classes of all that is news, none of them below another; those of plug-ins, too.

    TICKs are none, so that watching makes no wake-ups; nor is what is meant for one pool.
    """
    known = {events.event_type(name) for name in events.event_names()}
    news = [
        kind
        for kind in known
        if kind is not None
        and kind is not events.Event
        and not issubclass(kind, events.TickEvent | events.DirectedEvent)
    ]
    return tuple(kind for kind in news if not any(other in kind.__mro__[1:] for other in news))


def _cut(payload: str) -> str:
    more_count = len(payload) - PAYLOAD_CHARS_MAX
    if more_count <= 0:
        return payload
    return f"{payload[:PAYLOAD_CHARS_MAX]}\n[{more_count} characters more]"


def _subject(event: Any) -> tuple[str, str]:
    """Group and name of the process that an event is about."""
    if isinstance(event, events.ProcessGroupEvent):
        return event.group, ""
    if isinstance(event, _OF_PROCESSES):
        process = event.process
        group = process.group
        return ("" if group is None else group.config.name), process.config.name
    return "", ""
