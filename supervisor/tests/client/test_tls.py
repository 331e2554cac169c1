"""https URLs, and how a client says who it is."""

import socket
import ssl
import struct
import threading
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from supervisor.client.address import InetAddress, TlsAddress, Trust, parse_serverurl
from supervisor.client.credentials import authorization
from supervisor.client.proxy import ServerProxy
from supervisor.client.tls import TlsSettingsError, _context
from supervisor.client.transport import server_proxy
from supervisor.tests.support.certificates import Authority


@pytest.mark.parametrize(
    ("serverurl", "name", "port", "host"),
    [
        ("https://example.org", "example.org", 443, "example.org"),
        ("https://example.org:9001", "example.org", 9001, "example.org:9001"),
        ("https://[::1]:9001/", "::1", 9001, "[::1]:9001"),
    ],
)
def test_https_url_names_an_address(serverurl: str, name: str, port: int, host: str) -> None:
    """Default port 443; IPv6 in brackets."""
    trust = Trust("ca.crt")
    address = parse_serverurl(serverurl, trust)
    assert address == TlsAddress(name, port, trust)
    assert address.host == host


def test_address_is_its_own_url() -> None:
    """Whoever has one need not know how it was written."""
    address = InetAddress("localhost", 9001)
    assert parse_serverurl(address) is address


def test_token_comes_before_name_and_password() -> None:
    """And what is half there is not sent."""
    assert authorization("u", "p", "t") == "Bearer t"
    assert authorization("u", "p", None) == "Basic dTpw"
    assert authorization("u", None, None) is None
    assert authorization(None, "p", None) is None


@pytest.mark.parametrize("content", [b"", b"garbage", None])
def test_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None) -> None:
    """With the key of [supervisorctl]."""
    odd = tmp_path / "odd.pem"
    if content is not None:
        odd.write_bytes(content)
    with pytest.raises(TlsSettingsError, match=r"cannot use .*odd\.pem: .*; correct ssl_ca in"):
        _context(Trust(str(odd)))
    with pytest.raises(TlsSettingsError, match=r"cannot use .*odd\.pem: .*correct ssl_certfile or"):
        _context(Trust(certfile=str(odd)))


def test_files_may_be_anywhere(tmp_path: Path) -> None:
    """Key and certificate apart or together."""
    made = Authority(tmp_path).issue("client")
    _context(Trust(str(made.ca), True, str(made.certfile), str(made.keyfile)))
    both = tmp_path / "both.pem"
    both.write_bytes(made.certfile.read_bytes() + made.keyfile.read_bytes())
    _context(Trust(None, True, str(both)))


@pytest.mark.parametrize("make", [ServerProxy, server_proxy])
def test_call_is_made_again_when_a_kept_connection_was_closed(
    tmp_path: Path, make: Callable[..., Any]
) -> None:
    """With TLS as without: a daemon may drop an idle connection, or be restarted."""
    made = Authority(tmp_path).issue("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certfile, made.keyfile)
    body = xmlrpc.client.dumps(("x",), methodresponse=True).encode()
    client_has_read, is_closed = threading.Semaphore(0), threading.Semaphore(0)

    def serve(server: socket.socket) -> None:
        for _ in range(2):
            connection, _ = server.accept()
            with context.wrap_socket(connection, server_side=True) as session:
                request = b""
                while not request.endswith(b"</methodCall>\n"):
                    request += session.recv(65536)
                session.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
                )
                assert client_has_read.acquire(timeout=10)
                # Closed without a goodbye, as when a process ends.
                session.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            is_closed.release()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        url = f"https://localhost:{server.getsockname()[1]}"
        proxy = make(url, trust=Trust(str(made.ca)))
        for _ in range(2):
            assert proxy.a() == "x"
            client_has_read.release()
            assert is_closed.acquire(timeout=10)
        thread.join(10)
