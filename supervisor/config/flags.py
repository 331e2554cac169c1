"""Command lines of supervisord and supervisorctl, in the classic getopt manner (manual, "Running").

Options end at the first positional word; short ones may be bundled, long ones shortened to a
unique prefix. Every option may be given once.
"""

import os.path
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from supervisor.config.convert import Lookups
from supervisor.config.option import Option
from supervisor.config.sections import supervisord
from supervisor.config.surroundings import Surroundings, SystemSurroundings

_CONFIG_NAMES = ("etc/supervisord.conf", "supervisord.conf")
_CONFIG_PATHS = (
    "supervisord.conf",
    "etc/supervisord.conf",
    "/etc/supervisord.conf",
    "/etc/supervisor/supervisord.conf",
)


class UsageError(Exception):
    """A command line that cannot be followed."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Switch(NamedTuple):
    """One option of a command line."""

    name: str
    """What it sets."""
    short: str
    """Letter; empty if it has none."""
    long: str
    takes_value: bool
    aliases: tuple[str, ...] = ()
    """Other letters and long names."""


class Given(NamedTuple):
    """An option found on a command line."""

    switch: Switch
    typed: str
    """As it was typed, long names in full: ``-e`` or ``--loglevel``."""
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """The command line of supervisord."""

    configuration: str | None = None
    """File to read; None to search for it."""
    help: bool = False
    version: bool = False
    check: bool = False
    """Only judge the file."""
    profile_options: str | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    """Typed values that win over those of the file, by field of SupervisordSettings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CtlFlags:
    """The command line of supervisorctl."""

    configuration: str | None = None
    help: bool = False
    interactive: bool = False
    serverurl: str | None = None
    username: str | None = None
    password: str | None = None
    history_file: str | None = None
    action: tuple[str, ...] = ()
    """The positional words."""


_HELP = Switch("help", "h", "help", False, ("?",))
_CONFIGURATION = Switch("configuration", "c", "configuration", True)

_DAEMON_SWITCHES = (
    _CONFIGURATION,
    Switch("nodaemon", "n", "nodaemon", False),
    Switch("silent", "s", "silent", False),
    _HELP,
    Switch("version", "v", "version", False),
    Switch("check", "", "check", False),
    Switch("user", "u", "user", True),
    Switch("umask", "m", "umask", True),
    Switch("directory", "d", "directory", True),
    Switch("logfile", "l", "logfile", True),
    Switch("logfile_maxbytes", "y", "logfile_maxbytes", True),
    Switch("logfile_backups", "z", "logfile_backups", True),
    Switch("loglevel", "e", "loglevel", True),
    Switch("pidfile", "j", "pidfile", True),
    Switch("identifier", "i", "identifier", True),
    Switch("childlogdir", "q", "childlogdir", True),
    Switch("nocleanup", "k", "nocleanup", False),
    Switch("minfds", "a", "minfds", True),
    Switch("strip_ansi", "t", "strip_ansi", False),
    Switch("minprocs", "", "minprocs", True),
    Switch("profile_options", "", "profile_options", True),
)

_CTL_SWITCHES = (
    _CONFIGURATION,
    _HELP,
    Switch("interactive", "i", "interactive", False),
    Switch("serverurl", "s", "serverurl", True),
    Switch("username", "u", "username", True),
    Switch("password", "p", "password", True),
    Switch("history_file", "r", "history_file", True, ("history-file",)),
)


def parse_supervisord_flags(
    argv: Sequence[str], progname: str, surroundings: Surroundings | None = None
) -> Flags:
    """Flags of supervisord from its words, the program's name left out. Raises UsageError.

    `progname` is what the help shows as the command.
    """
    given, positional = _parse(argv, _DAEMON_SWITCHES)
    if positional:
        raise UsageError(f"positional arguments are not supported: {positional!r}")
    lookups = Lookups(surroundings or SystemSurroundings())
    values: dict[str, Any] = {}
    overrides: dict[str, Any] = {}
    for each in _each_once(given):
        name = each.switch.name
        if name in ("help", "version"):
            return Flags(help=name == "help", version=name == "version")
        declared = supervisord.OPTIONS.get(name)
        if declared is None:
            values[name] = each.value if each.switch.takes_value else True
        elif each.switch.takes_value:
            overrides[name] = _converted(each, declared, lookups)
        else:
            overrides[name] = True
    return Flags(**values, overrides=overrides)


