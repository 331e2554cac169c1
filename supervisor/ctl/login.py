"""Credentials: asking a person for them after the daemon has refused the ones it got.

Where nobody can be asked, nothing is asked. A person gives up with an empty name, Ctrl-D or Ctrl-C.
"""

from supervisor.ctl.options import ShellOptions
from supervisor.ctl.terminal import Terminal


def ask_credentials(options: ShellOptions, terminal: Terminal) -> bool:
    """Put what a person types into the options; False if nobody can or wants to answer."""
    only_password = bool(options.username) and not options.password
    if not options.interactive and not (only_password and terminal.is_interactive):
        return False
    try:
        if not only_password:
            options.username = terminal.ask("Username:") or None
        if options.username:
            options.password = terminal.ask_secret("Password:") or None
    except (EOFError, KeyboardInterrupt):
        options.username = None
    if not options.username:
        options.username = options.password = None
        print()
        return False
    # What follows starts on a line of its own, whatever the terminal did with the last one.
    print()
    return True
