"""Lines to syslog, seen at the other end of /dev/log."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.scenario_live import fill, live
from supervisor.tests.support.scenario_stage import StageDaemon
from supervisor.tests.support.scenario_syslog import SyslogSocket, private_dev, why_not

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


@contextmanager
def with_syslog(config: str) -> Iterator[tuple[StageDaemon, SyslogSocket]]:
    """A daemon with a /dev/log of its own, and that log."""
    with live(config, start=False) as daemon:
        daemon.executable = (*private_dev(daemon.directory), *daemon.executable)
        with closing(SyslogSocket(daemon.directory)) as syslog:
            daemon.write_config(fill(config, daemon.directory))
            yield daemon.start(), syslog


def test_output_of_a_child_goes_to_syslog_line_by_line() -> None:
    """Every line separately, as `<process name> <line>`; with a file too if one is configured."""
    config = """
[program:talker]
command=sh -c "echo one; echo two; exec cat"
startsecs=0
stdout_syslog=true
stdout_logfile={dir}/talker.log
"""
    with with_syslog(config) as (daemon, syslog):
        daemon.wait_state("talker", "RUNNING")
        wait_until(lambda: syslog.heard(b"talker two"), "the second line is heard")
        assert sum(b"talker one" in message for message in syslog.messages) == 1
        assert not any(b"one" in m and b"two" in m for m in syslog.messages)
        assert (daemon.directory / "talker.log").read_bytes() == b"one\ntwo\n"


def test_l32_undecodable_bytes_reach_syslog_replaced() -> None:
    """A line that is not UTF-8 is not lost and raises nothing."""
    config = """
[program:raw]
command=sh -c "printf 'before\\\\210after\\\\n'; exec cat"
startsecs=0
stdout_syslog=true
stdout_logfile=NONE
"""
    with with_syslog(config) as (daemon, syslog):
        daemon.wait_state("raw", "RUNNING")
        wait_until(lambda: syslog.heard(b"after"), "the line is heard")
        assert any(b"raw before" in message for message in syslog.messages)
        assert "Traceback" not in daemon.output()


def test_the_main_log_goes_to_syslog() -> None:
    """`logfile=syslog`: the formatted lines, with priority INFO of LOG_USER whatever the level."""
    config = "[supervisord]\nlogfile=syslog\n[program:cat]\ncommand=cat\nstartsecs=0\n"
    with with_syslog(config) as (daemon, syslog):
        daemon.wait_state("cat", "RUNNING")
        wait_until(lambda: syslog.heard(b"INFO success: cat entered RUNNING"), "success is heard")
        assert syslog.heard(b"supervisord started with pid")
        assert all(message.startswith(b"<14>") for message in syslog.messages)
        assert not daemon.log.exists()
