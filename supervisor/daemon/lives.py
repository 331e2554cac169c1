"""From a configuration file to a running daemon, and through its restarts."""

import gc
import os

from supervisor.config.flags import Flags
from supervisor.config.load import LoadResult, load_settings
from supervisor.config.problems import check_exit_status, render_report
from supervisor.config.surroundings import SystemSurroundings
from supervisor.daemon import startcache
from supervisor.daemon.application import Application
from supervisor.daemon.boot import EXIT_OK, refuse, tell
from supervisor.daemon.late import load_for, problems_of_certificates
from supervisor.errors import HostError
from supervisor.hints import Callable
from supervisor.host.limits import raise_limits
from supervisor.host.process import mark_inherited_fds_cloexec
from supervisor.host.users import drop_privileges
from supervisor.levels import Level

COLLECT_AFTER_COUNT = 5_000
"""New objects after which cycles among them are looked for; Python does so after 700."""

SAVE_AFTER_S = 3.0
"""After a start its byte code is kept; nobody waits for it then."""


def run(path: str, flags: Flags, program: str, surroundings: SystemSurroundings) -> int:
    """Run the daemon on a file, or check that; the exit code."""

    def load() -> LoadResult:
        return load_settings(path, surroundings, flags)

    loaded = load()
    if flags.check:
        found = loaded.problems
        if loaded.settings is not None:
            found += problems_of_certificates(loaded.settings)
        return tell(render_report(found), check_exit_status(found))
    error = loaded.first_error()
    if error is not None:
        # The report is for people, and only if it says more than the line that scripts know.
        says_more = len(loaded.problems) > 1 or error.file is not None
        return refuse(error.message, program, render_report(loaded.problems) if says_more else "")
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
            return refuse(refusal.message, program)
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
                # Late: it is needed by who drops privileges.
                from supervisor.daemon.preload import preload

                preload()
                load_for(application.settings)
                for _ in startcache.saving():
                    pass
            messages.append((Level.INFO, drop_privileges(daemon.user.uid, daemon.user.gid)))
        messages += [(Level.INFO, text) for text in raise_limits(daemon.minfds, daemon.minprocs)]
    application.open_log(messages)
    application.open()
    if first and not daemon.nodaemon:
        application.daemonize()
    application.write_pidfile()
    if startcache.is_short():
        application.do_later(SAVE_AFTER_S, startcache.saving())


def _settle_memory(first: bool) -> None:
    """Spare the collector of cycles what will stay: a tenth of the work of a burst of events.

    Everything there is now is left alone until the next restart, when the life before is cleared.
    """
    if not first:
        gc.unfreeze()
        gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(COLLECT_AFTER_COUNT, *gc.get_threshold()[1:])
