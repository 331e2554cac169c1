"""Keys of all sections: types, defaults, rules between keys."""

import pytest

from supervisor.config.sections.program import NUMPROCS_MAX
from supervisor.config.values import AUTO_LOG, NO_LOG, SYSLOG, Autorestart, FileLog, Ownership
from supervisor.errors import Severity
from supervisor.levels import Level
from supervisor.tests.config.machine import (
    first_error,
    group_of,
    load,
    process_of,
    settings_of,
    warnings_of,
)


def test_program_has_the_documented_defaults():
    """Every default of the manual."""
    process = process_of("")
    assert (process.name, process.group, process.namespec) == ("a", "a", "a")
    assert process.autorestart is Autorestart.UNEXPECTED
    assert (process.startsecs, process.startretries, process.stopwaitsecs) == (1, 3, 10)
    assert (process.stopsignal, process.exitcodes, process.priority) == (15, (0,), 999)
    assert process.stdout_logfile is process.stderr_logfile is AUTO_LOG
    assert process.stdout_logfile_maxbytes == 50 * 1024 * 1024
    assert process.uid is process.gid is process.umask is process.directory is None
    assert process.serverurl is None


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("autostart=OFF", "autostart", False),
        ("autorestart=1", "autorestart", Autorestart.ALWAYS),
        ("autorestart=No", "autorestart", Autorestart.NEVER),
        ("startsecs= -1_0", "startsecs", -10),
        ("stopsignal=usr1", "stopsignal", 10),
        ("stopsignal=SIGHUP", "stopsignal", 1),
        ("stopsignal=9", "stopsignal", 9),
        ("stopsignal=RTMIN", "stopsignal", 34),
        ("exitcodes=", "exitcodes", ()),
        ("exitcodes=0, 2", "exitcodes", (0, 2)),
        ("umask=0o22", "umask", 0o22),
        ("umask=-1", "umask", 0o7777),
        ("stdout_logfile_maxbytes=5 kb", "stdout_logfile_maxbytes", 5120),
        ("stdout_logfile_maxbytes=-1GB", "stdout_logfile_maxbytes", -(2**30)),
        ("stdout_logfile=none", "stdout_logfile", NO_LOG),
        ("stdout_logfile=", "stdout_logfile", NO_LOG),
        ("stdout_logfile=Auto", "stdout_logfile", AUTO_LOG),
        ("stdout_logfile=~/x", "stdout_logfile", FileLog("/home/web/x")),
        ("stdout_logfile=x.log", "stdout_logfile", FileLog("x.log")),
        ("serverurl=auto", "serverurl", None),
        ("serverurl=http://x", "serverurl", "http://x"),
        ("directory=", "directory", None),
        ("user=33", "uid", 33),
        ("user=web:staff", "gid", 50),
        ("user=33:0", "gid", 0),
        ("user=web", "gid", None),
    ],
)
def test_program_keys_are_typed(line, name, value):
    """Outside the ring nobody sees raw text."""
    assert getattr(process_of(line), name) == value


@pytest.mark.parametrize("user", ["web:nosuch", "web:99", "nosuch:www", ":www", ""])
def test_unknown_users_and_groups_are_refused(user):
    """They are looked up when the file is read."""
    assert first_error(f"[program:a]\ncommand=x\nuser={user}\n").startswith("Invalid ")


def test_killasgroup_follows_stopasgroup():
    """The default is the value of stopasgroup."""
    assert process_of("stopasgroup=true").killasgroup is True
    assert process_of("killasgroup=true").stopasgroup is False


def test_numbered_processes_are_sorted_by_name():
    """Processes of one section are sorted as text."""
    text = "[program:a]\ncommand=x %(process_num)d/%(numprocs)d\nnumprocs=3\nnumprocs_start=9\n"
    group = settings_of(text + "process_name=a%(process_num)d\n").groups[0]
    assert [process.name for process in group.processes] == ["a10", "a11", "a9"]
    assert group.processes[0].command == "x 10/3"
    assert group.processes[0].namespec == "a:a10"


@pytest.mark.parametrize("count", ["0", "-3"])
def test_group_may_have_no_processes(count):
    """numprocs of 0 or less."""
    assert settings_of(f"[program:a]\ncommand=x\nnumprocs={count}\n").groups[0].processes == ()


def test_numprocs_is_limited():
    """One more than allowed is refused."""
    text = "[program:a]\ncommand=x\nprocess_name=%(process_num)d\nnumprocs={}\n"
    message = first_error(text.format(NUMPROCS_MAX + 1))
    assert message.startswith(f"cannot make {NUMPROCS_MAX + 1} processes")


