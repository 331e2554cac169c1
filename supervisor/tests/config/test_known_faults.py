"""The faults of the reference that concern the configuration: what is mended, what is kept."""

import pytest

from supervisor.config.diff import diff_groups
from supervisor.config.problems import CheckRefusal, check_exit_status
from supervisor.config.values import AUTO_LOG, FileLog
from supervisor.errors import Severity
from supervisor.tests.config.machine import (
    UNREADABLE,
    first_error,
    group_of,
    load,
    process_of,
    settings_of,
    warnings_of,
)

FCGI = "[fcgi-program:f]\ncommand=x\nsocket=unix:///tmp/f\n"


def check_status(text):
    """Exit status of a check of the text."""
    return check_exit_status(load(text + "\n[supervisord]\n").problems)


@pytest.mark.parametrize("percent", ["%%", "%%%%"])
def test_c1_one_percent_sign_in_a_log_file_is_written_twice_or_four_times(percent):
    """Both spellings work: expanded once, then a doubled sign that is left becomes one."""
    process = process_of(f"stdout_logfile=/tmp/a{percent}b")
    assert process.stdout_logfile == FileLog("/tmp/a%b")


def test_c1_value_of_a_variable_is_not_expanded_again():
    """A variable whose value holds a format is no longer expanded."""
    process = process_of("stdout_logfile=/tmp/%(ENV_X)s", environ={"X": "%(program_name)s"})
    assert process.stdout_logfile == FileLog("/tmp/%(program_name)s")


def test_c2_directory_and_umask_in_the_foreground_are_kept_and_hinted_at():
    """Ignored in foreground mode as ever; a hint is logged."""
    text = "[supervisord]\nnodaemon=true\ndirectory=/srv\numask=077\n"
    lines = load(text).log_lines(at_start=True)
    assert [text for severity, text in lines if severity is Severity.INFO] == [
        "s.conf:3: [supervisord] directory=/srv: directory has no effect in the foreground",
        "s.conf:4: [supervisord] umask=077: umask has no effect in the foreground",
    ]


def test_c3_invalid_file_gives_no_settings_but_all_problems():
    """What runs is never touched by an invalid file: there is nothing to apply."""
    result = load("[supervisord]\nminfds=x\n[program:a]\n")
    assert result.settings is None
    assert result.first_error().message == "invalid literal for int() with base 10: 'x'"
    assert len(result.problems) == 2


def test_c4_relative_path_of_the_file_is_made_absolute():
    """A reload finds the file again wherever the daemon has gone."""
    settings = settings_of("", cwd="/etc")
    assert settings.path == "/etc/s.conf"
    assert settings.here == "/etc"


def test_c5_pidfile_and_logfile_are_absolute_on_every_reading():
    """A reread gives the same paths as the start."""
    settings = settings_of("[supervisord]\nlogfile=a.log\npidfile=../a.pid\n", cwd="/etc")
    assert settings.supervisord.logfile == FileLog("/etc/a.log")
    assert settings.supervisord.pidfile == "/a.pid"


@pytest.mark.parametrize("line", ["socket_mode=0777", "socket_owner=web", "socket_backlog=7"])
def test_c6_change_of_a_fastcgi_socket_is_detected(line):
    """Mode, owner and backlog are compared as well."""
    active, available = settings_of(FCGI).groups, settings_of(FCGI + line).groups
    assert [group.name for group in diff_groups(active, available).changed] == ["f"]


def test_c6_change_between_file_and_auto_is_detected():
    """A log file that becomes AUTO is a change; AUTO on both sides is none."""
    auto = settings_of("[program:a]\ncommand=x\n").groups
    file = settings_of("[program:a]\ncommand=x\nstdout_logfile=/tmp/x\n").groups
    assert diff_groups(file, auto).changed == auto
    assert diff_groups(auto, file).changed == file
    assert not any(diff_groups(auto, settings_of("[program:a]\ncommand=x\n").groups))


