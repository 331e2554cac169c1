"""A program-like section → its processes: names, numbers, and the rules between keys."""

from supervisor.config import convert
from supervisor.config.document import Section
from supervisor.config.expand import Names
from supervisor.config.option import Scope
from supervisor.config.places import note_places
from supervisor.config.reading import Environment, Options, Reader, env_names, program_suffix
from supervisor.config.sections import program
from supervisor.config.sections.fcgi import FcgiSettings
from supervisor.config.sections.program import NUMPROCS_MAX, ProcessSettings
from supervisor.config.values import (
    AUTO_LOG,
    NO_LOG,
    SYSLOG,
    AutoLog,
    FileLog,
    NoLog,
    Origin,
    SyslogLog,
)
from supervisor.errors import Severity
from supervisor.hints import Any

_NAME_KEY = "process_name"
_NAME_OPTION = program.OPTIONS[_NAME_KEY]
_NUMBER_FORMAT = "%(process_num)"
_UNADDRESSABLE = frozenset("*,")


def _scoped(*scopes: Scope) -> Options:
    return {
        name: option
        for name, option in program.OPTIONS.items()
        if option.scope in scopes and name != _NAME_KEY
    }


_ONCE = _scoped(Scope.GROUP, Scope.PROGRAM)
_ENVIRONMENT = _scoped(Scope.PROCESS)
_EACH = _scoped(Scope.COMMAND)


def build_processes(
    reader: Reader, section: Section, group: str, fcgi: FcgiSettings | None = None
) -> tuple[ProcessSettings, ...]:
    """The processes of a section as members of `group`, by priority and name.

    What is returned after an error has been reported is only good for finding further errors.
    """
    return _Builder(reader, section, group).build(fcgi)


