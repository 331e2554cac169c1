"""FastCGI sockets and the children that share them, with real sockets and real children."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from supervisor.config.sections.fcgi import FcgiSettings
from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.program import ProcessSettings
from supervisor.config.values import FcgiAddress, Origin
from supervisor.daemon.programs import ActiveGroups
from supervisor.errors import Fault, HostError, RequestRefused, SpawnError
from supervisor.tests.daemon.nursery import Home, event_desk, open_fds, settings

SLEEP = "/bin/sleep 60"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "f.sock"


def unix(path: Path, section: str = "php", **more: Any) -> FcgiSettings:
    """A section with a unix socket."""
    address = FcgiAddress(f"unix://{path}", str(path), "", 0)
    return FcgiSettings(section=f"fcgi-program:{section}", socket=address, **more)


def tcp(port: int, section: str = "php", **more: Any) -> FcgiSettings:
    """A section with a TCP socket."""
    address = FcgiAddress(f"tcp://127.0.0.1:{port}", None, "127.0.0.1", port)
    return FcgiSettings(section=f"fcgi-program:{section}", socket=address, **more)


def group(name: str, *processes: ProcessSettings) -> GroupSettings:
    return GroupSettings(
        name=name, priority=1, kind="fcgi", processes=processes, origin=Origin("test.conf", 1)
    )


def pair(home: Home, fcgi: FcgiSettings, command: str = SLEEP) -> None:
    """Two processes of one section, in different groups, with the ids 1 and 2."""
    for process_id, name in enumerate(("a", "b"), 1):
        home.add(settings(name, command, fcgi=fcgi), process_id)


def said(home: Home) -> list[str]:
    """What the main log says about sockets, without time and level."""
    lines = [line[29:] for line in home.main_log().splitlines()]
    return [line for line in lines if " socket " in line]


def stop(home: Home, process_id: int, pid: int) -> None:
    os.kill(pid, 9)
    home.wait(process_id)


def busy_port() -> tuple[socket.socket, int]:
    """A port that somebody listens on."""
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, listener.getsockname()[1]


# ------------------------------------------------------------------------ what the child gets


@pytest.mark.parametrize("umask", [None, 0o22])
def test_child_gets_the_socket_as_descriptor_0_and_answers_on_it(
    home: Home, path: Path, umask: int | None
) -> None:
    """fd 0 ← the shared socket, however the child is spawned."""
    program = home.path / "serve.py"
    program.write_text(
        "import socket\n"
        "listener = socket.socket(fileno=0)\n"
        "client, _ = listener.accept()\n"
        "client.sendall(b'served')\n"
    )
    home.add(settings(command=f"python3 {program}", fcgi=unix(path), umask=umask)).spawn()
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10.0)
        client.connect(str(path))
        assert client.recv(100) == b"served"
    assert home.wait().exitcode == 0


def test_fcgi_program_has_no_stdin_channel(home: Home, path: Path) -> None:
    """sendProcessStdin: NO_FILE."""
    home.add(settings(command=SLEEP, fcgi=unix(path))).spawn()
    with pytest.raises(RequestRefused) as refused:
        home.children.send(1, b"x")
    assert refused.value.fault is Fault.NO_FILE


# ------------------------------------------------------------------------ from first to last


def test_socket_is_opened_with_the_first_and_closed_with_the_last_process(
    home: Home, path: Path
) -> None:
    """Shared by all, closed when the last process has been reaped."""
    before = open_fds()
    pair(home, unix(path))
    first = home.spawn(1)
    inode = path.stat().st_ino
    second = home.spawn(2)
    assert path.stat().st_ino == inode
    assert os.readlink(f"/proc/{first}/fd/0") == os.readlink(f"/proc/{second}/fd/0")

    stop(home, 1, first)
    assert path.exists()
    stop(home, 2, second)
    assert not path.exists()
    assert said(home) == [f"Creating socket unix://{path}", f"Closing socket unix://{path}"]
    assert open_fds() <= before


def test_process_that_fails_to_spawn_gives_its_share_back(home: Home, path: Path) -> None:
    """Closed when the last process failed to spawn."""
    pair(home, unix(path), command="/no/such/command")
    before = open_fds()
    for process_id in (1, 2):
        with pytest.raises(SpawnError, match="can't find command"):
            home.spawn(process_id)
    assert said(home) == [f"Creating socket unix://{path}", f"Closing socket unix://{path}"] * 2
    assert not path.exists()
    assert open_fds() <= before


def test_socket_stays_open_for_a_sibling_when_a_process_fails_to_spawn(
    home: Home, path: Path
) -> None:
    home.add(settings("a", SLEEP, fcgi=unix(path)), 1)
    home.add(settings("b", "/no/such/command", fcgi=unix(path)), 2)
    home.spawn(1)
    with pytest.raises(SpawnError):
        home.spawn(2)
    assert path.exists()
    assert said(home) == [f"Creating socket unix://{path}"]


def test_process_that_is_removed_gives_its_share_back(home: Home, path: Path) -> None:
    """A child that nobody could signal keeps its descriptor; ours is closed."""
    home.add(settings(command=SLEEP, fcgi=unix(path)))
    pid = home.spawn()
    home.children.remove(1)
    assert not path.exists()
    home.forget(pid)


def test_sections_do_not_share_sockets(home: Home) -> None:
    """One socket per section: a second section with the same address finds the port taken."""
    listener, port = busy_port()
    listener.close()
    home.add(settings("a", SLEEP, fcgi=tcp(port, "one")), 1)
    home.add(settings("b", SLEEP, fcgi=tcp(port, "two")), 2)
    home.spawn(1)
    with pytest.raises(SpawnError, match="Address already in use"):
        home.spawn(2)


def test_changed_section_gets_a_socket_of_its_own(home: Home, path: Path) -> None:
    """While processes of the old form still run, those of the new one replace the path."""
    home.add(settings("a", SLEEP, fcgi=unix(path)), 1)
    home.add(settings("b", SLEEP, fcgi=unix(path, socket_mode=0o777)), 2)
    old, _ = home.spawn(1), home.spawn(2)
    assert path.stat().st_mode & 0o777 == 0o777
    stop(home, 1, old)
    assert path.exists(), "the old socket took the path of the new one with it"


# ------------------------------------------------------------------------ refusals


def test_l12_socket_that_cannot_be_made_again_is_a_spawn_error(home: Home) -> None:
    """Retried like every spawn error: with the port free again, the process starts."""
    listener, port = busy_port()
    home.add(settings(command=SLEEP, fcgi=tcp(port)))
    before = open_fds()
    with listener, pytest.raises(SpawnError) as refused:
        home.spawn()
    assert refused.value.reason == (
        f"Could not create FastCGI socket tcp://127.0.0.1:{port}: [Errno 98] Address already in use"
    )
    assert refused.value.step == "socket"
    assert open_fds() < before
    home.spawn()


# ------------------------------------------------------------------------ groups


@pytest.fixture
def told() -> list[Any]:
    """Inputs handed to the core."""
    return []


@pytest.fixture
def groups(home: Home, told: list[Any]) -> ActiveGroups:
    return ActiveGroups(home.children, event_desk(home, told.append).pools, told.append)


def test_new_group_probes_its_sockets_once_each(
    home: Home, groups: ActiveGroups, path: Path
) -> None:
    """Created at group creation as a probe, and at once closed."""
    first, second = unix(path), unix(home.path / "g.sock", "other")
    members = [("a", first), ("b", first), ("c", second)]
    groups.add(group("site", *(settings(name, SLEEP, fcgi=fcgi) for name, fcgi in members)))
    assert said(home) == [
        f"{what} socket unix://{home.path}/{name}"
        for name in ("f.sock", "g.sock")
        for what in ("Creating", "Closing")
    ]
    assert not path.exists()


def test_c7_section_shares_its_socket_wherever_it_is_grouped(
    home: Home, groups: ActiveGroups, path: Path
) -> None:
    """Two groups with one section: the second one is not probed while the first one runs."""
    groups.add(group("one", settings("a", SLEEP, fcgi=unix(path))))
    first = home.spawn(1)
    groups.add(group("two", settings("b", SLEEP, fcgi=unix(path))))
    second = home.spawn(2)
    assert os.readlink(f"/proc/{first}/fd/0") == os.readlink(f"/proc/{second}/fd/0")
    assert len(said(home)) == 3


def test_group_whose_socket_cannot_be_made_is_not_added(
    home: Home, groups: ActiveGroups, told: list[Any]
) -> None:
    """Nothing is left of it: no logs, no ids, nothing told to the core."""
    listener, port = busy_port()
    bad = group("bad", settings("a", fcgi=tcp(port)))
    with listener, pytest.raises(HostError, match="Could not create FastCGI socket"):
        groups.add(bad)
    assert "bad" not in groups
    assert (told, home.logs_of("a", "stdout")) == ([], [])
    groups.add(bad)
    assert "bad" in groups


# ------------------------------------------------------------------------ restarts


def test_ports_of_ours_are_not_probed_before_a_restart(home: Home) -> None:
    """They are in use by the children that will be stopped; nothing is said in the log."""
    listener, port = busy_port()
    listener.close()
    home.add(settings("a", SLEEP, fcgi=tcp(port))).spawn()
    before = said(home)
    probe = home.children.fcgi_sockets.probe_before_restart
    probe([group("a", settings("a", fcgi=tcp(port, socket_backlog=5)))])
    assert said(home) == before


def test_new_sockets_are_probed_before_a_restart(home: Home) -> None:
    """A restart must not stop everything only to find a port taken."""
    listener, port = busy_port()
    probe = home.children.fcgi_sockets.probe_before_restart
    with listener, pytest.raises(HostError, match="Address already in use"):
        probe([group("a", settings("a", fcgi=tcp(port)))])
    with pytest.raises(HostError, match="No such file or directory"):
        probe([group("a", settings("a", fcgi=unix(Path("/nonexistent/f.sock"))))])
