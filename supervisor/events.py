"""Everything that can be announced: event classes, their payloads, names and parents.

Part of the vocabulary, and a promised name: plug-ins subscribe to these classes, subclass them and
register their own. A type is a class; its parents are its base classes; what has no name in
`EventTypes` cannot be subscribed to in a configuration. A payload is rendered when the event is
made as far as it can change later (manual, "Events").

Two families stay outside `Event`, so that whoever subscribed to everything gets what they always
got: `SettledStateEvent` (subscribed to by its own names) and `DirectedEvent` (sent to one pool).
"""

from supervisor.hints import Any
from supervisor.states import getProcessStateDescription
from supervisor.subscriptions import Subscriptions as Subscriptions
from supervisor.subscriptions import subscriptions as subscriptions


def _names(process: Any) -> str:
    group = process.group
    group_name = "" if group is None else group.config.name
    return f"processname:{process.config.name} groupname:{group_name}"


def _text(data: Any) -> str:
    """Output of a child as text; what is not UTF-8 in Python's notation."""
    if isinstance(data, str):
        return data
    raw = bytes(data)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return f"Undecodable: {raw!r}"


class Event:
    """Abstract: everything that those who want everything get."""

    def payload(self) -> str:
        """The text that listeners get after the header line."""
        return ""


# -- output of children --------------------------------------------------------------------------


class ProcessLogEvent(Event):
    """Abstract: a child printed something."""

    channel: str | None = None

    def __init__(self, process: Any, pid: int, data: bytes | str) -> None:
        self.process = process
        self.pid = pid
        self.data = data

    def payload(self) -> str:
        head = f"{_names(self.process)} pid:{self.pid} channel:{self.channel}"
        return f"{head}\n{_text(self.data)}"


class ProcessLogStdoutEvent(ProcessLogEvent):
    channel = "stdout"


class ProcessLogStderrEvent(ProcessLogEvent):
    channel = "stderr"


class ProcessCommunicationEvent(Event):
    """Abstract: a child printed something between the tags of capture mode."""

    BEGIN_TOKEN = b"<!--XSUPERVISOR:BEGIN-->"
    END_TOKEN = b"<!--XSUPERVISOR:END-->"
    channel: str | None = None

    def __init__(self, process: Any, pid: int, data: bytes | str) -> None:
        self.process = process
        self.pid = pid
        self.data = data

    def payload(self) -> str:
        return f"{_names(self.process)} pid:{self.pid}\n{_text(self.data)}"


class ProcessCommunicationStdoutEvent(ProcessCommunicationEvent):
    channel = "stdout"


class ProcessCommunicationStderrEvent(ProcessCommunicationEvent):
    channel = "stderr"


# -- what clients say ----------------------------------------------------------------------------


class RemoteCommunicationEvent(Event):
    """A client sent a message to whoever listens (`sendRemoteCommEvent`)."""

    def __init__(self, type: Any, data: Any) -> None:
        self.type = type
        self.data = data

    def payload(self) -> str:
        return f"type:{self.type}\n{self.data}"


# -- the daemon ----------------------------------------------------------------------------------


class SupervisorStateChangeEvent(Event):
    """Abstract: the daemon itself changed its state."""


class SupervisorRunningEvent(SupervisorStateChangeEvent):
    """The daemon began to supervise, also after a restart, or is well again after FATAL."""


class SupervisorStoppingEvent(SupervisorStateChangeEvent):
    """The daemon began to leave, or to restart."""