def test_c7_fastcgi_program_in_a_group_keeps_its_socket():
    """One socket per section, shared by its processes only, wherever they are grouped."""
    text = FCGI + "numprocs=2\nprocess_name=f%(process_num)d\n"
    text += "[program:p]\ncommand=x\n[group:g]\nprograms=f,p\n"
    (group,) = settings_of(text).groups
    first, second, other = group.processes
    assert first.fcgi is second.fcgi is not None
    assert first.fcgi.socket.path == "/tmp/f"
    assert other.fcgi is None


def test_c8_first_of_two_groups_with_one_name_wins_with_a_warning():
    """The winner is the one that sorts first; the daemon starts anyway."""
    text = "[group:p]\nprograms=a\npriority=5\n[program:a]\ncommand=x\n[program:p]\ncommand=y\n"
    settings = settings_of(text)
    assert [process.name for process in group_of(settings, "p").processes] == ["a"]
    assert len(settings.groups) == 1
    assert any("group p is ignored" in warning for warning in warnings_of(text))
    assert any(
        "group p is ignored" in line
        for _, line in load(text + "[supervisord]\n").log_lines(at_start=False)
    )


def test_c9_unknown_keys_are_warnings_with_a_suggestion():
    """Old files load; a typing error is told."""
    assert warnings_of("[program:a]\ncommand=x\nstarsecs=5\n") == [
        "s.conf:3: [program:a] starsecs=5: unknown key is ignored; did you mean startsecs?"
    ]


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("[programs:a]\n", "s.conf:1: [programs:a]: unknown section is ignored; did you mean"),
        ("[Program:a]\n", "s.conf:1: [Program:a]: unknown section is ignored; did you mean"),
        ("[program]\n", "s.conf:1: [program]: unknown section is ignored; did you mean"),
        ("[my own]\n", "s.conf:1: [my own]: unknown section is ignored"),
    ],
)
def test_c9_unknown_sections_are_told(text, warning):
    """People keep sections of their own in the file; misspelt ones get a suggestion."""
    (found,) = warnings_of(text)
    assert found.startswith(warning)
    assert check_status(text) == 0


@pytest.mark.parametrize(
    ("text", "section"),
    [
        ("[program:a]\ncommand=x\npriority=p\n", "program:a"),
        ("[group:g]\npriority=p\n", "group:g"),
        ("[eventlistener:e]\ncommand=x\nevents=TICK\nbuffer_size=p\n", "eventlistener:e"),
        (FCGI + "socket_backlog=p\n", "fcgi-program:f"),
    ],
)
def test_c10_errors_of_group_level_keys_name_section_and_file(text, section):
    """Converter messages get the suffix that other keys have."""
    expected = f"invalid literal for int() with base 10: 'p' in section '{section}'"
    assert first_error(text) == f"{expected} (file: 's.conf')"


def test_c10_texts_that_name_their_section_stay_as_they_are():
    """They are compared verbatim."""
    assert first_error("[eventlistener:e]\ncommand=x\n") == (
        '[eventlistener:e] section requires an "events" line'
    )


@pytest.mark.parametrize(
    ("socket", "sentence"),
    [
        ("foo", "Bad socket format foo in [fcgi-program:f] socket"),
        (
            "unix://rel/x",
            "Unix socket path rel/x is not an absolute path in [fcgi-program:f] socket",
        ),
    ],
)
def test_c11_wrong_fastcgi_sockets_are_told_in_a_sentence(socket, sentence):
    """No tuple is shown."""
    assert first_error(f"[fcgi-program:f]\ncommand=x\nsocket={socket}\n") == sentence


@pytest.mark.parametrize(
    ("value", "variable", "lost"), [("A=$x", "$", "x"), ("A=a b", "a", "b"), ("A=日本", "日", "本")]
)
def test_c12_lost_text_in_environment_is_told_and_only_refused_by_a_check(value, variable, lost):
    """Accepted with today's value, so that running installations start."""
    text = f"[program:a]\ncommand=x\nenvironment={value}\n"
    (process,) = settings_of(text).groups[0].processes
    assert process.environment == {"A": variable}
    assert any(f"{lost!r} in environment is ignored" in line for line in warnings_of(text))
    assert check_status(text) == 2


