"""What listeners do wrong harms nobody but themselves: the failure matrix of the manual."""

import pytest

from supervisor.core.listener import GARBAGE_LINES_MAX
from supervisor.core.pool_inputs import SendFailed
from supervisor.tests.core.pool_story import PoolStory

OVERFLOW = "ERRO pool pool event buffer overflowed, discarding event"


def test_listener_that_never_says_ready_gets_no_events() -> None:
    """Never prints READY: no events; buffer fills and overflows."""
    story = PoolStory("a", buffer_size=2).accept(4)
    assert story.take_sent() == []
    assert story.take_log() == [f"{OVERFLOW} 0", f"{OVERFLOW} 1"]


def test_listener_that_prints_a_banner_first_is_lost() -> None:
    """Prints a banner first: UNKNOWN."""
    story = PoolStory("a").says("a", b"hello, world\n").ready("a").accept()
    assert (story.state("a"), story.take_sent()) == ("UNKNOWN", [])


def test_listener_that_blocks_while_busy_leaves_the_others_at_work() -> None:
    """Blocks while BUSY: that listener unavailable; others in the pool continue."""
    story = PoolStory("a", "b").ready("a", "b").accept(3).says("b", b"RESULT 2\nOKREADY\n")
    assert story.take_sent() == [("a", 0), ("b", 1), ("b", 2)]
    assert story.state("a") == "BUSY"


def test_listener_that_exits_after_ok_is_done_with_its_event() -> None:
    """Exits after OK without READY: fine."""
    story = PoolStory("a").ready("a").accept().says("a", b"RESULT 2\nOK").restarted("a").ready("a")
    assert (story.take_sent(), story.pool.delivered_count) == ([("a", 0)], 1)


def test_event_of_a_listener_that_dies_busy_goes_to_another() -> None:
    """Dies while BUSY: event goes to another listener …"""
    story = PoolStory("a", "b").ready("a", "b").accept()
    story.take_log()
    story.went_down("a").gone("a")
    assert story.take_sent() == [("a", 0), ("b", 0)]
    assert story.take_log() == [
        "DEBG rebuffering event 0 for pool pool (buf size=0, max=10)",
        "DEBG event 0 sent to listener b",
    ]


def test_event_of_a_listener_that_dies_busy_goes_to_its_next_child() -> None:
    """… or to its next incarnation."""
    story = PoolStory("a").ready("a").accept().restarted("a")
    assert story.state("a") == "ACKNOWLEDGED"
    assert story.ready("a").take_sent() == [("a", 0), ("a", 0)]


def test_last_words_of_a_listener_that_dies_busy_count() -> None:
    """Output still in the pipe is processed first."""
    story = PoolStory("a").ready("a").accept().went_down("a").says("a", b"RESULT 2\nOK").gone("a")
    assert (story.pool.delivered_count, story.pool.is_idle) == (1, True)


def test_listener_that_adds_a_newline_after_ok_is_lost() -> None:
    """Adds newline after `OK`: next token starts with a line feed, UNKNOWN once >= 6 bytes."""
    story = PoolStory("a").ready("a").accept().says("a", b"RESULT 2\nOK\n")
    assert story.state("a") == "ACKNOWLEDGED"
    assert story.says("a", b"READY\n").state("a") == "UNKNOWN"
    assert story.pool.delivered_count == 1


def test_listener_that_closed_its_stdin_keeps_its_state() -> None:
    """Closes stdin: DEBG epipe line, listener state unchanged, next listener tried."""
    story = PoolStory("a", "b")
    story.unreachable.add("a")
    story.ready("a", "b")
    story.take_log()
    story.accept()
    assert story.take_log() == [
        "DEBG epipe occurred while sending event 0 to listener a, listener state unchanged",
        "DEBG event 0 sent to listener b",
    ]
    assert (story.state("a"), story.take_sent()) == ("READY", [("b", 0)])


