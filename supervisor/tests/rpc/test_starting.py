"""startProcess, startProcessGroup, startAllProcesses."""

from typing import Any

import pytest

from supervisor.core import inputs
from supervisor.errors import Fault, RequestRefused
from supervisor.rpc.deferred import Deferred
from supervisor.tests.rpc.world import (
    AT_ONCE,
    EXIT_0,
    EXIT_3,
    NO_RETRY,
    World,
    fault_of,
    program,
    status,
)


def refusal(answer: Deferred) -> str:
    return fault_of(answer.result)


class TestOneProcess:
    def test_answer_comes_when_the_process_is_running(self) -> None:
        """wait=true: RUNNING -> true."""
        world = World(program("web"))
        answer = world.wait_for("startProcess", "web")
        world.pass_s(0.9)
        assert not answer.done
        world.pass_s(0.2)
        assert answer.result() is True

    def test_answer_comes_at_once_without_wait(self) -> None:
        world = World(program("web"))
        assert world.call("startProcess", "web", False) is True
        assert world.state("web:web") == "STARTING"

    def test_answer_comes_at_once_if_it_need_not_stay_up(self) -> None:
        """startsecs=0 makes it RUNNING at once."""
        world = World(program("web", start=AT_ONCE))
        assert world.call("startProcess", "web") is True

    @pytest.mark.parametrize("ending", [EXIT_0, EXIT_3])
    @pytest.mark.parametrize("wait", [True, False])
    def test_x40_instant_exit_of_a_program_with_startsecs_0_is_never_left_to_chance(
        self, ending: inputs.Ending, wait: bool
    ) -> None:
        """It was up, however briefly: true, whatever the moment it is reaped."""
        world = World(program("web", start=AT_ONCE))
        world.child("web:web").dies_at_once = ending
        assert world.call("startProcess", "web", wait) is True

    @pytest.mark.parametrize("wait", [True, False])
    def test_process_that_cannot_be_spawned_is_a_spawn_error(self, wait: bool) -> None:
        """Spawn error text present -> SPAWN_ERROR: name, also without wait."""
        world = World(program("web"))
        world.child("web:web").spawn_error = "too many open files to spawn 'web'"
        assert world.fault("startProcess", "web", wait) == "SPAWN_ERROR: web"

    def test_exit_before_startsecs_is_a_spawn_error_although_retries_go_on(self) -> None:
        """Keep: the waiter gets SPAWN_ERROR after the first quick exit."""
        world = World(program("web", "g"))
        answer = world.wait_for("startProcess", "g:web")
        world.exited("g:web")
        assert refusal(answer) == "SPAWN_ERROR: g:web"
        assert world.state("g:web") == "BACKOFF"
        world.pass_s(2.5)
        assert world.state("g:web") == "RUNNING"

    def test_waiter_is_told_if_another_client_stops_the_process(self) -> None:
        """ABNORMAL_TERMINATION to whoever waits for the start."""
        world = World(program("web"))
        answer = world.wait_for("startProcess", "web")
        assert world.call("stopProcess", "web") is True
        assert refusal(answer) == "ABNORMAL_TERMINATION: web"

    @pytest.mark.parametrize(
        "fault",
        [
            RequestRefused(Fault.NO_FILE, "can't find command '/x'"),
            RequestRefused(Fault.NOT_EXECUTABLE, "command at '/x' is a directory"),
        ],
    )
    def test_command_that_cannot_be_run_is_told_with_the_reason(
        self, fault: RequestRefused
    ) -> None:
        world = World(program("web"))
        world.child("web:web").command_fault = fault
        assert world.fault("startProcess", "web") == fault.text
        assert world.state("web:web") == "STOPPED"

    def test_command_is_checked_before_already_started(self) -> None:
        """Keep: the order is visible."""
        world = World(program("web"))
        world.call("startProcess", "web", False)
        world.child("web:web").command_fault = RequestRefused(Fault.NO_FILE, "gone")
        assert world.fault("startProcess", "web") == "NO_FILE: gone"

    @pytest.mark.parametrize("state", ["STARTING", "RUNNING", "BACKOFF"])
    def test_process_in_a_running_state_is_already_started(self, state: str) -> None:
        """Keep: BACKOFF counts as started, too. The name is as the client sent it."""
        world = World(program("web"))
        world.call("startProcess", "web", False)
        if state == "RUNNING":
            world.pass_s(1.0)
        elif state == "BACKOFF":
            world.exited("web:web")
        assert world.state("web:web") == state
        assert world.fault("startProcess", "web:web") == "ALREADY_STARTED: web:web"

    def test_process_in_an_unknown_state_cannot_be_started(self) -> None:
        world = World(program("web"))
        world.call("startProcess", "web", False)
        world.child("web:web").untouchable = True
        fault_of(lambda: world.call("stopProcess", "web"))
        assert world.state("web:web") == "UNKNOWN"
        assert world.fault("startProcess", "web") == ("FAILED: web is in an unknown process state")

    def test_x12_stopping_process_is_started_once_the_stop_is_complete(self) -> None:
        """wait=true waits for both."""
        world = World(program("web", start=AT_ONCE))
        world.call("startProcess", "web")
        world.child("web:web").stubborn = True
        world.call("stopProcess", "web", False)
        answer = world.wait_for("startProcess", "web")
        assert world.state("web:web") == "STOPPING"
        world.exited("web:web")
        assert answer.result() is True
        assert world.state("web:web") == "RUNNING"

    def test_x12_stopping_process_is_started_later_without_wait(self) -> None:
        """wait=false stays true."""
        world = World(program("web"))
        world.call("startProcess", "web", False)
        world.child("web:web").stubborn = True
        world.call("stopProcess", "web", False)
        assert world.call("startProcess", "web", False) is True
        world.exited("web:web")
        assert world.state("web:web") == "STARTING"

    @pytest.mark.parametrize(
        "name", ["nope", "nope:web", "g:nope", "web", "g", "nope:*", "", ":", "g:w*"]
    )
    def test_name_must_be_exact(self, name: str) -> None:
        """A process of another group is not reachable by its bare name; no patterns."""
        world = World(program("web", "g"))
        assert world.fault("startProcess", name) == f"BAD_NAME: {name}"


