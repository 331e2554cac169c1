"""Entries of a section → typed values, by the declarations; every mistake becomes a problem."""

from supervisor.config.convert import Lookups
from supervisor.config.document import Section
from supervisor.config.environment import Pairs, means_the_same_in_4_3, parse_pairs_of_4_3
from supervisor.config.expand import (
    FORMAT_EXPECTED,
    FormatError,
    Names,
    expand,
    has_nameless_format,
)
from supervisor.config.ini import Entry
from supervisor.config.option import Option
from supervisor.config.problems import QUOTED_CHARS_MAX, Place, Problems, shortened
from supervisor.config.surroundings import Surroundings
from supervisor.hints import Any, Collection, Mapping

Options = Mapping[str, Option]
Environment = Mapping[str, str]


class Reader:
    """Reads the sections of one configuration, in the order in which it is asked to."""

    def __init__(self, surroundings: Surroundings, problems: Problems) -> None:
        self.surroundings = surroundings
        self.problems = problems
        self.lookups = Lookups(surroundings)
        self.hostname = surroundings.hostname
        self.environ = env_names(surroundings.environ)
        """``ENV_NAME`` → value, for expansions."""
        self.global_environment: Environment = {}
        """Variables of ``[supervisord]``, part of every child's environment."""
        self._environments: dict[tuple[tuple[str, str], ...], Environment] = {}

    def set_global_environment(self, variables: Environment) -> None:
        """From here on, all expansions and children see the variables of ``[supervisord]``."""
        self.global_environment = variables
        self.environ = {**self.environ, **env_names(variables)}

    def merged_environment(self, own: Environment) -> Environment:
        """Global variables with a program's own ones on top; equal results are one object."""
        if not own:
            return self.global_environment
        merged = {**self.global_environment, **own}
        return self._environments.setdefault(tuple(merged.items()), merged)

    def read(
        self, section: Section, options: Options, names: Names, suffix: str = ""
    ) -> dict[str, Any]:
        """Values of those options that the section sets without a mistake, by field name.

        `suffix` is what the reference appends to messages about this kind of section.
        """
        values = {}
        own, inherited = section.entries, section.defaults
        given = own.keys() | inherited.keys() if inherited else own
        for field_name, option in options.items():
            # This line runs for each option of each program.
            if option.key not in given:
                continue
            entry = own.get(option.key) or inherited[option.key]
            try:
                text = self.expand(entry, section, option, names)
                values[field_name] = self._convert(text, option)
            except (ValueError, OverflowError) as error:
                self.report(error, section, option, suffix)
        return values

    def expand(self, entry: Entry, section: Section, option: Option, names: Names) -> str:
        """Text of an entry after expansion. Raises ValueError with the reference text."""
        if "%" not in entry.text:
            return entry.text
        label = option.label or f"{section.name}.{option.key}"
        text = expand(entry.text, names.at(entry.source.here), label)
        if has_nameless_format(entry.text):
            self.problems.warn(
                "a % format without a name is left as it is",
                _place_of(section, option),
                suggestion="write %% for a percent sign",
            )
        return text

    def report(self, error: Exception, section: Section, option: Option, suffix: str) -> None:
        """A value that cannot be used; `suffix` is left out if the text names its section."""
        message = str(error)
        entry = section.get(option.key)
        if entry is not None and len(entry.text) > QUOTED_CHARS_MAX:
            message = shortened(message, QUOTED_CHARS_MAX)
        expected = option.type.expected
        if isinstance(error, FormatError):
            expected = FORMAT_EXPECTED
            if option.is_secret:
                message = f"the value of {option.key} cannot be expanded"
        self.problems.error(
            message,
            _place_of(section, option),
            expected,
            suffix_for(message, section, suffix),
        )

    def variables(self, pairs: Pairs, section: Section, names: Names) -> Environment:
        """Variables of an ``environment=``, with warnings about text that is easily misread."""
        place = section.place_of("environment")
        if pairs.lost:
            self.problems.refuse_in_check(
                f"{pairs.lost!r} in environment is ignored",
                place,
                expected='KEY="value" pairs with commas between them; quote the values',
            )
        entry = section.get("environment")
        if entry is not None and not means_the_same_in_4_3(entry.text):
            self._warn_about_changed_values(entry, pairs, place, names)
        return pairs.variables

    def warn_about_unknown_keys(
        self, section: Section, known: Collection[str], *, shows_values: bool = True
    ) -> None:
        """A key that nobody reads is probably misspelt."""
        unknown = section.entries.keys() - set(known)
        if not unknown:
            return
        for key in [key for key in section.entries if key in unknown]:
            # Late, because only files with a mistake pay for the import.
            from supervisor.config.suggest import suggest

            place = section.place_of(key)
            if not shows_values:
                place = place._replace(found=None)
            self.problems.warn("unknown key is ignored", place, suggestion=suggest(key, known))

    def _convert(self, text: str, option: Option) -> Any:
        if option.own_error is None:
            return option.type.convert(text, self.lookups)
        try:
            return option.type.convert(text, self.lookups)
        except ValueError:
            raise ValueError(option.own_error.format(text)) from None

    def _warn_about_changed_values(
        self, entry: Entry, pairs: Pairs, place: Place, names: Names
    ) -> None:
        text = expand(entry.text, names.at(entry.source.here), "environment")
        former = parse_pairs_of_4_3(text)
        if former is None or former == pairs.variables:
            return
        changed = [key for key, value in pairs.variables.items() if former.get(key) != value]
        self.problems.warn(
            f"quotes and backslashes in environment mean more than in Supervisor 4.3: "
            f"{', '.join(changed)} changed",
            place,
            suggestion="see the upgrade notes on environment",
        )


def _place_of(section: Section, option: Option) -> Place:
    """Where the option stands, with its value unless that is a secret."""
    place = section.place_of(option.key)
    return place._replace(found=None) if option.is_secret else place


def env_names(variables: Environment) -> dict[str, str]:
    """Variables under the names they have in expansions."""
    return {f"ENV_{name}": value for name, value in variables.items()}


def suffix_for(message: str, section: Section, suffix: str) -> str:
    """`suffix`, or nothing if the message names its section already (C10)."""
    return "" if f"[{section.name}]" in message else suffix


def program_suffix(section: Section) -> str:
    """What messages about groups and programs end with."""
    return f" in section {section.name!r} (file: {section.source.path!r})"
