"""Codes of all states: a public contract, read by clients, listeners and plug-ins.

This module depends on nothing, so that programs which only talk to a daemon can import it.
The classes are plain classes with int attributes because third parties iterate over them.
"""


class ProcessStates:
    """States of a process (manual, "Subprocess life cycle")."""

    STOPPED = 0
    STARTING = 10
    RUNNING = 20
    BACKOFF = 30
    STOPPING = 40
    EXITED = 100
    FATAL = 200
    UNKNOWN = 1000


STOPPED_STATES = (
    ProcessStates.STOPPED,
    ProcessStates.EXITED,
    ProcessStates.FATAL,
    ProcessStates.UNKNOWN,
)

RUNNING_STATES = (
    ProcessStates.RUNNING,
    ProcessStates.BACKOFF,
    ProcessStates.STARTING,
)

SIGNALLABLE_STATES = (
    ProcessStates.RUNNING,
    ProcessStates.STARTING,
    ProcessStates.STOPPING,
)


class SupervisorStates:
    """States of the daemon itself."""

    FATAL = 2
    RUNNING = 1
    RESTARTING = 0
    SHUTDOWN = -1


class EventListenerStates:
    """States of the conversation with one event listener."""

    READY = 10
    BUSY = 20
    ACKNOWLEDGED = 30
    UNKNOWN = 40


def _names(states: type) -> dict[int, str]:
    return {code: name for name, code in vars(states).items() if name.isupper()}


# Spelled as third parties import them.
_process_states_by_code = _names(ProcessStates)
_supervisor_states_by_code = _names(SupervisorStates)
_eventlistener_states_by_code = _names(EventListenerStates)


def getProcessStateDescription(code: int) -> str | None:
    """Name of a process state, or None if there is no such code."""
    return _process_states_by_code.get(code)


def getSupervisorStateDescription(code: int) -> str | None:
    """Name of a state of the daemon, or None if there is no such code."""
    return _supervisor_states_by_code.get(code)


def getEventListenerStateDescription(code: int) -> str | None:
    """Name of a listener state, or None if there is no such code."""
    return _eventlistener_states_by_code.get(code)
