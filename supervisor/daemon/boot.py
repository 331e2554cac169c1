"""The command line of supervisord: what needs no daemon is answered here, and at once.

Exit codes: 0 after a normal shutdown, `-h`, `-v` and a clean `--check`; 2 for everything that an
operator can mend (usage, configuration, sockets, privileges, limits).
"""

import sys

from supervisor import __version__
from supervisor.config.commandline import UsageError, usage_error_text
from supervisor.config.flags import (
    Flags,
    parse_supervisord_flags,
    require_config,
    supervisord_help,
)
from supervisor.config.surroundings import SystemSurroundings
from supervisor.hints import Sequence
from supervisor.host.process import fill_standard_fds

EXIT_OK = 0
EXIT_USAGE = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run supervisord with these arguments (default: those of the process); its exit code."""
    program, *arguments = sys.argv if argv is None else ["supervisord", *argv]
    fill_standard_fds()
    surroundings = SystemSurroundings()
    try:
        flags = parse_supervisord_flags(arguments, program)
        if flags.help:
            return tell(supervisord_help(program))
        if flags.version:
            return tell(f"{__version__}\n")
        path = _search(flags, program, surroundings)
    except UsageError as error:
        return refuse(error.message, program)
    # Late: a word about the version or a wrong argument needs no daemon.
    from supervisor.daemon.startcache import StartCache

    with StartCache():
        from supervisor.daemon.lives import run  # late as well

    return run(path, flags, program, surroundings)


def _search(flags: Flags, program: str, surroundings: SystemSurroundings) -> str:
    """The file to read. Raises UsageError."""
    if flags.configuration is None and surroundings.euid == 0:
        import warnings  # late: hardly anybody is to be warned

        warnings.warn(
            "Supervisord is running as root and it is searching for its configuration file in "
            "default locations (including its current working directory); you probably want to "
            'specify a "-c" argument specifying an absolute path to a configuration file for '
            "improved security.",
            UserWarning,
            stacklevel=2,
        )
    return require_config(flags, program, surroundings)


def tell(text: str, exit_code: int = EXIT_OK) -> int:
    """Print what was asked for; that exit code. Raises SystemExit if nobody can be told."""
    from supervisor.standard_streams import write_now  # late: a daemon that runs prints nothing

    write_now(sys.stdout, text)
    return exit_code


def refuse(message: str, program: str, report: str = "") -> int:
    """Say what is wrong in the two lines that scripts know, then everything else there is."""
    text = usage_error_text(message, program)
    if report:
        text += f"\n{report}"
    from supervisor.standard_streams import tell_on_stderr  # late: as above

    tell_on_stderr(text.removesuffix("\n"))
    return EXIT_USAGE
