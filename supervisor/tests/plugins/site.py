"""A daemon with the plug-in `probe`, which runs pieces of Python inside of it.

With SUPERVISOR_TEST_SIDES=reference the same daemon is the release that we follow: what a test of
live objects says must be true there, too, or it proves nothing.
"""

import ast
import os
from pathlib import Path
from textwrap import dedent
from typing import Any

from supervisor.tests.support.daemon import OUR_DAEMON, LiveDaemon, reference_daemon

MODULES = Path(__file__).parent / "modules"

PROBE = """
[rpcinterface:probe]
supervisor.rpcinterface_factory = probe:make
"""

PROGRAMS = """
[group:web]
programs = web,second

[program:web]
command = sleep 600
autostart = false
startsecs = 0
stopsignal = INT
stdout_logfile = %(here)s/web.log
environment = COLOUR="red"

[program:second]
command = sleep 600
autostart = false
priority = 5

[eventlistener:ears]
command = cat
autostart = false
events = TICK_5,PROCESS_STATE
buffer_size = 7
"""


def executable() -> tuple[str, ...]:
    """Command of the daemon under test."""
    if os.environ.get("SUPERVISOR_TEST_SIDES") == "reference":
        command = reference_daemon()
        assert command is not None, "the reference is not installed"
        return command
    return OUR_DAEMON


def is_reference() -> bool:
    """Whether it is the release that we follow."""
    return executable() != OUR_DAEMON


class PluginDaemon(LiveDaemon):
    """A daemon with plug-ins from the folder of this suite, or another one before it."""

    def __init__(self, config: str, directory: Path, *folders: Path, **more: Any) -> None:
        path = os.pathsep.join(str(each) for each in (*folders, MODULES))
        super().__init__(executable(), config, directory, environment={"PYTHONPATH": path}, **more)

    def run(self, code: str) -> Any:
        """What a piece of code says, in the daemon; Fault if it raises."""
        text = self.rpc.probe.run(dedent(code))
        assert isinstance(text, str)
        try:
            return ast.literal_eval(text)
        except (SyntaxError, ValueError):
            return text
