"""Code that only some configurations need, loaded when one of them does.

Whoever takes a configuration into use calls `load_for` before anything is changed: a daemon may be
asked for what it has not loaded months after its start, when the package on disk is another
version, and that must fail in clear words and harm nothing that runs.
"""

from supervisor.config.sections.fcgi import FcgiSettings
from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.plugins import MAIN_RPC_FACTORY
from supervisor.config.settings import Settings
from supervisor.config.values import SyslogLog
from supervisor.errors import ConfigProblem, HostError
from supervisor.hints import TYPE_CHECKING, Final, Iterable, Sequence
from supervisor.lean import import_module
from supervisor.rpc.ports import Log
from supervisor.tuples import NamedTuple

if TYPE_CHECKING:
    from supervisor.daemon.fcgi import Lease, SharedSockets
    from supervisor.daemon.tls import Certificates
    from supervisor.web.service import Ports


class Feature(NamedTuple):
    """What some configurations have, and the modules that it takes."""

    users: str
    """Who needs it, for people."""
    modules: tuple[str, ...]


LISTENERS: Final = Feature(
    "event listeners",
    ("supervisor.daemon.eventkinds", "supervisor.daemon.judges", "supervisor.daemon.pools"),
)
FCGI: Final = Feature("FastCGI programs", ("supervisor.daemon.fcgi",))
FILTERS: Final = Feature("captures and strip_ansi", ("supervisor.daemon.filters",))
SYSLOG: Final = Feature("logs that go to syslog", ("supervisor.logs.syslog",))
USERS: Final = Feature("users", ("supervisor.daemon.access", "supervisor.rpc.scope"))
JOURNAL: Final = Feature(
    "event journals", ("supervisor.daemon.eventkinds", "supervisor.daemon.journal")
)
TLS: Final = Feature("servers with ssl_certfile", ("supervisor.daemon.tls",))
"""Not among the modules that `daemon.preload` loads for everybody: OpenSSL is larger than all else.
Whoever drops privileges has loaded for his configuration before."""
PLUGINS: Final = Feature(
    "plug-ins",
    (
        "supervisor.daemon.eventkinds",
        "supervisor.daemon.plugins",
        "supervisor.daemon.plugin_view.pages",
        "supervisor.daemon.plugin_view.supervisord",
    ),
)


def has_plugins(settings: Settings) -> bool:
    """Whether there is an RPC interface that is not our own."""
    return any(each.factory != MAIN_RPC_FACTORY for each in settings.rpcinterfaces)


def load_for(settings: Settings) -> None:
    """Load what a configuration needs. Raises HostError."""
    load_for_groups(settings.groups)
    daemon = settings.supervisord
    if daemon.event_journal is not None:
        _load(JOURNAL)
    if daemon.strip_ansi:
        _load(FILTERS)
    if isinstance(daemon.logfile, SyslogLog):
        _load(SYSLOG)
    if settings.users:
        _load(USERS)
    if has_plugins(settings):
        _load(PLUGINS)
    if _has_tls(settings):
        _load(TLS)


def make_certificates(ports: "Ports") -> "Certificates":
    """What loads the certificates of servers. Raises HostError."""
    _load(TLS)
    made: Certificates = import_module(TLS.modules[0]).Certificates(ports)
    return made


def problems_of_certificates(settings: Settings) -> tuple[ConfigProblem, ...]:
    """What a check of a configuration has to say about its certificates."""
    if not _has_tls(settings):
        return ()
    try:
        _load(TLS)
    except HostError as error:
        return (ConfigProblem(error.message),)
    found: tuple[ConfigProblem, ...] = import_module(TLS.modules[0]).problems_of(settings.servers)
    return found


def _has_tls(settings: Settings) -> bool:
    return any(each.ssl_certfile is not None for each in settings.servers)


def load_for_groups(groups: Iterable[GroupSettings]) -> None:
    """Load what these groups need. Raises HostError."""
    for group in groups:
        if group.listener is not None:
            _load(LISTENERS)
        for process in group.processes:
            if process.fcgi is not None:
                _load(FCGI)
            if process.stdout_capture_maxbytes or process.stderr_capture_maxbytes:
                _load(FILTERS)
            if process.stdout_syslog or process.stderr_syslog:
                _load(SYSLOG)


class LateSockets:
    """The `SharedSockets` of the daemon, made when there is a group that needs them."""

    __slots__ = ("_log", "_sockets")

    def __init__(self, log: Log) -> None:
        self._log = log
        self._sockets: SharedSockets | None = None

    def probe(self, groups: Sequence[GroupSettings]) -> None:
        """See whether the sockets of new groups can be made. Raises HostError if one cannot."""
        if _have_fcgi(groups):
            self._made().probe(groups)

    def probe_before_restart(self, groups: Sequence[GroupSettings]) -> None:
        """The same in silence, for groups that come when all sockets of ours have been closed."""
        if _have_fcgi(groups):
            self._made().probe_before_restart(groups)

    def lend(self, settings: FcgiSettings) -> "Lease":
        """A lease of the section's socket, opened if need be. Raises SpawnError (L12)."""
        return self._made().lend(settings)

    def _made(self) -> "SharedSockets":
        if self._sockets is None:
            self._sockets = import_module(FCGI.modules[0]).SharedSockets(self._log)
        return self._sockets


def _have_fcgi(groups: Iterable[GroupSettings]) -> bool:
    return any(process.fcgi is not None for group in groups for process in group.processes)


def _load(feature: Feature) -> None:
    try:
        for module in feature.modules:
            import_module(module)
    except Exception as error:
        raise HostError(
            f"cannot load the code that {feature.users} need: {error!r} (if another version has "
            "been installed since this daemon was started, restart the daemon)",
            call="import",
        ) from error
