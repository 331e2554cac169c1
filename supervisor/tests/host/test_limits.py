"""Limits on fds and processes, each in an interpreter of its own."""

import os
import subprocess
import sys

import pytest

from supervisor.host.limits import raise_limits

NOBODY_UID = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can raise hard limits")


def in_new_process(soft: int, hard: int, script: str) -> list[str]:
    """Lines printed by a script that starts with those limits on fds."""
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os\nfrom resource import *\nfrom supervisor.host.limits import raise_limits\n"
            f"setrlimit(RLIMIT_NOFILE, ({soft}, {hard}))\n{script}",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    return result.stdout.splitlines()


def test_enough_is_left_alone() -> None:
    """Limits are never lowered, and nothing is told if nothing is done."""
    assert raise_limits(1, 1) == []


def test_soft_limit_is_raised() -> None:
    """Within the hard limit everybody may; the main log tells."""
    lines = in_new_process(100, 200, "print(raise_limits(150, 1))\nprint(getrlimit(RLIMIT_NOFILE))")

    assert lines == ["['Increased RLIMIT_NOFILE limit to 150']", "(150, 200)"]


@needs_root
def test_hard_limit_is_raised_by_root() -> None:
    """Root may go beyond the hard limit."""
    lines = in_new_process(
        100,
        200,
        "try:\n"
        "    setrlimit(RLIMIT_NOFILE, (100, 201))\n"
        "except ValueError:\n"
        "    print('not allowed')\n"
        "else:\n"
        "    print(raise_limits(300, 1))\n"
        "    print(getrlimit(RLIMIT_NOFILE))\n",
    )

    if lines == ["not allowed"]:
        pytest.skip("root is not allowed to raise hard limits here (a container, perhaps)")
    assert lines == ["['Increased RLIMIT_NOFILE limit to 300']", "(300, 300)"]


@needs_root
def test_limit_that_cannot_be_raised_is_told() -> None:
    """The text that tools compare, with what was wanted and what is possible."""
    become_nobody = f"os.setresuid({NOBODY_UID}, {NOBODY_UID}, {NOBODY_UID})\n"
    attempt = "try:\n    raise_limits({}, {})\nexcept Exception as error:\n    print(error)\n"
    lines = in_new_process(
        100,
        200,
        "setrlimit(RLIMIT_NPROC, (50, 60))\n"
        + become_nobody
        + attempt.format(300, 1)
        + attempt.format(1, 70),
    )

    assert lines == [
        "The minimum number of file descriptors required to run this process is 300 as per the"
        ' "minfds" command-line argument or config file setting. The current environment will'
        " only allow you to open 200 file descriptors.  Either raise the number of usable file"
        " descriptors in your environment (see README.rst) or lower the minfds setting in the"
        " config file to allow the process to start.",
        "The minimum number of available processes required to run this program is 70 as per the"
        ' "minprocs" command-line argument or config file setting. The current environment will'
        " only allow you to open 60 processes.  Either raise the number of usable processes in"
        " your environment (see README.rst) or lower the minprocs setting in the config file to"
        " allow the program to start.",
    ]
