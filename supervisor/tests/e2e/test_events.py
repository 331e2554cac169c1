"""Events to real listeners, which speak through `childutils`."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xmlrpc.client import MultiCall

import pytest

from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.scenario_live import live, script, wait_log_count, wait_text
from supervisor.tests.support.scenario_stage import StageDaemon

LISTENER = """#!{python}
import json, os, sys
from supervisor import childutils

name, results = sys.argv[1], sys.argv[2:] or ["OK"]
with open("{dir}/" + name, "a", buffering=1) as heard:
    turn = 0
    while True:
        headers, payload = childutils.listener.wait()
        heard.write(json.dumps([headers, payload, os.getpid()]) + "\\n")
        if "please die" in payload and not os.path.exists("{dir}/died"):
            open("{dir}/died", "w").close()
            os.kill(os.getpid(), 9)
        childutils.listener.send(results[min(turn, len(results) - 1)])
        turn += 1
"""
"""Writes down what it hears and gives its results in turn, the last one for ever."""

WRONG = """#!{python}
import sys
print("starting up ...", flush=True)
sys.stdin.read()
"""

DEAF = """#!{python}
import os, time
while True:
    os.write(1, b"READY\\nRESULT 2\\nOK")
    time.sleep(0.005)
"""
"""Answers without reading what it is asked, and without waiting for it."""

SLOW = """#!{python}
import os, time
for word in (b"READY\\n", b"RESULT 2\\nOKREADY\\n"):
    os.write(1, word)
    os.read(0, 65536)
