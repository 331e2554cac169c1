"""Listeners that flood, stall and lie harm nobody but themselves.

While they do, the daemon stays small, answers, and goes on supervising: a program that is killed is
started again.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.scenario_live import live, script, wait_text
from supervisor.tests.support.scenario_stage import StageDaemon

pytestmark = pytest.mark.timeout(180)
"""A gigabyte takes a while on a busy machine."""

MIB = 1024 * 1024

RSS_QUIET_BYTES_MAX = 64 * MIB
"""A daemon with fifty pools and nothing unusual; it is about half of it."""

EVENTS = 40
EVENT_BYTES = MIB // 2

VICTIM = """
[program:victim]
command=sleep 1000
startsecs=0
"""

ATTACKER = """#!/usr/bin/env python3
import os
import sys
import time

manner = sys.argv[1]
RESULT_BYTES_MAX = 16 * 1024 * 1024


def say(data):
    while data:
        data = data[os.write(1, data):]


def hear():
    while b"\\n" not in os.read(0, 65536):
        pass


def read_event():
    header = sys.stdin.buffer.readline().decode()
    sys.stdin.buffer.read(int(header.rpartition("len:")[2]))


def log():
    with open("{dir}/supervisord.log", "rb") as file:
        return file.read()


def flood(data, count):
    for _ in range(count):
        say(data)


zeros = bytes(1024 * 1024)
if manner == "line":
    say(b"READY\\n")
    hear()
    flood(zeros, 300)
elif manner == "lies":
    say(b"READY\\n")
    hear()
    say(b"RESULT 99999999999999999999\\n")
    flood(zeros, 100)
elif manner == "stalls":
    say(b"READY\\n")
    hear()
    say(b"RESULT %d\\n" % RESULT_BYTES_MAX)
    say(bytes(RESULT_BYTES_MAX - 1))
elif manner == "large":
    while True:
        say(b"READY\\n")
        hear()
        say(b"RESULT %d\\n" % RESULT_BYTES_MAX)
        say(bytes(RESULT_BYTES_MAX))
elif manner == "chatters":
    while True:
        say(b"READY\\nRESULT 2\\nOK\\nno result\\nRESULT -1\\n" * 3000)
elif manner == "answers":
    # Without reading a byte; but not before it was sent something, or it would be lost.
    say(b"READY\\n")
    while b"sent to listener answers" not in log():
        time.sleep(0.02)
    say(b"RESULT 2\\nOKREADY\\n")
    while not os.path.exists("{dir}/go"):
        time.sleep(0.02)
    read_event()
    for _ in range({events} - 1):
        read_event()
        say(b"RESULT 2\\nOKREADY\\n")
elif manner == "empty":
    while True:
        say(b"READY\\n")
        hear()
        say(b"RESULT 0\\n")
open(os.path.join("{dir}", manner + ".done"), "w").close()
time.sleep(1000)
"""


def attacker(name: str, manner: str, more: str = "") -> str:
    return f"""
[eventlistener:{name}]
command={{dir}}/attack.py {manner}
events=REMOTE_COMMUNICATION
autorestart=false
startsecs=0
stdout_logfile=NONE
stderr_logfile=NONE
{more}
"""


def rss_bytes(daemon: StageDaemon) -> int:
    assert daemon.process is not None
    return int(psutil.Process(daemon.process.pid).memory_info().rss)


class Watch:
    """Looks at the daemon again and again while an attack goes on."""

    def __init__(self, daemon: StageDaemon) -> None:
        self._daemon = daemon
        self.rss_bytes_max = 0
        self.restarts = 0

    def until(self, condition: Callable[[], Any], what: str) -> None:
        """Kill the program, see it restarted and announce something, until a condition holds."""

        def look() -> bool:
            self._kill_the_victim()
            for _ in range(5):
                self._daemon.rpc.supervisor.sendRemoteCommEvent("attack", "x" * 1000)
            self.rss_bytes_max = max(self.rss_bytes_max, rss_bytes(self._daemon))
            return bool(condition())

        wait_until(look, what, within_s=45)

    def _kill_the_victim(self) -> None:
        pid = self._daemon.info("victim")["pid"]
        if pid:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: self._daemon.info("victim")["pid"] not in (0, pid), "the victim is back")
        self.restarts += 1


def exists(daemon: StageDaemon, *names: str) -> Callable[[], bool]:
    return lambda: all((daemon.directory / name).exists() for name in names)


def is_in(daemon: StageDaemon, name: str, *states: str) -> Callable[[], bool]:
    return lambda: daemon.info(name)["statename"] in states


@pytest.mark.parametrize("resync", ["false", "true"])
def test_a_gigabyte_without_a_line_feed_leaves_the_daemon_small(resync: str) -> None:
    """A listener that sends 1 GB without a newline: memory stays bounded."""
    config = f"""
