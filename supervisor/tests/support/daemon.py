"""A real daemon in a directory of its own, driven from the outside only.

The rule of this module: nothing of the package under test is imported, every wait has a deadline,
and whatever was started is ended by its pid.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import psutil

REPOSITORY = Path(__file__).resolve().parents[3]
DEADLINE_S = 20.0
POLL_S = 0.02

T = TypeVar("T")

OUR_DAEMON: tuple[str, ...] = (sys.executable, "-m", "supervisor.supervisord")
OUR_CTL: tuple[str, ...] = (sys.executable, "-m", "supervisor.supervisorctl")

BASE_CONFIG = """\
[unix_http_server]
file = %(here)s/s.sock

[supervisord]
logfile = %(here)s/supervisord.log
pidfile = %(here)s/supervisord.pid
childlogdir = %(here)s

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl = unix://%(here)s/s.sock

"""
"""Put before every configuration; a section that is repeated below it overrides single keys."""

PAIR = """\
[group:pair]
programs = left,right

[program:left]
command = cat
startsecs = 0

[program:right]
command = cat
startsecs = 0
"""
"""A group of two programs that do nothing."""


def reference_daemon() -> tuple[str, ...] | None:
    """Command of the reference release's daemon, or None if it is not installed."""
    path = os.environ.get("SUPERVISOR_TEST_REFERENCE")
    command = Path(path) if path else REPOSITORY / ".venv-reference" / "bin" / "supervisord"
    return (str(command),) if command.exists() else None


def reference_ctl() -> tuple[str, ...] | None:
    """Command of the reference release's supervisorctl, or None if it is not installed."""
    daemon = reference_daemon()
    return None if daemon is None else (str(Path(daemon[0]).with_name("supervisorctl")),)