time.sleep(3600)
"""
"""Does not come to an end with the second event."""

WITNESS = """#!/bin/sh
trap 'while ! grep -q "$1" {dir}/ear; do sleep 0.02; done; exit 0' TERM
while :; do sleep 0.02; done
"""
"""Does not end before the listener has heard of something."""


def section(name: str, events: str, command: str, *lines: str) -> str:
    """A pool of one listener that is up at once."""
    keys = (f"command={{dir}}/{command}", f"events={events}", "startsecs=0", *lines)
    return "\n".join((f"[eventlistener:{name}]", *keys)) + "\n"


@contextmanager
def site(config: str, **scripts: str) -> Iterator[StageDaemon]:
    """A running daemon, with these listeners besides the usual one."""
    with live(config, start=False) as daemon:
        for name, text in {"listener": LISTENER, **scripts}.items():
            script(daemon, name, text)
        yield daemon.start()


def heard(daemon: StageDaemon, name: str) -> list[tuple[dict[str, str], str, int]]:
    """(headers, payload, pid of the listener) of all events so far."""
    path = daemon.directory / name
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [(headers, payload, pid) for headers, payload, pid in map(json.loads, lines)]


def wait_heard(daemon: StageDaemon, name: str, count: int) -> list[tuple[dict[str, str], str, int]]:
    """The same, once there are so many."""

    def enough() -> Any:
        found = heard(daemon, name)
        return found if len(found) >= count else None

    found = wait_until(enough, f"{name} has heard {count} events")
    assert isinstance(found, list)
    return found


def types(found: list[tuple[dict[str, str], str, int]]) -> list[str]:
    return [headers["eventname"].removeprefix("PROCESS_STATE_") for headers, _, _ in found]


def test_listener_hears_everything_from_the_beginning() -> None:
    """Groups in order, RUNNING of the daemon, then the states: in order, without a gap."""
    config = section("all", "EVENT", "listener all", "buffer_size=100")
    with site(config + "[program:cat]\ncommand=cat\n[group:z]\nprograms=cat\n") as daemon:
        daemon.wait_state("z:cat", "RUNNING")
        found = [
            each for each in wait_heard(daemon, "all", 7) if "TICK" not in each[0]["eventname"]
        ]
        listener = "processname:all groupname:all"
        assert [(h["eventname"], payload) for h, payload, _ in found[:4]] == [
            ("PROCESS_GROUP_ADDED", "groupname:all\n"),
            ("PROCESS_GROUP_ADDED", "groupname:z\n"),
            ("SUPERVISOR_STATE_CHANGE_RUNNING", ""),
            ("PROCESS_STATE_STARTING", f"{listener} from_state:STOPPED tries:0"),
        ]
        up = f"{listener} from_state:STARTING pid:{found[0][2]}"
        assert [h["eventname"] for h, payload, _ in found if payload == up] == [
            "PROCESS_STATE_RUNNING"
        ]
        serials = [int(headers["serial"]) for headers, _, _ in heard(daemon, "all")]
        assert serials == list(range(len(serials)))
        headers = found[0][0]
        assert list(headers) == [
            "ver", "server", "serial", "pool", "poolserial", "eventname", "len"
        ]  # fmt: skip
        assert (headers["ver"], headers["server"]) == ("3.0", "supervisor")


def test_conversation_is_kept_in_the_log_of_the_listener() -> None:
    """The stdout of a listener is also appended as it is to its log."""
    config = section("ear", "REMOTE_COMMUNICATION", "listener ear", "stdout_logfile={dir}/ear.log")
    with site(config) as daemon:
        daemon.rpc.supervisor.sendRemoteCommEvent("kind", "Ø")
        ((headers, payload, _),) = wait_heard(daemon, "ear", 1)
        assert (headers["len"], payload) == ("11", "type:kind\nØ")
        assert wait_text(daemon.directory / "ear.log", "OKREADY") == "READY\nRESULT 2\nOKREADY\n"


def test_log_of_a_listener_has_what_it_said_before_anybody_looks() -> None:
    """In a burst answers are written together, a moment later: nobody who asks can tell."""
    config = section("ear", "REMOTE_COMMUNICATION", "slow", "stdout_logfile={dir}/ear.log")
    with site(config, slow=SLOW) as daemon:
        wait_text(daemon.directory / "ear.log", "READY")
        calls = MultiCall(daemon.rpc)
        calls.supervisor.sendRemoteCommEvent("a", "1")
        calls.supervisor.sendRemoteCommEvent("a", "2")
        calls()
        # As often and as soon as can be: what is seen to be delivered is in the log by then.
        looks = MultiCall(daemon.rpc)
        looks.supervisor.getEventPools()
        looks.supervisor.readProcessStdoutLog("ear", 0, 0)

        for _ in range(20_000):
            pools, log = looks().results
            if pools[0]["delivered"]:
                break
        assert log == "READY\nRESULT 2\nOKREADY\n"


def test_what_a_listener_said_before_its_log_is_reopened_is_in_the_old_file() -> None:
    """Also what was said in a burst just before."""
    config = section("ear", "REMOTE_COMMUNICATION", "slow", "stdout_logfile={dir}/ear.log")
    with site(config, slow=SLOW) as daemon:
        log, old = daemon.directory / "ear.log", daemon.directory / "ear.old"
        wait_text(log, "READY")
        log.rename(old)
        calls = MultiCall(daemon.rpc)
        for data in "ab":
            calls.supervisor.sendRemoteCommEvent("a", data)
        calls()
        for _ in range(20_000):
            if daemon.rpc.supervisor.getEventPools()[0]["delivered"]:
                break
        daemon.signal(signal.SIGUSR2)
        wait_until(log.exists, "the log is there again")
        assert old.read_text() == "READY\nRESULT 2\nOKREADY\n"
        assert log.read_text() == ""


def test_instantaneous_program_yields_three_states_in_order() -> None:
    """STARTING, RUNNING, EXITED; the exit says whether it was expected."""
    config = section("ear", "PROCESS_STATE", "listener ear", "buffer_size=100")
    config += "[program:x]\ncommand=false\nstartsecs=0\nautostart=false\nautorestart=false\n"
    with site(config) as daemon:
        daemon.rpc.supervisor.startProcess("x")
        found = wait_heard(daemon, "ear", 5)
        about_x = [each for each in found if "processname:x " in each[1]]
        assert types(about_x) == ["STARTING", "RUNNING", "EXITED"]
        assert " expected:0 pid:" in about_x[-1][1]


def test_event_of_a_listener_that_dies_comes_again() -> None:
    """With unchanged serials, to its next incarnation."""
    config = section("ear", "REMOTE_COMMUNICATION", "listener ear")
    with site(config) as daemon:
        for text in ("first", "please die", "last"):
            daemon.rpc.supervisor.sendRemoteCommEvent("t", text)
        found = wait_heard(daemon, "ear", 4)
        assert [payload.split("\n")[1] for _, payload, _ in found] == [
            "first", "please die", "please die", "last"
        ]  # fmt: skip
        assert found[1][0] == found[2][0]
        assert found[1][2] != found[2][2]


def test_pool_is_added_and_removed_while_the_daemon_runs() -> None:
    """A new pool begins with its own group; the others hear when it goes."""
    config = section("ear", "PROCESS_GROUP", "listener ear")
    with site(config) as daemon:
        wait_heard(daemon, "ear", 1)
        daemon.config.write_text(
            daemon.config.read_text("utf-8")
            + section("other", "PROCESS_GROUP", "listener other").replace(
                "{dir}", str(daemon.directory)
            ),
            "utf-8",
        )
        daemon.rpc.supervisor.reloadConfig()
        daemon.rpc.supervisor.addProcessGroup("other")
        ((headers, payload, _),) = wait_heard(daemon, "other", 1)
        assert (headers["poolserial"], payload) == ("0", "groupname:other\n")
        daemon.rpc.supervisor.stopProcess("other")
        daemon.rpc.supervisor.removeProcessGroup("other")
        found = wait_heard(daemon, "ear", 3)
        assert [(h["eventname"][14:], payload) for h, payload, _ in found] == [
            ("ADDED", "groupname:ear\n"),
            ("ADDED", "groupname:other\n"),
            ("REMOVED", "groupname:other\n"),
        ]
        assert len(heard(daemon, "other")) == 1


def test_restart_is_announced_and_serials_go_on() -> None:
    """STOPPING before, RUNNING after; serials survive, poolserials begin anew."""
    config = section("ear", "SUPERVISOR_STATE_CHANGE", "listener ear")
    config += "[program:a]\ncommand={dir}/witness STATE_CHANGE_STOPPING\n"
    with site(config, witness=WITNESS) as daemon:
        wait_heard(daemon, "ear", 1)
        daemon.wait_state("a", "RUNNING")
        daemon.rpc.supervisor.restart()
        found = wait_heard(daemon, "ear", 3)
        assert [h["eventname"].rpartition("_")[2] for h, _, _ in found] == [
            "RUNNING", "STOPPING", "RUNNING"
        ]  # fmt: skip
        assert [(h["serial"], h["poolserial"]) for h, _, _ in found] == [
            ("0", "0"), ("1", "1"), ("2", "0")
        ]  # fmt: skip


def test_ticks_come_on_their_slices() -> None:
    """`when:` a multiple of five."""
    with site(section("ear", "TICK_5", "listener ear")) as daemon:
        headers, payload, _ = wait_heard(daemon, "ear", 1)[0]
        assert headers["eventname"] == "TICK_5"
        assert int(payload.removeprefix("when:")) % 5 == 0


def test_garbage_ends_the_conversation_with_that_listener_alone() -> None:
    """A banner before READY: UNKNOWN, one warning; the process goes on, others hear."""
    config = section("bad", "REMOTE_COMMUNICATION", "wrong")
    config += section("ear", "REMOTE_COMMUNICATION", "listener ear")
    with site(config, wrong=WRONG) as daemon:
        daemon.wait_log("bad: has entered the UNKNOWN state")
        daemon.rpc.supervisor.sendRemoteCommEvent("t", "x")
        wait_heard(daemon, "ear", 1)
        assert daemon.info("bad")["statename"] == "RUNNING"


def test_e3_listener_that_does_not_read_harms_nobody() -> None:
    """Its pipe is full; the daemon lives, and so does everything else."""
    config = section("deaf", "REMOTE_COMMUNICATION", "deaf", "event_resync=true", "buffer_size=999")
    config += section("ear", "REMOTE_COMMUNICATION", "listener ear", "buffer_size=999")
    with site(config, deaf=DEAF) as daemon:
        daemon.wait_state("deaf", "RUNNING")
        for _ in range(150):
            daemon.rpc.supervisor.sendRemoteCommEvent("t", "x" * 2000)
        wait_heard(daemon, "ear", 150)
        assert daemon.info("deaf")["statename"] == "RUNNING"
        assert "Traceback" not in daemon.log_text()


def test_refused_event_is_offered_again_and_keeps_its_place() -> None:
    """The event behind it waits."""
    config = section("ear", "REMOTE_COMMUNICATION", "listener ear FAIL FAIL FAIL OK")
    with site(config) as daemon:
        for text in ("a", "b"):
            daemon.rpc.supervisor.sendRemoteCommEvent("t", text)
        found = wait_heard(daemon, "ear", 5)
        assert [payload[-1] for _, payload, _ in found] == ["a", "a", "a", "a", "b"]
        wait_log_count(daemon, "ear: event was rejected", 3)


def test_listener_that_refuses_too_often_goes_fatal() -> None:
    """`event_max_retries_action = fatal`: it is stopped, not started again, and says why."""
    lines = ("event_max_retries=2", "event_max_retries_action=fatal", "autorestart=true")
    config = section("ear", "REMOTE_COMMUNICATION,PROCESS_STATE_FATAL", "listener ear FAIL", *lines)
    config += section("other", "PROCESS_STATE_FATAL", "listener other")
    with site(config) as daemon:
        daemon.rpc.supervisor.sendRemoteCommEvent("t", "x")
        info = daemon.wait_state("ear", "FATAL")
        assert "event_max_retries" in info["spawnerr"]
        ((_, payload, _),) = wait_heard(daemon, "other", 1)
        assert payload == "processname:ear groupname:ear from_state:STOPPING"
        assert len(heard(daemon, "ear")) == 2
        daemon.rpc.supervisor.startProcess("ear")
        assert types(wait_heard(daemon, "ear", 3))[2] == "REMOTE_COMMUNICATION"


def test_result_handler_of_the_user_judges() -> None:
    """Contract: called with the event and the bytes; RejectEvent refuses."""
    handler = """
