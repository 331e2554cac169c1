"""Becoming a daemon, and the daemon's own process; each in an interpreter of its own."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

DEADLINE_S = 10.0

REPORT = """
import os, sys
def log(level, text):
    with open(sys.argv[1] + '.log', 'a') as file:
        file.write(f'{level.name} {text}\\n')
def report(*words):
    with open(sys.argv[1] + '.tmp', 'w') as file:
        print(*words, sep='\\n', file=file)
    os.rename(sys.argv[1] + '.tmp', sys.argv[1])
"""


def run(script: str, report: Path) -> tuple[list[str], subprocess.CompletedProcess[str]]:
    """Lines that the script reports, however long after its first process has ended."""
    result = subprocess.run(
        [sys.executable, "-c", REPORT + script, str(report)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    deadline_s = time.monotonic() + DEADLINE_S
    while not report.exists():
        assert time.monotonic() < deadline_s, f"nothing was reported: {result.stderr}"
        time.sleep(0.01)
    return report.read_text().splitlines(), result


def test_daemon_leaves_terminal_session_directory_and_umask(tmp_path: Path) -> None:
    """A new session, the directory and umask asked for, /dev/null on fds 0 to 2."""
    lines, result = run(
        "from supervisor.host.daemonize import daemonize\n"
        "started_as = os.getpid()\n"
        f"daemonize({str(tmp_path)!r}, 0o027, log)\n"
        "umask = os.umask(0)\n"
        "report(os.getsid(0) == os.getpid() != started_as, os.getcwd(), oct(umask),\n"
        "       *(os.readlink(f'/proc/self/fd/{n}') for n in range(3)))\n",
        tmp_path / "report",
    )

    assert result.returncode == 0
    assert lines == ["True", str(tmp_path), "0o27", *["/dev/null"] * 3]
    assert (tmp_path / "report.log").read_text().splitlines() == [
        "INFO daemonizing the supervisord process",
        f"INFO set current directory: '{tmp_path}'",
    ]


def test_daemon_stays_where_it_is_if_its_directory_is_gone(tmp_path: Path) -> None:
    """The failure is logged, and the daemon goes on."""
    lines, _ = run(
        "from supervisor.host.daemonize import daemonize\n"
        "before = os.getcwd()\n"
        "daemonize('/nonexistent', 0o022, log)\n"
        "report(os.getcwd() == before)\n",
        tmp_path / "report",
    )

    assert lines == ["True"]
    logged = (tmp_path / "report.log").read_text()
    assert "CRIT can't chdir into '/nonexistent': " in logged


def test_daemon_stays_in_our_directory_without_one_of_its_own(tmp_path: Path) -> None:
    """`directory` is optional."""
    lines, _ = run(
        "from supervisor.host.daemonize import daemonize\n"
        "before = os.getcwd()\n"
        "daemonize(None, 0o022, log)\n"
        "report(os.getcwd() == before)\n",
        tmp_path / "report",
    )

    assert lines == ["True"]


@pytest.mark.parametrize("closed", [(0,), (1, 2), (0, 1, 2)])
def test_closed_standard_fds_are_filled(tmp_path: Path, closed: tuple[int, ...]) -> None:
    """Started with closed fds, no file of ours becomes somebody's stdout."""
    lines, _ = run(
        "from supervisor.host.process import fill_standard_fds\n"
        f"for fd in {closed}: os.close(fd)\n"
        "fill_standard_fds()\n"
        f"report(*(os.readlink(f'/proc/self/fd/{{n}}') for n in {closed}))\n",
        tmp_path / "report",
    )

    assert lines == ["/dev/null"] * len(closed)


def test_inherited_fds_are_not_inherited_further(tmp_path: Path) -> None:
    """What the daemon was started with is none of its children's business."""
    lines, _ = run(
        "from supervisor.host.process import mark_inherited_fds_cloexec\n"
        "fd = os.dup(0)\n"
        "os.set_inheritable(fd, True)\n"
        "mark_inherited_fds_cloexec()\n"
        "report(os.get_inheritable(fd), *(os.get_inheritable(n) for n in range(3)))\n",
        tmp_path / "report",
    )

    assert lines == ["False", "True", "True", "True"]


def test_inherited_fds_are_found_without_proc(tmp_path: Path) -> None:
    """In a bare chroot nobody lists the open fds."""
    lines, _ = run(
        "from supervisor.host.process import mark_inherited_fds_cloexec\n"
        "fd = os.dup(0)\n"
        "os.set_inheritable(fd, True)\n"
        "def missing(path): raise FileNotFoundError(path)\n"
        "os.listdir = missing\n"
        "mark_inherited_fds_cloexec()\n"
        "report(os.get_inheritable(fd))\n",
        tmp_path / "report",
    )

    assert lines == ["False"]
