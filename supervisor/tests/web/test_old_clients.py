"""The reference's own `supervisorctl` as a client: it must be served as it always was."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from supervisor.rpc.registry import Registry
from supervisor.tests.support.daemon import reference_ctl
from supervisor.tests.web.doors import password_gate
from supervisor.tests.web.site import DEADLINE_S, Loop, Site, calls_of
from supervisor.tests.web.test_log_stream import Logs, Services
from supervisor.web.log_stream import MainLogTail, ProcessLogTail
from supervisor.web.routes import Routes
from supervisor.web.rpc_endpoint import RpcEndpoint

REFERENCE = reference_ctl()

pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(REFERENCE is None, reason="the reference release is not installed"),
]


class Versions:
    """The only method that it calls before it follows a log."""

    def getVersion(self) -> str:
        """Return the version of the API."""
        return "3.0"


@contextmanager
def served(loop: Loop, directory: Path, *, unix: bool) -> Iterator[tuple[Site, Logs, str]]:
    """A site with logs, behind a password, and its URL."""
    log = loop.ports.log
    logs = Logs(directory)
    services = Services(logs)
    app = Routes(
        [
            ("/RPC2", RpcEndpoint(calls_of(Registry([("supervisor", Versions())], log)), log)),
            ("/logtail", ProcessLogTail(services, loop.clock)),
            ("/mainlogtail", MainLogTail(services, loop.clock)),
        ],
        {},
    )
    path = directory / "s" if unix else None
    with Site(loop, app, path=path, gate=password_gate(loop.ports, "user", "geheim")) as site:
        url = f"unix://{path}" if unix else f"http://127.0.0.1:{site.port}"
        yield site, logs, url


def start_ctl(directory: Path, url: str, *words: str) -> "subprocess.Popen[bytes]":
    """The reference's supervisorctl with these words."""
    assert REFERENCE is not None
    config = directory / "ctl.conf"
    config.write_text("[supervisorctl]\n")
    options = ["-c", str(config), "-s", url, "-u", "user", "-p", "geheim"]
    return subprocess.Popen(
        [*REFERENCE, *options, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
    )


@pytest.mark.parametrize("unix", [False, True], ids=["tcp", "unix"])
@pytest.mark.parametrize("words", [("tail", "-f", "größe"), ("maintail", "-f")])
def test_reference_supervisorctl_follows_a_log(
    tmp_path: Path, unix: bool, words: tuple[str, ...]
) -> None:
    """`tail -f` and `maintail -f` show what is there, what comes, and end without a complaint."""
    with Loop() as loop, served(loop, tmp_path, unix=unix) as (site, logs, url):
        log = logs.main if words[0] == "maintail" else logs.stdout
        loop.call(lambda: log.write(b"first\n"))
        with start_ctl(tmp_path, url, *words) as ctl:
            assert ctl.stdout is not None
            shown = ctl.stdout.read(len(b"==> Press Ctrl-C to exit <==\n"))
            while not shown.endswith(b"first\n"):
                piece = ctl.stdout.read(4096)
                assert piece, shown
                shown += piece
            loop.call(lambda: log.write(b"second\n"))
            while not shown.endswith(b"second\n"):
                piece = ctl.stdout.read(4096)
                assert piece, shown
                shown += piece
            loop.call(lambda: site.server.close(60.0, site.closed.set))
            assert ctl.stdout.read() == b""
            assert ctl.wait(DEADLINE_S) == 0
        assert shown == b"==> Press Ctrl-C to exit <==\nfirst\nsecond\n"
        assert site.closed.wait(DEADLINE_S)
