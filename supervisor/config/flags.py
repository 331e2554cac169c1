"""What the command lines of supervisord and supervisorctl may say, and where files are found."""

import os.path

from supervisor.config.commandline import (
    Given,
    Switch,
    each_once,
    parse_words,
    switch_help,
)
from supervisor.config.commandline import UsageError as UsageError
from supervisor.config.convert import Lookups
from supervisor.config.option import Option
from supervisor.config.record import record
from supervisor.config.sections import client, supervisord
from supervisor.config.surroundings import Surroundings, SystemSurroundings
from supervisor.hints import Any, Mapping, Sequence

_CONFIG_NAMES = ("etc/supervisord.conf", "supervisord.conf")
_CONFIG_PATHS = (
    "supervisord.conf",
    "etc/supervisord.conf",
    "/etc/supervisord.conf",
    "/etc/supervisor/supervisord.conf",
)

_NO_OVERRIDES: Mapping[str, Any] = {}


@record
class Flags:
    """The command line of supervisord."""

    configuration: str | None = None
    """File to read; None to search for it."""
    help: bool = False
    version: bool = False
    check: bool = False
    """Only judge the file."""
    profile_options: str | None = None
    overrides: Mapping[str, Any] = _NO_OVERRIDES
    """Typed values that win over those of the file, by field of SupervisordSettings."""


@record
class CtlFlags:
    """The command line of supervisorctl."""

    configuration: str | None = None
    help: bool = False
    interactive: bool = False
    serverurl: str | None = None
    username: str | None = None
    password: str | None = None
    history_file: str | None = None
    output: str | None = None
    """How the action prints what it has found out: as a table or as JSON."""
    action: tuple[str, ...] = ()
    """The positional words."""


_DAEMON_SWITCHES = (
    Switch(
        "configuration",
        "c",
        "configuration",
        "FILENAME",
        "configuration file path (searches if not given)",
    ),
    Switch("check", "", "check", "", "report all problems of the configuration and exit"),
    Switch("nodaemon", "n", "nodaemon", "", "run in the foreground (nodaemon=true)"),
    Switch("silent", "s", "silent", "", "no logs to stdout (silent=true)"),
    Switch("help", "h", "help", "", "print this usage message and exit", ("?",)),
    Switch("version", "v", "version", "", "print supervisord version number and exit"),
    Switch("user", "u", "user", "USER", "run supervisord as this user (or numeric uid)"),
    Switch("umask", "m", "umask", "UMASK", "set this umask when daemonizing (default is 022)"),
    Switch("directory", "d", "directory", "DIRECTORY", "change to DIRECTORY when daemonizing"),
    Switch("logfile", "l", "logfile", "FILENAME", "use FILENAME as main log"),
    Switch("logfile_maxbytes", "y", "logfile_maxbytes", "BYTES", "rotate the main log at BYTES"),
    Switch("logfile_backups", "z", "logfile_backups", "NUM", "number of old main logs to keep"),
    Switch("loglevel", "e", "loglevel", "LEVEL", "log this level and all more severe ones"),
    Switch("pidfile", "j", "pidfile", "FILENAME", "write the process id to FILENAME"),
    Switch("identifier", "i", "identifier", "STR", "name of this instance of supervisord"),
    Switch("childlogdir", "q", "childlogdir", "DIRECTORY", "make AUTO logs of children here"),
    Switch("nocleanup", "k", "nocleanup", "", "keep old AUTO logs of children at start"),
    Switch("minfds", "a", "minfds", "NUM", "number of open files that must be allowed"),
    Switch("strip_ansi", "t", "strip_ansi", "", "strip escape sequences from output of children"),
    Switch("minprocs", "", "minprocs", "NUM", "number of processes that must be allowed"),
    Switch("profile_options", "", "profile_options", "LIST", "accepted and ignored"),
)

_CTL_SWITCHES = (
    _DAEMON_SWITCHES[0],
    Switch("help", "h", "help", "", "print usage message and exit", ("?",)),
    Switch(
        "interactive",
        "i",
        "interactive",
        "",
        "start an interactive shell after executing commands",
    ),
    Switch(
        "serverurl",
        "s",
        "serverurl",
        "URL",
        f'URL on which supervisord server is listening (default "{client.SERVER_URL_DEFAULT}")',
    ),
    Switch("username", "u", "username", "USERNAME", "user name to give to the server"),
    Switch("password", "p", "password", "PASSWORD", "password to give to the server"),
    Switch(
        "history_file",
        "r",
        "history-file",
        "FILENAME",
        "keep the lines typed into the shell in FILENAME",
        ("history_file",),
    ),
    Switch("output", "", "output", "FORMAT", "have the action print a table, or JSON: json"),
    Switch("json", "", "json", "", "the same as --output json"),
)

