"""What plug-ins see of the daemon: every attribute that they are promised, with its value."""

from typing import Any

import pytest

from supervisor.tests.plugins.site import PluginDaemon, is_reference

LOOKS: dict[str, tuple[str, Any]] = {
    # -- the daemon
    "supervisord.process_groups is a mapping": (
        "(sorted(groups), len(groups), 'web' in groups, 'zz' in groups, groups.get('zz'), "
        "[name for name, group in groups.items()] == list(groups.keys()), "
        "sorted(group.config.name for group in groups.values()))",
        (["ears", "web"], 2, True, False, None, True, ["ears", "web"]),
    ),
    "supervisord.get_state": ("supervisord.get_state()", 1),
    "supervisord.stopping": ("bool(supervisord.stopping)", False),
    "supervisord.ticks": ("isinstance(supervisord.ticks, dict)", True),
    "supervisord.stop_groups": ("supervisord.stop_groups", None),
    "supervisord.diff_to_active": ("list(map(list, supervisord.diff_to_active()))", [[]] * 3),
    "supervisord.get_process_map": ("supervisord.get_process_map()", {}),
    "supervisord.reap": ("supervisord.reap(once=True)", None),
    "supervisord.options is one object": ("supervisord.options is supervisord.options", True),
    # -- the options
    "options.mood": ("options.mood", 1),
    "options.identifier": ("options.identifier", "supervisor"),
    "options.get_pid": ("options.get_pid() == os.getpid()", True),
    "options.nodaemon": ("bool(options.nodaemon)", True),
    "options.loglevel": ("options.loglevel", 20),
    "options.configfile": ("path.basename(options.configfile)", "supervisord.conf"),
    "options.here": ("path.samefile(options.here, options.childlogdir)", True),
    "options.logfile": ("path.basename(options.logfile)", "supervisord.log"),
    "options.pidfile": ("path.basename(options.pidfile)", "supervisord.pid"),
    "options.serverurl": ("options.serverurl.startswith('unix://')", True),
    "options.server_configs": (
        "[(each['section'], each['username'], sorted(each)) for each in options.server_configs]",
        [
            (
                "unix_http_server",
                None,
                ["chmod", "chown", "family", "file", "name", "password", "section", "username"],
            )
        ],
    ),
    "options.httpservers": (
        "[(config['section'], len(server.handlers)) for config, server in options.httpservers]",
        [("unix_http_server", 5)],
    ),
    "options.httpservers keep their objects": (
        "options.httpservers[0][1] is options.httpservers[0][1]",
        True,
    ),
    "the namespaces of a server": (
        "(lambda root: (root.probe is interface, root.supervisor.getAPIVersion(), "
        "'probe.run' in root.system.listMethods()))"
        "(options.httpservers[0][1].handlers[0].rpcinterface)",
        (True, "3.0", True),
    ),
    "options.process_group_configs": (
        "sorted((each.name, each.priority) for each in options.process_group_configs)",
        [("ears", -1), ("web", 999)],
    ),
    "options.pidhistory": ("options.pidhistory", {}),
    "options.logger.handlers": (
        "[path.basename(options.logger.handlers[-1].baseFilename)]",
        ["supervisord.log"],
    ),
    "options.logger.level": ("options.logger.level", 20),
    "options.exists": ("options.exists(options.configfile)", True),
    # -- groups
    "group is one object": ("groups['web'] is groups['web']", True),
    "group.config": (
        "(lambda c: (c.name, c.priority, sorted(p.name for p in c.process_configs), "
        "c.options is options))(groups['web'].config)",
        ("web", 999, ["second", "web"], True),
    ),
    "group.processes is a mapping": (
        "(lambda p: (sorted(p), len(p), 'web' in p, p.get('zz')))(groups['web'].processes)",
        (["second", "web"], 2, True, None),
    ),
    "group.get_unstopped_processes": ("groups['web'].get_unstopped_processes()", []),
    "groups sort by priority": (
        "[each.config.name for each in sorted(groups.values())]",
        ["ears", "web"],
    ),
    "pool": (
        "(lambda g: (type(g).__name__, g.config.buffer_size, g.serial >= -1, "
        "sorted(events.getEventNameByType(e) for e in g.config.pool_events)))(groups['ears'])",
        ("EventListenerPool", 7, True, ["PROCESS_STATE", "TICK_5"]),
    ),
    # -- processes
    "process is one object": ("process is groups['web'].processes['web']", True),
    "process.group": ("process.group is groups['web']", True),
    "process.config is one object": ("process.config is config", True),
    "process.config is that of the group": (
        "any(each is config for each in groups['web'].config.process_configs)",
        True,
    ),
    "process that does not run": (
        "(process.pid, process.state, process.get_state(), process.laststart, process.laststop, "
        "process.backoff, bool(process.killing), process.exitstatus, process.spawnerr, "
        "bool(process.administrative_stop), bool(process.system_stop), process.dispatchers, "
        "process.delay, process.laststopreport)",
        (0, 0, 0, 0, 0, 0, False, None, None, False, False, {}, 0, 0),
    ),
    "processes sort by priority": (
        "[each.config.name for each in sorted(groups['web'].processes.values())]",
        ["second", "web"],
    ),
    "process.get_execv_args": ("process.get_execv_args()[1]", ["sleep", "600"]),
    "repr of a process": ("repr(process).split()[-5:]", ["name", "web", "in", "state", "STOPPED>"]),
    # -- configs of processes
    "process.config": (
        "[getattr(config, name) for name in ('name', 'command', 'priority', 'autostart', "
        "'startsecs', 'startretries', 'uid', 'directory', 'umask', 'stopwaitsecs', 'stopasgroup', "
        "'killasgroup', 'exitcodes', 'redirect_stderr', 'environment', 'serverurl')]",
        ["web", "sleep 600", 999, False, 0, 3, None, None, None, 10, False, False, [0], False,
         {"COLOUR": "red"}, None],
    ),
    "process.config about logs": (
        "[getattr(config, f'{channel}_{name}') for channel in ('stdout', 'stderr') for name in "
        "('capture_maxbytes', 'events_enabled', 'syslog', 'logfile_backups', 'logfile_maxbytes')]",
        [0, False, False, 10, 52428800] * 2,
    ),
    "process.config.stdout_logfile": (
        "path.basename(config.stdout_logfile)",
        "web.log",
    ),
    "AUTO logs have their path": (
        "path.basename(config.stderr_logfile).startswith('web-stderr---supervisor-')",
        True,
    ),
    "process.config.stopsignal": ("int(config.stopsignal)", 2),
    "process.config.autorestart": ("config.autorestart.__name__", "RestartWhenExitUnexpected"),
    "process.config.options": ("config.options is options", True),
    "process.config.get_path": ("isinstance(config.get_path(), list)", True),
}  # fmt: skip


