"""FastCGI programs under a real daemon: their sockets, and nginx in front of them."""

import os
import re
import signal
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from supervisor.tests.support.daemon import (
    free_port,
    wait_until,
)
from supervisor.tests.support.example import ExampleDaemon, require_programs
from supervisor.tests.support.scenario_live import (
    answers,
    configure,
    daemon_command,
    descriptors,
    live,
    wait_log_count,
)
from supervisor.tests.support.scenario_stage import StageDaemon

PAIR = """
[fcgi-program:pair]
command = sleep 600
socket = unix://{dir}/f.sock
process_name = %(program_name)s_%(process_num)d
numprocs = 2
startsecs = 0
"""


def socket_of(daemon: StageDaemon, name: str) -> str:
    """What descriptor 0 of a process is."""
    daemon.wait_state(name, "RUNNING")
    return descriptors(daemon.info(name)["pid"])[0]


def busy_port() -> socket.socket:
    """A listener on a port of the loopback interface."""
    return socket.create_server(("127.0.0.1", 0))


# ------------------------------------------------------------------------ a real web server


class Site(ExampleDaemon):
    """The example of FastCGI."""

    def __init__(self, directory: Path) -> None:
        super().__init__("fastcgi", directory)
        self.edit("supervisord.conf", "command = python3", f"command = {sys.executable}")

    def who_answers(self) -> str:
        """Name of the process that answers a request; '' if none does."""
        return self.page().partition(" ")[0]


