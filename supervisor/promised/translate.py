"""Settings, which the daemon works with, from and to the objects that plug-ins work with.

The attributes of a `ProcessConfig` are words of the configuration file; the fields of a
`ProcessSettings` are typed. Whatever a plug-in has put into an attribute must be usable:
ValueError says which one is not.
"""

from supervisor.config.convert import Lookups, fcgi_address
from supervisor.config.record import fields_of
from supervisor.config.sections.fcgi import SOCKET_MODE_DEFAULT, FcgiSettings
from supervisor.config.sections.group import GroupKind, GroupSettings
from supervisor.config.sections.listener import ListenerSettings
from supervisor.config.sections.program import ProcessSettings
from supervisor.config.surroundings import SystemSurroundings
from supervisor.config.values import (
    AUTO_LOG,
    NO_LOG,
    Account,
    Autorestart,
    ChildLog,
    FileLog,
    Origin,
    Ownership,
)
from supervisor.datatypes import (
    Automatic,
    InetStreamSocketConfig,
    RestartUnconditionally,
    RestartWhenExitUnexpected,
    SocketConfig,
    UnixStreamSocketConfig,
    signal_number,
)
from supervisor.events import event_type, getEventNameByType
from supervisor.hints import Any, Callable, Mapping
from supervisor.promised.configs import (
    EventListenerConfig,
    EventListenerPoolConfig,
    FastCGIGroupConfig,
    FastCGIProcessConfig,
    ProcessConfig,
    ProcessGroupConfig,
)
from supervisor.tuples import NamedTuple

_NOWHERE = Origin("", 0)


def _log_word(target: ChildLog) -> Any:
    if isinstance(target, FileLog):
        return target.path
    return Automatic if target is AUTO_LOG else None


def _log_target(word: Any) -> ChildLog:
    if word is None:
        return NO_LOG
    return AUTO_LOG if word is Automatic else FileLog(_text(word))


_RESTART_WORDS: Mapping[Autorestart, Any] = {
    Autorestart.ALWAYS: RestartUnconditionally,
    Autorestart.UNEXPECTED: RestartWhenExitUnexpected,
    Autorestart.NEVER: False,
}


def _autorestart(word: Any) -> Autorestart:
    for value, its_word in _RESTART_WORDS.items():
        if word is its_word:
            return value
    return Autorestart.ALWAYS if word else Autorestart.NEVER


def _signal(number: int) -> int:
    return signal_number(number)


def _stop_signal(word: Any) -> int:
    number = int(signal_number(word))
    if number == 0:
        raise ValueError("signal 0 stops nothing")
    return number