@pytest.mark.parametrize("look", LOOKS)
def test_plugin_sees(daemon: PluginDaemon, look: str) -> None:
    """The live attributes of the promise, each with what it is."""
    expression, expected = LOOKS[look]

    assert daemon.run(f"answer = {expression}") == expected


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        ("supervisord", "supervisor.supervisord:Supervisor"),
        ("options", "supervisor.options:ServerOptions"),
        ("options.logger", "supervisor.loggers:Logger"),
        ("groups['web']", "supervisor.process:ProcessGroup"),
        ("groups['web'].config", "supervisor.options:ProcessGroupConfig"),
        ("groups['ears']", "supervisor.process:EventListenerPool"),
        ("groups['ears'].config", "supervisor.options:EventListenerPoolConfig"),
        ("process", "supervisor.process:Subprocess"),
        ("config", "supervisor.options:ProcessConfig"),
        ("interface", "supervisor.rpcinterface:SupervisorNamespaceRPCInterface"),
    ],
)
def test_live_object_is_of_its_promised_class(daemon: PluginDaemon, thing: str, name: str) -> None:
    """Plug-ins tell objects apart by the classes that they import."""
    module, _, attribute = name.partition(":")
    code = f"from {module} import {attribute}\nanswer = isinstance({thing}, {attribute})"

    assert daemon.run(code) is True


@pytest.mark.parametrize("thing", ["supervisord", "options", "groups['web']", "process", "config"])
def test_what_a_plugin_attaches_stays(daemon: PluginDaemon, thing: str) -> None:
    """Plug-ins keep things of their own with the objects of the daemon."""
    daemon.run(f"{thing}.mine = 'kept'")

    assert daemon.run(f"answer = {thing}.mine") == "kept"


def test_plugin_is_introspected_with_inherited_methods(daemon: PluginDaemon) -> None:
    """`listMethods` has inherited methods; docstrings and signatures are the plug-in's."""
    methods = daemon.rpc.system.listMethods()
    assert isinstance(methods, list)
    # What is inherited can be called there, too, but is not listed.
    inherited = {"probe.getState"} if is_reference() else set()
    assert {"probe.run", "probe.getState"} <= {*methods, *inherited}
    assert daemon.rpc.system.methodSignature("probe.run") == ["string", "string"]
    help_text = daemon.rpc.system.methodHelp("probe.run")
    assert isinstance(help_text, str)
    assert help_text.startswith("Run a piece of code")
