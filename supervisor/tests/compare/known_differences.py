"""Every difference from the reference release that we allow ourselves, and the row that allows it.

The rule of this module: a row names the entry of the specification that asks for the change;
`change` are the lines that differ, `-` the reference's, `+` ours. An entry that no longer occurs
fails the suite.
"""

from supervisor.tests.support.scenario import KnownDifference, Side

CAUSE = "supervisorctl: when the daemon cannot be reached, tell the cause and the command to try"
NO_UPCHECK = "supervisorctl, commands without upcheck: same texts as upcheck, keep exit 1; " + CAUSE
LOGIN = "supervisorctl, one-shot 401: first line only, exit 1; " + CAUSE
VERSION = "xmlrpc 2.1: getSupervisorVersion is the version of the package"
EXEC = "architecture 2, spawning: exec errors come back at once as an errno"
HELP = "supervisorctl 2.8: help texts carry facts; words and columns are our own"
ENTRY_POINT = "config 6 [4.4]: entry points, with the text of the exception"
NEW_METHOD = (
    "xmlrpc faults, getState while shutting down: offer another read-only way; lifecycle 1: FATAL "
    "is real now, and can be accepted; events 7: results of listeners have content to ask for"
)
NEW_COMMAND = "supervisorctl 2.8: commands of ours are listed with the others"

NEXT_LINE = r"\+ cannot reach supervisord: .*"
ALL_PROBLEMS = r"\+ for all problems: supervisord --check -c <DIR>/supervisord\.conf"
OUR_METHODS = {
    "clearFatal": "'boolean'",
    "getDaemonState": "'struct'",
    "getEventJournal": "'struct'",
    "getEventPools": "'array'",
    "getUserChanges": "'array'",
    "queryListener": "'string', 'string', 'string', 'int'",
}
"""Methods that the reference does not have, and their signatures."""

NEW_NAMES = r"\n".join(rf"\+ +'supervisor\.{name}'," for name in OUR_METHODS)
NEW_SIGNATURES = r"\n".join(
    rf"\+ supervisor\.{name}: \[{types}\]" for name, types in OUR_METHODS.items()
)

RAW_401 = (
    r"- error: <class 'xmlrpc\.client\.ProtocolError'>.*401 Unauthorized.*\n"
    r"\+ cannot log in( as user)?: .*"
)


def ctl(scenario: str, row: str, change: str, *observations: str) -> tuple[KnownDifference, ...]:
    """The same change of our supervisorctl in several observations of a scenario."""
    return tuple(
        KnownDifference(scenario, observation, row, change, Side.CTL)
        for observation in observations
    )


def daemon(scenario: str, row: str, change: str, *observations: str) -> tuple[KnownDifference, ...]:
    """The same change of our supervisord in several observations of a scenario."""
    return tuple(
        KnownDifference(scenario, observation, row, change) for observation in observations
    )


UNREACHABLE = (
    *ctl(
        "ctl_without_a_daemon",
        CAUSE,
        NEXT_LINE,
        *("ctl status", "ctl start cat", "ctl stop all", "ctl pid", "ctl version"),
        *("ctl tail cat", "ctl maintail"),
    ),
    *ctl(
        "ctl_without_a_daemon",
        NO_UPCHECK,
        r"- error: <class 'FileNotFoundError'>.*\n\+ unix://<DIR>/s\.sock no such file\n"
        + NEXT_LINE,
        *("ctl avail", "ctl reread", "ctl update", "ctl add x", "ctl remove x", "ctl reload"),
    ),
    *ctl(
        "ctl_with_a_stale_socket",
        CAUSE,
        NEXT_LINE,
        *("ctl status", "ctl start cat", "ctl pid", "ctl -s http://127.0.0.1:{port} status"),
        *("ctl -s ftp://x status", "ctl -s unix://{dir}/none status"),
    ),
    *ctl("ctl_shell_fed_by_a_pipe", CAUSE, NEXT_LINE, "ctl open http://127.0.0.1:{port}"),
    *ctl("shutdown_by_ctl", CAUSE, NEXT_LINE, "ctl status"),
    *ctl("two_servers", CAUSE, NEXT_LINE, "ctl -s http://127.0.0.1:{port} status #2"),
)

