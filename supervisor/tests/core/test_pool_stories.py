"""Stories of a pool: who gets which event, what is logged, and what becomes of refused events."""

import pytest

from supervisor.core import pool_inputs as inputs
from supervisor.core.pool_commands import Refused
from supervisor.core.pool_inputs import Verdict
from supervisor.core.serials import SERIAL_MAX, next_serial
from supervisor.tests.core.pool_story import PoolStory

UNKNOWN_WARNING = (
    "WARN a: has entered the UNKNOWN state and will no longer receive events, this usually "
    "indicates the process violated the eventlistener protocol"
)


# -- dispatch ------------------------------------------------------------------------------------


def test_e5_event_is_sent_as_soon_as_a_listener_is_ready() -> None:
    """E5: dispatch is driven by what happens, there is no pass to wait for."""
    story = PoolStory("a").accept()
    assert story.take_sent() == []
    assert story.ready("a").take_sent() == [("a", 0)]
    assert story.state("a") == "BUSY"


def test_pool_sends_the_next_event_with_the_ready_that_follows_a_result() -> None:
    """Tokens may be merged: `RESULT 2\\nOKREADY\\n` in one read is normal."""
    story = PoolStory("a").accept(2).ready("a").says("a", b"RESULT 2\nOKREADY\n")
    assert story.take_sent() == [("a", 0), ("a", 1)]
    assert story.pool.delivered_count == 1


def test_event_goes_to_one_listener_only() -> None:
    """Every pool gets every event once, delivered to one of its listeners."""
    assert PoolStory("a", "b").ready("a", "b").accept().take_sent() == [("a", 0)]


def test_listeners_are_offered_events_by_priority_and_then_by_name() -> None:
    """The first, in (process priority, name) order, that is RUNNING and READY."""
    story = PoolStory()
    for name, priority in (("b", 5), ("c", 1), ("a", 5)):
        story.add(name, priority).began(name).came_up(name).ready(name)
    assert story.accept(3).take_sent() == [("c", 0), ("a", 1), ("b", 2)]


def test_listener_that_is_ready_but_not_up_gets_nothing() -> None:
    """Eligible only when its process state is RUNNING and its listener state is READY."""
    story = PoolStory().add("a").began("a").ready("a").accept()
    assert story.take_sent() == []
    assert story.came_up("a").take_sent() == [("a", 0)]


def test_listener_that_is_being_stopped_gets_nothing() -> None:
    story = PoolStory("a").ready("a").went_down("a").accept()
    assert story.take_sent() == []
    assert story.pool.waiting_count == 1


def test_listener_that_was_removed_gets_nothing_and_gives_its_event_back() -> None:
    story = PoolStory("a", "b").ready("a").accept()
    story.happen(inputs.ListenerRemoved(story.ids["a"]))
    assert story.ready("b").take_sent() == [("a", 0), ("b", 0)]
    story.says("a", b"RESULT 2\nOK")
    assert story.pool.delivered_count == 0


# -- serials -------------------------------------------------------------------------------------


def test_poolserial_counts_what_the_pool_accepted_and_stays_with_the_event() -> None:
    """Counter per pool, from 0; redelivery: both numbers unchanged."""
    story = PoolStory("a").ready("a")
    story._serial = 41
    seen = []
    for answer in (b"RESULT 4\nFAILREADY\n", b"RESULT 2\nOKREADY\n"):
        story.accept()
        letter = next(iter(story.pool._listeners.values())).letter
        assert letter is not None
        seen.append((letter.serial, letter.poolserial))
        story.says("a", answer)
    assert seen == [(41, 0), (41, 0)]


def test_serial_begins_again_after_the_largest_integer() -> None:
    """Wraps to 0 after the platform's max integer."""
    assert next_serial(SERIAL_MAX - 1) == SERIAL_MAX
    assert next_serial(SERIAL_MAX) == 0


# -- results -------------------------------------------------------------------------------------


def test_result_that_is_accepted_is_logged_in_order() -> None:
    """Order on a result read: event was processed, BUSY -> ACKNOWLEDGED, ACKNOWLEDGED -> READY."""
    story = PoolStory("a").ready("a").accept().says("a", b"RESULT 2\nOKREADY\n")
    assert story.take_log() == [
        "DEBG a: ACKNOWLEDGED -> READY",
        "DEBG event 0 sent to listener a",
        "DEBG a: event was processed",
        "DEBG a: BUSY -> ACKNOWLEDGED",
        "DEBG a: ACKNOWLEDGED -> READY",
    ]


def test_result_that_is_rejected_brings_the_event_back() -> None:
    """RejectEvent: WARN, ACKNOWLEDGED, rebuffered."""
    story = PoolStory("a").ready("a").accept()
    story.take_log()
    story.says("a", b"RESULT 4\nFAIL")
    assert story.take_log() == [
        "WARN a: event was rejected",
        "DEBG a: BUSY -> ACKNOWLEDGED",
        "DEBG rebuffering event 0 for pool pool (buf size=0, max=10)",
    ]
    assert [type(each) for each in story.done] == [Refused]
    assert story.ready("a").take_sent() == [("a", 0), ("a", 0)]


