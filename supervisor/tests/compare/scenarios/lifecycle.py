"""Starting, staying up, ending and being stopped: states, texts, log lines (lifecycle.md 1-5)."""

import shutil
import signal

from supervisor.tests.support.scenario import Scenario
from supervisor.tests.support.scenario_steps import (
    alive,
    ctl,
    ctl_sorted,
    daemon_ends,
    doing,
    info,
    main_log,
    names_sorted,
    note_pid,
    rpc,
    signal_child,
    signal_daemon,
    until,
    until_dead,
    until_file,
    until_log,
    until_new_pid,
)

TRAPPER = """#!/bin/sh
trap '{action}' {signal}
echo ready > {dir}/ready
while :; do sleep 0.05; done
"""


def trapper(name: str, action: str) -> str:
    """A script that does something on a signal and says when it is ready for it."""
    return TRAPPER.replace("{action}", action).replace("{signal}", name)


PARENT_AND_CHILD = """#!/bin/sh
sleep 1000 &
echo $! > {dir}/$1.child
wait
"""

FAMILIES = """
[program:alone]
command=sh {dir}/family.sh alone
startsecs=0
[program:stopgroup]
command=sh {dir}/family.sh stopgroup
startsecs=0
stopasgroup=true
[program:killgroup]
command=sh {dir}/family.sh killgroup
startsecs=0
killasgroup=true
"""