CTL = (
    *ctl("password_is_asked_for", LOGIN, RAW_401, "ctl -u user -p wrong version"),
    *ctl(
        "sha_password_and_tcp",
        LOGIN,
        RAW_401,
        "ctl -s http://127.0.0.1:{port} -u user -p wrong status",
        "ctl -s http://127.0.0.1:{port} status",
    ),
    *ctl(
        "ctl_follows_a_log_until_the_daemon_ends",
        "supervisorctl faults: `tail -f` of unknown name exits 1",
        r"- exit 0\n\+ exit 1",
        "ctl tail -f nosuch",
    ),
    *ctl(
        "ctl_other_commands_misused",
        "supervisorctl faults: `clear 'grp:*'` supports groups",
        r"- exit 1\n- cat:None: ERROR \(no such process\)\n\+ exit 0\n\+ cat: cleared",
        "ctl clear cat:*",
    ),
    *ctl(
        "ctl_other_commands_misused",
        HELP,
        r"- (maintail|reload|reread|shutdown) .*(\n-)?\n\+ \1.*",
        *("ctl maintail a b", "ctl reread x"),
    ),
    *ctl(
        "ctl_help", NEW_COMMAND, r"([-+] (add|avail|clear|clearfatal) .*\n?)+", "ctl help", "ctl ?"
    ),
    *ctl(
        "ctl_start_and_stop_misused",
        "supervisorctl faults: `clear 'grp:*'` supports groups",
        r"\+ clear <gname>:\*\s+Clear the log files of all processes in a group",
        "ctl clear",
    ),
    *ctl(
        "ctl_start_and_stop_misused",
        "supervisorctl faults: `pid 'grp:*'` may extend",
        r"- exit 1\n- No such process pair:\*\n\+ exit 0\n\+ <PID>\n\+ (<PID>|0)",
        "ctl pid pair:*",
    ),
    *ctl(
        "ctl_on_a_broken_file",
        "supervisorctl faults: `update` on broken config is told as reread tells it",
        r"- error: <class 'xmlrpc\.client\.Fault'>.*\n\+ ERROR: CANT_REREAD: .*\n" + ALL_PROBLEMS,
        "ctl update",
    ),
    *ctl(
        "ctl_on_a_broken_file",
        "supervisorctl 2.7: the line stays; stderr names the command that reports all problems",
        ALL_PROBLEMS,
        *("ctl reread", "ctl reread #2"),
    ),
)

VERSIONS = tuple(
    difference
    for scenario, observation, before in (
        ("plain_answers", "getSupervisorVersion()", "'"),
        ("password_is_asked_for", "ctl version", ""),
        ("ctl_help", "ctl version", ""),
        ("ctl_shell_fed_by_a_pipe", r"ctl < 'version\nexit\n'", "supervisor> "),
        ("usage_of_the_daemon", "supervisord -v", ""),
    )
    for difference in daemon(
        scenario, VERSION, rf"- {before}4\.3\.0'?\n\+ {before}5\.\d+\.\S+", observation
    )
)

DAEMON = (
    *daemon("system_namespace", NEW_METHOD, NEW_NAMES, "system.listMethods()"),
    *daemon("system_namespace", NEW_METHOD, NEW_SIGNATURES, "all signatures"),
    *daemon("calls_during_the_shutdown_are_refused", NEW_METHOD, NEW_NAMES, "system.listMethods()"),
    *daemon(
        "all_config_info",
        "xmlrpc 2.6 [4.4]: autorestart",
        r"- .*'not there'.*\n\+ \['unexpected', 'unexpected', 'unexpected'\]",
        "autorestart in getAllConfigInfo()",
    ),
    *daemon(
        "http_around_the_calls",
        "architecture 2, HTTP: h11 composes, and says that it closes",
        r"\+ Connection: close",
        "http POST /RPC2 HTTP/1.0",
    ),
    *daemon(
        "failures_between_fork_and_exec",
        EXEC,
        r"(- WARN exited: \w+ \(exit status 127; not expected\)\n?)+",
        "main log exited|gave up",
    ),
    *daemon(
        "failures_between_fork_and_exec",
        EXEC,
        r"([-+] .*'(description|spawnerr|stop)': .*\n?)+",
        "getAllProcessInfo()",
    ),
    *daemon(
        "comments_and_continuations",
        "C9",
        r"\+ INFO <DIR>/supervisord\.conf:\d+: \[no_such_section\]: unknown section is ignored",
        "main log",
    ),
    *daemon(
        "refused_sections",
        "C10",
        r"- Error: (.*)\n\+ Error: \1 in section 'program:a( b)?' \(file: 's\.conf'\)",
        *("supervisord on command=cat", "supervisord on priority=x"),
    ),
    *daemon(
        "refused_plug_ins_and_places",
        ENTRY_POINT,
        r"- Error: (.*)\n\+ Error: \1: No module named 'no'",
        "supervisord on supervisor.rpcinterface_factory=no.such:thing",
    ),
    *daemon(
        "refused_plug_ins_and_places",
        "web.md: a server that is open to others and asks nobody is warned of in clear words",
        r"\+ WARN s\.conf:\d+: \[inet_http_server\] port=1\.2\.3\.4:1: .* asks nobody for .*",
        "supervisord on port=1.2.3.4:1",
    ),
)

ONE_NO_HELP = "supervisorctl faults: `help` with plugins prints 'No help' once"