def test_syslog_as_log_file_is_the_syslog_option():
    """Deprecated alias, told at start."""
    result = load("[supervisord]\n[program:a]\ncommand=x\nstdout_logfile=SysLog\n")
    process = result.settings.groups[0].processes[0]
    assert process.stdout_logfile is NO_LOG
    assert process.stdout_syslog is True
    assert result.log_lines(at_start=True) == [
        (
            Severity.WARNING,
            "For [program:a], stdout_logfile=syslog but this is deprecated and will be removed.  "
            "Use stdout_syslog=true to enable syslog instead.",
        )
    ]


def test_redirected_stderr_has_no_log():
    """A file that was named is ignored, and told."""
    process = process_of("redirect_stderr=true\nstderr_logfile=/tmp/x")
    assert process.stderr_logfile is NO_LOG
    assert process_of("redirect_stderr=true").stderr_logfile is NO_LOG
    text = "[supervisord]\n[program:a]\ncommand=x\nredirect_stderr=true\nstderr_logfile=/tmp/x\n"
    assert load(text).log_lines(at_start=True) == [
        (
            Severity.WARNING,
            "For [program:a], redirect_stderr=true but stderr_logfile has also been set to a "
            "filename, the filename has been ignored",
        )
    ]


def test_auto_log_that_is_never_rotated_is_told():
    """It may fill the file system."""
    text = "[supervisord]\n[program:a]\ncommand=x\nstderr_logfile_maxbytes=0\n"
    assert load(text).log_lines(at_start=True) == [
        (
            Severity.WARNING,
            "For [program:a], AUTO logging used for stderr_logfile without rollover, set maxbytes "
            "> 0 to avoid filling up filesystem unintentionally",
        )
    ]


def test_root_without_user_is_told():
    """The most severe line comes first."""
    lines = load("[include]\nfiles=no\n[supervisord]\n", euid=0).log_lines(at_start=True)
    assert [severity for severity, _ in lines] == [Severity.CRITICAL, Severity.WARNING]
    assert lines[0][1].startswith("Supervisor is running as root.  Privileges were not dropped")
    assert load("[supervisord]\nuser=root\n", euid=0).log_lines(at_start=True) == []


def test_supervisord_keys_are_typed():
    """Paths are absolute, sizes bytes, levels members of the vocabulary."""
    text = (
        "[supervisord]\nlogfile=syslog\nlogfile_maxbytes=1KB\nloglevel=BLATHER\numask=077\n"
        "childlogdir=~\nuser=web\nminfds=10\nstrip_ansi=yes\ndirectory=/srv\n"
    )
    supervisord = settings_of(text).supervisord
    assert supervisord.logfile is SYSLOG
    assert supervisord.logfile_maxbytes == 1024
    assert supervisord.loglevel is Level.BLAT
    assert supervisord.umask == 0o77
    assert supervisord.childlogdir == "/home/web"
    assert supervisord.user.uid == 33
    assert supervisord.pidfile == "/etc/supervisord.pid"


def test_environment_is_merged_and_equal_ones_are_shared():
    """The program wins; programs without their own share one object."""
    text = (
        '[supervisord]\nenvironment=A="1",B="2"\n[program:a]\ncommand=x\nenvironment=B="3"\n'
        "[program:b]\ncommand=x\n[program:c]\ncommand=x\n"
        '[program:d]\ncommand=x\nenvironment=B="3"\n'
    )
    a, b, c, d = (group.processes[0] for group in settings_of(text).groups)
    assert a.environment == {"A": "1", "B": "3"}
    assert a.environment is d.environment
    assert b.environment is c.environment


def test_groups_are_sorted_by_priority_and_name():
    """Listeners come first by default."""
    text = (
        "[program:b]\ncommand=x\n[program:a]\ncommand=x\n[program:z]\ncommand=x\npriority=1\n"
        "[eventlistener:e]\ncommand=x\nevents=TICK\n"
    )
    settings = settings_of(text)
    assert [group.name for group in settings.groups] == ["e", "z", "a", "b"]
    assert group_of(settings, "e").priority == -1
    assert group_of(settings, "e").processes[0].priority == 999


def test_program_may_belong_to_several_groups():
    """One copy in each; it loses its own group."""
    text = "[program:a]\ncommand=x\n[group:g]\nprograms=a\n[group:h]\nprograms=a\n"
    settings = settings_of(text)
    assert [group.name for group in settings.groups] == ["g", "h"]
    assert [group.processes[0].group for group in settings.groups] == ["g", "h"]


