"""Settings and the objects of plug-ins: there and back again, and what plug-ins may change."""

import os
from pathlib import Path

import pytest

from supervisor.config.load import load_settings
from supervisor.config.sections.program import ProcessSettings
from supervisor.config.settings import Settings
from supervisor.config.surroundings import SystemSurroundings
from supervisor.config.values import AUTO_LOG, NO_LOG, Autorestart, FileLog
from supervisor.datatypes import (
    Automatic,
    InetStreamSocketConfig,
    RestartUnconditionally,
    RestartWhenExitUnexpected,
    UnixStreamSocketConfig,
)
from supervisor.events import EventTypes, TickEvent
from supervisor.options import (
    EventListenerConfig,
    EventListenerPoolConfig,
    FastCGIGroupConfig,
    FastCGIProcessConfig,
    ProcessConfig,
    ProcessGroupConfig,
    ServerOptions,
)
from supervisor.promised.translate import (
    PARAMETERS,
    group_config,
    group_settings,
    process_config,
    process_settings,
)

CONFIG = """
[supervisord]
environment = GLOBAL="1"
[program:plain]
command = /bin/cat
[program:odd]
command = /bin/cat -n
process_name = odd_%(process_num)d
numprocs = 2
directory = /tmp
umask = 027
priority = 7
autostart = false
autorestart = true
startsecs = 0
startretries = 9
stdout_logfile = NONE
stderr_logfile = %(here)s/err.log
stderr_logfile_maxbytes = 1KB
stdout_events_enabled = true
stderr_syslog = true
stopsignal = USR2
stopasgroup = true
exitcodes = 0,3
environment = OWN="2"
serverurl = http://h:1
user = root
restore_signals = true
[group:g]
programs = odd
[eventlistener:l]
command = /bin/cat
events = TICK_5,PROCESS_STATE
event_max_retries = 3
[fcgi-program:unix]
command = /bin/cat
socket = unix:///tmp/x.sock
socket_owner = root
socket_mode = 0600
[fcgi-program:tcp]
command = /bin/cat
socket = tcp://localhost:9000
socket_backlog = 5
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The configuration above."""
    path = tmp_path_factory.mktemp("translate") / "s.conf"
    path.write_text(CONFIG)
    loaded = load_settings(str(path), SystemSurroundings())
    assert loaded.settings is not None, loaded.problems
    return loaded.settings


def processes(settings: Settings) -> dict[str, ProcessSettings]:
    """All processes by name."""
    return {each.name: each for group in settings.groups for each in group.processes}


def test_what_is_not_changed_comes_back_equal(settings: Settings) -> None:
    """A plug-in that only looks changes nothing, whatever the section says."""
    for group in settings.groups:
        assert group_settings(group_config(None, group)) == group
        for process in group.processes:
            assert process_settings(process_config(None, process), process.group) == process


def test_objects_made_by_hand_stand_for_the_same(settings: Settings) -> None:
    """Without the settings that an object was made from, its attributes say all that they can."""
    plain = processes(settings)["plain"]
    config = process_config(None, plain)
    config.settings = None
    again = process_settings(config, "plain")
    for parameter in PARAMETERS.values():
        assert getattr(again, parameter.field) == getattr(plain, parameter.field)
    assert (again.group, again.section, again.user) == ("plain", "program:plain", None)


def test_classes_follow_from_the_sections(settings: Settings) -> None:
    """Plug-ins tell kinds of groups and processes apart by isinstance."""
    groups = {group.name: group_config(None, group) for group in settings.groups}
    kinds = {name: (type(each), type(each.process_configs[0])) for name, each in groups.items()}
    assert kinds == {
        "plain": (ProcessGroupConfig, ProcessConfig),
        "g": (ProcessGroupConfig, ProcessConfig),
        "l": (EventListenerPoolConfig, EventListenerConfig),
        "unix": (FastCGIGroupConfig, FastCGIProcessConfig),
        "tcp": (FastCGIGroupConfig, FastCGIProcessConfig),
    }


