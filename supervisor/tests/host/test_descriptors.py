"""The limit on open files of the daemon and of its children, each in an interpreter of its own."""

import os
import subprocess
import sys

import pytest

PRELUDE = """
import errno, os, sys
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from supervisor.host.descriptors import DescriptorLimit
from supervisor.host.kernel import SystemKernel
from supervisor.tests.host.child import ending_of, open_fds, plan_for

def child(**way):
    reader, writer = os.pipe()
    stdin, stderr = os.dup(0), os.dup(2)
    fds = {"stdin_fd": stdin, "stdout_fd": writer, "stderr_fd": stderr}
    plan = plan_for(["/bin/sh", "-c", "ulimit -Sn"], **fds, **way)
    assert ending_of(kernel.spawn(plan)).exitcode == 0
    for fd in fds.values():
        os.close(fd)
    with open(reader) as output:
        return int(output.read())
"""

WAYS = ("", "umask=0o022")
"""A child is made by posix_spawn, and with a umask by Popen."""


def in_new_process(soft: int, hard: int, script: str) -> list[str]:
    """Lines printed by a script that starts with those limits on open files."""
    done = subprocess.run(
        [sys.executable, "-c", f"{PRELUDE}\nsetrlimit(RLIMIT_NOFILE, ({soft}, {hard}))\n{script}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_limit_is_raised_within_the_hard_limit() -> None:
    """What suffices is left alone; what does not is raised to what it takes."""
    lines = in_new_process(
        100,
        300,
        "limit = DescriptorLimit()\n"
        "for count in (90, 200, 150):\n"
        "    print(limit.raise_to(count), limit.soft, getrlimit(RLIMIT_NOFILE))\n",
    )

    assert lines == ["True 100 (100, 300)", "True 200 (200, 300)", "True 200 (200, 300)"]


@pytest.mark.parametrize("uid", [65534] if os.geteuid() == 0 else [os.geteuid()])
def test_as_much_as_is_allowed_is_taken(uid: int) -> None:
    """Without the right to raise the hard limit: up to that."""
    lines = in_new_process(
        100,
        300,
        "limit = DescriptorLimit()\n"
        f"os.setresuid({uid}, {uid}, {uid})\n"
        "for _ in range(2):\n"
        "    print(limit.raise_to(400), limit.soft, getrlimit(RLIMIT_NOFILE))\n",
    )

    assert lines == ["False 300 (300, 300)"] * 2


@pytest.mark.parametrize("way", WAYS)
def test_children_keep_the_limit_that_was(way: str) -> None:
    """A program that calls select() or closes all there might be finds what it would without us."""
    lines = in_new_process(
        64,
        2000,
        "limit = DescriptorLimit()\n"
        "kernel = SystemKernel(limit)\n"
        "limit.raise_to(1000)\n"
        "limit.raise_to(1500)\n"
        f"print(child({way}), getrlimit(RLIMIT_NOFILE))\n",
    )

    assert lines == ["64 (1500, 2000)"]


@pytest.mark.parametrize("way", WAYS)
def test_children_can_be_made_when_all_descriptors_below_their_limit_are_taken(way: str) -> None:
    """Making a child takes descriptors for a moment: there are always some, and none is lost."""
    lines = in_new_process(
        64,
        2000,
        "limit = DescriptorLimit()\n"
        "kernel = SystemKernel(limit)\n"
        "limit.raise_to(1000)\n"
        "for _ in range(200):\n"
        "    os.open(os.devnull, os.O_RDONLY)\n"
        "before = open_fds()\n"
        f"print(child({way}), child({way}), open_fds() == before)\n",
    )

    assert lines == ["64 64 True"]


def test_children_share_the_limit_that_was_never_raised() -> None:
    """Who sets minfds sets it for the programs, too."""
    lines = in_new_process(
        64, 2000, "kernel = SystemKernel()\nsetrlimit(RLIMIT_NOFILE, (128, 2000))\nprint(child())\n"
    )

    assert lines == ["128"]
