"""Command lines: getopt manners, messages, precedence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.config.commandline import UsageError, usage_error_text
from supervisor.config.flags import (
    Flags,
    config_candidates,
    find_config,
    parse_supervisorctl_flags,
    parse_supervisord_flags,
    require_config,
    supervisorctl_help,
    supervisord_help,
)
from supervisor.config.values import FileLog
from supervisor.levels import Level
from supervisor.tests.config.machine import FakeMachine, load, settings_of


def parse(*argv):
    """Flags of supervisord."""
    return parse_supervisord_flags(argv, "supervisord", FakeMachine())


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["-x"], "option -x not recognized"),
        (["--foo"], "option --foo not recognized"),
        (["--log", "x"], "option --log not a unique prefix"),
        (["-c"], "option -c requires argument"),
        (["--conf"], "option --configuration requires argument"),
        (["--nodaemon=1"], "option --nodaemon must not have an argument"),
        (["foo"], "positional arguments are not supported: ['foo']"),
        (["foo", "-h"], "positional arguments are not supported: ['foo', '-h']"),
        (["-h", "foo"], "positional arguments are not supported: ['foo']"),
        (["-"], "positional arguments are not supported: ['-']"),
        (["--", "-n"], "positional arguments are not supported: ['-n']"),
        (["-e", "info", "-e", "info"], "conflicting command line option '-e'"),
        (["-e", "info", "--loglevel=info"], "conflicting command line option '--loglevel'"),
        (["-nn"], "conflicting command line option '-n'"),
        (["-e", "foo"], "invalid value for -e 'foo': bad logging level name 'foo'"),
        (["-e", "foo", "-h"], "invalid value for -e 'foo': bad logging level name 'foo'"),
        (
            ["--umask", "9"],
            "invalid value for --umask '9': 9 can not be converted to an octal type",
        ),
        (["-d", "/nope"], "invalid value for -d '/nope': /nope is not an existing directory"),
        (["-z", "x"], "invalid value for -z 'x': invalid literal for int() with base 10: 'x'"),
        (["-u", "nosuch"], "Invalid user name nosuch"),
        (["-u", "99999"], "Invalid user id 99999"),
    ],
)
def test_supervisord_refuses_wrong_command_lines_with_the_texts_of_the_reference(argv, message):
    """All usage errors exit 2 with these texts."""
    with pytest.raises(UsageError) as caught:
        parse(*argv)
    assert caught.value.message == message


def test_usage_error_is_told_in_two_lines():
    """Error and where to find help."""
    assert usage_error_text("bad", "prog") == "Error: bad\nFor help, use prog -h\n"


def test_options_may_be_bundled_and_shortened():
    """Short options may be bundled, long options abbreviated to a unique prefix."""
    flags = parse("-nse", "debug", "--pidf=/tmp/x", "--check", "-cfile")
    assert flags.overrides == {
        "nodaemon": True,
        "silent": True,
        "loglevel": Level.DEBG,
        "pidfile": "/tmp/x",
    }
    assert flags.check
    assert flags.configuration == "file"


@pytest.mark.parametrize("argv", [["-h"], ["-?"], ["--help"], ["--he"], ["-h", "-e", "foo"]])
def test_help_is_asked_for_in_several_ways(argv):
    """What stands behind it is not judged."""
    assert parse(*argv).help


def test_version_is_asked_for():
    """-v and an unambiguous prefix of it."""
    assert parse("-v").version
    assert parse("--v").version


def test_profile_options_are_accepted():
    """Any list is, as in the reference."""
    assert parse("--profile_options", "Cumulative,callers").profile_options


def test_command_line_beats_the_file_which_beats_the_default():
    """Per option."""
    flags = parse("-l", "/tmp/flag.log", "-n", "-u", "web")
    text = "[supervisord]\nlogfile=/tmp/file.log\nloglevel=warn\nnodaemon=false\n"
    settings = settings_of(text, flags=flags).supervisord
    assert settings.logfile == FileLog("/tmp/flag.log")
    assert settings.loglevel is Level.WARN
    assert settings.nodaemon is True
    assert settings.silent is False
    assert settings.user.uid == 33


def test_overridden_value_of_the_file_is_still_judged():
    """The value in the file is validated even if overridden."""
    result = load("[supervisord]\nloglevel=loud\n", flags=parse("-e", "info"))
    assert result.first_error().message == "bad logging level name 'loud'"


def test_help_says_what_tools_look_for():
    """End-to-end tests of others look for these strings."""
    text = supervisord_help("prog")
    assert text.startswith("supervisord -- run a set of applications")
    assert "-l/--logfile FILENAME -- use FILENAME as" in text
    assert "Usage: prog [options]" in text
    client = supervisorctl_help("prog")
    assert client.startswith("supervisorctl -- control applications")
    assert "-i/--interactive -- start an interactive" in client


def test_configuration_is_searched_at_six_places_in_order():
    """First path that exists wins."""
    places = config_candidates("/opt/x/bin/supervisord")
    assert places == (
        "/opt/x/etc/supervisord.conf",
        "/opt/x/supervisord.conf",
        "supervisord.conf",
        "etc/supervisord.conf",
        "/etc/supervisord.conf",
        "/etc/supervisor/supervisord.conf",
    )
    machine = FakeMachine(files={"/start/supervisord.conf": b"", "/etc/supervisord.conf": b""})
    assert find_config("/opt/x/bin/supervisord", machine) == "supervisord.conf"
    assert find_config("/opt/x/bin/supervisord", FakeMachine()) is None


def test_supervisord_needs_a_configuration():
    """The message lists all places; -c is not searched for."""
    assert require_config(Flags(configuration="x"), "/a/b/c", FakeMachine()) == "x"
    with pytest.raises(UsageError) as caught:
        require_config(Flags(), "/a/b/c", FakeMachine())
    assert caught.value.message == (
        "No config file found at default paths (/a/etc/supervisord.conf, /a/supervisord.conf, "
        "supervisord.conf, etc/supervisord.conf, /etc/supervisord.conf, "
        "/etc/supervisor/supervisord.conf); use the -c option to specify a config file at a "
        "different path"
    )


@pytest.mark.parametrize("option", ["-r", "--history-file", "--history_file", "--hist"])
def test_history_file_is_accepted_in_both_spellings(option):
    """The usage text names one, the reference's parser the other."""
    assert parse_supervisorctl_flags([option, "f"], "p").history_file == "f"


def test_supervisorctl_takes_options_before_the_action_only():
    """What follows the first positional word belongs to the action."""
    flags = parse_supervisorctl_flags(["-s", "unix:///x", "-i", "tail", "-f", "web"], "p")
    assert flags.serverurl == "unix:///x"
    assert flags.interactive
    assert flags.action == ("tail", "-f", "web")


@pytest.mark.parametrize("url", ["foo", "http:", "http://", "://x", ""])
def test_supervisorctl_refuses_what_is_no_url(url):
    """A URL needs a scheme and a host or path."""
    with pytest.raises(UsageError) as caught:
        parse_supervisorctl_flags(["-s", url], "p")
    assert caught.value.message == f"invalid value for -s {url!r}: value {url!r} is not a URL"


@given(st.lists(st.sampled_from(["-n", "-", "--", "-e", "--log", "info", "-h", "x", "", "-é"])))
def test_any_command_line_gives_flags_or_a_usage_error(argv):
    """Nothing else is raised."""
    for parser in (parse, lambda *words: parse_supervisorctl_flags(words, "p")):
        try:
            parser(*argv)
        except UsageError as error:
            assert error.message
