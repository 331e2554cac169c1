"""What bounds the number of processes: the user's limit, the system's, and those of control groups.

Asked only when there are many to be started; what cannot be read is no bound.
"""

import os
import resource

from supervisor.hints import Final, Iterator
from supervisor.tuples import NamedTuple

_SYSTEM_BOUNDS: Final = ("kernel.pid_max", "kernel.threads-max")


class ProcessBound(NamedTuple):
    """Something that allows too few processes."""

    name: str
    allowed: int
    remedy: str
    """What an administrator can do about it."""


def find_process_bound(needed_count: int, root: str = "/") -> ProcessBound | None:
    """The tightest bound below that number; the user's own limit is raised first.

    `root` is where the files of the system begin.
    """
    found = [*_of_user(needed_count), *_of_system(root), *_of_control_groups(root)]
    tightest = min(found, key=lambda bound: bound.allowed, default=None)
    return None if tightest is None or tightest.allowed >= needed_count else tightest


def _of_user(needed_count: int) -> Iterator[ProcessBound]:
    """Nobody but root is bound by it, whether or not root has the right to raise it."""
    if os.geteuid() == 0:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    if soft == resource.RLIM_INFINITY:
        return
    if soft < needed_count:
        # Children inherit it: they count as much, and with less could start nothing themselves.
        soft = needed_count if hard == resource.RLIM_INFINITY else min(needed_count, hard)
        resource.setrlimit(resource.RLIMIT_NPROC, (soft, hard))
    yield ProcessBound("RLIMIT_NPROC", soft, "LimitNPROC= of systemd or ulimit -Hu")


def _of_system(root: str) -> Iterator[ProcessBound]:
    for name in _SYSTEM_BOUNDS:
        count = _number(os.path.join(root, "proc/sys", name.replace(".", "/")))
        if count is not None:
            yield ProcessBound(name, count, f"sysctl {name}=NUMBER")


def _of_control_groups(root: str) -> Iterator[ProcessBound]:
    """Our own group and all above it, in the unified hierarchy or in that of ``pids``."""
    for line in _text(os.path.join(root, "proc/self/cgroup")).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "pids"):
            continue
        base = os.path.join(root, "sys/fs/cgroup", controllers)
        while True:
            count = _number(os.path.join(base, path.strip("/"), "pids.max"))
            if count is not None:
                yield ProcessBound(f"pids.max of {path}", count, "TasksMax= of systemd or pids.max")
            if path in ("", "/"):
                break
            path = os.path.dirname(path)


def _number(path: str) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdecimal() else None


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
