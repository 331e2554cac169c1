"""What configs and servers look like to plug-ins when every key says something of its own."""

import getpass
import os
from collections.abc import Iterator
from typing import Any

import pytest

from supervisor.tests.plugins.site import PROBE, PluginDaemon
from supervisor.tests.support.daemon import free_port

USER = getpass.getuser()

PROGRAMS = f"""
[group:web]
programs = web,joined
priority = 17

[program:web]
command = sleep 77
user = {USER}
directory = /usr
umask = 037
priority = 7
autostart = false
autorestart = true
startsecs = 3
startretries = 5
stdout_logfile = %(here)s/out.log
stdout_capture_maxbytes = 1KB
stdout_events_enabled = true
stdout_syslog = true
stdout_logfile_backups = 2
stdout_logfile_maxbytes = 3KB
stderr_logfile = %(here)s/err.log
stderr_capture_maxbytes = 4KB
stderr_events_enabled = true
stderr_syslog = true
stderr_logfile_backups = 5
stderr_logfile_maxbytes = 6KB
stopsignal = USR1
stopwaitsecs = 9
stopasgroup = true
killasgroup = true
exitcodes = 3,4
environment = PATH="/opt/bin:/bin",SIZE="xl"
serverurl = http://example.org:9

[program:joined]
command = sleep 78
autostart = false
redirect_stderr = true

[eventlistener:ears]
command = sleep 79
autostart = false
events = TICK_5
buffer_size = 8
priority = 3
result_handler = supervisor.dispatchers:default_handler
"""

CONFIG: dict[str, tuple[str, Any]] = {
    "name": ("config.name", "web"),
    "uid": ("config.uid", os.getuid()),
    "command": ("config.command", "sleep 77"),
    "directory": ("config.directory", "/usr"),
    "umask": ("config.umask", 0o37),
    "priority": ("config.priority", 7),
    "autostart": ("config.autostart", False),
    "autorestart": ("config.autorestart.__name__", "RestartUnconditionally"),
    "startsecs": ("config.startsecs", 3),
    "startretries": ("config.startretries", 5),
    "stdout_logfile": ("path.basename(config.stdout_logfile)", "out.log"),
    "stdout_capture_maxbytes": ("config.stdout_capture_maxbytes", 1024),
    "stdout_events_enabled": ("config.stdout_events_enabled", True),
    "stdout_syslog": ("config.stdout_syslog", True),
    "stdout_logfile_backups": ("config.stdout_logfile_backups", 2),
    "stdout_logfile_maxbytes": ("config.stdout_logfile_maxbytes", 3072),
    "stderr_logfile": ("path.basename(config.stderr_logfile)", "err.log"),
    "stderr_capture_maxbytes": ("config.stderr_capture_maxbytes", 4096),
    "stderr_events_enabled": ("config.stderr_events_enabled", True),
    "stderr_syslog": ("config.stderr_syslog", True),
    "stderr_logfile_backups": ("config.stderr_logfile_backups", 5),
    "stderr_logfile_maxbytes": ("config.stderr_logfile_maxbytes", 6144),
    "stopsignal": ("int(config.stopsignal)", 10),
    "stopwaitsecs": ("config.stopwaitsecs", 9),
    "stopasgroup": ("config.stopasgroup", True),
    "killasgroup": ("config.killasgroup", True),
    "exitcodes": ("list(config.exitcodes)", [3, 4]),
    "redirect_stderr": (
        "[groups['web'].processes[name].config.redirect_stderr for name in ('web', 'joined')]",
        [False, True],
    ),
    "environment": ("config.environment", {"PATH": "/opt/bin:/bin", "SIZE": "xl"}),
    "serverurl": ("config.serverurl", "http://example.org:9"),
    "options": ("config.options is options", True),
    "get_path": ("config.get_path()", ["/opt/bin", "/bin"]),
    "make_process": (
        "(lambda made: (made.config is config, made.group is groups['web'], made is process))"
        "(config.make_process(groups['web']))",
        (True, True, False),
    ),
}
"""By attribute: an expression, and what it is here."""