@pytest.mark.parametrize(
    ("attribute", "value", "field", "wanted"),
    [
        ("command", "/bin/echo", "command", "/bin/echo"),
        ("startsecs", "5", "startsecs", 5),
        ("autorestart", False, "autorestart", Autorestart.NEVER),
        ("autorestart", True, "autorestart", Autorestart.ALWAYS),
        ("autorestart", RestartUnconditionally, "autorestart", Autorestart.ALWAYS),
        ("autorestart", RestartWhenExitUnexpected, "autorestart", Autorestart.UNEXPECTED),
        ("stdout_logfile", "/x.log", "stdout_logfile", FileLog("/x.log")),
        ("stdout_logfile", None, "stdout_logfile", NO_LOG),
        ("stderr_logfile", Automatic, "stderr_logfile", AUTO_LOG),
        ("stopsignal", "TERM", "stopsignal", 15),
        ("exitcodes", [1, 2], "exitcodes", (1, 2)),
        ("environment", None, "environment", {}),
        ("uid", None, "user", None),
    ],
)
def test_what_a_plugin_puts_into_an_attribute_counts(
    settings: Settings, attribute: str, value: object, field: str, wanted: object
) -> None:
    """Attributes may be changed at any time, to what the file might have said."""
    config = process_config(None, processes(settings)["odd_1"])
    setattr(config, attribute, value)
    assert getattr(process_settings(config, "g"), field) == wanted


def test_another_user_becomes_an_account(settings: Settings) -> None:
    """`uid` is all that plug-ins know of a user; its group is looked up."""
    config = process_config(None, processes(settings)["plain"])
    config.uid = os.getuid()
    account = process_settings(config, "plain").user
    assert account is not None
    assert (account.uid, account.gid) == (os.getuid(), None)


@pytest.mark.parametrize(("attribute", "value"), [("startsecs", "soon"), ("stopsignal", "NO")])
def test_what_cannot_be_used_is_told(settings: Settings, attribute: str, value: str) -> None:
    """A mistake of a plug-in names the attribute and the value."""
    config = process_config(None, processes(settings)["plain"])
    setattr(config, attribute, value)
    with pytest.raises(ValueError, match=f"cannot use {attribute}='{value}'"):
        process_settings(config, "plain")


def test_pool_of_a_plugin_becomes_settings(settings: Settings) -> None:
    """Classes of events become their names, a function its entry point."""
    listener = process_config(None, processes(settings)["l"])
    pool = EventListenerPoolConfig(
        None, "p", 3, [listener], 5, [EventTypes.TICK_60, TickEvent], os.path.join
    )
    made = group_settings(pool)
    assert made.kind == "eventlistener"
    assert made.listener is not None
    assert made.listener.events == ("TICK", "TICK_60")
    assert made.listener.result_handler == "posixpath:join"
    assert made.listener.buffer_size == 5


def test_pool_with_a_nameless_event_is_refused() -> None:
    """An event type must have been registered under a name."""
    pool = EventListenerPoolConfig(None, "p", 3, [], 5, [int], len)
    with pytest.raises(ValueError, match="has no name, register it first"):
        group_settings(pool)


@pytest.mark.parametrize(
    "socket",
    [
        UnixStreamSocketConfig("/tmp/y.sock", mode=0o640, owner=(0, -1), backlog=3),
        InetStreamSocketConfig("127.0.0.1", 9001),
    ],
)
def test_socket_of_a_plugin_becomes_settings(settings: Settings, socket: object) -> None:
    """The socket of a group made by hand is the one that its processes share."""
    config = process_config(None, processes(settings)["plain"])
    config.settings = None
    made = group_settings(FastCGIGroupConfig(None, "f", 3, [config], socket))
    assert made.kind == "fcgi"
    assert made.fcgi is not None
    assert made.processes[0].fcgi == made.fcgi
    assert group_config(None, made).socket_config == socket  # type: ignore[attr-defined]


def test_options_read_by_path_make_objects_that_go_back(tmp_path: Path) -> None:
    """What `process_group_configs` holds can be given to a daemon as it is."""
    path = tmp_path / "s.conf"
    path.write_text(CONFIG)
    options = ServerOptions()
    options.realize(args=["-c", str(path)])
    loaded = load_settings(str(path), SystemSurroundings()).settings
    assert loaded is not None
    assert tuple(map(group_settings, options.process_group_configs)) == loaded.groups


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("environment", {"A": 5}),
        ("environment", {5: "x"}),
        ("environment", {"A": "\0"}),
        ("environment", {"A=B": "x"}),
        ("environment", {"": "x"}),
        ("environment", 5),
        ("command", None),
        ("command", 5),
        ("command", "\0"),
        ("directory", 5),
        ("directory", "a\0b"),
        ("serverurl", 5),
        ("stdout_logfile", 5),
        ("stderr_logfile", "\0"),
        ("stopsignal", 0),
        ("startsecs", float("inf")),
    ],
)
def test_value_that_would_only_fail_at_the_next_start_is_refused(
    settings: Settings, name: str, value: object
) -> None:
    """When it is assigned, by its name."""
    config = process_config(None, processes(settings)["plain"])
    setattr(config, name, value)
    with pytest.raises(ValueError, match=f"cannot use {name}="):
        process_settings(config, "plain")
