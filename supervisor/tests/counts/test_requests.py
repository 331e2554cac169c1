"""What a request costs the system: it is read, and answered by one write."""

import shutil
import socket
from collections.abc import Iterator, Mapping

import pytest

from supervisor.tests.counts.calls import CALM, REQUEST, Kept, calls_during, needs_strace
from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.scenario_live import live
from supervisor.tests.support.scenario_stage import StageDaemon

pytestmark = [needs_strace, pytest.mark.xdist_group("counted requests")]

REPEATS_COUNT = 10
PROGRAMS_COUNT = 100

CONFIG = f"[program:cat]\ncommand = {shutil.which('cat')} /proc/self/maps\nautorestart = false\n"
CONFIG += "startsecs = 0\n"
CONFIG += "".join(
    f"[program:p{number:03}]\ncommand = {shutil.which('sleep')} 1000\nstartsecs = 0\n"
    "stdout_logfile = NONE\nstderr_logfile = NONE\n"
    for number in range(PROGRAMS_COUNT)
)

GET_STATE = {"methodName": "supervisor.getState", "params": []}

COSTS: dict[str, tuple[tuple[object, ...], Mapping[str, float]]] = {
    "getState": (("supervisor.getState",), REQUEST),
    "getProcessInfo": (("supervisor.getProcessInfo", "p042"), REQUEST),
    # Made in slices, with a look at the others in between, without waiting; one write of them all.
    "getAllProcessInfo of 100": (
        ("supervisor.getAllProcessInfo",),
        {**REQUEST, "poll": 3},
    ),
    # Slices of calls, with a look at the others in between; this is one.
    "multicall of 100": (("system.multicall", [GET_STATE] * 100), {**REQUEST, "poll": 1}),
    "tail of a log": (
        ("supervisor.tailProcessStdoutLog", "cat", 0, 10_000),
        # Is it a file, open it, is it still the same, read it, close it.
        {**REQUEST, "stat": 2, "openat": 1, "pread": 1, "close": 1},
    ),
}


@pytest.fixture(scope="module")
def daemon() -> Iterator[StageDaemon]:
    """One that runs a hundred programs, and one more that has written something and ended."""
    with live(CONFIG, environment=CALM) as daemon:
        daemon.wait_state("cat", "EXITED")
        wait_until(
            lambda: (
                {info["statename"] for info in daemon.rpc.supervisor.getAllProcessInfo()}
                == {"RUNNING", "EXITED"}
            ),
            "all programs run",
        )
        yield daemon


@pytest.mark.parametrize("what", COSTS)
def test_request_is_read_and_answered_by_few_calls(daemon: StageDaemon, what: str) -> None:
    """Nothing is done for a request of a kept connection but what it needs, each time."""
    request, bounds = COSTS[what]

    def ask() -> None:
        for _ in range(REPEATS_COUNT):
            client.call(*request)

    with Kept(daemon) as client:
        ask()
        calls = calls_during(daemon, ask)
    assert calls.beyond(bounds, REPEATS_COUNT) == {}
    assert calls.counts()["recv"] == REPEATS_COUNT


def test_client_that_comes_for_one_request_costs_few_calls(daemon: StageDaemon) -> None:
    """It is let in, read, answered and left in one turn, if it asks at once and says so."""

    def ask() -> None:
        for _ in range(REPEATS_COUNT):
            assert answer_for_one(str(daemon.socket)).endswith(b"</methodResponse>\n")
            # The next one comes when this one has been seen to go.
            last.call("supervisor.getState")

    with Kept(daemon) as last:
        ask()
        calls = calls_during(daemon, ask)
    bounds = {
        # It comes; the other one asks.
        "poll": 2,
        # The client, and that there is nobody else.
        "accept": 2,
        # Its address, its user, that reading must not block.
        "getsockname": 1, "getsockopt": 1, "ioctl": 1,
        # The request of each; if the daemon is quicker than the client there is nothing yet.
        "recv": 3,
        "send": 2,
        "close": 1,
    }  # fmt: skip
    waited = {"poll": 1, "epoll_ctl": 2}
    """For a client that is slower."""
    counts = calls.counts()
    if counts["epoll_ctl"]:
        bounds = {name: bounds.get(name, 0) + waited.get(name, 0) for name in {**bounds, **waited}}
    assert calls.beyond(bounds, REPEATS_COUNT) == {}


def answer_for_one(path: str) -> bytes:
    """The whole answer to a client that comes for just one."""
    body = b"<methodCall><methodName>supervisor.getState</methodName></methodCall>"
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.sendall(
            b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
            % (len(body), body)
        )
        with client.makefile("rb") as answer:
            return answer.read()
