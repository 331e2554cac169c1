"""Program-like sections → groups, in the order of the manual ("Groups").

Explicit groups come first, then the programs, listeners and FastCGI programs that no group took,
each of which is a group of its own.
"""

from supervisor.config import convert
from supervisor.config.convert import fcgi_address
from supervisor.config.document import Document, Section
from supervisor.config.expand import Names
from supervisor.config.listeners import (
    listener_settings,
    refuse_redirection,
    warn_about_stdout_keys,
)
from supervisor.config.problems import Problems
from supervisor.config.processes import build_processes
from supervisor.config.reading import Options, Reader, program_suffix
from supervisor.config.sections import fcgi, group, listener, program
from supervisor.config.sections.fcgi import FcgiSettings
from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.program import ProcessSettings
from supervisor.config.values import Account, Origin, Ownership
from supervisor.config.valuetypes import NAME
from supervisor.hints import Any, Iterable, Iterator, Sequence

_PRIORITY: Options = {"priority": program.OPTIONS["priority"]}
_LISTENER: Options = {**_PRIORITY, **listener.OPTIONS}
_REDIRECT: Options = {"redirect_stderr": program.OPTIONS["redirect_stderr"]}
_FCGI_USER: Options = {"user": program.OPTIONS["user"]}
_FCGI_SOCKET: Options = {"socket": fcgi.OPTIONS["socket"]}
_FCGI_OTHERS: Options = {k: o for k, o in fcgi.OPTIONS.items() if k != "socket"}

_UNIX_SOCKET_KEYS = frozenset({"socket_owner", "socket_mode"})
_UNADDRESSABLE = frozenset("*,")


def keys_of(options: Iterable[Options]) -> frozenset[str]:
    """All keys that these options are set by."""
    return frozenset(option.key for each in options for option in each.values())


PROGRAM_KEYS = keys_of([program.OPTIONS])
LISTENER_KEYS = keys_of([program.OPTIONS, listener.OPTIONS])
FCGI_KEYS = keys_of([program.OPTIONS, fcgi.OPTIONS])
GROUP_KEYS = keys_of([group.OPTIONS])


def read_groups(document: Document, reader: Reader, daemon_uid: int) -> tuple[GroupSettings, ...]:
    """All groups by priority and name; of two with the same name the first one is kept.

    `daemon_uid` is the user that the daemon runs as.
    """
    built = sorted(
        _Assembly(document, reader, daemon_uid).groups(),
        key=lambda found: (found[0].priority, found[0].name),
    )
    kept: dict[str, GroupSettings] = {}
    for candidate, section in built:
        winner = kept.setdefault(candidate.name, candidate)
        if winner is not candidate:
            _warn_about_shadowed_group(winner, section, reader.problems)
    return tuple(kept.values())


def _warn_about_shadowed_group(winner: GroupSettings, loser: Section, problems: Problems) -> None:
    """The reference drops one of them in silence (C8)."""
    place = f"{winner.origin.file}:{winner.origin.line}"
    problems.warn(
        f"group {winner.name} is ignored: another group of that name comes first ({place})",
        loser.place(),
        suggestion="rename one of them",
    )


