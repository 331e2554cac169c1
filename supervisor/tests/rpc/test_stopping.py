"""stopProcess, stopProcessGroup, stopAllProcesses; signals."""

import signal
from typing import Any

import pytest

from supervisor.tests.rpc.world import AT_ONCE, World, fault_of, program, status


def running(*names: str) -> World:
    """Programs (``group:name``) that run."""
    specs = []
    for each in names:
        group, _, name = each.partition(":")
        specs.append(program(name or group, group, start=AT_ONCE))
    world = World(*specs)
    world.call("startAllProcesses")
    return world


class TestStopping:
    def test_answer_comes_when_the_process_has_stopped(self) -> None:
        world = running("web")
        world.child("web:web").stubborn = True
        answer = world.wait_for("stopProcess", "web")
        assert world.state("web:web") == "STOPPING"
        assert "waiting for web to stop" in world.lines
        world.exited("web:web")
        assert answer.result() is True
        assert world.state("web:web") == "STOPPED"

    def test_answer_comes_at_once_without_wait(self) -> None:
        """And nobody waits, so nothing is said about it."""
        world = running("web")
        world.child("web:web").stubborn = True
        assert world.call("stopProcess", "web", False) is True
        assert world.state("web:web") == "STOPPING"
        assert "waiting for web to stop" not in world.lines

    def test_process_between_two_retries_is_stopped_at_once(self) -> None:
        world = World(program("web"))
        world.call("startProcess", "web", False)
        world.exited("web:web")
        assert world.state("web:web") == "BACKOFF"
        assert world.call("stopProcess", "web") is True
        assert world.state("web:web") == "STOPPED"

    def test_process_that_does_not_run_is_refused(self) -> None:
        world = World(program("web"))
        assert world.fault("stopProcess", "web") == "NOT_RUNNING: web"

    def test_stopping_process_is_refused(self) -> None:
        """Keep: NOT_RUNNING although it still runs."""
        world = running("g:web")
        world.child("g:web").stubborn = True
        world.call("stopProcess", "g:web", False)
        assert world.fault("stopProcess", "g:web") == "NOT_RUNNING: g:web"

    @pytest.mark.parametrize("wait", [True, False])
    def test_process_that_cannot_be_signalled_is_told(self, wait: bool) -> None:
        """FAILED: message of the kill attempt."""
        world = running("web")
        world.child("web:web").untouchable = True
        text = world.fault("stopProcess", "web", wait)
        assert text.startswith("FAILED: unknown problem killing web (101):")
        assert "Operation not permitted" in text

    def test_group_stop_answers_for_running_members(self) -> None:
        world = running("g:a", "g:b", "other")
        world.call("stopProcess", "g:b")
        assert world.call("stopProcess", "g:*") == [status("g:a")]
        assert world.state("other:other") == "RUNNING"

    def test_l35_members_are_stopped_by_ascending_priority(self) -> None:
        """Keep: not reversed, although it is for a shutdown."""
        world = World(
            program("a", "one", priority=2, start=AT_ONCE),
            program("b", "one", priority=1, start=AT_ONCE),
            program("c", "two", start=AT_ONCE),
            priorities={"one": 20, "two": 10},
        )
        world.call("startAllProcesses")
        assert [each["name"] for each in world.call("stopAllProcesses")] == ["c", "b", "a"]

    @pytest.mark.parametrize("call", [("stopProcessGroup", "g"), ("stopAllProcesses",)])
    def test_l36_group_stop_waits_for_members_already_stopping(self, call: Any) -> None:
        """They are in the answer with status 80, when they have stopped."""
        world = running("g:a", "g:b")
        world.child("g:a").stubborn = True
        world.call("stopProcess", "g:a", False)
        answer = world.wait_for(*call)
        assert world.state("g:b") == "STOPPED"
        world.exited("g:a")
        assert answer.result() == [status("g:b"), status("g:a")]

    def test_group_stop_without_wait_asks_nothing_of_stopping_members(self) -> None:
        world = running("g:a", "g:b")
        world.child("g:a").stubborn = True
        world.call("stopProcess", "g:a", False)
        assert world.call("stopProcessGroup", "g", False) == [status("g:b")]

    def test_member_that_cannot_be_signalled_does_not_stop_the_others(self) -> None:
        world = running("g:a", "g:b")
        world.child("g:a").untouchable = True
        first, second = sorted(world.call("stopProcessGroup", "g"), key=lambda each: each["name"])
        assert (first["status"], second) == (30, status("g:b"))
        assert first["description"].startswith("FAILED: unknown problem killing a (101):")

    def test_x22_waiters_get_an_answer_at_shutdown(self) -> None:
        """Once the process has stopped, before the connection is closed."""
        world = running("web")
        world.child("web:web").stubborn = True
        answer = world.wait_for("stopProcess", "web")
        world.call("shutdown")
        world.exited("web:web")
        assert answer.result() is True


