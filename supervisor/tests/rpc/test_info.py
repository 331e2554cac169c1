"""getProcessInfo, getAllProcessInfo and the texts in them."""

import time
from typing import Any

import pytest

from supervisor.core.component import Now
from supervisor.core.snapshot import ProcessSnapshot
from supervisor.rpc.info import capped_int, description, uptime_text
from supervisor.states import ProcessStates
from supervisor.tests.rpc.world import (
    AT_ONCE,
    EXIT_3,
    NO_RETRY,
    WALL_AT_START_S,
    World,
    program,
)

MONO_S = 5000.0
NOW = Now(MONO_S, 1_700_000_000.0)


def snapshot(state: int, **values: Any) -> ProcessSnapshot:
    settings = {
        "id": 1, "name": "web", "group": "g", "pid": 0, "started_wall_s": 0.0,
        "stopped_wall_s": 0.0, "started_mono_s": 0.0, "exitstatus": None, "exit_signal": 0,
        "spawnerr": None, "backoff": 0, "retry_mono_s": None, "priority": 999, "spawns": 0,
    }  # fmt: skip
    return ProcessSnapshot(**(settings | values), state=state)


class TestDescription:
    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (0, "0:00:00"),
            (0.99, "0:00:00"),
            (59, "0:00:59"),
            (3661.7, "1:01:01"),
            (86399, "23:59:59"),
            (86400, "1 day, 0:00:00"),
            (172800 + 3600 * 13, "2 days, 13:00:00"),
            (-5, "0:00:00"),
        ],
    )
    def test_uptime_is_whole_seconds_and_days(self, seconds: float, text: str) -> None:
        """Hours unpadded; from 24 h on with days; never negative."""
        assert uptime_text(seconds) == text

    def test_running_process_shows_pid_and_uptime(self) -> None:
        process = snapshot(ProcessStates.RUNNING, pid=7, started_mono_s=MONO_S - 62)
        assert description(process, NOW) == "pid 7, uptime 0:01:02"

    def test_uptime_does_not_care_for_a_clock_set_back(self) -> None:
        """Durations come from the monotonic clock."""
        process = snapshot(
            ProcessStates.RUNNING,
            pid=7,
            started_mono_s=MONO_S - 62,
            started_wall_s=NOW.wall_s + 999,
        )
        assert description(process, NOW) == "pid 7, uptime 0:01:02"

    @pytest.mark.parametrize("state", [ProcessStates.BACKOFF, ProcessStates.FATAL])
    def test_failed_process_shows_why(self, state: int) -> None:
        assert description(snapshot(state, spawnerr="because"), NOW) == "because"
        assert description(snapshot(state), NOW) == 'unknown error (try "tail web")'

    @pytest.mark.parametrize("state", [ProcessStates.STOPPED, ProcessStates.EXITED])
    def test_ended_process_shows_when(self, state: int) -> None:
        stopped = time.mktime((2026, 11, 1, 22, 34, 0, 0, 0, -1))
        process = snapshot(state, started_wall_s=stopped - 9, stopped_wall_s=stopped)
        assert description(process, NOW) == "Nov 01 10:34 PM"

    def test_process_without_an_end_was_not_started(self) -> None:
        """Also one that was stopped before there was a child."""
        assert description(snapshot(ProcessStates.STOPPED), NOW) == "Not started"
        process = snapshot(ProcessStates.STOPPED, started_wall_s=9.0)
        assert description(process, NOW) == "Not started"

    @pytest.mark.parametrize(
        "state", [ProcessStates.STARTING, ProcessStates.STOPPING, ProcessStates.UNKNOWN]
    )
    def test_process_between_states_shows_nothing(self, state: int) -> None:
        assert description(snapshot(state, spawnerr="because"), NOW) == ""


def test_times_saturate_in_2038() -> None:
    """Keep: ints of 32 bits."""
    assert capped_int(2**31 + 5.5) == 2**31 - 1
    assert capped_int(-(2**40)) == -(2**31)
    assert capped_int(1.9) == 1


class TestInfo:
    def test_info_has_exactly_these_members(self) -> None:
        world = World(program("web", "g", start=AT_ONCE))
        world.call("startProcess", "g:web")
        world.pass_s(3723)
        assert world.call("getProcessInfo", "g:web") == {
            "name": "web",
            "group": "g",
            "start": int(WALL_AT_START_S) + 1000,
            "stop": 0,
            "now": int(WALL_AT_START_S) + 4723,
            "state": 20,
            "statename": "RUNNING",
            "spawnerr": "",
            "exitstatus": 0,
            "logfile": "/log/1.stdout",
            "stdout_logfile": "/log/1.stdout",
            "stderr_logfile": "/log/1.stderr",
            "pid": 101,
            "description": "pid 101, uptime 1:02:03",
        }

    def test_unexpected_exit_is_told(self) -> None:
        world = World(program("web", start=AT_ONCE))
        world.call("startProcess", "web")
        world.child("web:web").spawn_error = "no more"
        world.exited("web:web", EXIT_3)
        info = world.call("getProcessInfo", "web")
        assert (info["statename"], info["spawnerr"]) == ("BACKOFF", "no more")

    def test_process_that_ended_too_quickly_has_no_exit_status(self) -> None:
        world = World(program("web", start=NO_RETRY))
        world.wait_for("startProcess", "web")
        world.exited("web:web", EXIT_3)
        info = world.call("getProcessInfo", "web")
        assert (info["statename"], info["exitstatus"], info["pid"]) == ("FATAL", 0, 0)
        assert info["spawnerr"] == "Exited too quickly (process log may have details)"
        assert info["description"] == info["spawnerr"]

    def test_process_killed_by_a_signal_has_exit_status_minus_1(self) -> None:
        """Keep."""
        world = World(program("web", start=AT_ONCE))
        world.call("startProcess", "web")
        world.call("stopProcess", "web")
        assert world.call("getProcessInfo", "web")["exitstatus"] == -1

    def test_process_without_logs_has_empty_paths(self) -> None:
        world = World(program("web"))
        world.logbook.channels.clear()
        info = world.call("getProcessInfo", "web")
        assert (info["logfile"], info["stdout_logfile"], info["stderr_logfile"]) == ("", "", "")

    def test_all_infos_are_sorted_by_group_then_name(self) -> None:
        """Lexically, whatever the priorities."""
        world = World(
            program("b", "z", priority=1),
            program("a", "z", priority=2),
            program("c", "y"),
            priorities={"z": 1, "y": 2},
        )
        names = [(each["group"], each["name"]) for each in world.call("getAllProcessInfo")]
        assert names == [("y", "c"), ("z", "a"), ("z", "b")]

    @pytest.mark.parametrize("name", ["nope", "g:*", "g:", "web", ""])
    def test_one_process_must_be_named(self, name: str) -> None:
        """A whole group is BAD_NAME."""
        world = World(program("web", "g"))
        assert world.fault("getProcessInfo", name) == f"BAD_NAME: {name}"

    @pytest.mark.parametrize("name", [5, None, []])
    def test_x9_non_string_name_is_incorrect_parameters(self, name: Any) -> None:
        world = World(program("web"))
        assert world.fault("getProcessInfo", name).startswith("INCORRECT_PARAMETERS")
