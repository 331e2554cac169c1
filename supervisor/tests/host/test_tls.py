"""Certificates are judged before they are used; sessions never block."""

import os
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from supervisor.errors import HostError
from supervisor.host.tls import TlsContext, TlsFiles, TlsSession, _wall_s
from supervisor.tests.support.certificates import Authority, Files, locked

DAY_S = 86400.0


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def files(authority: Authority) -> Files:
    return authority.issue()


def context_of(files: Files, *, keyfile: bool = True, client_ca: Path | None = None) -> TlsContext:
    """The context of a server with these files."""
    return TlsContext(
        TlsFiles(
            "inet_http_server",
            str(files.certfile),
            str(files.keyfile) if keyfile else None,
            None if client_ca is None else str(client_ca),
        )
    )


def refusal_of(files: Files, **details: object) -> str:
    with pytest.raises(HostError) as caught:
        context_of(files, **details)  # type: ignore[arg-type]
    message = caught.value.message
    assert message.startswith("cannot use TLS on [inet_http_server]: ")
    return message.removeprefix("cannot use TLS on [inet_http_server]: ")


def test_time_of_a_certificate_is_known(authority: Authority) -> None:
    """Whether it is good now is for others to judge."""
    now_s = time.time()
    validity = context_of(authority.issue("soon", days=3)).validity
    assert validity.begin_s == pytest.approx(now_s - DAY_S, abs=60)
    assert validity.end_s == pytest.approx(now_s + 3 * DAY_S, abs=60)


@pytest.mark.parametrize(
    "text", ["Jan  1 00:00:00 1970 GMT", "Nov 22 08:05:09 2026 GMT", "Dec 31 23:59:59 9999 GMT"]
)
def test_times_are_read_as_python_does(text: str) -> None:
    """Its own function is not used for what it loads."""
    assert _wall_s(text) == ssl.cert_time_to_seconds(text)


@pytest.mark.parametrize(("begin", "end"), [(-20, -10), (10, 20)])
def test_certificate_out_of_its_time_can_be_used(
    authority: Authority, begin: float, end: float
) -> None:
    """A daemon must start although nobody has renewed the certificate of its page."""
    late = authority.issue("late", begins_in_days=begin, days=end)
    assert context_of(late).validity.end_s == pytest.approx(time.time() + end * DAY_S, abs=60)


def test_key_may_be_in_the_file_of_the_certificate(files: Files, tmp_path: Path) -> None:
    """As many programs want it."""
    both = tmp_path / "both.pem"
    both.write_bytes(files.keyfile.read_bytes() + files.certfile.read_bytes())
    context_of(files._replace(certfile=both), keyfile=False)


@pytest.mark.parametrize("which", ["certfile", "keyfile", "client_ca"])
def test_missing_file_is_named(files: Files, tmp_path: Path, which: str) -> None:
    """With the key of the section that names it."""
    missing = tmp_path / "none.pem"
    if which == "client_ca":
        told = refusal_of(files, client_ca=missing)
    else:
        told = refusal_of(files._replace(**{which: missing}))
    assert told == (
        f"cannot read {missing}: No such file or directory (running as uid {os.geteuid()};"
        f" see ssl_{which} in the configuration)"
    )


def test_file_that_is_none_is_refused(files: Files, tmp_path: Path) -> None:
    """A FIFO would keep the daemon waiting."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    assert "it is not a regular file" in refusal_of(files._replace(certfile=fifo))
    assert "it is not a regular file" in refusal_of(files._replace(keyfile=tmp_path))


@pytest.mark.parametrize("content", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAA==\n"])
def test_file_without_certificate_is_refused(files: Files, tmp_path: Path, content: bytes) -> None:
    """In words about the file."""
    odd = tmp_path / "odd.pem"
    odd.write_bytes(content)
    told = refusal_of(files._replace(certfile=odd))
    assert told.startswith(f"there is no certificate in PEM in {odd}, or no private key in ")
    told = refusal_of(files._replace(certfile=odd), keyfile=False)
    assert told.startswith(f"there are no certificate and private key in PEM in {odd}")
    told = refusal_of(files, client_ca=odd)
    assert told.startswith(f"there are no certificates in PEM in {odd}")


def test_key_of_another_certificate_is_refused(files: Files, authority: Authority) -> None:
    """Before any client notices."""
    other = authority.issue("other")
    assert refusal_of(files._replace(keyfile=other.keyfile)) == (
        f"the private key in {other.keyfile} does not belong to the certificate in {files.certfile}"
    )


def test_locked_key_is_refused(authority: Authority) -> None:
    """OpenSSL would ask for its password on the terminal, and wait."""
    files = authority.issue("locked")
    locked(files.keyfile)
    assert refusal_of(files).startswith(
        f"the private key in {files.keyfile} is protected by a password, which nobody can type"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_key_that_may_not_be_read_is_told_with_the_uid(authority: Authority) -> None:
    """The daemon reads it as the user it runs as."""
    files = authority.issue("private")
    files.keyfile.chmod(0o600)
    os.chmod(files.keyfile.parent, 0o755)
    os.seteuid(65534)
    try:
        told = refusal_of(files)
    finally:
        os.seteuid(0)
    assert "Permission denied (running as uid 65534; see ssl_" in told


@contextmanager
def pair(context: TlsContext, client: ssl.SSLContext) -> Iterator[tuple[TlsSession, ssl.SSLSocket]]:
    """A session and its client, hands shaken."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.settimeout(0)
    session = context.session(ours)
    wrapped = client.wrap_socket(theirs, server_hostname="localhost", do_handshake_on_connect=False)
    open_sides = [session.shake_hands, wrapped.do_handshake]
    for _ in range(20):
        for side in list(open_sides):
            try:
                side()
            except (BlockingIOError, ssl.SSLWantReadError):
                continue
            open_sides.remove(side)
    assert not open_sides, "hands were not shaken"
    wrapped.settimeout(10)
    try:
        yield session, wrapped
    finally:
        session.close()
        wrapped.close()


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.path))


