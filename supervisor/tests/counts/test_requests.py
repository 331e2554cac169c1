"""What a request costs the system: it is read, and answered by one write."""

import shutil
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
    # Made in slices, with a look at the others after each, without waiting; one write of them all.
    "getAllProcessInfo of 100": (
        ("supervisor.getAllProcessInfo",),
        {**REQUEST, "poll": 4},
    ),
    # A look at the others after each slice of calls, without waiting.
    "multicall of 100": (("system.multicall", [GET_STATE] * 100), {**REQUEST, "poll": 2}),
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
    """A connection for one request takes ten calls more than a request on a kept one."""

    def ask() -> None:
        for _ in range(REPEATS_COUNT):
            with Kept(daemon) as client:
                client.call("supervisor.getState")
            # The next one comes when this one has been seen to go.
            last.call("supervisor.getState")

    with Kept(daemon) as last:
        ask()
        calls = calls_during(daemon, ask)
    bounds = {
        # It comes, it asks, it goes; the other one asks.
        "poll": 4,
        # The client, and that there is nobody else.
        "accept": 2,
        # Its address, its user, that reading must not block.
        "getsockname": 1, "getsockopt": 1, "ioctl": 1,
        "epoll_ctl": 2,
        # Its request, its end; the request of the other one.
        "recv": 3,
        "send": 2,
        "close": 1,
    }  # fmt: skip
    assert calls.beyond(bounds, REPEATS_COUNT) == {}
