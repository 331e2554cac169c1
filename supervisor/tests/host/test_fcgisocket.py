"""Sockets of FastCGI programs."""

import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from supervisor.errors import HostError
from supervisor.host.fcgisocket import (
    FCGI_BACKLOG_COUNT,
    FcgiPlan,
    FcgiSocket,
    open_fcgi_socket,
    probe_fcgi_socket,
)
from supervisor.tests.host.child import open_fd_count

NOBODY_UID = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def unix(
    path: object, mode: int = 0o700, uid: int | None = None, gid: int | None = None
) -> FcgiPlan:
    """A plan for a unix socket."""
    return FcgiPlan(f"unix://{path}", str(path), "", 0, FCGI_BACKLOG_COUNT, mode, uid, gid)


def tcp(port: int, host: str = "127.0.0.1", backlog_count: int = FCGI_BACKLOG_COUNT) -> FcgiPlan:
    """A plan for a TCP socket."""
    return FcgiPlan(f"tcp://{host}:{port}", None, host, port, backlog_count, 0o700, None, None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "f.sock"


@pytest.fixture
def opened() -> Iterator[Callable[[FcgiPlan], FcgiSocket]]:
    """Opens sockets that are closed at the end."""
    made: list[FcgiSocket] = []

    def open_one(plan: FcgiPlan) -> FcgiSocket:
        made.append(open_fcgi_socket(plan))
        return made[-1]

    yield open_one
    for each in made:
        each.close()


Open = Callable[[FcgiPlan], FcgiSocket]


def connects(family: socket.AddressFamily, address: object) -> bool:
    with socket.socket(family) as client:
        client.settimeout(10.0)
        return client.connect_ex(address) == 0  # type: ignore[arg-type]


def refusal(plan: FcgiPlan) -> str:
    """Why a socket can neither be opened nor probed, with nothing left open."""
    fds = open_fd_count()
    with pytest.raises(HostError) as caught:
        open_fcgi_socket(plan)
    assert open_fd_count() == fds
    return str(caught.value)


# ------------------------------------------------------------------------ what children are given


@pytest.mark.parametrize("family", ["unix", "tcp"])
def test_socket_listens_blocks_and_is_not_inherited(opened: Open, path: Path, family: str) -> None:
    """Programs expect a blocking descriptor 0; nobody else's child may get it."""
    if family == "unix":
        made = opened(unix(path))
        assert connects(socket.AF_UNIX, str(path))
        assert made.socket.getsockname() == str(path)
    else:
        made = opened(tcp(0))
        assert connects(socket.AF_INET, made.socket.getsockname())
        assert made.socket.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
    assert made.socket.getblocking()
    assert not os.get_inheritable(made.socket.fileno())


@pytest.mark.parametrize("mode", [0o700, 0o766])
def test_unix_socket_has_exactly_the_mode_asked_for(opened: Open, path: Path, mode: int) -> None:
    """`socket_mode`, whatever the umask."""
    earlier = os.umask(0o027)
    try:
        opened(unix(path, mode))
    finally:
        os.umask(earlier)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@needs_root
@pytest.mark.parametrize(
    ("uid", "gid", "owner"),
    [(NOBODY_UID, 4711, (NOBODY_UID, 4711)), (None, 4711, (0, 4711)), (NOBODY_UID, None, None)],
)
def test_unix_socket_belongs_to_the_owner_asked_for(
    opened: Open, path: Path, uid: int | None, gid: int | None, owner: tuple[int, int] | None
) -> None:
    """`socket_owner`: user, group or both; what is not given stays."""
    opened(unix(path, uid=uid, gid=gid))
    found = path.stat()
    assert (found.st_uid, found.st_gid) == (owner or (NOBODY_UID, os.getegid()))


def test_backlog_bounds_the_connections_that_wait(opened: Open) -> None:
    """`socket_backlog`: so many may wait, and the system's one more."""
    address = opened(tcp(0, backlog_count=1)).socket.getsockname()
    clients = [socket.socket() for _ in range(5)]
    for client in clients:
        client.setblocking(False)
        client.connect_ex(address)
    waiting = [client for client in clients if not client.connect_ex(address)]
    assert len(waiting) <= 2
    for client in clients:
        client.close()


# ------------------------------------------------------------------------ what is in the way


def test_whatever_is_at_the_path_is_replaced(opened: Open, path: Path) -> None:
    """Existing path removed first."""
    path.write_text("left over")
    opened(unix(path))
    assert connects(socket.AF_UNIX, str(path))


def test_socket_that_others_listen_on_is_replaced(opened: Open, path: Path) -> None:
    """An instance that was killed leaves children that still hold its socket."""
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        made = opened(unix(path))
        assert made.identity is not None
        assert path.stat().st_ino == made.identity.inode


def test_l27_path_is_removed_on_close(path: Path) -> None:
    """Front-ends then see that there is nothing, rather than a refusal."""
    open_fcgi_socket(unix(path)).close()
    assert not path.exists()


def test_l27_path_of_another_socket_is_left_alone_on_close(opened: Open, path: Path) -> None:
    """Only if the path still is our inode."""
    ours = open_fcgi_socket(unix(path))
    opened(unix(path))
    ours.close()
    assert connects(socket.AF_UNIX, str(path))


# ------------------------------------------------------------------------ probes


def test_probe_touches_nothing_at_the_path(opened: Open, path: Path) -> None:
    """A second daemon by mistake must not take the socket of the first."""
    opened(unix(path))
    before = path.stat().st_ino
    probe_fcgi_socket(unix(path))
    assert path.stat().st_ino == before
    assert connects(socket.AF_UNIX, str(path))
    assert os.listdir(path.parent) == ["f.sock"]


def test_probe_leaves_nothing_behind(path: Path) -> None:
    fds = open_fd_count()
    probe_fcgi_socket(unix(path))
    probe_fcgi_socket(tcp(0))
    assert os.listdir(path.parent) == []
    assert open_fd_count() == fds


def test_probe_is_not_disturbed_by_an_earlier_one_that_was_killed(path: Path) -> None:
    """A daemon that was killed half way may have had our pid."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(f"{path}.{os.getpid()}")
    probe_fcgi_socket(unix(path))
    assert os.listdir(path.parent) == []


# ------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (unix("/nonexistent/f.sock"), "[Errno 2] No such file or directory"),
        (unix("/" + "x" * 200), "AF_UNIX path too long"),
        (unix("/tmp/nul\0"), "embedded null byte"),
        (tcp(1, "203.0.113.1"), "[Errno 99] Cannot assign requested address"),
        (tcp(1, "é..b"), "é..b is not a host name"),
    ],
)
def test_socket_that_cannot_be_made_is_told(plan: FcgiPlan, told: str) -> None:
    """The text of the reference, with the URL as the file says it."""
    text = refusal(plan)
    assert text.startswith(f"Could not create FastCGI socket {plan.url}: ")
    assert told in text
    with pytest.raises(HostError) as probed:
        probe_fcgi_socket(plan)
    assert str(probed.value) == text


def test_port_in_use_is_told(opened: Open) -> None:
    port = opened(tcp(0)).socket.getsockname()[1]
    assert refusal(tcp(port)) == (
        f"Could not create FastCGI socket tcp://127.0.0.1:{port}: [Errno 98] Address already in use"
    )


def test_directory_at_the_path_is_told(tmp_path: Path) -> None:
    """It cannot be replaced, and a probe says so, too."""
    text = (
        f"Could not create FastCGI socket unix://{tmp_path}: [Errno 21] Is a directory: "
        f"'{tmp_path}'"
    )
    assert refusal(unix(tmp_path)) == text
    with pytest.raises(HostError) as probed:
        probe_fcgi_socket(unix(tmp_path))
    assert str(probed.value) == text


@needs_root
def test_file_of_another_user_in_a_shared_directory_is_told(public_path: Path) -> None:
    """As in /tmp, where only the owner of a file may remove it; a probe says so, too."""
    public_path.chmod(0o1777)
    path = public_path / "f.sock"
    path.touch()
    text = (
        f"Could not create FastCGI socket unix://{path}: [Errno 1] Operation not permitted: "
        f"'{path}'"
    )
    os.seteuid(NOBODY_UID)
    try:
        assert refusal(unix(path)) == text
        with pytest.raises(HostError) as probed:
            probe_fcgi_socket(unix(path))
    finally:
        os.seteuid(0)
    assert str(probed.value) == text
    probe_fcgi_socket(unix(path))


@needs_root
def test_socket_that_cannot_be_given_away_is_told_and_removed(public_path: Path) -> None:
    """The text names the file and the refusal of the system."""
    public_path.chmod(0o777)
    path = public_path / "f.sock"
    os.seteuid(NOBODY_UID)
    try:
        text = refusal(unix(path, uid=0, gid=0))
    finally:
        os.seteuid(0)
    assert text == (
        f"Could not create FastCGI socket unix://{path}: Could not change ownership of socket "
        f"file: [Errno 1] Operation not permitted: '{path}'"
    )
    assert os.listdir(public_path) == []