class TestSignals:
    @pytest.mark.parametrize(
        ("value", "number"),
        [
            ("HUP", 1),
            ("sighup", 1),
            (" SigUsr1 ", 10),
            ("1", 1),
            ("15 ", 15),
            (2, 2),
            (18.0, 18),
            ("CLD", 17),
            (0, 0),
            ("0", 0),
            ("rtmin", int(signal.SIGRTMIN)),
        ],
    )
    def test_signal_may_be_a_name_or_a_number(self, value: Any, number: int) -> None:
        """With or without SIG, any case, blanks ignored; 0 only asks."""
        world = running("web")
        assert world.call("signalProcess", "web", value) is True
        assert world.child("web:web").signals == [number]

    @pytest.mark.parametrize(
        "value",
        ["SIG_IGN", "SIG_DFL", "SIG_BLOCK", "_IGN", "", "SIG", "NOPE", "-1", "1_0", "99", "²",
         "1.0", -1, 99, 2**40, 1.5, float("inf"), float("nan")],
    )  # fmt: skip
    def test_x25_what_is_no_signal_is_refused(self, value: Any) -> None:
        """SIG_IGN and SIG_BLOCK are constants of signal handling, not signals."""
        world = running("web")
        assert world.fault("signalProcess", "web", value) == f"BAD_SIGNAL: {value}"
        assert world.child("web:web").signals == []

    @pytest.mark.parametrize("value", [None, [], {}])
    def test_signal_of_another_type_is_refused(self, value: Any) -> None:
        world = running("web")
        assert world.fault("signalProcess", "web", value).startswith("INCORRECT_PARAMETERS")

    def test_signal_is_checked_before_the_state_and_after_the_name(self) -> None:
        world = World(program("web"))
        assert world.fault("signalProcess", "web", "NOPE") == "BAD_SIGNAL: NOPE"
        assert world.fault("signalProcess", "nope", "NOPE") == "BAD_NAME: nope"

    def test_process_that_does_not_run_cannot_be_signalled(self) -> None:
        world = World(program("web"))
        assert world.fault("signalProcess", "web", "HUP") == "NOT_RUNNING: web"

    def test_stopping_process_can_be_signalled(self) -> None:
        world = running("web")
        world.child("web:web").stubborn = True
        world.call("stopProcess", "web", False)
        assert world.call("signalProcess", "web", "HUP") is True
        assert world.child("web:web").signals == [15, 1]

    def test_refused_signal_is_told(self) -> None:
        world = running("web")
        world.child("web:web").untouchable = True
        text = world.fault("signalProcess", "web", "HUP")
        assert text.startswith("FAILED: unknown problem sending sig web (101):")

    def test_signal_changes_no_state(self) -> None:
        world = running("web")
        world.call("signalProcess", "web", "TERM")
        assert world.state("web:web") == "RUNNING"

    @pytest.mark.parametrize(
        "call",
        [("signalProcess", "g:*"), ("signalProcessGroup", "g"), ("signalAllProcesses",)],
    )
    def test_several_are_signalled_if_they_can_be(self, call: Any) -> None:
        """Only members in a signallable state are in the array."""
        world = running("g:a", "g:b", "g:c")
        world.call("stopProcess", "g:b")
        assert world.call(*call, "HUP") == [status("g:a"), status("g:c")]

    def test_bad_signal_is_reported_per_process(self) -> None:
        world = running("g:a", "g:b")
        bad = "BAD_SIGNAL: NOPE"
        assert world.call("signalProcessGroup", "g", "NOPE") == [
            status("g:a", 11, bad),
            status("g:b", 11, bad),
        ]
        assert fault_of(lambda: world.call("signalProcessGroup", "nope", "NOPE")) == (
            "BAD_NAME: nope"
        )
