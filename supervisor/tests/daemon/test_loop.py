"""The loop: order of a turn, bounds, and what one mistake may not do to the others."""

from collections import Counter

import pytest

from supervisor.core import inputs
from supervisor.core.component import Now
from supervisor.core.control import Ticket
from supervisor.core.policies import StartPolicy
from supervisor.daemon.loop import (
    ANSWERS_PER_TURN_MAX,
    SPAWNS_PER_TURN_MAX,
    TIMERS_PER_TURN_MAX,
    TIMERS_S_MAX,
)
from supervisor.errors import Fault
from supervisor.tests.daemon.stage import AT_ONCE, BY_HAND, Stage, program
from supervisor.tests.fakes.kernel import Behaviour


class TestPatience:
    def test_loop_waits_without_limit_when_nothing_is_due(self) -> None:
        """An idle daemon sleeps without limit."""
        assert Stage().add(program()).begin().run().timeouts == [None]

    def test_loop_waits_until_the_deadline_of_the_core(self) -> None:
        stage = Stage().add(program(start=StartPolicy(up_after_s=7.0))).begin()
        assert stage.run().timeouts == [7.0]

    def test_loop_waits_until_a_timer_that_is_due_before_the_core(self) -> None:
        stage = Stage().add(program(start=StartPolicy(up_after_s=7.0))).begin()
        stage.timers.call_at(stage.clock.mono_s + 3.0, lambda: None)
        assert stage.run().timeouts == [3.0]

    def test_loop_does_not_wait_for_what_is_overdue(self) -> None:
        stage = Stage()
        stage.timers.call_at(stage.clock.mono_s - 5.0, lambda: None)
        assert stage.run().timeouts == [0.0]

    def test_timer_that_is_due_as_soon_as_it_is_made_is_called_before_the_next_wait(self) -> None:
        """When all who were ready have had their turn."""
        stage, called = Stage(), list[str]()

        def make_timer() -> None:
            stage.timers.call_at(stage.clock.mono_s, lambda: called.append("at once"))
            called.append("others")

        stage.run(make_timer, lambda: called.append("another turn"))
        assert called == ["others", "at once", "another turn"]
        assert stage.timeouts == [None, None, None]

    def test_timer_does_not_wait_until_a_crowd_of_children_is_made(self) -> None:
        count = 10 * SPAWNS_PER_TURN_MAX
        stage = Stage().add(*(program(f"p{n}", AT_ONCE) for n in range(count))).begin()
        made = list[int]()

        def make_timer() -> None:
            stage.timers.call_at(stage.clock.mono_s, lambda: made.append(len(stage.spawned)))

        stage.run(make_timer)
        assert made == [2 * SPAWNS_PER_TURN_MAX], "in the turn in which it was made"

    def test_loop_does_not_wait_while_signals_are_left_to_take(self) -> None:
        stage = Stage()
        answers = [True, False]
        stage.loop.take_signals = lambda: answers.pop(0) if answers else False
        stage.run(lambda: None, lambda: None)
        assert stage.timeouts == [None, 0.0, None]


class TestOrder:
    def test_l2_exit_is_seen_before_the_deadline_that_came_with_it(self) -> None:
        """Never promote a process that is already dead."""
        stage = Stage().add(program(start=StartPolicy(up_after_s=5.0, retries_max=0)))
        stage.kernel.behaviours["web"] = Behaviour(runs_s=4.9, exitcode=1)
        stage.begin().run(stage.pass_s(4.9))
        assert stage.state() == "FATAL"
        assert not any(line.startswith("success") for line in stage.lines)

    def test_outcome_of_a_command_is_handled_before_submit_returns(self) -> None:
        stage = Stage().add(program())
        ticket = stage.control.start(1)
        assert (stage.state(), ticket.fault) == ("RUNNING", Fault.SUCCESS)

    def test_timers_are_called_in_order_of_time(self) -> None:
        stage, called = Stage(), list[str]()
        for name, after_s in (("late", 2.0), ("early", 1.0), ("far", 60.0)):
            stage.timers.call_at(stage.clock.mono_s + after_s, lambda n=name: called.append(n))
        stage.run(stage.pass_s(3.0))
        assert called == ["early", "late"]


class HeldLines(list[str]):
    """Implements `daemon.loop.Lines`: what was done about the lines of the main log, in order."""

    def hold(self) -> None:
        self.append("hold")

    def release(self) -> None:
        self.append("release")

    def flush(self) -> None:
        self.append("flush")