@pytest.fixture(params=["unix", "tcp"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    require_programs(["nginx"])
    site = Site(tmp_path / "w")
    if request.param == "tcp":
        address = f"127.0.0.1:{free_port()}"
        site.edit("nginx.conf", "unix:run/app.sock", address)
        site.edit("supervisord.conf", "unix://%(here)s/run/app.sock", f"tcp://{address}")
        site.edit("supervisord.conf", "socket_mode = 0777", "")
    with site:
        yield site


@pytest.mark.timeout(120)
def test_site_is_served_by_two_processes_and_goes_on_when_one_is_killed(site: Site) -> None:
    """nginx speaks FastCGI to the shared socket; kill -9 of one process loses no request."""
    names = ("app:app_0", "app:app_1")
    for name in (*names, "nginx"):
        site.wait_state(name, "RUNNING")
    wait_until(site.who_answers, "the site answers")
    assert re.fullmatch(r"app_\d \(pid \d+\) was sent 100000 bytes\n", site.page(b"x" * 100_000))

    first, second = (psutil.Process(site.info(name)["pid"]) for name in names)
    first.suspend()
    wait_until(lambda: site.who_answers() == "app_1", "the other process answers")
    first.resume()
    second.send_signal(signal.SIGKILL)
    answers_given = [site.who_answers() for _ in range(30)]
    assert set(answers_given) <= {"app_0", "app_1"}, "a request got lost"
    wait_until(
        lambda: site.info(names[1])["pid"] not in (0, second.pid), "the killed process is back"
    )
    first.send_signal(signal.SIGKILL)
    wait_until(lambda: site.who_answers() == "app_1", "the new process serves the same socket")

    assert site.ctl("stop", "app:*").returncode == 0
    assert site.who_answers() == ""
    assert site.ctl("start", "app:*").returncode == 0
    wait_until(site.who_answers, "the site answers again")


# ------------------------------------------------------------------------ the socket


@pytest.mark.skipif(not socket.has_ipv6, reason="this system has no IPv6")
def test_socket_may_have_an_ipv6_address() -> None:
    """In brackets, as in the settings of servers."""
    with live(PAIR.replace("unix://{dir}/f.sock", f"tcp://[::1]:{free_port()}"), start=False) as sd:
        sd.start(wait=False)
        wait_until(lambda: answers(sd) or sd.process.poll(), "the daemon answers, or ends")
        if "Cannot assign requested address" in sd.output():
            pytest.skip("no IPv6 on the loopback interface")
        assert socket_of(sd, "pair:pair_0") == socket_of(sd, "pair:pair_1")


def test_socket_has_mode_and_owner_and_is_shared() -> None:
    """unix: chown, chmod, listen; fd 0 of every process of the section."""
    config = PAIR + "socket_mode = 0666\nsocket_owner = nobody\n"
    with live(config if os.geteuid() == 0 else config.replace("nobody", str(os.geteuid()))) as sd:
        assert socket_of(sd, "pair:pair_0") == socket_of(sd, "pair:pair_1")
        found = (sd.directory / "f.sock").stat()
        assert stat.S_ISSOCK(found.st_mode)
        assert stat.S_IMODE(found.st_mode) == 0o666
        assert found.st_uid == (65534 if os.geteuid() == 0 else os.geteuid())


def test_l27_path_goes_with_the_last_process_and_comes_back_with_the_first() -> None:
    """Front-ends see that there is nothing while nobody serves."""
    with live(PAIR) as sd:
        first = socket_of(sd, "pair:pair_0")
        path = sd.directory / "f.sock"
        sd.ctl("stop", "pair:pair_0")
        assert path.exists()
        sd.ctl("stop", "pair:pair_1")
        assert not path.exists()
        sd.ctl("start", "pair:pair_1")
        assert path.exists()
        assert socket_of(sd, "pair:pair_1") != first
        assert sd.stop() == 0
        assert not path.exists()


def test_c7_fcgi_section_in_a_group_has_its_socket() -> None:
    """One socket per section, shared by that section's processes only, wherever grouped."""
    config = PAIR + (
        "[program:plain]\ncommand = sleep 600\nstartsecs = 0\n"
        "[group:site]\nprograms = pair, plain\n"
    )
    with live(config) as sd:
        shared = socket_of(sd, "site:pair_0")
        assert shared.startswith("socket:")
        assert shared == socket_of(sd, "site:pair_1")
        assert socket_of(sd, "site:plain").startswith("pipe:")


# ------------------------------------------------------------------------ trouble


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("unix:///nonexistent/f.sock", "[Errno 2] No such file or directory"),
        ("tcp://203.0.113.1:9000", "[Errno 99] Cannot assign requested address"),
    ],
)
def test_c21_socket_that_cannot_be_made_at_start_is_two_lines_and_exit_2(
    address: str, why: str
) -> None:
    """Not a traceback, not exit 1."""
    with live(PAIR.replace("unix://{dir}/f.sock", address), start=False) as sd:
        sd.start(wait=False)
        assert sd.wait() == 2
        errors = [line for line in sd.stderr_file.read_text().splitlines() if line]
        assert errors[-2] == f"Error: Could not create FastCGI socket {address}: {why}"
        assert errors[-1].startswith("For help, use ")


def test_l12_socket_that_cannot_be_made_again_is_a_spawn_error_and_the_daemon_lives() -> None:
    """Retried as any spawn error; with the way free again the process starts."""
    with live(PAIR + "autostart = false\n[program:cat]\ncommand = cat\nstartsecs = 0\n") as sd:
        path = sd.directory / "f.sock"
        path.mkdir()
        done = sd.ctl("start", "pair:pair_0")
        assert (done.stdout, done.returncode) == ("pair:pair_0: ERROR (spawn error)\n", 7)
        reason = f"Could not create FastCGI socket unix://{path}: [Errno 21] Is a directory"
        assert sd.info("pair:pair_0")["spawnerr"].startswith(reason)
        assert f"INFO spawnerr: {reason}" in sd.log_text()
        path.rmdir()
        sd.wait_state("pair:pair_0", "RUNNING")
        assert sd.info("cat")["statename"] == "RUNNING"


