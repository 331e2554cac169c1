"""Every command of supervisorctl with its misuses, outputs and exit codes (supervisorctl.md)."""

import socket

from supervisor.tests.support.scenario import Scenario, Step
from supervisor.tests.support.scenario_stage import Stage
from supervisor.tests.support.scenario_steps import (
    configure,
    contents,
    ctl,
    ctl_sorted,
    doing,
    until,
    write,
)

CAT = """
[program:cat]
command=cat
startsecs=0
stdout_logfile={dir}/cat.log
"""

DOG = """
[program:dog]
command=cat
startsecs=0
"""

PAIR = """
[program:a]
command=cat
startsecs=0
[program:b]
command=cat
startsecs=0
autostart=false
[group:pair]
programs=a,b
"""


def _leave_a_dead_socket(stage: Stage) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(stage.daemon.socket))


def misuse(*lines: str) -> tuple[Step, ...]:
    """Commands, each given as one line of words."""
    return tuple(ctl(*line.split(" ")) for line in lines)


SCENARIOS = (
    Scenario(
        "ctl_without_a_daemon",
        CAT,
        (
            *misuse("status", "start cat", "stop all", "pid", "version", "tail cat", "maintail"),
            *misuse("avail", "reread", "update", "add x", "remove x", "reload", "shutdown"),
        ),
        starts=False,
    ),
    Scenario(
        "ctl_with_a_stale_socket",
        CAT,
        (
            doing("leave a dead socket", _leave_a_dead_socket),
            *misuse("status", "start cat", "pid", "shutdown"),
            *misuse("-s http://127.0.0.1:{port} status", "-s http://127.0.0.1:{port} shutdown"),
            *misuse("-s ftp://x status", "-s foo status", "-s unix://{dir}/none status"),
        ),
        starts=False,
    ),
    Scenario(
        "ctl_usage_errors",
        CAT,
        (
            *misuse("-x", "--nosuch", "-s", "-c /no/such/file status", "-c {dir} status"),
            write("nosection.conf", "[supervisord]\n"),
            ctl("-c", "{dir}/nosection.conf", "status"),
        ),
        starts=False,
    ),
    Scenario(
        "ctl_start_and_stop_misused",
        PAIR,
        (
            until("pair:a", "RUNNING"),
            *misuse("start", "stop", "restart", "signal", "signal HUP", "clear"),
            *misuse("start nosuch", "stop nosuch", "restart nosuch", "start nosuch:*"),
            *misuse("stop nosuch:*", "start pair", "start a", "signal HUP nosuch nosuch:*"),
            *misuse("start pair:a", "stop pair:b", "start pair:a pair:b nosuch"),
            *misuse("status nosuch", "status nosuch:*", "status pair", "status pair:x pair:a"),
            *misuse("status pair:*", "status pair: all", "pid nosuch", "pid pair:a pair:b"),
            *misuse("pid all", "pid pair:*"),
        ),
    ),
    Scenario(
        "ctl_other_commands_misused",
        CAT,
        (
            until("cat", "RUNNING"),
            *misuse("avail x", "reread x", "reload x", "shutdown x", "version x"),
            *misuse("tail", "tail a b c d", "tail -f", "tail cat foo", "tail -xyz cat"),
            *misuse("maintail a b", "maintail -x", "fg", "fg a b", "fg nosuch", "open", "open foo"),
            *misuse("nosuch", "!ls", "add", "remove", "add nosuch", "remove nosuch", "add cat"),
            *misuse("remove cat", "update nosuch", "clear cat:*"),
        ),
    ),
    Scenario(
        "ctl_help",
        CAT,
        (
            *misuse("help", "?", "help help", "help nosuch"),
            *misuse("version", "status", "pid"),
        ),
    ),
    Scenario(
        "ctl_shell_fed_by_a_pipe",
        CAT,
        (
            until("cat", "RUNNING"),
            ctl(typed="status\nstop cat\nstart cat\n\nnosuch\npid cat\nquit\n"),
            ctl(typed="version\nexit\n"),
            ctl(typed="status cat\n"),
            ctl("-i", "status", typed=""),
            ctl("-i", "shutdown", typed="n\n"),
            ctl("open", "unix://{dir}/s.sock"),
            ctl("open", "http://127.0.0.1:{port}"),
        ),
        crossed=True,
    ),
    Scenario(
        "ctl_reread_and_update",
        CAT + PAIR,
        (
            until("cat", "RUNNING"),
            until("pair:a", "RUNNING"),
            ctl("reread"),
            ctl("update"),
            configure(CAT.replace("command=cat", "command=cat -u") + DOG),
            ctl("reread"),
            ctl("avail"),
            ctl("update", "nosuch"),
            ctl("update", "dog"),
            until("dog", "RUNNING"),
            ctl("status", "dog"),
            ctl_sorted("update"),
            until("cat", "RUNNING"),
            ctl("status"),
            ctl("reread"),
            ctl("update", "all"),
        ),
        crossed=True,
    ),
    Scenario(
        "ctl_add_and_remove",
        CAT,
        (
            until("cat", "RUNNING"),
            configure(CAT + DOG),
            ctl("add", "dog"),
            ctl("reread"),
            ctl("add", "dog", "cat"),
            until("dog", "RUNNING"),
            ctl("remove", "dog"),
            ctl("stop", "dog"),
            ctl("remove", "dog"),
            ctl("status"),
            ctl("add", "dog"),
            until("dog", "RUNNING"),
            configure(DOG),
            ctl("reread"),
            ctl("remove", "cat"),
            ctl("update"),
            ctl("status"),
        ),
        crossed=True,
    ),
    Scenario(
        "ctl_on_a_broken_file",
        CAT,
        (
            until("cat", "RUNNING"),
            configure(CAT + "startsecs=soon\n"),
            ctl("reread"),
            ctl("update"),
            ctl("status", "nosuch"),
            configure("[program:x]\n" + CAT),
            ctl("reread"),
            configure(CAT),
            ctl("reread"),
        ),
        crossed=True,
    ),
    Scenario(
        "names_beyond_ascii",
        """
[program:test_öäü]
command=cat
startsecs=0
""",
        (
            until("test_öäü", "RUNNING"),
            ctl("status"),
            ctl("stop", "test_öäü"),
            ctl("start", "test_öäü"),
        ),
        crossed=True,
    ),
    Scenario(
        "ctl_spawn_errors",
        """
[program:dies]
command=sh -c "exit 1"
startsecs=4
startretries=0
autostart=false
[program:killed]
command=cat
startsecs=4
autostart=false
""",
        (
            ctl("start", "dies"),
            until("dies", "FATAL"),
            ctl("status"),
            ctl("restart", "dies"),
            until("dies", "FATAL"),
            ctl("tail", "dies", "stderr"),
        ),
        crossed=True,
    ),
    Scenario(
        "ctl_follows_a_log_until_the_daemon_ends",
        CAT,
        (
            until("cat", "RUNNING"),
            doing("say", lambda s: s.call("supervisor.sendProcessStdin", "cat", "grüße\n")),
            ctl("tail", "-f", "nosuch"),
            ctl("tail", "-f", "cat", "stderr", "more"),
            contents("cat.log"),
        ),
        crossed=True,
    ),
)
