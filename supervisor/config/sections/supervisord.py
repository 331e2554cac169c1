"""``[supervisord]``: the daemon itself. Keys in the order in which they are judged."""

from supervisor.config.option import option, options_of
from supervisor.config.record import record
from supervisor.config.values import Account, MainLog
from supervisor.config.valuetypes import (
    BOOLEAN,
    BYTES,
    DIRECTORY,
    ENVIRONMENT,
    INTEGER,
    LEVEL,
    MAIN_LOG,
    OCTAL,
    PATH_IN_DIRECTORY,
    STRING,
    USER,
)
from supervisor.hints import Mapping
from supervisor.levels import Level

SECTION = "supervisord"
UMASK_DEFAULT = 0o22
LOGFILE_DEFAULT = "supervisord.log"
PIDFILE_DEFAULT = "supervisord.pid"

_NO_VARIABLES: Mapping[str, str] = {}


@record
class SupervisordSettings:
    """Options of the daemon, those of the command line included; paths are absolute."""

    start_cwd: str
    """Directory in which the daemon was started."""
    minfds: int = option(
        INTEGER,
        "Open files that the daemon must be allowed; the limit is raised to this.",
        default=1024,
        shown_default="1024",
        sample="1024",
        is_active_in_sample=True,
    )
    minprocs: int = option(
        INTEGER,
        "Processes that the user must be allowed; the limit is raised to this.",
        default=200,
        shown_default="200",
        sample="200",
        is_active_in_sample=True,
    )
    directory: str | None = option(
        DIRECTORY,
        "Directory to change to when daemonizing.",
        sample="/tmp",
    )
    umask: int = option(
        OCTAL,
        "Umask to set when daemonizing.",
        default=UMASK_DEFAULT,
        shown_default="022",
        sample="022",
    )
    logfile: MainLog = option(
        MAIN_LOG,
        "The main log: a path, or syslog.",
        shown_default=f"{LOGFILE_DEFAULT} in the start directory",
        sample="/tmp/supervisord.log",
        is_active_in_sample=True,
    )
    logfile_maxbytes: int = option(
        BYTES,
        "Size at which the main log is rotated. 0 never rotates it.",
        default=50 * 1024 * 1024,
        shown_default="50MB",
        sample="50MB",
        is_active_in_sample=True,
    )
    logfile_backups: int = option(
        INTEGER,
        "Old main logs to keep. 0 keeps none.",
        default=10,
        shown_default="10",
        sample="10",
        is_active_in_sample=True,
    )
    loglevel: Level = option(
        LEVEL,
        "Least severe level that is written. debug and lower also show the output of children.",
        default=Level.INFO,
        shown_default="info",
        sample="info",
        is_active_in_sample=True,
    )
    pidfile: str = option(
        PATH_IN_DIRECTORY,
        "File to write the process id to.",
        shown_default=f"{PIDFILE_DEFAULT} in the start directory",
        sample="/tmp/supervisord.pid",
        is_active_in_sample=True,
    )
    nodaemon: bool = option(
        BOOLEAN,
        "Stay in the foreground.",
        default=False,
        shown_default="false",
        sample="false",
        is_active_in_sample=True,
    )
    silent: bool = option(
        BOOLEAN,
        "In the foreground, do not copy the main log to stdout.",
        default=False,
        shown_default="false",
        sample="false",
        is_active_in_sample=True,
    )
    childlogdir: str = option(
        DIRECTORY,
        "Directory for AUTO logs of children.",
        shown_default="system's directory for temporary files",
        sample="/tmp",
    )
    nocleanup: bool = option(
        BOOLEAN,
        "Keep old AUTO logs at start.",
        default=False,
        shown_default="false",
        sample="true",
    )
    strip_ansi: bool = option(
        BOOLEAN,
        "Remove escape sequences for terminals from the output of children.",
        default=False,
        shown_default="false",
        sample="false",
    )
    environment: Mapping[str, str] = option(
        ENVIRONMENT,
        "Variables for all children; also available as %(ENV_NAME)s.",
        default=_NO_VARIABLES,
        sample='KEY="value"',
    )
    identifier: str = option(
        STRING,
        "Name of this daemon for clients, events and AUTO logs.",
        default="supervisor",
        shown_default="supervisor",
        sample="supervisor",
    )
    user: Account | None = option(
        USER,
        "User to become at start; the daemon must run as root, or as that user.",
        sample="supervisord",
    )

    event_drain_secs: int = option(
        INTEGER,
        "Seconds for which buffered events are still delivered at shutdown and reload. Event "
        "listeners are stopped last then. 0 does not wait.",
        default=0,
        shown_default="0",
        sample="10",
        since="5.0",
    )
    event_journal: str | None = option(
        PATH_IN_DIRECTORY,
        "File in which every event is kept as a line of JSON. By default there is none.",
        sample="/tmp/events.jsonl",
        since="5.0",
    )
    event_journal_maxbytes: int = option(
        BYTES,
        "Size at which the event journal is rotated. 0 never rotates it.",
        default=50 * 1024 * 1024,
        shown_default="50MB",
        sample="50MB",
        since="5.0",
    )
    event_journal_backups: int = option(
        INTEGER,
        "Old event journals to keep. 0 keeps none.",
        default=10,
        shown_default="10",
        sample="10",
        since="5.0",
    )

    @property
    def child_log_base(self) -> str:
        """Directory that relative log paths of children refer to.

        It is where these logs have always come to lie (L29): the directory the daemon changes to
        when daemonizing, else the start directory.
        """
        return child_log_base(self.start_cwd, self.nodaemon, self.directory)


def child_log_base(start_cwd: str, nodaemon: bool, directory: str | None) -> str:
    """See `SupervisordSettings.child_log_base`; for use before all settings are known."""
    return start_cwd if nodaemon or directory is None else directory


OPTIONS = options_of(SupervisordSettings)
