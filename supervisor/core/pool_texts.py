"""The lines of the main log about pools and their listeners.

People's scripts match those of Supervisor byte by byte (manual, "Events"): never change one.
"""

from functools import lru_cache

from supervisor.core.commands import WriteLog
from supervisor.core.pool_commands import DropReason
from supervisor.core.pool_letter import Letter
from supervisor.hints import Final
from supervisor.levels import Level
from supervisor.states import EventListenerStates, getEventListenerStateDescription

TEXT_BYTES_MAX = 1024
"""What a listener said is quoted no further than this."""


def quoted(data: bytes) -> str:
    """What a listener said as one line of text, between quotes; no terminal obeys it."""
    text = data[:TEXT_BYTES_MAX].decode("utf-8", "backslashreplace")
    shown = (c if c.isprintable() or c == "\t" else repr(c)[1:-1] for c in text)
    return f"'{''.join(shown)}'"


# -- the conversation ----------------------------------------------------------------------------


# What is said again and again for the same listener is one object: an event costs two such lines.
_KEPT_COUNT_MAX = 512


@lru_cache(maxsize=_KEPT_COUNT_MAX)
def changed(name: str, from_state: int, to_state: int) -> tuple[WriteLog, ...]:
    """The lines about a change of the state of a listener."""
    before = getEventListenerStateDescription(from_state)
    after = getEventListenerStateDescription(to_state)
    lines = [WriteLog(Level.DEBG, f"{name}: {before} -> {after}")]
    if to_state == EventListenerStates.UNKNOWN:
        lines.append(
            WriteLog(
                Level.WARN,
                f"{name}: has entered the UNKNOWN state and will no longer receive events, "
                "this usually indicates the process violated the eventlistener protocol",
            )
        )
    return tuple(lines)


@lru_cache(maxsize=_KEPT_COUNT_MAX)
def processed(name: str) -> WriteLog:
    return WriteLog(Level.DEBG, f"{name}: event was processed")


def rejected(name: str) -> WriteLog:
    return WriteLog(Level.WARN, f"{name}: event was rejected")


def crashed(name: str) -> WriteLog:
    return WriteLog(Level.WARN, f"{name}: event caused an error")


def bad_result_line(name: str, line: bytes, reason: str) -> WriteLog:
    why = f" ({reason})" if reason else ""
    return WriteLog(Level.WARN, f"{name}: bad result line: {quoted(line)}{why}")


def odd_word(name: str, word: bytes) -> WriteLog:
    return WriteLog(
        Level.WARN,
        f"{name}: result line begins with {quoted(word)} instead of 'RESULT ', taken for a result",
    )


def garbage(name: str, data: bytes) -> WriteLog:
    return WriteLog(Level.WARN, f"{name}: ignored output outside the protocol: {quoted(data)}")


def garbage_untold(name: str) -> WriteLog:
    return WriteLog(
        Level.WARN, f"{name}: ignoring further output outside the protocol without a line for each"
    )


# -- the buffer ----------------------------------------------------------------------------------


def sent(name: str, serial: int) -> WriteLog:
    return WriteLog(Level.DEBG, f"event {serial} sent to listener {name}")


def send_failed(name: str, serial: int) -> WriteLog:
    return WriteLog(
        Level.DEBG,
        f"epipe occurred while sending event {serial} to listener {name}, listener state unchanged",
    )


def rebuffering(pool: str, serial: int, waiting_count: int, waiting_max: int) -> WriteLog:
    return WriteLog(
        Level.DEBG,
        f"rebuffering event {serial} for pool {pool} (buf size={waiting_count}, max={waiting_max})",
    )


def overflowed(pool: str, serial: int) -> WriteLog:
    return WriteLog(Level.ERRO, f"pool {pool} event buffer overflowed, discarding event {serial}")


def _times(count: int) -> str:
    return f"{count} time" if count == 1 else f"{count} times"


def refused_too_often(pool: str, letter: Letter) -> WriteLog:
    return WriteLog(
        Level.ERRO,
        f"pool {pool} discarding event {letter.serial}, which was rejected "
        f"{_times(letter.refusals)} (event_max_retries)",
    )


def gives_up(pool: str, name: str, letter: Letter) -> WriteLog:
    return WriteLog(
        Level.ERRO,
        f"pool {pool} giving up listener {name}, event {letter.serial} was rejected "
        f"{_times(letter.refusals)} (event_max_retries)",
    )


def fell_behind(pool: str, serial: int) -> WriteLog:
    return WriteLog(
        Level.INFO,
        f"pool {pool} event buffer is full, event {serial} and later ones will be taken "
        "from the event journal",
    )


def caught_up(pool: str) -> WriteLog:
    return WriteLog(Level.INFO, f"pool {pool} has caught up with the event journal")


def query_refused(pool: str, waiting_count: int) -> str:
    """Why a query is not even accepted."""
    events = f"{waiting_count} events wait" if waiting_count > 1 else "1 event waits"
    return f"the buffer of pool {pool} is full, {events}"


# -- answers -------------------------------------------------------------------------------------

REFUSED_TOO_OFTEN: Final = "rejected an event as often as event_max_retries allows"
"""Why a listener was given up; its `spawnerr`."""

NO_ANSWER: Final = {
    DropReason.OVERFLOW: "the event buffer of the pool overflowed",
    DropReason.REFUSED: "the listeners failed as often as event_max_retries allows",
    DropReason.WITHDRAWN: "nobody waited for the answer",
    DropReason.REMOVED: "the pool was removed",
}
"""Why a query has no answer."""
