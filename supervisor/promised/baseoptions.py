"""What the options of the daemon and those of the shell have in common: words, help, usage errors.

Errors end the process with exit code 2, as in a command; `process_config(do_usage=False)` raises
ValueError instead.
"""

import sys

from supervisor.config.commandline import UsageError, usage_error_text
from supervisor.config.flags import Flags, find_config, require_config
from supervisor.config.surroundings import SystemSurroundings
from supervisor.hints import IO, Any, Callable, NoReturn

USAGE_EXIT_CODE = 2


class Options:
    """Abstract: options from a command line and a file."""

    configfile: str | None = None
    here: str | None = None
    """Directory of the file."""
    configroot: Any = None
    """The section of the file as an object: `configroot.supervisord` or `.supervisorctl`."""
    require_configfile = True
    progname = ""
    stderr: IO[str] | None = None
    """Where errors are told; None means standard error."""
    stdout: IO[str] | None = None
    exit: Callable[[int], Any] = staticmethod(sys.exit)

    def __init__(self) -> None:
        self.args: list[str] = []
        """Words behind the options."""

    def realize(
        self, args: list[str] | None = None, doc: str | None = None, progname: str | None = None
    ) -> None:
        """Follow the words (default: the command line), then read the file.

        Raises SystemExit after printing the help (code 0; `doc` may replace it), and for words or
        a file that cannot be used (code 2).
        """
        words = list(sys.argv[1:] if args is None else args)
        self.progname = progname or sys.argv[0]
        try:
            self._follow(words, doc)
        except UsageError as error:
            self.usage(error.message)

    def _follow(self, words: list[str], doc: str | None) -> None:
        raise NotImplementedError

    def _print_help(self, text: str, doc: str | None) -> NoReturn:
        """Print the help, or the text of somebody else, in which %s is the program's name."""
        shown = text if doc is None else doc.replace("%s", self.progname) + "\n"
        (self.stdout or sys.stdout).write(shown)
        raise SystemExit(0)

    def usage(self, msg: str) -> None:
        """Tell what is wrong in the two lines that scripts know, and end with code 2."""
        (self.stderr or sys.stderr).write(usage_error_text(msg, self.progname))
        self.exit(USAGE_EXIT_CODE)

    def default_configfile(self) -> str | None:
        """The first file at the places where one is looked for."""
        argv0, surroundings = self.progname or sys.argv[0], SystemSurroundings()
        if not self.require_configfile:
            return find_config(argv0, surroundings)
        try:
            return require_config(Flags(), argv0, surroundings)
        except UsageError as error:
            self.usage(error.message)
            return None

    def process_config(self, do_usage: bool = True) -> None:
        """Read the file again. Raises ValueError, or ends the process if do_usage is true."""
        raise NotImplementedError

    def import_spec(self, spec: str) -> Any:
        """The object named by `package.module:attribute`. May raise anything an import can."""
        return SystemSurroundings().resolve_entry_point(spec)