GROUP: dict[str, tuple[str, Any]] = {
    "name": ("groups['web'].config.name", "web"),
    "priority": ("groups['web'].config.priority", 17),
    "process_configs": (
        "[each.name for each in groups['web'].config.process_configs]",
        ["web", "joined"],
    ),
    "options": ("groups['web'].config.options is options", True),
    "buffer_size": ("groups['ears'].config.buffer_size", 8),
    "pool_events": (
        "[each.__name__ for each in groups['ears'].config.pool_events]",
        ["Tick5Event"],
    ),
    "result_handler": ("groups['ears'].config.result_handler.__name__", "default_handler"),
}
"""The same for configs of groups and pools."""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginDaemon]:
    """With two servers, one of which asks for a password."""
    server = (
        f"[inet_http_server]\nport = 127.0.0.1:{free_port()}\nusername = us\npassword = secret\n"
    )
    with PluginDaemon(PROBE + PROGRAMS + server, tmp_path_factory.mktemp("configs")) as daemon:
        yield daemon


@pytest.mark.parametrize("name", CONFIG)
def test_attribute_of_a_process_config_is_what_its_key_says(
    daemon: PluginDaemon, name: str
) -> None:
    """Attributes are named as the keys, and have the values that they stand for."""
    expression, expected = CONFIG[name]

    assert daemon.run(f"answer = {expression}") == expected


@pytest.mark.parametrize("name", GROUP)
def test_attribute_of_a_group_config_is_what_the_file_says(daemon: PluginDaemon, name: str) -> None:
    """Groups have a name, a priority and their processes; pools also what they listen to."""
    expression, expected = GROUP[name]

    assert daemon.run(f"answer = {expression}") == expected


def test_interfaces_of_a_server_with_a_password_are_one_step_further(daemon: PluginDaemon) -> None:
    """`handlers[0].handler.rpcinterface.NAME`: each handler is behind the password."""
    code = """
        from supervisor.http import supervisor_auth_handler
        servers = {config['section']: server for config, server in options.httpservers}
        open, locked = servers['unix_http_server'], servers['inet_http_server']
        inner = locked.handlers[0].handler
        answer = ([isinstance(each, supervisor_auth_handler) for each in locked.handlers],
                  any(isinstance(each, supervisor_auth_handler) for each in open.handlers),
                  inner.rpcinterface.supervisor.getAPIVersion(),
                  inner.rpcinterface.probe.given, inner.IDENT == open.handlers[0].IDENT)
    """
    assert daemon.run(code) == ([True] * 5, False, "3.0", {}, True)


def test_server_configs_have_what_the_sections_say(daemon: PluginDaemon) -> None:
    """Address, name and password of each server."""
    code = """
        import socket
        found = {each['section']: each for each in options.server_configs}
        inet, unix = found['inet_http_server'], found['unix_http_server']
        answer = (inet['host'], isinstance(inet['port'], int), inet['username'], inet['password'],
                  inet['family'] == socket.AF_INET, path.basename(unix['file']), unix['username'])
    """
    assert daemon.run(code) == ("127.0.0.1", True, "us", "secret", True, "s.sock", None)


def test_handler_is_installed_before_all_others_or_behind_them(daemon: PluginDaemon) -> None:
    """`install_handler(handler, back=False)` puts it into the list of handlers."""
    code = """
        class Mine:
            def match(self, request):
                return False
        first, last = Mine(), Mine()
        server = options.httpservers[0][1]
        server.install_handler(first)
        server.install_handler(last, True)
        answer = server.handlers[0] is first, server.handlers[-1] is last
        server.handlers.remove(first)
        server.handlers.remove(last)
    """
    assert daemon.run(code) == (True, True)
