"""The file that was read last against what is active. Implements `rpc.ports.Configuration`."""

from supervisor.config.diff import diff_groups, sharing
from supervisor.config.load import LoadResult
from supervisor.config.record import replaced
from supervisor.config.render import config_info, in_order_of_config_info
from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.program import ProcessSettings
from supervisor.config.sections.servers import ServerSettings
from supervisor.config.settings import Settings
from supervisor.config.values import AutoLog, Origin
from supervisor.core.control import Control
from supervisor.daemon.children import Body, Children
from supervisor.daemon.late import load_for
from supervisor.daemon.programs import ActiveGroups
from supervisor.daemon.services import DaemonIdentity
from supervisor.errors import Fault, HostError, RequestRefused, Severity
from supervisor.hints import Any, Callable, Iterator, Mapping, Sequence
from supervisor.levels import Level
from supervisor.rpc.listing import Listing
from supervisor.rpc.oneline import told_name
from supervisor.rpc.ports import Log, Setting
from supervisor.states import STOPPED_STATES

LEVEL_OF_SEVERITY: Mapping[Severity, Level] = {
    Severity.CRITICAL: Level.CRIT,
    Severity.WARNING: Level.WARN,
    Severity.INFO: Level.INFO,
}


class LiveConfiguration:
    """Rereads the file on request; what runs is only ever changed group by group."""

    def __init__(
        self,
        settings: Settings,
        load: Callable[[], LoadResult],
        groups: ActiveGroups,
        children: Children,
        identity: DaemonIdentity,
        log: Log,
    ) -> None:
        self.available = settings
        """The file as it was read last."""
        self._load = load
        self._groups = groups
        self._children = children
        self._identity = identity
        self._log = log
        self._user_changes: Sequence[str] = ()
        self._listed: tuple[int, int, list[tuple[GroupSettings, ProcessSettings]]] | None = None
        """What was listed last, and of what: it takes 0.02 s of thousands of programs."""
        self._active_before: set[int] = set()
        """Processes that were active when the file was reread, which knows no paths of theirs."""
        self._told: set[str] = set()
        """What was said about the file when it was read last: an unchanged file says no more."""
        self.control: Control
        self.probe_servers: Callable[[Sequence[ServerSettings]], None]
        self.renew_servers: Callable[[Settings], Sequence[str]]
        self.offered: Callable[[], Sequence[GroupSettings]] = lambda: self.available.groups
        """The groups that can be made active; plug-ins may have others than the file."""
        self.for_restart: LoadResult | None = None
        """What a restart that was asked for will begin with: validated before anything stops."""

    # -- rereading -------------------------------------------------------------------------------

    def reread(self) -> tuple[list[str], list[str], list[str]]:
        """Read the file again: names of groups (added, changed, removed)."""
        settings = self._read().settings
        assert settings is not None
        active = self._groups.settings()
        settings = sharing(settings, self.available, active)
        try:
            self._user_changes = self.renew_servers(settings)
        except HostError as error:
            self._log(Level.ERRO, f"cannot use the configuration: {error}")
            raise RequestRefused(Fault.CANT_REREAD, error.message) from error
        for change in self._user_changes:
            self._log(Level.INFO, f"reread the configuration: {change}")
        self.available, self._listed = settings, None
        self._active_before = self._groups.configured_ids()
        self._take_over(settings)
        diff = diff_groups(active, self.offered())
        return (
            [group.name for group in diff.added],
            [group.name for group in diff.changed],
            [group.name for group in diff.removed],
        )

    def user_changes(self) -> Sequence[str]:
        """What reading the file the last time changed about who may come in, a line for each."""
        return self._user_changes

    def prepare_restart(self) -> None:
        """Validate the file and new addresses before a restart (C3, L5)."""
        result = self._read()
        settings = result.settings
        assert settings is not None
        settings = sharing(settings, self.available, self._groups.settings())
        try:
            load_for(settings)
            self.probe_servers(settings.servers)
            self._children.fcgi_sockets.probe_before_restart(settings.groups)
        except HostError as error:
            self._log(Level.ERRO, f"cannot restart with this configuration: {error}")
            raise RequestRefused(Fault.CANT_REREAD, error.message) from error
        self.for_restart = result._replace(settings=settings)

    def _read(self) -> LoadResult:
        """Load the file. Raises RequestRefused CANT_REREAD; all problems are in the log then."""
        result = self._load()
        error = result.first_error()
        lines = result.log_lines(at_start=False)
        for severity, text in lines:
            if text not in self._told:
                self._log(LEVEL_OF_SEVERITY[severity], text)
        self._told = {text for _, text in lines}
        for problem in result.problems:
            if problem.severity is Severity.ERROR:
                self._log(Level.ERRO, f"cannot use the configuration: {problem}")
        if error is not None:
            raise RequestRefused(Fault.CANT_REREAD, error.message)
        return result

    def _take_over(self, settings: Settings) -> None:
        """What the running daemon takes from a reread; open logs, sockets and pidfile stay (C5)."""
        daemon = settings.supervisord
        self._identity.identifier = daemon.identifier
        self._children.nursery = self._children.nursery._replace(
            identifier=daemon.identifier,
            childlogdir=daemon.childlogdir,
            strip_ansi=daemon.strip_ansi,
        )

    # -- groups ----------------------------------------------------------------------------------

    def add_group(self, name: str) -> None:
        """Make a group of the last-read configuration active.

        Raises RequestRefused: ALREADY_ADDED, BAD_NAME, or FAILED for a socket that cannot be made.
        """
        if name in self._groups:
            raise RequestRefused(Fault.ALREADY_ADDED, name)
        for group in self.offered():
            if group.name == name:
                self._add(group)
                return
        raise RequestRefused(Fault.BAD_NAME, told_name(name))

    def _add(self, group: GroupSettings) -> None:
        try:
            self._groups.add(group)
        except HostError as error:
            self._log(Level.ERRO, f"cannot add group {group.name!r}: {error}")
            raise RequestRefused(Fault.FAILED, error.message) from error

    def remove_group(self, name: str) -> None:
        """Take out an active group of which every process has stopped."""
        group = self.control.group(name)
        if group is None:
            raise RequestRefused(Fault.BAD_NAME, told_name(name))
        if any(process.state not in STOPPED_STATES for process in group.processes):
            raise RequestRefused(Fault.STILL_RUNNING, name)
        self._groups.remove(name)

    # -- looking ---------------------------------------------------------------------------------

    def all_config_info(self) -> list[dict[str, Any]]:
        """Structs of getAllConfigInfo, sorted by process name."""
        return self.config_listing().whole()

    def config_listing(self, sees: Callable[[str, str], bool] | None = None) -> Listing:
        """The same, made slice by slice, for processes of which `sees` accepts group and name."""
        pairs = self._pairs()
        if sees is not None:
            pairs = [pair for pair in pairs if sees(pair[0].name, pair[1].name)]
        return Listing(pairs, self._config_infos)

    def _pairs(self) -> list[tuple[GroupSettings, ProcessSettings]]:
        """All processes that are listed, in order: the same as long as nothing comes or goes."""
        revision = self.control.revision
        if self._listed is None or self._listed[:2] != (id(self.available), revision):
            pairs = in_order_of_config_info(map(self._with_added, self.available.groups))
            self._listed = id(self.available), revision, pairs
        return self._listed[2]

    def _config_infos(
        self, pairs: Sequence[tuple[GroupSettings, ProcessSettings]]
    ) -> Iterator[dict[str, Any]]:
        for group, process in pairs:
            struct = config_info(group, process, group.name in self._groups)
            struct.update(self._auto_log_paths(group.name, process))
            yield struct

    def keys_of(self, process_id: int) -> list[Setting]:
        """Every key of an active process, with where it is set."""
        # Late: only pages ask.
        from supervisor.config.telling import told_keys

        body = self._children.body(process_id)
        paths = {f"{channel}_logfile": log.path for channel, log in body.logs.items()}
        group = self._groups.group(body.settings.group)
        return [
            Setting(told.key, told.value, told.public, _origin_text(told.key, told.place, body))
            for told in told_keys(group, body.settings, paths)
        ]

    def _with_added(self, group: GroupSettings) -> GroupSettings:
        """A group with the processes that plug-ins have put into it."""
        added = self._groups.added(group.name) if group.name in self._groups else ()
        return replaced(group, processes=(*group.processes, *added)) if added else group

    def _auto_log_paths(self, group: str, process: ProcessSettings) -> dict[str, str]:
        """Real paths of AUTO logs, for a process that is active as it was read, or put in."""
        active = self.control.find(group, process.name)
        if active is None or active.id in self._active_before:
            return {}
        body = self._children.body(active.id)
        if body.settings is not process:
            return {}
        return {
            f"{channel}_logfile": log.path
            for channel, log in body.logs.items()
            if getattr(process, f"{channel}_logfile") is AutoLog.AUTO
        }


def _origin_text(key: str, place: Origin | None, body: Body) -> str:
    if place is not None:
        return f"{place.file}:{place.line}"
    return "[supervisord]" if key == "environment" and body.settings.environment else ""
