"""Stories of one program, from start to end."""

import pytest

from supervisor.core import inputs
from supervisor.core.control import Ticket
from supervisor.core.policies import (
    Delay,
    Restart,
    RestartPolicy,
    Rung,
    StartPolicy,
    StopPolicy,
)
from supervisor.errors import Fault
from supervisor.tests.core.story import BY_KILL, BY_TERM, EXIT_0, EXIT_1, WALL_AT_START_S, Story

BY_HAND = StartPolicy(autostart=False)
AT_ONCE = StartPolicy(up_after_s=0.0)


def running(**policies: object) -> Story:
    story = Story.of(**policies).spawned().pass_s(1.0)
    assert story.state() == "RUNNING"
    return story


class TestStarting:
    def test_program_with_autostart_is_started_when_supervision_begins(self) -> None:
        story = Story.of()
        assert story.changes() == [("STOPPED", "STARTING")]
        assert len(story.spawns()) == 1

    def test_program_without_autostart_stays_stopped(self) -> None:
        story = Story.of(start=BY_HAND)
        assert story.state() == "STOPPED"
        assert story.spawns() == []

    def test_program_is_running_once_it_has_stayed_up(self) -> None:
        """STARTING -> RUNNING after startsecs, with its `success:` line."""
        story = Story.of().spawned()
        assert story.lines() == ["spawned: 'web' with pid 101"]
        assert story.pass_s(0.99).state() == "STARTING"
        story.pass_s(0.01)
        assert story.state() == "RUNNING"
        assert story.lines() == [
            "success: web entered RUNNING state, process has stayed up for "
            "> than 1 seconds (startsecs)"
        ]

    def test_l34_startsecs_0_is_running_with_its_success_line_before_any_exit(self) -> None:
        story = Story.of(start=AT_ONCE).spawned()
        assert story.changes() == [("STARTING", "RUNNING")]
        assert story.lines()[-1].startswith("success: web entered RUNNING state")
        story.exited(EXIT_0)
        assert story.changes() == [("RUNNING", "EXITED")]

    def test_l2_program_that_dies_at_once_is_never_declared_running(self) -> None:
        story = Story.of().spawned().exited(EXIT_1)
        assert story.changes() == [("STARTING", "BACKOFF")]
        assert story.look().spawnerr == "Exited too quickly (process log may have details)"
        assert story.look().exitstatus is None

    def test_l25_quick_exit_fails_even_with_an_expected_code(self) -> None:
        story = Story.of().spawned().exited(EXIT_0)
        assert story.state() == "BACKOFF"
        assert story.lines() == ["exited: web (exit status 0; not expected)"]

    def test_exit_that_comes_with_the_promotion_goes_through_running(self) -> None:
        """Both events, no `success:` line."""
        story = Story.of().spawned()
        story.now_s += 1.5
        story.exited(EXIT_0)
        assert story.changes() == [("STARTING", "RUNNING"), ("RUNNING", "EXITED")]
        assert story.lines() == ["exited: web (exit status 0; expected)"]

    def test_stamps_are_wall_clock_times(self) -> None:
        story = Story.of().spawned().pass_s(5.0).exited(EXIT_0)
        assert story.look().started_wall_s == WALL_AT_START_S + 1000.0
        assert story.look().stopped_wall_s == WALL_AT_START_S + 1005.0


class TestBackoff:
    def test_pauses_grow_by_a_second_and_then_it_is_fatal(self) -> None:
        """startretries = N: N + 1 attempts with pauses of 1, 2, … N seconds."""
        story = Story.of(start=StartPolicy(retries_max=3)).spawn_failed("command is empty")
        for pause_s in (1.0, 2.0, 3.0):
            assert story.state() == "BACKOFF"
            assert story.pass_s(pause_s - 0.01).spawns() == []
            assert len(story.pass_s(0.01).spawns()) == 1
            story.spawn_failed("command is empty")
        assert story.state() == "FATAL"
        assert story.changes() == [("STARTING", "BACKOFF"), ("BACKOFF", "FATAL")]
        assert story.lines() == [
            "spawnerr: command is empty",
            "gave up: web entered FATAL state, too many start retries too quickly",
        ]
        assert story.look().backoff == 0

    def test_startretries_0_is_fatal_after_the_first_failure(self) -> None:
        story = Story.of(start=StartPolicy(retries_max=0)).spawned().exited(EXIT_1)
        assert story.state() == "FATAL"

    def test_l6_stop_in_backoff_resets_the_retries(self) -> None:
        story = Story.of().spawn_failed()
        story.stop()
        assert story.state() == "STOPPED"
        assert story.signals() == []
        assert story.lines()[0] == "Attempted to kill web, which is in BACKOFF state."
        assert story.look().backoff == 0

    def test_success_resets_the_retries(self) -> None:
        story = Story.of().spawn_failed().pass_s(1.0).spawned().pass_s(1.0)
        assert story.state() == "RUNNING"
        assert story.look().backoff == 0


