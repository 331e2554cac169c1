"""A plug-in that replaces how sections of programs are read."""

from pathlib import Path

import pytest

from supervisor.tests.plugins.site import PROBE, PluginDaemon, is_reference

SEEN = """
    from supervisor.options import ServerOptions
    ours = ServerOptions._processes_from_section
    def theirs(self, parser, section, group_name, klass=None):
        found = ours(self, parser, section, group_name, klass)
        numprocs = parser.saneget(section, 'numprocs', '1')
        self.seen.append((section, group_name, klass.__name__, numprocs, [c.name for c in found]))
        return found
    ServerOptions._processes_from_section = theirs
    options.seen = []
    options.process_config(do_usage=False)
    answer = sorted(options.seen)
"""

PROGRAMS = """
[include]
files = more/*.conf
[group:both]
programs = pair
[program:pair]
command = sleep 600
process_name = %(program_name)s_%(process_num)d
numprocs = 2
autostart = false
[fcgi-program:cgi]
command = sleep 600
socket = unix://%(here)s/cgi.sock
autostart = false
[eventlistener:ears]
command = cat
events = TICK_60
autostart = false
"""

MORE = "[program:alone]\ncommand = sleep %(ENV_LENGTH)s\nautostart = false\n"

KNOWN = [
    ("eventlistener:ears", "ears", "EventListenerConfig", "1", ["ears"]),
    ("fcgi-program:cgi", "cgi", "FastCGIProcessConfig", "1", ["cgi"]),
    ("program:alone", "alone", "ProcessConfig", "1", ["alone"]),
    ("program:pair", "both", "ProcessConfig", "2", ["pair_0", "pair_1"]),
]


def reading_daemon(directory: Path) -> PluginDaemon:
    """A daemon with programs of all kinds, one of them in an included file."""
    (directory / "more").mkdir(parents=True)
    (directory / "more" / "alone.conf").write_text(MORE, "utf-8")
    daemon = PluginDaemon(PROBE + PROGRAMS, directory)
    daemon.environment["LENGTH"] = "600"
    return daemon


def test_replaced_reading_is_told_of_each_program(tmp_path: Path) -> None:
    """When a plug-in has the file read: with a parser, the group, and the kind of the program."""
    with reading_daemon(tmp_path) as daemon:
        assert daemon.run(SEEN) == KNOWN


def test_replaced_reading_is_told_when_anybody_has_the_file_read(tmp_path: Path) -> None:
    """Once for each time."""
    with reading_daemon(tmp_path) as daemon:
        daemon.run(SEEN)
        daemon.run("options.seen.clear()")
        (tmp_path / "more" / "new.conf").write_text("[program:new]\ncommand = cat\n", "utf-8")

        assert daemon.rpc.supervisor.reloadConfig() == [[["new"], [], []]]
        assert ("program:new", "new", "ProcessConfig", "1", ["new"]) in daemon.run(
            "answer = options.seen"
        )


@pytest.mark.skipif(is_reference(), reason="there the file cannot be read any more")
def test_replaced_reading_that_raises_changes_nothing(tmp_path: Path) -> None:
    """It is told in the main log."""
    with reading_daemon(tmp_path) as daemon:
        daemon.run(SEEN)
        daemon.run("options.seen = None")

        assert daemon.rpc.supervisor.reloadConfig() == [[[], [], []]]
        daemon.wait_log("_processes_from_section of a plug-in raised")


@pytest.mark.skipif(is_reference(), reason="there it ends the daemon")
def test_replaced_reading_that_wants_to_end_the_daemon_does_not(tmp_path: Path) -> None:
    """It is told in the main log, as anything else that it raises."""
    with reading_daemon(tmp_path) as daemon:
        code = """
            from supervisor.options import ServerOptions
            def theirs(self, *arguments):
                raise SystemExit('not today')
            ServerOptions._processes_from_section = theirs
        """
        daemon.run(code)

        assert daemon.rpc.supervisor.reloadConfig() == [[[], [], []]]
        daemon.wait_log("SystemExit: not today")
