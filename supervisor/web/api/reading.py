"""Operations that only look: the daemon, its configuration, processes, groups, pools, methods."""

from fnmatch import fnmatchcase

from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any, Callable, Final, Iterable, Iterator
from supervisor.states import ProcessStates
from supervisor.web.api.arrays import answer_array
from supervisor.web.api.calls import Call, answer_json, answer_value
from supervisor.web.api.fields import PATTERN_CHARS_MAX, Field
from supervisor.web.api.operations import Operation
from supervisor.web.api.views import (
    answer_group,
    answer_groups,
    found_process,
    moments,
    process_struct,
    process_structs,
)
from supervisor.web.messages import Answer, Response, Stream

_STATES: Final = tuple(name for name in vars(ProcessStates) if name.isupper())
_FILTERS: Final = (
    Field(
        "name",
        ("string",),
        "Pattern of namespecs or names, as in a shell: `web:*`.",
        chars_max=PATTERN_CHARS_MAX,
    ),
    Field("group", ("string",), "Name of a group."),
    Field("state", ("string",), "States, separated by commas.", choices=_STATES, is_list=True),
    Field("usage", ("boolean",), "Take a sample of CPU and memory for this answer.", default=False),
)
_USAGE: Final = _FILTERS[-1]


def _daemon(call: Call) -> Response:
    identity = call.services.identity
    state = call.rpc("supervisor.getDaemonState")
    return answer_json(
        {
            "identifier": identity.identifier,
            "version": identity.version,
            "api_version": "3.0",
            "pid": identity.pid,
            "statecode": state["statecode"],
            "statename": state["statename"],
            "reason": state.get("reason"),
            "uptime_s": int(call.services.clock.now().mono_s - identity.started_mono_s),
        }
    )


def _config(call: Call) -> Answer:
    return answer_array(call, "processes", call.rpc("supervisor.getAllConfigInfo"))


def _user_changes(call: Call) -> Response:
    return answer_json({"user_changes": call.rpc("supervisor.getUserChanges")})


def _processes(call: Call) -> Answer:
    return _sampled(call, _chosen)


def _chosen(call: Call) -> Response | Stream:
    def shape(infos: Iterable[Any]) -> Iterator[Any]:
        return process_structs(call, (info for info in infos if _is_chosen(call.query, info)))

    return answer_array(call, "processes", call.rpc("supervisor.getAllProcessInfo"), shape)


def _process(call: Call) -> Answer:
    return _sampled(call, _details)


def _details(call: Call) -> Response:
    name = call.path["name"]
    info = call.rpc("supervisor.getProcessInfo", name)
    struct = process_struct(call, info)
    return answer_json({**struct, "moments": moments(call, found_process(call, name))})


def _pools(call: Call) -> Response:
    return answer_json({"pools": call.rpc("supervisor.getEventPools")})


def _journal(call: Call) -> Response:
    return answer_json(call.rpc("supervisor.getEventJournal"))


def _methods(call: Call) -> Response:
    return answer_json({"methods": call.rpc("system.listMethods")})


def _method(call: Call) -> Response:
    name = call.path["name"]
    text = call.rpc("system.methodHelp", name)
    try:
        signature = call.rpc("system.methodSignature", name)
    except RequestRefused as refused:
        if refused.fault is not Fault.SIGNATURE_UNSUPPORTED:
            raise
        signature = None
    return answer_json({"name": name, "help": text, "signature": signature})


def _sampled(call: Call, answer: Callable[[Call], Response | Stream]) -> Answer:
    """An answer, after a sample if one is wanted."""
    sample = call.services.figures.sample() if call.query["usage"] else None
    if sample is None or sample.done:
        return answer(call)
    return answer_value(call, sample, lambda call, _: answer(call))


def _is_chosen(query: Any, info: Any) -> bool:
    """Whether a process is one that was asked for."""
    group, name, pattern = info["group"], info["name"], query["name"]
    names = (f"{group}:{name}", name)
    return (
        (pattern is None or any(fnmatchcase(each, pattern) for each in names))
        and (query["group"] is None or query["group"] == group)
        and (query["state"] is None or info["statename"] in query["state"])
    )


def operations() -> Iterator[Operation]:
    """All of them."""
    yield Operation("GET", "/supervisor", _daemon, "Daemon", "Tell about the daemon")
    yield Operation("GET", "/config", _config, "Config", "Tell the configuration")
    yield Operation(
        "GET",
        "/config/user-changes",
        _user_changes,
        "UserChanges",
        "Tell what rereading changed about users",
    )
    yield Operation(
        "GET", "/processes", _processes, "Processes", "Tell about processes", query=_FILTERS
    )
    yield Operation(
        "GET",
        "/processes/{name}",
        _process,
        "ProcessDetails",
        "Tell about a process",
        query=(_USAGE,),
    )
    yield Operation("GET", "/groups", answer_groups, "Groups", "Tell about groups")
    yield Operation(
        "GET",
        "/groups/{name}",
        answer_group,
        "Group",
        "Tell about a group",
        statuses=frozenset({404}),
    )
    yield Operation("GET", "/listeners", _pools, "Pools", "Tell about groups of event listeners")
    yield Operation("GET", "/journal", _journal, "Journal", "Tell about the event journal")
    yield Operation("GET", "/methods", _methods, "Methods", "List all methods")
    yield Operation("GET", "/methods/{name}", _method, "Method", "Tell about a method")
