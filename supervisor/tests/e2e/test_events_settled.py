"""`PROCESS_STATE_CHANGE`: a monitor without noise, through a real listener."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from supervisor.tests.support.daemon import LiveDaemon, wait_until
from supervisor.tests.support.scenario_live import live, script

LISTENER = """#!{python}
from supervisor import childutils
while True:
    headers, payload = childutils.listener.wait()
    with open("{dir}/heard", "a") as heard:
        heard.write(headers["eventname"] + " " + payload.replace("\\n", " | ") + "\\n")
    childutils.listener.ok()
"""

PREFIX = "PROCESS_STATE_CHANGE_"


def listener(events: str) -> str:
    """A pool that begins before the programs and hears nothing of itself that matters."""
    return (
        "[eventlistener:ear]\ncommand={dir}/listener\nstartsecs=0\nbuffer_size=1000\n"
        f"events={events}\n"
    )


@contextmanager
def monitored(config: str, events: str = "PROCESS_STATE_CHANGE") -> Iterator[LiveDaemon]:
    with live(config + listener(events), start=False) as daemon:
        script(daemon, "listener", LISTENER)
        yield daemon.start()


def heard(daemon: LiveDaemon, program: str) -> list[str]:
    """What was told of a program, without prefix, names, pid and time."""
    path = daemon.directory / "heard"
    lines = path.read_text().splitlines() if path.exists() else []
    mine = [line for line in lines if f" processname:{program} groupname:{program} " in line]
    return [
        re.sub(r"processname:\S+ groupname:\S+ | pid:\d+| uptime:\S+", "", line).removeprefix(
            PREFIX
        )
        for line in mine
    ]


def wait_heard(daemon: LiveDaemon, program: str, *expected: str) -> None:
    def all_heard() -> bool:
        return len(heard(daemon, program)) >= len(expected)

    wait_until(all_heard, f"{len(expected)} changes of {program} are heard")
    assert heard(daemon, program) == list(expected)


def test_each_settled_state_is_told_once() -> None:
    """RUNNING, EXITED expected or not, STOPPED; no STARTING, no STOPPING."""
    config = """
[program:cat]
command=cat
startsecs=0
autostart=false
autorestart=false
"""
    with monitored(config) as daemon:
        rpc = daemon.rpc.supervisor
        rpc.startProcess("cat")
        pid = daemon.info("cat")["pid"]
        os.kill(pid, signal.SIGKILL)
        daemon.wait_state("cat", "EXITED")
        rpc.startProcess("cat")
        rpc.stopProcess("cat")
        wait_heard(
            daemon,
            "cat",
            "RUNNING from_state:STOPPED expected:1 attempts:0 | ",
            "EXITED_UNEXPECTED from_state:RUNNING expected:0 attempts:0 | terminated by SIGKILL",
            "RUNNING from_state:EXITED expected:1 attempts:0 | ",
            "STOPPED from_state:RUNNING expected:1 attempts:0 | terminated by SIGTERM",
        )
        raw = (daemon.directory / "heard").read_text()
        (ended,) = re.findall(r"EXITED_UNEXPECTED .* pid:(\d+) .* uptime:(\d+\.\d{3}) ", raw)
        assert int(ended[0]) == pid


def test_series_of_failed_starts_is_told_twice() -> None:
    """BACKOFF when it begins, FATAL when it ends, with the number of tries."""
    config = """
[program:bad]
command=sh -c "exit 3"
startretries=1
"""
    with monitored(config) as daemon:
        daemon.wait_state("bad", "FATAL")
        why = "exited too quickly (exit status 3)"
        wait_heard(
            daemon,
            "bad",
            f"BACKOFF from_state:STOPPED expected:0 attempts:1 | {why}",
            f"FATAL from_state:BACKOFF expected:0 attempts:2 | {why}",
        )


def test_one_kind_of_settled_state_can_be_subscribed_to() -> None:
    """The state before is right, though nobody was told of it."""
    config = """
[program:brief]
command=sh -c "exit 0"
startsecs=0
autorestart=false
"""
    with monitored(config, "PROCESS_STATE_CHANGE_EXITED_EXPECTED") as daemon:
        daemon.wait_state("brief", "EXITED")
        wait_heard(
            daemon,
            "brief",
            "EXITED_EXPECTED from_state:RUNNING expected:1 attempts:0 | exit status 0",
        )


def test_settled_states_are_not_part_of_event() -> None:
    """A listener of `EVENT` gets what it always got."""
    config = "[program:cat]\ncommand=cat\nstartsecs=0\n"
    with monitored(config, "EVENT") as daemon:
        path = daemon.directory / "heard"
        wait_until(
            lambda: path.exists() and "PROCESS_STATE_RUNNING processname:cat" in path.read_text(),
            "the classic event is heard",
        )
        assert PREFIX not in path.read_text()
