"""``[include]``: order, overriding, messages."""

from supervisor.config.load import load_settings
from supervisor.tests.config.machine import FakeMachine, first_error, load, settings_of, warnings_of


def messages(text, **details):
    """Messages of the main log at start."""
    return [line for _, line in load(text + "[supervisord]\n", **details).log_lines(at_start=True)]


def test_included_files_override_key_by_key_in_sorted_order():
    """Later files override earlier ones; they may extend any section."""
    included = {
        "b.inc": "[program:a]\nstartsecs=2\nstopwaitsecs=2\n",
        "a.inc": "[program:a]\nstartsecs=1\nautostart=false\n[supervisord]\nidentifier=x\n",
    }
    text = "[include]\nfiles=*.inc\n[program:a]\ncommand=x\nstartsecs=0\nautostart=true\n"
    settings = settings_of(text, included=included)
    (process,) = settings.groups[0].processes
    assert (process.startsecs, process.stopwaitsecs, process.autostart) == (2, 2, False)
    assert settings.supervisord.identifier == "x"


def test_here_is_the_directory_of_the_file_it_stands_in():
    """Also of an included one."""
    included = {"sub/a.inc": "[program:b]\ncommand=%(here)s\n"}
    text = "[include]\nfiles=sub/*.inc\n[program:a]\ncommand=%(here)s\n"
    settings = settings_of(text, included=included)
    commands = [group.processes[0].command for group in settings.groups]
    assert commands == ["/etc", "/etc/sub"]


def test_every_match_and_every_pattern_without_one_is_told():
    """An info for each file, a warning for each pattern; none is an error."""
    included = {"a.inc": "", "b.inc": ""}
    assert messages("[include]\nfiles=?.inc none\n", included=included) == [
        'No file matches via include "/etc/none"',
        'Included extra file "/etc/a.inc" during parsing',
        'Included extra file "/etc/b.inc" during parsing',
    ]


def test_messages_about_included_files_are_not_repeated_on_reread():
    """They are logged only at start and on reload."""
    result = load("[include]\nfiles=none\n[supervisord]\n")
    assert result.log_lines(at_start=False) == []


def test_include_in_an_included_file_is_ignored_and_told():
    """There are no loops."""
    included = {"a.inc": "[include]\nfiles=*.inc b.other\n", "b.other": "[program:b]\ncommand=x\n"}
    text = "[include]\nfiles=*.inc\n"
    assert settings_of(text, included=included).groups == ()
    assert any(
        "[include] of the included file" in line for line in warnings_of(text, included=included)
    )


def test_file_may_include_itself():
    """It is read twice and merged with itself."""
    assert settings_of("[include]\nfiles=s.conf\n[program:a]\ncommand=x\n").groups


def test_pattern_may_use_variables():
    """here, host_node_name and the environment of the process."""
    included = {"node.inc": "[program:a]\ncommand=x\n"}
    text = "[include]\nfiles=%(here)s/%(host_node_name)s.%(ENV_E)s\n"
    assert settings_of(text, included=included, environ={"E": "inc"}).groups


def test_broken_included_file_is_refused_with_its_path():
    """Same message as for the main file."""
    message = first_error("[include]\nfiles=a.inc\n", included={"a.inc": "[x]\nfoo\n"})
    assert message == "Source contains parsing errors: '/etc/a.inc'\n\t[line  2]: 'foo\\n'"


def test_missing_file_and_directory_are_told_apart():
    """Not found, or not readable."""
    missing = load_settings("no.conf", FakeMachine())
    assert missing.first_error().message == "could not find config file no.conf"
    directory = load_settings("/srv", FakeMachine())
    assert directory.first_error().message == "could not read config file /srv"