def test_result_handler_that_crashes_makes_the_listener_unknown() -> None:
    """Other exception: WARN, UNKNOWN, rebuffered."""
    story = PoolStory("a").ready("a").accept()
    story.handler = lambda _: Verdict.CRASHED
    story.take_log()
    story.says("a", b"RESULT 2\nOKREADY\n")
    assert story.take_log() == [
        "WARN a: event caused an error",
        "DEBG a: BUSY -> UNKNOWN",
        UNKNOWN_WARNING,
        "DEBG rebuffering event 0 for pool pool (buf size=0, max=10)",
    ]
    assert story.state("a") == "UNKNOWN"
    assert story.restarted("a").ready("a").take_sent() == [("a", 0), ("a", 0)]


def test_result_of_a_listener_that_is_being_stopped_still_counts() -> None:
    story = PoolStory("a").ready("a").accept().went_down("a").says("a", b"RESULT 2\nOK").gone("a")
    assert (story.pool.delivered_count, story.pool.waiting_count) == (1, 0)


# -- the buffer ----------------------------------------------------------------------------------


def test_full_buffer_discards_the_oldest_event() -> None:
    """ERRO overflow line with the serial of the discarded; the new one is appended."""
    story = PoolStory("a", buffer_size=2).accept(3)
    assert story.take_log() == ["ERRO pool pool event buffer overflowed, discarding event 0"]
    assert (story.pool.waiting_count, story.pool.dropped_count) == (2, 1)
    story.ready("a").says("a", b"RESULT 2\nOKREADY\n")
    assert story.take_sent() == [("a", 1), ("a", 2)]


def test_buffer_at_its_limit_discards_nothing() -> None:
    assert PoolStory("a", buffer_size=2).accept(2).take_log() == []


def test_buffer_of_no_size_keeps_one_event() -> None:
    story = PoolStory("a", buffer_size=0).accept(2).ready("a")
    assert story.take_sent() == [("a", 1)]


def test_event_that_is_with_a_listener_takes_no_room() -> None:
    story = PoolStory("a", buffer_size=2).ready("a").accept(3)
    assert (story.pool.busy_count, story.pool.waiting_count, story.pool.dropped_count) == (1, 2, 0)


def test_rejected_event_returns_to_the_front() -> None:
    """Rejected event: put back at the front."""
    story = PoolStory("a").ready("a").accept(3).says("a", b"RESULT 4\nFAILREADY\n")
    story.says("a", b"RESULT 2\nOKREADY\n")
    assert story.take_sent() == [("a", 0), ("a", 0), ("a", 1)]


def test_rejected_event_returns_to_a_full_buffer_at_the_cost_of_the_front() -> None:
    """If full, the current front is discarded first (ERRO line)."""
    story = PoolStory("a", buffer_size=2).ready("a").accept(3)
    story.take_log()
    story.says("a", b"RESULT 4\nFAIL")
    assert story.take_log() == [
        "WARN a: event was rejected",
        "DEBG a: BUSY -> ACKNOWLEDGED",
        "DEBG rebuffering event 0 for pool pool (buf size=2, max=2)",
        "ERRO pool pool event buffer overflowed, discarding event 1",
    ]
    story.says("a", b"READY\n").says("a", b"RESULT 2\nOKREADY\n")
    assert story.take_sent() == [("a", 0), ("a", 0), ("a", 2)]


def test_events_that_two_listeners_refused_keep_their_order() -> None:
    story = PoolStory("a", "b").ready("a", "b").accept(3)
    story.says("a", b"RESULT 4\nFAIL").says("b", b"RESULT 4\nFAIL")
    story.take_sent()
    assert story.ready("a", "b").take_sent() == [("a", 0), ("b", 1)]


def test_what_still_waits_after_sending_is_logged_once() -> None:
    """E19: DEBG `rebuffering event <serial> …` for the first that could not be sent."""
    story = PoolStory("a").accept(4)
    assert story.take_log() == []
    story.ready("a").accept()
    assert story.take_log() == [
        "DEBG a: ACKNOWLEDGED -> READY",
        "DEBG event 0 sent to listener a",
        "DEBG rebuffering event 1 for pool pool (buf size=2, max=10)",
    ]


def test_e1_refused_event_goes_to_its_own_pool_alone() -> None:
    """E1: a rejected event is offered again to the owning pool only."""
    owner, other = PoolStory("a").ready("a"), PoolStory("b").ready("b")
    owner.accept().says("a", b"RESULT 4\nFAIL")
    assert (owner.pool.waiting_count, other.pool.waiting_count) == (1, 0)
    # What a refusal leads to names listeners of the pool, and nothing else.
    assert [each.process_id for each in owner.kinds(Refused)] == [owner.ids["a"]]
    assert other.take_sent() == []


