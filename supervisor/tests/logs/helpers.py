"""What several tests of logs need: a recorder of reports, a clock that stands, other processes."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from supervisor.core.component import Now

REPOSITORY = Path(__file__).resolve().parents[3]
DEADLINE_S = 20.0


class Reports(list[tuple[int, str]]):
    """Collects what a log reports."""

    def __call__(self, level: int, text: str) -> None:
        self.append((int(level), text))

    @property
    def texts(self) -> list[str]:
        """The texts alone."""
        return [text for _, text in self]


class StandingClock:
    """A clock that moves when it is told to."""

    def __init__(self, wall_s: float = 1_000_000_000.25) -> None:
        self.wall_s = wall_s

    @property
    def mono_s(self) -> float:
        """The time that was set."""
        return self.wall_s

    def now(self) -> Now:
        """The time that was set."""
        return Now(mono_s=self.wall_s, wall_s=self.wall_s)


def run_python(script: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run a script in a process of its own, which must end well; stderr is shown if not."""
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        timeout=DEADLINE_S,
        check=True,
        **options,
    )


def in_child(action: Callable[[], object], before: Callable[[], object]) -> None:
    """Do both in a forked child, `before` first; AssertionError with its words if one raises.

    For what cannot be undone in this process, such as giving up root.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            before()
            action()
        except BaseException as error:
            os.write(writer, repr(error).encode()[:4000])
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        trouble = pipe.read()
    os.waitpid(pid, 0)
    assert not trouble, trouble.decode()


def retained(base: Path, backups: int) -> bytes:
    """All that a rotated log still has, oldest first."""
    paths: Sequence[Path] = [Path(f"{base}.{n}") for n in range(backups, 0, -1)] + [base]
    return b"".join(path.read_bytes() for path in paths if path.exists())
