"""The options of the daemon, for those who judge or inspect a configuration without running it.

Reading changes nothing outside of the object. In the daemon plug-ins meet a subclass whose
attributes are live; both share what works on a parser or a file.
"""

import os.path
import socket
from configparser import NoSectionError, RawConfigParser
from types import SimpleNamespace

from supervisor import __version__
from supervisor.config.flags import Flags, parse_supervisord_flags, supervisord_help
from supervisor.config.groups import read_groups
from supervisor.config.ini import Source
from supervisor.config.load import LoadResult, load_settings
from supervisor.config.plugins import read_plugins
from supervisor.config.problems import Problems
from supervisor.config.processes import build_processes
from supervisor.config.reading import Reader, env_names
from supervisor.config.record import fields_of
from supervisor.config.sections.plugins import RPC_OPTIONS, PluginSettings
from supervisor.config.sections.servers import ServerSettings
from supervisor.config.sections.supervisord import SupervisordSettings
from supervisor.config.servers import read_servers
from supervisor.config.settings import Settings
from supervisor.config.surroundings import SystemSurroundings
from supervisor.config.values import FileLog
from supervisor.errors import Severity
from supervisor.hints import IO, Any
from supervisor.promised.baseoptions import Options
from supervisor.promised.configs import ProcessConfig, ProcessGroupConfig
from supervisor.promised.parser import document_of
from supervisor.promised.systemcalls import SystemCalls
from supervisor.promised.textfile import NAMELESS, reading
from supervisor.promised.translate import group_config, process_config
from supervisor.states import SupervisorStates

PluginFactory = tuple[str, Any, dict[str, str]]
"""Name, factory, options of the section."""

_ID_UNCHANGED = -1