def test_session_is_used_like_a_socket(authority: Authority, files: Files) -> None:
    """Bytes in, bytes out, nothing blocks, the end is empty."""
    with pair(context_of(files), trusting(authority)) as (session, client):
        with pytest.raises(BlockingIOError):
            session.recv(65536)
        client.sendall(b"question")
        assert session.recv(65536) == b"question"
        assert session.send(b"answer") == 6
        assert session.send(b"") == 0
        assert client.recv(100) == b"answer"
        client.close()
        assert session.recv(65536) == b""


def test_more_than_one_record_is_taken_at_once(authority: Authority, files: Files) -> None:
    """Whoever is told that a socket is ready takes all there is; nothing stays behind in TLS."""
    with pair(context_of(files), trusting(authority)) as (session, client):
        for _ in range(5):
            client.sendall(b"x" * 1000)
        assert session.recv(65536) == b"x" * 5000
        client.sendall(b"y" * 40_000)
        assert session.recv(65536) == b"y" * 40_000


def test_large_answer_leaves_as_far_as_there_is_room(authority: Authority, files: Files) -> None:
    """What was not taken is offered again, as it was."""
    data = os.urandom(3_000_000)
    with pair(context_of(files), trusting(authority)) as (session, client):
        rest, got = memoryview(data), bytearray()
        refused_count = 0
        while len(got) < len(data):
            try:
                rest = rest[session.send(rest) :] if rest else rest
            except BlockingIOError:
                refused_count += 1
            client.settimeout(0.0 if rest else 10)
            try:
                got += client.recv(65536)
            except ssl.SSLWantReadError:
                continue
        assert bytes(got) == data
        assert refused_count


def test_goodbye_is_said(authority: Authority, files: Files) -> None:
    """A client can tell a complete answer from one that was cut off (RFC 8446, 6.1)."""
    with pair(context_of(files), trusting(authority)) as (session, client):
        session.send(b"all")
        session.shutdown(socket.SHUT_WR)
        client.suppress_ragged_eofs = False
        assert client.recv(100) == b"all"
        assert client.recv(100) == b""
    with pair(context_of(files), trusting(authority)) as (session, client):
        session.close()
        client.suppress_ragged_eofs = False
        assert client.recv(100) == b""


def test_client_that_leaves_without_goodbye_has_left(authority: Authority, files: Files) -> None:
    """As most do: it is no error."""
    with pair(context_of(files), trusting(authority)) as (session, client):
        os.close(client.detach())
        assert session.recv(65536) == b""


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_are_refused(
    authority: Authority, files: Files, version: ssl.TLSVersion
) -> None:
    """TLS 1.2 is the least (RFC 8996)."""
    client = trusting(authority)
    client.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        client.minimum_version = version
        client.maximum_version = version
    with pytest.raises((ssl.SSLError, ConnectionAbortedError)), pair(context_of(files), client):
        pass


def test_renegotiation_is_refused(files: Files) -> None:
    """A client must not make us compute for ever."""
    context = context_of(files)._context
    assert context.options & ssl.OP_NO_RENEGOTIATION


def test_only_clients_of_the_authority_come_in(
    authority: Authority, files: Files, tmp_path: Path
) -> None:
    """With ssl_client_ca; others fail in the handshake."""
    context = context_of(files, client_ca=authority.path)
    known = trusting(authority)
    mine = authority.issue("client")
    known.load_cert_chain(mine.certfile, mine.keyfile)
    with pair(context, known) as (session, client):
        client.sendall(b"it is me")
        assert session.recv(100) == b"it is me"
    stranger = trusting(authority)
    theirs = Authority(tmp_path / "other").issue("client")
    stranger.load_cert_chain(theirs.certfile, theirs.keyfile)
    for refused in (stranger, trusting(authority)):
        with pytest.raises(ConnectionAbortedError), pair(context, refused):
            pass
