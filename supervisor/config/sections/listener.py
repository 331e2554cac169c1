"""``[eventlistener:NAME]``: the keys it has on top of those of a program."""

from supervisor.config.option import Scope, option, options_of
from supervisor.config.record import record
from supervisor.config.valuetypes import ENTRY_POINT, INTEGER, WORDS

PREFIX = "eventlistener:"
GROUP_PRIORITY_DEFAULT = -1
BUFFER_SIZE_DEFAULT = 10
RESULT_HANDLER_DEFAULT = "supervisor.dispatchers:default_handler"

EVENT_NAMES = frozenset(
    {
        "EVENT",
        "PROCESS_STATE",
        "PROCESS_STATE_STOPPED",
        "PROCESS_STATE_STARTING",
        "PROCESS_STATE_RUNNING",
        "PROCESS_STATE_BACKOFF",
        "PROCESS_STATE_STOPPING",
        "PROCESS_STATE_EXITED",
        "PROCESS_STATE_FATAL",
        "PROCESS_STATE_UNKNOWN",
        "PROCESS_COMMUNICATION",
        "PROCESS_COMMUNICATION_STDOUT",
        "PROCESS_COMMUNICATION_STDERR",
        "PROCESS_LOG",
        "PROCESS_LOG_STDOUT",
        "PROCESS_LOG_STDERR",
        "REMOTE_COMMUNICATION",
        "SUPERVISOR_STATE_CHANGE",
        "SUPERVISOR_STATE_CHANGE_RUNNING",
        "SUPERVISOR_STATE_CHANGE_STOPPING",
        "TICK",
        "TICK_5",
        "TICK_60",
        "TICK_3600",
        "PROCESS_GROUP",
        "PROCESS_GROUP_ADDED",
        "PROCESS_GROUP_REMOVED",
    }
)
"""Types that can be subscribed to (manual, "Events")."""


@record
class ListenerSettings:
    """What makes a group of processes a pool of event listeners."""

    buffer_size: int = option(
        INTEGER,
        "Events that wait when no listener is ready; the oldest is dropped first.",
        default=BUFFER_SIZE_DEFAULT,
        shown_default="10",
        scope=Scope.GROUP,
        sample="10",
    )
    result_handler: str = option(
        ENTRY_POINT,
        "Function that judges the RESULT of a listener.",
        default=RESULT_HANDLER_DEFAULT,
        shown_default=RESULT_HANDLER_DEFAULT,
        scope=Scope.GROUP,
        sample=RESULT_HANDLER_DEFAULT,
    )
    events: tuple[str, ...] = option(
        WORDS,
        "Event types to subscribe to, with commas between them.",
        default=(),
        shown_default="required",
        scope=Scope.GROUP,
        sample="EVENT",
    )


OPTIONS = options_of(ListenerSettings)