def parse_supervisorctl_flags(argv: Sequence[str], progname: str) -> CtlFlags:
    """Flags of supervisorctl from its words, the program's name left out. Raises UsageError."""
    given, action = _parse(argv, _CTL_SWITCHES)
    values: dict[str, Any] = {}
    for each in _each_once(given):
        name = each.switch.name
        if name == "help":
            return CtlFlags(help=True)
        if name == "serverurl" and not _is_url(each.value):
            problem = f"value {each.value!r} is not a URL"
            raise UsageError(f"invalid value for {each.typed} {each.value!r}: {problem}")
        values[name] = each.value if each.switch.takes_value else True
    return CtlFlags(**values, action=tuple(action))


def usage_error_text(message: str, progname: str) -> str:
    """The two lines that every usage error is told with."""
    return f"Error: {message}\nFor help, use {progname} -h\n"


def config_candidates(argv0: str) -> tuple[str, ...]:
    """Where a configuration is looked for if none is named, best place first."""
    prefix = os.path.dirname(os.path.dirname(argv0))
    return (*(os.path.join(prefix, name) for name in _CONFIG_NAMES), *_CONFIG_PATHS)


def find_config(argv0: str, surroundings: Surroundings) -> str | None:
    """The first candidate that exists."""
    return next((path for path in config_candidates(argv0) if surroundings.exists(path)), None)


def no_config_text(argv0: str) -> str:
    """Message of supervisord when there is none."""
    candidates = ", ".join(config_candidates(argv0))
    return (
        f"No config file found at default paths ({candidates}); "
        "use the -c option to specify a config file at a different path"
    )


def _parse(argv: Sequence[str], switches: Sequence[Switch]) -> tuple[list[Given], list[str]]:
    """Options in order, and the positional words behind them."""
    found: list[Given] = []
    rest = list(argv)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        if word.startswith("--"):
            found.append(_parse_long(word[2:], rest, switches))
        else:
            found.extend(_parse_bundle(word[1:], rest, switches))
    return found, rest


def _parse_long(word: str, rest: list[str], switches: Sequence[Switch]) -> Given:
    typed, equals, value = word.partition("=")
    names = {name: switch for switch in switches for name in _long_names(switch)}
    matches = {name: switch for name, switch in names.items() if name.startswith(typed)}
    if typed in matches:
        matches = {typed: matches[typed]}
    if not matches:
        raise UsageError(f"option --{typed} not recognized")
    if len(set(matches.values())) > 1:
        raise UsageError(f"option --{typed} not a unique prefix")
    name, switch = next(iter(matches.items()))
    if not switch.takes_value:
        if equals:
            raise UsageError(f"option --{name} must not have an argument")
        return Given(switch, f"--{name}", "")
    if not equals:
        if not rest:
            raise UsageError(f"option --{name} requires argument")
        value = rest.pop(0)
    return Given(switch, f"--{name}", value)


def _parse_bundle(letters: str, rest: list[str], switches: Sequence[Switch]) -> Iterator[Given]:
    while letters:
        letter, letters = letters[0], letters[1:]
        switch = _switch_of_letter(letter, switches)
        if not switch.takes_value:
            yield Given(switch, f"-{letter}", "")
            continue
        if not letters and not rest:
            raise UsageError(f"option -{letter} requires argument")
        yield Given(switch, f"-{letter}", letters or rest.pop(0))
        return


def _switch_of_letter(letter: str, switches: Sequence[Switch]) -> Switch:
    for switch in switches:
        if letter == switch.short or letter in switch.aliases:
            return switch
    raise UsageError(f"option -{letter} not recognized")


def _long_names(switch: Switch) -> tuple[str, ...]:
    return (switch.long, *(alias for alias in switch.aliases if len(alias) > 1))


def _each_once(given: Sequence[Given]) -> Iterator[Given]:
    seen: set[str] = set()
    for each in given:
        if each.switch.name in seen:
            raise UsageError(f"conflicting command line option {each.typed!r}")
        seen.add(each.switch.name)
        yield each


def _converted(given: Given, declared: Option, lookups: Lookups) -> Any:
    try:
        return declared.type.convert(given.value, lookups)
    except (ValueError, OverflowError) as error:
        if given.switch.name == "user":
            raise UsageError(str(error)) from None
        raise UsageError(f"invalid value for {given.typed} {given.value!r}: {error}") from None


def _is_url(text: str) -> bool:
    """Whether there is a scheme, and a host or a path."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, _, rest = text.partition(":")
    return bool(scheme) and bool(rest.strip("/") or rest.startswith("/")) and ":" in text
