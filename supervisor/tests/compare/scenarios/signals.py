"""Signals to the daemon, shutdown and reload (lifecycle.md 9 and 10)."""

import signal

from supervisor.tests.compare.scenarios.lifecycle import trapper
from supervisor.tests.support.scenario import Scenario, Step
from supervisor.tests.support.scenario_stage import Stage
from supervisor.tests.support.scenario_steps import (
    configure,
    contents,
    ctl,
    daemon_ends,
    doing,
    listing,
    main_log,
    output,
    rpc,
    signal_daemon,
    text_of,
    until,
    until_file,
    until_log,
)

CAT = """
[program:cat]
command=cat
startsecs=0
"""

SLOW = """
[program:slow]
command={dir}/slow.sh
startsecs=0
stopwaitsecs=60
"""

SLOW_SCRIPT = trapper("TERM", "while [ ! -e {dir}/go ]; do sleep 0.05; done; exit 0")

SAME_PID = Step(
    "the daemon keeps its pid",
    lambda stage: str(stage.call("supervisor.getPID") == stage.daemon.pid),
)


def _move_logs_away(stage: Stage) -> None:
    for name in ("cat.log", "supervisord.log"):
        stage.path(name).rename(stage.path(f"{name}.old"))


REFUSED_CALLS = tuple(
    rpc(method, *params)
    for method, *params in (
        ("getState",),
        ("getPID",),
        ("getAPIVersion",),
        ("getAllProcessInfo",),
        ("startProcess", "slow"),
        ("stopAllProcesses",),
        ("reloadConfig",),
        ("addProcessGroup", "x"),
        ("readLog", 0, 0),
        ("shutdown",),
        ("restart",),
        ("signalAllProcesses", "HUP"),
        ("clearAllProcessLogs",),
    )
)


def ends_on(number: signal.Signals) -> Scenario:
    """The scenario in which one signal ends the daemon."""
    return Scenario(
        f"{number.name.lower()}_ends_the_daemon",
        CAT,
        (
            until("cat", "RUNNING"),
            signal_daemon(number),
            daemon_ends(),
            main_log(),
            output(),
            listing(),
        ),
    )


SCENARIOS = (
    ends_on(signal.SIGTERM),
    ends_on(signal.SIGINT),
    ends_on(signal.SIGQUIT),
    Scenario(
        "hup_restarts_everything",
        CAT,
        (
            until("cat", "RUNNING"),
            configure(CAT + "[program:dog]\ncommand=cat\nstartsecs=0\n"),
            signal_daemon(signal.SIGHUP),
            until_log("supervisord started", 2),
            until_log("entered RUNNING", 3),
            ctl("status"),
            SAME_PID,
            main_log(ordered=False),
        ),
    ),
    Scenario(
        "reload_by_ctl_restarts_everything",
        CAT,
        (
            until("cat", "RUNNING"),
            ctl("stop", "cat"),
            ctl("reload"),
            until_log("supervisord started", 2),
            until_log("entered RUNNING", 2),
            ctl("status"),
            SAME_PID,
            main_log(),
        ),
        crossed=True,
    ),
    Scenario(
        "usr2_reopens_the_logs",
        CAT + "stdout_logfile={dir}/cat.log\nstderr_logfile=NONE\n",
        (
            until("cat", "RUNNING"),
            rpc("sendProcessStdin", "cat", "before\n"),
            until_file("cat.log", "before"),
            doing("move logs away", _move_logs_away),
            signal_daemon(signal.SIGUSR2),
            until_file("supervisord.log"),
            rpc("sendProcessStdin", "cat", "after\n"),
            until_file("cat.log", "after"),
            contents("cat.log"),
            contents("cat.log.old"),
            main_log(),
            text_of("supervisord.log.old"),
        ),
    ),
    Scenario(
        "shutdown_by_ctl",
        CAT,
        (
            until("cat", "RUNNING"),
            ctl("shutdown"),
            daemon_ends(),
            main_log(),
            listing(),
            ctl("status"),
            ctl("shutdown"),
        ),
        crossed=True,
    ),
    Scenario(
        "calls_during_the_shutdown_are_refused",
        SLOW,
        (
            until_file("ready"),
            until("slow", "RUNNING"),
            rpc("shutdown"),
            until_log("waiting for slow to die"),
            *REFUSED_CALLS,
            rpc("sendRemoteCommEvent", "type", "data"),
            rpc("system.listMethods"),
            ctl("reread"),
            ctl("avail"),
            ctl("update"),
            ctl("reload"),
            ctl("shutdown"),
            ctl("add", "x"),
            signal_daemon(signal.SIGHUP),
            until_log("ignored SIGHUP"),
            doing("let it go", lambda stage: stage.write("go", "")),
            daemon_ends(),
            main_log("received|ignored|stopped"),
        ),
        files={"slow.sh": SLOW_SCRIPT},
        crossed=True,
    ),
    Scenario(
        "term_during_a_reload_ends_the_daemon",
        SLOW,
        (
            until_file("ready"),
            until("slow", "RUNNING"),
            signal_daemon(signal.SIGHUP),
            until_log("waiting for slow to die"),
            signal_daemon(signal.SIGTERM),
            until_log("received SIGTERM"),
            doing("let it go", lambda stage: stage.write("go", "")),
            daemon_ends(),
            main_log("received|stopped"),
        ),
        files={"slow.sh": SLOW_SCRIPT},
    ),
)
