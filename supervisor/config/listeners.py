"""``[eventlistener:NAME]``: what its section says beside the keys of a program."""

from supervisor.config.document import Section
from supervisor.config.entrypoints import check_entry_point
from supervisor.config.reading import Reader
from supervisor.config.sections import listener
from supervisor.config.sections.listener import ListenerSettings
from supervisor.config.sections.program import ProcessSettings
from supervisor.hints import Any, Iterable

WITHOUT_EFFECT = ("stdout_capture_maxbytes", "stdout_events_enabled", "stdout_syslog")
"""Keys about stdout, which belongs to the conversation with the daemon (E13)."""


def listener_settings(section: Section, values: dict[str, Any], reader: Reader) -> ListenerSettings:
    """The settings of the pool, from the values that could be read."""
    _check_limits(section, values, reader)
    handler = values.get("result_handler", listener.RESULT_HANDLER_DEFAULT)
    if handler != listener.RESULT_HANDLER_DEFAULT:
        check_entry_point(reader, section, "result_handler", handler)
    events = _event_names(section, values.pop("events", ()), reader)
    return ListenerSettings(**values, events=events)


def _check_limits(section: Section, values: dict[str, Any], reader: Reader) -> None:
    for key in ("buffer_size", "event_max_retries"):
        value = values.get(key)
        if value is not None and value < 1:
            message = f"[{section.name}] section sets invalid {key} ({value})"
            reader.problems.error(message, section.place_of(key), "at least 1")


def _event_names(section: Section, words: Iterable[str], reader: Reader) -> tuple[str, ...]:
    """Names of event types in upper case; sorted, because their order means nothing (C30)."""
    problems, place = reader.problems, section.place_of("events")
    # Late: the classes of all events, which only those need who listen to some.
    from supervisor.events import event_type

    names = sorted({word.upper() for word in words})
    if not names and not problems.has_error_at(place):
        message = f'[{section.name}] section requires an "events" line'
        problems.error(message, place, "events = TYPE,...")
    for word in words:
        name = word.upper()
        if event_type(name) is None:
            message = f"Unknown event type {name} in [{section.name}] events"
            problems.error(message, place, "event types, such as PROCESS_STATE")
    return tuple(names)


def refuse_redirection(section: Section, reader: Reader) -> None:
    """What a listener prints to stderr must not get between its answers."""
    reader.problems.error(
        f"[{section.name}] section sets redirect_stderr=true but this is not allowed "
        "because it will interfere with the eventlistener protocol",
        section.place_of("redirect_stderr"),
        "redirect_stderr = false",
    )


def warn_about_stdout_keys(
    section: Section, processes: Iterable[ProcessSettings], reader: Reader
) -> None:
    """They have always been accepted and ignored, although documented as errors (E13)."""
    set_keys = {key for process in processes for key in WITHOUT_EFFECT if getattr(process, key)}
    for key in WITHOUT_EFFECT:
        if key in set_keys:
            reader.problems.warn(
                f"{key} has no effect: the stdout of an event listener belongs to its "
                "conversation with supervisord",
                section.place_of(key),
                suggestion="let it write to stderr",
            )
