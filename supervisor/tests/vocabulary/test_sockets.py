"""Sockets without the module `socket`: the same things under the same names."""

import ast
import os
import socket as everybodys
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from supervisor.sockets import accept, socket
from supervisor.tests.rules.source import package_modules


def used_names() -> set[str]:
    """What the package takes from the module in C."""
    return {
        node.attr
        for module in package_modules()
        if "from supervisor.sockets import" in module.text and module.name != "sockets"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "socket"
    }


def test_names_mean_what_they_mean_in_socket() -> None:
    """Constants are equal, functions and exceptions are the same; the class is the one below."""
    names = used_names() - {"socket", "getaddrinfo"}
    assert {"AF_UNIX", "SOCK_STREAM", "SO_PEERCRED", "gaierror", "inet_pton"} <= names
    assert not [name for name in names if getattr(socket, name) != getattr(everybodys, name)]
    assert issubclass(everybodys.socket, socket.socket)


def test_addresses_are_those_of_socket() -> None:
    """Beside enumerations for numbers."""
    numeric = ("::1", 80, everybodys.AF_INET6, everybodys.SOCK_STREAM)
    flags = everybodys.AI_NUMERICHOST
    ours = socket.getaddrinfo(*numeric, flags=flags)
    assert ours == everybodys.getaddrinfo(*numeric, flags=flags)


def test_client_who_has_come_is_accepted(tmp_path: Path) -> None:
    """With his address; the descriptor is not inherited, and closed when nobody has it any more."""
    path = str(tmp_path / "s")
    with everybodys.socket(everybodys.AF_UNIX) as plain, everybodys.socket(plain.family) as client:
        plain.bind(path)
        plain.listen()
        client.connect(path)
        client.sendall(b"hello")
        listener = socket.socket(fileno=plain.detach())
        with closing(listener):
            sock, address = accept(listener)
        assert (sock.family, sock.type, address) == (socket.AF_UNIX, socket.SOCK_STREAM, "")
        assert not os.get_inheritable(sock.fileno())
        assert sock.recv(100) == b"hello"
        sock.close()
        assert client.recv(100) == b""


def test_nobody_who_has_come_is_an_error(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with closing(listener):
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            accept(listener)


def test_interpreter_without_the_module_in_c_has_socket_itself() -> None:
    """All that is used of it is there."""
    code = (
        "import socket, sys; sys.modules['_socket'] = None\n"
        "from supervisor.sockets import accept, socket as ours\n"
        "listener = ours.socket(ours.AF_UNIX, ours.SOCK_STREAM)\n"
        "listener.bind('\\0%d' % id(listener)); listener.listen()\n"
        "client = ours.socket(ours.AF_UNIX, ours.SOCK_STREAM)\n"
        "client.connect(listener.getsockname())\n"
        "print(ours is socket, accept(listener)[0].fileno() > 2)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "True True\n", done.stderr
