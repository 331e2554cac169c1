"""Command line and configuration file → the options of a session."""

import os.path
import sys

from supervisor.client.address import Trust
from supervisor.config.commandline import UsageError, usage_error_text
from supervisor.config.ctl import load_ctl_settings
from supervisor.config.flags import (
    CtlFlags,
    find_config,
    parse_supervisorctl_flags,
    supervisorctl_help,
)
from supervisor.config.surroundings import Surroundings, SystemSurroundings
from supervisor.ctl.commands import BUILT_IN
from supervisor.ctl.commands.secrets import OFFLINE
from supervisor.ctl.exitcodes import LSBInitExitStatuses
from supervisor.ctl.options import ShellOptions
from supervisor.ctl.output import UsageError as WordsError
from supervisor.ctl.output import with_format
from supervisor.hints import NoReturn, Sequence
from supervisor.standard_streams import tell_on_stderr, write_now


def options_from_command_line(words: Sequence[str], progname: str) -> ShellOptions:
    """Options of a session.

    Raises SystemExit after printing help (code 0), or the two lines of a usage error (code 2).
    """
    try:
        flags = parse_supervisorctl_flags(words, progname)
        if flags.help:
            write_now(sys.stdout, f"{supervisorctl_help(progname)}\n")
            raise SystemExit(LSBInitExitStatuses.SUCCESS)
        return session_options(flags, progname, SystemSurroundings())
    except UsageError as error:
        usage_exit(str(error), progname)


def usage_exit(message: str, progname: str) -> NoReturn:
    """Print the two lines of a usage error and end with code 2."""
    tell_on_stderr(usage_error_text(message, progname).removesuffix("\n"))
    raise SystemExit(LSBInitExitStatuses.INVALID_ARGS)


def session_options(flags: CtlFlags, progname: str, surroundings: Surroundings) -> ShellOptions:
    """Options of a session: those of the file, with those of the command line on top.

    Raises UsageError.
    """
    action = _action(flags)
    path = flags.configuration or find_config(progname, surroundings)
    if flags.action and flags.action[0] in OFFLINE:
        # Nobody is asked: whatever is wrong with a file, or missing in it, is not in the way.
        path = None
    settings = load_ctl_settings(path, flags, surroundings)
    return ShellOptions(
        serverurl=settings.serverurl,
        username=settings.username,
        password=settings.password,
        token=settings.token,
        trust=Trust(
            settings.ssl_ca, settings.ssl_verify, settings.ssl_certfile, settings.ssl_keyfile
        ),
        prompt=settings.prompt,
        interactive=flags.interactive or not flags.action,
        history_file=settings.history_file,
        configfile=None if path is None else os.path.abspath(path),
        configfile_given=flags.configuration is not None,
        serverurl_given=flags.serverurl is not None,
        args=action,
        plugin_factories=[
            (plugin.name, surroundings.resolve_entry_point(plugin.factory), plugin.options)
            for plugin in settings.plugins
        ],
    )


def _action(flags: CtlFlags) -> list[str]:
    if flags.output is None:
        return list(flags.action)
    try:
        printers = {command.name for command in BUILT_IN if command.prints_json}
        return with_format(flags.action, flags.output, printers)
    except WordsError as error:
        raise UsageError(str(error)) from None