from supervisor.dispatchers import RejectEvent

def judge(event, result):
    if result != b"yes":
        raise RejectEvent(f"{event.type} {event.data}: {result!r}")
"""
    config = section(
        "ear", "REMOTE_COMMUNICATION", "listener ear OK yes", "result_handler=myhandler:judge"
    )
    with live(config, start=False) as daemon:
        script(daemon, "listener", LISTENER)
        script(daemon, "myhandler.py", handler)
        daemon.environment["PYTHONPATH"] += f":{daemon.directory}"
        daemon.start()
        daemon.rpc.supervisor.sendRemoteCommEvent("t", "a")
        daemon.rpc.supervisor.sendRemoteCommEvent("t", "b")
        found = wait_heard(daemon, "ear", 3)
        assert [payload[-1] for _, payload, _ in found] == ["a", "a", "b"]


def test_listener_answers_a_query() -> None:
    """`queryListener`: the result of the listener, whatever the pool subscribed to."""
    with site(section("ear", "TICK_3600", "listener ear schön")) as daemon:
        assert daemon.rpc.supervisor.queryListener("ear", "how is it?") == "schön"
        ((headers, payload, _),) = heard(daemon, "ear")
        assert (headers["eventname"], payload) == ("MONITOR_QUERY", "how is it?")


def test_query_to_a_listener_that_is_not_up_in_time_fails() -> None:
    """FAILED with a sentence."""
    with (
        site(section("ear", "TICK_3600", "listener ear", "startsecs=3600")) as daemon,
        pytest.raises(Exception, match="no listener of pool ear answered within 1 s"),
    ):
        daemon.rpc.supervisor.queryListener("ear", "?", 1)


def test_query_to_a_listener_that_does_not_run_fails_at_once() -> None:
    """Nobody would answer, however long one waits: its state, and what to do."""
    with site(section("ear", "TICK_3600", "listener ear", "autostart=false")) as daemon:
        told = r"ear is STOPPED \(supervisorctl start ear\)"
        with pytest.raises(Exception, match=told):
            daemon.rpc.supervisor.queryListener("ear", "?", 3600)
        with pytest.raises(Exception, match="BAD_NAME: nobody"):
            daemon.rpc.supervisor.queryListener("nobody", "?")


def test_pools_tell_what_became_of_their_events() -> None:
    """`getEventPools`, and the same from a shell."""
    with site(section("ear", "TICK_3600", "listener ear schön")) as daemon:
        daemon.rpc.supervisor.queryListener("ear", "how is it?")
        (pool,) = daemon.rpc.supervisor.getEventPools()
        assert (pool["name"], pool["delivered"], pool["dropped"]) == ("ear", 1, 0)
        assert [(each["name"], each["process_state"]) for each in pool["listeners"]] == [
            ("ear", "RUNNING")
        ]
        assert daemon.rpc.supervisor.getEventJournal() == {"path": "", "lost": 0}
        head, line = daemon.ctl("pools").stdout.splitlines()
        assert head.split()[:3] == ["name", "waiting", "delivered"]
        assert line.split()[:5] == ["ear", "0/10", "1", "0", "0"]


def test_listener_hears_the_end_of_those_that_stop_before_it() -> None:
    """Its priority is -1: it is stopped last, and is told to the end of the others."""
    config = section("ear", "PROCESS_STATE_STOPPING,SUPERVISOR_STATE_CHANGE", "listener ear")
    config += "[program:a]\ncommand={dir}/witness processname:b\n[program:b]\ncommand=cat\n"
    with site(config, witness=WITNESS) as daemon:
        daemon.wait_state("a", "RUNNING")
        daemon.wait_state("b", "RUNNING")
        wait_heard(daemon, "ear", 1)
        os.kill(daemon.pid, signal.SIGTERM)
        daemon.wait()
        found = heard(daemon, "ear")
        assert types(found)[1] == "SUPERVISOR_STATE_CHANGE_STOPPING"
        assert found[2][1].startswith("processname:b ")