class ServerOptions(SystemCalls, Options):
    """What a configuration says, by attributes named as the keys of `[supervisord]`."""

    mood: int = SupervisorStates.RUNNING
    """State of the daemon, one of SupervisorStates."""
    identifier: str
    logfile: str | None = None
    """Absolute path, or `syslog`."""
    loglevel: int | None = None
    pidfile: str | None = None
    nodaemon: bool | None = None
    silent: bool | None = None
    user: str | None = None
    uid: int | None = None
    gid: int | None = None
    childlogdir: str
    strip_ansi: bool
    environment: dict[str, str]
    serverurl: str | None = None
    """URL of the daemon for its children."""
    server_configs: list[dict[str, Any]]
    process_group_configs: list[ProcessGroupConfig]
    httpservers: Any = ()
    """Pairs (config, server), in a daemon."""
    logger: Any = None
    """Main log, in a daemon."""

    def __init__(self, surroundings: SystemSurroundings | None = None) -> None:
        super().__init__()
        self._given_surroundings = surroundings
        self._flags = Flags()
        self._plugins: tuple[PluginSettings, ...] = ()
        self.parse_criticals: list[str] = []
        self.parse_warnings: list[str] = []
        self.parse_infos: list[str] = []
        self.pidhistory: dict[int, Any] = {}
        self.environment = {}
        self.identifier = "supervisor"
        self.server_configs = []
        self.process_group_configs = []

    # -- reading ---------------------------------------------------------------------------------

    def _follow(self, words: list[str], doc: str | None) -> None:
        flags = parse_supervisord_flags(words, self.progname)
        if flags.help:
            self._print_help(supervisord_help(self.progname), doc)
        if flags.version:
            self._print_help(f"{__version__}\n", None)
        self._flags = flags
        self.configfile = flags.configuration or self.default_configfile()
        self.process_config()

    def process_config(self, do_usage: bool = True) -> None:
        """Read the file again; all attributes are those of the file then.

        Raises ValueError, or ends the process with a usage error if do_usage is true.
        """
        try:
            settings = self._loaded(str(self.configfile), self._surroundings())
        except ValueError as error:
            if not do_usage:
                raise
            self.usage(str(error))
        else:
            self.adopt(settings)

    def read_config(self, fp: str | IO[str]) -> Any:
        """The section `[supervisord]` of a file, by path or open, as an object with attributes.

        Raises ValueError. The attributes of the options themselves stay as they are.
        """
        return section_of(self, self._loaded(*reading(fp, self._surroundings())))

    def _loaded(self, path: str, surroundings: SystemSurroundings) -> Settings:
        result = load_settings(path, surroundings, self._flags)
        error = result.first_error()
        if error is not None:
            raise ValueError(error.message)
        self._keep_messages(result)
        assert result.settings is not None
        return result.settings

    def _keep_messages(self, result: LoadResult) -> None:
        lines = result.log_lines(at_start=True)
        self.parse_criticals = [text for level, text in lines if level == Severity.CRITICAL]
        self.parse_warnings = [text for level, text in lines if level == Severity.WARNING]
        self.parse_infos = [text for level, text in lines if level == Severity.INFO]

    def adopt(self, settings: Settings) -> None:
        """Set the attributes to what a configuration says; read-only properties stay alone."""
        self._plugins = settings.rpcinterfaces
        section = section_of(self, settings)
        values = {
            **vars(section),
            "configfile": settings.path,
            "here": settings.here,
            "serverurl": settings.serverurl,
            "configroot": SimpleNamespace(supervisord=section),
        }
        for name, value in values.items():
            declared = getattr(type(self), name, None)
            if not isinstance(declared, property) or declared.fset is not None:
                setattr(self, name, value)

    @property
    def rpcinterface_factories(self) -> list[PluginFactory]:
        """Name, factory and options of each `[rpcinterface:NAME]`, in order."""
        return [self._factory(plugin) for plugin in self._plugins]

    def _factory(self, plugin: PluginSettings) -> PluginFactory:
        return plugin.name, self.import_spec(plugin.factory), dict(plugin.options)

    # -- from a parser ---------------------------------------------------------------------------

    def processes_from_section(
        self,
        parser: RawConfigParser,
        section: str,
        group_name: str,
        klass: type[ProcessConfig] | None = None,
    ) -> list[ProcessConfig]:
        """The processes of a program-like section of a parser, as members of a group.

        Raises ValueError with the text that the daemon would give, NoSectionError.
        """
        return self._processes_from_section(parser, section, group_name, klass)

    def _processes_from_section(
        self,
        parser: RawConfigParser,
        section: str,
        group_name: str,
        klass: type[ProcessConfig] | None = None,
    ) -> list[ProcessConfig]:
        if not parser.has_section(section):
            raise NoSectionError(section)
        reader = self._reader()
        found = document_of(parser, self._source()).sections[section]
        processes = build_processes(reader, found, group_name)
        _raise_first(reader.problems)
        return [process_config(self, each, klass or ProcessConfig) for each in processes]

    def process_groups_from_parser(self, parser: RawConfigParser) -> list[ProcessGroupConfig]:
        """All groups that the sections of a parser make. Raises ValueError."""
        reader = self._reader()
        groups = read_groups(document_of(parser, self._source()), reader, reader.surroundings.euid)
        _raise_first(reader.problems)
        return [group_config(self, each) for each in groups]

    def server_configs_from_parser(self, parser: RawConfigParser) -> list[dict[str, Any]]:
        """What the sections of a parser say about HTTP servers. Raises ValueError."""
        reader = self._reader()
        servers = read_servers(document_of(parser, self._source()), reader)
        _raise_first(reader.problems)
        return [server_config(each) for each in servers]

    def get_plugins(
        self, parser: RawConfigParser, factory_key: str, section_prefix: str
    ) -> list[PluginFactory]:
        """Name, factory and options of each section with that prefix. Raises ValueError."""
        reader = self._reader()
        option = RPC_OPTIONS["factory"]._replace(key=factory_key)
        document = document_of(parser, self._source())
        plugins = read_plugins(document, reader, section_prefix, option)
        _raise_first(reader.problems)
        return [self._factory(plugin) for plugin in plugins]

    def _reader(self) -> Reader:
        reader = Reader(self._surroundings(), Problems())
        reader.environ = {**reader.environ, **env_names(self.environment)}
        return reader

    def _source(self) -> Source:
        path = self.configfile or NAMELESS
        return Source(path, self.here or os.path.dirname(os.path.abspath(path)))

    def _surroundings(self) -> SystemSurroundings:
        # Unless somebody has kept others, those of now: scripts change directories.
        return self._given_surroundings or SystemSurroundings()


def section_of(options: Any, settings: Settings) -> SimpleNamespace:
    """The section `[supervisord]`, and what is made of the others, in the words of plug-ins."""
    daemon = settings.supervisord
    values = {name: getattr(daemon, name) for name in fields_of(SupervisordSettings)}
    user = daemon.user
    del values["start_cwd"]
    values.update(
        user=None if user is None else user.name,
        uid=None if user is None else user.uid,
        gid=None if user is None else user.primary_gid,
        logfile=daemon.logfile.path if isinstance(daemon.logfile, FileLog) else "syslog",
        loglevel=int(daemon.loglevel),
        environment=dict(daemon.environment),
        server_configs=[server_config(each) for each in settings.servers],
        process_group_configs=[group_config(options, each) for each in settings.groups],
    )
    return SimpleNamespace(**values)


def server_config(settings: ServerSettings) -> dict[str, Any]:
    """One server in the words of plug-ins."""
    common = {
        "name": settings.name or None,
        "section": settings.section,
        "username": settings.username,
        "password": settings.password,
    }
    if settings.kind == "inet":
        return {
            **common,
            "family": socket.AF_INET,
            "host": settings.host,
            "port": settings.port,
        }
    ids = [_ID_UNCHANGED if each is None else each for each in (settings.uid, settings.gid)]
    return {
        **common,
        "family": socket.AF_UNIX,
        "file": settings.file,
        "chmod": settings.chmod,
        "chown": tuple(ids),
    }


def _raise_first(problems: Problems) -> None:
    if problems.first_error is not None:
        raise ValueError(problems.first_error.message)
