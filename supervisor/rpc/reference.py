"""The reference of all methods for the manual, made from their docstrings.

Not imported by the daemon.
"""

import inspect

from supervisor.errors import Fault
from supervisor.hints import Iterator
from supervisor.lean import FunctionType
from supervisor.rpc.interface import SupervisorInterface
from supervisor.rpc.introspection import Tag, tags_of, text_before_tags
from supervisor.rpc.system import SystemInterface

NAMESPACES: dict[str, type] = {"supervisor": SupervisorInterface, "system": SystemInterface}


def reference_rst() -> str:
    """All methods of all namespaces as reStructuredText, one section for each namespace."""
    sections = [
        f"{namespace}\n{'-' * len(namespace)}\n\n{methods_rst(namespace)}"
        for namespace in NAMESPACES
    ]
    return "\n".join(sections)


def methods_rst(namespace: str) -> str:
    """The methods of one namespace as reStructuredText, in alphabetical order.

    Raises KeyError if there is no such namespace.
    """
    kind = NAMESPACES[namespace]
    names = [name for name in dir(kind) if not name.startswith("_")]
    lines: list[str] = []
    for name in names:
        method = getattr(kind, name)
        if method.__name__ == name:
            aliases = [each for each in names if each != name and getattr(kind, each) is method]
            lines += _method(namespace, method, aliases)
    return "\n".join(lines)


def _method(namespace: str, method: FunctionType, aliases: list[str]) -> Iterator[str]:
    """Lines about one method: call, text, parameters, result, faults, role, other names."""
    docstring = inspect.getdoc(method) or ""
    tags = tags_of(docstring)
    yield f".. describe:: {namespace}.{_call(method)}"
    yield ""
    for line in text_before_tags(docstring):
        yield f"   {line}".rstrip()
    yield ""
    for tag in tags:
        if tag.kind == "param":
            yield f"   :{tag.name}: ({tag.type}) {tag.text}"
        elif tag.kind == "return":
            yield f"   :returns: ({tag.type}) {tag.text}"
    yield from _faults([tag for tag in tags if tag.kind == "raise"])
    yield from _access(tags)
    if aliases:
        yield f"   :also called: {', '.join(f'``{alias}``' for alias in aliases)}"
    yield ""


def _access(tags: list[Tag]) -> Iterator[str]:
    """Who may call a method, and where the HTTP API offers the same."""
    for tag in tags:
        if tag.kind == "role":
            yield f"   :role: {tag.type}"
        elif tag.kind == "http":
            yield f"   :HTTP API: ``{tag.type} /api/v1{tag.name}``"


def _call(method: FunctionType) -> str:
    """Name and parameters, with defaults as clients write them."""
    parameters = list(inspect.signature(method).parameters.values())[1:]
    words = [
        each.name if each.default is each.empty else f"{each.name}={str(each.default).lower()}"
        for each in parameters
    ]
    return f"{method.__name__}({', '.join(words)})"


def _faults(tags: list[Tag]) -> Iterator[str]:
    for tag in tags:
        fault = Fault[tag.type]
        yield f"   :fault {fault:d} {fault.name}: {tag.name} {tag.text}"
