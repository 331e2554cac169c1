"""Directives whose content is made from the code at build time, so that the manual cannot drift.

``.. config-keys:: SECTION`` the keys of a section · ``.. state-diagram::`` and ``.. state-table::``
the process machine · ``.. rpc-methods:: NAMESPACE`` the XML-RPC methods from their docstrings ·
``.. ctl-commands::`` what supervisorctl says about each command · ``.. http-limits::`` the bounds
of the HTTP servers · ``.. event-types::`` the tree of event types · ``.. api-operations::`` the
operations of the HTTP API.
"""

import ast
from collections.abc import Iterable
from inspect import getsource
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from state_diagram import arrows, draw
from supervisor import events
from supervisor.config.render import manual_tables
from supervisor.ctl.plugin import DefaultControllerPlugin
from supervisor.rpc.reference import methods_rst
from supervisor.web.api.reference import operations_rst
from supervisor.web.limits import DEFAULT_LIMITS, Limits


def list_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """RST of a table with one head row; cells are RST of one line."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (head, *rows):
        for number, cell in enumerate(row):
            lines.append(f"   {'* -' if number == 0 else '  -'} {cell}")
    return "\n".join(lines)


class ConfigKeys(SphinxDirective):
    """Table of the keys of one section, from their declarations."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        tables = manual_tables()
        section = self.arguments[0]
        if section not in tables:
            raise self.error(f"no section {section!r}; there are: {', '.join(sorted(tables))}")
        return self.parse_text_to_nodes(tables[section])


class StateDiagram(SphinxDirective):
    """The process machine as a picture."""

    def run(self) -> list[nodes.Node]:
        return [nodes.raw("", draw(arrows()), format="html")]


class StateTable(SphinxDirective):
    """The process machine as a table: from, to, when."""

    def run(self) -> list[nodes.Node]:
        rows = ((each.source, each.target, "; ".join(each.labels)) for each in arrows())
        return self.parse_text_to_nodes(list_table(("from", "to", "when"), rows))


class RpcMethods(SphinxDirective):
    """All methods of one XML-RPC namespace, from their docstrings."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        return self.parse_text_to_nodes(methods_rst(self.arguments[0]))


class CtlCommands(SphinxDirective):
    """Help of each command of supervisorctl: forms and effects."""

    def run(self) -> list[nodes.Node]:
        rows = []
        for _, command in sorted(DefaultControllerPlugin.commands.items()):
            for line in command.help.splitlines():
                form, _, effect = line.partition("\t")
                rows.append((f"``{form.strip()}``" if form.strip() else "\\", effect.strip()))
        return self.parse_text_to_nodes(list_table(("form", "effect"), rows))


class HttpLimits(SphinxDirective):
    """Bounds of the HTTP servers with what happens beyond them, from their declaration."""

    def run(self) -> list[nodes.Node]:
        rows = [
            (f"``{name}``", f"{bound:,}", documented[name])
            for documented in [field_docstrings(Limits)]
            for name, bound in DEFAULT_LIMITS._asdict().items()
        ]
        return self.parse_text_to_nodes(list_table(("bound", "value", "beyond it"), rows))


class ApiOperations(SphinxDirective):
    """All operations of the HTTP API, from their declarations."""

    def run(self) -> list[nodes.Node]:
        return self.parse_text_to_nodes(operations_rst())


class EventTypes(SphinxDirective):
    """The tree of event types."""

    def run(self) -> list[nodes.Node]:
        text = "\n".join(event_tree())
        return [nodes.literal_block(text, text, language="text")]


def event_tree() -> list[str]:
    """The names of all event types, each two blanks further right than the type above it."""
    kinds = {events.event_type(name): name for name in events.event_names()}
    above = {
        name: next((kinds[each] for each in kind.__mro__[1:] if each in kinds), None)
        for kind, name in kinds.items()
        if kind is not None
    }

    def below(parent: str | None, depth: int) -> list[str]:
        lines = []
        for name, each in above.items():
            if each == parent:
                lines += ["  " * depth + name, *below(name, depth + 1)]
        return lines

    return below(None, 0)


def field_docstrings(kind: type) -> dict[str, str]:
    """The string below each field of a class, on one line; empty where there is none."""
    body = ast.parse(getsource(kind)).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    name = ""
    for node in body.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
            found[name] = ""
        elif name and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found[name] = " ".join(str(node.value.value).split())
    return found


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the directives known to Sphinx."""
    app.add_directive("config-keys", ConfigKeys)
    app.add_directive("state-diagram", StateDiagram)
    app.add_directive("state-table", StateTable)
    app.add_directive("rpc-methods", RpcMethods)
    app.add_directive("ctl-commands", CtlCommands)
    app.add_directive("http-limits", HttpLimits)
    app.add_directive("event-types", EventTypes)
    app.add_directive("api-operations", ApiOperations)
    return {"parallel_read_safe": True}
