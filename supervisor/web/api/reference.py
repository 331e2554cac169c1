"""The reference of all operations for the manual, made from their declarations.

Not imported by the daemon.
"""

import re

from supervisor.hints import Iterator
from supervisor.web.api.fields import Field
from supervisor.web.api.operations import ROOT, Operation
from supervisor.web.api.table import all_operations


def operations_rst() -> str:
    """All operations as reStructuredText, in the order of their paths."""
    found = sorted(all_operations(), key=lambda each: (each.path, each.verb))
    return "\n".join(line for each in found for line in _operation(each))


def _operation(operation: Operation) -> Iterator[str]:
    yield f".. describe:: {operation.verb} {ROOT}{operation.path}"
    yield ""
    yield f"   {_rst(operation.summary)}."
    yield ""
    for line in operation.text.splitlines():
        yield f"   {_rst(line)}".rstrip()
    yield ""
    for field in operation.query:
        yield f"   :?{field.name}=: {_field(field)}"
    for field in operation.body:
        yield f"   :{field.name}: {_field(field)}"
    yield f"   :role: {operation.role.name.lower()}"
    if operation.methods:
        yield f"   :methods: {', '.join(f'``{name}``' for name in operation.methods)}"
    yield ""


def _field(field: Field) -> str:
    words = [" or ".join(field.kinds)]
    if field.is_required:
        words.append("required")
    elif field.default is not None:
        words.append(f"by default {str(field.default).lower() or 'empty'}")
    return f"({', '.join(words)}) {_rst(field.text)}"


def _rst(markdown: str) -> str:
    """A line of Markdown as we write it: only code is marked."""
    return re.sub(r"`([^`]+)`", r"``\1``", markdown)
