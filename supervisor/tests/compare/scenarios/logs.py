"""Capture, rotation, clearing and reading of logs (lifecycle.md 15-17, xmlrpc.md 2.4)."""

import signal

from supervisor.tests.support.scenario import Scenario, Step
from supervisor.tests.support.scenario_stage import Stage
from supervisor.tests.support.scenario_steps import (
    contents,
    ctl,
    daemon_ends,
    doing,
    info,
    listing,
    main_log,
    output,
    raw_http,
    rpc,
    seeing,
    signal_daemon,
    start_daemon,
    until,
    until_file,
    until_log,
)

READ_ARGUMENTS = ((3, 0), (3, 4), (8, 10), (20, 0), (20, 5), (-4, 0), (-40, 0), (-4, 3), (3, -1))
TAIL_ARGUMENTS = (
    *((0, 0), (0, 4), (3, 4), (-20, 4), (-4, 3), (0, 10), (0, 100), (-4, 20), (3, 7), (3, 8)),
    *((9, 5), (9, 1), (10, 0), (10, 5), (50, 5), (-4, 0), (0, -1)),
)

CAT = """
[program:cat]
command=cat
startsecs=0
stdout_logfile={dir}/cat.log
stderr_logfile=NONE
"""


def say(text: str, name: str = "cat", file: str = "cat.log") -> tuple[Step, ...]:
    """Have a `cat` print a text and wait until the base log, or its first backup, has it.

    The text is in the file an instant before the rotation that it causes. Both daemons have one
    thread, so once one of them answers a further question, it has rotated, too.
    """

    def landed(stage: Stage) -> bool:
        paths = (stage.path(file), stage.path(f"{file}.1"))
        return any(path.exists() and text in path.read_text("utf-8", "replace") for path in paths)

    return (
        doing(f"say {text!r}", lambda s: s.call("supervisor.sendProcessStdin", name, text)),
        doing(f"until {text!r} is logged", lambda s: s.until(lambda: landed(s), repr(text))),
        doing("until the rotation is done", lambda s: s.call("supervisor.getState")),
    )


def _auto_logs(stage: Stage) -> list[str]:
    return sorted(path.name for path in stage.directory.glob("*---*.log*"))


