"""Spawn one real child and hear what it says."""

import os
import time
from collections.abc import Sequence
from typing import Any

from supervisor.host.childplan import ChildPlan
from supervisor.host.ending import Ending, decode_status
from supervisor.host.kernel import SystemKernel

DEADLINE_S = 10.0


def plan_for(argv: Sequence[str], **changes: Any) -> ChildPlan:
    """A plan for a program given by its absolute path, on fds 0, 1 and 2 unless changed."""
    settings: dict[str, Any] = {
        "name": "web",
        "file": argv[0],
        "argv": argv,
        "env": {"PATH": "/bin:/usr/bin"},
        "stdin_fd": 0,
        "stdout_fd": 1,
        "stderr_fd": 2,
    }
    return ChildPlan(**(settings | changes))


def run_child(argv: Sequence[str], **changes: Any) -> tuple[str, Ending]:
    """What the child wrote to stdout and stderr, and how it ended."""
    reader, writer = os.pipe()
    null_fd = os.open(os.devnull, os.O_RDONLY)
    try:
        fds = {"stdin_fd": null_fd, "stdout_fd": writer, "stderr_fd": writer}
        pid = SystemKernel().spawn(plan_for(argv, **(fds | changes)))
    finally:
        os.close(writer)
        os.close(null_fd)
    with open(reader, encoding="utf-8") as output:
        text = output.read()
    return text, ending_of(pid)


def ending_of(pid: int) -> Ending:
    """How the child ended, as soon as it has; AssertionError after the deadline."""
    deadline_s = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline_s:
        reaped, status = os.waitpid(pid, os.WNOHANG)
        if reaped:
            return decode_status(status)
        time.sleep(0.002)
    raise AssertionError(f"child {pid} did not end within {DEADLINE_S} s")


def open_fds() -> set[int]:
    """The fds that this process has open, without the one that looks."""
    fds = {int(name) for name in os.listdir("/dev/fd")}
    return {fd for fd in fds if os.path.exists(f"/dev/fd/{fd}")}


def open_fd_count() -> int:
    """How many fds this process has open."""
    return len(os.listdir("/dev/fd"))
