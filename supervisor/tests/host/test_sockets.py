"""Listening sockets."""

import os
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from supervisor.errors import HostError
from supervisor.host.sockets import (
    _LINK_TRIES_MAX,
    _PATH_BYTES_MAX,
    UnixListener,
    open_inet_listener,
    open_unix_listener,
    peer_uid,
    remove_unix,
)
from supervisor.sockets import accept
from supervisor.sockets import socket as system
from supervisor.tests.host.child import open_fd_count

IN_USE = (
    "Another program is already listening on a port that one of our HTTP servers is configured to"
    " use.  Shut this program down first before starting supervisord."
)
NOBODY_UID = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")

OpenUnix = Callable[..., UnixListener]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "s.sock")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def open_unix(path: str, said: list[str]) -> Iterator[OpenUnix]:
    opened: list[UnixListener] = []

    def open_one(mode: int = 0o700, uid: int | None = None, gid: int | None = None) -> UnixListener:
        listener = open_unix_listener(path, mode, uid, gid, said.append)
        opened.append(listener)
        return listener

    yield open_one
    for listener in opened:
        listener.socket.close()


def connects(family: socket.AddressFamily, address: object) -> bool:
    with socket.socket(family) as client:
        client.settimeout(10.0)
        return client.connect_ex(address) == 0  # type: ignore[arg-type]


def refusal_of_unix(open_unix: OpenUnix) -> str:
    fds = open_fd_count()
    with pytest.raises(HostError) as caught:
        open_unix()
    assert open_fd_count() == fds
    return str(caught.value)


# ------------------------------------------------------------------------ unix


def test_unix_listener_accepts_connections(open_unix: OpenUnix, path: str) -> None:
    """It listens under its path, never blocks, and is not inherited."""
    listener = open_unix()

    assert connects(socket.AF_UNIX, path)
    assert not listener.socket.getblocking()
    assert not os.get_inheritable(listener.socket.fileno())


def test_unix_listener_leaves_one_name_with_the_mode_asked_for(
    open_unix: OpenUnix, path: str
) -> None:
    """`chmod` is exact, whatever the umask, and the temporary name is gone."""
    earlier = os.umask(0o077)
    try:
        open_unix(mode=0o766)
    finally:
        os.umask(earlier)

    assert stat.S_IMODE(os.stat(path).st_mode) == 0o766
    assert os.listdir(os.path.dirname(path)) == ["s.sock"]
    assert os.stat(path).st_nlink == 1


@needs_root
@pytest.mark.parametrize(
    ("uid", "gid", "owner"),
    [(NOBODY_UID, 4711, (NOBODY_UID, 4711)), (None, 4711, (0, 4711)), (None, None, (0, 0))],
)
def test_unix_listener_belongs_to_the_owner_asked_for(
    open_unix: OpenUnix, path: str, uid: int | None, gid: int | None, owner: tuple[int, int]
) -> None:
    """`chown`: user, group or both; what is not given stays."""
    open_unix(uid=uid, gid=gid)
    found = os.stat(path)

    assert (found.st_uid, found.st_gid) == owner


@needs_root
def test_unix_listener_that_cannot_be_given_away_is_told_and_removed(
    public_path: Path, said: list[str]
) -> None:
    """The text names both ids and who we are."""
    public_path.chmod(0o777)
    path = str(public_path / "s.sock")
    os.seteuid(NOBODY_UID)
    try:
        with pytest.raises(HostError) as caught:
            open_unix_listener(path, 0o700, 0, 0, said.append)
    finally:
        os.seteuid(0)

    assert str(caught.value) == (
        f'Not permitted to chown {path} to uid/gid (0, 0); adjust "sockchown" value in config file'
        " or on command line to values that the current user (nobody) can successfully chown"
    )
    assert os.listdir(public_path) == []


def test_second_instance_is_refused(open_unix: OpenUnix, path: str, said: list[str]) -> None:
    """A socket that somebody listens on is left alone."""
    open_unix()

    assert refusal_of_unix(open_unix) == IN_USE
    assert connects(socket.AF_UNIX, path)
    assert said == []


