"""Operations that change something: one for each method whose docstring says where it is.

Path, parameters, role, text and possible faults are those of the method. `restart` is the only
one that no method is behind: it stops, and then starts.
"""

import re
from types import UnionType

from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any, Callable, Final, Iterator
from supervisor.lean import FunctionType, partial
from supervisor.rpc.caller import Role
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.interface import SupervisorInterface
from supervisor.rpc.introspection import Tag, role_of_docstring, tags_of, text_before_tags
from supervisor.rpc.listeners import TIMEOUT_S_MAX
from supervisor.web.api.calls import Call, Shape, answer_json, answer_value
from supervisor.web.api.fields import Field
from supervisor.web.api.operations import WAIT, Operation
from supervisor.web.api.problems import statuses_of
from supervisor.web.api.views import (
    answer_group,
    answer_process,
    answer_processes,
    found_group,
    found_process,
)
from supervisor.web.messages import Answer, Response, Stream

_KINDS: Final[dict[Any, str]] = {str: "string", int: "integer", bool: "boolean"}

_WHOLE_GROUP: Final = r", or (?:to )?all processes of a group with `group:\*`"
"""What only XML-RPC offers: here groups have paths of their own."""

_BOUNDS: Final = {"timeout_secs": (1, TIMEOUT_S_MAX)}
"""Parameter -> smallest and largest value."""


def _done(call: Call, value: Any) -> Response:
    return answer_json({"result": value})


def _statuses(call: Call, value: Any) -> Response:
    return answer_json({"results": value})


def _process(call: Call, value: Any) -> Response:
    return answer_process(call)


def _group(call: Call, value: Any) -> Response | Stream:
    return answer_group(call)


def _differences(call: Call, value: Any) -> Response:
    added, changed, removed = value[0]
    groups = {"added": added, "changed": changed, "removed": removed}
    # Nobody else's users are told of to those who do not know all programs.
    is_whole = not call.request.caller.programs
    changes = call.rpc("supervisor.getUserChanges") if is_whole else []
    return answer_json({**groups, "user_changes": changes})


def _query_result(call: Call, value: Any) -> Response:
    text, data = (value, None) if isinstance(value, str) else (None, value)
    return answer_json({"group": call.path["pool"], "result": text, "result_base64": data})


_SHAPES: Final[dict[str, tuple[str, Shape]]] = {
    "addProcessGroup": ("Group", _group),
    "queryListener": ("QueryResult", _query_result),
    "reloadConfig": ("Differences", _differences),
    "signalProcess": ("Process", _process),
    "startProcess": ("Process", _process),
    "stopProcess": ("Process", _process),
}
"""Method -> schema and maker of its answer, unless that follows from its type."""

_UNFINISHED: Final[dict[str, tuple[str, Callable[[Call, int], Response | Stream]]]] = {
    "processes": ("Process", answer_process),
    "groups": ("Group", answer_group),
    "supervisor": ("Processes", answer_processes),
}
"""Beginning of the path -> schema and maker of an answer before it is done."""


def operations() -> Iterator[Operation]:
    """All of them, in the order of the names of their methods."""
    for name in dir(SupervisorInterface):
        function = getattr(SupervisorInterface, name)
        if name.startswith("_") or function.__name__ != name:
            continue
        for tag in tags_of(function.__doc__):
            if tag.kind == "http" and tag.type != "GET":
                yield _operation(function, tag)
    yield from _restarts()


def described(docstring: str) -> tuple[str, str]:
    """First sentence and the rest of a docstring, without tags, as Markdown."""
    text = "\n".join(text_before_tags(docstring)).strip()
    lines = [line.strip().replace("``", "`") for line in text.splitlines()]
    summary, _, rest = "\n".join(lines).partition("\n")
    return summary.rstrip("."), rest.strip()


def faults_of(docstring: str) -> set[int]:
    """The faults that a docstring declares."""
    return {int(Fault[tag.type]) for tag in tags_of(docstring) if tag.kind == "raise"}


def _operation(function: FunctionType, place: Tag) -> Operation:
    name = function.__name__
    docstring = function.__doc__ or ""
    tags = tags_of(docstring)
    results = next(tag.type for tag in tags if tag.kind == "return")
    usual = ("Results", _statuses) if results == "array" else ("Done", _done)
    schema, shape = _SHAPES.get(name, usual)
    in_path = [each[1:-1] for each in place.name.split("/") if each.startswith("{")]
    params = [tag for tag in tags if tag.kind == "param"]
    waits = any(tag.name == "wait" for tag in params)
    summary, text = described(docstring)
    summary = re.sub(_WHOLE_GROUP, "", summary)
    kind = place.name.split("/")[1]
    return Operation(
        place.type,
        place.name,
        _Action(f"supervisor.{name}", tuple(tag.name for tag in params), shape, kind),
        schema,
        summary,
        text,
        role=role_of_docstring(docstring),
        query=(WAIT,) if waits else (),
        body=tuple(_field(function, tag) for tag in params if tag.name not in (*in_path, "wait")),
        methods=(f"supervisor.{name}",),
        unfinished=_UNFINISHED[kind][0] if waits else "",
        statuses=frozenset(statuses_of(faults_of(docstring))),
        is_bulky=name == "sendProcessStdin",
    )