def test_e6_pause_after_refusals_grows_and_is_bounded() -> None:
    """E6: no pause the first time, then 50 ms, doubled up to 5 s."""
    story = PoolStory("a").ready("a").accept()
    pauses = []
    for _ in range(12):
        story.take_sent()
        story.says("a", b"RESULT 4\nFAILREADY\n")
        when_s = story.pool.next_deadline_s()
        pauses.append(0.0 if when_s is None else round(when_s - story.now_s, 3))
        story.pass_s(pauses[-1])
        assert story.take_sent() == [("a", 0)]
    assert pauses == [0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 5.0]


def test_e6_other_events_wait_behind_a_refused_one() -> None:
    """E6: order is kept."""
    story = PoolStory("a", "b").ready("a").accept()
    for _ in range(2):
        story.says("a", b"RESULT 4\nFAILREADY\n")
    story.take_sent()
    story.accept().ready("b")
    assert story.take_sent() == []
    story.pass_s(0.06)
    assert story.take_sent() == [("a", 0), ("b", 1)]


def test_pool_needs_no_waking_while_nobody_could_be_sent_anything() -> None:
    story = PoolStory("a").ready("a").accept()
    for _ in range(3):
        story.says("a", b"RESULT 4\nFAIL").pass_s(10).ready("a")
    story.says("a", b"RESULT 4\nFAIL")
    assert story.pool.waiting_count == 1
    assert story.pool.next_deadline_s() is None


def test_pause_ends_with_the_event_that_it_was_for() -> None:
    """An overflow takes the refused event; those behind it have waited for nothing."""
    story = PoolStory("a", buffer_size=1).ready("a").accept()
    story.says("a", b"RESULT 4\nFAILREADY\n", b"RESULT 4\nFAILREADY\n")
    story.take_sent()
    assert story.accept().take_sent() == [("a", 1)]


def test_pool_that_is_removed_drops_what_waits() -> None:
    """Pool removed: buffered events are lost."""
    story = PoolStory("a", "b").ready("a").accept(3)
    story.happen(inputs.PoolRemoved())
    assert (story.pool.dropped_count, story.pool.is_idle) == (3, True)
    story.says("a", b"RESULT 2\nOK").gone("a").came_up("b")
    assert story.pool.dropped_count == 3


def test_pool_is_idle_when_nothing_waits_and_nobody_is_busy() -> None:
    story = PoolStory("a")
    assert story.pool.is_idle
    assert not story.accept().pool.is_idle
    assert not story.ready("a").pool.is_idle
    assert story.says("a", b"RESULT 2\nOK").pool.is_idle


# -- event_max_retries ---------------------------------------------------------------------------


def test_event_rejected_as_often_as_allowed_is_dropped_and_counted() -> None:
    story = PoolStory("a", retries_max=2).ready("a").accept(2)
    story.says("a", b"RESULT 4\nFAILREADY\n")
    assert story.pool.dropped_count == 0
    story.take_log()
    story.says("a", b"RESULT 4\nFAIL")
    assert story.take_log()[2:] == [
        "ERRO pool pool discarding event 0, which was rejected 2 times (event_max_retries)"
    ]
    assert story.pool.dropped_count == 1
    story.take_sent()
    assert story.ready("a").take_sent() == [("a", 1)]


def test_event_may_be_dropped_at_its_first_rejection() -> None:
    """event_max_retries = 1 counts rejections, not further tries."""
    story = PoolStory("a", retries_max=1).ready("a").accept().says("a", b"RESULT 4\nFAIL")
    assert story.log[-1] == (
        "ERRO pool pool discarding event 0, which was rejected 1 time (event_max_retries)"
    )
    assert story.pool.dropped_count == 1


def test_event_that_kills_its_listeners_is_dropped_in_the_end() -> None:
    """A listener that dies over an event has rejected it."""
    story = PoolStory("a", retries_max=2).accept()
    for _ in range(2):
        story.ready("a").restarted("a")
    assert (story.pool.dropped_count, story.pool.waiting_count) == (1, 0)


def test_listener_that_rejects_too_often_is_given_up_when_that_is_wanted() -> None:
    """event_max_retries_action = fatal: the listener process goes FATAL, the event is kept."""
    story = PoolStory("a", "b", retries_max=2, fatal_after_retries=True).ready("a").accept()
    story.says("a", b"RESULT 4\nFAILREADY\n", b"RESULT 4\nFAILREADY\n")
    given_up = [each.process_id for each in story.done if not isinstance(each, Refused)]
    assert given_up == [story.ids["a"]]
    assert (
        "ERRO pool pool giving up listener a, event 0 was rejected 2 times (event_max_retries)"
    ) in story.log
    story.take_sent()
    assert story.ready("b").take_sent() == [("b", 0)]
    assert story.says("b", b"RESULT 4\nFAILREADY\n").take_sent() == [("b", 0)]


@pytest.mark.parametrize("times", [5, 50])
def test_event_is_offered_again_without_limit_by_default(times: int) -> None:
    """Default: no limit, as today."""
    story = PoolStory("a").ready("a").accept()
    for _ in range(times):
        story.says("a", b"RESULT 4\nFAILREADY\n").pass_s(5.0)
    assert len(story.take_sent()) == times + 1
