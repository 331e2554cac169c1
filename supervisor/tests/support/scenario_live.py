"""One of our daemons for one end-to-end test, in a directory that everybody may enter.

The rule of this module: a test says its configuration and gets a running daemon; what is left at
the end, orphans included, is killed by its marker and the directory removed.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from supervisor.tests.support.daemon import OUR_DAEMON, REPOSITORY, wait_until
from supervisor.tests.support.scenario_stage import MARKER, StageDaemon, end_marked_processes

CALIBRATED_DAEMON = "SUPERVISOR_TEST_DAEMON"
"""Names another supervisord to run the end-to-end tests against, to see which of them it fails."""


def daemon_command() -> tuple[str, ...]:
    """The daemon under test: ours, unless another one is named."""
    named = os.environ.get(CALIBRATED_DAEMON)
    return (named,) if named else OUR_DAEMON


@contextmanager
def live(
    config: str,
    *,
    arguments: Sequence[str] = ("-n",),
    environment: Mapping[str, str] | None = None,
    wrapper: Sequence[str] = (),
    start: bool = True,
) -> Iterator[StageDaemon]:
    """A daemon with `config` behind the base configuration, `{dir}` filled in.

    `wrapper` is a command line that ends by executing the words behind it, such as `unshare`.
    """
    directory = Path(tempfile.mkdtemp(prefix="sd"))
    directory.chmod(0o777)
    variables = {
        MARKER: str(directory),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        **({} if CALIBRATED_DAEMON in os.environ else {"PYTHONPATH": str(REPOSITORY)}),
        **(environment or {}),
    }
    daemon = StageDaemon(
        (*wrapper, *daemon_command()),
        fill(config, directory),
        directory,
        arguments=arguments,
        environment=variables,
    )
    try:
        yield daemon.start() if start else daemon
    finally:
        end(daemon, directory)


def end(daemon: StageDaemon, directory: Path) -> None:
    """Kill the daemon and everything that carries its marker, and remove its directory."""
    if daemon.process is not None and daemon.process.poll() is None:
        daemon.process.kill()
        daemon.process.wait()
    end_marked_processes(str(directory))
    shutil.rmtree(directory, ignore_errors=True)


def fill(text: str, directory: Path) -> str:
    """`text` with the directory of the daemon and the interpreter of the tests put in."""
    return text.replace("{dir}", str(directory)).replace("{python}", sys.executable)


def script(daemon: StageDaemon, name: str, text: str) -> Path:
    """Write an executable file into the daemon's directory."""
    path = daemon.directory / name
    path.write_text(fill(text, daemon.directory), encoding="utf-8")
    path.chmod(0o755)
    return path


def configure(daemon: StageDaemon, config: str) -> None:
    """Replace the configuration file; nothing is told to the daemon."""
    daemon.write_config(fill(config, daemon.directory))


def wait_text(path: Path, text: str) -> str:
    """The text of a file as soon as it contains `text`."""

    def look() -> str | None:
        found = path.read_text("utf-8", "replace") if path.exists() else ""
        return found if text in found else None

    return wait_until(look, f"{path.name} has {text!r}")


def daemonised(daemon: StageDaemon, config_name: str) -> int:
    """Start into the background with a config named as given; the pid of the daemon."""
    done = subprocess.run(
        [*daemon.executable, "-c", config_name],
        cwd=daemon.directory,
        env=os.environ | daemon.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    pid = int(wait_text(daemon.directory / "supervisord.pid", "\n"))
    wait_until(lambda: answers(daemon), "the daemon answers")
    return pid


def answers(daemon: StageDaemon) -> bool:
    """Whether the daemon answers on its socket."""
    try:
        return bool(daemon.rpc.supervisor.getState())
    except OSError:
        return False


def wait_log_count(daemon: StageDaemon, text: str, count: int, within_s: float = 20.0) -> None:
    """Wait until the main log contains a text so many times, without waking the daemon."""
    wait_until(
        lambda: daemon.log_text().count(text) >= count,
        f"the main log has {text!r} {count} times",
        within_s,
    )


def descriptors(pid: int) -> dict[int, str]:
    """Open descriptors of a process and what each points to."""
    found = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue
    return found


def ignored_signals(pid: int) -> set[signal.Signals]:
    """Signals that a process ignores, of those that have a name."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    mask = int(
        next(line for line in status.splitlines() if line.startswith("SigIgn")).split()[1], 16
    )
    return {number for number in signal.Signals if mask >> (number - 1) & 1}
