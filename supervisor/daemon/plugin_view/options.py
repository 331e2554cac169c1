"""The options of the running daemon: `supervisord.options`, a `ServerOptions` that is live."""

import traceback
from contextlib import suppress

from supervisor.config.document import read_document
from supervisor.config.problems import Problems
from supervisor.config.sections.group import GroupKind, GroupSettings
from supervisor.config.settings import Settings
from supervisor.daemon.plugin_view.home import LiveHome, settings_of_group
from supervisor.daemon.plugin_view.logger import MainLogger
from supervisor.daemon.plugin_view.servers import ServerView
from supervisor.errors import RequestRefused
from supervisor.hints import Any, Final, Sequence
from supervisor.levels import Level
from supervisor.options import (
    EventListenerConfig,
    FastCGIProcessConfig,
    ProcessConfig,
    ProcessGroupConfig,
    ServerOptions,
)
from supervisor.promised.parser import parser_of
from supervisor.promised.serveroptions import server_config
from supervisor.promised.translate import group_config
from supervisor.states import SupervisorStates

_CONFIG_CLASSES: Final[dict[GroupKind, type[ProcessConfig]]] = {
    "program": ProcessConfig,
    "eventlistener": EventListenerConfig,
    "fcgi": FastCGIProcessConfig,
}

_own_reading: Final = ServerOptions._processes_from_section
"""What a plug-in may replace, in order to hear of each program when the file is read."""


class LiveOptions(ServerOptions):
    """What the file says, and what the daemon makes of it. Attributes of plug-ins stay with it."""

    def __init__(self, home: LiveHome, supervisord: Any) -> None:
        self._home = home
        self._parts = home.inside.parts
        self._supervisord = supervisord
        self._configs: list[ProcessGroupConfig] | None = None
        self._configs_of: Settings | None = None
        self._told_of: Settings | None = None
        """The file as whoever replaced `_processes_from_section` was told of it."""
        self._httpservers: Any = None
        super().__init__()
        self.progname = self._parts.program
        self._logger = MainLogger(self._parts.main_log)
        self.adopt(self._parts.settings)
        self._parts.configuration.offered = self._offered

    # -- the daemon ------------------------------------------------------------------------------

    @property
    def mood(self) -> int:
        """One of SupervisorStates; setting SHUTDOWN or RESTARTING makes it so.

        Raises ValueError for what cannot be asked for.
        """
        return self._parts.supervision.mood

    @mood.setter
    def mood(self, mood: int) -> None:
        control = self._parts.services.control
        if mood == self.mood:
            return
        if mood == SupervisorStates.SHUTDOWN:
            self._home.inside.in_loop(control.shutdown)
        elif mood == SupervisorStates.RESTARTING:
            self._home.inside.in_loop(self._restart)
        elif mood == SupervisorStates.RUNNING and self.mood == SupervisorStates.FATAL:
            self._home.inside.in_loop(control.clear_fatal)
        else:
            raise ValueError(f"cannot put the daemon from state {self.mood} into {mood}")

    def _restart(self) -> None:
        try:
            self._parts.configuration.prepare_restart()
        except RequestRefused as refused:
            raise ValueError(refused.text) from refused
        self._parts.services.control.restart()

    @property
    def identifier(self) -> str:
        """Name of the daemon."""
        return self._parts.identity.identifier

    @identifier.setter
    def identifier(self, identifier: str) -> None:
        self._parts.identity.identifier = identifier

    @property
    def logger(self) -> MainLogger:
        """The main log."""
        return self._logger

    @property
    def pidhistory(self) -> dict[int, Any]:
        """Processes by the pid of their child, for every child that has not been reaped."""
        found = {}
        for pid, process_id in self._parts.executor.owners().items():
            # One that nobody could signal outlives its group.
            with suppress(KeyError):
                found[pid] = self._home.process(process_id)
        return found

    @pidhistory.setter
    def pidhistory(self, value: object) -> None:
        """Whose child is whose is a fact: what is set is not kept."""

    def get_pid(self) -> int:
        """Pid of the daemon."""
        return self._parts.identity.pid

    def reopenlogs(self) -> None:
        """Close the main log and open it by name."""
        self._home.inside.in_loop(self._parts.main_log.reopen)

    # -- servers ---------------------------------------------------------------------------------

    @property
    def httpservers(self) -> Any:
        """Pairs (config, server), in the order in which they were opened."""
        if self._httpservers is not None:
            return self._httpservers
        opened = self._home.inside.servers.opened
        pairs = [(server_config(each.settings), each) for each in opened]
        found = [(config, ServerView(self._supervisord, each)) for config, each in pairs]
        if len(opened) == len(self._parts.settings.servers):
            # All of them are open: from now on each is the same object.
            self._httpservers = found
        return found

    @httpservers.setter
    def httpservers(self, servers: Any) -> None:
        self._httpservers = servers

    def close_httpservers(self) -> None:
        """Let nobody in any more; answers that are due are still sent."""
        self._home.inside.in_loop(lambda: self._home.inside.servers.close(lambda: None))

    # -- the file --------------------------------------------------------------------------------

    def process_config(self, do_usage: bool = True) -> None:
        """Read the file again, as `reloadConfig` does. Raises ValueError if it cannot be used."""
        try:
            self._home.inside.in_loop(self._parts.configuration.reread)
        except RequestRefused as refused:
            raise ValueError(refused.extra) from refused
        self.adopt(self._parts.configuration.available)

    @property
    def process_group_configs(self) -> list[ProcessGroupConfig]:
        """Groups of the file as it was read last; those that are put in can be added, too."""
        available = self._parts.configuration.available
        if self._configs is None or self._configs_of is not available:
            self._configs_of = available
            self._configs = [group_config(self, each) for each in available.groups]
        return self._configs

    @process_group_configs.setter
    def process_group_configs(self, configs: list[ProcessGroupConfig]) -> None:
        if self._parts.configuration.available is not self._configs_of:
            # What reading the file has found is made from it when it is asked for.
            self._configs = None
        else:
            self._configs = configs

    def _offered(self) -> Sequence[GroupSettings]:
        self._tell_of_programs()
        if self._configs is None or self._configs_of is not self._parts.configuration.available:
            return self._parts.configuration.available.groups
        return [settings_of_group(each) for each in self._configs]

    def _tell_of_programs(self) -> None:
        """Have a replaced `_processes_from_section` read the programs of a file that was read."""
        available = self._parts.configuration.available
        if ServerOptions._processes_from_section is _own_reading or self._told_of is available:
            return
        self._told_of = available
        try:
            self._read_programs(available)
        except BaseException:
            # The daemon has read the file in its own way.
            self._parts.main_log.log(
                Level.ERRO,
                f"_processes_from_section of a plug-in raised an unexpected exception: "
                f"{traceback.format_exc()}",
            )

    def _read_programs(self, settings: Settings) -> None:
        document = read_document(settings.path, self._surroundings(), Problems())
        if document is None:
            return
        parser = parser_of(document)
        parser.expansions = {f"ENV_{name}": each for name, each in self._reader().environ.items()}
        for group in settings.groups:
            for section in dict.fromkeys(each.section for each in group.processes):
                kind = _CONFIG_CLASSES["fcgi" if section.startswith("fcgi") else group.kind]
                self.processes_from_section(parser, section, group.name, kind)
