"""Text of one file → sections of entries, each with its place. No file is opened here.

The dialect is that of the configuration files in the field (manual, "File format"): inline
comments after a blank, continuation by indentation, blank lines inside a value, the last of two
equal keys wins, equal sections are merged. A line that cannot be read is noted and left out; what
follows is still read.
"""

from supervisor.hints import Callable, Iterable
from supervisor.tuples import NamedTuple

LinesOf = Callable[[str], Iterable[tuple[int, str]]]
"""The lines of a text that are read, each with its number."""

DEFAULT_SECTION = "DEFAULT"
"""Its keys are inherited by every other section."""

SYNTAX_ERRORS_MAX = 1000
"""Unreadable lines noted of one file; the rest is skipped in silence."""


class Source(NamedTuple):
    """A file that configuration comes from."""

    path: str
    """As it was given on the command line, or as the include pattern found it."""
    here: str
    """Absolute directory of the file."""


class Entry(NamedTuple):
    """A value as it stands in a file, before any expansion."""

    text: str
    source: Source
    line: int


class BadLine(NamedTuple):
    """A line that is neither a section, nor a key, nor part of a value."""

    line: int
    text: str
    """The whole line, with its line end if it has one."""
    has_section: bool
    """False if the line stands before the first section header."""


class IniFile(NamedTuple):
    """What one file says."""

    sections: dict[str, dict[str, Entry]]
    """In order of appearance, `DEFAULT_SECTION` included; keys in lower case."""
    header_lines: dict[str, int]
    """Line on which each section appears first."""
    bad_lines: list[BadLine]


def all_lines(text: str) -> Iterable[tuple[int, str]]:
    """The lines of a text, each with its number."""
    return enumerate(text.split("\n"), start=1)


def parse(text: str, source: Source, lines_of: LinesOf = all_lines) -> IniFile:
    """Read the text of one file; its line ends may be of any kind.

    `lines_of` may leave out sections that nobody will ask for, if there is no mistake in them.
    """
    parser = _Parser(source)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    for number, line in lines_of(text):
        parser.feed_line(number, line)
    parser.end_value()
    if parser.bad_lines and not text.endswith("\n"):
        _drop_line_end_of_last(parser.bad_lines, text)
    return IniFile(parser.sections, parser.header_lines, parser.bad_lines)


class _Parser:
    """State between two lines: the section, and the value that may still go on."""

    def __init__(self, source: Source) -> None:
        self.sections: dict[str, dict[str, Entry]] = {}
        self.header_lines: dict[str, int] = {}
        self.bad_lines: list[BadLine] = []
        self._source = source
        self._section: dict[str, Entry] | None = None
        self._key = ""
        self._key_line = 0
        self._pieces: list[str] = []
        self._indent = 0

    def feed_line(self, number: int, line: str) -> None:
        """Take the next line, without its line end."""
        content, had_comment = _without_comment(line)
        if not content:
            if not had_comment and self._key:
                self._pieces.append("")
            return
        indent = len(line) - len(line.lstrip())
        if self._key and indent > self._indent:
            self._pieces.append(content)
            return
        self._indent = indent
        if content[0] == "[" and (end := content.rfind("]")) > 1:
            self._begin_section(content[1:end], number)
        elif self._section is None:
            self._note_bad_line(number, line)
        else:
            self._begin_value(content, number, line)

    def end_value(self) -> None:
        """The value that was read so far is complete."""
        if self._key and self._section is not None:
            pieces = self._pieces
            text = pieces[0] if len(pieces) == 1 else "\n".join(pieces).rstrip()
            self._section[self._key] = Entry(text, self._source, self._key_line)
        self._key = ""

    def _begin_section(self, name: str, number: int) -> None:
        self.end_value()
        if name not in self.sections:
            self.sections[name] = {}
            self.header_lines[name] = number
        self._section = self.sections[name]

    def _begin_value(self, content: str, number: int, line: str) -> None:
        delimiter = _first_delimiter(content)
        if delimiter < 0:
            self._note_bad_line(number, line)
            return
        self.end_value()
        key = content[:delimiter].rstrip().lower()
        if not key:
            self._note_bad_line(number, line)
            return
        self._key = key
        self._key_line = number
        self._pieces = [content[delimiter + 1 :].strip()]

    def _note_bad_line(self, number: int, line: str) -> None:
        if len(self.bad_lines) < SYNTAX_ERRORS_MAX:
            self.bad_lines.append(BadLine(number, line + "\n", self._section is not None))


def _first_delimiter(content: str) -> int:
    """Index of the first ``=`` or ``:``, -1 if there is none."""
    equals, colon = content.find("="), content.find(":")
    if equals < 0 or colon < 0:
        return max(equals, colon)
    return min(equals, colon)


def _without_comment(line: str) -> tuple[str, bool]:
    """The stripped line without its comment, and whether it had one."""
    content = line.strip()
    if ";" not in content and "#" not in content:
        return content, False
    if content[0] in ";#":
        return "", True
    # A prefix inside the line counts only behind a blank: a;b and a#b are values.
    for index, character in enumerate(content):
        if character in ";#" and content[index - 1].isspace():
            return content[:index].rstrip(), True
    return content, False


def _drop_line_end_of_last(bad_lines: list[BadLine], text: str) -> None:
    """Only the very last line of a file can lack a line end."""
    last = bad_lines[-1]
    if last.line == text.count("\n") + 1:
        bad_lines[-1] = last._replace(text=last.text[:-1])
