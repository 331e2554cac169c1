"""The short cuts of a pool: what happens nearly always, the same as the long way and only then."""

from collections.abc import Callable

import pytest

from supervisor.core.pool_inputs import EventAccepted
from supervisor.tests.core.pool_story import PoolStory

EVENT = EventAccepted(7, "TICK_5", b"when:0", object())


def busy(waiting: int = 2) -> PoolStory:
    """Listener a has event 0, others wait."""
    story = PoolStory("a").ready("a").accept(1 + waiting)
    story.take_sent()
    return story


def picture(story: PoolStory) -> tuple[object, ...]:
    pool = story.pool
    (listener,) = pool._listeners.values()
    with_listener = None if listener.letter is None else listener.letter.serial
    waiting = [letter.serial for letter in pool.waiting]
    return story.state("a"), with_listener, waiting, pool.delivered_count, pool.is_idle


def test_hand_over_does_what_the_long_way_does() -> None:
    """The result is accepted, the listener READY, and the next event sent."""
    long, short = busy(), busy()
    for expected in (1, 2):
        long.says("a", b"RESULT 2\nOKREADY\n")
        letter = short.pool.hand_over(short.ids["a"])
        assert letter is not None
        assert long.take_sent() == [("a", letter.serial)] == [("a", expected)]
        assert picture(short) == picture(long)


def paused() -> PoolStory:
    """Two listeners; the event in front was refused more than once."""
    story = PoolStory("a", "b").ready("a", "b").accept(2)
    return story.says("b", b"RESULT 4\nFAILREADY\n", b"RESULT 4\nFAIL")


def asked() -> PoolStory:
    story = PoolStory("a").ready("a")
    story.query()
    return story.accept()


def behind() -> PoolStory:
    story = PoolStory("a", buffer_size=1, replays=True)
    story.journal = []
    story.hold_journal = True
    return story.ready("a").accept(3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: busy(0),
        lambda: PoolStory("a").accept(),
        lambda: PoolStory("a").ready("a").went_down("a").accept(),
        lambda: busy().went_down("a"),
        paused,
        asked,
        behind,
    ],
    ids=["nothing waits", "not ready", "not up", "on its way out", "paused", "query", "behind"],
)
def test_hand_over_changes_nothing_when_it_is_not_that_simple(
    make: Callable[[], PoolStory],
) -> None:
    story = make()
    waiting, delivered = story.pool.waiting, story.pool.delivered_count
    assert story.pool.hand_over(story.ids["a"]) is None
    assert (story.pool.waiting, story.pool.delivered_count) == (waiting, delivered)


def test_nothing_is_handed_over_to_a_listener_that_was_removed() -> None:
    assert busy().pool.hand_over(99) is None
    assert not busy(0).pool.let_rest(99)


def test_let_rest_does_what_the_long_way_does() -> None:
    """The result is accepted, the listener READY, and the pool idle."""
    long, short = busy(0), busy(0)
    long.says("a", b"RESULT 2\nOKREADY\n")
    assert short.pool.let_rest(short.ids["a"])
    assert picture(short) == picture(long) == ("READY", None, [], 1, True)


@pytest.mark.parametrize(
    "make",
    [
        busy,
        lambda: PoolStory("a"),
        lambda: PoolStory("a").ready("a"),
        lambda: busy(0).went_down("a"),
        asked,
        behind,
    ],
    ids=["one waits", "not ready", "not busy", "on its way out", "query", "behind"],
)
def test_let_rest_changes_nothing_when_it_is_not_that_simple(
    make: Callable[[], PoolStory],
) -> None:
    story = make()
    before = picture(story)
    assert not story.pool.let_rest(story.ids["a"])
    assert picture(story) == before


@pytest.mark.parametrize(
    ("make", "goes_to"),
    [
        (lambda: PoolStory("a").ready("a"), 1),
        (lambda: busy(0), None),
        (busy, None),
        (lambda: PoolStory("a"), None),
        (lambda: PoolStory("a").ready("a").went_down("a"), None),
        (lambda: PoolStory("a", replays=True).ready("a"), 1),
    ],
    ids=["idle", "busy", "others wait", "not ready", "not up", "replays"],
)
def test_take_in_does_what_the_long_way_does(
    make: Callable[[], PoolStory], goes_to: int | None
) -> None:
    """The event is accepted, and sent if a listener is idle."""
    long, short = make(), make()
    long.take_sent()
    long.happen(EVENT)
    taken = short.pool.take_in(EVENT)
    assert taken is not None
    letter, process_id = taken
    assert process_id == goes_to
    assert long.take_sent() == ([] if goes_to is None else [("a", EVENT.serial)])
    assert (letter.serial, letter.poolserial) == (EVENT.serial, long.pool.poolserial - 1)
    assert short.pool.poolserial == long.pool.poolserial
    assert picture(short) == picture(long)


def test_take_in_chooses_the_listener_that_the_long_way_chooses() -> None:
    """The first one in order that is READY."""
    story = PoolStory("a", "b", "c").ready("c", "b")
    taken = story.pool.take_in(EVENT)
    assert taken is not None
    assert taken[1] == story.ids["b"]


@pytest.mark.parametrize(
    "make",
    [lambda: PoolStory("a", buffer_size=1).accept(), lambda: paused().ready("b"), behind],
    ids=["full", "paused", "behind"],
)
def test_take_in_changes_nothing_when_it_is_not_that_simple(
    make: Callable[[], PoolStory],
) -> None:
    story = make()
    waiting, poolserial = story.pool.waiting, story.pool.poolserial
    assert story.pool.take_in(EVENT) is None
    assert (story.pool.waiting, story.pool.poolserial) == (waiting, poolserial)
