"""One lane of a scenario: a directory, a daemon, a supervisorctl, and what was observed.

The rule of this module: everything a step may touch goes through the stage, every wait has a
deadline, and whatever the daemon started is gone when the stage is struck, even orphans.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil

from supervisor.tests.support.daemon import (
    DEADLINE_S,
    LiveDaemon,
    clean_environment,
    free_port,
    wait_until,
)
from supervisor.tests.support.scenario import Observation, Scenario, StageError, Step
from supervisor.tests.support.scenario_text import normalise

T = TypeVar("T")

MARKER = "SCENARIO_STAGE"
"""Environment variable by which processes of a stage are recognised, orphans included."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Which daemon is driven by which supervisorctl."""

    name: str
    daemon: tuple[str, ...]
    ctl: tuple[str, ...]


class StageDaemon(LiveDaemon):
    """A LiveDaemon whose stdout and stderr are kept apart and whose umask is known."""

    @property
    def stderr_file(self) -> Path:
        """Where the daemon's stderr goes; stdout is in `output_file`."""
        return self.directory / "supervisord.err"

    def start(self, *, wait: bool = True) -> "StageDaemon":
        """Start it in a session of its own with umask 022 and, unless told not to, wait for it."""
        with self.output_file.open("ab") as output, self.stderr_file.open("ab") as errors:
            self.process = subprocess.Popen(
                [*self.executable, *self.arguments, "-c", str(self.config)],
                cwd=self.directory,
                env=clean_environment(self.executable, self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
                umask=0o022,
            )
        if wait:
            wait_until(self._answers, "the daemon answers on its socket")
        return self

    def output(self) -> str:
        """What the daemon wrote to stdout, then what it wrote to stderr."""
        files = (self.output_file, self.stderr_file)
        return "".join(f.read_text("utf-8", "replace") for f in files if f.exists())


class Stage:
    """The place where the steps of one lane are played; a context manager."""

    def __init__(self, scenario: Scenario, lane: Lane) -> None:
        self.lane = lane
        self.scenario = scenario
        self.directory = Path(tempfile.mkdtemp(prefix="sc"))
        self.directory.chmod(0o755)
        self.port = free_port()
        self.observations: list[Observation] = []
        self.notes: dict[str, int] = {}
        for name, text in scenario.files.items():
            self.write(name, text)
        environment = {
            MARKER: str(self.directory),
            "HOME": str(self.directory),
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "80",
            "TZ": "UTC",
            **{name: self.fill(value) for name, value in scenario.environment.items()},
        }
        self.daemon = StageDaemon(
            lane.daemon,
            self.fill(scenario.config),
            self.directory,
            arguments=scenario.arguments,
            environment=environment,
        )

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        if self.daemon.process is not None and self.daemon.process.poll() is None:
            self.daemon.process.kill()
            self.daemon.process.wait()
        end_marked_processes(str(self.directory))
        shutil.rmtree(self.directory, ignore_errors=True)

    # ------------------------------------------------------------------ play

    def play(self) -> list[Observation]:
        """Take all steps; a step that cannot be taken ends the play and is observed as such."""
        try:
            if self.scenario.starts:
                self.daemon.start()
            for step in self.scenario.steps:
                self._take(step)
        except (AssertionError, OSError, subprocess.SubprocessError, psutil.Error) as error:
            self.observe("the play ends early", f"{error}\n{self._last_words()}")
        return self.observations

    def _take(self, step: Step) -> None:
        try:
            seen = step.act(self)
        except (AssertionError, OSError, subprocess.SubprocessError, psutil.Error) as error:
            raise StageError(f"cannot take step {step.label!r}: {error}") from error
        if seen is not None:
            self.observe(step.label, seen)

    def observe(self, label: str, value: str) -> None:
        """Record a value under a label, numbered from its second use on."""
        count = sum(1 for seen in self.observations if seen.label.split(" #")[0] == label)
        unique = label if count == 0 else f"{label} #{count + 1}"
        text = normalise(value, self.directory, self.port)
        self.observations.append(Observation(unique, text))

    def _last_words(self) -> str:
        return f"main log:\n{self.daemon.log_text()}\noutput:\n{self.daemon.output()}"

    # ------------------------------------------------------------------ props

    def fill(self, text: str) -> str:
        """`text` with the directory and the port of this stage put in."""
        return text.replace("{dir}", str(self.directory)).replace("{port}", str(self.port))

    def path(self, name: str) -> Path:
        """A file of this stage."""
        return self.directory / name

    def write(self, name: str, text: str) -> Path:
        """Write a file of this stage; one that begins with `#!` becomes executable."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.fill(text), encoding="utf-8")
        if text.startswith("#!"):
            path.chmod(0o755)
        return path

    def until(self, condition: Callable[[], T | None], what: str) -> T:
        """First true value of `condition`; StageError when the deadline passes."""
        try:
            return wait_until(condition, what)
        except AssertionError as error:
            raise StageError(str(error)) from error

    def call(self, method: str, *params: Any) -> Any:
        """Result of one XML-RPC call; faults and protocol errors fly."""
        return getattr(self.daemon.rpc, method)(*params)

    def ctl(self, words: Sequence[str], typed: str = "") -> subprocess.CompletedProcess[str]:
        """Outcome of this lane's supervisorctl with this stage's configuration."""
        return self.daemon.ctl(*words, command=self.lane.ctl, typed=typed)

    def run_daemon(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Outcome of a daemon that is expected to end by itself, such as one with a bad file."""
        return subprocess.run(
            [*self.lane.daemon, *words],
            cwd=self.directory,
            env=clean_environment(self.lane.daemon, self.daemon.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=DEADLINE_S,
            check=False,
            umask=0o022,
        )

    def http(self, request: bytes, enough: bytes = b"") -> bytes:
        """What the unix socket answers to raw bytes, until it closes or `enough` was seen."""
        answer = b""
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(DEADLINE_S)
            peer.connect(str(self.daemon.socket))
            peer.sendall(request)
            while not (enough and enough in answer):
                try:
                    data = peer.recv(65536)
                except ConnectionResetError:
                    break
                if not data:
                    break
                answer += data
        return answer


def is_gone(pid: int) -> bool:
    """Whether a process has ended; a zombie that nobody collects has."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def end_marked_processes(value: str) -> None:
    """Kill what still carries the marker of a stage: children that outlived their daemon."""
    wanted = f"{MARKER}={value}".encode()
    for pid in psutil.pids():
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        if wanted in environment.split(b"\0") and pid != os.getpid():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
