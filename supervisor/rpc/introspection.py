"""Which methods an interface offers, and what their docstrings declare.

Only bound methods without a leading underscore can be called. Names are never walked: what a
method or an attribute holds cannot be reached (the class of faults of CVE-2017-11610).

A docstring declares with lines such as ``@param string name  Text`` and ``@return int pid  Text``
(``@TAG TYPE NAME TEXT``; the text goes on in the lines below), ours also ``@raise FAULT  Text``,
``@role operate`` (who may call it) and ``@http POST /path`` (where the HTTP API offers it).
"""

from itertools import takewhile

from supervisor.expressions import expression
from supervisor.hints import Mapping
from supervisor.lean import MethodType
from supervisor.rpc.caller import Role
from supervisor.tuples import NamedTuple

_ROUTING_LINE = expression(
    r"(?m)^[ \t]*@(?:role[ \t]+(?:read|operate|admin)|http[ \t]+[A-Z]+[ \t]+/\S*)[ \t]*(?:\n|\Z)"
)
"""A line that is for the daemon alone: clients of old are shown help without it."""


class Tag(NamedTuple):
    """One declaration in a docstring."""

    kind: str
    """param, return, raise, role or http."""
    type: str
    """Type of the parameter or result; the fault of a raise; a role; a verb of HTTP."""
    name: str
    """Of the parameter or result; the path below the root of the HTTP API."""
    text: str


def method_of(interface: object, name: str) -> MethodType | None:
    """The method of that name which clients may call."""
    if name.startswith("_"):
        return None
    method = getattr(interface, name, None)
    return method if isinstance(method, MethodType) else None


def find_method(interfaces: Mapping[str, object], full_name: object) -> MethodType | None:
    """The method called ``namespace.method``, if clients may call it."""
    if not isinstance(full_name, str):
        return None
    namespace, _, name = full_name.partition(".")
    interface = interfaces.get(namespace)
    # A name with a second dot is no attribute, but a plug-in might answer to it all the same.
    return None if interface is None or "." in name else method_of(interface, name)


def method_names(interface: object) -> list[str]:
    """Sorted names of all methods which clients may call, inherited ones and aliases included."""
    kind = type(interface)
    return [
        name
        for name in dir(kind)
        # The class is asked first: a property would be evaluated.
        if callable(getattr(kind, name, None)) and method_of(interface, name) is not None
    ]


def tags_of(docstring: str) -> list[Tag]:
    """The declarations of a docstring, in order."""
    found: list[Tag] = []
    for line in docstring.splitlines():
        tag = _tag_of(line)
        if tag is not None:
            found.append(tag)
        elif found and line.strip():
            last = found[-1]
            found[-1] = last._replace(text=f"{last.text} {line.strip()}".strip())
    return found


def text_before_tags(docstring: str) -> list[str]:
    """The lines of a docstring before its declarations."""
    return list(takewhile(lambda line: _tag_of(line) is None, docstring.splitlines()))


def _tag_of(line: str) -> Tag | None:
    """What a line declares, None if it declares nothing."""
    words = line.split(None, 3)
    if len(words) < 2 or not words[0].startswith("@"):
        return None
    kind = words[0].removeprefix("@")
    if not kind.replace("_", "a").isalnum():
        return None
    type_, name, text = (*words[1:], "", "")[:3]
    return Tag(kind, type_, name, text)


def signature_of(docstring: str) -> list[str] | None:
    """Type of the result, then of each parameter; None if no result is declared."""
    tags = tags_of(docstring)
    results = [tag.type for tag in tags if tag.kind == "return"]
    if not results:
        return None
    return results[:1] + [tag.type for tag in tags if tag.kind == "param"]


def role_of_docstring(docstring: str | None) -> Role:
    """Which role it takes to call a method: ADMIN unless its docstring declares another one."""
    for tag in tags_of(docstring or ""):
        if tag.kind == "role" and tag.type.upper() in Role.__members__:
            return Role[tag.type.upper()]
    return Role.ADMIN


def help_of_docstring(docstring: str | None) -> str:
    """What clients are shown of a docstring: all but where the HTTP API offers it, and to whom."""
    return _ROUTING_LINE.sub("", docstring or "")
