"""Requests: in which state which is refused, and with which fault."""

import errno
from collections.abc import Callable

import pytest

from supervisor.core.control import Ticket
from supervisor.core.policies import Restart, RestartPolicy, StartPolicy
from supervisor.errors import Fault, RequestRefused
from supervisor.states import SupervisorStates
from supervisor.tests.daemon.stage import Stage, program
from supervisor.tests.fakes.kernel import Behaviour

STUBBORN = Behaviour(ignores=frozenset({15}))
STATES = ("STOPPED", "STARTING", "RUNNING", "BACKOFF", "STOPPING", "EXITED", "FATAL", "UNKNOWN")


def in_state(state: str) -> Stage:
    """A process that was brought into that state by what may happen to it."""
    retries = 0 if state == "FATAL" else 3
    start = StartPolicy(False, 5.0 if state == "STARTING" else 0.0, retries)
    stage = Stage().add(program(start=start, restart=RestartPolicy(Restart.NEVER)))
    stage.kernel.behaviours["web"] = STUBBORN
    if state in ("BACKOFF", "FATAL"):
        stage.kernel.refuse_next("fork", errno.EAGAIN)
    if state != "STOPPED":
        stage.control.start(1)
    if state == "UNKNOWN":
        stage.kernel.refuse_next("kill", errno.EPERM)
    if state in ("STOPPING", "UNKNOWN"):
        stage.control.stop(1)
    if state == "EXITED":
        stage.kernel.kill(stage.pid(), 9, to_group=False)
        stage.run(lambda: None)
    assert stage.state() == state
    return stage


def refusal(request: Callable[[], object]) -> Fault | None:
    """The fault a request is refused with, None if it is accepted."""
    try:
        request()
    except RequestRefused as refused:
        return refused.fault
    return None


@pytest.mark.parametrize("state", STATES)
def test_start_is_refused_where_it_makes_no_sense(state: str) -> None:
    """STARTING, RUNNING, BACKOFF: ALREADY_STARTED; UNKNOWN: FAILED."""
    refused = {
        "STARTING": Fault.ALREADY_STARTED,
        "RUNNING": Fault.ALREADY_STARTED,
        "BACKOFF": Fault.ALREADY_STARTED,
        "UNKNOWN": Fault.FAILED,
    }
    stage = in_state(state)
    assert refusal(lambda: stage.control.start(1)) == refused.get(state)
    assert stage.failures == []


@pytest.mark.parametrize("state", STATES)
def test_stop_is_refused_in_the_stopped_states(state: str) -> None:
    stage = in_state(state)
    stopped = state in ("STOPPED", "EXITED", "FATAL", "UNKNOWN")
    assert refusal(lambda: stage.control.stop(1)) == (Fault.NOT_RUNNING if stopped else None)
    assert stage.failures == []


@pytest.mark.parametrize("state", STATES)
def test_signal_is_refused_without_a_child(state: str) -> None:
    """Refused unless STARTING, RUNNING or STOPPING."""
    stage = in_state(state)
    accepted = state in ("STARTING", "RUNNING", "STOPPING")
    assert refusal(lambda: stage.control.signal(1, 1)) == (None if accepted else Fault.NOT_RUNNING)
    assert stage.failures == []


def test_signal_between_the_request_and_the_child_is_answered_not_running() -> None:
    stage = Stage().add(program())
    stage.loop._spawns_left = 0
    stage.control.start(1)
    assert stage.state() == "STARTING"
    assert stage.control.signal(1, 1).fault == Fault.NOT_RUNNING


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("fault", [Fault.NO_FILE, Fault.NOT_EXECUTABLE])
def test_start_looks_at_the_command_first(state: str, fault: Fault) -> None:
    """Command check first: fault without state change, even if the process is running."""
    stage = in_state(state)
    stage.refusals[1] = RequestRefused(fault, "can't find command 'x'")
    assert refusal(lambda: stage.control.start(1)) == fault
    assert stage.state() == state


@pytest.mark.parametrize("request_name", ["start", "stop", "process"])
def test_process_that_is_not_there_is_a_key_error(request_name: str) -> None:
    with pytest.raises(KeyError):
        getattr(Stage().control, request_name)(99)


def test_start_of_a_stopping_process_begins_when_it_has_stopped() -> None:
    stage = in_state("STOPPING")
    ticket: Ticket = stage.control.start(1)
    stage.kernel.kill(stage.pid(), 9, to_group=False)
    stage.run(lambda: None)
    assert (ticket.fault, stage.state()) == (Fault.SUCCESS, "RUNNING")


def test_stop_without_a_waiter_is_not_reported() -> None:
    stage = in_state("RUNNING")
    stage.control.stop(1, waited=False)
    stage.run(stage.pass_s(5.0))
    assert not any("waiting for" in line for line in stage.lines)


def test_mood_tells_how_the_daemon_ends() -> None:
    stage = in_state("RUNNING")
    assert stage.control.mood() == SupervisorStates.RUNNING
    stage.control.restart()
    assert stage.control.mood() == SupervisorStates.RESTARTING
    stage.control.shutdown()
    assert stage.control.mood() == SupervisorStates.SHUTDOWN


def test_looking_shows_what_is_active() -> None:
    stage = Stage().add(program("b", priority=2), program("a", priority=1))
    assert [group.name for group in stage.control.groups()] == ["a", "b"]
    found = stage.control.find("a", "a")
    assert found is not None
    assert found == stage.control.process(2)
    assert stage.control.find("a", "b") is None
    assert stage.control.group("c") is None