def test_event_that_reaches_no_listener_stays() -> None:
    """… else event stays; a listener that does not read is not tried again and again."""
    story = PoolStory("a")
    story.unreachable.add("a")
    story.ready("a").accept()
    assert (story.pool.waiting_count, story.pool.refused_count) == (1, 0)
    assert story.pool.next_deadline_s() is None
    story.take_log()
    assert story.accept().take_log() == []
    story.unreachable.clear()
    assert story.restarted("a").ready("a").take_sent() == [("a", 0)]


def test_event_that_does_not_reach_one_listener_goes_first_to_the_next() -> None:
    """Events keep their order although several listeners wait."""
    story = PoolStory("a", "b", "c").ready("c").accept()
    story.says("c", b"RESULT 4\nFAILREADY\n").says("c", b"RESULT 4\nFAIL")
    story.unreachable.add("a")
    story.ready("a", "b").accept()
    story.take_sent()
    story.pass_s(0.06)
    assert story.take_sent() == [("b", 0)]


def test_send_that_fails_late_brings_the_event_back() -> None:
    """The pipe broke while the rest of an event waited for room in it."""
    story = PoolStory("a", "b").ready("a", "b").accept()
    story.happen(SendFailed(story.ids["a"], "EPIPE"))
    assert story.take_sent() == [("a", 0), ("b", 0)]
    assert story.state("a") == "READY"


def test_send_that_fails_after_the_answer_changes_nothing() -> None:
    story = PoolStory("a").ready("a").accept().says("a", b"RESULT 2\nOK")
    story.happen(SendFailed(story.ids["a"], "EPIPE"))
    assert (story.state("a"), story.pool.delivered_count) == ("ACKNOWLEDGED", 1)


def test_e8_empty_result_is_noticed_at_once() -> None:
    """E8: a result of no bytes is recognised without further output; then rejected."""
    story = PoolStory("a").ready("a").accept()
    story.take_log()
    story.says("a", b"RESULT 0\n")
    assert story.take_log()[0] == "WARN a: event was rejected"
    assert story.state("a") == "ACKNOWLEDGED"


def test_listener_that_prints_while_ready_is_lost() -> None:
    """READY, any output: UNKNOWN, input discarded."""
    story = PoolStory("a").ready("a").says("a", b"!").accept()
    assert (story.state("a"), story.take_sent()) == ("UNKNOWN", [])


def test_second_ready_is_a_violation() -> None:
    """READY, even a second `READY\\n`: UNKNOWN."""
    assert PoolStory("a").ready("a", "a").state("a") == "UNKNOWN"


def test_what_comes_with_ready_is_no_answer_to_the_event_that_waits() -> None:
    """Bytes that were printed before an event was sent cannot be its result."""
    story = PoolStory("a").accept().says("a", b"READY\nRESULT 2\nOK")
    assert (story.state("a"), story.take_sent()) == ("UNKNOWN", [])
    assert story.pool.waiting_count == 1


def test_e22_result_without_an_event_is_a_violation() -> None:
    """E22: RESULT while READY (no event pending): UNKNOWN."""
    assert PoolStory("a").ready("a").says("a", b"RESULT 2\nOK").state("a") == "UNKNOWN"


def test_event_of_a_listener_that_is_stopped_while_busy_is_kept() -> None:
    """Is stopped by RPC while BUSY: event rejected and kept for the pool."""
    story = PoolStory("a").ready("a").accept().went_down("a")
    assert story.pool.busy_count == 1
    assert story.gone("a").pool.waiting_count == 1


def test_new_child_without_the_end_of_the_old_one_gives_the_event_back() -> None:
    story = PoolStory("a").ready("a").accept().began("a")
    assert (story.pool.waiting_count, story.state("a")) == (1, "ACKNOWLEDGED")