SCENARIOS = (
    Scenario(
        "reading_a_child_log",
        CAT,
        (
            until("cat", "RUNNING"),
            rpc("readProcessStdoutLog", "cat", 0, 0),
            rpc("tailProcessStdoutLog", "cat", 0, 10),
            *say("0123456789"),
            *(rpc("readProcessStdoutLog", "cat", *pair) for pair in READ_ARGUMENTS),
            *(rpc("tailProcessStdoutLog", "cat", *pair) for pair in TAIL_ARGUMENTS),
            rpc("readProcessLog", "cat", 0, 2),
            rpc("tailProcessLog", "cat", 0, 2),
            rpc("readProcessStderrLog", "cat", 0, 0),
            rpc("tailProcessStderrLog", "cat", 0, 10),
            rpc("readProcessStdoutLog", "nosuch", 0, 0),
            rpc("tailProcessStdoutLog", "nosuch", 0, 0),
            rpc("readProcessStdoutLog", "cat:*", 0, 0),
            ctl("tail", "cat"),
            ctl("tail", "-4", "cat"),
            ctl("tail", "cat", "stdout"),
            ctl("tail", "cat", "STDERR"),
            ctl("tail", "nosuch"),
            rpc("stopProcess", "cat"),
            rpc("readProcessStdoutLog", "cat", 0, 0),
        ),
        crossed=True,
    ),
    Scenario(
        "reading_the_main_log",
        CAT,
        (
            until("cat", "RUNNING"),
            rpc("readLog", 0, 20_000),
            rpc("readMainLog", -10, 0),
            rpc("readLog", -10, 5),
            rpc("readLog", 5, -5),
            ctl("maintail"),
            ctl("maintail", "-12"),
            ctl("maintail", "x"),
            rpc("clearLog"),
            contents("supervisord.log"),
            rpc("stopProcess", "cat"),
            until_log("stopped: cat"),
            # Its last line alone: before it a slow stop is told, by who happens to look.
            rpc("readLog", -20, 0),
        ),
        crossed=True,
    ),
    Scenario(
        "rotation_of_a_child_log",
        CAT + "stdout_logfile_maxbytes=20\nstdout_logfile_backups=2\n",
        (
            until("cat", "RUNNING"),
            *say("first: 10\n"),
            contents("cat.log"),
            *say("second: 10\n"),
            listing("cat"),
            *say("third, more than twenty bytes\n"),
            *say("fourth, more than twenty bytes\n"),
            listing("cat"),
            *(contents(f"cat.log{end}") for end in ("", ".1", ".2", ".3")),
            *say("fifth, short\n"),
            contents("cat.log"),
            rpc("readProcessStdoutLog", "cat", 0, 0),
        ),
    ),
    Scenario(
        "rotation_without_backups",
        CAT + "stdout_logfile_maxbytes=20\nstdout_logfile_backups=0\n",
        (
            until("cat", "RUNNING"),
            *say("short\n"),
            contents("cat.log"),
            rpc("sendProcessStdin", "cat", "more than twenty bytes of text\n"),
            doing(
                "until it is empty",
                lambda s: s.until(lambda: s.path("cat.log").stat().st_size == 0, "empty"),
            ),
            listing("cat"),
            *say("again\n"),
            contents("cat.log"),
        ),
    ),
    Scenario(
        "rotation_of_the_main_log",
        "[supervisord]\nlogfile_maxbytes=1\nlogfile_backups=3\n" + CAT,
        (
            until("cat", "RUNNING"),
            seeing("main log is empty", lambda s: str(s.daemon.log_text() == "")),
            listing("supervisord"),
            *(contents(f"supervisord.log.{number}") for number in (1, 2, 3, 4)),
        ),
    ),
    Scenario(
        "clearing_logs",
        CAT + "[program:idle]\ncommand=cat\nautostart=false\n",
        (
            until("cat", "RUNNING"),
            *say("one\n"),
            rpc("clearProcessLogs", "cat"),
            contents("cat.log"),
            *say("two\n"),
            contents("cat.log"),
            ctl("clear", "cat"),
            contents("cat.log"),
            *say("three\n"),
            rpc("clearAllProcessLogs"),
            contents("cat.log"),
            ctl("clear", "all"),
            ctl("clear", "nosuch"),
            ctl("clear", "idle"),
            rpc("clearProcessLog", "nosuch"),
            rpc("clearProcessLogs", "cat:*"),
            main_log("reopening"),
        ),
        crossed=True,
    ),
    Scenario(
        "auto_logs_are_private_and_cleaned",
        """
[program:auto]
command=sh -c "echo out; echo err >&2; exec cat"
startsecs=0
[program:joined]
command=sh -c "echo out; echo err >&2; exec cat"
startsecs=0
redirect_stderr=true
""",
        (
            until("auto", "RUNNING"),
            until("joined", "RUNNING"),
            listing("---"),
            info("auto"),
            info("joined"),
            doing(
                "make old logs",
                lambda stage: [
                    stage.write(name, "old")
                    for name in (
                        "x-stdout---supervisor-abcdefgh.log",
                        "x-stdout---supervisor-abcdefgh.log.1",
                        "x-stdout---other-abcdefgh.log",
                        "---supervisor-abcdefgh.log",
                        "x-stdout---supervisor-abcdefgh.log.gz",
                    )
                ],
            ),
            signal_daemon(signal.SIGTERM),
            daemon_ends(),
            listing("---"),
            start_daemon(),
            until("auto", "RUNNING"),
            listing("---"),
        ),
    ),
    Scenario(
        "auto_logs_survive_a_restart_of_the_process",
        "[program:cat]\ncommand=cat\nstartsecs=0\n",
        (
            until("cat", "RUNNING"),
            doing("say", lambda s: s.call("supervisor.sendProcessStdin", "cat", "one\n")),
            doing(
                "until it is logged",
                lambda s: s.until(
                    lambda: s.call("supervisor.readProcessStdoutLog", "cat", 0, 0) == "one\n", "one"
                ),
            ),
            rpc("stopProcess", "cat"),
            rpc("startProcess", "cat"),
            rpc("readProcessStdoutLog", "cat", 0, 0),
            seeing("number of AUTO logs", lambda s: str(len(_auto_logs(s)))),
        ),
    ),
    Scenario(
        "bytes_stay_bytes",
        """
[program:raw]
command=cat {dir}/raw.bin
startsecs=0
autorestart=false
stdout_logfile={dir}/raw.log
""",
        (until("raw", "EXITED"), contents("raw.log"), info("raw")),
        files={"raw.bin": "a\x1b[31mred\x1b[0m\r\n\x00 ünïcödé\n"},
    ),
    Scenario(
        "escape_sequences_are_stripped",
        """
[supervisord]
strip_ansi=true
[program:raw]
command=cat {dir}/raw.bin
startsecs=0
autorestart=false
stdout_logfile={dir}/raw.log
""",
        (until("raw", "EXITED"), contents("raw.log")),
        files={"raw.bin": "a\x1b[31mred\x1b[0m\n\x1b[2J\x1b[1;1Hplain\x1b[Kend\n"},
    ),
    Scenario(
        "debug_level_echoes_output",
        """
[supervisord]
loglevel=debug
[program:echo]
command=sh -c "echo hello; exec cat"
startsecs=0
""",
        (
            until("echo", "RUNNING"),
            until_log("hello\n"),
            main_log("^(hello|DEBG 'echo' stdout output:)$"),
            rpc("stopProcess", "echo"),
            until_log("stopped: echo"),
            main_log("killing echo|stopped: echo"),
            seeing(
                "SIGCHLD is told",
                lambda s: str(
                    "DEBG received SIGCHLD indicating a child quit" in s.daemon.log_text()
                ),
            ),
        ),
    ),
    Scenario(
        "logs_to_the_standard_output_of_the_daemon",
        """
[program:echo]
command=sh -c "echo to-stdout; echo to-stderr >&2; exec cat"
startsecs=0
stdout_logfile=/dev/stdout
stdout_logfile_maxbytes=0
stderr_logfile=/dev/stderr
stderr_logfile_maxbytes=0
""",
        (
            until("echo", "RUNNING"),
            until_file("supervisord.out", "to-stdout"),
            until_file("supervisord.err", "to-stderr"),
            contents("supervisord.err"),
            info("echo"),
        ),
    ),
    Scenario(
        "none_logs",
        """
[program:echo]
command=sh -c "echo lost; exec cat"
startsecs=0
stdout_logfile=NONE
stderr_logfile=off
""",
        (
            until("echo", "RUNNING"),
            info("echo"),
            rpc("readProcessStdoutLog", "echo", 0, 0),
            rpc("tailProcessStdoutLog", "echo", 0, 0),
            ctl("tail", "echo"),
            raw_http("GET /logtail/echo HTTP/1.0\r\n\r\n"),
        ),
    ),
    Scenario(
        "silent_daemon_prints_nothing",
        CAT,
        (until("cat", "RUNNING"), output(), main_log()),
        arguments=("-n", "-s"),
    ),
    Scenario(
        "following_logs_over_http",
        CAT,
        (
            until("cat", "RUNNING"),
            *say("hello follower\n"),
            raw_http(
                "GET /logtail/cat/stdout HTTP/1.1\r\nHost: x\r\n\r\n",
                enough="follower\n",
                headers=("content-type", "transfer-encoding", "x-accel-buffering"),
            ),
            raw_http(
                "GET /mainlogtail HTTP/1.1\r\nHost: x\r\n\r\n",
                enough="spawned",
                headers=("content-type", "transfer-encoding"),
            ),
            raw_http("GET /logtail/nosuch HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            raw_http("GET /logtail/cat/stderr HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            raw_http(
                "POST /logtail/cat HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                "Content-Length: 1\r\n\r\nx"
            ),
        ),
    ),
)
