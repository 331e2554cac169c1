"""The short cuts of a pool: what happens nearly always, the same as the long way and only then."""

from collections.abc import Callable

import pytest

from supervisor.core.pool_inputs import EventAccepted, PoolRemoved
from supervisor.core.serials import SERIAL_MAX
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
        handed = short.pool.hand_over(short.ids["a"])
        assert handed is not None
        event, poolserial = handed
        assert long.take_sent() == [("a", event.serial)] == [("a", expected)]
        assert poolserial == expected
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
    waiting = short.pool.waiting_count
    taken = short.pool.take_in(EVENT)
    assert taken is not None
    assert (taken[0] if taken else None) == goes_to
    letter = short.pool.letter_of(short.ids["a"]) if taken else short.pool.waiting[waiting]
    assert letter is not None
    assert long.take_sent() == ([] if goes_to is None else [("a", EVENT.serial)])
    assert (letter.serial, letter.poolserial) == (EVENT.serial, long.pool.poolserial - 1)
    assert short.pool.poolserial == long.pool.poolserial
    assert picture(short) == picture(long)


def test_take_in_chooses_the_listener_that_the_long_way_chooses() -> None:
    """The first one in order that is READY."""
    story = PoolStory("a", "b", "c").ready("c", "b")
    taken = story.pool.take_in(EVENT)
    assert taken
    assert taken[0] == story.ids["b"]


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


def events(first: int, count: int) -> list[EventAccepted]:
    return [EventAccepted(first + n, "TICK_5", b"", object()) for n in range(count)]


def queued(story: PoolStory, count: int) -> PoolStory:
    """So many wait behind what does: the first by `take_in`, the others by `queue`."""
    first, *others = events(10, count)
    assert story.pool.take_in(first) == ()
    for event in others:
        assert story.pool.queue(event)
    return story


def accepted(story: PoolStory, count: int) -> PoolStory:
    """The same, the long way."""
    for event in events(10, count):
        story.happen(event)
    return story


def letters(story: PoolStory) -> list[tuple[int, int]]:
    return [(letter.serial, letter.poolserial) for letter in story.pool.waiting]


@pytest.mark.parametrize(
    "make",
    [lambda: busy(0), busy, lambda: PoolStory("a"), lambda: paused().went_down("b")],
    ids=["busy", "others wait", "not ready", "paused"],
)
def test_queue_is_as_the_long_way_makes_it(make: Callable[[], PoolStory]) -> None:
    """Behind what waits already, with the numbers that follow."""
    short, long = queued(make(), 3), accepted(make(), 3)
    assert letters(short) == letters(long)
    assert short.pool.poolserial == long.pool.poolserial
    assert short.pool.waiting_count == long.pool.waiting_count
    assert short.pool.oldest_serial == long.pool.oldest_serial
    assert short.pool.is_idle == long.pool.is_idle is False


@pytest.mark.parametrize(
    "go_on",
    [
        lambda story: story.says("a", b"RESULT 2\nOKREADY\n"),
        lambda story: story.says("a", b"RESULT 4\nFAILREADY\n"),
        lambda story: story.says("a", b"nonsense\n"),
        lambda story: story.went_down("a"),
        lambda story: story.happen(EVENT),
        lambda story: story.happen(PoolRemoved()),
    ],
    ids=["accepts", "refuses", "garbage", "on its way out", "one more", "removed"],
)
def test_whatever_happens_to_a_queue_happens_as_ever(
    go_on: Callable[[PoolStory], object],
) -> None:
    short, long = queued(busy(1), 3), accepted(busy(1), 3)
    for story in (short, long):
        story.take_sent()
        go_on(story)
    assert letters(short) == letters(long)
    assert short.take_sent() == long.take_sent()
    assert short.log == long.log
    counts = [
        (pool.delivered_count, pool.refused_count, pool.dropped_count, pool.is_idle)
        for pool in (short.pool, long.pool)
    ]
    assert counts[0] == counts[1]


def test_queue_is_handed_over_in_order_with_its_numbers() -> None:
    story = queued(busy(1), 3)
    got = [story.pool.hand_over(story.ids["a"]) for _ in range(4)]
    assert [(each[0].serial, each[1]) for each in got if each is not None] == [
        (1, 1),
        (10, 2),
        (11, 3),
        (12, 4),
    ]
    assert story.pool.hand_over(story.ids["a"]) is None
    assert story.pool.let_rest(story.ids["a"])
    assert story.pool.is_idle


def test_numbers_of_a_queue_begin_again_after_the_last_one() -> None:
    story = busy(0)
    story.pool._number = SERIAL_MAX
    queued(story, 3)
    assert [number for _, number in letters(story)] == [SERIAL_MAX, 0, 1]
    handed = story.pool.hand_over(story.ids["a"])
    assert handed is not None
    assert handed[1] == SERIAL_MAX
    assert story.pool.poolserial == 2


def test_queue_ends_at_the_size_of_the_buffer() -> None:
    story = PoolStory("a", buffer_size=3).ready("a").accept(2)
    queued(story, 2)
    assert not story.pool.queue(EVENT)
    assert story.pool.take_in(EVENT) is None
    story.happen(EVENT)
    assert [letter.serial for letter in story.pool.waiting] == [10, 11, EVENT.serial]
    assert story.pool.dropped_count == 1


@pytest.mark.parametrize(
    "make", [lambda: PoolStory("a").ready("a"), behind], ids=["idle", "behind"]
)
def test_nothing_is_queued_when_it_is_not_that_simple(make: Callable[[], PoolStory]) -> None:
    story = make()
    before = letters(story)
    assert not story.pool.queue(EVENT)
    assert letters(story) == before
