"""What loads but cannot work is refused by a check, and costs a start nothing."""

import pytest

from supervisor.config.checks import SOCKET_PATH_BYTES_MAX
from supervisor.config.flags import Flags
from supervisor.config.problems import check_exit_status
from supervisor.tests.config.machine import load


def refusals_of(text):
    """Problems that a check tells, in full; the same file must load for a start without any."""
    text += "\n[supervisord]\nuser=web\n"
    started = load(text)
    assert started.settings is not None
    assert not started.problems
    checked = load(text, flags=Flags(check=True))
    assert check_exit_status(checked.problems) == (2 if checked.problems else 0)
    return [str(problem) for problem in checked.problems]


@pytest.mark.parametrize(
    "line", ["umask=-1", "command=/bin/x a\0b", 'environment=A="\0"', "stdout_logfile=/tmp"]
)
def test_key_of_a_program_that_cannot_work_is_refused(line):
    """Each would make every start of the program fail, or mean something nobody wants."""
    command = "" if line.startswith("command") else "command=/bin/x\n"
    (refusal,) = refusals_of(f"[program:a]\n{line}\n{command}")
    assert refusal.startswith(f"s.conf:2: [program:a] {line}: ")


def test_key_that_can_work_is_accepted():
    """A check refuses nothing that a daemon runs with."""
    text = "[program:a]\ncommand=/bin/x\numask=077\nstdout_logfile=/tmp/x\nstderr_logfile=NONE\n"
    assert not refusals_of(text + "[inet_http_server]\nport=[::1]:9001\n")


def test_relative_log_is_looked_for_where_it_will_lie():
    """Children's paths refer to the directory that the daemon changes to."""
    text = "[program:a]\ncommand=/bin/x\nstdout_logfile=logs\n"
    assert not refusals_of(text)
    text += "[supervisord]\ndirectory=/srv\n"
    assert refusals_of(text) == [
        "s.conf:3: [program:a] stdout_logfile=logs: /srv/logs is a directory; "
        "expected path of a file"
    ]


def test_main_log_that_is_a_directory_is_refused():
    """The daemon would not start."""
    assert refusals_of("[supervisord]\nlogfile=/srv") == [
        "s.conf:2: [supervisord] logfile=/srv: /srv is a directory; expected path of a file"
    ]


@pytest.mark.parametrize("address", ["[::1:9001", "::1]:9001"])
def test_address_with_a_lone_bracket_is_refused(address):
    """The server could not be opened."""
    text = f"[inet_http_server]\nport={address}\nallow_insecure=true\n"
    (refusal,) = refusals_of(text)
    assert "its brackets do not match; expected [ipv6]:port" in refusal


def test_socket_path_may_be_as_long_as_the_system_allows():
    """And not a byte longer."""
    path = "/tmp/" + "x" * (SOCKET_PATH_BYTES_MAX - len("/tmp/"))
    assert not refusals_of(f"[unix_http_server]\nfile={path}\n")
    (refusal,) = refusals_of(f"[unix_http_server]\nfile={path}y\n")
    assert "the path of the socket is 1 bytes too long for the system" in refusal


def test_socket_needs_room_for_its_temporary_name():
    """It is made under another name in the same directory."""
    directory = "/tmp/" + "x" * (SOCKET_PATH_BYTES_MAX - len("/tmp/") - len("/.1234567"))
    assert not refusals_of(f"[unix_http_server]\nfile={directory}/s\n")
    assert refusals_of(f"[unix_http_server]\nfile={directory}y/s\n")


FCGI = "[fcgi-program:{}]\ncommand=/bin/x\nnumprocs=2\nprocess_name=%(process_num)d\nsocket={}\n"


@pytest.mark.parametrize("socket", ["unix:///run/f.sock", "tcp://localhost:900"])
def test_fcgi_sections_cannot_share_a_socket(socket):
    """The second one would take it away, or find it taken."""
    text = FCGI.format("a", socket)
    assert not refusals_of(text)
    assert not refusals_of(text + FCGI.format("b", socket + "1"))
    (refusal,) = refusals_of(text + FCGI.format("b", socket))
    assert "[fcgi-program:b] socket=" in refusal
    assert "[fcgi-program:a] has this socket, and only processes of one section" in refusal


def test_fcgi_socket_that_is_a_directory_or_too_long_is_refused():
    """The daemon would not start."""
    (refusal,) = refusals_of(FCGI.format("a", "unix:///srv"))
    assert "/srv is a directory; expected path of a socket" in refusal
    (refusal,) = refusals_of(FCGI.format("a", "unix:///tmp/" + "x" * SOCKET_PATH_BYTES_MAX))
    assert "the path of the socket is 5 bytes too long for the system" in refusal
