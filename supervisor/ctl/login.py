"""Credentials: asking a person for them after the daemon has refused the ones it got, and what to
say where that does not help.

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


def why_unknown(options: ShellOptions) -> str:
    """Why the daemon does not know who we are, and what to do about it."""
    name, _, token = options.credentials
    place = "[supervisorctl]" if options.configfile is None else _place(options)
    if name is not None:
        return (
            f"cannot log in as {name}: the user name or the password is wrong;"
            f" try: supervisorctl -u NAME, or correct username and password in {place}"
        )
    if token is not None:
        return (
            f"cannot log in: the token in {place} is unknown to supervisord, or has expired;"
            " try: supervisorctl make-token, which says what to do with a new one"
        )
    return (
        "cannot log in: user name or password is missing;"
        f" try: supervisorctl -u NAME, or set username and password, or token, in {place}"
    )


def why_forbidden(options: ShellOptions) -> str:
    """Who it is that may not do something, and who might."""
    name, _, token = options.credentials
    who = name or ("the user of this token" if token else "this user of the system")
    return (
        f"{who} may not do this; try: supervisorctl -u NAME as somebody who may, or have roles or"
        " programs of the user changed in the configuration of supervisord"
    )


def _place(options: ShellOptions) -> str:
    return f"[supervisorctl] of {options.configfile}"
