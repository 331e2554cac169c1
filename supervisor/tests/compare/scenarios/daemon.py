"""The daemon as a process: daemonising, pidfile, sockets, second instances (lifecycle.md 14)."""

import os
import signal
import socket
import stat
from pathlib import Path

from supervisor.tests.support.scenario import Scenario, Step
from supervisor.tests.support.scenario_stage import Stage, is_gone
from supervisor.tests.support.scenario_steps import (
    ctl,
    daemon_ends,
    doing,
    listing,
    main_log,
    output,
    rpc,
    run_daemon,
    seeing,
    signal_daemon,
    until,
    until_file,
    until_log,
    until_no_file,
)

CAT = """
[program:cat]
command=cat
startsecs=0
"""


def _daemonise(stage: Stage) -> str:
    done = stage.run_daemon(["-c", str(stage.daemon.config)])
    stage.until(lambda: stage.daemon.socket.exists(), "the socket is there")
    stage.until(lambda: "entered RUNNING" in stage.daemon.log_text(), "cat runs")
    stage.notes["daemon"] = int(stage.path("supervisord.pid").read_text("ascii"))
    return f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"


def _daemon_traits(stage: Stage) -> str:
    pid = stage.notes["daemon"]
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    umask = next(line for line in status.splitlines() if line.startswith("Umask"))
    return "\n".join(
        (
            f"leads its session: {os.getsid(pid) == pid}",
            f"its folder: {os.readlink(f'/proc/{pid}/cwd')}",
            *(f"descriptor {fd}: {os.readlink(f'/proc/{pid}/fd/{fd}')}" for fd in (0, 1, 2)),
            umask,
            f"getPID is the pidfile: {stage.call('supervisor.getPID') == pid}",
        )
    )


def _until_daemon_is_gone(stage: Stage) -> None:
    stage.until(lambda: is_gone(stage.notes["daemon"]), "the daemon is gone")


def _leave_a_dead_socket(stage: Stage) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(stage.daemon.socket))


def _mode_of_socket(stage: Stage) -> str:
    meta = stage.daemon.socket.stat()
    return f"{stat.filemode(meta.st_mode)} {meta.st_uid}:{meta.st_gid}"


MODE_OF_SOCKET = Step("mode and owner of the socket", _mode_of_socket)

SECOND = """
[supervisord]
logfile={dir}/second.log
pidfile={dir}/second.pid
childlogdir={dir}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

SCENARIOS = (
    Scenario(
        "daemonises",
        "[supervisord]\ndirectory={dir}/work\numask=027\n"
        + CAT
        + "stdout_logfile=%(here)s/c.log\n",
        (
            Step("start into the background", _daemonise),
            seeing("traits of the daemon", _daemon_traits),
            main_log(),
            ctl("status"),
            listing(),
            ctl("shutdown"),
            doing("until the daemon is gone", _until_daemon_is_gone),
            until_no_file("supervisord.pid"),
            listing(),
            main_log("received|stopped|waiting"),
        ),
        files={"work/keep": ""},
        starts=False,
    ),
    Scenario(
        "pidfile_is_written_and_removed",
        CAT,
        (
            until("cat", "RUNNING"),
            seeing(
                "it names the daemon",
                lambda s: str(s.path("supervisord.pid").read_text("ascii") == f"{s.daemon.pid}\n"),
            ),
            listing("supervisord"),
            signal_daemon(signal.SIGTERM),
            daemon_ends(),
            listing("supervisord|sock"),
        ),
    ),
    Scenario(
        "pidfile_that_cannot_be_written",
        "[supervisord]\npidfile={dir}/folder\n" + CAT,
        (until("cat", "RUNNING"), main_log(), output()),
        files={"folder/keep": ""},
    ),
    Scenario(
        "second_instance_is_refused",
        CAT + "[inet_http_server]\nport=127.0.0.1:{port}\n",
        (
            until("cat", "RUNNING"),
            run_daemon("-n", "-c", "{dir}/unix.conf"),
            run_daemon("-n", "-c", "{dir}/inet.conf"),
            run_daemon("-c", "{dir}/unix.conf"),
            ctl("status"),
        ),
        files={
            "unix.conf": SECOND + "[unix_http_server]\nfile={dir}/s.sock\n",
            "inet.conf": SECOND + "[inet_http_server]\nport=127.0.0.1:{port}\n",
        },
    ),
    Scenario(
        "stale_socket_is_removed",
        CAT,
        (
            doing("leave a dead socket", _leave_a_dead_socket),
            doing("start", lambda stage: stage.daemon.start()),
            until("cat", "RUNNING"),
            MODE_OF_SOCKET,
            output(),
            main_log(),
        ),
        starts=False,
    ),
    Scenario(
        "mode_and_owner_of_the_socket",
        "[unix_http_server]\nchmod=0770\nchown=nobody:nogroup\n" + CAT,
        (until("cat", "RUNNING"), MODE_OF_SOCKET, listing("sock")),
    ),
    Scenario(
        "owner_of_the_socket_without_group",
        "[unix_http_server]\nchown=nobody\n" + CAT,
        (MODE_OF_SOCKET,),
    ),
    Scenario(
        "daemon_of_another_user",
        "[supervisord]\nuser=nobody\n" + CAT,
        (
            doing("start", lambda stage: _start_for_everybody(stage)),
            until("cat", "RUNNING"),
            seeing("identity of the daemon", lambda s: _ids(s.daemon.pid)),
            seeing("identity of the child", lambda s: _ids(s.daemon.info("cat")["pid"])),
            main_log(),
            listing(),
            ctl("status"),
        ),
        starts=False,
    ),
    Scenario(
        "limits_are_raised",
        "[supervisord]\nminfds=2000\n[program:lim]\ncommand=sh -c 'ulimit -n; exec cat'\n"
        "startsecs=0\nstdout_logfile={dir}/limit\n",
        (until_file("limit", "\n"), seeing("limit of the child is enough", lambda s: _enough(s))),
    ),
    Scenario(
        "two_servers",
        "[inet_http_server]\nport=127.0.0.1:{port}\n" + CAT,
        (
            until("cat", "RUNNING"),
            ctl("-s", "http://127.0.0.1:{port}", "status"),
            ctl("status"),
            main_log(),
            rpc("shutdown"),
            daemon_ends(),
            ctl("-s", "http://127.0.0.1:{port}", "status"),
        ),
    ),
    Scenario(
        "unknown_child_is_no_trouble",
        """
[program:leaver]
command=sh -c "sleep 0.2 & exec cat"
startsecs=0
""",
        (until("leaver", "RUNNING"), until_log("entered RUNNING"), rpc("stopProcess", "leaver")),
    ),
)


def _start_for_everybody(stage: Stage) -> None:
    stage.directory.chmod(0o777)
    stage.daemon.start()


def _ids(pid: int) -> str:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return "\n".join(line for line in lines if line.startswith(("Uid", "Gid", "Groups")))


def _enough(stage: Stage) -> str:
    text = stage.path("limit").read_text("ascii").strip()
    return str(text == "unlimited" or int(text) >= 2000)