class SupervisorFatalEvent(SupervisorStateChangeEvent):
    """The system refused the daemon something that it must be able to do; it goes on."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def payload(self) -> str:
        return self.reason


class TickEvent(Event):
    """Abstract: another slice of wall-clock time began. `when` is in seconds since 1970."""

    period: int = 0

    def __init__(self, when: int, supervisord: Any = None) -> None:
        self.when = when
        self.supervisord = supervisord

    def payload(self) -> str:
        return f"when:{self.when}"


class Tick5Event(TickEvent):
    period = 5


class Tick60Event(TickEvent):
    period = 60


class Tick3600Event(TickEvent):
    period = 3600


TICK_EVENTS = [Tick5Event, Tick60Event, Tick3600Event]


class ProcessGroupEvent(Event):
    """Abstract: a group came or went. The payload ends with a line feed, as ever (E10)."""

    def __init__(self, group: str) -> None:
        self.group = group

    def payload(self) -> str:
        return f"groupname:{self.group}\n"


class ProcessGroupAddedEvent(ProcessGroupEvent):
    pass


class ProcessGroupRemovedEvent(ProcessGroupEvent):
    pass


# -- states of processes -------------------------------------------------------------------------


class ProcessStateEvent(Event):
    """Abstract: a process entered a state. What may change later is rendered at once."""

    def __init__(self, process: Any, from_state: int, expected: bool = True) -> None:
        self.process = process
        self.from_state = from_state
        self.expected = expected
        self.extra_values = self.get_extra_values()

    def get_extra_values(self) -> list[tuple[str, Any]]:
        """Tokens after `from_state`, as (key, value)."""
        return []

    def payload(self) -> str:
        state = getProcessStateDescription(self.from_state)
        extra = "".join(f" {key}:{value}" for key, value in self.extra_values)
        return f"{_names(self.process)} from_state:{state}{extra}"


class ProcessStateFatalEvent(ProcessStateEvent):
    pass


class ProcessStateUnknownEvent(ProcessStateEvent):
    pass


class ProcessStateStartingOrBackoffEvent(ProcessStateEvent):
    def get_extra_values(self) -> list[tuple[str, Any]]:
        return [("tries", int(self.process.backoff))]


class ProcessStateBackoffEvent(ProcessStateStartingOrBackoffEvent):
    pass


class ProcessStateStartingEvent(ProcessStateStartingOrBackoffEvent):
    pass


class ProcessStateExitedEvent(ProcessStateEvent):
    def get_extra_values(self) -> list[tuple[str, Any]]:
        return [("expected", int(self.expected)), ("pid", self.process.pid)]


class ProcessStateRunningEvent(ProcessStateEvent):
    def get_extra_values(self) -> list[tuple[str, Any]]:
        return [("pid", self.process.pid)]


class ProcessStateStoppingEvent(ProcessStateEvent):
    def get_extra_values(self) -> list[tuple[str, Any]]:
        return [("pid", self.process.pid)]


class ProcessStateStoppedEvent(ProcessStateEvent):
    def get_extra_values(self) -> list[tuple[str, Any]]:
        return [("pid", self.process.pid)]


# -- settled states: for monitors that want no noise ---------------------------------------------


class SettledStateEvent:
    """Abstract: a process came to rest in another state than before (`PROCESS_STATE_CHANGE`).

    STARTING and STOPPING are no states of rest, and BACKOFF is entered once per series of failed
    starts. `from_state` is the settled state before, `words` what people want to read: how the
    last run ended, or why it could not be started.
    """

    def __init__(
        self,
        process: Any,
        from_state: int,
        *,
        pid: int = 0,
        expected: bool = True,
        attempts: int = 0,
        uptime_s: float = 0.0,
        words: str = "",
    ) -> None:
        self.process = process
        self.from_state = from_state
        self.pid = pid
        """Of the child that runs, or whose end led here; 0 if there was none."""
        self.expected = expected
        self.attempts = attempts
        """Failed starts in a row."""
        self.uptime_s = uptime_s
        """Seconds that the last run lasted; 0 if it has just begun."""
        self.words = words

    def payload(self) -> str:
        """A line of `key:value` tokens, then the words."""
        return (
            f"{_names(self.process)} from_state:{getProcessStateDescription(self.from_state)} "
            f"expected:{int(self.expected)} pid:{self.pid} attempts:{self.attempts} "
            f"uptime:{self.uptime_s:.3f}\n{self.words}"
        )


class SettledRunningEvent(SettledStateEvent):
    pass


class SettledBackoffEvent(SettledStateEvent):
    pass


class SettledFatalEvent(SettledStateEvent):
    pass


class SettledStoppedOrExitedEvent(SettledStateEvent):
    """Abstract."""


class SettledStoppedEvent(SettledStoppedOrExitedEvent):
    pass


class SettledExitedEvent(SettledStoppedOrExitedEvent):
    """Abstract."""


class SettledExitedExpectedEvent(SettledExitedEvent):
    pass


class SettledExitedUnexpectedEvent(SettledExitedEvent):
    pass


# -- sent to one pool ----------------------------------------------------------------------------


class DirectedEvent:
    """Abstract: goes to the pool it is meant for, whatever that subscribed to."""

    def payload(self) -> str:
        return ""


class MonitorQueryEvent(DirectedEvent):
    """Somebody asks the listeners of a pool something (`queryListener`)."""

    def __init__(self, data: str) -> None:
        self.data = data

    def payload(self) -> str:
        return self.data


class EventRejectedEvent:
    """Told to plug-ins only: a listener refused an event. `process` is the listener."""

    def __init__(self, process: Any, event: Any) -> None:
        self.process = process
        self.event = event


class RejectEvent(Exception):
    """What a result handler raises to refuse a result: the event is offered again."""


# -- names ---------------------------------------------------------------------------------------


class EventTypes:
    """Name → class, as attributes: what `events=` of an event listener can name."""

    EVENT = Event
    PROCESS_STATE = ProcessStateEvent
    PROCESS_STATE_STOPPED = ProcessStateStoppedEvent
    PROCESS_STATE_EXITED = ProcessStateExitedEvent
    PROCESS_STATE_STARTING = ProcessStateStartingEvent
    PROCESS_STATE_STOPPING = ProcessStateStoppingEvent
    PROCESS_STATE_BACKOFF = ProcessStateBackoffEvent
    PROCESS_STATE_FATAL = ProcessStateFatalEvent
    PROCESS_STATE_RUNNING = ProcessStateRunningEvent
    PROCESS_STATE_UNKNOWN = ProcessStateUnknownEvent
    PROCESS_STATE_CHANGE = SettledStateEvent
    PROCESS_STATE_CHANGE_RUNNING = SettledRunningEvent
    PROCESS_STATE_CHANGE_BACKOFF = SettledBackoffEvent
    PROCESS_STATE_CHANGE_FATAL = SettledFatalEvent
    PROCESS_STATE_CHANGE_STOPPED_OR_EXITED = SettledStoppedOrExitedEvent
    PROCESS_STATE_CHANGE_STOPPED = SettledStoppedEvent
    PROCESS_STATE_CHANGE_EXITED = SettledExitedEvent
    PROCESS_STATE_CHANGE_EXITED_EXPECTED = SettledExitedExpectedEvent
    PROCESS_STATE_CHANGE_EXITED_UNEXPECTED = SettledExitedUnexpectedEvent
    PROCESS_COMMUNICATION = ProcessCommunicationEvent
    PROCESS_COMMUNICATION_STDOUT = ProcessCommunicationStdoutEvent
    PROCESS_COMMUNICATION_STDERR = ProcessCommunicationStderrEvent
    PROCESS_LOG = ProcessLogEvent
    PROCESS_LOG_STDOUT = ProcessLogStdoutEvent
    PROCESS_LOG_STDERR = ProcessLogStderrEvent
    REMOTE_COMMUNICATION = RemoteCommunicationEvent
    SUPERVISOR_STATE_CHANGE = SupervisorStateChangeEvent
    SUPERVISOR_STATE_CHANGE_RUNNING = SupervisorRunningEvent
    SUPERVISOR_STATE_CHANGE_STOPPING = SupervisorStoppingEvent
    SUPERVISOR_STATE_CHANGE_FATAL = SupervisorFatalEvent
    TICK = TickEvent
    TICK_5 = Tick5Event
    TICK_60 = Tick60Event
    TICK_3600 = Tick3600Event
    PROCESS_GROUP = ProcessGroupEvent
    PROCESS_GROUP_ADDED = ProcessGroupAddedEvent
    PROCESS_GROUP_REMOVED = ProcessGroupRemovedEvent
    MONITOR_QUERY = MonitorQueryEvent


def register(name: str, event: type) -> None:
    """Give a class a name, by which it can be subscribed to and is sent from now on."""
    setattr(EventTypes, name, event)


def getEventNameByType(requested: type) -> str | None:
    """The name of exactly this class, None if it has none."""
    for name, event in vars(EventTypes).items():
        if event is requested:
            return name
    return None


def event_type(name: str) -> type | None:
    """The class of a name (upper case), None if there is no such event type."""
    found = vars(EventTypes).get(name)
    return found if isinstance(found, type) and not name.startswith("_") else None


def event_names() -> list[str]:
    """All names that can be subscribed to, built-in ones first in the order of the manual."""
    return [name for name in vars(EventTypes) if not name.startswith("_")]


# -- who wants to know ---------------------------------------------------------------------------

callbacks = subscriptions.callbacks
subscribe = subscriptions.subscribe
unsubscribe = subscriptions.unsubscribe
clear = subscriptions.clear
notify = subscriptions.notify