def test_group_may_be_empty():
    """No programs= is no error."""
    assert settings_of("[group:g]\n").groups[0].processes == ()


def test_listener_cannot_be_a_member():
    """Only programs and FastCGI programs can."""
    text = "[group:g]\nprograms=e\n[eventlistener:e]\ncommand=x\nevents=TICK\n"
    assert first_error(text) == "[group:g] names unknown program or fcgi-program e"


def test_unaddressable_names_are_told():
    """They load, but cannot be named in a command."""
    assert any("cannot be addressed" in line for line in warnings_of("[program:a*]\ncommand=x\n"))


def test_fastcgi_socket_belongs_to_its_user():
    """If the user differs from that of the daemon."""
    text = "[fcgi-program:f]\ncommand=x\nsocket=unix:///tmp/f\nuser={}\n"
    other = settings_of(text.format("nobody"), euid=0).groups[0].fcgi
    assert other.socket_owner == Ownership(65534, 65534)
    own = settings_of(text.format("web"), euid=33).groups[0].fcgi
    assert own.socket_owner is None


@pytest.mark.parametrize(
    ("port", "host", "number"),
    [("9001", "", 9001), (":9001", "", 9001), ("*:9001", "", 9001), ("Host:1", "host", 1)],
)
def test_inet_server_addresses(port, host, number):
    """Empty and * mean all interfaces."""
    (server,) = settings_of(f"[inet_http_server]\nport={port}\n").servers
    assert (server.host, server.port) == (host, number)


@pytest.mark.parametrize(
    ("port", "message"),
    [
        ("abc", "not a valid port number: 'abc' "),
        ("0", "not a valid port number: '0' "),
        ("h:99999", "99999 is above upper bound (65535)"),
        ("*:0", "0 is below lower bound (1)"),
        ("h:", "no port number specified in ''"),
        ("h:x", "invalid literal for int() with base 10: 'x'"),
    ],
)
def test_wrong_inet_server_addresses(port, message):
    """The texts of the reference."""
    assert first_error(f"[inet_http_server]\nport={port}\n") == message


@pytest.mark.parametrize(
    ("owner", "uid", "gid"),
    [("web", 33, None), ("web:www", 33, 34), (":www", None, 34), ("33:34", 33, 34)],
)
def test_socket_may_be_given_to_a_user_or_a_group_alone(owner, uid, gid):
    """What is not named stays unchanged."""
    (server,) = settings_of(f"[unix_http_server]\nfile=x\nchown={owner}\n").servers
    assert (server.uid, server.gid) == (uid, gid)
    assert server.file == "/etc/x"
    assert server.chmod == 0o700


def test_servers_are_opened_inet_first():
    """Any number of each, told apart by name."""
    text = "[unix_http_server:u]\nfile=/tmp/u\n[inet_http_server:b]\nport=1\n"
    text += "[inet_http_server]\nport=2\n"
    servers = settings_of(text).servers
    assert [(server.kind, server.name) for server in servers] == [
        ("inet", "b"),
        ("inet", ""),
        ("unix", "u"),
    ]


def test_user_name_with_an_empty_password_switches_authentication_on():
    """On if and only if the user name is not empty."""
    (server,) = settings_of("[inet_http_server]\nport=1\nusername=u\npassword=\n").servers
    assert (server.username, server.password) == ("u", "")


def test_plug_in_that_cannot_be_imported_is_told():
    """With the text of the exception."""
    text = "[rpcinterface:x]\nsupervisor.rpcinterface_factory=nosuch:f\n"
    expected = "nosuch:f cannot be resolved within [rpcinterface:x]: No module named 'nosuch'"
    assert first_error(text) == expected
    listener = "[eventlistener:e]\ncommand=x\nevents=TICK\nresult_handler=nosuch:f\n"
    assert "cannot be resolved within [eventlistener:e]" in first_error(listener)


def test_user_of_supervisord_is_judged_last():
    """The order in which the reference evaluates."""
    assert "int()" in first_error("[supervisord]\nuser=nosuch\n[program:a]\nstartsecs=x\n")


def test_inet_servers_are_judged_before_unix_servers():
    """The order in which the reference evaluates."""
    text = "[unix_http_server]\nfile=x\nchmod=9\n[inet_http_server]\nport=x\n"
    assert first_error(text) == "not a valid port number: 'x' "
