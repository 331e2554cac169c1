"""Many programs that print many lines: they are taken together, and nobody can tell."""

from functools import partial

from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.scenario_live import live, script
from supervisor.tests.support.scenario_stage import StageDaemon

PROGRAMS_COUNT = 6
LINES_COUNT = 1500

TALKER = """#!/bin/sh
# NAME: prints its lines one by one, and notes now and then how far it has come.
n=0
while [ $n -lt {lines} ]; do
  n=$((n+1))
  echo "$1 $n"
  case $n in *00) echo $n > {dir}/$1.printed ;; esac
done
"""

CONFIG = """
[program:talker]
command = {dir}/talker.sh talker%(process_num)d
process_name = talker%(process_num)d
numprocs = PROGRAMS
startsecs = 0
autostart = false
autorestart = false
redirect_stderr = true
stdout_logfile = {dir}/talker%(process_num)d.log
stdout_logfile_maxbytes = 10KB
stdout_logfile_backups = 20
""".replace("PROGRAMS", str(PROGRAMS_COUNT))

NAMES = [f"talker{number}" for number in range(PROGRAMS_COUNT)]


def lines(name: str, count: int = LINES_COUNT) -> str:
    return "".join(f"{name} {number}\n" for number in range(1, count + 1))


def logged(daemon: StageDaemon, name: str) -> str:
    """What is in the log and its backups, oldest first."""
    backups = [daemon.directory / f"{name}.log.{number}" for number in range(20, 0, -1)]
    paths = [*backups, daemon.directory / f"{name}.log"]
    return "".join(path.read_text() for path in paths if path.exists())


def printed_count(daemon: StageDaemon, name: str) -> int:
    """How many lines the program has printed, as it has said itself."""
    path = daemon.directory / f"{name}.printed"
    text = path.read_text() if path.exists() else ""
    return int(text) if text.endswith("\n") else 0


def test_crowd_of_programs_loses_nothing() -> None:
    """Every line once and in order, across rotations and up to the end of the program."""
    with live(CONFIG, start=False) as daemon:
        script(daemon, "talker.sh", TALKER.replace("{lines}", str(LINES_COUNT)))
        daemon.start()
        daemon.rpc.supervisor.startAllProcesses(False)
        for name in NAMES:
            daemon.wait_state(f"talker:{name}", "EXITED")
        assert {name: logged(daemon, name) == lines(name) for name in NAMES} == dict.fromkeys(
            NAMES, True
        )


def test_client_gets_what_a_crowd_has_printed_before_it_asked() -> None:
    """Children first, then clients: also while their output is only looked at now and then."""
    with live(CONFIG.replace("10KB", "0"), start=False) as daemon:
        script(daemon, "talker.sh", TALKER.replace("{lines}", "1000000"))
        daemon.start()
        daemon.rpc.supervisor.startAllProcesses(False)
        for name in NAMES:
            wait_until(partial(printed_count, daemon, name), f"{name} has printed some lines")
        for name in 3 * NAMES:
            count = printed_count(daemon, name)
            text = str(daemon.rpc.supervisor.readProcessStdoutLog(f"talker:{name}", 0, 0))
            assert text.startswith(lines(name, count)), f"{name} had printed {count} lines"
        daemon.rpc.supervisor.stopAllProcesses()
