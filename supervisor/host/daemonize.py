"""Becoming a daemon (manual, "Daemonizing").

One fork. The parent exits at once and with success, as it always has: scripts wait for that and
not for the daemon to be up.
"""

import os

from supervisor.errors import HostError
from supervisor.hints import Callable
from supervisor.host.process import null_standard_fds
from supervisor.levels import Level


def daemonize(directory: str | None, umask: int, log: Callable[[Level, str], None]) -> None:
    """Go on in a child without terminal, in `directory` if given; returns in the child only.

    To be called when everything that can fail has been done: from here on, errors can only be
    logged. Raises HostError if the system does not let us fork.
    """
    try:
        pid = os.fork()
    except OSError as error:
        raise HostError(
            f"cannot daemonize: {error.strerror}; nodaemon=true runs it in the foreground",
            call="fork",
            errno=error.errno,
        ) from error
    if pid != 0:
        # Not sys.exit: what was registered to run at exit belongs to the daemon.
        os._exit(0)
    log(Level.INFO, "daemonizing the supervisord process")
    if directory is not None:
        enter_directory(directory, log)
    null_standard_fds()
    os.setsid()
    os.umask(umask)


def enter_directory(directory: str, log: Callable[[Level, str], None]) -> None:
    """Make it the current directory; a failure is logged and the daemon stays where it is."""
    try:
        os.chdir(directory)
    except OSError as error:
        log(Level.CRIT, f"can't chdir into '{directory}': {error}")
    else:
        log(Level.INFO, f"set current directory: '{directory}'")
