"""From the command line to a running daemon, and through its restarts.

Exit codes: 0 after a normal shutdown, `-h`, `-v` and a clean `--check`; 2 for everything that an
operator can mend (usage, configuration, sockets, privileges, limits).
"""

import gc
import os
import sys
import warnings
from collections.abc import Callable, Sequence

from supervisor import __version__
from supervisor.config.commandline import UsageError, usage_error_text
from supervisor.config.flags import (
    Flags,
    parse_supervisord_flags,
    require_config,
    supervisord_help,
)
from supervisor.config.load import LoadResult, load_settings
from supervisor.config.problems import check_exit_status, render_report
from supervisor.config.surroundings import SystemSurroundings
from supervisor.daemon.application import Application
from supervisor.daemon.preload import preload
from supervisor.errors import HostError
from supervisor.host.limits import raise_limits
from supervisor.host.process import fill_standard_fds, mark_inherited_fds_cloexec
from supervisor.host.users import drop_privileges
from supervisor.levels import Level

EXIT_OK = 0
EXIT_USAGE = 2

COLLECT_AFTER_COUNT = 5_000
"""New objects after which cycles among them are looked for; Python does so after 700."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run supervisord with these arguments (default: those of the process); its exit code."""
    program, *arguments = sys.argv if argv is None else ["supervisord", *argv]
    fill_standard_fds()
    surroundings = SystemSurroundings()
    try:
        flags = parse_supervisord_flags(arguments, program)
        if flags.help:
            sys.stdout.write(supervisord_help(program))
            return EXIT_OK
        if flags.version:
            sys.stdout.write(f"{__version__}\n")
            return EXIT_OK
        path = _search(flags, program, surroundings)
    except UsageError as error:
        return _refuse(error.message, program)
    return _run(path, flags, program, surroundings)


def _search(flags: Flags, program: str, surroundings: SystemSurroundings) -> str:
    """The file to read. Raises UsageError."""
    if flags.configuration is None and surroundings.euid == 0:
        warnings.warn(
            "Supervisord is running as root and it is searching for its configuration file in "
            "default locations (including its current working directory); you probably want to "
            'specify a "-c" argument specifying an absolute path to a configuration file for '
            "improved security.",
            UserWarning,
            stacklevel=2,
        )
    return require_config(flags, program, surroundings)


def _run(path: str, flags: Flags, program: str, surroundings: SystemSurroundings) -> int:
    def load() -> LoadResult:
        return load_settings(path, surroundings, flags)

    loaded = load()
    if flags.check:
        sys.stdout.write(render_report(loaded.problems))
        return check_exit_status(loaded.problems)
    error = loaded.first_error()
    if error is not None:
        # The report is for people, and only if it says more than the line that scripts know.
        says_more = len(loaded.problems) > 1 or error.file is not None
        return _refuse(error.message, program, render_report(loaded.problems) if says_more else "")
    mark_inherited_fds_cloexec()
    return _live(Application(loaded, load, os.path.basename(program)), load, program)


def _live(application: Application, load: Callable[[], LoadResult], program: str) -> int:
    """Run one application after the other, until one ends without a restart."""
    first = True
    while True:
        try:
            _start(application, first)
            _settle_memory(first)
            restart = application.run()
        except HostError as refusal:
            if not first:
                # The terminal has been left: only the log is there to tell.
                application.log.log(Level.CRIT, refusal.message)
            application.close()
            return _refuse(refusal.message, program)
        if restart is None:
            application.close()
            return EXIT_OK
        successor = Application(restart, load, os.path.basename(program), application)
        application.close()
        application, first = successor, False


def _start(application: Application, first: bool) -> None:
    """Do what the manual lists under "Start of the daemon", in that order. Raises HostError."""
    daemon = application.settings.supervisord
    messages: list[tuple[Level, str]] = []
    if first:
        if daemon.user is not None:
            if daemon.user.uid != os.getuid():
                preload()
            messages.append((Level.INFO, drop_privileges(daemon.user.uid, daemon.user.gid)))
        messages += [(Level.INFO, text) for text in raise_limits(daemon.minfds, daemon.minprocs)]
    application.open_log(messages)
    application.open()
    if first and not daemon.nodaemon:
        application.daemonize()
    application.write_pidfile()


def _refuse(message: str, program: str, report: str = "") -> int:
    """Say what is wrong in the two lines that scripts know, then everything else there is."""
    sys.stderr.write(usage_error_text(message, program))
    if report:
        sys.stderr.write(f"\n{report}")
    return EXIT_USAGE


def _settle_memory(first: bool) -> None:
    """Spare the collector of cycles what will stay: a tenth of the work of a burst of events.

    Everything there is now is left alone until the next restart, when the life before is cleared.
    """
    if not first:
        gc.unfreeze()
        gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_COUNT, *gc.get_threshold()[1:])