_DAEMON_HELP = """\
supervisord -- run a set of applications as daemons.

Usage: {progname} [options]

Options:
{options}"""

_CTL_HELP = """\
supervisorctl -- control applications run by supervisord from the cmd line.

Usage: {progname} [options] [action [arguments]]

Options:
{options}
action [arguments] -- see below

Actions are commands like "tail" or "stop".  If -i is specified or no action is
specified on the command line, a "shell" interpreting actions typed
interactively is started.  Use the action "help" to find out about available
actions.
"""


def parse_supervisord_flags(
    argv: Sequence[str], progname: str, surroundings: Surroundings | None = None
) -> Flags:
    """Flags of supervisord from its words, the program's name left out. Raises UsageError.

    `progname` is what the help shows as the command.
    """
    given, positional = parse_words(argv, _DAEMON_SWITCHES)
    if positional:
        raise UsageError(f"positional arguments are not supported: {positional!r}")
    lookups = Lookups(surroundings or SystemSurroundings())
    values: dict[str, Any] = {}
    overrides: dict[str, Any] = {}
    for each in each_once(given):
        name = each.switch.name
        if name in ("help", "version"):
            return Flags(help=name == "help", version=name == "version")
        declared = supervisord.OPTIONS.get(name)
        if declared is None:
            values[name] = each.value if each.switch.value else True
        elif each.switch.value:
            overrides[name] = _converted(each, declared, lookups)
        else:
            overrides[name] = True
    return Flags(**values, overrides=overrides)


def parse_supervisorctl_flags(argv: Sequence[str], progname: str) -> CtlFlags:
    """Flags of supervisorctl from its words, the program's name left out. Raises UsageError."""
    given, action = parse_words(argv, _CTL_SWITCHES)
    values: dict[str, Any] = {}
    for each in each_once(given):
        name = each.switch.name
        if name == "help":
            return CtlFlags(help=True)
        if name == "serverurl" and not _is_url(each.value):
            problem = f"value {each.value!r} is not a URL"
            raise UsageError(f"invalid value for {each.typed} {each.value!r}: {problem}")
        values[name] = each.value if each.switch.value else True
    if values.pop("json", False):
        values["output"] = "json"
    return CtlFlags(**values, action=tuple(action))


def supervisord_help(progname: str) -> str:
    """Text of ``supervisord --help``."""
    options = "".join(map(switch_help, _DAEMON_SWITCHES))
    return _DAEMON_HELP.format(progname=progname, options=options)


def supervisorctl_help(progname: str) -> str:
    """Text of ``supervisorctl --help``."""
    options = "".join(map(switch_help, _CTL_SWITCHES))
    return _CTL_HELP.format(progname=progname, options=options)


def config_candidates(argv0: str) -> tuple[str, ...]:
    """Where a configuration is looked for if none is named, best place first."""
    prefix = os.path.dirname(os.path.dirname(argv0))
    return (*(os.path.join(prefix, name) for name in _CONFIG_NAMES), *_CONFIG_PATHS)


def find_config(argv0: str, surroundings: Surroundings) -> str | None:
    """The first candidate that exists."""
    return next((path for path in config_candidates(argv0) if surroundings.exists(path)), None)


def require_config(flags: Flags, argv0: str, surroundings: Surroundings) -> str:
    """The file that supervisord reads: the one it was given, or the first candidate.

    Raises UsageError if none was given and there is no candidate.
    """
    path = flags.configuration or find_config(argv0, surroundings)
    if path is None:
        candidates = ", ".join(config_candidates(argv0))
        raise UsageError(
            f"No config file found at default paths ({candidates}); "
            "use the -c option to specify a config file at a different path"
        )
    return path


def _converted(given: Given, declared: Option, lookups: Lookups) -> Any:
    try:
        return declared.type.convert(given.value, lookups)
    except (ValueError, OverflowError) as error:
        if given.switch.name == "user":
            raise UsageError(str(error)) from None
        raise UsageError(f"invalid value for {given.typed} {given.value!r}: {error}") from None


def _is_url(text: str) -> bool:
    """Whether there is a scheme, and a host or a path."""
    scheme, colon, rest = text.partition(":")
    return bool(scheme and colon and rest.removeprefix("//"))