class TestRestart:
    @pytest.mark.parametrize(
        ("when", "ending", "restarted"),
        [
            (Restart.NEVER, EXIT_0, False),
            (Restart.NEVER, EXIT_1, False),
            (Restart.NEVER, BY_KILL, False),
            (Restart.UNEXPECTED, EXIT_0, False),
            (Restart.UNEXPECTED, EXIT_1, True),
            (Restart.UNEXPECTED, BY_KILL, True),
            (Restart.ALWAYS, EXIT_0, True),
            (Restart.ALWAYS, EXIT_1, True),
            (Restart.ALWAYS, BY_KILL, True),
        ],
    )
    def test_autorestart(self, when: Restart, ending: inputs.Ending, restarted: bool) -> None:
        story = running(restart=RestartPolicy(when)).exited(ending)
        assert story.changes()[0] == ("RUNNING", "EXITED")
        assert bool(story.spawns()) == restarted
        assert story.state() == ("STARTING" if restarted else "EXITED")

    def test_listed_exit_codes_are_expected(self) -> None:
        story = running(restart=RestartPolicy(exit_codes=(0, 1))).exited(EXIT_1)
        assert story.state() == "EXITED"
        assert story.lines() == ["exited: web (exit status 1; expected)"]

    def test_unexpected_exit_is_told_in_spawnerr(self) -> None:
        story = running(restart=RestartPolicy(Restart.NEVER)).exited(EXIT_1)
        assert story.look().spawnerr == "Bad exit code 1"
        assert story.look().exitstatus == 1

    def test_death_by_a_signal_counts_as_code_minus_1(self) -> None:
        story = running(restart=RestartPolicy(Restart.NEVER)).exited(BY_KILL)
        assert story.look().exitstatus == -1
        assert story.look().exit_signal == 9
        assert story.lines() == ["exited: web (terminated by SIGKILL; not expected)"]

    def test_restart_can_be_delayed_by_policy(self) -> None:
        story = running(restart=RestartPolicy(Restart.ALWAYS, delay=Delay(first_s=5.0)))
        assert story.exited(EXIT_0).state() == "EXITED"
        assert story.pass_s(4.99).spawns() == []
        assert len(story.pass_s(0.01).spawns()) == 1


