"""What is printed when the daemon cannot be reached, or is none."""

import io
import os
import pwd
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.ctl.controller import Controller
from supervisor.ctl.options import ShellOptions
from supervisor.errors import Fault
from supervisor.tests.ctl.session import Outcome, controller, daemon, outcome_of, run
from supervisor.tests.support.daemon import free_port, wait_until
from supervisor.tests.support.peer import Peer, raises_fault

WITH_UPCHECK = [
    *("clear x", "fg x", "maintail", "pid", "restart x"),
    *("signal 1 x", "start x", "stop x", "tail x", "version"),
]
WITHOUT_UPCHECK = ["add x", "avail", "reload", "remove x", "reread", "update"]


def run_at(serverurl: str, line: str) -> Outcome:
    """Carry one line out for a daemon at a URL."""
    options = ShellOptions(serverurl=serverurl, serverurl_given=True)
    session = Controller(options, stdin=io.StringIO(), stdout=io.StringIO())
    session.onecmd(line)
    return outcome_of(session)


@pytest.fixture
def refusing() -> str:
    """A URL where nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def missing(tmp_path: Path) -> str:
    """A URL without socket file."""
    return f"unix://{tmp_path}/none.sock"


@pytest.mark.parametrize("line", WITH_UPCHECK)
def test_unreachable_daemon_has_its_line_and_exit_code(
    refusing: str, missing: str, line: str
) -> None:
    """`URL refused connection`, 4; `URL no such file`, 7. The URL is printed as configured."""
    assert run_at(refusing, line) == Outcome(f"{refusing} refused connection\n", 4)
    assert run_at(missing, line) == Outcome(f"{missing} no such file\n", 7)


@pytest.mark.parametrize("line", WITHOUT_UPCHECK)
def test_s10_command_without_upcheck_says_the_same_when_unreachable(
    refusing: str, missing: str, line: str
) -> None:
    """They once printed `error: <class …>` with file and line; the exit code stays 1."""
    assert run_at(refusing, line) == Outcome(f"{refusing} refused connection\n", 1)
    assert run_at(missing, line) == Outcome(f"{missing} no such file\n", 1)


def test_status_of_an_unreachable_daemon_is_unknown(refusing: str, missing: str) -> None:
    """For status, upcheck failures become exit code 4."""
    assert run_at(refusing, "status").exit_code == 4
    assert run_at(missing, "status").exit_code == 4


def test_shutdown_of_an_unreachable_daemon_says_so(refusing: str, missing: str) -> None:
    """`(already shut down?)`, 1."""
    for url, what in ((refusing, "refused connection"), (missing, "no such file")):
        expected = f"ERROR: {url} {what} (already shut down?)\n"
        assert run_at(url, "shutdown") == Outcome(expected, 1)


def test_open_switches_and_keeps_the_exit_code(refusing: str) -> None:
    """`open URL` switches the session to URL and shows status; exit code unchanged."""
    with daemon(getAllProcessInfo=list) as peer:
        session = controller(peer)
        session.onecmd(f"open {refusing}")
        assert outcome_of(session) == Outcome(f"{refusing} refused connection\n", 0)
        assert session.options.serverurl == refusing
        session.onecmd(f"open {peer.serverurl}")
    assert len(peer.calls) == 2
    message = "ERROR: url must be http:// or unix://\n"
    assert run_at(refusing, "open ftp://x") == Outcome(message, 1)


def test_other_api_version_is_refused() -> None:
    """API version other than 3.0: exit 5."""
    with daemon(getVersion=lambda: "4.0") as peer:
        assert run(peer, "version") == Outcome(
            "Sorry, this version of supervisorctl expects to talk to a server with API version 3.0,"
            " but the remote version is 4.0.\n",
            5,
        )


def test_missing_namespace_is_explained() -> None:
    """UNKNOWN_METHOD: exit 3, and the section to enable."""
    with Peer() as peer:
        outcome = run(peer, "version")
    assert outcome.stdout.startswith("Sorry, supervisord responded but did not recognize")
    assert "[rpcinterface:supervisor]" in outcome.stdout
    assert outcome.exit_code == 3


def test_other_failures_print_class_text_and_place() -> None:
    """`error: <class 'MODULE.NAME'>, TEXT: file: PATH line: N`, exit 1."""
    with daemon() as peer:
        peer.answer("/RPC2", 500, b"")
        outcome = run(peer, "version")
    start = (
        "error: <class 'xmlrpc.client.ProtocolError'>, "
        "<ProtocolError for 127.0.0.1/RPC2: 500 Internal Server Error>: file: "
    )
    assert outcome.stdout.startswith(start)
    assert outcome.stdout.rstrip().rpartition(" line: ")[2].isdigit()
    assert outcome.exit_code == 1
    assert run_at("ftp://x", "version").stdout.startswith(
        "error: <class 'ValueError'>, Unknown protocol for serverurl ftp://x: file: "
    )


def test_unexpected_fault_is_printed() -> None:
    """A fault that the command does not know."""
    with daemon(getPID=raises_fault(Fault.FAILED, "FAILED: odd")) as peer:
        outcome = run(peer, "pid")
    start = "error: <class 'xmlrpc.client.Fault'>, <Fault 30: 'FAILED: odd'>: file: "
    assert outcome.stdout.startswith(start)
    assert outcome.exit_code == 1


# ---------------------------------------------------------------- the second line


@pytest.fixture
def hint(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    """What was said on stderr."""
    return capsys


def test_hint_stays_off_stdout_and_is_not_repeated(refusing: str, hint) -> None:
    """Scripts see what they always saw; a person in a shell is told once."""
    options = ShellOptions(serverurl=refusing, serverurl_given=True)
    session = Controller(options, stdin=io.StringIO(), stdout=io.StringIO())
    session.onecmd("status")
    session.onecmd("status")
    assert outcome_of(session).stdout.count("refused connection") == 2
    said = hint.readouterr().err
    assert said.count("cannot reach supervisord: ") == 1
    assert "try: supervisorctl -c " in said


def test_hint_knows_a_stale_socket(tmp_path: Path, hint) -> None:
    """A socket file without a listener is left over from a daemon that is gone."""
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(path))
    assert run_at(f"unix://{path}", "status").exit_code == 4
    assert (
        f"the socket {path} is left over from a supervisord that is gone" in hint.readouterr().err
    )


def test_hint_knows_a_path_that_is_no_socket(tmp_path: Path, hint) -> None:
    """A wrong serverurl may name any file."""
    path = tmp_path / "file"
    path.touch()
    run_at(f"unix://{path}", "status")
    assert f"{path} is not a socket" in hint.readouterr().err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_hint_knows_missing_rights(tmp_path: Path, hint) -> None:
    """A socket of somebody else: the generic line and exit 1, then the cause."""
    with Peer(unix=tmp_path / "s") as peer:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
        try:
            outcome = run_at(peer.serverurl, "status")
        finally:
            os.seteuid(0)
    start = "error: <class 'PermissionError'>, [Errno 13] Permission denied: file: "
    assert outcome.stdout.startswith(start)
    assert outcome.exit_code == 1
    assert "user 'nobody' may not use the socket" in hint.readouterr().err


def test_hint_knows_an_unknown_host(hint) -> None:
    """A host name that does not exist."""
    assert run_at("http://host.invalid:9001", "status").exit_code in (1, 4)
    assert "the host name of http://host.invalid:9001 is unknown" in hint.readouterr().err


def test_hint_knows_a_server_that_is_not_ours(hint) -> None:
    """Something else listens there."""
    with Peer() as peer:
        peer.answer("/RPC2", 404, b"")
        run(peer, "status")
        assert "is not supervisord" in hint.readouterr().err
        peer.answer("/RPC2", 503, b"")
        run(peer, "status")
        assert "it has too many connections (HTTP status 503); try again" in hint.readouterr().err
        peer.answer("/RPC2", 429, b"")
        run(peer, "status")
        assert "too many wrong passwords came from this address" in hint.readouterr().err
        peer.answer("/RPC2", 200, b"<html>")
        run(peer, "status")
        assert "is not supervisord" in hint.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def speak() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"SSH-2.0-x\r\n")

        threading.Thread(target=speak, daemon=True).start()
        run_at(f"http://127.0.0.1:{port}", "status")
    assert "cannot reach supervisord: " in hint.readouterr().err


def test_hint_names_a_daemon_that_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    """A stopped daemon takes connections, and never answers: one hint, and go on waiting."""
    said: list[str] = []

    def hinted() -> bool:
        said.append(capfd.readouterr().err)
        return "has not answered for 0.05 s" in "".join(said)

    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        options = ShellOptions(serverurl=url, serverurl_given=True)
        session = Controller(options, stdin=io.StringIO(), stdout=io.StringIO())
        session.answer_s_max = 0.05
        waiting = threading.Thread(target=session.onecmd, args=("status",), daemon=True)
        waiting.start()
        connection, _ = server.accept()
        wait_until(hinted, "the silence is told")
        assert waiting.is_alive()
        connection.close()
    waiting.join(20)
    text = "".join([*said, capfd.readouterr().err])
    assert text.count("has not answered") == 1
    assert session.exitstatus != 0


def test_hint_of_silence_stays_away_from_answers_in_time(hint) -> None:
    """Nothing is said about a daemon that answers."""
    with daemon(getAllProcessInfo=list) as peer:
        assert run(peer, "status") == Outcome("", 0)
    assert hint.readouterr().err == ""


def test_options_of_a_session_have_known_names() -> None:
    """A slip of the pen is told, rather than kept."""
    with pytest.raises(TypeError, match="unknown nosuch"):
        ShellOptions(nosuch=1)
