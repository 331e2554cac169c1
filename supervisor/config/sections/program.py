"""``[program:NAME]``: the keys, in the order in which they are judged."""

from supervisor.config.option import Scope, option, options_of
from supervisor.config.record import record, uncompared
from supervisor.config.sections.fcgi import FcgiSettings
from supervisor.config.values import (
    AUTO_LOG,
    Account,
    Autorestart,
    ChildLog,
    Origin,
)
from supervisor.config.valuetypes import (
    AUTORESTART,
    BOOLEAN,
    BYTES,
    CHILD_LOG,
    ENVIRONMENT,
    EXIT_CODES,
    INTEGER,
    NAME,
    OCTAL,
    SIGNAL,
    STRING,
    USER_AND_GROUP,
)
from supervisor.hints import Mapping
from supervisor.signals import signal

PREFIX = "program:"

NUMPROCS_MAX = 100_000
"""Most processes of one section."""

PRIORITY_DEFAULT = 999
LOG_MAXBYTES_DEFAULT = 50 * 1024 * 1024
LOG_BACKUPS_DEFAULT = 10

_NO_VARIABLES: Mapping[str, str] = {}


@record
class ProcessSettings:
    """One process, with every value typed and every expansion done."""

    group: str
    origin: Origin = uncompared()
    """Where the section of its program begins."""
    places: str = uncompared(default="")
    """Where the keys of that section stand: see `config.places`."""
    section: str
    """Name of that section, such as ``program:web``."""
    fcgi: FcgiSettings | None = None
    """The socket it shares with the other processes of its section, if it is a FastCGI program."""

    priority: int = option(
        INTEGER,
        "Lower numbers start first and stop last.",
        default=PRIORITY_DEFAULT,
        shown_default="999",
        sample="999",
    )
    autostart: bool = option(
        BOOLEAN,
        "Start when supervisord starts.",
        default=True,
        shown_default="true",
        sample="true",
        is_in_config_info=True,
    )
    autorestart: Autorestart = option(
        AUTORESTART,
        "When to start again after it ended by itself. unexpected: only if the exit code is not "
        "one of exitcodes, or if a signal killed it.",
        default=Autorestart.UNEXPECTED,
        shown_default="unexpected",
        sample="unexpected",
        is_in_config_info=True,
    )
    startsecs: int = option(
        INTEGER,
        "Seconds it must stay up to count as RUNNING. 0 means that it need not stay up at all.",
        default=1,
        shown_default="1",
        sample="1",
        is_in_config_info=True,
    )
    startretries: int = option(
        INTEGER,
        "Failed starts in a row before it becomes FATAL. The pause grows by a second each time.",
        default=3,
        shown_default="3",
        sample="3",
        is_in_config_info=True,
    )
    stopsignal: int = option(
        SIGNAL,
        "Signal that asks it to stop.",
        default=int(signal.SIGTERM),
        shown_default="TERM",
        sample="QUIT",
        is_in_config_info=True,
    )
    stopwaitsecs: int = option(
        INTEGER,
        "Seconds to wait for its end before SIGKILL is sent.",
        default=10,
        shown_default="10",
        sample="10",
        is_in_config_info=True,
    )
    stopasgroup: bool = option(
        BOOLEAN,
        "Send the stop signal to its whole process group. This implies killasgroup.",
        default=False,
        shown_default="false",
        sample="false",
    )
    killasgroup: bool = option(
        BOOLEAN,
        "Send SIGKILL to its whole process group.",
        default=False,
        shown_default="value of stopasgroup",
        sample="false",
        is_in_config_info=True,
    )
    exitcodes: tuple[int, ...] = option(
        EXIT_CODES,
        "Exit codes that count as expected.",
        default=(0,),
        shown_default="0",
        sample="0",
        is_in_config_info=True,
    )
    redirect_stderr: bool = option(
        BOOLEAN,
        "Send stderr to the log of stdout. There is no stderr log then.",
        default=False,
        shown_default="false",
        sample="false",
        is_in_config_info=True,
    )
    numprocs: int = option(
        INTEGER,
        "Number of processes to run from this section.",
        default=1,
        shown_default="1",
        sample="1",
        compare=False,
    )
    numprocs_start: int = option(
        INTEGER,
        "First value of %(process_num)s.",
        default=0,
        shown_default="0",
        sample="0",
        compare=False,
    )
    stdout_capture_maxbytes: int = option(
        BYTES,
        "Size of the buffer for PROCESS_COMMUNICATION events from stdout. 0 switches them off.",
        default=0,
        shown_default="0",
        sample="1MB",
        is_in_config_info=True,
    )
    stdout_events_enabled: bool = option(
        BOOLEAN,
        "Emit PROCESS_LOG events for stdout.",
        default=False,
        shown_default="false",
        sample="false",
        is_in_config_info=True,
    )
    stderr_capture_maxbytes: int = option(
        BYTES,
        "Size of the buffer for PROCESS_COMMUNICATION events from stderr. 0 switches them off.",
        default=0,
        shown_default="0",
        sample="1MB",
        is_in_config_info=True,
    )
    stderr_events_enabled: bool = option(
        BOOLEAN,
        "Emit PROCESS_LOG events for stderr.",
        default=False,
        shown_default="false",
        sample="false",
        is_in_config_info=True,
    )
    serverurl: str | None = option(
        STRING,
        "SUPERVISOR_SERVER_URL of the child. AUTO computes it from the HTTP servers.",
        shown_default="AUTO",
        sample="AUTO",
        is_in_config_info=True,
    )
    user: Account | None = option(
        USER_AND_GROUP,
        "Run as this user, and with this group instead of the primary one if it is named. "
        "supervisord must run as root, or as that user.",
        sample="nobody",
    )
    umask: int | None = option(
        OCTAL,
        "Umask of the process.",
        shown_default="inherited",
        sample="022",
    )
    restore_signals: bool = option(
        BOOLEAN,
        "Give the child the default reaction to SIGPIPE and SIGXFSZ. By default it ignores them, "
        "as it always did.",
        default=False,
        shown_default="false",
        sample="false",
        since="5.0",
    )
    environment: Mapping[str, str] = option(
        ENVIRONMENT,
        "Variables for the child, on top of those of [supervisord].",
        default=_NO_VARIABLES,
        scope=Scope.PROCESS,
        label="environment",
        sample='A="1",B="2"',
    )
    directory: str | None = option(
        STRING,
        "Directory to start in.",
        scope=Scope.COMMAND,
        sample="/tmp",
        is_in_config_info=True,
    )
    stdout_logfile: ChildLog = option(
        CHILD_LOG,
        "Where stdout is written: a path, AUTO or NONE. AUTO makes a file in childlogdir.",
        default=AUTO_LOG,
        shown_default="AUTO",
        scope=Scope.COMMAND,
        sample="/a/path",
        is_in_config_info=True,
    )
    stdout_logfile_backups: int = option(
        INTEGER,
        "Old stdout logs to keep. 0 keeps none.",
        default=LOG_BACKUPS_DEFAULT,
        shown_default="10",
        scope=Scope.COMMAND,
        sample="10",
        is_in_config_info=True,
    )
    stdout_logfile_maxbytes: int = option(
        BYTES,
        "Size at which the stdout log is rotated. 0 never rotates it.",
        default=LOG_MAXBYTES_DEFAULT,
        shown_default="50MB",
        scope=Scope.COMMAND,
        sample="50MB",
        is_in_config_info=True,
    )
    stdout_syslog: bool = option(
        BOOLEAN,
        "Send stdout to syslog, too.",
        default=False,
        shown_default="false",
        scope=Scope.COMMAND,
        sample="false",
        is_in_config_info=True,
    )
    stderr_logfile: ChildLog = option(
        CHILD_LOG,
        "Where stderr is written: a path, AUTO or NONE. Ignored if redirect_stderr is set.",
        default=AUTO_LOG,
        shown_default="AUTO",
        scope=Scope.COMMAND,
        sample="/a/path",
        is_in_config_info=True,
    )
    stderr_logfile_backups: int = option(
        INTEGER,
        "Old stderr logs to keep. 0 keeps none.",
        default=LOG_BACKUPS_DEFAULT,
        shown_default="10",
        scope=Scope.COMMAND,
        sample="10",
        is_in_config_info=True,
    )
    stderr_logfile_maxbytes: int = option(
        BYTES,
        "Size at which the stderr log is rotated. 0 never rotates it.",
        default=LOG_MAXBYTES_DEFAULT,
        shown_default="50MB",
        scope=Scope.COMMAND,
        sample="50MB",
        is_in_config_info=True,
    )
    stderr_syslog: bool = option(
        BOOLEAN,
        "Send stderr to syslog, too.",
        default=False,
        shown_default="false",
        scope=Scope.COMMAND,
        sample="false",
        is_in_config_info=True,
    )
    command: str = option(
        STRING,
        "The command line. It is split into words as a POSIX shell does; no shell runs.",
        default="",
        shown_default="required",
        scope=Scope.COMMAND,
        sample="/bin/cat",
        is_in_config_info=True,
    )
    process_name: str = option(
        NAME,
        "Name of each process. It must contain %(process_num) if numprocs is above 1.",
        default="",
        shown_default="%(program_name)s",
        scope=Scope.COMMAND,
        label="process_name",
        sample="%(program_name)s",
    )

    @property
    def name(self) -> str:
        """Name of the process inside its group."""
        return self.process_name

    @property
    def namespec(self) -> str:
        """``name`` if the group has the same name, else ``group:name``."""
        return self.name if self.name == self.group else f"{self.group}:{self.name}"

    @property
    def uid(self) -> int | None:
        """User to run as; None keeps that of supervisord."""
        return None if self.user is None else self.user.uid

    @property
    def gid(self) -> int | None:
        """Group that the file names; None stands for the primary group of the user."""
        return None if self.user is None else self.user.gid


OPTIONS = options_of(ProcessSettings)