class TestStopping:
    def test_stop_signal_is_sent_after_the_state_change(self) -> None:
        """State STOPPING *before* the signal is sent."""
        story = running()
        story.stop()
        assert story.changes() == [("RUNNING", "STOPPING")]
        assert story.signals() == [(101, 15, False)]
        names = [type(command).__name__ for command in story.seen]
        assert names.index("StateChange") < names.index("SendSignal")

    def test_stopped_process_is_not_restarted(self) -> None:
        story = running(restart=RestartPolicy(Restart.ALWAYS))
        ticket = story.stop()
        story.exited(BY_TERM)
        assert story.state() == "STOPPED"
        assert story.spawns() == []
        assert ticket.fault == Fault.SUCCESS
        assert story.lines() == ["stopped: web (terminated by SIGTERM)"]

    def test_sigkill_follows_and_repeats_until_it_is_gone(self) -> None:
        ladder = (Rung(2, "SIGINT", 3.0), Rung(9, "SIGKILL", 3.0, to_group=True))
        story = running(stop=StopPolicy(ladder))
        story.stop(reported=False)
        assert story.pass_s(2.99).signals() == []
        for _ in range(3):
            assert story.pass_s(0.01).signals() == [(101, 9, True)]
            assert story.lines() == ["killing 'web' (101) with SIGKILL"]
            story.pass_s(2.99)

    def test_waiting_for_a_stop_is_logged_at_once_and_every_two_seconds(self) -> None:
        story = running()
        story.stop()
        assert story.lines() == ["waiting for web to stop"]
        assert story.pass_s(4.0).lines() == ["waiting for web to stop"] * 2
        story.exited(BY_TERM)
        assert story.pass_s(10.0).lines() == []

    def test_stop_before_the_child_is_made_makes_none(self) -> None:
        story = Story.of()
        ticket = story.stop()
        assert story.changes() == [("STARTING", "STOPPING"), ("STOPPING", "STOPPED")]
        assert [type(c).__name__ for c in story.seen if "Spawn" in type(c).__name__] == [
            "CancelSpawn"
        ]
        assert ticket.fault == Fault.SUCCESS

    def test_l13_process_that_could_not_be_killed_and_ends_later_is_stopped(self) -> None:
        story = running()
        ticket = story.stop()
        story.happen(inputs.SignalRefused(story.ids["web:web"], "EPERM", None))
        assert story.state() == "UNKNOWN"
        assert ticket.fault == Fault.FAILED
        story.exited(BY_TERM)
        assert story.state() == "STOPPED"

    def test_refused_signal_leads_to_unknown_and_the_caller_is_told(self) -> None:
        story = running()
        ticket = Ticket()
        web = story.ids["web:web"]
        story.happen(inputs.SignalRequested(web, 1, ticket))
        assert story.signals() == [(101, 1, False)]
        story.happen(inputs.SignalRefused(web, "EPERM", ticket))
        assert story.state() == "UNKNOWN"
        assert (ticket.fault, ticket.text) == (
            Fault.FAILED,
            "unknown problem sending sig web (101):EPERM",
        )

    def test_refusal_about_a_child_that_is_gone_says_nothing_of_the_next_one(self) -> None:
        story, ticket = running(restart=RestartPolicy(Restart.ALWAYS)), Ticket()
        story.exited(EXIT_0)
        assert story.state() == "STARTING"
        story.happen(inputs.SignalRefused(story.ids["web:web"], "EPERM", ticket))
        assert ticket.fault == Fault.FAILED
        assert story.spawned().pass_s(1.0).state() == "RUNNING"


class TestAnswers:
    def test_start_is_answered_when_running(self) -> None:
        story = Story.of(start=BY_HAND)
        ticket = story.start()
        story.spawned()
        assert not ticket.done
        story.pass_s(1.0)
        assert ticket.fault == Fault.SUCCESS

    def test_start_with_startsecs_0_is_answered_at_once(self) -> None:
        story = Story.of(start=StartPolicy(autostart=False, up_after_s=0.0))
        ticket = story.start()
        story.spawned()
        assert ticket.fault == Fault.SUCCESS

    def test_start_that_goes_through_running_is_a_success(self) -> None:
        """A successor should answer true for an expected exit, always."""
        story = Story.of(start=BY_HAND)
        ticket = story.start()
        story.spawned()
        story.now_s += 2.0
        story.exited(EXIT_0)
        assert ticket.fault == Fault.SUCCESS

    @pytest.mark.parametrize("retries_max", [0, 3])
    def test_start_that_fails_is_a_spawn_error_while_retries_go_on(self, retries_max: int) -> None:
        story = Story.of(start=StartPolicy(autostart=False, retries_max=retries_max))
        ticket = story.start()
        story.spawned().exited(EXIT_1)
        assert ticket.fault == Fault.SPAWN_ERROR

    def test_start_overruled_by_a_stop_is_an_abnormal_termination(self) -> None:
        story = Story.of(start=BY_HAND)
        start = story.start()
        story.spawned()
        stop = story.stop()
        assert start.fault == Fault.ABNORMAL_TERMINATION
        assert not stop.done
        story.exited(BY_TERM)
        assert stop.fault == Fault.SUCCESS

    def test_start_of_a_stopping_process_waits_for_both(self) -> None:
        story = running()
        stop = story.stop()
        start = story.start()
        assert not start.done
        story.exited(BY_TERM)
        assert stop.fault == Fault.SUCCESS
        assert len(story.spawns()) == 1
        story.spawned().pass_s(1.0)
        assert start.fault == Fault.SUCCESS

    def test_second_stop_waits_for_the_one_under_way(self) -> None:
        story = running()
        tickets = [story.stop(), story.stop()]
        assert story.signals() == []
        story.exited(BY_TERM)
        assert [ticket.fault for ticket in tickets] == [Fault.SUCCESS] * 2


class TestIdle:
    def test_idle_supervision_wants_no_wake_up(self) -> None:
        assert running().core.next_deadline_s() is None
        assert Story.of(start=BY_HAND).core.next_deadline_s() is None
