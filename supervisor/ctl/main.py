"""The command supervisorctl: one action and its exit code, or a shell."""

import sys

from supervisor.ctl.controller import Controller
from supervisor.ctl.exitcodes import LSBInitExitStatuses
from supervisor.ctl.plugin_making import PluginFailed
from supervisor.ctl.settings import options_from_command_line, usage_exit
from supervisor.hints import Any, NoReturn, Sequence

INTERRUPTED_EXIT_CODE = 130
"""What a command says that was ended by SIGINT (128 + 2), as shells do."""


def main(args: Sequence[str] | None = None, options: Any = None) -> NoReturn:
    """Run supervisorctl with these words (default: the command line) and exit.

    `options` may be a session's options made by somebody else; `realize(words)` is called first if
    they have it. The exit code is the action's, and always 0 after a shell without an action.
    """
    words = sys.argv[1:] if args is None else list(args)
    if options is None:
        options = options_from_command_line(words, sys.argv[0])
    elif hasattr(options, "realize"):
        options.realize(words)
    try:
        controller = Controller(options)
    except PluginFailed as error:
        usage_exit(str(error), sys.argv[0])
    if not options.args:
        controller.run_shell()
        sys.exit(LSBInitExitStatuses.SUCCESS)
    try:
        controller.onecmd(" ".join(options.args))
    except KeyboardInterrupt:
        controller.output("")
        sys.exit(INTERRUPTED_EXIT_CODE)
    exit_code = controller.exitstatus
    # With -i, a person gets the shell that the help promises; what a script feeds to its standard
    # input are answers to questions.
    if options.interactive and controller.terminal.is_interactive:
        controller.run_shell()
    sys.exit(exit_code)
