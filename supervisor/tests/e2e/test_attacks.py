"""Whatever clients do to the HTTP servers: supervision goes on.

While each attack lasts, a child that is killed gets its successor, its state is right, and the
daemon answers those who behave. The attacks are opened, kept up, and only ended afterwards.
"""

import base64
import os
import signal
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from supervisor.tests.support.certificates import Authority
from supervisor.tests.support.daemon import (
    DEADLINE_S,
    OUR_DAEMON,
    LiveDaemon,
    free_port,
    wait_until,
)

# In one worker: the last test asks what the daemon said of all attacks.
pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("attacks")]

MIB = 1024 * 1024
RSS_BYTES_MAX = 192 * MIB
"""Some attacks may fill what each server keeps for bodies and answers; nothing grows beyond."""

CONFIG = """
[inet_http_server]
port = 127.0.0.1:{port}
username = admin
password = adminword

[inet_http_server:tls]
port = 127.0.0.1:{tls_port}
username = admin
password = adminword
ssl_certfile = {certfile}
ssl_keyfile = {keyfile}

[user:reader]
password = readword
roles = read

[program:victim]
command = sleep 3600
startsecs = 0

[program:resting]
command = sleep 3600
autostart = false
startsecs = 0
"""


class Besieged(LiveDaemon):
    """A daemon with a plain port and a TLS port, and clients that are up to no good."""

    def __init__(self, directory: Path) -> None:
        self.port, self.tls_port = free_port(), free_port()
        files = Authority(directory.with_name("ca")).issue()
        text = CONFIG.format(
            port=self.port, tls_port=self.tls_port, certfile=files.certfile, keyfile=files.keyfile
        )
        super().__init__(OUR_DAEMON, text, directory)

    def client(self, stack: ExitStack, port: int = 0) -> socket.socket:
        """A connection that stays open until the attack is over."""
        address = ("127.0.0.1", port or self.port)
        return stack.enter_context(socket.create_connection(address, timeout=DEADLINE_S))

    def rss_bytes(self) -> int:
        return int(psutil.Process(self.pid).memory_info().rss)


Attack = Callable[[Besieged, ExitStack], object]


def basic(name: str, password: str) -> bytes:
    return b"Authorization: Basic " + base64.b64encode(f"{name}:{password}".encode()) + b"\r\n"


ADMIN = basic("admin", "adminword")
READER = basic("reader", "readword")


def send(client: socket.socket, data: bytes) -> None:
    """Send what the daemon takes; it may have had enough."""
    with suppress(OSError):
        client.sendall(data)


def push(client: socket.socket, data: bytes) -> None:
    """Send as much as goes without waiting: who does not read may not be read either."""
    client.setblocking(False)
    with suppress(OSError):
        while data:
            data = data[client.send(data) :]


def call(method: str, *texts: str, head: bytes = ADMIN) -> bytes:
    params = "".join(f"<param><value><string>{text}</string></value></param>" for text in texts)
    body = (
        f"<?xml version='1.0'?><methodCall><methodName>{method}</methodName>"
        f"<params>{params}</params></methodCall>"
    ).encode()
    return post("/RPC2", body, head)


def post(path: str, body: bytes, head: bytes = ADMIN, length: int | None = None) -> bytes:
    count = len(body) if length is None else length
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {count}\r\n".encode()
        + head
        + b"\r\n"
        + body
    )


# -- the attacks ---------------------------------------------------------------------------------


def slowloris(daemon: Besieged, stack: ExitStack) -> None:
    """Heads that grow by a line now and then, and never end."""
    clients = [daemon.client(stack) for _ in range(300)]
    for number in range(10):
        for client in clients:
            send(client, b"GET / HTTP/1.1\r\n" if not number else b"X-%d: y\r\n" % number)


def slow_bodies(daemon: Besieged, stack: ExitStack) -> None:
    """Bodies that are announced with many MB and come byte by byte."""
    clients = [daemon.client(stack) for _ in range(100)]
    for client in clients:
        send(client, post("/RPC2", b"<", length=20 * MIB))
    for _ in range(5):
        for client in clients:
            send(client, b"m")


def slow_readers(daemon: Besieged, stack: ExitStack) -> None:
    """Clients that ask for much, again and again, and read nothing."""
    for path in ("/", "/api/v1/openapi.json", "/metrics", "/supervisor.css"):
        for _ in range(20):
            request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n".encode() + ADMIN + b"\r\n"
            push(daemon.client(stack), request * 200)


