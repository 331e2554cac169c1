"""All operations of the API."""

from functools import cache, partial

from supervisor.rpc.interface import SupervisorInterface
from supervisor.rpc.introspection import tags_of
from supervisor.rpc.system import SystemInterface
from supervisor.web.api.actions import faults_of
from supervisor.web.api.actions import operations as actions
from supervisor.web.api.calls import Call
from supervisor.web.api.events import operations as events
from supervisor.web.api.fields import JSON_TYPE
from supervisor.web.api.logs import operations as logs
from supervisor.web.api.methods import operations as methods
from supervisor.web.api.openapi import Document
from supervisor.web.api.operations import Operation
from supervisor.web.api.problems import statuses_of
from supervisor.web.api.reading import operations as reading
from supervisor.web.messages import Response

_NAMESPACES = {"supervisor": SupervisorInterface, "system": SystemInterface}


@cache
def all_operations() -> tuple[Operation, ...]:
    """Every operation, with the methods that it is made of; the same ones for all servers."""
    made = (
        *reading(),
        *actions(),
        *logs(),
        *events(),
        *methods(),
    )
    document: list[Document] = []
    own = Operation(
        "GET",
        "/openapi.json",
        partial(_document, document),
        "",
        "Tell what the API offers",
        "This document (OpenAPI 3.1).",
        media=(JSON_TYPE,),
    )
    found = methods_by_place()
    complete = tuple(_completed(each, found) for each in (*made, own))
    document.append(Document(complete))
    return complete


def methods_by_place() -> dict[tuple[str, str], list[str]]:
    """Full names of the methods by verb and path, as their docstrings declare them."""
    found: dict[tuple[str, str], list[str]] = {}
    for namespace, kind in _NAMESPACES.items():
        for name in dir(kind):
            method = getattr(kind, name)
            if not name.startswith("_") and method.__name__ == name:
                for tag in tags_of(method.__doc__):
                    if tag.kind == "http":
                        found.setdefault((tag.type, tag.name), []).append(f"{namespace}.{name}")
    return found


def _completed(operation: Operation, found: dict[tuple[str, str], list[str]]) -> Operation:
    if operation.methods:
        return operation
    names = found.get((operation.verb, operation.path), [])
    faults: set[int] = set()
    for name in names:
        namespace, _, method = name.partition(".")
        faults |= faults_of(getattr(_NAMESPACES[namespace], method).__doc__)
    return operation._replace(
        methods=tuple(names), statuses=operation.statuses | statuses_of(faults)
    )


def _document(document: list[Document], call: Call) -> Response:
    return document[0].answer(call)
