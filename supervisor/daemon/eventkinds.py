"""Which class of events tells of what, and what classes are called.

Loaded with the first subscriber: the classes of all events would be a fortieth of the start of a
daemon that nobody listens to, as most are (decision 0010).
"""

from supervisor import events
from supervisor.hints import Final
from supervisor.states import ProcessStates
from supervisor.tuples import NamedTuple


class EventKinds(NamedTuple):
    """The classes, by what happened."""

    state: dict[int, type[events.ProcessStateEvent]]
    settled: dict[int, type[events.SettledStateEvent]]
    """Those of EXITED are told apart by what was expected."""
    settled_expected: type[events.SettledStateEvent]
    settled_unexpected: type[events.SettledStateEvent]
    log: dict[str, type[events.ProcessLogEvent]]
    communication: dict[str, type[events.ProcessCommunicationEvent]]
    group_added: type[events.ProcessGroupEvent]
    group_removed: type[events.ProcessGroupEvent]
    running: type[events.SupervisorStateChangeEvent]
    stopping: type[events.SupervisorStateChangeEvent]
    fatal: type[events.SupervisorFatalEvent]
    ticks: tuple[type[events.TickEvent], ...]
    remote: type[events.RemoteCommunicationEvent]
    rejected: type[events.EventRejectedEvent]


KINDS: Final = EventKinds(
    state={
        ProcessStates.STOPPED: events.ProcessStateStoppedEvent,
        ProcessStates.STARTING: events.ProcessStateStartingEvent,
        ProcessStates.RUNNING: events.ProcessStateRunningEvent,
        ProcessStates.BACKOFF: events.ProcessStateBackoffEvent,
        ProcessStates.STOPPING: events.ProcessStateStoppingEvent,
        ProcessStates.EXITED: events.ProcessStateExitedEvent,
        ProcessStates.FATAL: events.ProcessStateFatalEvent,
        ProcessStates.UNKNOWN: events.ProcessStateUnknownEvent,
    },
    settled={
        ProcessStates.RUNNING: events.SettledRunningEvent,
        ProcessStates.BACKOFF: events.SettledBackoffEvent,
        ProcessStates.FATAL: events.SettledFatalEvent,
        ProcessStates.STOPPED: events.SettledStoppedEvent,
    },
    settled_expected=events.SettledExitedExpectedEvent,
    settled_unexpected=events.SettledExitedUnexpectedEvent,
    log={"stdout": events.ProcessLogStdoutEvent, "stderr": events.ProcessLogStderrEvent},
    communication={
        "stdout": events.ProcessCommunicationStdoutEvent,
        "stderr": events.ProcessCommunicationStderrEvent,
    },
    group_added=events.ProcessGroupAddedEvent,
    group_removed=events.ProcessGroupRemovedEvent,
    running=events.SupervisorRunningEvent,
    stopping=events.SupervisorStoppingEvent,
    fatal=events.SupervisorFatalEvent,
    ticks=tuple(events.TICK_EVENTS),
    remote=events.RemoteCommunicationEvent,
    rejected=events.EventRejectedEvent,
)


def type_name(kind: type) -> str:
    """The name of an event class, or of the nearest one above it that has a name."""
    for each in kind.__mro__:
        name = events.getEventNameByType(each)
        if name is not None:
            return name
    return kind.__name__