def huge_heads(daemon: Besieged, stack: ExitStack) -> None:
    """A megabyte of one header, of many, of a path, of a method."""
    for head in (
        b"GET / HTTP/1.1\r\nX: " + b"x" * MIB,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * (MIB // 6),
        b"GET /" + b"x" * MIB,
        b"x" * MIB,
        b"\r\n" * (MIB // 2),
        b"GET / HTTP/1.1\r\nAuthorization: Basic " + b"A" * MIB,
        b"GET / HTTP/1.1\r\nCookie: " + b"a=b; " * (MIB // 5),
    ):
        for _ in range(3):
            push(daemon.client(stack), head)


def huge_bodies(daemon: Besieged, stack: ExitStack) -> None:
    """Bodies of many MB: as XML, JSON and forms, of strangers and of readers."""
    text = b"x" * (8 * MIB)
    for path, body in (
        ("/RPC2", b"<methodCall><methodName>" + text),
        ("/RPC2", b"<a>" * MIB),
        ("/RPC2", b"<methodCall><params>" + b"<param><value><array><data>" * (MIB // 8)),
        ("/api/v1/rpc/system.multicall", b'{"params": [' + b"[" * MIB),
        ("/api/v1/processes/victim/stdin", b'{"text": "' + text + b'"}'),
        ("/act", b"stop=victim&" * (MIB // 4)),
        ("/sign-in", text),
    ):
        for head in (READER, b""):
            send(daemon.client(stack), post(path, body, head))
    send(daemon.client(stack), post("/RPC2", text, length=10**15))


def bombs(daemon: Besieged, stack: ExitStack) -> None:
    """Entities that would grow without end, and calls within calls."""
    bomb = b"<!DOCTYPE x [<!ENTITY a0 'ha'>" + b"".join(
        b"<!ENTITY a%d '&a%d;&a%d;&a%d;'>" % (number, number - 1, number - 1, number - 1)
        for number in range(1, 40)
    )
    send(
        daemon.client(stack),
        post("/RPC2", bomb + b"]><methodCall><methodName>&a39;</methodName></methodCall>"),
    )
    external = b"<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
    send(
        daemon.client(stack),
        post("/RPC2", external + b"<methodCall><methodName>&f;</methodName></methodCall>"),
    )


def pipelines(daemon: Besieged, stack: ExitStack) -> None:
    """Thousands of requests sent ahead, some that are answered late, some that are nonsense."""
    for _ in range(10):
        push(daemon.client(stack), call("supervisor.getAllProcessInfo") * 1000)
        push(daemon.client(stack), call("supervisor.getState", head=b"") * 1000)
        push(daemon.client(stack), call("supervisor.stopProcess", "nothing") * 500 + b"\0" * 9999)


def half_open(daemon: Besieged, stack: ExitStack) -> None:
    """Connections that are closed on one side, reset, or said nothing on."""
    for number in range(300):
        client = daemon.client(stack)
        send(client, call("supervisor.getState")[: number * 2])
        if number % 3 == 0:
            client.shutdown(socket.SHUT_WR)
        elif number % 3 == 1:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()


def thousands_of_connections(daemon: Besieged, stack: ExitStack) -> None:
    """More than a server lets in."""
    for number in range(2300):
        client = daemon.client(stack)
        if number % 2:
            push(client, b"GET /ok.html HTTP/1.1\r\n")


def bad_tls(daemon: Besieged, stack: ExitStack) -> None:
    """Handshakes that stall, plain HTTP, garbage, and TLS where there is none."""
    openings = (
        b"",
        b"\x16\x03\x01",
        b"\x16\x03\x01\x02\x00" + b"\xff" * 512,
        b"GET / HTTP/1.1\r\n",
    )
    for number in range(200):
        push(daemon.client(stack, daemon.tls_port), openings[number % len(openings)])
    context = ssl.create_default_context()
    for port in (daemon.port, daemon.tls_port):
        with suppress(ssl.SSLError, OSError):
            context.wrap_socket(daemon.client(stack, port), server_hostname="localhost")


def guesses(daemon: Besieged, stack: ExitStack) -> None:
    """Wrong passwords and tokens, as fast as it goes."""
    for number in range(300):
        wrong = basic("admin", f"wrong{number}")
        if number % 3 == 0:
            wrong = b"Authorization: Bearer guess%d\r\n" % number
        push(daemon.client(stack), call("supervisor.shutdown", head=wrong))


def wrong_roles(daemon: Besieged, stack: ExitStack) -> None:
    """A reader who asks for everything that would disturb."""
    names: Any = daemon.rpc.system.listMethods()
    asked = b"".join(call(name, "victim", head=READER) for name in names)
    for path in ("processes/victim/stop", "supervisor/shutdown", "supervisor/restart"):
        asked += post(f"/api/v1/{path}", b"", READER)
    for _ in range(20):
        push(daemon.client(stack), asked)
    client = daemon.client(stack)
    push(client, asked)
    client.settimeout(DEADLINE_S)
    answers = b""
    while b"supervisor.shutdown takes the role admin" not in answers:
        piece = client.recv(65536)
        assert piece, "the connection was closed before all was refused"
        answers += piece


def foreign_pages(daemon: Besieged, stack: ExitStack) -> None:
    """What a hostile page lets a browser send, with the password that it knows."""
    foreign = ADMIN + b"Origin: http://evil.example\r\n"
    for _ in range(50):
        push(daemon.client(stack), call("supervisor.stopAllProcesses", head=foreign) * 5)
        push(daemon.client(stack), post("/act", b"stop=*", foreign))
        push(daemon.client(stack), post("/api/v1/processes/victim/stop", b"", foreign))
        link = b"GET /index.html?action=stopall HTTP/1.1\r\nHost: localhost\r\n" + foreign + b"\r\n"
        push(daemon.client(stack), link)


def ways_out(daemon: Besieged, stack: ExitStack) -> None:
    """Paths of files, walks through attributes, and headers within values."""
    for path in (b"/../../etc/passwd", b"/%2e%2e/%2e%2e/etc/passwd", b"/x%0d%0aSet-Cookie:%20a=b"):
        request = b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n" + ADMIN + b"\r\n"
        push(daemon.client(stack), request * 50)
    for name in ("supervisor.__class__.__init__", "supervisor.supervisord.options.execve", "."):
        push(daemon.client(stack), call(name, "id") * 50)


ATTACKS: tuple[Attack, ...] = (
    slowloris, slow_bodies, slow_readers, huge_heads, huge_bodies, bombs, pipelines, half_open,
    thousands_of_connections, bad_tls, wrong_roles, foreign_pages, ways_out, guesses,
)  # fmt: skip
"""Guesses come last: whoever comes from their address has to wait a while."""


# -- what they do not change ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    """One daemon for all attacks: none leaves anything behind that makes the next one worse."""
    with Besieged(tmp_path_factory.mktemp("besieged") / "d") as started:
        started.wait_state("victim", "RUNNING")
        yield started


def killed_child_returns(daemon: Besieged) -> int:
    """Kill the child; the pid of its successor, which is a living process in the right state."""
    before = daemon.info("victim")["pid"]
    os.kill(before, signal.SIGKILL)

    def successor() -> int:
        info = daemon.info("victim")
        is_up = info["statename"] == "RUNNING" and info["pid"] not in (0, before)
        return int(info["pid"]) if is_up else 0

    after = wait_until(successor, "the killed child has a successor")
    assert psutil.Process(after).ppid() == daemon.pid
    return after


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: str(attack.__name__))
def test_supervision_goes_on(daemon: Besieged, attack: Attack) -> None:
    """During the attack and after it; nothing was started, stopped or let in by it."""
    with ExitStack() as stack:
        attack(daemon, stack)
        pid = killed_child_returns(daemon)
        assert daemon.info("resting")["statename"] == "STOPPED"
        assert daemon.rss_bytes() < RSS_BYTES_MAX
    assert killed_child_returns(daemon) != pid
    assert daemon.info("victim")["statename"] == "RUNNING"
    assert daemon.info("resting")["statename"] == "STOPPED"
    state: Any = daemon.rpc.supervisor.getState()
    assert state["statename"] == "RUNNING"
    log = daemon.log_text()
    assert "unexpected exception" not in log
    assert "internal error" not in log


def test_an_attack_has_been_one(daemon: Besieged) -> None:
    """What the daemon said of them: it did not just lose their connections."""
    log = daemon.log_text()
    assert "audit: refused a wrong password for 'admin'" in log
    assert "refused: FORBIDDEN: supervisor.shutdown takes the role admin" in log
    assert log.count("exited: victim (terminated by SIGKILL") >= 2 * len(ATTACKS)
