"""Reports of losses: one for each burst, and never a flood of them."""

from supervisor.logs.losses import CALM_WRITES_MAX, SETTLED_WRITES, LossRecord


def test_burst_is_reported_once_and_its_end_with_the_sum() -> None:
    """Losses are counted and reported once per burst."""
    record = LossRecord()

    assert [record.lose(10), record.lose(5)] == [True, False]
    assert record.succeed() == 15
    assert record.succeed() == 0


def test_reports_grow_rare_while_trouble_comes_and_goes() -> None:
    """A slow reader, who makes every other write fail for hours, causes a handful of reports."""
    record = LossRecord()
    reports = 0
    lost = 0
    reported = 0
    for turn in range(100_000):
        if turn % 7 == 0:
            reports += record.lose(1)
            lost += 1
        else:
            reported += record.succeed()

    assert reports <= 5
    assert reported + record.end() == lost


def test_every_loss_is_reported_at_the_latest_after_the_longest_calm() -> None:
    """However often trouble came before, it is over after a bounded number of good writes."""
    record = LossRecord()
    for _ in range(30):
        record.lose(1)
        while record.lost_bytes:
            record.succeed()
    record.lose(77)

    sums = [record.succeed() for _ in range(CALM_WRITES_MAX)]

    assert sum(sums) == 77


def test_old_trouble_is_forgotten() -> None:
    """After a long calm a record says that it can be thrown away."""
    record = LossRecord()
    record.lose(1)
    assert not record.settled

    for _ in range(SETTLED_WRITES):
        record.succeed()

    assert record.settled
