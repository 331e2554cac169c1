"""What a child finds when it starts: variables, descriptors, identity (lifecycle.md 11-13)."""

import re

from supervisor.tests.support.scenario import Scenario, Step
from supervisor.tests.support.scenario_live import descriptors
from supervisor.tests.support.scenario_stage import Stage
from supervisor.tests.support.scenario_steps import (
    contents,
    info,
    main_log,
    rpc,
    seeing,
    text_of,
    until,
    until_file,
)

DUMP_ARGV = """#!/bin/sh
{ for word in "$0" "$@"; do printf '<%s>\\n' "$word"; done; echo end; } > {dir}/argv
exec cat
"""

DUMP_STATE = """#!/bin/sh
{
pwd
umask
id -u; id -g; id -G
grep -E '^(SigBlk|SigIgn|NoNewPrivs|Groups)' /proc/self/status
ulimit -n
ulimit -c
for fd in /proc/self/fd/*; do
  case "$(readlink "$fd")" in
    pipe:*) echo "${fd##*/} pipe";;
    socket:*) echo "${fd##*/} socket";;
    /dev/null) echo "${fd##*/} null";;
  esac
done
echo end
}
exec cat
"""

DUMP_ENV = """#!/bin/sh
env > {dir}/env.tmp
mv {dir}/env.tmp {dir}/env
exec cat
"""


def _environment(stage: Stage) -> str:
    lines = stage.path("env").read_text("utf-8").splitlines()
    return "\n".join(sorted(line for line in lines if not line.startswith("PYTHONPATH=")))


ENVIRONMENT = seeing("environment of the child", _environment)
"""All of it but the variable by which our daemon is found in a checkout."""


def _identity(stage: Stage) -> str:
    pid = stage.daemon.info("cat")["pid"]
    fields = _stat(pid)
    daemon = _stat(stage.daemon.pid)
    return (
        f"leads its process group: {fields[2] == str(pid)}\n"
        f"in the daemon's session: {fields[3] == daemon[3]}\n"
        f"child of the daemon: {fields[1] == str(stage.daemon.pid)}"
    )


def _stat(pid: int) -> list[str]:
    """State, parent, process group and session of a process."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return re.sub(r"^.*\) ", "", file.read()).split()[:4]


def _descriptors(stage: Stage) -> str:
    targets = descriptors(stage.daemon.info("cat")["pid"])
    return "\n".join(f"{fd} {target.split(':')[0]}" for fd, target in sorted(targets.items()))


IDENTITY = Step("identity of the child", _identity)

SCENARIOS = (
    Scenario(
        "environment_of_a_child",
        """
[supervisord]
environment=GLOBAL="g",BOTH="global",SUPERVISOR_ENABLED="overridden"
[program:cat]
command=sh {dir}/env.sh
startsecs=0
environment=OWN="a b,c",BOTH="program",NUM="%(process_num)d",FROM="%(ENV_OUTSIDE)s",PCT="a%%b"
""",
        (until_file("env"), ENVIRONMENT),
        files={"env.sh": DUMP_ENV},
        environment={"OUTSIDE": "outer", "WEIRD": "foo_%s_%_%%_%%%_%2_bar"},
    ),
    Scenario(
        "environment_of_a_child_in_a_group_with_serverurl",
        """
[program:cat]
command=sh {dir}/env.sh
startsecs=0
serverurl=http://example.test:1
[group:g]
programs=cat
""",
        (until_file("env"), ENVIRONMENT),
        files={"env.sh": DUMP_ENV},
    ),
    Scenario(
        "words_of_the_command",
        """
[program:cat]
command={dir}/argv.sh plain "two words" 'single "inner"' back\\ slash %%percent a;b a#b "" $HOME *
startsecs=0
""",
        (until_file("argv", "end"), text_of("argv")),
        files={"argv.sh": DUMP_ARGV},
    ),
    Scenario(
        "argv0_is_the_word_as_written",
        """
[program:cat]
command=cat -u
startsecs=0
""",
        (
            until("cat", "RUNNING"),
            seeing(
                "command line of the child",
                lambda stage: repr(_cmdline(stage.daemon.info("cat")["pid"])),
            ),
            IDENTITY,
        ),
    ),
    Scenario(
        "folder_umask_and_masks_of_a_child",
        """
[program:cat]
command=sh {dir}/state.sh
startsecs=0
directory={dir}/work
umask=027
stdout_logfile={dir}/state
""",
        (until_file("state", "pipe\nend"), text_of("state")),
        files={
            "state.sh": DUMP_STATE,
            "work/keep": "",
        },
    ),
    Scenario(
        "descriptors_of_a_child",
        """
[program:cat]
command=cat
startsecs=0
stdout_logfile={dir}/cat.log
""",
        (
            until("cat", "RUNNING"),
            # A program that answers is done with linking, which opens libraries.
            rpc("sendProcessStdin", "cat", "up\n"),
            until_file("cat.log", "up"),
            seeing("descriptors", _descriptors),
        ),
    ),
    Scenario(
        "descriptors_with_redirected_stderr",
        """
[program:cat]
command=sh -c "echo out; echo err >&2; exec cat"
startsecs=0
redirect_stderr=true
stdout_logfile={dir}/both.log
""",
        (until_file("both.log", "err"), contents("both.log"), info("cat")),
    ),
    Scenario(
        "child_of_another_user",
        """
[program:cat]
command=sh {dir}/state.sh
startsecs=0
user=nobody
stdout_logfile={dir}/state
""",
        (until_file("state", "end"), text_of("state"), IDENTITY),
        files={"state.sh": DUMP_STATE},
    ),
    Scenario(
        "failures_between_fork_and_exec",
        """
[program:lost]
command=cat
directory=/no/such/folder
startsecs=4
startretries=0
stderr_logfile={dir}/lost.log
priority=1
[program:nomagic]
command={dir}/nomagic
startsecs=4
startretries=0
stderr_logfile={dir}/nomagic.log
priority=2
[program:joined]
command={dir}/nomagic
startsecs=4
startretries=0
redirect_stderr=true
stdout_logfile={dir}/joined.log
priority=3
[program:nointerpreter]
command={dir}/nointerpreter
startsecs=4
startretries=0
stderr_logfile={dir}/nointerpreter.log
priority=4
""",
        (
            *(until(n, "FATAL") for n in ("lost", "nomagic", "joined", "nointerpreter")),
            text_of("lost.log"),
            text_of("nomagic.log"),
            text_of("joined.log"),
            text_of("nointerpreter.log"),
            rpc("getAllProcessInfo"),
            main_log("exited|gave up", ordered=False),
        ),
        files={"nomagic": "#!\n", "nointerpreter": "#!/no/such/interpreter\n"},
    ),
)


def _cmdline(pid: int) -> bytes:
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read()