class TestLines:
    def test_lines_are_written_before_anybody_is_answered(self) -> None:
        """Who is told that it has stopped finds that in the log."""
        stage = Stage().add(program()).begin()
        stage.control.start(1)
        ticket = stage.control.stop(1)
        lines = stage.loop.lines = HeldLines()
        ticket.then(lambda _: lines.append("told"))
        stage.run(stage.pass_s(1.0), stage.pass_s(1.0))
        until_told = lines[: lines.index("told")]
        # Nothing is kept back any more, and nothing will be that he logs while he is told.
        assert until_told.count("hold") == until_told.count("release") > 0
        assert lines.count("hold") == lines.count("release")

    def test_lines_of_requests_that_belong_together_are_written_at_once(self) -> None:
        """Nothing is written between them as long as nobody is answered."""
        stage = Stage().add(program("a"), program("b")).begin()
        for process_id in (1, 2):
            stage.control.start(process_id)
        lines = stage.loop.lines = stage.control.lines = HeldLines()
        with stage.control.together():
            for process_id in (1, 2):
                stage.control.stop(process_id)
                assert lines.count("hold") == lines.count("release") + 1
                assert "flush" not in lines
        assert lines.count("hold") == lines.count("release")

    def test_lines_of_such_requests_are_written_before_anybody_is_answered(self) -> None:
        """Who waits for a start is told that it was overruled by a stop, as the log tells."""
        stage = Stage().add(program(start=StartPolicy(False, 5.0))).begin()
        ticket = stage.control.start(1)
        lines = stage.loop.lines = stage.control.lines = HeldLines()
        ticket.then(lambda _: lines.append("told"))
        with stage.control.together():
            stage.control.stop(1)
            assert lines[lines.index("told") - 1] == "flush"

    def test_whoever_is_answered_is_told_although_a_step_fails_behind_it(self) -> None:
        stage = Stage().add(program()).begin()
        stage.control.start(1)
        told = []
        stage.control.stop(1).then(lambda ticket: told.append(ticket.fault))
        take_signals = stage.loop.take_signals

        def fail_behind() -> bool:
            take_signals()
            raise RuntimeError("behind it")

        stage.loop.take_signals = fail_behind
        stage.run(stage.pass_s(1.0))
        assert told == [Fault.SUCCESS]


