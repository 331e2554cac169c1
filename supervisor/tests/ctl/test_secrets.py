"""`hash-password` and `make-token`: what they print is what the daemon understands."""

import hashlib
import io
import time
from datetime import datetime

import pytest

from supervisor.config.secrets import password_mistake, stored_tokens
from supervisor.ctl.controller import Controller
from supervisor.ctl.options import ShellOptions
from supervisor.tests.ctl.session import Outcome
from supervisor.web.access.passwords import is_password

NOBODY = "unix:///nowhere/at/all.sock"


def run(line: str, typed: str = "") -> Outcome:
    """One action where no daemon runs."""
    shell = Controller(
        ShellOptions(serverurl=NOBODY), stdin=io.StringIO(typed), stdout=io.StringIO()
    )
    shell.onecmd(line)
    printed = shell.stdout
    assert isinstance(printed, io.StringIO)
    return Outcome(printed.getvalue(), shell.exitstatus)


@pytest.mark.parametrize("password", ["secret", "s p a c e ", "p%(x)s;#:é☃", "x" * 3000])
def test_hashed_password_is_the_password(password: str) -> None:
    """What hash-password prints can be written into the file, and lets the password in."""
    done = run("hash-password", f"{password}\n")
    stored = done.stdout.removesuffix("\n")
    assert done.exit_code == 0
    assert password_mistake(stored) is None
    assert not {"%", ";", "#", " "} & set(stored)
    assert is_password(stored, password.encode())
    assert not is_password(stored, b"another")


def test_same_password_is_never_stored_the_same_way() -> None:
    """Each gets a salt of its own."""
    assert run("hash-password", "secret\n").stdout != run("hash-password", "secret\n").stdout


@pytest.mark.parametrize("typed", ["", "\n"])
def test_empty_password_is_refused(typed: str) -> None:
    """It would let everybody in who knows the name."""
    assert run("hash-password", typed) == Outcome("Error: a password must not be empty\n", 1)


def test_password_is_not_taken_from_the_command_line() -> None:
    """Others on the machine can see it there."""
    done = run("hash-password secret", "x\n")
    assert done.exit_code == 2
    assert done.stdout.startswith("Error: hash-password reads the password, it accepts no")


def test_token_is_printed_with_what_stands_for_it() -> None:
    """The token once, and the line for the configuration with its SHA-256."""
    done = run("make-token")
    token, line = done.stdout.splitlines()
    ((digest, expires_s),) = stored_tokens(line.removeprefix("tokens = "))
    assert done.exit_code == 0
    assert digest == hashlib.sha256(token.encode()).hexdigest()
    assert expires_s is None
    assert run("make-token").stdout.splitlines()[0] != token


def test_token_may_end() -> None:
    """Its line says when."""
    before_s = int(time.time())
    line = run("make-token 30").stdout.splitlines()[1]
    ((_, expires_s),) = stored_tokens(line.removeprefix("tokens = "))
    assert expires_s is not None
    assert before_s <= expires_s - 30 * 86400 <= time.time()
    assert datetime.fromisoformat(line.split(" until ")[1]).timestamp() == expires_s


@pytest.mark.parametrize("days", ["0", "-1", "soon", "99999", "1 2"])
def test_odd_number_of_days_is_refused(days: str) -> None:
    """No token is made then."""
    done = run(f"make-token {days}")
    assert done.exit_code == 2
    assert done.stdout.startswith(f"Error: bad number of days {days!r}: ")


@pytest.mark.parametrize("command", ["hash-password", "make-token"])
def test_help_knows_words_with_hyphens(command: str) -> None:
    """As any other command."""
    assert run(f"help {command}").stdout.startswith(command)
