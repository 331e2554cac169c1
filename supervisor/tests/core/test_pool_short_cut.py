"""The short cut of a pool: what happens nearly always, the same as the long way and only then."""

from collections.abc import Callable

import pytest

from supervisor.tests.core.pool_story import PoolStory


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