class TestSeveral:
    @pytest.mark.parametrize("name", ["g:*", "g:"])
    def test_whole_group_form_delegates_to_the_group_call(self, name: str) -> None:
        world = World(program("a", "g"), program("b", "g"), program("c"))
        answer = world.wait_for("startProcess", name)
        world.pass_s(1.0)
        assert answer.result() == [status("g:a"), status("g:b")]
        assert world.state("c:c") == "STOPPED"

    def test_statuses_of_those_done_at_once_come_first(self) -> None:
        """Then the deferred ones in order of completion; descriptions are fault strings."""
        slow = {"start": type(NO_RETRY)(autostart=False, up_after_s=5.0)}
        world = World(
            program("slow", "g", **slow),
            program("quick", "g"),
            program("dies", "g"),
            program("missing", "g"),
            program("fine", "g", start=AT_ONCE),
        )
        world.child("g:missing").command_fault = RequestRefused(Fault.NO_FILE, "no such command")
        answer = world.wait_for("startProcessGroup", "g")
        world.exited("g:dies")
        world.pass_s(5.0)
        assert answer.result() == [
            status("g:missing", 20, "NO_FILE: no such command"),
            status("g:fine"),
            status("g:dies", 50, "SPAWN_ERROR: g:dies"),
            status("g:quick"),
            status("g:slow"),
        ]

    def test_running_members_are_left_out(self) -> None:
        """So starting a fully running group returns []."""
        world = World(program("a", "g"), program("b", "g"))
        world.call("startProcess", "g:a", False)
        assert world.call("startProcessGroup", "g", False) == [status("g:b")]
        assert world.call("startProcessGroup", "g") == []

    def test_groups_and_members_are_visited_by_ascending_priority(self) -> None:
        world = World(
            program("a", "one", priority=2),
            program("b", "one", priority=1),
            program("c", "two"),
            priorities={"one": 20, "two": 10},
        )
        order = [each["name"] for each in world.call("startAllProcesses", False)]
        assert order == ["c", "b", "a"]

    @pytest.mark.parametrize("name", ["nope", "g:*", "web"])
    def test_group_must_exist(self, name: str) -> None:
        world = World(program("web", "g"))
        assert world.fault("startProcessGroup", name) == f"BAD_NAME: {name}"

    def test_x22_waiters_get_an_answer_at_shutdown(self) -> None:
        """They do not just lose their connection."""
        world = World(program("web"), program("slow"))
        start = world.wait_for("startAllProcesses")
        world.call("shutdown")
        assert [each["status"] for each in start.result()] == [40, 40]
        assert world.left


@pytest.mark.parametrize("name", [5, None, [], {}, True, 1.5])
def test_x9_non_string_names_are_incorrect_parameters(name: Any) -> None:
    """Not HTTP 500."""
    world = World(program("web"))
    assert world.fault("startProcess", name) == "INCORRECT_PARAMETERS: name must be a string"


@pytest.mark.parametrize(
    "method", ["startProcessGroup", "stopProcessGroup", "addProcessGroup", "removeProcessGroup"]
)
@pytest.mark.parametrize(
    ("name", "text"),
    [
        (5, "BAD_NAME: 5"),
        (None, "BAD_NAME: None"),
        (True, "BAD_NAME: True"),
        ([], "INCORRECT_PARAMETERS"),
        ({}, "INCORRECT_PARAMETERS"),
    ],
)
def test_x9_non_string_names_of_groups_do_not_exist(method: str, name: Any, text: str) -> None:
    """They never were HTTP 500."""
    world = World(program("web"))
    assert world.fault(method, name) == text