[eventlistener:flood]
command=head -c 1G /dev/zero
events=EVENT
autorestart=false
startsecs=0
stdout_logfile=NONE
event_resync={resync}
"""
    with live(config + VICTIM) as daemon:
        watch = Watch(daemon)
        watch.until(is_in(daemon, "flood:flood", "EXITED"), "a gigabyte has been read")
        assert watch.rss_bytes_max < RSS_QUIET_BYTES_MAX
        assert watch.restarts >= 1


def test_floods_of_lines_leave_the_daemon_responsive() -> None:
    """Listeners that flood: only their pools suffer."""
    config = "".join(
        f"""
[eventlistener:{name}]
command=yes {words}
events=REMOTE_COMMUNICATION
startsecs=0
stdout_logfile=NONE
event_resync={resync}
"""
        for name, words, resync in (
            ("ready", "READY", "false"),
            ("readiest", "READY", "true"),
            ("noise", "noise", "true"),
            ("results", "RESULT 2", "true"),
        )
    )
    with live(config + VICTIM) as daemon:
        watch = Watch(daemon)
        watch.until(lambda: watch.restarts >= 10, "ten restarts under fire")
        assert watch.rss_bytes_max < RSS_QUIET_BYTES_MAX
        assert len(daemon.log_text()) < MIB


def test_fifty_pools_of_liars_leave_the_daemon_small() -> None:
    """Listeners that lie about lengths, stall and answer unasked; 50 pools."""
    quiet = "".join(
        f"""
[eventlistener:quiet{number}]
command=sh -c "echo READY; exec sleep 1000"
events=REMOTE_COMMUNICATION,PROCESS_STATE
startsecs=0
"""
        for number in range(40)
    )
    stalling = "".join(attacker(f"stalls{number}", "stalls") for number in range(3))
    config = (
        quiet
        + stalling
        + attacker("line", "line")
        + attacker("lineresync", "line", "event_resync=true")
        + attacker("lies", "lies", "event_resync=true")
        + attacker("large", "large", "event_max_retries=3")
        + attacker("chatters", "chatters", "event_resync=true")
        + attacker("silent", "nothing")
        + attacker("empty", "empty", "event_max_retries=2")
    )
    with live(config + VICTIM, start=False) as daemon:
        script(daemon, "attack.py", ATTACKER)
        daemon.start()
        watch = Watch(daemon)
        watch.until(exists(daemon, "line.done", "lies.done"), "the floods have been read")
        watch.until(lambda: watch.restarts >= 10, "ten restarts under fire")
        # Four results of the largest size are kept, one of them twice while it is handed over.
        assert watch.rss_bytes_max < RSS_QUIET_BYTES_MAX + 8 * 16 * MIB
        log = daemon.log_text()
        assert "internal error" not in log
        assert "failed" not in log
        daemon.rpc.supervisor.shutdown()
        assert daemon.wait() == 0


def test_e3_listener_that_does_not_read_fills_little_memory_and_stops_nobody() -> None:
    """E3: one that answers without reading its stdin is sent one event, and the rest later."""
    config = attacker("answers", "answers", "buffer_size=60") + VICTIM
    with live(config, arguments=("-n", "-e", "debug"), start=False) as daemon:
        script(daemon, "attack.py", ATTACKER.replace("{events}", str(EVENTS)))
        daemon.start()
        wait_text(daemon.log, "ACKNOWLEDGED -> READY")
        for _ in range(EVENTS):
            daemon.rpc.supervisor.sendRemoteCommEvent("attack", "x" * EVENT_BYTES)
        watch = Watch(daemon)
        wait_text(daemon.log, "answers: event was processed")
        (pool,) = daemon.rpc.supervisor.getEventPools()
        assert (pool["delivered"], pool["waiting"]) == (1, EVENTS - 1)
        assert daemon.log_text().count("sent to listener answers") == 1
        (daemon.directory / "go").touch()
        watch.until(exists(daemon, "answers.done"), "the rest has been read")
        # The events that wait, and the one that could not be written.
        assert watch.rss_bytes_max < RSS_QUIET_BYTES_MAX + 2 * EVENTS * EVENT_BYTES