SCENARIOS = (
    Scenario(
        "autostart_reaches_running",
        """
[program:cat]
command=cat
[program:lazy]
command=cat
autostart=false
""",
        (
            until("cat", "RUNNING"),
            ctl("status"),
            ctl("pid", "cat"),
            ctl("pid", "lazy"),
            info("cat"),
            info("lazy"),
            rpc("getAllProcessInfo"),
            main_log(),
        ),
    ),
    Scenario(
        "start_stop_restart_by_name",
        """
[program:cat]
command=cat
startsecs=0
autostart=false
""",
        (
            ctl("start", "cat"),
            ctl("start", "cat"),
            ctl("status", "cat"),
            ctl("restart", "cat"),
            ctl("stop", "cat"),
            ctl("stop", "cat"),
            ctl("restart", "cat"),
            ctl("stop", "cat"),
            ctl("status"),
            info("cat"),
            main_log(),
        ),
        crossed=True,
    ),
    Scenario(
        "start_waits_for_startsecs",
        """
[program:cat]
command=cat
autostart=false
""",
        (
            rpc("startProcess", "cat"),
            rpc("getProcessInfo", "cat"),
            rpc("stopProcess", "cat"),
            rpc("startProcess", "cat", False),
            rpc("startProcess", "cat"),
            until("cat", "STARTING"),
            rpc("stopProcess", "cat", False),
            until("cat", "STOPPED"),
            main_log(),
        ),
    ),
    Scenario(
        "quick_exit_backs_off_and_gives_up",
        """
[program:bad]
command=sh -c "exit 1"
startsecs=4
startretries=3
""",
        (
            # The third time it stays there for three seconds, time enough to be asked about.
            until_log("exited: bad", 3),
            until("bad", "BACKOFF"),
            ctl("status", "bad"),
            rpc("startProcess", "bad"),
            until("bad", "FATAL"),
            ctl("status", "bad"),
            info("bad"),
            main_log(),
        ),
    ),
    Scenario(
        "start_of_a_program_that_dies_at_once",
        """
[program:bad]
command=sh -c "exit 1"
startsecs=4
startretries=0
autostart=false
[program:good]
command=sh -c "exit 0"
startsecs=4
startretries=0
autostart=false
""",
        (
            rpc("startProcess", "bad"),
            until("bad", "FATAL"),
            ctl("start", "good"),
            until("good", "FATAL"),
            ctl("start", "bad", "good"),
            ctl("status"),
            main_log(),
        ),
    ),
    Scenario(
        "exits_expected_and_not",
        """
[program:zero]
command=sh -c "sleep 0.5; exit 0"
startsecs=0
priority=1
[program:three]
command=sh -c "sleep 0.5; exit 3"
startsecs=0
autorestart=false
priority=2
[program:listed]
command=sh -c "sleep 0.5; exit 7"
startsecs=0
exitcodes=7,8
priority=3
[program:killed]
command=sh -c "sleep 0.5; kill -9 $$"
startsecs=0
autorestart=false
priority=4
""",
        (
            until("zero", "EXITED"),
            until("three", "EXITED"),
            until("listed", "EXITED"),
            until("killed", "EXITED"),
            ctl("status"),
            info("zero"),
            info("three"),
            info("listed"),
            info("killed"),
            main_log("spawned"),
            main_log("entered RUNNING|exited", ordered=False),
        ),
    ),
    Scenario(
        "killed_child_is_restarted",
        """
[program:cat]
command=cat
startsecs=0
[program:always]
command=sh -c "read x"
startsecs=0
autorestart=true
""",
        (
            until("cat", "RUNNING"),
            note_pid("cat"),
            signal_child("cat", signal.SIGKILL),
            until_new_pid("cat"),
            until("cat", "RUNNING"),
            until("always", "RUNNING"),
            note_pid("always"),
            rpc("sendProcessStdin", "always", "go\n"),
            until_new_pid("always"),
            until("always", "RUNNING"),
            info("cat"),
            info("always"),
            main_log("cat"),
            main_log("always"),
        ),
    ),
    Scenario(
        "stop_escalates_to_sigkill",
        """
[program:deaf]
command={dir}/deaf.sh
startsecs=0
stopwaitsecs=1
""",
        (
            until_file("ready"),
            until("deaf", "RUNNING"),
            ctl("stop", "deaf"),
            info("deaf"),
            main_log("killing|stopped|waiting"),
        ),
        files={"deaf.sh": trapper("TERM", "")},
    ),
    Scenario(
        "stop_uses_stopsignal_and_judges_the_exit_code",
        """
[program:polite]
command={dir}/polite.sh
startsecs=0
stopsignal=USR1
""",
        (
            until_file("ready"),
            until("polite", "RUNNING"),
            rpc("stopProcess", "polite"),
            info("polite"),
            main_log("stopped"),
        ),
        files={"polite.sh": trapper("USR1", "exit 0")},
    ),
    Scenario(
        "stop_of_families",
        FAMILIES,
        (
            *(until_file(f"{name}.child", "\n") for name in ("alone", "stopgroup", "killgroup")),
            *(until(name, "RUNNING") for name in ("alone", "stopgroup", "killgroup")),
            *(rpc("stopProcess", name) for name in ("alone", "stopgroup", "killgroup")),
            until_dead("stopgroup.child"),
            alive("alone.child"),
            alive("killgroup.child"),
            main_log("killing|stopped"),
        ),
        files={"family.sh": PARENT_AND_CHILD},
    ),
    Scenario(
        "stop_in_backoff",
        """
[program:bad]
command=sh -c "exit 1"
startsecs=4
startretries=5
autostart=false
""",
        (
            rpc("startProcess", "bad"),
            until("bad", "BACKOFF"),
            # At once: the next try begins after a second.
            rpc("stopProcess", "bad"),
            info("bad"),
            ctl("status"),
        ),
    ),
    Scenario(
        "groups_start_and_stop_together",
        """
[program:one]
command=cat
startsecs=0
priority=20
[program:two]
command=cat
startsecs=0
priority=10
numprocs=2
process_name=%(program_name)s_%(process_num)02d
[group:pair]
programs=one,two
""",
        (
            until("pair:one", "RUNNING"),
            until("pair:two_01", "RUNNING"),
            ctl("status"),
            ctl("status", "pair:*"),
            ctl_sorted("stop", "pair:*"),
            ctl("status", "pair:one", "pair:two_00"),
            ctl_sorted("start", "pair:*"),
            ctl("start", "pair:*"),
            ctl("restart", "pair:two_01"),
            names_sorted("stopProcessGroup", "pair"),
            names_sorted("startProcessGroup", "pair"),
            rpc("startProcess", "pair:*"),
            names_sorted("stopAllProcesses"),
            names_sorted("startAllProcesses"),
            rpc("startProcessGroup", "pair"),
            rpc("stopProcessGroup", "nosuch"),
            main_log("spawned"),
        ),
        crossed=True,
    ),
    Scenario(
        "order_of_start_and_shutdown",
        """
[program:late]
command=cat
startsecs=0
priority=30
[program:early]
command=cat
startsecs=0
priority=10
[program:b_middle]
command=cat
startsecs=0
priority=20
[program:a_middle]
command=cat
startsecs=0
priority=20
""",
        (
            until("late", "RUNNING"),
            until("early", "RUNNING"),
            main_log("spawned"),
            signal_daemon(signal.SIGTERM),
            daemon_ends(),
            main_log("received|waiting|stopped"),
        ),
    ),
    Scenario(
        "spawn_errors",
        """
[program:nofile]
command=/no/such/file
startretries=0
priority=1
[program:nopath]
command=no-such-program-anywhere
startretries=0
priority=2
[program:folder]
command={dir}
startretries=0
priority=3
[program:plain]
command={dir}/plain
startretries=0
priority=4
[program:quotes]
command=sh -c 'x
startretries=0
priority=5
""",
        (
            *(until(n, "FATAL") for n in ("nofile", "nopath", "folder", "plain", "quotes")),
            ctl("status"),
            *(rpc("startProcess", n) for n in ("nofile", "nopath", "folder", "plain", "quotes")),
            ctl("start", "nofile", "folder", "plain", "quotes"),
            rpc("getAllProcessInfo"),
            main_log(ordered=False),
        ),
        files={"plain": "not a program\n"},
        crossed=True,
    ),
    Scenario(
        "log_folder_vanishes_before_the_spawn",
        """
[program:cat]
command=cat
stdout_logfile={dir}/gone/x.log
startretries=0
autostart=false
""",
        (
            doing("remove the folder", lambda stage: shutil.rmtree(stage.path("gone"))),
            rpc("startProcess", "cat"),
            until("cat", "FATAL"),
            info("cat"),
            until_log("gave up"),
            main_log("cat"),
        ),
        files={"gone/keep": ""},
    ),
)
