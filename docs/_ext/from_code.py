"""Directives whose content is made from the code at build time, so that the manual cannot drift.

``.. config-keys:: SECTION`` the keys of a section · ``.. state-diagram::`` and ``.. state-table::``
the process machine · ``.. rpc-methods:: NAMESPACE`` the XML-RPC methods from their docstrings.
"""

import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from rpc_reference import methods_rst  # noqa: E402  the path must be set first
from state_diagram import arrows, draw  # noqa: E402

from supervisor.config.render import manual_tables  # noqa: E402


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
        lines = [".. list-table::", "   :header-rows: 1", "", "   * - from", "     - to", "     - when"]
        for arrow in arrows():
            lines += [
                f"   * - {arrow.source}",
                f"     - {arrow.target}",
                f"     - {'; '.join(arrow.labels)}",
            ]
        return self.parse_text_to_nodes("\n".join(lines))


class RpcMethods(SphinxDirective):
    """All methods of one XML-RPC namespace, from their docstrings."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        return self.parse_text_to_nodes(methods_rst(self.arguments[0]))


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the directives known to Sphinx."""
    app.add_directive("config-keys", ConfigKeys)
    app.add_directive("state-diagram", StateDiagram)
    app.add_directive("state-table", StateTable)
    app.add_directive("rpc-methods", RpcMethods)
    return {"parallel_read_safe": True}
