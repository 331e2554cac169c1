"""``[eventlistener:NAME]``: the keys it has on top of those of a program."""

from supervisor.config.option import Scope, option, options_of
from supervisor.config.record import record
from supervisor.config.values import AfterRetries
from supervisor.config.valuetypes import AFTER_RETRIES, BOOLEAN, ENTRY_POINT, INTEGER, WORDS

PREFIX = "eventlistener:"
GROUP_PRIORITY_DEFAULT = -1
BUFFER_SIZE_DEFAULT = 10
RESULT_HANDLER_DEFAULT = "supervisor.dispatchers:default_handler"


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
    event_max_retries: int | None = option(
        INTEGER,
        "An event that was rejected so often is given up: 1 means after its first rejection. By "
        "default it is offered again without limit.",
        scope=Scope.GROUP,
        sample="5",
        since="5.0",
    )
    event_max_retries_action: AfterRetries = option(
        AFTER_RETRIES,
        "What happens then. drop: the event is dropped, which is logged. fatal: the listener that "
        "refused it goes FATAL, and the event waits for another one.",
        default=AfterRetries.DROP,
        shown_default="drop",
        scope=Scope.GROUP,
        sample="drop",
        since="5.0",
    )
    event_resync: bool = option(
        BOOLEAN,
        "Skip lines that are no part of the conversation, instead of never talking to the "
        "listener again. They are logged.",
        default=False,
        shown_default="false",
        scope=Scope.GROUP,
        sample="false",
        since="5.0",
    )
    event_replay: bool = option(
        BOOLEAN,
        "Take what the pool missed from the event journal. This needs event_journal in "
        "[supervisord].",
        default=False,
        shown_default="false",
        scope=Scope.GROUP,
        sample="false",
        since="5.0",
    )


OPTIONS = options_of(ListenerSettings)