def test_second_instance_is_refused_while_the_first_one_is_busy(
    open_unix: OpenUnix, path: str
) -> None:
    """A full backlog means that somebody is there, though he does not answer."""
    with socket.socket(socket.AF_UNIX) as busy:
        busy.bind(path)
        busy.listen(0)
        clients = []
        while True:
            client = socket.socket(socket.AF_UNIX)
            clients.append(client)
            client.setblocking(False)
            if client.connect_ex(path) != 0:
                break

        assert refusal_of_unix(open_unix) == IN_USE
        for client in clients:
            client.close()


def test_stale_socket_is_replaced(open_unix: OpenUnix, path: str, said: list[str]) -> None:
    """A socket that nobody listens on is what a dead daemon has left."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    open_unix()

    assert said == [f"Unlinking stale socket {path}"]
    assert connects(socket.AF_UNIX, path)


def test_stale_temporary_name_is_replaced(open_unix: OpenUnix, path: str) -> None:
    """A daemon that was killed half way may have had our pid."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(f"{path}.{os.getpid()}")
    open_unix()

    assert os.listdir(os.path.dirname(path)) == ["s.sock"]


def test_socket_of_another_kind_is_left_alone(open_unix: OpenUnix, path: str) -> None:
    """A datagram socket cannot be asked, so it is in use."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(path)

        assert refusal_of_unix(open_unix) == IN_USE


def test_file_that_is_no_socket_is_never_deleted(open_unix: OpenUnix, path: str) -> None:
    """A mistaken path must not cost anybody a file."""
    Path(path).write_text("precious")

    assert refusal_of_unix(open_unix) == (
        f"cannot create the socket {path}: there is a file that is not a socket; remove it, or"
        " change the file setting of the server"
    )
    assert Path(path).read_text() == "precious"
    assert os.listdir(os.path.dirname(path)) == ["s.sock"]


def test_path_that_is_too_long_is_told(said: list[str]) -> None:
    """The system has room for about 100 bytes."""
    with pytest.raises(HostError) as caught:
        open_unix_listener("/tmp/" + "x" * 200, 0o700, None, None, said.append)

    assert str(caught.value) == (
        "Cannot open an HTTP server: socket.error reported AF_UNIX path too long"
    )


def test_path_that_just_fits_is_listened_on(tmp_path: Path, said: list[str]) -> None:
    """Its temporary name needs no more room than the path."""
    directory = tmp_path / ("d" * (90 - len(str(tmp_path)) - 1))
    directory.mkdir()
    path = str(directory / ("x" * (_PATH_BYTES_MAX - 91)))
    assert len(path) == _PATH_BYTES_MAX

    listener = open_unix_listener(path, 0o700, None, None, said.append)

    assert os.listdir(directory) == [os.path.basename(path)]
    assert connects(socket.AF_UNIX, path)
    listener.socket.close()


@pytest.mark.parametrize("rivals", [_LINK_TRIES_MAX - 1, _LINK_TRIES_MAX])
def test_path_that_others_keep_taking_is_left_to_them(
    open_unix: OpenUnix, path: str, monkeypatch: pytest.MonkeyPatch, rivals: int
) -> None:
    """Dead sockets are removed as often as the limit says; one more, and the path is theirs."""
    link, tries = os.link, []

    def link_after_rival(source: str, target: str) -> None:
        tries.append(target)
        if len(tries) <= rivals:
            with socket.socket(socket.AF_UNIX) as rival:
                rival.bind(target)
        link(source, target)

    monkeypatch.setattr(os, "link", link_after_rival)
    if rivals < _LINK_TRIES_MAX:
        open_unix()
        assert connects(socket.AF_UNIX, path)
    else:
        assert refusal_of_unix(open_unix) == IN_USE
    assert len(tries) == _LINK_TRIES_MAX


def test_missing_directory_is_told(said: list[str]) -> None:
    """Other errors are told by name and number."""
    with pytest.raises(HostError) as caught:
        open_unix_listener("/nonexistent/s.sock", 0o700, None, None, said.append)

    assert str(caught.value) == (
        "Cannot open an HTTP server: socket.error reported errno.ENOENT (2)"
    )


def test_our_socket_is_removed(open_unix: OpenUnix, path: str) -> None:
    """At shutdown the path goes."""
    listener = open_unix()

    assert remove_unix(path, listener.identity)
    assert not os.path.exists(path)
    assert not remove_unix(path, listener.identity)


def test_socket_of_a_successor_is_not_removed(open_unix: OpenUnix, path: str) -> None:
    """The path may mean another daemon's socket by now."""
    ours = open_unix()
    os.unlink(path)
    open_unix()

    assert not remove_unix(path, ours.identity)
    assert connects(socket.AF_UNIX, path)