@pytest.mark.parametrize(("name", "number"), [("0", 0), ("_DFL", 0), ("SIG_IGN", 1)])
def test_c13_things_that_are_no_signals_are_told_and_only_refused_by_a_check(name, number):
    """Accepted with today's meaning, so that running installations start."""
    text = f"[program:a]\ncommand=x\nstopsignal={name}\n"
    result = load(text + "[supervisord]\n")
    assert result.settings.groups[0].processes[0].stopsignal == number
    assert [type(problem) for problem in result.problems] == [CheckRefusal]
    assert check_status(text) == 2


@pytest.mark.parametrize(
    ("port", "host"), [("[::1]:9001", "::1"), ("::1:9001", "::1"), ("[::]:9001", "::")]
)
def test_c16_ipv6_addresses_are_understood(port, host):
    """With brackets, and in the form that is split at the last colon."""
    (server,) = settings_of(f"[inet_http_server]\nport={port}\n").servers
    assert (server.host, server.port) == (host, 9001)
    assert server.url == f"http://[{host}]:9001"


def test_c17_utf8_bom_is_accepted():
    """Editors of some systems put it in front of the text."""
    assert settings_of(b"\xef\xbb\xbf[supervisord]\nidentifier=x\n").supervisord.identifier == "x"


def test_c18_unreadable_included_file_is_told():
    """It is left out, and the log says so."""
    text = "[include]\nfiles=a.inc\n"
    lines = warnings_of(text, included={"a.inc": UNREADABLE})
    assert any("cannot read included file /etc/a.inc: Permission denied" in line for line in lines)


def test_c19_empty_user_name_with_a_password_is_refused():
    """A server would run without the protection its owner meant it to have."""
    text = "[inet_http_server]\nport=1\nusername=\npassword=x\n"
    assert "the password would protect nothing" in first_error(text)


def test_c19_empty_user_name_with_an_empty_password_means_no_authentication():
    """Both empty, typically from variables, keeps its meaning."""
    (server,) = settings_of("[inet_http_server]\nport=1\nusername=\npassword=\n").servers
    assert server.username is server.password is None


@pytest.mark.parametrize(
    "text",
    [
        "[unix_http_server]\nfile=/tmp/x\nusername=%(here)s\npassword=x\n",
        "[inet_http_server]\nport=1\nusername=%(here)s\npassword=x\n",
    ],
)
def test_c20_here_is_known_in_every_key(text):
    """Whether the file has an [include] or not."""
    assert settings_of(text).servers[0].username == "/etc"


def test_c20_here_is_known_to_plug_ins():
    """Their keys are expanded like others."""
    text = "[rpcinterface:x]\nsupervisor.rpcinterface_factory=m:f\nkey=%(here)s\n"
    settings = settings_of(text, entry_points={"m": object()})
    assert settings.rpcinterfaces[0].options == {"key": "/etc"}


def test_c22_variables_that_were_deleted_are_gone_on_the_next_reading():
    """A value of an earlier reading does not survive."""
    text = "[supervisord]\n{}\n[program:a]\ncommand=%(ENV_GONE)s\n"
    assert load(text.format("environment=GONE=1")).settings is not None
    assert "'ENV_GONE'" in load(text.format("")).first_error().message


def test_c23_priority_may_not_differ_between_processes():
    """It is read at group level too; kept."""
    assert "'process_num'" in first_error("[program:a]\ncommand=x\npriority=%(process_num)d\n")


def test_c24_members_of_a_group_keep_the_order_of_programs():
    """Autostart follows programs=, not the priorities of processes; kept."""
    text = "[group:g]\nprograms=b,a\n[program:a]\ncommand=x\npriority=1\n[program:b]\ncommand=x\n"
    (group,) = settings_of(text).groups
    assert [process.name for process in group.processes] == ["b", "a"]