def test_group_whose_socket_cannot_be_made_is_refused_and_the_others_stay() -> None:
    """`add` and `update` say why; the daemon goes on and takes the group when it can."""
    with live(PAIR) as sd, busy_port() as taken:
        port = taken.getsockname()[1]
        web = (
            "[fcgi-program:web]\ncommand = sleep 600\nstartsecs = 0\n"
            f"socket = tcp://127.0.0.1:{port}\n"
        )
        configure(sd, PAIR + web)
        text = (
            f"Could not create FastCGI socket tcp://127.0.0.1:{port}: "
            "[Errno 98] Address already in use"
        )
        updated = sd.ctl("update")
        assert (updated.stdout, updated.returncode) == (f"web: ERROR (FAILED: {text})\n", 1)
        added = sd.ctl("add", "web")
        assert (added.stdout, added.returncode) == (f"web: ERROR (FAILED: {text})\n", 1)
        assert f"ERRO cannot add group 'web': {text}" in sd.log_text()
        taken.close()
        assert sd.ctl("update").stdout == "web: added process group\n"
        assert socket_of(sd, "web").startswith("socket:")
        assert socket_of(sd, "pair:pair_0").startswith("socket:")


@pytest.mark.parametrize("group", ["pair", "site"])
def test_c6_reread_notices_a_changed_mode_backlog_or_owner(group: str) -> None:
    """And `update` makes the socket anew, wherever the section is grouped."""
    config = PAIR if group == "pair" else f"[group:{group}]\nprograms = pair\n{PAIR}"
    with live(config) as sd:
        before = socket_of(sd, f"{group}:pair_0")
        for change in ("socket_mode = 0777\n", "socket_backlog = 5\n", "socket_owner = daemon\n"):
            configure(sd, config + change)
            assert sd.ctl("reread").stdout == f"{group}: changed\n"
        configure(sd, config + "socket_mode = 0777\n")
        assert f"{group}: updated process group" in sd.ctl("update").stdout
        assert socket_of(sd, f"{group}:pair_0") != before
        assert stat.S_IMODE((sd.directory / "f.sock").stat().st_mode) == 0o777


# ------------------------------------------------------------------------ reload


def test_reload_makes_the_socket_anew() -> None:
    """Everything is stopped and started; the port that was ours is free by then."""
    config = PAIR.replace("unix://{dir}/f.sock", f"tcp://127.0.0.1:{free_port()}")
    with live(config) as sd:
        before = socket_of(sd, "pair:pair_0")
        assert sd.ctl("reload").returncode == 0
        wait_log_count(sd, "supervisord started with pid", 2)
        wait_until(lambda: answers(sd), "the daemon answers again")
        assert socket_of(sd, "pair:pair_1") == socket_of(sd, "pair:pair_0") != before


def test_reload_is_refused_while_a_new_socket_cannot_be_made() -> None:
    """Nothing is stopped only to find a port taken."""
    with live(PAIR) as sd, busy_port() as taken:
        before = socket_of(sd, "pair:pair_0")
        port = taken.getsockname()[1]
        configure(sd, PAIR.replace("unix://{dir}/f.sock", f"tcp://127.0.0.1:{port}"))
        done = sd.ctl("reload")
        assert done.returncode == 1
        assert "Could not create FastCGI socket" in done.stdout
        assert socket_of(sd, "pair:pair_0") == before


def test_second_daemon_by_mistake_does_not_take_the_socket() -> None:
    """It ends because our server is in use; what the first one serves stays reachable."""
    with live(PAIR) as sd:
        socket_of(sd, "pair:pair_0")
        path = sd.directory / "f.sock"
        before = path.stat().st_ino
        second = StageDaemon(
            daemon_command(), "", sd.directory / "second", environment=sd.environment
        )
        second.config.write_text(sd.config.read_text())
        second.config = sd.config
        try:
            assert second.start(wait=False).wait() == 2
        finally:
            second.cleanup()
        assert path.stat().st_ino == before
