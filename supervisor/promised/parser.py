"""The parser for plug-ins that read the configuration file, or make sections of their own.

It understands the same dialect as the daemon's own reader, through `configparser`; it reads one
file and no includes.
"""

import os.path
from configparser import NoOptionError, RawConfigParser

from supervisor.config.document import Document, Section
from supervisor.config.expand import expand
from supervisor.config.ini import Entry, Source
from supervisor.hints import Any, Iterable, Mapping

_MARKER: Any = []
"""Stands for: no default was given."""

_NO_NAMES: Mapping[str, Any] = {}
_HERE = "%(here)s"


class UnhosedConfigParser(RawConfigParser):
    """A RawConfigParser with inline comments, in which equal sections and keys may be repeated."""

    mysection = "supervisord"
    """Section of `getdefault`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("inline_comment_prefixes", (";", "#"))
        kwargs.setdefault("strict", False)
        super().__init__(*args, **kwargs)
        self.section_to_file: dict[str, str] = {}
        """The file in which each section was seen first."""
        self.expansions: dict[str, Any] = {}
        """Names that every value may use."""

    def read_string(self, string: str, source: str = "<string>") -> None:
        """Read a text. Raises configparser.Error."""
        super().read_string(string, source)

    def read(self, filenames: Any, encoding: str | None = None) -> list[str]:  # type: ignore[override]
        """Read one file or several; those that can be read. Raises configparser.Error."""
        if isinstance(filenames, str | bytes | os.PathLike):
            filenames = [filenames]
        found: list[str] = []
        for filename in filenames:
            known = set(self.sections())
            found += super().read(filename, encoding)
            for section in self.sections():
                if section not in known:
                    self.section_to_file[section] = os.fspath(filename)
        return found

    def saneget(
        self,
        section: str,
        option: str,
        default: Any = _MARKER,
        do_expand: bool = True,
        expansions: Mapping[str, Any] = _NO_NAMES,
    ) -> Any:
        """A value, or the default, with its formats replaced.

        Raises NoSectionError, NoOptionError if there is no default either, and ValueError for a
        format that cannot be replaced.
        """
        try:
            value: Any = self.get(section, option)
        except NoOptionError:
            if default is _MARKER:
                raise
            value = default
        if do_expand and isinstance(value, str):
            value = expand(value, {**self.expansions, **expansions}, f"{section}.{option}")
        return value

    def getdefault(
        self,
        option: str,
        default: Any = _MARKER,
        expansions: Mapping[str, Any] = _NO_NAMES,
        **kwargs: Any,
    ) -> Any:
        """As `saneget`, in the section `mysection`."""
        return self.saneget(self.mysection, option, default, expansions=expansions, **kwargs)

    def expand_here(self, here: str) -> None:
        """Replace `%(here)s` in all values of all sections, and nothing else."""
        for section in self.sections():
            for option in self.options(section):
                value: Any = self.get(section, option)
                if isinstance(value, str) and _HERE in value:
                    self.set(section, option, value.replace(_HERE, here))


def parser_of(document: Document) -> UnhosedConfigParser:
    """What the daemon's own reader has found in a file and all that it includes, as a parser."""
    parser = UnhosedConfigParser()
    for name, section in document.sections.items():
        parser.add_section(name)
        parser.section_to_file[name] = section.source.path
        for key, entry in section.entries.items():
            parser.set(name, key, entry.text.replace(_HERE, entry.source.here))
    return parser


def document_of(parser: RawConfigParser, main: Source) -> Document:
    """What a parser holds, for the daemon's own reader; `main` is its file if nothing else is."""
    document = Document(main)
    files: Mapping[str, str] = getattr(parser, "section_to_file", {})
    document.defaults.update(_entries(parser.defaults().items(), main))
    for name in parser.sections():
        source = Source(files.get(name, main.path), main.here)
        section = Section(name, source, 0, document.defaults)
        section.entries.update(_entries(parser.items(name), source))
        document.sections[name] = section
    return document


def _entries(items: Iterable[tuple[str, Any]], source: Source) -> dict[str, Entry]:
    return {key: Entry(str(value), source, 0) for key, value in items}
