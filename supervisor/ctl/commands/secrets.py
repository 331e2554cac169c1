"""Making passwords and tokens for the configuration; no daemon is asked, and none need run."""

import os
import time
from binascii import b2a_base64

from supervisor.config.secrets import SCRYPT_PREFIX, TOKEN_PREFIX
from supervisor.ctl.command import Command, Offer, Shell, fail
from supervisor.ctl.exitcodes import LSBInitExitStatuses
from supervisor.expressions import expression
from supervisor.hints import Iterable, Sequence

OFFLINE = ("hash-password", "make-token")
"""Commands that need neither a daemon nor a configuration."""
SCRYPT_LOG2_N = 14
SCRYPT_R = 8
SCRYPT_P = 1
"""16 MiB and some 0.05 s for one guess: the daemon does nothing else while it verifies one."""
SALT_BYTES = 16
KEY_BYTES = 32
TOKEN_BYTES = 32
TOKEN_MARK = "sv_"
"""Tells programs that look for secrets in files what this is."""

_DAY_S = 24 * 60 * 60
_DAYS_MAX = 100 * 366
_DAYS = expression(r"([0-9]{1,5})d?")


class HashPassword(Command):
    """Prints what stands for a password in the configuration."""

    name = "hash-password"
    help = (
        "hash-password\t\tAsk for a password and print what to write into the configuration\n"
        "\t\t\tin its place (password=...); no supervisord is needed.\n"
        "hash-password < file\tThe same for the first line of a file."
    )

    def run(self, shell: Shell, argument: str) -> None:
        if argument:
            # Words of a command line can be seen by everybody on the machine.
            fail(
                shell,
                "Error: hash-password reads the password, it accepts no arguments",
                LSBInitExitStatuses.INVALID_ARGS,
                self.help,
            )
            return
        try:
            password = _asked_twice(shell)
        except EOFError:
            password = ""
        if password is None:
            fail(shell, "Error: the passwords differ")
        elif not password:
            fail(shell, "Error: a password must not be empty")
        else:
            shell.output(hash_of_password(password))


class MakeToken(Command):
    """Prints a new token and what stands for it in the configuration."""

    name = "make-token"
    help = (
        "make-token\t\tMake a token, print it, and print the line for a [user:NAME]\n"
        "\t\t\tsection; no supervisord is needed.\n"
        "make-token <days>\tMake a token that is good for that many days."
    )

    def run(self, shell: Shell, argument: str) -> None:
        match = _DAYS.fullmatch(argument) if argument else None
        days = None if match is None else int(match[1])
        if argument and (days is None or not 1 <= days <= _DAYS_MAX):
            fail(
                shell,
                f"Error: bad number of days {argument!r}: it must be from 1 to {_DAYS_MAX}",
                LSBInitExitStatuses.INVALID_ARGS,
                self.help,
            )
            return
        token = new_token()
        # The token alone on stdout, so that a script can keep it; the rest is for a person.
        shell.output(token)
        stored = stored_form(token, None if days is None else time.time() + days * _DAY_S)
        shell.output(f"tokens = {stored}")
        shell.hint(
            "Give the first line to who shall use it: it is not kept anywhere and cannot be shown"
            " again. Write the second one into a [user:NAME] section, behind the tokens that are"
            " there, if any."
        )

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        return () if before else ("30", "90", "365")


def hash_of_password(password: str, salt: bytes | None = None) -> str:
    """The stored form of a password; it always begins with the prefix of scrypt."""
    import hashlib  # late: no other command needs it

    salt = os.urandom(SALT_BYTES) if salt is None else salt
    key = hashlib.scrypt(
        password.encode("utf-8", "surrogateescape"),
        salt=salt,
        n=1 << SCRYPT_LOG2_N,
        r=SCRYPT_R,
        p=SCRYPT_P,
        dklen=KEY_BYTES,
        maxmem=64 << 20,
    )
    parameters = f"{SCRYPT_LOG2_N}${SCRYPT_R}${SCRYPT_P}"
    return f"{SCRYPT_PREFIX}{parameters}${_base64(salt)}${_base64(key)}"


def new_token() -> str:
    """A token that nobody can guess."""
    return TOKEN_MARK + _base64(os.urandom(TOKEN_BYTES)).replace("+", "-").replace("/", "_")


def stored_form(token: str, expires_s: float | None) -> str:
    """What the configuration keeps of a token; `expires_s` is wall time."""
    import hashlib  # late: as above

    stored = f"{TOKEN_PREFIX}{hashlib.sha256(token.encode()).hexdigest()}"
    if expires_s is None:
        return stored
    return f"{stored} until {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(expires_s))}"


def _asked_twice(shell: Shell) -> str | None:
    """What was typed; None if a person typed two different passwords."""
    if not shell.terminal.is_interactive:
        return shell.terminal.readline().rstrip("\r\n")
    password = shell.terminal.ask_secret("Password: ")
    return password if shell.terminal.ask_secret("Again: ") == password else None


def _base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode().rstrip("=")
