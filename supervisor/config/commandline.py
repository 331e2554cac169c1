"""Command lines in the classic getopt manner (manual, "Running").

Options end at the first positional word; short ones may be bundled, long ones shortened to a
unique prefix. Every option may be given once.
"""

from supervisor.hints import Iterator, Sequence
from supervisor.tuples import NamedTuple


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
    value: str
    """What the help calls its value; empty if it takes none."""
    help: str
    aliases: tuple[str, ...] = ()
    """Other letters and long names."""


class Given(NamedTuple):
    """An option found on a command line."""

    switch: Switch
    typed: str
    """As it was typed, long names in full: ``-e`` or ``--loglevel``."""
    value: str


def parse_words(argv: Sequence[str], switches: Sequence[Switch]) -> tuple[list[Given], list[str]]:
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
    if not switch.value:
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
        if not switch.value:
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


def each_once(given: Sequence[Given]) -> Iterator[Given]:
    seen: set[str] = set()
    for each in given:
        if each.switch.name in seen:
            raise UsageError(f"conflicting command line option {each.typed!r}")
        seen.add(each.switch.name)
        yield each


def usage_error_text(message: str, progname: str) -> str:
    """The two lines that every usage error is told with."""
    return f"Error: {message}\nFor help, use {progname} -h\n"


def switch_help(switch: Switch) -> str:
    """Line of the help for one option."""
    short = f"-{switch.short}/" if switch.short else ""
    value = f" {switch.value}" if switch.value else ""
    return f"{short}--{switch.long}{value} -- {switch.help}\n"