def clean_environment(
    command: Sequence[str], additions: Mapping[str, str] | None = None
) -> dict[str, str]:
    """This process's environment without traces of a supervisor around it, and with `additions`.

    Ours is found through PYTHONPATH, so that a checkout can be tested without being installed; the
    reference must never see that path, or it would import our package. A PYTHONPATH among the
    additions is searched before it.
    """
    additions = additions or {}
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SUPERVISOR_")}
    environment.pop("PYTHONPATH", None)
    # Hundreds of daemons are started: none shall compile the package for itself.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if command[0] == sys.executable:
        environment["PYTHONPATH"] = str(REPOSITORY)
    paths = [each["PYTHONPATH"] for each in (additions, environment) if "PYTHONPATH" in each]
    path = {"PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))} if paths else {}
    return environment | additions | path


def wait_until(condition: Callable[[], T | None], what: str, within_s: float = DEADLINE_S) -> T:
    """First true value of `condition`; AssertionError naming `what` when the deadline passes."""
    deadline_s = time.monotonic() + within_s
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline_s:
            raise AssertionError(f"waited {within_s} s in vain until {what}")
        time.sleep(POLL_S)


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class _UnixTransport(xmlrpc.client.Transport):
    """XML-RPC over a unix socket, written without the package under test."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(DEADLINE_S)
        connection.sock.connect(str(self._path))
        return connection


class LiveDaemon:
    """One daemon process, its directory, and what it said.

    `config_text` is appended to BASE_CONFIG; the unix socket, the main log and the pidfile lie in
    `directory`. Use it as a context manager, or call start() and cleanup().
    """

    def __init__(
        self,
        executable: Sequence[str],
        config_text: str,
        directory: Path,
        *,
        arguments: Sequence[str] = ("-n",),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.executable = tuple(executable)
        self.directory = directory
        self.config = directory / "supervisord.conf"
        self.socket = directory / "s.sock"
        self.log = directory / "supervisord.log"
        self.output_file = directory / "supervisord.out"
        self.arguments = tuple(arguments)
        self.environment = dict(environment or {})
        self.process: subprocess.Popen[bytes] | None = None
        self._seen: set[psutil.Process] = set()
        directory.mkdir(parents=True, exist_ok=True)
        self.write_config(config_text)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.cleanup()

    def write_config(self, config_text: str) -> None:
        """Replace the configuration file; a running daemon notices on reread only."""
        self.config.write_text(BASE_CONFIG + config_text, encoding="utf-8")

    # ------------------------------------------------------------------ life

    def start(self, *, wait: bool = True) -> Self:
        """Start it in the foreground and wait until its socket answers, unless told not to."""
        with self.output_file.open("ab") as output:
            self.process = subprocess.Popen(
                [*self.executable, *self.arguments, "-c", str(self.config)],
                cwd=self.directory,
                env=clean_environment(self.executable, self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if wait:
            wait_until(self._answers, "the daemon answers on its socket")
        return self

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(
                f"the daemon ended with {self.process.returncode}:\n{self.output()}"
            )
        try:
            return bool(self.rpc.supervisor.getState())
        except (OSError, http.client.HTTPException):
            return False

    @property
    def pid(self) -> int:
        """Pid of the process that start() made."""
        assert self.process is not None, "not started"
        return self.process.pid

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the daemon."""
        os.kill(self.pid, number)

    def wait(self, within_s: float = DEADLINE_S) -> int:
        """Exit code of the daemon, once it has ended by itself."""
        assert self.process is not None, "not started"
        return self.process.wait(within_s)

    def stop(self, within_s: float = DEADLINE_S) -> int:
        """Ask for an orderly end by SIGTERM; the exit code."""
        self._remember_children()
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait(within_s)

    def cleanup(self) -> None:
        """End the daemon and every descendant it was seen with, whatever their state."""
        if self.process is None:
            return
        self._remember_children()
        try:
            self.stop(within_s=5.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for child in self._seen:
            if child.is_running():
                child.kill()

    def _remember_children(self) -> None:
        try:
            self._seen.update(psutil.Process(self.pid).children(recursive=True))
        except psutil.NoSuchProcess:
            return

    # ------------------------------------------------------------------ talk

    @property
    def serverurl(self) -> str:
        """The URL of its unix socket, as supervisorctl takes it."""
        return f"unix://{self.socket}"

    @property
    def rpc(self) -> xmlrpc.client.ServerProxy:
        """A fresh proxy over a fresh connection to the unix socket."""
        return xmlrpc.client.ServerProxy(
            "http://localhost/RPC2", transport=_UnixTransport(self.socket)
        )

    def info(self, name: str) -> dict[str, Any]:
        """The INFO struct of one process."""
        info = self.rpc.supervisor.getProcessInfo(name)
        assert isinstance(info, dict)
        return info

    def wait_state(self, name: str, *states: str, within_s: float = DEADLINE_S) -> dict[str, Any]:
        """INFO of a process, as soon as it is in one of the named states."""

        def reached() -> dict[str, Any] | None:
            info = self.info(name)
            return info if info["statename"] in states else None

        return wait_until(reached, f"{name} is {' or '.join(states)}", within_s)

    def ctl(
        self, *words: str, command: Sequence[str] = OUR_CTL, typed: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a supervisorctl with this daemon's configuration; `typed` becomes its stdin."""
        return subprocess.run(
            [*command, "-c", str(self.config), *words],
            cwd=self.directory,
            env=clean_environment(command, self.environment),
            input=typed,
            capture_output=True,
            encoding="utf-8",
            timeout=DEADLINE_S,
            check=False,
        )

    # ------------------------------------------------------------------ look

    def log_text(self) -> str:
        """The main log so far."""
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def output(self) -> str:
        """What the daemon wrote to stdout and stderr so far."""
        return self.output_file.read_text("utf-8", "replace") if self.output_file.exists() else ""

    def wait_log(self, text: str, within_s: float = DEADLINE_S) -> str:
        """The main log, as soon as it contains `text`."""
        wait_until(lambda: text in self.log_text(), f"the main log has {text!r}", within_s)
        return self.log_text()
