"""Files and command lines, the good and the refused ones (config.md)."""

import textwrap

from supervisor.tests.support.scenario import Scenario, Step
from supervisor.tests.support.scenario_stage import Stage
from supervisor.tests.support.scenario_steps import (
    ctl,
    main_log,
    rpc,
    run_daemon,
    run_daemon_with,
    seeing,
    text_of,
    until,
    until_file,
)

HEAD = "[supervisord]\nlogfile={dir}/refused.log\npidfile={dir}/refused.pid\nchildlogdir={dir}\n"
PROGRAM = HEAD + "[program:a]\ncommand=cat\n"


def refused(*texts: str, head: str = "") -> tuple[Step, ...]:
    """Files that no daemon starts with; each is named after its last line."""
    steps = []
    for text in texts:
        label = text.strip().splitlines()[-1] if text.strip() else "an empty file"
        steps.append(run_daemon_with(label, head + text))
    return tuple(steps)


def _command_lines(stage: Stage) -> str:
    return "\n".join(
        f"{item['group']}:{item['name']} {item['command']} {item['stdout_logfile']}"
        for item in stage.call("supervisor.getAllConfigInfo")
    )


COMMANDS = seeing("commands and logs", _command_lines)

SCENARIOS = (
    Scenario(
        "files_that_are_no_configuration",
        "",
        (
            *refused("", "foo=1\n", "[supervisord\n", "[program:a]\ncommand=cat\n"),
            *refused("[supervisord]\nfoo\n", "[supervisord]\nlogfile=%(nosuch)s\n"),
            *refused("[supervisord]\nlogfile=%Y\n", "[supervisord]\n[include]\n"),
            run_daemon("-n", "-c", "nosuch.conf"),
            run_daemon("-n", "-c", "{dir}"),
        ),
        starts=False,
    ),
    Scenario(
        "refused_supervisord_keys",
        "",
        (
            *refused("minfds=abc", "minprocs=", "umask=99", "loglevel=foo", head=HEAD),
            *refused("logfile_maxbytes=10m", "nodaemon=maybe", "childlogdir=/no", head=HEAD),
            *refused("logfile=/no/such/x", "directory=/no/such", "user=nosuchuser", head=HEAD),
            *refused("environment=A=", "environment=A", head=HEAD),
        ),
        starts=False,
    ),
    Scenario(
        "refused_program_keys",
        "",
        (
            *refused("startsecs=soon", "autostart=maybe", "autorestart=maybe", head=PROGRAM),
            *refused("exitcodes=0,300", "stopsignal=FOO", "stopsignal=999", head=PROGRAM),
            *refused("user=99999", head=PROGRAM),
            *refused("stdout_logfile=/no/such/x", "numprocs=2", head=PROGRAM),
            *refused("stopasgroup=true\nkillasgroup=false", head=PROGRAM),
            *refused("stdout_logfile_maxbytes=1.5MB", "environment=A", head=PROGRAM),
        ),
        starts=False,
    ),
    Scenario(
        "refused_sections",
        "",
        (
            *refused("[program:b]", "[program:a b]\ncommand=cat", "priority=x", head=PROGRAM),
            *refused("[group:g]\nprograms=zz", "command=%(nosuch)s", head=PROGRAM),
            *refused("command=%(process_num)Y", "process_name=a b", head=PROGRAM),
            *refused("[unix_http_server]", "[inet_http_server]", head=PROGRAM),
            *refused("[inet_http_server]\nport=abc", head=PROGRAM),
            *refused("[inet_http_server]\nport=127.0.0.1:99999", head=PROGRAM),
            *refused("[unix_http_server]\nfile={dir}/x.sock\nchmod=9", head=PROGRAM),
            *refused("[unix_http_server]\nfile={dir}/x.sock\nchown=nosuch", head=PROGRAM),
            *refused("[unix_http_server]\nfile={dir}/x.sock\nusername=x", head=PROGRAM),
        ),
        starts=False,
    ),
    Scenario(
        "refused_plug_ins_and_places",
        "",
        (
            *refused("[rpcinterface:x]\n", head=PROGRAM),
            *refused(
                "[rpcinterface:x]\nsupervisor.rpcinterface_factory=no.such:thing", head=PROGRAM
            ),
            *refused("[unix_http_server]\nfile=/no/such/folder/x.sock", head=PROGRAM),
            *refused("[inet_http_server]\nport=1.2.3.4:1", head=PROGRAM),
        ),
        starts=False,
    ),
    Scenario(
        "usage_of_the_daemon",
        "",
        (
            run_daemon("-x"),
            run_daemon("--foo"),
            run_daemon("--log", "x"),
            run_daemon("-c"),
            run_daemon("--nodaemon=1"),
            run_daemon("foo"),
            run_daemon("-e", "info", "-e", "info"),
            run_daemon("-e", "foo"),
            run_daemon("-u", "nosuchuser", "-c", "supervisord.conf"),
            run_daemon("-u", "99999", "-c", "supervisord.conf"),
            run_daemon("-y", "10m"),
            run_daemon("-d", "/no/such"),
            run_daemon("-a", "x"),
            run_daemon("-v"),
        ),
        starts=False,
    ),
    Scenario(
        "command_line_beats_the_file",
        """
[supervisord]
loglevel=debug
identifier=file
nodaemon=false
[program:a]
command=cat
autostart=false
""",
        (
            rpc("getIdentification"),
            seeing(
                "there is no debug line", lambda stage: str("DEBG" not in stage.daemon.log_text())
            ),
        ),
        arguments=("--nodaemon", "-e", "info", "--identifier=line"),
    ),
    Scenario(
        "includes",
        """
[include]
files = {dir}/parts/*.conf parts/b.ini nosuch/*.conf
[program:main]
command=cat
autostart=false
stdout_logfile=%(here)s/main-%%(program_name)s.log
""".replace("-%%(program_name)s", ""),
        (COMMANDS, main_log()),
        files={
            "parts/b.conf": "[program:b]\ncommand=cat %(here)s\nautostart=false\n",
            "parts/a.conf": "[program:a]\ncommand=cat -u\nautostart=false\n"
            "[program:main]\ncommand=cat -n\n",
            "parts/b.ini": "[program:ini]\ncommand=cat %(host_node_name)s\nautostart=false\n",
        },
    ),
    Scenario(
        "expansions",
        """
[supervisord]
environment=GLOBAL="g1"
[program:many]
command=cat %(program_name)s %(group_name)s %(process_num)02d %(numprocs)d %(ENV_GLOBAL)s %%
process_name=%(program_name)s_%(process_num)02d
numprocs=3
numprocs_start=8
autostart=false
stdout_logfile={dir}/%(program_name)s.%(process_num)d.log
[program:outer]
command=cat %(ENV_OUTSIDE)s %(here)s %(ENV_OWN)s
environment=OWN="mine"
autostart=false
[group:g]
programs=outer
""",
        (COMMANDS, ctl("status"), ctl("avail")),
        environment={"OUTSIDE": "from outside"},
    ),
    Scenario(
        "comments_and_continuations",
        textwrap.dedent("""
        ; a comment
        # another one
        [program:a] ; behind a header
        command = sh -c 'echo a;b' ; cut here
        AutoStart : no
        environment = A="1",
           B="2",

           C="3"
        [program:b]
        command=cat
          -n
          ; a comment in between
          -u
        autostart=no
        [program:a]
        priority=5
        priority=6
        [no_such_section]
        nokey=1
        """),
        (COMMANDS, ctl("avail"), main_log()),
    ),
    Scenario(
        "hints_while_parsing",
        """
[supervisord]
nocleanup=true
[include]
files=none-of-this
[program:sys]
command=cat
stdout_logfile=syslog
autostart=false
[program:auto]
command=cat
stdout_logfile_maxbytes=0
autostart=false
[program:redirected]
command=cat
redirect_stderr=true
stderr_logfile={dir}/x.log
autostart=false
""",
        (main_log(),),
    ),
    Scenario(
        "environment_values",
        """
[program:env]
command=sh {dir}/env.sh
startsecs=0
environment=PLAIN=b,QUOTED="b c",SINGLE='d,e',HASH="a#b",EMPTY="",EQ="a=b",PATHLIKE=/a.b+c-d(e):f,
  NEXT="line",TRAIL=x,
""",
        (until_file("env"), text_of("env")),
        files={
            "env.sh": "#!/bin/sh\nenv | grep -E '^(PLAIN|QUOTED|SINGLE|HASH|EMPTY|EQ|PATHLIKE|NEXT|"
            "TRAIL)=' | sort > {dir}/env.tmp\nmv {dir}/env.tmp {dir}/env\nexec cat\n"
        },
    ),
    Scenario(
        "same_names_and_empty_groups",
        """
[program:a]
command=cat one
autostart=false
[program:b]
command=cat two
autostart=false
[group:b]
programs=a
priority=5
[group:empty]
programs=
""",
        (
            ctl("status"),
            ctl("start", "empty:*"),
            ctl("status", "empty:*"),
            ctl("update", "empty"),
            rpc("stopProcessGroup", "empty"),
        ),
    ),
    Scenario(
        "programs_run_without_any_server",
        """
[program:a]
command=cat
startsecs=0
""",
        (until("a", "RUNNING"), rpc("getState")),
    ),
)
