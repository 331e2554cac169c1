"""The files of one configuration, read and merged section by section, key by key.

This module knows files and includes; what the sections mean is decided elsewhere.
"""

import os.path

from supervisor.config.expand import FORMAT_EXPECTED, FormatError, Names, expand
from supervisor.config.ini import (
    DEFAULT_SECTION,
    BadLine,
    Entry,
    IniFile,
    LinesOf,
    Source,
    all_lines,
    parse,
)
from supervisor.config.problems import (
    QUOTED_CHARS_MAX,
    SHOWN_CHARS_MAX,
    Place,
    Problems,
    SyntaxProblem,
    shortened,
)
from supervisor.config.surroundings import Surroundings
from supervisor.errors import Severity
from supervisor.hints import Iterator, Mapping

FILE_BYTES_MAX = 64 * 1024 * 1024
"""Largest file that is read."""

INCLUDE_SECTION = "include"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Section:
    """A section after merging; looking up a key also looks into the inherited defaults."""

    __slots__ = ("defaults", "entries", "line", "name", "source")

    def __init__(self, name: str, source: Source, line: int, defaults: Mapping[str, Entry]) -> None:
        self.name = name
        self.source = source
        """The file in which the section appears first."""
        self.line = line
        self.entries: dict[str, Entry] = {}
        """The section's own keys."""
        self.defaults = defaults

    def get(self, key: str) -> Entry | None:
        """The entry of a key, own or inherited."""
        return self.entries.get(key) or self.defaults.get(key)

    def place(self) -> Place:
        """Where the section begins."""
        return Place(self.source.path, self.line, self.name)

    def place_of(self, key: str) -> Place:
        """Where a key stands; the section's own place if it is absent."""
        entry = self.get(key)
        if entry is None:
            return self.place()._replace(key=key)
        found = shortened(entry.text, SHOWN_CHARS_MAX)
        return Place(entry.source.path, entry.line, self.name, key, found)


class Document:
    """All sections of a configuration in order of appearance."""

    def __init__(self, main: Source, lines_of: LinesOf = all_lines) -> None:
        self.main = main
        self.lines_of = lines_of
        self.sections: dict[str, Section] = {}
        self.defaults: dict[str, Entry] = {}

    def with_prefix(self, prefix: str) -> Iterator[Section]:
        """The sections whose name begins with `prefix`."""
        return (s for name, s in self.sections.items() if name.startswith(prefix))

    def merge(self, file: IniFile, source: Source) -> None:
        """Add the sections of one more file; its keys replace equal ones."""
        for name, entries in file.sections.items():
            if name == DEFAULT_SECTION:
                self.defaults.update(entries)
                continue
            section = self.sections.get(name)
            if section is None:
                line = file.header_lines[name]
                section = self.sections[name] = Section(name, source, line, self.defaults)
            section.entries.update(entries)


