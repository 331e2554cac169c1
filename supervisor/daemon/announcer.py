"""Tells what happens: turns what the core announces, and what children print, into events.

Nothing is made for nobody. An event gets its serial, its name and its bytes once, when the first
pool (or the journal) accepts it: see `stamped`.
"""

from supervisor.core.accepted import EventAccepted
from supervisor.core.commands import GroupChange, MoodChange, StateChange
from supervisor.core.serials import next_serial
from supervisor.core.snapshot import ProcessSnapshot
from supervisor.hints import TYPE_CHECKING, Any, Callable
from supervisor.states import ProcessStates, SupervisorStates
from supervisor.subscriptions import Subscriptions

if TYPE_CHECKING:
    from supervisor.daemon.eventkinds import EventKinds
    from supervisor.events import TickEvent


class Named:
    """What has a name in its configuration: a group as an event knows it."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def config(self) -> "Named":
        """Where `group.config.name` is found."""
        return self


class Moment(Named):
    """A process as it was when the event was made: `process` of an event without plug-ins."""

    __slots__ = ("backoff", "group", "pid")

    def __init__(self, name: str, group: str, pid: int, backoff: int) -> None:
        super().__init__(name)
        self.group = Named(group)
        self.pid = pid
        self.backoff = backoff


class _Wanted(dict[type, bool]):
    """Whether anybody would be told of an event of a class: asked once, until that changes."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions

    def __missing__(self, kind: type) -> bool:
        wanted = self[kind] = self._subscriptions.wants(kind)
        return wanted


class _Names(dict[type, str]):
    """What events of a class are called: looked for once, until types may have been registered."""

    def __missing__(self, kind: type) -> str:
        # Late: see there. Whoever asks for a name has it already.
        from supervisor.daemon.eventkinds import type_name

        # A header is one line, whatever a plug-in registers.
        name = self[kind] = " ".join(type_name(kind).splitlines())
        return name