PLUGINS = (
    *ctl("ctl_plugins", NEW_COMMAND, r"([-+] (add|avail|clear|clearfatal) .*\n?)+", "ctl help"),
    *ctl(
        "ctl_plugins",
        ONE_NO_HELP,
        r"(- (supervisor> )?(\*\*\* No help on \w+|\w+\t\t.*)\n)+"
        r"(\+ supervisor> \w+\t\t.*\n?){3}",
        r"ctl < 'help keys\nhelp up\nhelp boom\nhelp care\nhelp nope\n'",
    ),
    *ctl(
        "ctl_plugins",
        f"{ONE_NO_HELP}; {HELP}",
        r"(- \*\*\* No help on status\n){2}(\+ (status --\w+|\t\t\t).*\n?)+",
        "ctl help status",
    ),
    *(
        difference
        for name in ("that_is_not_there", "whose_module_is_not_there")
        for difference in ctl(
            f"ctl_plugin_{name}",
            ENTRY_POINT,
            r"- (Error: \S+ cannot be resolved within \[ctlplugin:x\])\n\+ \1: .*",
            "ctl version",
        )
    ),
    *ctl(
        "ctl_plugin_that_fails",
        "supervisorctl: a plug-in that cannot be made is a usage error that names it",
        r"- exit 1\n- Traceback (.*\n)+- RuntimeError: no licence\n\+ exit 2\n"
        r"\+ Error: cannot make the commands of \[ctlplugin:x\]: RuntimeError: no licence .*\n"
        r"\+ For help, use <PROGRAM> -h",
        "ctl version",
    ),
)

FCGI = (
    *daemon(
        "fcgi_mode_is_changed",
        "C6",
        r"- No config updates to processes\n\+ pair: changed",
        "ctl reread",
    ),
    *daemon(
        "fcgi_program_in_a_group",
        "C7",
        r"- pipe pipe, 2 different\n\+ socket socket, 1 different",
        "descriptor 0 of site:pair_0, site:pair_1",
    ),
    *daemon(
        "fcgi_socket_is_refused",
        "C21",
        r"- exit 1\n- Traceback (.*\n)+- ValueError: (Could not create FastCGI socket .*)\n"
        r"\+ exit 2\n\+ Error: \2\n\+ For help, use <PROGRAM> -h",
        "supervisord on unix:///no/such/f.sock",
        "supervisord on unix://{dir}",
        "supervisord on tcp://203.0.113.1:9000",
    ),
)

LISTENER_LINES = (
    r"main log ^b'|(^DEBG|^WARN|^ERRO) "
    r"(odd: |'(odd)' stdout output|(event|rebuffering|pool) )"
)

LISTENERS = (
    *daemon(
        "listener_that_answers_with_another_word",
        "E7",
        r"\+ WARN odd: result line begins with 'RESALT ' instead of 'RESULT ', taken for a result",
        LISTENER_LINES,
    ),
    *daemon(
        "listener_that_answers_with_a_negative_length",
        "E7",
        r"\+ WARN odd: bad result line: 'RESULT -1'\n\+ DEBG odd: BUSY -> UNKNOWN\n"
        r"\+ WARN odd: has entered the UNKNOWN state .*\n\+ DEBG rebuffering event 0 .*",
        LISTENER_LINES,
    ),
    *daemon(
        "listener_that_answers_with_odd_bytes",
        "style 13: what others send is shown as text, without control characters",
        r"- (WARN odd: bad result line: 'it's )\x01( Ø \t\.')\n\+ \1\\x01\2",
        LISTENER_LINES,
    ),
    *daemon(
        "subscriptions_overlap",
        "E2",
        r"- .* serial:(\d+) .* eventname:PROCESS_STATE_STOPPED .*",
        "events of twice eventname:PROCESS_STATE_STOPP.*cat",
    ),
    *daemon(
        "rejected_events_and_other_pools",
        "E1",
        r"- .* pool:other poolserial:0 eventname:REMOTE_COMMUNICATION len:12\|type:say\n- one\|\n"
        r"- (?P<head>.* pool:other poolserial:)1( .*)\n\+ (?P=head)0\2",
        "events of other",
    ),
    *daemon(
        "events_of_captured_output",
        "E11; capture mode withholds nothing",
        r"- .* serial:1 .* eventname:PROCESS_LOG_STDOUT .*\n"
        r"- .* serial:2 .* eventname:PROCESS_COMMUNICATION_STDOUT .*\n- bø\|\n"
        r"\+ .* serial:1 .* eventname:PROCESS_COMMUNICATION_STDOUT .*\n"
        r"\+ .* serial:2 .* eventname:PROCESS_LOG_STDOUT .*\n\+ c\|",
        "events of all",
    ),
)

KNOWN: tuple[KnownDifference, ...] = (
    *UNREACHABLE,
    *CTL,
    *VERSIONS,
    *DAEMON,
    *PLUGINS,
    *FCGI,
    *LISTENERS,
)