class _Builder:
    """The reading of one section for one group."""

    def __init__(self, reader: Reader, section: Section, group: str) -> None:
        self._reader = reader
        self._problems = reader.problems
        self._section = section
        self._group = group
        self._suffix = program_suffix(section)
        self._own_names: dict[str, Any] = {
            "host_node_name": reader.hostname,
            "program_name": section.name.partition(":")[2].strip(),
            "group_name": group,
        }

    def build(self, fcgi: FcgiSettings | None) -> tuple[ProcessSettings, ...]:
        section, reader = self._section, self._reader
        self._check_name()
        once = reader.read(section, _ONCE, Names(reader.environ, **self._own_names), self._suffix)
        self._settle_flags(once)
        once["fcgi"] = fcgi
        once["group"] = self._group
        once["section"] = section.name
        once["origin"] = Origin(section.source.path, section.line)
        once["places"] = note_places(section)
        first: int = once.get("numprocs_start", 0)
        numbers = range(first, first + self._process_count(once))
        if section.get("command") is None:
            # Judged last, as the reference does, so that an earlier mistake is the first one.
            self._read_process(once, first)
            self._error(
                f"program section {section.name} does not specify a command",
                "command",
                "command = PROGRAM [ARGUMENT ...]",
            )
            return ()
        processes = self._read_processes(once, numbers)
        return tuple(sorted(processes, key=lambda process: process.name))

    def _check_name(self) -> None:
        """The characters of a process name are judged before its expansion."""
        entry = self._section.get(_NAME_KEY)
        if entry is None:
            return
        try:
            name = convert.name(entry.text, self._reader.lookups)
        except ValueError as error:
            self._error(str(error), _NAME_KEY, _NAME_OPTION.type.expected)
            return
        if not name or not _UNADDRESSABLE.isdisjoint(name):
            self._problems.warn(
                "processes with an empty name, or with '*' or ',' in it, cannot be addressed",
                self._section.place_of(_NAME_KEY),
            )

    def _settle_flags(self, values: dict[str, Any]) -> None:
        stopasgroup = values.get("stopasgroup", False)
        if values.setdefault("killasgroup", stopasgroup) < stopasgroup:
            self._error("Cannot set stopasgroup=true and killasgroup=false", "killasgroup")
        url: str | None = values.get("serverurl")
        if url is not None and url.strip().upper() == "AUTO":
            values["serverurl"] = None
        self._judge_stop_signal(values)

    def _judge_stop_signal(self, values: dict[str, Any]) -> None:
        """0 sends nothing, and SIG_DFL and its like are no signals, but old files load (C13)."""
        entry = self._section.get("stopsignal")
        if entry is None or "stopsignal" not in values:
            return
        is_alias = entry.text.strip().upper().removeprefix("SIG").startswith("_")
        if is_alias or values["stopsignal"] == 0:
            self._problems.refuse_in_check(
                f"{entry.text} is not a signal that stops a process",
                self._section.place_of("stopsignal"),
                expected="a signal such as TERM",
            )

    def _process_count(self, values: dict[str, Any]) -> int:
        count: int = values.get("numprocs", 1)
        if count > 1:
            entry = self._section.get(_NAME_KEY)
            if entry is None or _NUMBER_FORMAT not in entry.text:
                self._error(
                    "%(process_num) must be present within process_name when numprocs > 1",
                    _NAME_KEY,
                    "process_name = %(program_name)s_%(process_num)02d",
                )
                return 1
        if count > NUMPROCS_MAX:
            self._error(
                f"cannot make {count} processes: numprocs is limited to {NUMPROCS_MAX}", "numprocs"
            )
            return 1
        return count

    def _read_processes(self, once: dict[str, Any], numbers: range) -> list[ProcessSettings]:
        """Up to the first process with a mistake: its siblings would only repeat it."""
        processes = []
        error_count = self._problems.error_count
        for number in numbers:
            processes.append(self._read_process(once, number))
            if self._problems.error_count > error_count:
                break
        return processes

    def _read_process(self, once: dict[str, Any], number: int) -> ProcessSettings:
        reader, section = self._reader, self._section
        own_names = {
            **self._own_names,
            "process_num": number,
            "numprocs": once.get("numprocs", 1),
        }
        names = Names(reader.environ, **own_names)
        values = reader.read(section, _ENVIRONMENT, names, self._suffix)
        own: Environment = {}
        if "environment" in values:
            own = reader.variables(values["environment"], section, names)
            names = Names({**reader.environ, **env_names(own)}, **own_names)
        values = reader.read(section, _EACH, names, self._suffix)
        values["environment"] = reader.merged_environment(own)
        values["directory"] = values.get("directory") or None
        for channel in ("stdout", "stderr"):
            self._settle_log(values, once, channel)
        values[_NAME_KEY] = self._read_name(names)
        return ProcessSettings(**once, **values)

    def _read_name(self, names: Names) -> str:
        entry = self._section.get(_NAME_KEY)
        if entry is None:
            return str(self._own_names["program_name"])
        try:
            return self._reader.expand(entry, self._section, _NAME_OPTION, names).strip()
        except ValueError as error:
            self._reader.report(error, self._section, _NAME_OPTION, self._suffix)
            return ""

    def _settle_log(self, values: dict[str, Any], once: dict[str, Any], channel: str) -> None:
        key = f"{channel}_logfile"
        target: AutoLog | NoLog | FileLog | SyslogLog = values.get(key, AUTO_LOG)
        if target is SYSLOG:
            self._say(
                f"{key}=syslog but this is deprecated and will be removed.  "
                f"Use {channel}_syslog=true to enable syslog instead.",
                key,
            )
            target = NO_LOG
            values[f"{channel}_syslog"] = True
        elif target is AUTO_LOG and values.get(f"{key}_maxbytes") == 0:
            self._say(
                f"AUTO logging used for {key} without rollover, "
                "set maxbytes > 0 to avoid filling up filesystem unintentionally",
                f"{key}_maxbytes",
            )
        if channel == "stderr" and once.get("redirect_stderr"):
            if isinstance(target, FileLog):
                self._say(
                    f"redirect_stderr=true but {key} has also been set to a filename, "
                    "the filename has been ignored",
                    key,
                )
            target = NO_LOG
        values[key] = target

    def _say(self, message: str, key: str) -> None:
        self._problems.say_at_start(
            f"For [{self._section.name}], {message}",
            Severity.WARNING,
            self._section.place_of(key),
        )

    def _error(self, message: str, key: str, expected: str | None = None) -> None:
        place = self._section.place_of(key)
        self._problems.error(message, place, expected, self._suffix)
