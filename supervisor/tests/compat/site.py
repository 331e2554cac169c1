"""A daemon whose plug-ins, listeners and programs find packages of others.

The rule of this module: a package comes as its authors published it, from a folder of its own on
PYTHONPATH (tools/compat-packages lays them there). Every test runs against ours; with
SUPERVISOR_TEST_SIDES=ours,reference it must pass with the release that we follow, too, or it
proves nothing.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from supervisor.tests.support.daemon import (
    DEADLINE_S,
    OUR_CTL,
    OUR_DAEMON,
    REPOSITORY,
    LiveDaemon,
    clean_environment,
    reference_ctl,
    reference_daemon,
    wait_until,
)

PACKAGES = Path(os.environ.get("SUPERVISOR_TEST_COMPAT") or REPOSITORY / ".venv-compat")
NEEDS = "needs"
"""Folder of what the packages need beside the daemon."""


class Side(NamedTuple):
    """One of the daemons: its interpreter and its commands."""

    name: str
    python: Path
    daemon: tuple[str, ...]
    ctl: tuple[str, ...]

    @property
    def scripts(self) -> Path:
        """Where its supervisord and supervisorctl are."""
        return self.python.parent


def ours() -> Side:
    """The daemon of this checkout."""
    return Side("ours", Path(sys.executable), OUR_DAEMON, OUR_CTL)


def reference() -> Side | None:
    """The release that we follow, or None if it is not installed."""
    daemon, ctl = reference_daemon(), reference_ctl()
    if daemon is None or ctl is None:
        return None
    return Side("reference", Path(daemon[0]).with_name("python"), daemon, ctl)


def sides() -> list[Side]:
    """The daemons that are asked for: ours unless SUPERVISOR_TEST_SIDES says otherwise."""
    known = {"ours": ours(), "reference": reference()}
    names = os.environ.get("SUPERVISOR_TEST_SIDES", "ours").split(",")
    return [side for name in names if (side := known[name.strip()]) is not None]


def require(*packages: str) -> list[Path]:
    """Folders of the packages; without one the test is skipped, or fails on a build machine."""
    folders = [PACKAGES / package for package in packages]
    missing = [folder.name for folder in folders if not (folder / ".installed").exists()]
    if not missing:
        return folders
    reason = f"{', '.join(missing)} not installed; run: make compat"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


class Site(LiveDaemon):
    """One daemon with the packages that `use` names."""

    def __init__(self, side: Side, directory: Path) -> None:
        super().__init__(side.daemon, "", directory)
        self.side = side
        # Without childlogdir a daemon removes the logs that another left there, even if it runs.
        self.environment["TMPDIR"] = str(directory)
        self.use()

    def use(self, *packages: str) -> None:
        """Let the daemon and all that it starts import these packages (and NEEDS, if named)."""
        path = [*map(str, require(*packages))]
        if self.side.name == "ours":
            path.append(str(REPOSITORY))
        self.environment["PYTHONPATH"] = os.pathsep.join(path)

    def launch(self, config_text: str) -> None:
        """Start the daemon with BASE_CONFIG and this."""
        self.write_config(config_text)
        self.start()

    def module(self, name: str, *arguments: object) -> str:
        """A command line that runs a module of a package."""
        return self._line("-m", name, *arguments)

    def entry(self, target: str, *arguments: object) -> str:
        """A command line that calls an entry point `module:function`, as a script does."""
        module, function = target.split(":")
        return self._line("-c", f"from {module} import {function}; {function}()", *arguments)

    def script(self, package: str, name: str, *arguments: object) -> str:
        """A command line that runs a script which a package installs."""
        return self._line(PACKAGES / package / "bin" / name, *arguments)

    def console_script(self, target: str, path: Path) -> Path:
        """Write a script for an entry point `module:function`, as an installer would."""
        module, function = target.split(":")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"#!{self.side.python}\nimport sys\nfrom {module} import {function}\n"
            f"sys.exit({function}())\n",
            "utf-8",
        )
        path.chmod(0o755)
        return path

    def _line(self, *words: object) -> str:
        line = shlex.join(map(str, (self.side.python, "-u", *words)))
        return line.replace("%", "%%")

    def python(self, *words: object) -> str:
        """Run the side's interpreter as a client of the daemon would; its stdout."""
        return self.run(self.side.python, *words)

    def run(self, *words: object) -> str:
        """Run a program as a client of the daemon, it must succeed; its stdout."""
        done = subprocess.run(
            [*map(str, words)],
            cwd=self.directory,
            env=self.client_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=DEADLINE_S,
            check=False,
        )
        assert done.returncode == 0, f"exit {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def client_environment(self) -> dict[str, str]:
        """Environment of a client: finds the packages, and the side's scripts first of all."""
        path = f"{self.side.scripts}{os.pathsep}{os.environ.get('PATH', '')}"
        return clean_environment(self.side.daemon) | {"PATH": path} | self.environment

    @contextmanager
    def daemon_of_a_client(self, pidfile: Path) -> Iterator[None]:
        """Whatever daemon a client starts meanwhile and `pidfile` names is ended afterwards."""
        try:
            yield
        finally:
            try:
                daemon = psutil.Process(int(pidfile.read_text("ascii")))
            except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
                pass
            else:
                family = [daemon, *daemon.children(recursive=True)]
                daemon.terminate()
                for left in psutil.wait_procs(family, timeout=DEADLINE_S)[1]:
                    left.kill()

    def typed(self, *words: str) -> str:
        """What the side's supervisorctl prints for a command."""
        done = self.ctl(*words, command=self.side.ctl)
        return done.stdout + done.stderr

    def pid_of(self, name: str) -> int:
        """Pid of a process that is RUNNING."""
        pid: int = self.wait_state(name, "RUNNING")["pid"]
        return pid

    def read_log(self, name: str, channel: str = "stdout") -> str:
        """All that a process wrote to one of its logs."""
        path: str = self.info(name)[f"{channel}_logfile"]
        return Path(path).read_text("utf-8", "replace") if Path(path).exists() else ""

    def wait_said(self, name: str, text: str, channel: str = "stdout") -> None:
        """Wait until a process's log contains `text`."""
        wait_until(lambda: text in self.read_log(name, channel), f"{name} says {text!r}")

    def wait_restarted(
        self, name: str, old_pid: int, meanwhile: Callable[[], object] = lambda: None
    ) -> None:
        """Wait until a process is RUNNING with another pid; call `meanwhile` at each look."""

        def restarted() -> bool:
            meanwhile()
            info = self.info(name)
            return info["statename"] == "RUNNING" and info["pid"] != old_pid

        wait_until(restarted, f"{name} runs with another pid than {old_pid}")
