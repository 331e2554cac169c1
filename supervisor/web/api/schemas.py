"""What the API answers: JSON schemas by name, for the OpenAPI document and for the tests."""

from supervisor.hints import Any, Final
from supervisor.states import ProcessStates, SupervisorStates

Schema = dict[str, Any]


def _text(text: str) -> Schema:
    return {"type": "string", "description": text}


def _count(text: str) -> Schema:
    return {"type": "integer", "minimum": 0, "description": text}


def _whole(text: str) -> Schema:
    return {"type": "integer", "description": text}


def _flag(text: str) -> Schema:
    return {"type": "boolean", "description": text}


def _maybe(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _list(items: Schema, text: str) -> Schema:
    return {"type": "array", "items": items, "description": text}


def _object(text: str, **members: Schema) -> Schema:
    return {
        "type": "object",
        "description": text,
        "properties": members,
        "required": list(members),
        "additionalProperties": False,
    }


def ref(name: str) -> Schema:
    """A reference to a schema below."""
    return {"$ref": f"#/components/schemas/{name}"}


def _names(states: type) -> list[str]:
    return [name for name in vars(states) if name.isupper()]


_STRINGS: Final = {"type": "string"}
_USER_CHANGES: Final[Schema] = _list(
    _STRINGS, "A line for each user or server that has changed; it counts already."
)
_USAGE: Final[Schema] = {
    "type": ["object", "null"],
    "description": "What the process and all that descend from it use; null if nothing is known.",
    "properties": {
        "cpu_percent": {"type": "number", "description": "Of one processor."},
        "memory_bytes": _count("Resident memory."),
        "descriptors": _maybe(_count("Open descriptors of the process itself.")),
    },
    "required": ["cpu_percent", "memory_bytes", "descriptors"],
    "additionalProperties": False,
}

_PROCESS: Final[Schema] = _object(
    "A process, as getProcessInfo of XML-RPC has it, and more.",
    name=_text("Name within the group."),
    group=_text("Name of the group."),
    namespec=_text("What other requests call it: `name` or `group:name`."),
    state=_whole("Code of the state."),
    statename={"type": "string", "enum": _names(ProcessStates)},
    description=_text("What supervisorctl status shows."),
    pid=_count("0 if there is no child."),
    start=_count("Time of the last start in seconds since the epoch, 0 if never."),
    stop=_count("Time of the last end in seconds since the epoch, 0 if never."),
    now=_count("Time of the answer in seconds since the epoch."),
    started=_maybe(_text("Time of the last start (ISO 8601, UTC).")),
    stopped=_maybe(_text("Time of the last end (ISO 8601, UTC).")),
    uptime_s=_maybe(_count("Seconds since the start while it is RUNNING.")),
    spawnerr=_text("Why the last start failed or the last end was unexpected, or empty."),
    exitstatus=_whole("Exit code of the last run, -1 if a signal ended it."),
    logfile=_text("Old name of stdout_logfile."),
    stdout_logfile=_text("Path of the log, or empty."),
    stderr_logfile=_text("Path of the log, or empty."),
    starts=_count("Starts since the daemon was started."),
    exits_expected=_count("Ends that the configuration expects, since the daemon was started."),
    exits_unexpected=_count("Other ends since the daemon was started."),
    failed_starts=_count("Starts that failed since the daemon was started."),
    last_exit=_text("How it ended last, in words; empty if it never did."),
    usage=_USAGE,
)

_MOMENT: Final[Schema] = _object(
    "A change of state.",
    time={"type": "number", "description": "Seconds since the epoch."},
    statename=_text("The state that it changed to."),
    why=_text("How it ended or why it could not start; empty if there is nothing to say."),
)

_POOL: Final[Schema] = _object(
    "A group of event listeners.",
    name=_text("Name of the group."),
    waiting=_count("Events in its buffer."),
    buffer_size=_count("How many may be."),
    delivered=_count("Events since the group was added."),
    rejected=_count("Rejections, repeated ones of an event included."),
    dropped=_count("Events that were dropped."),
    behind=_flag("Whether it has events to take from the event journal."),
    listeners=_list(
        _object(
            "A listener.",
            name=_text("Namespec of its process."),
            state=_text("State of the conversation."),
            process_state=_text("State of the process."),
        ),
        "The listeners.",
    ),
)

SCHEMAS: Final[dict[str, Schema]] = {
    "Problem": {
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "properties": {
            "type": _text("about:blank: the status says of which kind the problem is."),
            "title": _text("The status in words."),
            "status": _whole("The status."),
            "detail": _text("A sentence about this problem."),
            "code": _whole("Code of the fault, as in XML-RPC, if a method refused the request."),
            "fault": _text("Name of the fault."),
        },
        "required": ["type", "title", "status", "detail"],
        "additionalProperties": False,
    },
    "Done": _object("That is done.", result={"description": "What the method returned."}),
    "Daemon": _object(
        "The daemon.",
        identifier=_text("Tells several daemons apart."),
        version=_text("Version of supervisor."),
        api_version=_text("Version of the XML-RPC interface."),
        pid=_count("Process id."),
        statecode=_whole("Code of the state."),
        statename={"type": "string", "enum": _names(SupervisorStates)},
        reason=_maybe(_text("Why it is FATAL; null if it is not.")),
        uptime_s=_count("Seconds since it is there."),
    ),
    "Process": _PROCESS,
    "ProcessDetails": _object(
        "A process, with its history.",
        **_PROCESS["properties"],
        moments=_list(_MOMENT, "The last changes of state, oldest first."),
    ),
    "Processes": _object(
        "Processes, sorted by group and name.", processes=_list(ref("Process"), "The processes.")
    ),
    "Group": _object(
        "A group.",
        name=_text("Its name."),
        kind={"type": "string", "enum": ["program", "eventlistener", "fcgi"]},
        priority=_whole("Groups start in ascending and stop in descending priority."),
        processes=_list(ref("Process"), "Its processes, in ascending priority."),
    ),
    "Groups": _object("The active groups.", groups=_list(ref("Group"), "In ascending priority.")),
    "Results": _object(
        "How it went, for each process that was concerned.",
        results=_list(
            _object(
                "One process.",
                name=_text("Its name."),
                group=_text("Name of its group."),
                status=_whole("80 (SUCCESS), or the code of the fault."),
                description=_text("OK, or what went wrong."),
            ),
            "One result for each process; none for those that had nothing to do.",
        ),
    ),
    "Differences": _object(
        "How the file differs from what is active, and what it has changed about users.",
        added=_list(_STRINGS, "In the file, not active."),
        changed=_list(_STRINGS, "Active, with other settings in the file."),
        removed=_list(_STRINGS, "Active, not in the file any more."),
        user_changes=_USER_CHANGES,
    ),
    "Config": _object(
        "The configuration as it was last read.",
        processes=_list(
            {"type": "object", "required": ["name", "group", "inuse"]},
            "Structs of getAllConfigInfo of XML-RPC, sorted by name of the process.",
        ),
    ),
    "UserChanges": _object(
        "What reading the file the last time changed about users.", user_changes=_USER_CHANGES
    ),
    "Pools": _object(
        "The groups of event listeners.", pools=_list(_POOL, "In the order of their addition.")
    ),
    "Journal": _object(
        "The event journal.",
        path=_text("Its path, empty if there is none."),
        lost=_count("Events that could not be written to it since the daemon was started."),
    ),
    "QueryResult": _object(
        "The answer of an event listener.",
        group=_text("The pool that was asked."),
        result=_maybe(_text("The answer; null if it is no plain text.")),
        result_base64=_maybe(_text("Its bytes, if it is no plain text.")),
    ),
    "Methods": _object("The methods.", methods=_list(_STRINGS, "In the form namespace.method.")),
    "Method": _object(
        "A method.",
        name=_text("In the form namespace.method."),
        help=_text("Its documentation, empty if it has none."),
        signature={
            "type": ["array", "null"],
            "items": _STRINGS,
            "description": "Type of the result, then of each parameter; null if it does not tell.",
        },
    ),
    "Allowed": _object("What is possible here.", allow=_list(_STRINGS, "Verbs of HTTP.")),
}
