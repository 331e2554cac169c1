"""What the daemon computes for one thing, by count of the interpreter's instructions.

System calls do not show it if somebody looks at all programs for each line of one of them, or makes
an object more for each event.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from supervisor.tests.counts.calls import CALM, Kept
from supervisor.tests.plugins.site import PROBE, PluginDaemon
from supervisor.tests.support.daemon import wait_until

FEW_COUNT, MANY_COUNT = 10, 500
GROWTH_MAX = 1.1
"""From ten programs to five hundred; 1.00 at present."""

TIMES = 8
"""The least of them counts: a program may be slower than the daemon, which waits once more then."""
STEPS_MAX = {"line": 340, "request": 4_000, "run": 7_600, "event": 3_600}
"""Of each, the wait for it included; 283, 3,473, 6,500 and 3,110 at present (Python 3.11)."""

CONFIG = """
[supervisord]
silent = true

[program:writer]
command = {writer}
startsecs = 0
redirect_stderr = true
stdout_logfile = %(here)s/writer.log

[eventlistener:ear]
command = {ear}
events = REMOTE_COMMUNICATION
startsecs = 0
stdout_logfile = NONE

[program:crowd]
command = sleep 1000
process_name = %(process_num)03d
numprocs = {count}
startsecs = 0
stdout_logfile = NONE
stderr_logfile = NONE
"""

WRITER = """#!/bin/sh
exec 3<>orders
while read command <&3; do eval "$command"; done
"""

EAR = """#!/bin/sh
exec 4>>heard
while echo READY; read header; do
    echo "$header" >&4
    head -c "${header##*:}" > /dev/null
    printf 'RESULT 2\\nOK'
done
"""

COUNT_STEPS = """
import sys
kept["steps"] = 0
def each(frame, event, argument):
    frame.f_trace_opcodes, frame.f_trace_lines = True, False
    if event == "opcode":
        kept["steps"] += 1
    return each
sys.settrace(each)
"""
STEPS = """
import sys
sys.settrace(None)
answer = kept["steps"]
"""


class Counted:
    """A daemon whose steps are counted."""

    def __init__(self, directory: Path, programs_count: int) -> None:
        paths = {"writer": directory / "writer", "ear": directory / "ear"}
        config = CONFIG.format(count=programs_count, **paths)
        self.daemon = PluginDaemon(PROBE + config, directory)
        self.daemon.environment.update(CALM)
        for name, text in (("writer", WRITER), ("ear", EAR)):
            paths[name].write_text(text)
            paths[name].chmod(0o755)
        os.mkfifo(directory / "orders")
        self._directory = directory

    def __enter__(self) -> "Counted":
        self.daemon.start()
        wait_until(self._all_run, "all programs run")
        self._client = Kept(self.daemon)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.__exit__()
        self.daemon.cleanup()

    def _all_run(self) -> bool:
        infos = self.daemon.rpc.supervisor.getAllProcessInfo()
        return {info["statename"] for info in infos} == {"RUNNING"}

    def line(self) -> None:
        """The writer writes a line."""
        self._order("echo line")

    def _order(self, command: str) -> None:
        log = self._directory / "writer.log"
        before = log.stat().st_size if log.exists() else 0
        (self._directory / "orders").write_text(f"sleep 0.01; {command}\n")
        wait_until(lambda: log.exists() and log.stat().st_size > before, "it is in the log")

    def request(self) -> None:
        """Somebody asks for one process."""
        self._client.call("supervisor.getProcessInfo", "crowd:000")

    def run(self) -> None:
        """A program ends and is started again."""
        runs_count = self._runs_count()
        (self._directory / "orders").write_text("exit 1\n")
        wait_until(lambda: self._runs_count() > runs_count, "it has been started again")

    def _runs_count(self) -> int:
        return self.daemon.log_text().count("spawned: 'writer'")

    def event(self) -> None:
        """Somebody sends an event, a listener hears of it."""
        heard = self._directory / "heard"
        before = heard.stat().st_size if heard.exists() else 0
        self._client.call("supervisor.sendRemoteCommEvent", "kind", "text")
        wait_until(lambda: heard.exists() and heard.stat().st_size > before, "it is heard")

    def steps(self, action: Callable[[], object]) -> int:
        """How many steps of the interpreter an action takes."""
        action()
        return self._counted(action) - self._counted(lambda: None)

    def _counted(self, action: Callable[[], object]) -> int:
        found = []
        for _ in range(TIMES):
            self._client.call("probe.run", COUNT_STEPS)
            action()
            found.append(int(str(self._client.call("probe.run", STEPS))))
        return min(found)


def steps_of_each(directory: Path, programs_count: int) -> Mapping[str, int]:
    """Of each action."""
    with Counted(directory, programs_count) as counted:
        return {name: counted.steps(getattr(counted, name)) for name in STEPS_MAX}


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="steps that are traced vary from 3.12 on")
def test_what_happens_to_one_program_is_no_work_for_the_others(tmp_path: Path) -> None:
    """Neither a line nor a request, a run or an event makes anybody look at all programs."""
    few = steps_of_each(tmp_path / "few", FEW_COUNT)
    many = steps_of_each(tmp_path / "many", MANY_COUNT)
    assert {name: many[name] for name in few if many[name] > GROWTH_MAX * few[name]} == {}
    assert {name: many[name] for name in few if many[name] > STEPS_MAX[name]} == {}
