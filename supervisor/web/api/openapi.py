"""The OpenAPI 3.1 document: made from the operations, which say everything themselves."""

from supervisor.hints import Any, Final, Iterable, Sequence
from supervisor.rpc.caller import Role
from supervisor.web.api.calls import Call
from supervisor.web.api.fields import JSON_TYPE, Field
from supervisor.web.api.jsons import write_json
from supervisor.web.api.operations import ROOT, Operation
from supervisor.web.api.problems import MEDIA_TYPE
from supervisor.web.api.schemas import SCHEMAS, ref
from supervisor.web.messages import REASONS, Response

_ABOUT: Final = """\
JSON for all that XML-RPC offers. Errors are problem documents (RFC 9457) with the codes of \
XML-RPC. A process is called `group:name`, or `name` if both are equal; what is in a path is \
percent-encoded."""

_NAMES: Final = {
    "name": "Name, percent-encoded: of a process `group:name` or `name`.",
    "pool": "Name of a group of event listeners.",
    "method": "Name of a method, such as `supervisor.getState`.",
}

_SCHEMES: Final = {
    "password": {"type": "http", "scheme": "basic"},
    "token": {"type": "http", "scheme": "bearer"},
}

_ALWAYS: Final = frozenset({400, 503})
"""Statuses that everything may have: a bad query; a daemon that leaves."""


class Document:
    """The document, made when it is first asked for: one for servers with users, one for others."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = operations
        self._made: dict[bool, bytes] = {}

    def answer(self, call: Call) -> Response:
        """The document for the clients of a server."""
        has_users = call.site.server.has_users()
        if has_users not in self._made:
            self._made[has_users] = write_json(document(self._operations, has_users=has_users))
        body = self._made[has_users]
        return Response(200, JSON_TYPE, body, (("Cache-Control", "no-cache"),))


def document(operations: Iterable[Operation], *, has_users: bool) -> dict[str, Any]:
    """The document as a struct; with users callers have to say who they are."""
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        item = paths.setdefault(each.path, {})
        if each.names:
            item["parameters"] = [_path_parameter(name) for name in each.names]
        item[each.verb.lower()] = _operation(each, has_users)
    struct: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "supervisord", "version": "1", "description": _ABOUT},
        "servers": [{"url": ROOT}],
        "paths": paths,
        "components": {"schemas": SCHEMAS},
    }
    if has_users:
        struct["components"]["securitySchemes"] = _SCHEMES
        struct["security"] = [{name: []} for name in _SCHEMES]
    return struct


def _operation(operation: Operation, has_users: bool) -> dict[str, Any]:
    struct: dict[str, Any] = {
        "operationId": _id(operation),
        "tags": [operation.path.split("/")[1].removesuffix(".json")],
        "summary": operation.summary,
        "responses": _responses(operation, has_users),
        "x-role": operation.role.name.lower(),
    }
    if operation.text:
        struct["description"] = operation.text
    if operation.methods:
        struct["x-methods"] = list(operation.methods)
    if operation.query:
        struct["parameters"] = [_query_parameter(field) for field in operation.query]
    if operation.body:
        struct["requestBody"] = {
            "required": any(field.is_required for field in operation.body),
            "content": {JSON_TYPE: {"schema": _body(operation.body)}},
        }
    return struct


def _id(operation: Operation) -> str:
    """Unique, and a good name for the function of a client."""
    names = [name.partition(".")[2] for name in operation.methods]
    if len(names) == 1 and "{method}" not in operation.path:
        return names[0]
    words = [
        word
        for part in (operation.verb.lower(), *operation.path.split("/"))
        for word in part.strip("{}").replace(".", "-").split("-")
        if word
    ]
    return words[0] + "".join(word.capitalize() for word in words[1:])


def _path_parameter(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": _NAMES[name],
        "schema": {"type": "string", "minLength": 1},
    }


def _query_parameter(field: Field) -> dict[str, Any]:
    struct: dict[str, Any] = {
        "name": field.name,
        "in": "query",
        "required": field.is_required,
        "description": field.text,
        "schema": field.schema(),
    }
    if field.is_list:
        struct |= {"style": "form", "explode": False}
    return struct


def _body(fields: Sequence[Field]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            field.name: {**field.schema(), "description": field.text} for field in fields
        },
        "required": [field.name for field in fields if field.is_required],
        "additionalProperties": False,
    }


def _responses(operation: Operation, has_users: bool) -> dict[str, Any]:
    answers = {"200": _success(operation)}
    if operation.unfinished:
        answers["202"] = {
            "description": "It goes on.",
            "content": {JSON_TYPE: {"schema": ref(operation.unfinished)}},
        }
    statuses = set(_ALWAYS | operation.statuses)
    if operation.names:
        statuses.add(404)
    if operation.role > Role.READ:
        statuses.add(403)
    if operation.verb != "GET":
        statuses |= {413, 415}
    if has_users:
        statuses |= {401, 429}
    for status in sorted(statuses):
        answers[str(status)] = {
            "description": REASONS[status],
            "content": {MEDIA_TYPE: {"schema": ref("Problem")}},
        }
    return answers


def _success(operation: Operation) -> dict[str, Any]:
    content: dict[str, Any]
    if operation.media:
        text = {"schema": {"type": "string"}}
        content = {media: {} if media == JSON_TYPE else text for media in operation.media}
    else:
        content = {JSON_TYPE: {"schema": ref(operation.schema)}}
    struct: dict[str, Any] = {"description": "Done.", "content": content}
    if operation.headers:
        struct["headers"] = {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in operation.headers
        }
    return struct