def _text(value: Any) -> str:
    """Text that the system takes. Raises TypeError, ValueError."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    if "\0" in value:
        raise ValueError(f"{value!r} has a NUL in it")
    return value


def _environment(value: Any) -> dict[str, str]:
    variables = {_text(name): _text(text) for name, text in dict(value or {}).items()}
    for name in variables:
        if not name or "=" in name:
            raise ValueError(f"{name!r} is no name of a variable")
    return variables


def _same(value: Any) -> Any:
    return value


def _optional(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


class Parameter(NamedTuple):
    """How one attribute becomes a field, and the other way round."""

    field: str
    to_attribute: Callable[[Any], Any]
    to_field: Callable[[Any], Any]


_TYPES: Mapping[Callable[[Any], Any], str] = {
    _text: "command",
    _optional(_text): "directory serverurl",
    _optional(int): "umask",
    int: "priority startsecs startretries stopwaitsecs stdout_capture_maxbytes "
    "stdout_logfile_backups stdout_logfile_maxbytes stderr_capture_maxbytes "
    "stderr_logfile_backups stderr_logfile_maxbytes",
    bool: "autostart stopasgroup killasgroup redirect_stderr stdout_events_enabled "
    "stdout_syslog stderr_events_enabled stderr_syslog",
}

PARAMETERS: Mapping[str, Parameter] = {
    "name": Parameter("process_name", _same, str),
    **{
        name: Parameter(name, _same, to_field)
        for to_field, names in _TYPES.items()
        for name in names.split()
    },
    "autorestart": Parameter("autorestart", _RESTART_WORDS.__getitem__, _autorestart),
    "stdout_logfile": Parameter("stdout_logfile", _log_word, _log_target),
    "stderr_logfile": Parameter("stderr_logfile", _log_word, _log_target),
    "stopsignal": Parameter("stopsignal", _signal, _stop_signal),
    "exitcodes": Parameter("exitcodes", list, lambda codes: tuple(int(code) for code in codes)),
    "environment": Parameter("environment", dict, _environment),
}
"""By attribute of a `ProcessConfig`; `uid`, which becomes an account, is the only one missing."""


# -- processes -----------------------------------------------------------------------------------


def process_config(
    options: Any, settings: ProcessSettings, klass: type[ProcessConfig] | None = None
) -> ProcessConfig:
    """The object for a process; its class follows from the section unless it is given."""
    params = {
        name: each.to_attribute(getattr(settings, each.field)) for name, each in PARAMETERS.items()
    }
    if klass is None:
        klass = _class_of(settings)
    config = klass(options, uid=settings.uid, **params)
    config.settings = settings
    return config


def _class_of(settings: ProcessSettings) -> type[ProcessConfig]:
    if settings.fcgi is not None:
        return FastCGIProcessConfig
    return EventListenerConfig if settings.section.startswith("eventlistener:") else ProcessConfig


def process_settings(
    config: ProcessConfig, group: str, fcgi: FcgiSettings | None = None
) -> ProcessSettings:
    """The settings that the attributes stand for as they are now.

    `fcgi` is the socket of an object that was not made from settings. Raises ValueError.
    """
    template = config.settings
    values: dict[str, Any]
    if template is None:
        values = {"section": f"program:{config.name}", "origin": _NOWHERE, "fcgi": fcgi}
    else:
        values = {name: getattr(template, name) for name in fields_of(ProcessSettings)}
    for name, parameter in PARAMETERS.items():
        try:
            values[parameter.field] = parameter.to_field(getattr(config, name))
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"cannot use {name}={getattr(config, name)!r}: {error}") from error
    values["user"] = _account(config.uid, values.get("user"))
    values["group"] = group
    return ProcessSettings(**values)


def _account(uid: int | None, known: Account | None) -> Account | None:
    if uid is None:
        return None
    if known is not None and known.uid == uid:
        return known
    record = Lookups(SystemSurroundings()).user(str(uid))
    return Account(record.name, record.uid, None, record.gid)


# -- groups --------------------------------------------------------------------------------------


def group_config(options: Any, settings: GroupSettings) -> ProcessGroupConfig:
    """The object for a group and those for its processes."""
    common = (
        options,
        settings.name,
        settings.priority,
        [process_config(options, each) for each in settings.processes],
    )
    config: ProcessGroupConfig
    if settings.listener is not None:
        listener = settings.listener
        config = EventListenerPoolConfig(
            *common,
            listener.buffer_size,
            [found for name in listener.events if (found := event_type(name)) is not None],
            SystemSurroundings().resolve_entry_point(listener.result_handler),
        )
    elif settings.fcgi is not None:
        config = FastCGIGroupConfig(*common, socket_config(settings.fcgi))
    else:
        config = ProcessGroupConfig(*common)
    config.settings = settings
    return config


def group_settings(config: ProcessGroupConfig) -> GroupSettings:
    """The settings that a group and its processes stand for as they are now. Raises ValueError."""
    template = config.settings
    fcgi = listener = None
    kind: GroupKind = "program"
    if isinstance(config, EventListenerPoolConfig):
        kind, listener = "eventlistener", _listener_settings(config)
    elif isinstance(config, FastCGIGroupConfig):
        kind, fcgi = "fcgi", _fcgi_settings(config)
    return GroupSettings(
        name=str(config.name),
        priority=int(config.priority),
        kind=kind,
        processes=tuple(
            process_settings(each, config.name, fcgi) for each in config.process_configs
        ),
        origin=_NOWHERE if template is None else template.origin,
        listener=listener,
        fcgi=fcgi,
    )


def _listener_settings(config: EventListenerPoolConfig) -> ListenerSettings:
    names = [(event, getEventNameByType(event)) for event in config.pool_events]
    nameless = [event for event, name in names if name is None]
    if nameless:
        raise ValueError(f"cannot use pool_events: {nameless[0]!r} has no name, register it first")
    handler = config.result_handler
    values: dict[str, Any] = {}
    if config.settings is not None and config.settings.listener is not None:
        known = config.settings.listener
        values = {name: getattr(known, name) for name in fields_of(ListenerSettings)}
    values.update(
        buffer_size=int(config.buffer_size),
        result_handler=f"{handler.__module__}:{handler.__qualname__}",
        events=tuple(sorted({str(name) for _, name in names})),
    )
    return ListenerSettings(**values)


def socket_config(settings: FcgiSettings) -> SocketConfig:
    """The object for the socket of a FastCGI program."""
    address = settings.socket
    assert address is not None, "a FastCGI program without a socket is a configuration error"
    if address.path is None:
        return InetStreamSocketConfig(address.host, address.port, backlog=settings.socket_backlog)
    owner = settings.socket_owner
    mode = settings.socket_mode
    return UnixStreamSocketConfig(
        address.path,
        mode=SOCKET_MODE_DEFAULT if mode is None else mode,
        owner=None if owner is None else (_id(owner.uid), _id(owner.gid)),
        backlog=settings.socket_backlog,
    )


def _id(number: int | None) -> int:
    return -1 if number is None else number


def _fcgi_settings(config: FastCGIGroupConfig) -> FcgiSettings:
    wanted = config.socket_config
    if config.settings is not None and config.settings.fcgi is not None:
        known = config.settings.fcgi
        if socket_config(known) == wanted:
            return known
    values: dict[str, Any] = {}
    if isinstance(wanted, UnixStreamSocketConfig):
        owner = None
        if wanted.owner is not None:
            owner = Ownership(*(None if number < 0 else number for number in wanted.owner))
        values = {"socket_owner": owner, "socket_mode": wanted.mode}
    return FcgiSettings(
        section=f"fcgi-program:{config.name}",
        socket=fcgi_address(wanted.url, Lookups(SystemSurroundings())),
        socket_backlog=wanted.backlog,
        **values,
    )