def test_c26_last_inet_server_gives_the_url_of_children():
    """With several inet servers the last one counts; kept."""
    text = "[inet_http_server:a]\nport=1\n[inet_http_server:b]\nport=h:2\n"
    assert settings_of(text).serverurl == "http://h:2"
    assert settings_of(text + "[unix_http_server]\nfile=/tmp/s\n").serverurl == "unix:///tmp/s"


def test_c27_last_of_two_processes_with_one_name_wins_with_a_warning():
    """The later definition replaces the earlier one."""
    text = (
        "[group:g]\nprograms=a,b\n[program:a]\ncommand=x\nprocess_name=p\n"
        "[program:b]\ncommand=y\nprocess_name=p\n"
    )
    (process,) = settings_of(text).groups[0].processes
    assert process.command == "y"
    assert any("only the last p is kept" in line for line in warnings_of(text))


def test_c28_plug_ins_get_only_their_own_keys():
    """Keys of [DEFAULT] do not reach their factories."""
    text = (
        "[DEFAULT]\nstartsecs=7\n[rpcinterface:supervisor]\nk=1\n"
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
        "[program:a]\ncommand=x\n"
    )
    settings = settings_of(text)
    assert settings.rpcinterfaces[0].options == {"k": "1"}
    assert settings.groups[0].processes[0].startsecs == 7


def test_c29_unknown_member_is_blamed_on_the_group():
    """Not on the member before it."""
    text = "[group:g]\nprograms=a,zz\n[program:a]\ncommand=x\n"
    assert first_error(text) == "[group:g] names unknown program or fcgi-program zz"


def test_c30_order_of_subscriptions_is_no_change():
    """They are compared as sets."""
    text = "[eventlistener:e]\ncommand=x\nevents={}\n"
    one = settings_of(text.format("TICK_5,EVENT")).groups
    other = settings_of(text.format("event,TICK_5,EVENT")).groups
    assert not any(diff_groups(one, other))


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("""A="'x'" """, "'x'"),
        ("""A='"json"'""", '"json"'),
        (r'A="a\\b"', r"a\b"),
        ('A="b"c', "bc"),
        ('A="a""b"', "ab"),
        ('A=a"b"c', "abc"),
    ],
)
def test_c32_values_that_release_4_3_read_otherwise_are_told(value, meaning):
    """The newer reading counts, with a warning where both differ."""
    text = f"[program:a]\ncommand=x\nenvironment={value}\n"
    (process,) = settings_of(text).groups[0].processes
    assert process.environment == {"A": meaning}
    assert any("mean more than in Supervisor 4.3: A changed" in line for line in warnings_of(text))


def test_c32_quotes_around_whole_values_are_not_worth_a_warning():
    """Both readings agree."""
    assert warnings_of("[program:a]\ncommand=x\nenvironment=A=\"b c\",B='d,e',C=f\n") == []


def test_l10_programs_may_ask_for_default_signals():
    """Off by default; children then inherit what they always did."""
    assert process_of("").restore_signals is False
    assert process_of("restore_signals=true").restore_signals is True


def test_l29_relative_logs_of_children_refer_to_where_they_have_always_lain():
    """Against `directory` when daemonizing, else against the start directory."""
    text = "[supervisord]\ndirectory=/srv\nnodaemon={}\n[program:a]\ncommand=x\n{}"
    daemonizing = settings_of(text.format("false", "stdout_logfile=logs/a.log"))
    assert daemonizing.supervisord.child_log_base == "/srv"
    assert daemonizing.groups[0].processes[0].stdout_logfile == FileLog("logs/a.log")
    foreground = settings_of(text.format("true", ""))
    assert foreground.supervisord.child_log_base == "/etc"
    assert foreground.groups[0].processes[0].stdout_logfile is AUTO_LOG
