"""Output that becomes events: capture mode and PROCESS_LOG, from a child's pipe to a listener."""

from collections.abc import Iterator
from contextlib import contextmanager

from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.ear import SCRIPT, Heard, heard
from supervisor.tests.support.scenario_live import live, script, wait_text
from supervisor.tests.support.scenario_stage import StageDaemon

BEGIN = "<!--XSUPERVISOR:BEGIN-->"
END = "<!--XSUPERVISOR:END-->"

EAR = """
[eventlistener:ear]
command={dir}/listener ear
events=PROCESS_COMMUNICATION,PROCESS_LOG
buffer_size=1000
startsecs=0
"""
TALKER = """
[program:talker]
command={python} -u {dir}/talker
startsecs=0
autorestart=false
stdout_logfile={dir}/out.log
stderr_logfile={dir}/err.log
"""


@contextmanager
def talking(code: str, options: str, daemon_options: str = "") -> Iterator[StageDaemon]:
    """A daemon with a listener and a program that runs `code`; both have been started."""
    config = f"\n[supervisord]\nloglevel=debug\n{daemon_options}" + EAR + TALKER + options
    with live(config, start=False) as daemon:
        script(daemon, "listener", SCRIPT)
        script(daemon, "talker", f"import os, sys, time\n{code}\n")
        daemon.start()
        yield daemon


def wait_heard(daemon: StageDaemon, count: int) -> list[Heard]:
    wait_until(lambda: len(heard(daemon.directory)) >= count, f"{count} events are heard")
    return heard(daemon.directory)


def texts(events: list[Heard], name: str) -> list[str]:
    """What the events of one type say, without their heads."""
    return [each.payload.partition("\n")[2] for each in events if each.name == name]


def test_captured_text_reaches_listeners_and_not_the_log() -> None:
    code = f"print('before'); print('{BEGIN}for you{END}after')"
    with talking(code, "stdout_capture_maxbytes=1MB\n") as daemon:
        (event,) = wait_heard(daemon, 1)
        assert event.name == "PROCESS_COMMUNICATION_STDOUT"
        head, _, text = event.payload.partition("\n")
        pid = daemon.info("talker")["pid"] or head.rpartition(":")[2]
        assert head == f"processname:talker groupname:talker pid:{pid}"
        assert text == "for you"
        assert wait_text(daemon.directory / "out.log", "after") == "before\nafter\n"
        daemon.wait_log("DEBG 'talker' stdout emitted a comm event")


def test_l7_end_tag_that_comes_alone_fires_at_once() -> None:
    """The child prints nothing more and goes on living."""
    code = (
        f"os.write(1, b'{BEGIN}')\ntime.sleep(0.1)\nos.write(1, b'x')\ntime.sleep(0.1)\n"
        f"os.write(1, b'{END}')\ntime.sleep(3600)"
    )
    with talking(code, "stdout_capture_maxbytes=1MB\n") as daemon:
        assert texts(wait_heard(daemon, 1), "PROCESS_COMMUNICATION_STDOUT") == ["x"]


def test_l7_short_output_is_logged_at_once_and_the_last_words_too() -> None:
    """Output of 24 bytes or less was withheld, and lost at the exit."""
    code = "os.write(1, b'hi\\n')\nsys.stdin.readline()\nos.write(1, b'<!--bye')"
    with talking(code, "stdout_capture_maxbytes=1MB\n") as daemon:
        wait_text(daemon.directory / "out.log", "hi\n")
        daemon.rpc.supervisor.sendProcessStdin("talker", "\n")
        daemon.wait_state("talker", "EXITED")
        assert (daemon.directory / "out.log").read_text() == "hi\n<!--bye"


def test_l9_capture_never_exceeds_its_cap() -> None:
    """The last bytes are kept; what was cut is told."""
    code = f"os.write(1, b'{BEGIN}' + b'x' * 50000 + b'the end' + b'{END}')"
    with talking(code, "stdout_capture_maxbytes=10\n") as daemon:
        assert texts(wait_heard(daemon, 1), "PROCESS_COMMUNICATION_STDOUT") == ["xxxthe end"]
        daemon.wait_log("printed 50007 bytes between the tags, only the last 10 are kept")


def test_l8_e11_captured_text_yields_no_log_events() -> None:
    """E11: the documentation always said so."""
    code = f"os.write(1, b'one{BEGIN}two{END}three')"
    options = "stdout_capture_maxbytes=1MB\nstdout_events_enabled=true\n"
    with talking(code, options) as daemon:
        events = wait_heard(daemon, 3)
        assert texts(events, "PROCESS_LOG_STDOUT") == ["one", "three"]
        assert texts(events, "PROCESS_COMMUNICATION_STDOUT") == ["two"]


def test_output_of_both_channels_is_announced_when_that_is_enabled() -> None:
    code = "os.write(2, b'\\x1b[31mred\\x1b[0m \\xff')\nos.write(1, b'out')"
    options = "stdout_events_enabled=true\nstderr_events_enabled=true\n"
    with talking(code, options, "strip_ansi=true\n") as daemon:
        events = wait_heard(daemon, 2)
        assert texts(events, "PROCESS_LOG_STDERR") == ["Undecodable: b'red \\xff'"]
        assert texts(events, "PROCESS_LOG_STDOUT") == ["out"]
        assert {each.payload.split("channel:")[1].split("\n")[0] for each in events} == {
            "stdout",
            "stderr",
        }


def test_redirected_stderr_is_captured_from_stdout() -> None:
    code = f"os.write(2, b'{BEGIN}err{END}')"
    options = "redirect_stderr=true\nstdout_capture_maxbytes=1MB\nstderr_capture_maxbytes=1MB\n"
    with talking(code, options) as daemon:
        assert texts(wait_heard(daemon, 1), "PROCESS_COMMUNICATION_STDOUT") == ["err"]


def test_child_that_dies_inside_loses_its_capture_and_that_is_told() -> None:
    """Process dies inside: data lost, no event."""
    code = f"print('first'); os.write(1, b'{BEGIN}half a mess'); os.kill(os.getpid(), 9)"
    with talking(code, "stdout_capture_maxbytes=1MB\n") as daemon:
        daemon.wait_state("talker", "EXITED")
        daemon.wait_log(
            "WARN 'talker' stdout ended inside a capture: there was no END tag, 11 byte"
        )
        assert (daemon.directory / "out.log").read_text() == "first\n"
        assert heard(daemon.directory) == []


def test_childutils_of_the_child_speaks_in_tags() -> None:
    """`pcomm` is what programs use."""
    code = "from supervisor import childutils\nchildutils.pcomm.stderr('from pcomm')"
    with talking(code, "stderr_capture_maxbytes=1MB\n") as daemon:
        assert texts(wait_heard(daemon, 1), "PROCESS_COMMUNICATION_STDERR") == ["from pcomm"]


def test_flood_of_captures_and_text_is_sorted_exactly() -> None:
    """Tags are split anywhere by the pipe; no byte is lost or in the wrong place."""
    code = (
        "for number in range(500):\n"
        f"    sys.stdout.write('text %d\\n' % number + '{BEGIN}' + 'c%d' % number + '{END}')\n"
        "sys.stdout.flush()"
    )
    with talking(code, "stdout_capture_maxbytes=1MB\n") as daemon:
        events = wait_heard(daemon, 500)
        assert texts(events, "PROCESS_COMMUNICATION_STDOUT") == [f"c{n}" for n in range(500)]
        daemon.wait_state("talker", "EXITED")
        expected = "".join(f"text {number}\n" for number in range(500))
        assert (daemon.directory / "out.log").read_text() == expected
