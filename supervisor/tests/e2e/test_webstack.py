"""Real programs under the daemon: the example of the manual with nginx, redis and a Python app.

One story, told in order in one test: it starts, is killed piece by piece and returns, rotates its
logs, takes a changed configuration, and stops.
"""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.example import ExampleDaemon, require_programs

PROGRAMS = ("redis", "app", "nginx")
NEEDED = ("nginx", "redis-server")


class WebStack(ExampleDaemon):
    """The example of a web stack."""

    def __init__(self, directory: Path) -> None:
        super().__init__("webstack", directory)

    def wait_page(self, pattern: str) -> re.Match[str]:
        """The front page, as soon as it matches."""
        return wait_until(lambda: re.fullmatch(pattern, self.page()), f"the page is {pattern!r}")

    def pids(self) -> dict[str, int]:
        """Pid of each program, 0 without a child."""
        return {name: self.info(f"stack:{name}")["pid"] for name in PROGRAMS}

    def wait_running(self) -> dict[str, int]:
        """Pids, as soon as everything is RUNNING."""
        for name in PROGRAMS:
            self.wait_state(f"stack:{name}", "RUNNING")
        return self.pids()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[WebStack]:
    require_programs(NEEDED)
    with WebStack(tmp_path / "w") as running:
        yield running


@pytest.mark.timeout(120)
def test_web_stack_lives_through_a_day_of_operation(stack: WebStack) -> None:
    """nginx, redis and an application run, are killed and return, rotate, change, and stop."""
    pids = stack.wait_running()
    stack.wait_page(r"Hello, visitor number \d+\n")

    killed_programs_return(stack, pids)
    logs_are_opened_anew_after_usr2(stack)
    logs_rotate_by_size(stack)
    a_changed_program_is_restarted_alone(stack)
    everything_stops(stack)


def killed_programs_return(stack: WebStack, pids: dict[str, int]) -> None:
    for name in PROGRAMS:
        before = psutil.Process(pids[name])
        before.send_signal(signal.SIGKILL)
        now = wait_until(
            lambda name=name, old=pids[name]: (
                (info := stack.info(f"stack:{name}"))["statename"] == "RUNNING"
                and info["pid"] != old
                and info["pid"]
            ),
            f"{name} is back with another pid",
        )
        stack.wait_page(r"Hello, visitor number \d+\n")
        assert {**pids, name: now} == stack.pids(), f"killing {name} touched another program"
        assert f"exited: {name} (terminated by SIGKILL; not expected)" in stack.log_text()
        pids = {**pids, name: now}


def logs_are_opened_anew_after_usr2(stack: WebStack) -> None:
    access = stack.run / "access.log"
    moved = access.rename(access.with_name("access.old"))
    stack.signal(signal.SIGUSR2)
    wait_until(access.exists, "the access log is opened anew")
    size_bytes = moved.stat().st_size
    stack.wait_page(r"Hello, visitor number \d+\n")
    wait_until(lambda: access.stat().st_size > 0, "a request is logged in the new file")
    assert moved.stat().st_size == size_bytes


def logs_rotate_by_size(stack: WebStack) -> None:
    before = stack.pids()
    stack.edit(
        "supervisord.conf",
        "access.log\nstdout_logfile_maxbytes = 1MB",
        "access.log\nstdout_logfile_maxbytes = 500",
    )
    changed = stack.ctl("update")
    assert (changed.returncode, "stack: updated process group" in changed.stdout) == (0, True)
    wait_until(lambda: stack.pids()["nginx"] not in (0, before["nginx"]), "nginx is new")
    rotated = stack.run / "access.log.1"
    wait_until(lambda: bool(stack.page()) and rotated.exists(), "the access log is rotated")
    assert b"GET / HTTP/1.1" in rotated.read_bytes()


def a_changed_program_is_restarted_alone(stack: WebStack) -> None:
    stack.edit("supervisord.conf", "programs = redis, app, nginx", "programs = redis, nginx")
    stack.edit("supervisord.conf", "Hello, visitor", "Welcome back, visitor")
    changed = stack.ctl("update")
    assert changed.returncode == 0, changed.stdout
    assert "app: added process group" in changed.stdout.splitlines()
    stack.wait_page(r"Welcome back, visitor number \d+\n")

    redis_pid = stack.info("stack:redis")["pid"]
    stack.edit("supervisord.conf", "Welcome back, visitor", "Good evening, visitor")
    assert stack.ctl("reread").stdout == "app: changed\n"
    assert stack.ctl("update").stdout.splitlines() == ["app: stopped", "app: updated process group"]
    stack.wait_page(r"Good evening, visitor number \d+\n")
    assert stack.info("stack:redis")["pid"] == redis_pid


def everything_stops(stack: WebStack) -> None:
    names = ("stack:redis", "app", "stack:nginx")
    children = [psutil.Process(stack.info(name)["pid"]) for name in names]
    assert stack.ctl("shutdown").stdout == "Shut down\n"
    assert stack.wait() == 0
    assert not [child for child in children if child.is_running()]
    assert stack.page() == ""
    assert not stack.socket.exists()
    assert "stopped: redis (exit status 0)" in stack.log_text()