# ------------------------------------------------------------------------ inet


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_inet_listener_accepts_connections(host: str) -> None:
    """It listens on the interface asked for, never blocks, and is not inherited."""
    with closing(open_inet_listener(host, 0)) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert connects(socket.AF_INET, listener.getsockname())
        assert not listener.getblocking()
        assert not os.get_inheritable(listener.fileno())
        assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)


@pytest.mark.skipif(not socket.has_ipv6, reason="this system has no IPv6")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_c16_ipv6_addresses_are_bound(host: str) -> None:
    """IPv6 addresses work with and without brackets."""
    try:
        listener = open_inet_listener(host, 0)
    except HostError as error:
        pytest.skip(f"no IPv6 on the loopback interface: {error}")
    with closing(listener):
        assert listener.family == socket.AF_INET6
        assert connects(socket.AF_INET6, listener.getsockname())


@pytest.mark.parametrize("host", ["", "*", "127.0.0.1", "[::1]", "::1"])
def test_c31_no_names_are_looked_up(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow or broken resolver neither delays nor prevents the start."""
    numeric = system.getaddrinfo

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a name was looked up")

    def only_numeric(host: str, port: int, family: int, kind: int, *, flags: int = 0) -> object:
        assert flags & system.AI_NUMERICHOST
        return numeric(host, port, family, kind, flags=flags)

    for function in ("gethostbyname", "gethostbyname_ex", "gethostbyaddr", "gethostname"):
        monkeypatch.setattr(system, function, refuse)
    monkeypatch.setattr(system, "getaddrinfo", only_numeric)
    try:
        open_inet_listener(host, 0).close()
    except HostError as error:
        assert ":" in host, error


def test_inet_port_in_use_is_told() -> None:
    """The same text as for a unix socket."""
    with closing(open_inet_listener("127.0.0.1", 0)) as first:
        fds = open_fd_count()
        with pytest.raises(HostError) as caught:
            open_inet_listener("127.0.0.1", first.getsockname()[1])

        assert str(caught.value) == IN_USE
        assert open_fd_count() == fds


@pytest.mark.parametrize(
    ("host", "told"),
    [("203.0.113.1", "errno.EADDRNOTAVAIL (99)"), ("[::zz]", "-2"), ("nonexistent.invalid", "-")],
)
def test_inet_address_that_cannot_be_bound_is_told(host: str, told: str) -> None:
    """Errors of the system by name and number, those of the resolver by number."""
    with pytest.raises(HostError) as caught:
        open_inet_listener(host, 0)

    assert str(caught.value).startswith(f"Cannot open an HTTP server: socket.error reported {told}")


def test_peer_of_a_unix_socket_is_known() -> None:
    """The kernel tells which user has connected."""
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert peer_uid(ours) == os.geteuid()


@needs_root
@pytest.mark.skipif(sys.platform != "linux", reason="only there have sockets names without files")
def test_peer_is_whoever_connected() -> None:
    """The user at that time, whatever he becomes later."""
    name = f"\0supervisor-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind(name)
        listener.listen()
        os.seteuid(NOBODY_UID)
        try:
            client.connect(name)
        finally:
            os.seteuid(0)
        with listener.accept()[0] as accepted:
            assert peer_uid(accepted) == NOBODY_UID


def test_peer_that_cannot_be_known_is_nobody() -> None:
    """Neither over TCP nor of a closed socket."""
    with closing(open_inet_listener("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        listener.setblocking(True)
        accepted = accept(listener)[0]
        with client, closing(accepted):
            assert peer_uid(accepted) in (None, os.geteuid())
        assert peer_uid(accepted) is None