class Announcer:
    """Tells the subscribers. Implements `rpc.ports.Announcer` and `outlets.OutputAnnouncer`."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        process: Callable[[int], ProcessSnapshot],
        serial: int = 0,
    ) -> None:
        self._subscriptions = subscriptions
        self._process = process
        self.next_serial = serial
        """Of the next event that somebody accepts; there is one count in the whole daemon."""
        self.process_of: Callable[[int], Any] | None = None
        """What an event has as `process`, if plug-ins are there to look at it."""
        self._kinds: EventKinds | None = None
        """The classes of events; None as long as nobody has subscribed."""
        self._tell: Callable[[str, str], bytes] | None = None
        """Encodes events; None as long as nobody has accepted one."""
        self._wanted = _Wanted(subscriptions)
        self._names = _Names()

    # -- what happened ---------------------------------------------------------------------------

    def announce(self, change: StateChange | GroupChange | MoodChange) -> None:
        """Tell those who want to know."""
        kinds = self._kinds
        if kinds is None:
            return
        if isinstance(change, StateChange):
            self._state_change(change, kinds)
        elif isinstance(change, GroupChange):
            self._notify(kinds.group_added if change.added else kinds.group_removed, change.name)
        elif change.mood == SupervisorStates.RUNNING:
            self._notify(kinds.running)
        elif change.mood == SupervisorStates.FATAL:
            self._notify(kinds.fatal, change.reason)
        else:
            self._notify(kinds.stopping)

    def _state_change(self, change: StateChange, kinds: "EventKinds") -> None:
        kind = kinds.state[change.to_state]
        if self.wants(kind):
            event = kind(_moment(change), change.from_state, change.expected)
            self._notify_of_process(event, change.process_id)
        settled = change.settled
        if settled is None:
            return
        if change.to_state != ProcessStates.EXITED:
            settled_kind = kinds.settled[change.to_state]
        else:
            settled_kind = kinds.settled_expected if settled.expected else kinds.settled_unexpected
        if self.wants(settled_kind):
            details = settled._asdict()
            from_state = details.pop("from_state")
            news = settled_kind(_moment(change), from_state, pid=change.pid, **details)
            self._notify_of_process(news, change.process_id)

    def _notify_of_process(self, event: Any, process_id: int) -> None:
        if self.process_of is not None:
            # Only now: what the event says of the process is what it was, not what it is.
            event.process = self.process_of(process_id)
        self._subscriptions.notify(event)

    def remote_communication(self, kind: str, data: str) -> None:
        """A client has a message (`REMOTE_COMMUNICATION`)."""
        kinds = self._kinds
        if kinds is not None and self._wanted[kinds.remote]:
            event: Any = kinds.remote(kind, data)
            self._subscriptions.notify(event)
            # The two know each other, and would have to wait for the collector of cycles: in a
            # burst that would be busy with nothing else.
            event.stamped = None

    def rejected(self, process_id: int, refused: Any) -> None:
        """A listener refused an event: only told to plug-ins."""
        kinds = self._kinds
        if kinds is not None and self._wanted[kinds.rejected]:
            self._subscriptions.notify(kinds.rejected(self._process_now(process_id), refused))

    def tick(self, kind: "type[TickEvent]", when: int, supervisord: Any = None) -> None:
        """A slice of time began (`TICK_*`)."""
        self._notify(kind, when, supervisord)

    def output(self, process_id: int, channel: str, data: bytes | memoryview) -> None:
        """A child printed something (`PROCESS_LOG_*`). Copied only if somebody wants it."""
        kinds = self._kinds
        if kinds is not None:
            self._notify_output(kinds.log[channel], process_id, data)

    def captured(self, process_id: int, channel: str, data: bytes | memoryview) -> None:
        """A child printed something between the tags (`PROCESS_COMMUNICATION_*`)."""
        kinds = self._kinds
        if kinds is not None:
            self._notify_output(kinds.communication[channel], process_id, data)

    def _notify_output(self, kind: type, process_id: int, data: bytes | memoryview) -> None:
        if self._wanted[kind]:
            now = self._process(process_id)
            seen = _as_it_is(now) if self.process_of is None else self.process_of(process_id)
            event = kind(seen, now.pid, bytes(data))
            self._subscriptions.notify(event)
            # The two know each other: output of megabytes would wait for the collector of cycles.
            event.stamped = None

    def _process_now(self, process_id: int) -> Any:
        if self.process_of is not None:
            return self.process_of(process_id)
        return _as_it_is(self._process(process_id))

    def _notify(self, kind: type, *arguments: Any) -> None:
        if self._wanted[kind]:
            self._subscriptions.notify(kind(*arguments))

    # -- who wants to know -----------------------------------------------------------------------

    def wants(self, type: type) -> bool:
        """Whether anybody would be told of an event of that class."""
        return self._wanted[type]

    def wanted_ticks(self) -> "list[type[TickEvent]]":
        """The classes of ticks that anybody wants."""
        kinds = self._kinds
        return [] if kinds is None else [kind for kind in kinds.ticks if self._wanted[kind]]

    def subscriptions_changed(self) -> None:
        """Somebody subscribed, or does not want to know any more."""
        if self._kinds is None and self._subscriptions.callbacks:
            # Late: see there.
            from supervisor.daemon.eventkinds import KINDS

            self._kinds = KINDS
        self._wanted.clear()
        self._names.clear()

    # -- serials and bytes -----------------------------------------------------------------------

    def stamped(self, event: Any) -> EventAccepted:
        """The event with its serial, which the first caller draws, and its bytes.

        They are kept with the event: while it is told to one subscriber another event may be.
        """
        known = getattr(event, "stamped", None)
        # Not `isinstance`, which asks the class of the class: 0.5 µs.
        if type(known) is EventAccepted:
            return known
        tell = self._tell or self._learn_to_tell()
        text = str(event.payload())
        serial, self.next_serial = self.next_serial, next_serial(self.next_serial)
        name = self._names[type(event)]
        # Without a function in between: a tenth of what it costs to stamp an event.
        fields = (serial, name, tell(name, text), event, None, True)
        made = tuple.__new__(EventAccepted, fields)
        event.stamped, event.serial = made, serial
        return made

    def _learn_to_tell(self) -> Callable[[str, str], bytes]:
        # Late: most daemons have nobody to tell.
        from supervisor.wire.listener import told

        self._tell = told
        return told


def _as_it_is(now: ProcessSnapshot) -> Moment:
    return Moment(now.name, now.group, now.pid, now.backoff)


def _moment(change: StateChange) -> Moment:
    return Moment(change.name, change.group, change.pid, change.tries)