@pytest.mark.parametrize("line", [b"BLAH", b"RESULT", b"RESULT -2", b"RESULT +2", b"RESULT 1_0"])
def test_e7_bad_result_line_loses_the_listener_and_not_the_event(line: bytes) -> None:
    """E7, E20: WARN bad result line; UNKNOWN; event rejected and waits for another listener."""
    story = PoolStory("a").ready("a").accept()
    story.take_log()
    story.says("a", line + b"\n")
    log = story.take_log()
    assert log[0] == f"WARN a: bad result line: '{line.decode()}'"
    assert log[1] == "DEBG a: BUSY -> UNKNOWN"
    assert log[-1] == "DEBG rebuffering event 0 for pool pool (buf size=0, max=10)"
    assert (story.state("a"), story.pool.waiting_count) == ("UNKNOWN", 1)


def test_e7_wrong_word_is_accepted_and_warned_of_once() -> None:
    """E7: a wrong 7-byte word is tolerated with a WARN: listeners that work go on working."""
    story = PoolStory("a").ready("a").accept(2)
    story.take_log()
    story.says("a", b"RESULTS2\nOKREADY\n").says("a", b"RESULTS2\nOK")
    warned = [line for line in story.take_log() if line.startswith("WARN")]
    assert warned == [
        "WARN a: result line begins with 'RESULTS' instead of 'RESULT ', taken for a result"
    ]
    assert story.pool.delivered_count == 2


def test_bad_result_line_is_logged_as_one_line_of_text() -> None:
    story = PoolStory("a").ready("a").accept()
    story.take_log()
    story.says("a", b"\x1b[31m\xff \xc3\x98\r\n")
    assert story.take_log()[0] == "WARN a: bad result line: '\\x1b[31m\\xff Ø\\r'"


def test_result_beyond_the_limit_is_a_bad_line_that_says_so() -> None:
    story = PoolStory("a").ready("a").accept()
    story.take_log()
    story.says("a", b"RESULT 16777217\n")
    assert story.take_log()[0] == (
        "WARN a: bad result line: 'RESULT 16777217' (a result has at most 16777216 bytes)"
    )


# -- event_resync --------------------------------------------------------------------------------


def test_resync_skips_a_banner() -> None:
    """event_resync = true: the line is logged and the conversation continues."""
    story = PoolStory("a", resync=True).accept().says("a", b"hello, world\nREADY\n")
    assert story.take_sent() == [("a", 0)]
    assert story.take_log()[0] == ("WARN a: ignored output outside the protocol: 'hello, world'")


def test_resync_survives_a_newline_after_ok() -> None:
    story = PoolStory("a", resync=True).ready("a").accept(2).says("a", b"RESULT 2\nOK\nREADY\n")
    assert story.take_sent() == [("a", 0), ("a", 1)]


def test_resync_ignores_output_while_ready() -> None:
    story = PoolStory("a", resync=True).ready("a").says("a", b"noise\n").accept()
    assert (story.state("a"), story.take_sent()) == ("BUSY", [("a", 0)])


def test_resync_does_not_take_what_came_with_ready_for_an_answer() -> None:
    story = PoolStory("a", resync=True).accept().says("a", b"READY\nRESULT 2\nOK")
    assert (story.take_sent(), story.state("a")) == ([("a", 0)], "BUSY")
    assert story.says("a", b"RESULT 2\nOK").pool.delivered_count == 1


def test_resync_waits_for_the_result_behind_a_bad_line() -> None:
    """In BUSY the line is logged and the listener still owes its result."""
    story = PoolStory("a", resync=True).ready("a").accept()
    story.take_log()
    story.says("a", b"debugging 12\nRESULT 2\nOK")
    assert story.take_log()[0] == "WARN a: bad result line: 'debugging 12'"
    assert story.pool.delivered_count == 1


def test_resync_does_not_fill_the_log() -> None:
    """A flood of garbage is logged up to a limit, until the conversation goes on."""
    story = PoolStory("a", resync=True).says("a", *[b"noise\n"] * 1000)
    log = story.take_log()
    assert len(log) == GARBAGE_LINES_MAX + 1
    assert "further output" in log[-1]
    story.ready("a").take_log()
    assert len(story.says("a", b"noise\n").take_log()) == 1
