"""FastCGI sockets: log lines, the socket itself, who shares it, and refusals (lifecycle.md 20)."""

import os
import stat
from pathlib import Path
from signal import SIGKILL

from supervisor.tests.support.scenario import Scenario, Step
from supervisor.tests.support.scenario_live import descriptors
from supervisor.tests.support.scenario_stage import Stage
from supervisor.tests.support.scenario_steps import (
    configure,
    ctl,
    ctl_sorted,
    info,
    main_log,
    rpc,
    run_daemon_with,
    seeing,
    signal_child,
    until,
    until_log,
)

PAIR = """
[fcgi-program:pair]
command=sleep 600
socket=unix://{dir}/f.sock
process_name=%(program_name)s_%(process_num)d
numprocs=2
startsecs=0
"""

REFUSED = """
[supervisord]
logfile={dir}/refused.log
pidfile={dir}/refused.pid
childlogdir={dir}
[fcgi-program:web]
command=cat
socket="""


def fcgi_lines() -> Step:
    """Lines about sockets and processes; that a socket is closed is said earlier by ours."""
    return main_log("socket|spawned|spawnerr|stopped|exited|gave up", ordered=False)


def sharing(*names: str) -> Step:
    """What descriptor 0 of each process is, and whether they have the same one."""

    def act(stage: Stage) -> str:
        targets = [descriptors(stage.daemon.info(name)["pid"])[0] for name in names]
        kinds = " ".join(target.partition(":")[0] for target in targets)
        return f"{kinds}, {len(set(targets))} different"

    return seeing(f"descriptor 0 of {', '.join(names)}", act)


def blocking(name: str) -> Step:
    """Whether a process finds its descriptor 0 blocking."""

    def act(stage: Stage) -> str:
        text = Path(f"/proc/{stage.daemon.info(name)['pid']}/fdinfo/0").read_text("ascii")
        flags = next(line for line in text.splitlines() if line.startswith("flags:"))
        return str(not int(flags.split()[1], 8) & os.O_NONBLOCK)

    return seeing(f"descriptor 0 of {name} is blocking", act)


def socket_file(name: str) -> Step:
    """Kind, mode and owner of a socket file."""

    def act(stage: Stage) -> str:
        meta = os.lstat(stage.path(name))
        return f"{stat.filemode(meta.st_mode)} {meta.st_uid}:{meta.st_gid}"

    return seeing(f"socket {name}", act)


SCENARIOS = (
    Scenario(
        "fcgi_socket_from_the_first_process_to_the_last",
        PAIR + "socket_mode=0765\nsocket_owner=nobody:daemon\n",
        (
            until("pair:pair_0", "RUNNING"),
            until("pair:pair_1", "RUNNING"),
            sharing("pair:pair_0", "pair:pair_1"),
            blocking("pair:pair_0"),
            socket_file("f.sock"),
            rpc("sendProcessStdin", "pair:pair_0", "x"),
            signal_child("pair:pair_0", SIGKILL),
            until_log("spawned: 'pair_0'", 2),
            until("pair:pair_0", "RUNNING"),
            sharing("pair:pair_0", "pair:pair_1"),
            ctl("stop", "pair:pair_0"),
            ctl("stop", "pair:pair_1"),
            ctl("start", "pair:pair_1"),
            socket_file("f.sock"),
            info("pair:pair_1"),
            fcgi_lines(),
        ),
    ),
    Scenario(
        "fcgi_socket_by_default",
        PAIR + "user=nobody\n[fcgi-program:tcp]\ncommand=sleep 600\n"
        "socket=tcp://localhost:{port}\nstartsecs=0\nsocket_backlog=7\n",
        (
            until("pair:pair_0", "RUNNING"),
            until("tcp", "RUNNING"),
            socket_file("f.sock"),
            sharing("pair:pair_0", "pair:pair_1"),
            sharing("tcp"),
            blocking("tcp"),
            ctl_sorted("stop", "all"),
            fcgi_lines(),
        ),
    ),
    Scenario(
        "fcgi_program_that_cannot_be_started",
        PAIR.replace("sleep 600", "/no/such/command") + "startretries=1\n",
        (
            until("pair:pair_0", "FATAL"),
            until("pair:pair_1", "FATAL"),
            ctl("start", "pair:pair_0"),
            fcgi_lines(),
        ),
    ),
    Scenario(
        "fcgi_socket_is_moved",
        PAIR,
        (
            until("pair:pair_0", "RUNNING"),
            configure(PAIR.replace("unix://{dir}/f.sock", "tcp://127.0.0.1:{port}")),
            ctl("reread"),
            ctl("update"),
            until("pair:pair_0", "RUNNING"),
            until("pair:pair_1", "RUNNING"),
            sharing("pair:pair_0", "pair:pair_1"),
            configure(PAIR.replace("600", "500")),
            ctl("reload"),
            until_log("supervisord started", 2),
            until("pair:pair_1", "RUNNING"),
            sharing("pair:pair_0", "pair:pair_1"),
            fcgi_lines(),
        ),
    ),
    Scenario(
        "fcgi_mode_is_changed",
        PAIR,
        (
            until("pair:pair_0", "RUNNING"),
            configure(PAIR + "socket_mode=0777\n"),
            ctl("reread"),
        ),
    ),
    Scenario(
        "fcgi_program_in_a_group",
        PAIR + "[group:site]\nprograms=pair\n",
        (
            until("site:pair_0", "RUNNING"),
            until("site:pair_1", "RUNNING"),
            sharing("site:pair_0", "site:pair_1"),
        ),
    ),
    Scenario(
        "fcgi_socket_is_refused",
        "",
        tuple(
            run_daemon_with(url, REFUSED + url + "\n")
            for url in (
                "unix:///no/such/f.sock",
                "unix://{dir}",
                "tcp://203.0.113.1:9000",
            )
        ),
        starts=False,
    ),
)