class _Assembly:
    """The reading of all program-like sections of one configuration."""

    def __init__(self, document: Document, reader: Reader, daemon_uid: int) -> None:
        self._document = document
        self._reader = reader
        self._problems = reader.problems
        self._daemon_uid = daemon_uid
        self._grouped: set[str] = set()

    def groups(self) -> Iterator[tuple[GroupSettings, Section]]:
        """Groups in order of construction, which is the order of their errors."""
        for section in self._document.with_prefix(group.PREFIX):
            self._reader.warn_about_unknown_keys(section, GROUP_KEYS)
            yield self._explicit_group(section), section
        for section in self._document.with_prefix(program.PREFIX):
            self._reader.warn_about_unknown_keys(section, PROGRAM_KEYS)
            if section.name not in self._grouped:
                yield self._program_group(section), section
        for section in self._document.with_prefix(listener.PREFIX):
            self._reader.warn_about_unknown_keys(section, LISTENER_KEYS)
            yield self._listener_group(section), section
        for section in self._document.with_prefix(fcgi.PREFIX):
            self._reader.warn_about_unknown_keys(section, FCGI_KEYS)
            if section.name not in self._grouped:
                yield self._fcgi_group(section), section

    def _explicit_group(self, section: Section) -> GroupSettings:
        values = self._read(section, group.OPTIONS)
        name = self._group_name(section)
        processes: list[ProcessSettings] = []
        for program_name in values.get("programs", ()):
            processes += self._members(section, name, program_name)
        return GroupSettings(
            name=name,
            priority=values.get("priority", program.PRIORITY_DEFAULT),
            kind="program",
            processes=self._without_twins(processes, section),
            origin=_origin(section),
        )

    def _members(
        self, section: Section, group_name: str, program_name: str
    ) -> tuple[ProcessSettings, ...]:
        """Processes of one item of ``programs=``."""
        sections = self._document.sections
        plain = sections.get(program.PREFIX + program_name)
        served = sections.get(fcgi.PREFIX + program_name)
        if plain is not None and served is not None:
            self._refuse_member(
                section, f"name {program_name} is ambiguous (exists as program and fcgi-program)"
            )
            return ()
        if plain is not None:
            self._grouped.add(plain.name)
            return build_processes(self._reader, plain, group_name)
        if served is not None:
            self._grouped.add(served.name)
            socket = self._fcgi_settings(served)
            return build_processes(self._reader, served, group_name, socket)
        self._refuse_member(section, f"names unknown program or fcgi-program {program_name}")
        return ()

    def _refuse_member(self, section: Section, message: str) -> None:
        expected = "names of [program:NAME] or [fcgi-program:NAME] sections"
        place = section.place_of("programs")
        self._problems.error(f"[{section.name}] {message}", place, expected)

    def _program_group(self, section: Section) -> GroupSettings:
        priority = self._read(section, _PRIORITY).get("priority", program.PRIORITY_DEFAULT)
        name = self._group_name(section)
        return GroupSettings(
            name=name,
            priority=priority,
            kind="program",
            processes=self._without_twins(build_processes(self._reader, section, name), section),
            origin=_origin(section),
        )

    def _listener_group(self, section: Section) -> GroupSettings:
        values = self._read(section, _LISTENER)
        priority = values.pop("priority", listener.GROUP_PRIORITY_DEFAULT)
        settings = listener_settings(section, values, self._reader)
        if self._read(section, _REDIRECT).get("redirect_stderr"):
            refuse_redirection(section, self._reader)
        name = self._group_name(section)
        processes = build_processes(self._reader, section, name)
        warn_about_stdout_keys(section, processes, self._reader)
        return GroupSettings(
            name=name,
            priority=priority,
            kind="eventlistener",
            processes=self._without_twins(processes, section),
            origin=_origin(section),
            listener=settings,
        )

    def _fcgi_group(self, section: Section) -> GroupSettings:
        priority = self._read(section, _PRIORITY).get("priority", program.PRIORITY_DEFAULT)
        settings = self._fcgi_settings(section)
        name = self._group_name(section)
        processes = build_processes(self._reader, section, name, settings)
        return GroupSettings(
            name=name,
            priority=priority,
            kind="fcgi",
            processes=self._without_twins(processes, section),
            origin=_origin(section),
            fcgi=settings,
        )

    def _fcgi_settings(self, section: Section) -> FcgiSettings:
        user: Account | None = self._read(section, _FCGI_USER).get("user")
        values = self._read(section, _FCGI_OTHERS)
        backlog = values.get("socket_backlog")
        if backlog is not None and not 1 <= backlog <= fcgi.BACKLOG_MAX:
            self._problems.error(
                f"Invalid socket_backlog value {backlog}",
                section.place_of("socket_backlog"),
                f"a number from 1 to {fcgi.BACKLOG_MAX}",
                program_suffix(section),
            )
        program_name = section.name.partition(":")[2]
        names = Names(self._reader.environ, program_name=program_name)
        values.update(self._read_socket(section, names))
        address = values.get("socket")
        if address is not None and address.path is None:
            if values.keys() & _UNIX_SOCKET_KEYS:
                self._problems.error(
                    "socket_owner and socket_mode params should only be used with a Unix domain "
                    f"socket in [{section.name}] socket",
                    section.place_of("socket"),
                )
        elif user is not None and user.uid != self._daemon_uid:
            values.setdefault("socket_owner", Ownership(user.uid, user.primary_gid))
        return FcgiSettings(section=section.name, **values)

    def _read_socket(self, section: Section, names: Names) -> dict[str, Any]:
        place = section.place_of("socket")
        entry = section.get("socket")
        option = fcgi.OPTIONS["socket"]
        if entry is None:
            message = f'[{section.name}] section requires a "socket" line'
            self._problems.error(message, place, option.type.expected)
            return {}
        try:
            text = self._reader.expand(entry, section, option, names)
        except ValueError as error:
            self._reader.report(error, section, option, program_suffix(section))
            return {}
        try:
            return {"socket": fcgi_address(text, self._reader.lookups)}
        except ValueError as error:
            message = f"{error} in [{section.name}] socket"
            self._problems.error(message, place, option.type.expected)
            return {}

    def _group_name(self, section: Section) -> str:
        text = section.name.partition(":")[2]
        try:
            name = convert.name(text, self._reader.lookups)
        except ValueError as error:
            suffix = program_suffix(section)
            self._problems.error(str(error), section.place(), NAME.expected, suffix)
            return text.strip()
        if not name or not _UNADDRESSABLE.isdisjoint(name):
            message = "groups with an empty name, or with '*' or ',' in it, cannot be addressed"
            self._problems.warn(message, section.place())
        return name

    def _read(self, section: Section, options: Options) -> dict[str, Any]:
        names = Names(self._reader.environ)
        return self._reader.read(section, options, names, program_suffix(section))

    def _without_twins(
        self, processes: Sequence[ProcessSettings], section: Section
    ) -> tuple[ProcessSettings, ...]:
        """Of two processes with the same name the later one replaces the earlier one (C27)."""
        unique = {process.name: process for process in processes}
        if len(unique) == len(processes):
            return tuple(processes)
        twins = dict.fromkeys(each.name for each in processes if unique[each.name] is not each)
        self._problems.warn(
            f"processes with the same name: only the last {', '.join([*twins][:5])} is kept",
            section.place(),
            suggestion="give them different names with process_name",
        )
        return tuple(unique.values())


def _origin(section: Section) -> Origin:
    return Origin(section.source.path, section.line)
