"""Which cause and which command are told, given what is known."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from supervisor.ctl.diagnosis import explain, explain_silence
from supervisor.ctl.neighbours import Neighbour, config_argument, is_daemon, running_daemons
from supervisor.tests.support.daemon import LiveDaemon, reference_daemon


@dataclass
class Told:
    """What a session was told about its daemon."""

    serverurl: str = "unix:///run/none.sock"
    configfile: str | None = "/etc/a.conf"
    configfile_given: bool = False
    serverurl_given: bool = False


def said(told: Told, *neighbours: Neighbour, error: Exception | None = None) -> str:
    """The explanation, for a missing socket unless another error is given."""
    text = explain(error or FileNotFoundError(2, "No such file"), told, lambda: neighbours)
    assert text is not None
    return text


def test_stopped_daemon_is_to_be_started() -> None:
    """The file is known and no daemon runs."""
    assert said(Told()) == (
        "cannot reach supervisord: there is no socket at /run/none.sock; "
        "supervisord is not running; try: supervisord -c /etc/a.conf"
    )


def test_other_daemon_is_mentioned() -> None:
    """Perhaps the wrong configuration was named."""
    text = said(Told(), Neighbour(7, "/etc/b.conf"))
    assert text.endswith(
        "try: supervisord -c /etc/a.conf (another one runs with /etc/b.conf, pid 7)"
    )


def test_other_daemon_is_not_mentioned_when_it_cannot_be_meant() -> None:
    """The file was named by -c, or there are several others."""
    other, third = Neighbour(7, "/etc/b.conf"), Neighbour(8, "/etc/c.conf")
    assert said(Told(configfile_given=True), other).endswith("supervisord -c /etc/a.conf")
    assert said(Told(), other, third).endswith("supervisord -c /etc/a.conf")


@pytest.mark.parametrize("given", [True, False])
def test_daemon_on_another_host_is_not_looked_for_here(given: bool) -> None:
    """What runs on this machine tells nothing about a daemon elsewhere."""
    told = Told("http://192.0.2.1:9", serverurl_given=given)
    text = said(told, Neighbour(7, "/etc/a.conf"), error=ConnectionRefusedError(111, "refused"))
    end = "the URL" if given else "serverurl in /etc/a.conf"
    assert text == (
        "cannot reach supervisord: nobody listens on 192.0.2.1:9; "
        f"start supervisord there, or correct {end}"
    )


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_daemon_on_a_loopback_address_is_looked_for(host: str) -> None:
    """It runs on this machine, so its processes tell where."""
    told = Told(f"http://{host}:9", configfile=None)
    text = said(told, Neighbour(7, "/etc/b.conf"), error=ConnectionRefusedError(111, "refused"))
    assert text.endswith("try: supervisorctl -c /etc/b.conf")


def test_silent_daemon_is_named_if_it_is_known() -> None:
    """The pid tells whom to wake up."""
    ours = Neighbour(7, "/etc/a.conf")
    text = explain_silence(Told(), 5.0, lambda: [ours])
    assert text.startswith("supervisord (pid 7) has not answered for 5 s: ")
    assert "kill -CONT 7" in text
    for told in (Told("http://192.0.2.1:9"), Told(serverurl_given=True)):
        text = explain_silence(told, 5.0, lambda: [ours])
        assert text.startswith(f"supervisord at {told.serverurl} has not answered for 5 s: ")


def test_daemon_with_this_file_has_another_address() -> None:
    """It runs, so starting it again would not help."""
    text = said(Told(), Neighbour(6, None), Neighbour(7, "/etc/a.conf"))
    assert "supervisord runs with /etc/a.conf (pid 7), but listens elsewhere" in text


@pytest.mark.parametrize("given", [True, False])
def test_without_a_file_the_running_daemon_tells_it(given: bool) -> None:
    """No file was found, or the URL was given by hand."""
    told = Told(configfile=None, serverurl_given=given)
    assert said(told, Neighbour(7, "/etc/b.conf")).endswith(
        "a supervisord runs with /etc/b.conf (pid 7); try: supervisorctl -c /etc/b.conf"
    )
    assert said(told).endswith("try: supervisorctl -c FILE")


def test_missing_rights_name_socket_and_way_out(tmp_path: Path) -> None:
    """The mode and the owner of the socket are shown."""
    path = tmp_path / "s"
    path.touch(0o600)
    text = said(Told(f"unix://{path}"), error=PermissionError(13, "Permission denied"))
    assert f"may not use the socket {path} (-rw-------, owned by uid " in text
    assert "try: sudo supervisorctl, or set chmod or chown in [unix_http_server]" in text


def test_unrelated_errors_are_not_explained() -> None:
    """A mistake of a plug-in is not the daemon's."""
    told = Told()
    assert explain(ZeroDivisionError(), told) is None
    assert explain(FileNotFoundError(2, "No such file", "/x"), told) is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["/usr/bin/supervisord", "-n", "-c", "a"], True),
        (["/usr/bin/python3", "/usr/bin/supervisord"], True),
        (["python3.11", "-m", "supervisor.supervisord", "-n"], True),
        (["vim", "/etc/init.d/supervisord"], False),
        (["supervisorctl"], False),
        ([], False),
    ],
)
def test_daemons_are_known_by_their_command_line(words: list[str], expected: bool) -> None:
    """Not everything that names supervisord is one."""
    assert is_daemon(words) is expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["supervisord", "-n", "-c", "/a"], "/a"),
        (["supervisord", "--configuration", "/a"], "/a"),
        (["supervisord", "--configuration=/a", "-n"], "/a"),
        (["supervisord", "-n"], None),
        (["supervisord", "-c"], None),
    ],
)
def test_configuration_is_read_from_the_command_line(
    words: list[str], expected: str | None
) -> None:
    """Short and long form."""
    assert config_argument(words) == expected


@pytest.mark.reference
def test_running_daemons_are_found(tmp_path: Path) -> None:
    """The process table tells pid and configuration."""
    command = reference_daemon()
    if command is None:
        pytest.skip("the reference release is not installed")
    with LiveDaemon(command, "", tmp_path) as daemon:
        assert Neighbour(daemon.pid, str(daemon.config)) in running_daemons()
