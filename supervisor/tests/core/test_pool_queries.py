"""Questions to a pool, and events that are read back from the journal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.core import pool_inputs as inputs
from supervisor.core.control import Ticket
from supervisor.core.pool_commands import Dropped, DropReason, FellBehind
from supervisor.errors import Fault
from supervisor.tests.core.pool_story import PoolStory

# -- queries -------------------------------------------------------------------------------------


def test_query_is_answered_with_whatever_the_result_is() -> None:
    """Any RESULT body is the answer; the result handler is not asked."""
    story = PoolStory("a").ready("a")
    ticket = story.query()
    story.says("a", b"RESULT 6\nFAIL\xc3\x98READY\n")
    assert (ticket.fault, ticket.text) == (Fault.SUCCESS, "FAILØ")
    assert (story.state("a"), story.pool.delivered_count) == ("READY", 1)


def test_query_waits_for_its_turn() -> None:
    story = PoolStory("a").accept()
    ticket = story.query()
    story.ready("a").says("a", b"RESULT 2\nOK")
    assert not ticket.done
    story.ready("a").says("a", b"RESULT 0\n")
    assert (ticket.done, ticket.text) == (True, "")


def test_query_that_overflows_is_answered_with_a_fault() -> None:
    """A discarded query answers its ticket with a fault."""
    story = PoolStory("a", buffer_size=1)
    ticket = story.query()
    story.accept()
    assert (ticket.fault, ticket.text) == (Fault.FAILED, "the event buffer of the pool overflowed")


def test_query_of_a_listener_that_dies_goes_to_the_next() -> None:
    story = PoolStory("a", "b").ready("a")
    ticket = story.query()
    story.restarted("a").ready("b").says("b", b"RESULT 2\n42")
    assert (ticket.fault, ticket.text) == (Fault.SUCCESS, "42")


def test_query_that_failed_as_often_as_allowed_is_answered_with_a_fault() -> None:
    story = PoolStory("a", retries_max=1).ready("a")
    ticket = story.query()
    story.restarted("a")
    assert ticket.fault is Fault.FAILED


def test_query_to_a_pool_that_is_removed_is_answered_with_a_fault() -> None:
    story = PoolStory("a", "b").ready("a")
    tickets = [story.query(), story.query()]
    story.happen(inputs.PoolRemoved())
    assert [ticket.text for ticket in tickets] == ["the pool was removed"] * 2


def test_query_that_was_withdrawn_is_sent_to_nobody() -> None:
    story = PoolStory("a")
    ticket = story.query()
    ticket.resolve(Fault.FAILED, "timed out")
    story.happen(inputs.QueryWithdrawn(ticket)).ready("a")
    assert (story.take_sent(), story.pool.is_idle) == ([], True)
    assert [each.why for each in story.kinds(Dropped)] == [DropReason.WITHDRAWN]


def test_answer_to_a_query_that_was_withdrawn_while_under_way_is_forgotten() -> None:
    story = PoolStory("a").ready("a")
    ticket = story.query()
    ticket.settle(Fault.FAILED, "timed out")
    story.happen(inputs.QueryWithdrawn(ticket))
    assert story.pool.busy_count == 1
    story.went_down("a").gone("a")
    assert (story.pool.is_idle, story.pool.dropped_count) == (True, 1)


def test_answer_that_is_not_utf8_has_its_bytes_as_surrogates() -> None:
    story = PoolStory("a").ready("a")
    ticket = story.query()
    story.says("a", b"RESULT 3\na\xffb")
    assert ticket.text == "a\udcffb"


# -- the journal ---------------------------------------------------------------------------------


def replaying(*names: str, buffer_size: int = 4) -> PoolStory:
    story = PoolStory(*names, buffer_size=buffer_size, replays=True)
    story.journal = []
    return story


def deliver_all(story: PoolStory, times: int) -> list[int]:
    """Serials in the order in which listener a got them."""
    story.ready("a")
    for _ in range(times):
        story.says("a", b"RESULT 2\nOKREADY\n")
    return [serial for _, serial in story.take_sent()]


def test_full_replaying_pool_drops_nothing() -> None:
    """Instead of discarding, the newest are read back later from the journal."""
    story = replaying("a").accept(100)
    assert (story.pool.waiting_count, story.pool.dropped_count) == (4, 0)
    assert story.kinds(FellBehind) == [FellBehind(4)]
    assert deliver_all(story, 100) == list(range(100))
    assert (story.pool.is_idle, story.pool.delivered_count) == (True, 100)


def test_replaying_pool_takes_events_directly_once_it_has_caught_up() -> None:
    story = replaying("a").accept(6)
    assert deliver_all(story, 6) == list(range(6))
    assert "INFO pool pool has caught up with the event journal" in story.log
    assert story.accept().take_sent() == [("a", 6)]
    assert len(story.kinds(FellBehind)) == 1


def test_replaying_pool_keeps_the_order_while_new_events_come() -> None:
    story = replaying("a").accept(10).ready("a")
    for _ in range(30):
        story.says("a", b"RESULT 2\nOKREADY\n").accept()
    story.ready() if story.state("a") == "READY" else story.says("a", b"RESULT 2\nOKREADY\n")
    for _ in range(20):
        if story.state("a") == "BUSY":
            story.says("a", b"RESULT 2\nOKREADY\n")
    assert [serial for _, serial in story.take_sent()] == list(range(40))


def test_event_refused_by_a_full_replaying_pool_sends_the_newest_back_to_the_journal() -> None:
    story = replaying("a", buffer_size=2).ready("a").accept(3).says("a", b"RESULT 4\nFAIL")
    assert (story.pool.waiting_count, story.pool.dropped_count) == (2, 0)
    assert story.kinds(FellBehind) == [FellBehind(2)]
    assert deliver_all(story, 3) == [0, 0, 1, 2]


def test_pool_that_was_away_catches_up_from_where_it_was() -> None:
    """A listener that restarts or overflowed catches up, at least once, in order."""
    story = replaying("a").accept(3)
    again = replaying("a")
    again.journal = story.journal
    again.happen(inputs.Missed(1))
    assert deliver_all(again, 2) == [1, 2]
    assert again.pool.oldest_serial is None


def test_oldest_serial_is_the_first_that_is_not_done_with() -> None:
    story = replaying("a").ready("a").accept(2)
    assert story.pool.oldest_serial == 0
    assert story.says("a", b"RESULT 2\nOK").pool.oldest_serial == 1
    assert story.ready("a").says("a", b"RESULT 2\nOK").pool.oldest_serial is None


@pytest.mark.parametrize("story", [PoolStory("a", buffer_size=2), replaying("a", buffer_size=2)])
def test_query_to_a_full_pool_is_refused_at_once_and_costs_no_event(story: PoolStory) -> None:
    """Nobody is asked before those events have found a listener."""
    story.accept(2)
    ticket = story.query()
    assert (ticket.fault, ticket.text) == (
        Fault.FAILED,
        "the buffer of pool pool is full, 2 events wait",
    )
    assert (story.done, story.pool.waiting_count) == ([], 2)
    assert deliver_all(story, 2) == [0, 1]


def test_events_read_back_that_find_no_room_any_more_are_read_again() -> None:
    """The journal is read while other things happen."""
    story = replaying("a", buffer_size=2).accept(4)
    events, story.hold_journal = tuple(story.journal or ()), True
    story.ready("a")
    assert story.asked == [(2, 1)]
    story.query()
    story.hold_journal = False
    story.happen(inputs.Replayed(events[2:3], is_last=False))
    assert story.pool.waiting_count == 2
    story.says("a", b"RESULT 2\nOK")
    assert deliver_all(story, 4) == [0, 1, 4, 2, 3]


# -- a journal that cannot be written to ---------------------------------------------------------


def test_event_that_the_journal_has_not_is_delivered_in_its_turn() -> None:
    """After those that are read back, before later ones that the journal has again."""
    story = replaying("a", buffer_size=2).accept(4)
    story.unkept(2).accept(2)
    assert story.pool.waiting_count == 4
    assert deliver_all(story, 8) == list(range(8))
    assert (story.pool.is_idle, story.pool.dropped_count) == (True, 0)


def test_oldest_event_that_the_journal_has_not_is_discarded_when_there_are_too_many() -> None:
    """As in a pool without replay: with the line of an overflow, and counted."""
    story = replaying("a", buffer_size=2).accept(4).unkept(3)
    assert "ERRO pool pool event buffer overflowed, discarding event 4" in story.log
    assert deliver_all(story, 6) == [0, 1, 2, 3, 5, 6]
    assert (story.pool.is_idle, story.pool.dropped_count) == (True, 1)


def test_pool_that_is_not_behind_takes_what_the_journal_has_not_as_a_pool_without_replay() -> None:
    """Its buffer is all that there is."""
    story = replaying("a", buffer_size=2).unkept(3)
    assert "ERRO pool pool event buffer overflowed, discarding event 0" in story.log
    assert not story.pool.is_behind
    assert deliver_all(story, 2) == [1, 2]


def test_event_that_the_journal_has_not_is_never_sent_back_to_it() -> None:
    """The oldest has to leave the buffer instead."""
    story = replaying("a", buffer_size=2).ready("a").unkept(3).says("a", b"RESULT 4\nFAIL")
    assert not story.pool.is_behind
    assert [letter.serial for letter in story.pool.waiting] == [0, 2]


def test_events_that_only_a_removed_pool_had_are_counted() -> None:
    story = replaying("a", buffer_size=2).accept(3).unkept(2).happen(inputs.PoolRemoved())
    assert (story.pool.dropped_count, story.pool.waiting_count) == (4, 0)


@given(st.lists(st.sampled_from(["kept", "unkept", "OK", "FAIL", "query"]), max_size=40))
def test_whatever_the_journal_has_events_come_in_order_or_are_counted(steps: list[str]) -> None:
    """Each accepted event is delivered, or discarded and counted; the first times are in order."""
    story = replaying("a", buffer_size=3).ready("a")
    queries: list[Ticket] = []
    for step in steps:
        if step == "query":
            queries.append(story.query())
        elif step in ("kept", "unkept"):
            story.accept(is_kept=step == "kept")
        elif story.state("a") == "BUSY":
            story.says("a", f"RESULT {len(step)}\n{step}READY\n".encode())
            story.pass_s(10.0)
    while story.state("a") == "BUSY":
        story.says("a", b"RESULT 2\nOKREADY\n")
        story.pass_s(10.0)
    firsts = list(dict.fromkeys(serial for _, serial in story.take_sent()))
    asked = {letter.serial for letter in story.accepted if letter.ticket is not None}
    events = [serial for serial in firsts if serial not in asked]
    assert events == sorted(events)
    assert story.pool.is_idle
    refused = sum("is full" in (ticket.text or "") for ticket in queries)
    delivered = story.pool.delivered_count + story.pool.dropped_count + refused
    assert delivered == sum(step in ("kept", "unkept", "query") for step in steps)


def test_pool_that_does_not_replay_knows_no_journal() -> None:
    story = PoolStory("a").accept()
    assert story.happen(inputs.Missed(0)).pool.is_behind is False
