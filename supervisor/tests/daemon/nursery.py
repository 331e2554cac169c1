"""Children on the real kernel with real files: a place of their own for each test."""

import gc
import os
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from supervisor.config.flags import Flags
from supervisor.config.load import LoadResult, load_settings
from supervisor.config.sections.program import ProcessSettings
from supervisor.config.surroundings import SystemSurroundings
from supervisor.config.values import Origin
from supervisor.core.supervision import Supervision
from supervisor.daemon.children import Children, Nursery
from supervisor.daemon.eventdesk import DeskPorts, EventDesk
from supervisor.daemon.timers import TimerHeap
from supervisor.host.clock import SystemClock
from supervisor.host.ending import Ending
from supervisor.host.kernel import SystemKernel, decode_status
from supervisor.host.poller import SystemPoller
from supervisor.levels import Level
from supervisor.logs.mainlog import MainLog
from supervisor.logs.syslog import SyslogClient
from supervisor.subscriptions import Subscriptions

DEADLINE_S = 10.0


def open_fds() -> set[int]:
    """Descriptors of this process, without the one that looks at them.

    Those that earlier tests left may go at any time, so ask for new ones: `open_fds() <= before`.
    """
    gc.collect()
    return {int(name) for name in os.listdir("/proc/self/fd") if is_open(int(name))}


def is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def settings(name: str = "web", command: str = "/bin/cat", **options: Any) -> ProcessSettings:
    """One process of a program of that name."""
    return ProcessSettings(
        group=name,
        origin=Origin("test.conf", 1),
        section=f"program:{name}",
        process_name=name,
        command=command,
        **options,
    )


class Home:
    """`Children` with everything they need, below one directory; every child is gone at the end."""

    def __init__(self, path: Path, level: int = Level.INFO) -> None:
        self.path = path
        self.kernel = SystemKernel()
        self.failures: list[str] = []
        self.poller = SystemPoller(self._fail)
        self.log = MainLog(SystemClock(), level)
        self.log.open_file(str(path / "main.log"), 0, 0)
        nursery = Nursery(
            dict(os.environ), "http://here", str(path), str(path), "test", strip_ansi=False
        )
        self.children = Children(self.kernel, self.poller, nursery, self.log, self._syslog)
        self._pids: dict[int, int] = {}

    def _syslog(self) -> SyslogClient:
        raise AssertionError("no test here writes to syslog")

    def _fail(self, fd: int, error: Exception) -> None:
        self.failures.append("".join(traceback.format_exception(error)))
        self.poller.forget(fd)

    def add(self, process: ProcessSettings, process_id: int = 1) -> "Home":
        self.children.add(process_id, process)
        return self

    def spawn(self, process_id: int = 1) -> int:
        pid = self.children.spawn(process_id)
        self._pids[process_id] = pid
        return pid

    def wait(self, process_id: int = 1) -> Ending:
        """Serve the pipes until the child has ended, then tell the children so."""
        pid = self._pids.pop(process_id)
        ends_s = time.monotonic() + DEADLINE_S
        while True:
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                self.children.ended(process_id)
                return decode_status(status)
            assert time.monotonic() < ends_s, "the child does not end"
            self.poller.turn(0.01)

    def forget(self, pid: int) -> None:
        """End a child that nobody is connected to any more."""
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        self._pids = {key: other for key, other in self._pids.items() if other != pid}

    def turn_until(self, condition: Callable[[], bool]) -> None:
        ends_s = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < ends_s, "it never happened"
            self.poller.turn(0.01)

    def main_log(self) -> str:
        return (self.path / "main.log").read_text()

    def logs_of(self, name: str, channel: str) -> list[Path]:
        """AUTO logs of that process."""
        return sorted(self.path.glob(f"{name}-{channel}---test-*.log"))

    def close(self) -> None:
        for process_id, pid in list(self._pids.items()):
            os.kill(pid, 9)
            self.wait(process_id)
        self.poller.close()
        self.log.close()
        assert self.failures == []


def event_desk(home: Home, submit: Callable[[Any], None]) -> EventDesk:
    """Events among the children of that home, with subscriptions of its own."""
    ports = DeskPorts(
        SystemClock(),
        TimerHeap(),
        home.log.log,
        Supervision().process,
        submit,
        home.children.post,
        home.failures.append,
        home.log,
    )
    desk = EventDesk(ports, "test", subscriptions=Subscriptions())
    home.children.raw_tap = desk.pools.tap
    home.children.on_input_rest = desk.pools.on_input_rest
    home.children.announcer = desk.announcer
    return desk


class File:
    """A configuration file, and loading it as the daemon does."""

    def __init__(self, path: Path) -> None:
        self.path = path / "supervisord.conf"
        self._surroundings = SystemSurroundings()

    def write(self, text: str, daemon: str = "") -> "File":
        head = f"[supervisord]\nlogfile={self.path.parent}/main.log\n"
        self.path.write_text(f"{head}childlogdir={self.path.parent}\n{daemon}\n{text}")
        return self

    def load(self) -> LoadResult:
        return load_settings(str(self.path), self._surroundings, Flags())
