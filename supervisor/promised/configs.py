"""Programs and groups as plug-ins see them: objects whose attributes are named as the options.

They can be changed, compared and sorted (by priority, then name). What a live one means is the
business of the daemon; made outside of it they are plain data. `settings` is what an object was
made from: it keeps what the attributes cannot say. What runs processes is imported late.
"""

from functools import total_ordering

from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.program import ProcessSettings
from supervisor.datatypes import Automatic
from supervisor.hints import Any, Callable, Sequence
from supervisor.lean import import_module

_CHANNELS = ("stdout", "stderr")
_SILENT = frozenset({"on_change", "settings"})
"""Attributes that say nothing about what is configured."""


@total_ordering
class Config:
    """Abstract: something with a name and a priority."""

    options: Any
    """The options of the daemon, or those that read the file."""
    name: str
    priority: int
    on_change: Callable[[], object] | None = None
    """Called after an attribute was set; the daemon has it called for what is live."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if self.on_change is not None and name not in _SILENT:
            self.on_change()

    def _same(self, other: "Config") -> bool:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Config) and type(self) is type(other) and self._same(other)

    # They can be changed, so they are no keys.
    __hash__ = None  # type: ignore[assignment]

    def __lt__(self, other: "Config") -> bool:
        return (self.priority, self.name) < (other.priority, other.name)

    def __repr__(self) -> str:
        return f"<{type(self)} instance at {id(self)} named {self.name}>"


class ProcessConfig(Config):
    """One process. Raises KeyError if a required parameter is missing."""

    req_param_names: Sequence[str] = (
        "name", "uid", "command", "directory", "umask", "priority", "autostart", "autorestart",
        "startsecs", "startretries",
        "stdout_logfile", "stdout_capture_maxbytes", "stdout_events_enabled", "stdout_syslog",
        "stdout_logfile_backups", "stdout_logfile_maxbytes",
        "stderr_logfile", "stderr_capture_maxbytes", "stderr_logfile_backups",
        "stderr_logfile_maxbytes", "stderr_events_enabled", "stderr_syslog",
        "stopsignal", "stopwaitsecs", "stopasgroup", "killasgroup", "exitcodes",
        "redirect_stderr",
    )  # fmt: skip
    optional_param_names: Sequence[str] = ("environment", "serverurl")
    process_class = "Subprocess"
    """Name, in `supervisor.process`, of what `make_process` makes."""

    settings: ProcessSettings | None = None

    command: str
    uid: int | None
    directory: str | None
    umask: int | None
    environment: dict[str, str] | None
    serverurl: str | None
    stdout_logfile: Any
    """Automatic, None or a path."""
    stderr_logfile: Any

    def __init__(self, options: Any, **params: Any) -> None:
        self.options = options
        for name in self.req_param_names:
            setattr(self, name, params[name])
        for name in self.optional_param_names:
            setattr(self, name, params.get(name))

    def _same(self, other: Config) -> bool:
        for name in (*self.req_param_names, *self.optional_param_names):
            mine, others = getattr(self, name), getattr(other, name)
            # The path of an automatic log is made up anew each time.
            if mine != others and Automatic not in (mine, others):
                return False
        return True

    def get_path(self) -> list[str]:
        """Directories in which the command is looked for."""
        variables = self.environment or {}
        if "PATH" in variables:
            return variables["PATH"].split(":")
        path: list[str] = self.options.get_path()
        return path

    def create_autochildlogs(self) -> None:
        """Make the files of automatic logs; the attributes are their paths from now on."""
        for channel in _CHANNELS:
            key = f"{channel}_logfile"
            if getattr(self, key) is Automatic and not (
                channel == "stderr" and self.redirect_stderr
            ):
                path = self.options.get_autochildlog_name(
                    self.name, self.options.identifier, channel
                )
                setattr(self, key, path)

    redirect_stderr: bool

    def make_process(self, group: Any = None) -> Any:
        """A process that runs nothing yet; it lives as soon as it is a member of a live group."""
        process = getattr(import_module("supervisor.process"), self.process_class)(self)
        process.group = group
        return process


class EventListenerConfig(ProcessConfig):
    """One event listener."""


class FastCGIProcessConfig(ProcessConfig):
    """One process of a FastCGI program."""

    process_class = "FastCGISubprocess"


class ProcessGroupConfig(Config):
    """A group."""

    group_class = "ProcessGroup"
    """Name, in `supervisor.process`, of what `make_group` makes."""

    settings: GroupSettings | None = None

    def __init__(
        self, options: Any, name: str, priority: int, process_configs: list[ProcessConfig]
    ) -> None:
        self.options = options
        self.name = name
        self.priority = priority
        self.process_configs = process_configs

    def _same(self, other: Config) -> bool:
        return self._compared() == other._compared()  # type: ignore[attr-defined, no-any-return]

    def _compared(self) -> tuple[Any, ...]:
        return self.name, self.priority, sorted(self.process_configs)

    def after_setuid(self) -> None:
        """Make the automatic logs of all processes."""
        for config in self.process_configs:
            config.create_autochildlogs()

    def make_group(self) -> Any:
        """A group of which nothing runs yet."""
        return getattr(import_module("supervisor.process"), self.group_class)(self)


class EventListenerPoolConfig(ProcessGroupConfig):
    """A pool of event listeners; `pool_events` are classes of events."""

    group_class = "EventListenerPool"

    def __init__(
        self,
        options: Any,
        name: str,
        priority: int,
        process_configs: list[ProcessConfig],
        buffer_size: int,
        pool_events: list[type],
        result_handler: Any,
    ) -> None:
        super().__init__(options, name, priority, process_configs)
        self.buffer_size = buffer_size
        self.pool_events = pool_events
        self.result_handler = result_handler

    def _compared(self) -> tuple[Any, ...]:
        return (
            *super()._compared(),
            self.buffer_size,
            set(self.pool_events),
            self.result_handler,
        )


class FastCGIGroupConfig(ProcessGroupConfig):
    """A FastCGI program as a group of its own."""

    group_class = "FastCGIProcessGroup"

    def __init__(
        self,
        options: Any,
        name: str,
        priority: int,
        process_configs: list[ProcessConfig],
        socket_config: Any,
    ) -> None:
        super().__init__(options, name, priority, process_configs)
        self.socket_config = socket_config

    def _compared(self) -> tuple[Any, ...]:
        return *super()._compared(), self.socket_config