class TestRequestsUponAnswers:
    def test_request_made_upon_an_answer_has_its_effect_before_it_returns(self) -> None:
        """Requests are carried out before the call returns as far as that is possible."""
        stage = Stage().add(program("a"), program("b"))
        stage.control.start(1)
        seen = []
        stage.control.stop(1).then(lambda _: seen.append((stage.control.start(2), stage.state(2))))
        stage.run(lambda: None)
        assert [(ticket.fault, state) for ticket, state in seen] == [(Fault.SUCCESS, "RUNNING")]

    def test_signal_asked_for_upon_an_answer_is_answered_at_once(self) -> None:
        stage = Stage().add(program("a"), program("b", AT_ONCE)).begin()
        stage.control.start(1)
        faults = []
        stage.control.stop(1).then(lambda _: faults.append(stage.control.signal(2, 1).fault))
        stage.run(lambda: None)
        assert faults == [Fault.SUCCESS]

    def test_two_who_stop_the_same_process_upon_an_answer_are_both_answered(self) -> None:
        stage = Stage().add(program("a"), program("b", StartPolicy()))
        stage.kernel.refuse_next("fork", 11)
        stage.begin()
        assert stage.state(2) == "BACKOFF"
        stage.control.start(1)
        outcomes: list[object] = []

        def stop_b(_: Ticket) -> None:
            try:
                outcomes.append(stage.control.stop(2).fault)
            except Exception as error:
                outcomes.append(error.args[0])

        for ticket in (stage.control.stop(1), stage.control.stop(1)):
            ticket.then(stop_b)
        stage.run(lambda: None)
        assert outcomes == [Fault.SUCCESS, Fault.NOT_RUNNING]
        assert stage.failures == []

    def test_crowd_that_asks_upon_the_same_answer_costs_no_depth(self) -> None:
        """Nothing recurses with the number of clients that wait for the same."""
        stage = Stage().add(program("a"), *(program(f"p{n}") for n in range(2000)))
        stage.control.start(1)
        for number in range(2000):
            stage.control.stop(1).then(lambda _, n=number: stage.control.start(n + 2))
        stage.run(lambda: None, *[lambda: None] * (2000 // SPAWNS_PER_TURN_MAX + 1))
        assert stage.failures == []
        assert {stage.state(n + 2) for n in range(2000)} == {"RUNNING"}

    def test_callback_that_fails_does_not_keep_the_others_from_hearing(self) -> None:
        stage, heard = Stage().add(program()), list[str]()
        stage.control.start(1)
        ticket = stage.control.stop(1)
        ticket.then(lambda _: 1 // 0)
        ticket.then(lambda _: heard.append("second"))
        stage.run(lambda: None)
        assert heard == ["second"]
        assert len(stage.failures) == 1


class TestBounds:
    def test_spawns_of_one_turn_are_limited(self) -> None:
        """A flood of starts never delays a request by more than the spawns of one turn."""
        count = 5 * SPAWNS_PER_TURN_MAX + 1
        stage = Stage().add(*(program(f"p{n}", AT_ONCE) for n in range(count))).begin()
        assert len(stage.spawned) == SPAWNS_PER_TURN_MAX
        stage.run(*[lambda: None] * 5)
        assert max(stage.spawns_in_turn[1:]) == SPAWNS_PER_TURN_MAX
        assert sorted(stage.spawned) == list(range(1, count + 1))

    def test_loop_does_not_wait_while_children_have_yet_to_be_made(self) -> None:
        count = 4 * SPAWNS_PER_TURN_MAX
        stage = Stage().add(*(program(f"p{n}", AT_ONCE) for n in range(count))).begin()
        stage.run(*[lambda: None] * 4)
        assert stage.timeouts == [0.0, 0.0, None, None, None]

    def test_requests_are_handled_between_the_spawns_of_a_crowd(self) -> None:
        count = 10 * SPAWNS_PER_TURN_MAX
        stage = Stage().add(*(program(f"p{n}", AT_ONCE) for n in range(count))).begin()
        answers = list[Fault | None]()
        stage.run(lambda: answers.append(stage.control.stop(count).fault))
        assert answers == [Fault.SUCCESS], "it was stopped before its child was made"
        assert count not in stage.spawned

    def test_calls_of_one_turn_are_limited(self) -> None:
        stage, called = Stage(), list[int]()
        for number in range(TIMERS_PER_TURN_MAX + 1):
            stage.timers.call_at(stage.clock.mono_s, lambda n=number: called.append(n))
        stage.run(lambda: called.append(-1), lambda: called.append(-2))
        assert called == [-1, *range(TIMERS_PER_TURN_MAX), -2, TIMERS_PER_TURN_MAX]
        assert stage.timeouts[:2] == [0.0, 0.0]

    def test_calls_that_take_long_wait_for_further_turns(self) -> None:
        """In between exits are seen, however many slices of long answers are to be made."""
        stage, called_in = Stage(), list[int]()

        def slice_of_work() -> None:
            called_in.append(stage.loop.turns_count)
            stage.clock.advance(0.6 * TIMERS_S_MAX)

        for _ in range(5):
            stage.timers.call_at(stage.clock.mono_s, slice_of_work)
        stage.run(*[lambda: None] * 3)
        assert called_in == [1, 1, 2, 2, 3]
        assert stage.timeouts == [0.0, 0.0, 0.0, None]

    def test_answers_of_one_turn_are_limited(self) -> None:
        """Thousands may wait for the same process; signals are seen while they are told."""
        stage, told_in = Stage().add(program()), list[int]()
        stage.control.start(1)
        for _ in range(4 * ANSWERS_PER_TURN_MAX + 1):
            stage.control.stop(1).then(lambda _: told_in.append(stage.loop.turns_count))
        stage.run(*[lambda: None] * 4)
        # Those of the turn that the exit was seen in, and of the next one before it waits.
        counts = [2 * ANSWERS_PER_TURN_MAX, *[ANSWERS_PER_TURN_MAX] * 2, 1]
        assert list(Counter(told_in).values()) == counts
        assert stage.timeouts[1:] == [0.0, 0.0, 0.0, None]

    def test_all_answers_are_told_before_the_loop_is_left(self) -> None:
        stage, told = Stage().add(program()), list[object]()
        stage.control.start(1)

        def stop_and_leave() -> None:
            for _ in range(3 * ANSWERS_PER_TURN_MAX):
                stage.control.stop(1).then(told.append)
            stage.control.shutdown()

        stage.run(stop_and_leave, *[lambda: None] * 9)
        assert len(told) == 3 * ANSWERS_PER_TURN_MAX


class Stubborn:
    """A component that fails on every second input."""

    def __init__(self) -> None:
        self.handled: list[object] = []

    def handle(self, happened: object, now: Now) -> list[object]:
        self.handled.append(happened)
        if len(self.handled) % 2:
            raise ZeroDivisionError(happened)
        return []

    def next_deadline_s(self) -> None:
        return None


class TestMistakes:
    def test_component_that_fails_is_reported_and_asked_again(self) -> None:
        stage, component = Stage(), Stubborn()
        stage.loop._component = component
        for each in ("a", "b", "c"):
            stage.loop.submit(each)
        assert component.handled == ["a", "b", "c"]
        assert len(stage.failures) == 2
        assert "cannot handle 'a'" in stage.failures[0]

    def test_command_that_fails_does_not_keep_the_next_from_being_done(self) -> None:
        stage = Stage().add(program())
        stage.executor._publish = lambda _: 1 // 0
        ticket = stage.control.start(1)
        assert ticket.fault == Fault.SUCCESS
        assert stage.state() == "RUNNING"
        assert len(stage.failures) == 2, "one for each state that was announced"

    def test_timer_that_fails_does_not_stop_the_loop(self) -> None:
        stage, called = Stage(), list[str]()
        stage.timers.call_at(stage.clock.mono_s, lambda: 1 // 0)
        stage.timers.call_at(stage.clock.mono_s, lambda: called.append("next"))
        stage.run(lambda: None)
        assert called == ["next"]
        assert "ZeroDivisionError" in stage.failures[0]

    def test_signals_that_cannot_be_taken_do_not_stop_the_loop(self) -> None:
        stage = Stage()
        stage.loop.take_signals = lambda: bool(1 // 0)
        stage.run(lambda: None)
        assert len(stage.failures) == 2
        assert stage.timeouts == [None, None]

    def test_surprise_while_a_child_is_made_is_a_failed_spawn_at_once(self) -> None:
        """The process must not hang in STARTING because of a mistake of ours."""
        stage = Stage().add(program(start=StartPolicy(retries_max=0)))
        stage.spawn_errors.append(ZeroDivisionError("oops"))
        stage.begin()
        assert stage.state() == "FATAL"
        assert len(stage.failures) == 1

    def test_surprise_while_a_child_is_made_does_not_delay_the_others(self) -> None:
        stage = Stage().add(program("a", AT_ONCE), program("b", AT_ONCE))
        stage.spawn_errors.append(ZeroDivisionError("oops"))
        stage.begin()
        assert (stage.state(1), stage.state(2)) == ("BACKOFF", "RUNNING")

    def test_spawns_that_fail_count_as_spawns(self) -> None:
        count = SPAWNS_PER_TURN_MAX + 1
        stage = Stage().add(*(program(f"p{n}", AT_ONCE) for n in range(count)))
        stage.spawn_errors += [ZeroDivisionError("oops")] * count
        stage.begin()
        assert len(stage.spawned) == SPAWNS_PER_TURN_MAX


class TestLeaving:
    def test_loop_is_left_when_everything_has_stopped(self) -> None:
        stage = Stage().add(program(start=AT_ONCE)).begin()
        stage.run(stage.control.shutdown, *[lambda: None] * 10)
        assert stage.script, "it was left before the script was through"
        assert stage.state() == "STOPPED"

    def test_loop_can_be_run_again(self) -> None:
        stage = Stage()
        assert stage.run().run().timeouts == [None, None]

    def test_nothing_that_waits_for_its_turn_is_spawned_once_the_daemon_leaves(self) -> None:
        """From now on nothing is started."""
        count = 3 * SPAWNS_PER_TURN_MAX
        stage = Stage().add(*(program(f"p{n}", AT_ONCE) for n in range(count))).begin()
        for number in range(count):
            stage.kernel.behaviours[f"p{number}"] = Behaviour(ignores=frozenset({15}))
        stage.loop.submit(inputs.ShutdownRequested())
        before = len(stage.spawned)
        stage.run(*[stage.pass_s(11.0)] * 4 * SPAWNS_PER_TURN_MAX)
        assert len(stage.spawned) == before == SPAWNS_PER_TURN_MAX
        assert {stage.state(n + 1) for n in range(count)} == {"STOPPED"}

    def test_request_after_leaving_began_is_refused_by_the_core(self) -> None:
        stage = Stage().add(program("a", BY_HAND), program("b", AT_ONCE)).begin()
        stage.kernel.behaviours["b"] = Behaviour(ignores=frozenset({15}))
        stage.run(stage.control.shutdown)
        ticket = Ticket()
        stage.loop.submit(inputs.StartRequested(1, ticket))
        assert ticket.fault == Fault.ABNORMAL_TERMINATION
        assert stage.state(1) == "STOPPED"


def test_loop_counts_its_turns_and_how_late_it_comes() -> None:
    """For metrics: what is due at a time is called a little later, and how much is known."""
    stage = Stage()
    stage.timers.call_at(stage.clock.mono_s + 5.0, lambda: None)
    stage.timers.call_at(stage.clock.mono_s + 20.0, lambda: None)
    stage.run(stage.pass_s(2.0), stage.pass_s(3.5), stage.pass_s(15.0))
    assert stage.loop.turns_count == 4
    assert stage.loop.due_count == 2
    assert stage.loop.late_s == pytest.approx(1.0)
    assert stage.loop.latest_s == pytest.approx(0.5)
