"""A plug-in for tests: runs a piece of Python inside the daemon and answers with what it says.

Nothing of the tests is imported: the reference loads it, too.
"""

import os
from typing import Any

from supervisor import events
from supervisor.rpcinterface import SupervisorNamespaceRPCInterface

SEEN: list[Any] = []
"""What a test has collected in the daemon."""


class Probe(SupervisorNamespaceRPCInterface):  # type: ignore[misc, unused-ignore]
    """All methods of the main interface, and one that runs code."""

    def __init__(self, supervisord: Any, options: dict[str, str]) -> None:
        SupervisorNamespaceRPCInterface.__init__(self, supervisord)
        self.given = options
        self.kept: dict[str, Any] = {}

    def run(self, code: str) -> str:
        """Run a piece of code; `answer` is what it says.

        @param string code     What to run.
        @return string answer  The repr of what it assigned to `answer`.
        """
        groups = self.supervisord.process_groups
        names: dict[str, Any] = {
            "supervisord": self.supervisord,
            "options": self.supervisord.options,
            "groups": groups,
            "interface": self,
            "events": events,
            "os": os,
            "path": os.path,
            "kept": self.kept,
            "seen": SEEN,
        }
        if "web" in groups and "web" in groups["web"].processes:
            names["process"] = groups["web"].processes["web"]
            names["config"] = names["process"].config
        exec(code, names)
        return repr(names.get("answer"))


def make(supervisord: Any, **options: str) -> Probe:
    """The factory."""
    return Probe(supervisord, options)
