"""A file → settings, or every reason why not. Nothing a file holds raises an exception."""

import os.path

from supervisor.config.checks import check_settings
from supervisor.config.daemonsection import DaemonSection
from supervisor.config.document import INCLUDE_SECTION, Document, Section, read_document
from supervisor.config.flags import Flags
from supervisor.config.groups import keys_of, read_groups
from supervisor.config.ini import Source
from supervisor.config.plugins import read_plugins
from supervisor.config.problems import Problems, StartMessage, by_place
from supervisor.config.reading import Reader
from supervisor.config.sections import (
    client,
    fcgi,
    group,
    listener,
    plugins,
    program,
    servers,
    users,
)
from supervisor.config.sections import supervisord as daemon
from supervisor.config.servers import judge_openness, read_servers, server_url
from supervisor.config.settings import Settings
from supervisor.config.surroundings import Surroundings
from supervisor.errors import ConfigProblem, Severity
from supervisor.hints import Iterable
from supervisor.tuples import NamedTuple

_RPC_FACTORY = plugins.RPC_OPTIONS["factory"]
_PLAIN_SECTIONS = (daemon.SECTION, client.SECTION, INCLUDE_SECTION)
_NAMED_SECTIONS = (
    program.PREFIX,
    group.PREFIX,
    listener.PREFIX,
    fcgi.PREFIX,
    plugins.RPC_PREFIX,
    plugins.CTL_PREFIX,
    users.PREFIX,
)
_SERVER_SECTIONS = (servers.UNIX_PREFIX, servers.INET_PREFIX)


class LoadResult(NamedTuple):
    """What came of reading a file."""

    settings: Settings | None
    """None if there is any error."""
    problems: tuple[ConfigProblem, ...]
    """By file and line."""
    problems_as_found: tuple[ConfigProblem, ...]
    """In order of evaluation."""
    first: ConfigProblem | None

    def first_error(self) -> ConfigProblem | None:
        """The error that the reference would report; its `message` is the text it would use."""
        return self.first

    def log_lines(self, *, at_start: bool) -> list[tuple[Severity, str]]:
        """Lines for the main log, most severe first, errors left out.

        Some are only said at start and reload; pass False on reread.
        """
        said = [
            problem
            for problem in self.problems_as_found
            if problem.severity < Severity.ERROR
            and (at_start or not isinstance(problem, StartMessage))
        ]
        said.sort(key=lambda problem: -problem.severity)
        return [(problem.severity, _log_text(problem)) for problem in said]


def load_settings(path: str, surroundings: Surroundings, flags: Flags | None = None) -> LoadResult:
    """Read, expand and convert a file with everything it includes.

    A relative `path` refers to the start directory; messages show it as it was given. Options in
    `flags` win over those of the file, which are judged all the same.
    """
    problems = Problems()
    settings = None
    document = read_document(path, surroundings, problems)
    if document is not None:
        settings = _read(document, surroundings, problems, flags)
        if flags is not None and flags.check:
            check_settings(document, settings, surroundings, problems)
    first = problems.first_error
    as_found = problems.in_order_found()
    return LoadResult(None if first else settings, by_place(as_found), as_found, first)


def _read(
    document: Document, surroundings: Surroundings, problems: Problems, flags: Flags | None
) -> Settings:
    reader = Reader(surroundings, problems)
    section = _daemon_section(document, problems)
    daemon_section = DaemonSection(section, reader, flags.overrides if flags else {})
    daemon_section.read_first_part()
    rpcinterfaces = read_plugins(
        document, reader, plugins.RPC_PREFIX, _RPC_FACTORY, {plugins.MAIN_RPC_FACTORY}
    )
    groups = read_groups(document, reader, daemon_section.daemon_uid())
    opened = read_servers(document, reader)
    known = _users(document, reader, opened)
    judge_openness(document, reader, opened, known)
    daemon_section.read_user()
    _warn_about_strange_sections(document, reader)
    if section.get("event_journal") is None:
        _refuse_replay(document, groups, problems)
    return Settings(
        path=os.path.normpath(os.path.join(surroundings.cwd, document.main.path)),
        here=document.main.here,
        supervisord=daemon_section.settings(),
        groups=groups,
        servers=opened,
        users=known,
        rpcinterfaces=rpcinterfaces,
        serverurl=server_url(opened),
    )


def _users(
    document: Document, reader: Reader, opened: Iterable[servers.ServerSettings]
) -> tuple[users.UserSettings, ...]:
    if not any(document.with_prefix(users.PREFIX)):
        return ()
    # Late, because only configurations with users pay for the import.
    from supervisor.config.users import read_users

    return read_users(document, reader, opened)


def _refuse_replay(
    document: Document, groups: Iterable[group.GroupSettings], problems: Problems
) -> None:
    """Without a journal there is nothing to replay; whoever asked for it must not lose events."""
    for each in groups:
        if each.listener is not None and each.listener.event_replay and each.processes:
            section = document.sections[each.processes[0].section]
            problems.error(
                f"[{section.name}] section sets event_replay=true, but there is no event journal "
                "to replay events from",
                section.place_of("event_replay"),
                "event_journal = FILE in [supervisord], or event_replay = false",
            )


def _daemon_section(document: Document, problems: Problems) -> Section:
    section = document.sections.get(daemon.SECTION)
    if section is None:
        problems.error(".ini file does not include supervisord section")
        source: Source = document.main
        section = Section(daemon.SECTION, source, 1, document.defaults)
    return section


def _warn_about_strange_sections(document: Document, reader: Reader) -> None:
    """Sections that nobody reads; people keep their own ones in the file, so this is mild."""
    for name, section in document.sections.items():
        if name == client.SECTION:
            reader.warn_about_unknown_keys(section, keys_of([client.OPTIONS]))
        elif name == INCLUDE_SECTION:
            reader.warn_about_unknown_keys(section, {"files"})
        elif name not in _PLAIN_SECTIONS and not name.startswith(
            (*_NAMED_SECTIONS, *_SERVER_SECTIONS)
        ):
            _warn_about_strange_section(section, reader.problems)


def _warn_about_strange_section(section: Section, problems: Problems) -> None:
    # Late, because only files with a mistake pay for the import.
    from supervisor.config.suggest import suggest_section

    known = [*_PLAIN_SECTIONS, *_SERVER_SECTIONS, *(f"{name}NAME" for name in _NAMED_SECTIONS)]
    suggestion = suggest_section(section.name, known)
    if suggestion is None:
        problems.hint("unknown section is ignored", section.place())
    else:
        problems.warn("unknown section is ignored", section.place(), suggestion)


def _log_text(problem: ConfigProblem) -> str:
    return problem.message if isinstance(problem, StartMessage) else str(problem)
