"""File and command line of supervisorctl → its settings.

Only its own sections are judged: a mistake in a program must not keep anybody from talking to the
daemon. Mistakes in included files are ignored for the same reason; they may not even be readable.
"""

from supervisor.config.commandline import UsageError
from supervisor.config.document import INCLUDE_SECTION, Document, read_document
from supervisor.config.expand import Names
from supervisor.config.flags import CtlFlags
from supervisor.config.ini import DEFAULT_SECTION
from supervisor.config.passages import lines_of_wanted
from supervisor.config.plugins import read_plugins
from supervisor.config.problems import Problems
from supervisor.config.reading import Reader
from supervisor.config.sections import client, plugins
from supervisor.config.sections.client import CtlSettings
from supervisor.config.surroundings import Surroundings
from supervisor.errors import Severity
from supervisor.hints import Any, Iterator

_FLAGS = ("serverurl", "username", "password", "history_file")
_SECTIONS = frozenset((DEFAULT_SECTION, INCLUDE_SECTION, client.SECTION))
_FACTORY = plugins.CTL_OPTIONS["factory"]


def load_ctl_settings(path: str | None, flags: CtlFlags, surroundings: Surroundings) -> CtlSettings:
    """Settings from the file at `path`, or from defaults if it is None; `flags` win.

    Raises UsageError if the file, or its part for supervisorctl, cannot be used.
    """
    problems = Problems()
    reader = Reader(surroundings, problems)
    values: dict[str, Any] = {}
    if path is not None:
        values = _read_file(path, flags, reader)
    for name in _FLAGS:
        given = getattr(flags, name)
        if given is not None:
            values[name] = client.OPTIONS[name].type.convert(given, reader.lookups)
    if problems.first_error is not None:
        raise UsageError(problems.first_error.message)
    return CtlSettings(**values)


def _read_file(path: str, flags: CtlFlags, reader: Reader) -> dict[str, Any]:
    document = _read_document(path, reader)
    values: dict[str, Any] = {}
    section = document.sections.get(client.SECTION)
    if section is not None:
        values = reader.read(section, client.OPTIONS, Names(reader.environ))
    elif flags.serverurl is None or flags.configuration is not None:
        raise UsageError(".ini file does not include supervisorctl section")
    values["plugins"] = read_plugins(document, reader, plugins.CTL_PREFIX, _FACTORY)
    return values


def _read_document(path: str, reader: Reader) -> Document:
    problems = Problems()
    document = read_document(path, reader.surroundings, problems, _lines_of)
    for problem in problems.in_order_found():
        concerns_main = problem.file in (None, path) and problem.section != INCLUDE_SECTION
        if problem.severity >= Severity.ERROR and concerns_main:
            raise UsageError(problem.message)
    if document is None:
        raise UsageError(f"could not read config file {path}")
    return document


def _lines_of(text: str) -> Iterator[tuple[int, str]]:
    return lines_of_wanted(text, _is_wanted)


def _is_wanted(section: str) -> bool:
    return section in _SECTIONS or section.startswith(plugins.CTL_PREFIX)