def _field(function: FunctionType, tag: Tag) -> Field:
    """The member of the body for a parameter: its type is the one that the function declares."""
    annotation = function.__annotations__[tag.name]
    kinds = annotation.__args__ if isinstance(annotation, UnionType) else (annotation,)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    defaults = dict(zip(reversed(names), reversed(function.__defaults__ or ()), strict=False))
    minimum, maximum = _BOUNDS.get(tag.name, (None, None))
    return Field(
        tag.name,
        tuple(_KINDS[kind] for kind in kinds),
        tag.text.replace("``", "`"),
        is_required=tag.name not in defaults,
        default=defaults.get(tag.name),
        minimum=minimum,
        maximum=maximum,
    )


class _Action:
    """Calls a method with what the request says."""

    __slots__ = ("_kind", "_method", "_names", "_shape")

    def __init__(self, method: str, names: tuple[str, ...], shape: Shape, kind: str) -> None:
        self._method = method
        self._names = names
        """Of its parameters, in order."""
        self._shape = shape
        self._kind = kind
        """What the path begins with."""

    def __call__(self, call: Call) -> Answer:
        """Answer a request."""
        if self._kind == "processes":
            # A namespec that means a whole group is no process.
            found_process(call, call.path["name"])
        wait_s = call.query.get("wait")
        given = {**call.path, **call.body, "wait": wait_s != 0}
        value = call.rpc(self._method, *(given[name] for name in self._names))
        if wait_s is None:
            return answer_value(call, value, self._shape)
        unfinished = partial(_unfinished, self._kind)
        if wait_s == 0:
            return answer_value(call, value, lambda call, value: unfinished(call))
        return answer_value(call, value, self._shape, wait_s, unfinished)


def _unfinished(kind: str, call: Call) -> Response | Stream:
    return _UNFINISHED[kind][1](call, 202)


# -- restart ---------------------------------------------------------------------------------------


def _restarts() -> Iterator[Operation]:
    for path, what, stop, start in (
        ("/processes/{name}/restart", "a process", "stopProcess", "startProcess"),
        ("/groups/{name}/restart", "a group", "stopProcessGroup", "startProcessGroup"),
        ("/supervisor/restart-all", "all processes", "stopAllProcesses", "startAllProcesses"),
    ):
        kind = path.split("/")[1]
        methods = (f"supervisor.{stop}", f"supervisor.{start}")
        docstring = getattr(SupervisorInterface, start).__doc__
        yield Operation(
            "POST",
            path,
            partial(_restart, kind, *methods),
            "Process" if kind == "processes" else "Results",
            f"Stop and start {what}",
            "What does not run is started all the same.",
            role=Role.OPERATE,
            query=(WAIT,),
            methods=methods,
            unfinished=_UNFINISHED[kind][0],
            statuses=frozenset(statuses_of(faults_of(docstring))),
        )


def _restart(kind: str, stop: str, start: str, call: Call) -> Answer:
    """Stop, and start when that is done; who does not wait is answered before."""
    if kind == "processes":
        found_process(call, call.path["name"])
    elif kind == "groups":
        found_group(call, call.path["name"])
    params = tuple(call.path.values())
    try:
        stopped = call.rpc(stop, *params, True)
    except RequestRefused as refused:
        if refused.fault is not Fault.NOT_RUNNING:
            raise
        stopped = True
    shape = _process if kind == "processes" else _statuses
    wait_s = call.query["wait"]
    if isinstance(stopped, Deferred):
        started = _after(stopped, lambda value: _start_again(call, start, params, value))
    else:
        started = _start_again(call, start, params, stopped)
    if wait_s is None:
        return answer_value(call, started, shape)
    return answer_value(call, started, shape, wait_s, partial(_unfinished, kind))


def _start_again(call: Call, start: str, params: tuple[str, ...], stopped: Any) -> Any:
    """Start what has stopped; what could not be stopped is among the results."""
    value = call.rpc(start, *params, True)
    statuses = [] if stopped is True else stopped
    failed = [each for each in statuses if each["status"] != Fault.SUCCESS]
    if not failed:
        return value
    if isinstance(value, Deferred):
        return _after(value, lambda results: failed + results)
    return failed + value


def _after(deferred: Deferred, then: Callable[[Any], Any]) -> Deferred:
    """What a function makes of an answer that is to come."""
    made = Deferred()
    made.on_abandoned = deferred.abandon
    deferred.then(lambda known: made.settle(lambda: then(known.result())))
    return made