def read_document(
    path: str,
    surroundings: Surroundings,
    problems: Problems,
    lines_of: LinesOf = all_lines,
) -> Document | None:
    """Read a file and what it includes; None, and an error, if the file itself cannot be read.

    `lines_of` may leave out sections that nobody will ask for, if there is no mistake in them.
    """
    main = Source(path, os.path.dirname(os.path.join(surroundings.cwd, path)))
    main = main._replace(here=os.path.normpath(main.here))
    try:
        data = surroundings.read_file(path, FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        problems.error(f"could not find config file {path}")
        return None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        problems.error(f"could not read config file {path}", expected=f"a readable file ({why})")
        return None
    document = Document(main, lines_of)
    _add_file(document, main, data, surroundings, problems)
    if INCLUDE_SECTION in document.sections:
        _add_included(document, surroundings, problems)
    return document


def _add_included(document: Document, surroundings: Surroundings, problems: Problems) -> None:
    section = document.sections[INCLUDE_SECTION]
    own_entries = dict(section.entries)
    entry = section.get("files")
    if entry is None:
        problems.error(
            ".ini file has [include] section, but no files setting",
            section.place(),
            expected="files = PATTERN ...",
        )
        return
    place = section.place_of("files")
    environ = {f"ENV_{name}": value for name, value in surroundings.environ.items()}
    names = Names(environ, host_node_name=surroundings.hostname)
    try:
        patterns = expand(entry.text, names.at(document.main.here), "include.files").split()
    except FormatError as error:
        problems.error(str(error), place, FORMAT_EXPECTED)
        return
    for pattern in patterns:
        absolute = os.path.join(document.main.here, pattern)
        paths = surroundings.glob(absolute)
        if not paths:
            message = f'No file matches via include "{absolute}"'
            problems.say_at_start(message, Severity.WARNING, place)
        for path in paths:
            _include(document, path, place, surroundings, problems)
    section.entries = own_entries


def _include(
    document: Document, path: str, place: Place, surroundings: Surroundings, problems: Problems
) -> None:
    message = f'Included extra file "{path}" during parsing'
    problems.say_at_start(message, Severity.INFO, place._replace(found=path))
    source = Source(path, os.path.dirname(os.path.join(surroundings.cwd, path)))
    try:
        data = surroundings.read_file(path, FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        problems.warn(
            f"cannot read included file {path}: {why}",
            place._replace(key=None, found=None),
            suggestion="it is left out; mend its mode or the pattern",
        )
        return
    _add_file(document, source, data, surroundings, problems)


def _add_file(
    document: Document, source: Source, data: bytes, surroundings: Surroundings, problems: Problems
) -> None:
    if len(data) > FILE_BYTES_MAX:
        place = Place(source.path)
        problems.error(f"cannot read {source.path}: larger than {FILE_BYTES_MAX} bytes", place)
        return
    text = _decode(data, source, surroundings.encoding, problems)
    file = parse(text, source, document.lines_of)
    if file.bad_lines:
        _report_bad_lines(file.bad_lines, source, problems)
    if source is not document.main and INCLUDE_SECTION in file.sections:
        problems.warn(
            f"[include] of the included file {source.path} is ignored",
            Place(source.path, file.header_lines[INCLUDE_SECTION], INCLUDE_SECTION),
            suggestion="name the files in the [include] section of the main file",
        )
    document.merge(file, source)


def _decode(data: bytes, source: Source, encoding: str, problems: Problems) -> str:
    if data.startswith(_BYTE_ORDER_MARK):
        # Editors of some systems put it there; it says nothing but "UTF-8" (C17).
        data = data[len(_BYTE_ORDER_MARK) :]
        encoding = "utf-8"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        expected = f"text in {error.encoding}"
        problems.error(str(error), Place(source.path, line), expected)
        return data.decode(encoding, "replace")


def _report_bad_lines(bad_lines: list[BadLine], source: Source, problems: Problems) -> None:
    """One problem per line; the first one carries the text about all, as the reference words it."""
    in_sections = [bad for bad in bad_lines if bad.has_section]
    headless = len(in_sections) < len(bad_lines)
    for bad in bad_lines:
        if not bad.has_section:
            message = _no_header_message(source, bad)
        elif bad is in_sections[0] and not headless:
            message = _syntax_message(source, in_sections)
        else:
            message = _syntax_message(source, [bad])
        expected = "KEY = VALUE" if bad.has_section else "a [section] header first"
        problems.add(
            SyntaxProblem(
                message,
                file=source.path,
                line=bad.line,
                found=shortened(bad.text.rstrip("\n"), SHOWN_CHARS_MAX),
                expected=expected,
            )
        )


def _no_header_message(source: Source, bad: BadLine) -> str:
    where = f"file: {source.path!r}, line: {bad.line}"
    return f"File contains no section headers.\n{where}\n{_quoted(bad)}"


def _syntax_message(source: Source, bad_lines: list[BadLine]) -> str:
    lines = "".join(f"\n\t[line {bad.line:2d}]: {_quoted(bad)}" for bad in bad_lines)
    return f"Source contains parsing errors: {source.path!r}{lines}"


def _quoted(bad: BadLine) -> str:
    return repr(shortened(bad.text, QUOTED_CHARS_MAX))
