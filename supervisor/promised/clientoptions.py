"""The options of supervisorctl, for scripts that talk to the daemon their users talk to."""

import os.path
from types import SimpleNamespace

from supervisor.config.commandline import UsageError
from supervisor.config.ctl import load_ctl_settings
from supervisor.config.flags import CtlFlags, parse_supervisorctl_flags, supervisorctl_help
from supervisor.config.surroundings import SystemSurroundings
from supervisor.ctl.options import ShellOptions
from supervisor.ctl.settings import session_options
from supervisor.hints import IO, Any
from supervisor.promised.baseoptions import Options
from supervisor.promised.textfile import reading

_SECTION_KEYS = ("serverurl", "username", "password", "prompt", "history_file")


class ClientOptions(ShellOptions, Options):
    """Where the daemon is and how to look at it: `serverurl`, `username`, `password`, `prompt`.

    `args` are the words of the action; `interactive` is true if there are none.
    """

    require_configfile = False

    def __init__(self) -> None:
        Options.__init__(self)
        ShellOptions.__init__(self)
        self._flags = CtlFlags()

    def _follow(self, words: list[str], doc: str | None) -> None:
        self._flags = parse_supervisorctl_flags(words, self.progname)
        if self._flags.help:
            self._print_help(f"{supervisorctl_help(self.progname)}\n", doc)
        self.process_config()

    def process_config(self, do_usage: bool = True) -> None:
        """Read the file again. Raises ValueError, or ends the process if do_usage is true."""
        try:
            session = session_options(self._flags, self.progname, SystemSurroundings())
        except UsageError as error:
            if not do_usage:
                raise ValueError(error.message) from error
            self.usage(error.message)
            return
        for name in ShellOptions.__annotations__:
            setattr(self, name, getattr(session, name))
        self.here = None if self.configfile is None else os.path.dirname(self.configfile)
        self.configroot = SimpleNamespace(supervisorctl=_section(session))

    def read_config(self, fp: str | IO[str]) -> Any:
        """The section `[supervisorctl]` of a file, by path or open, as an object with attributes.

        Raises ValueError. The attributes of the options themselves stay as they are.
        """
        path, surroundings = reading(fp, SystemSurroundings())
        try:
            return _section(load_ctl_settings(path, CtlFlags(configuration=path), surroundings))
        except UsageError as error:
            raise ValueError(error.message) from error


def _section(options: Any) -> SimpleNamespace:
    return SimpleNamespace(**{key: getattr(options, key) for key in _SECTION_KEYS})
