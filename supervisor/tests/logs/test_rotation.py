"""Rotation: the plan is a table, carrying it out tolerates what is missing."""

from pathlib import Path

import pytest

from supervisor.logs.rotation import (
    Remove,
    Rename,
    Step,
    carry_out,
    rotate,
    rotation_depth,
    rotation_plan,
)


@pytest.mark.parametrize(
    ("backups", "plan"),
    [
        (0, [Remove("log")]),
        (1, [Remove("log.1"), Rename("log", "log.1")]),
        (
            3,
            [
                Remove("log.3"),
                Rename("log.2", "log.3"),
                Rename("log.1", "log.2"),
                Rename("log", "log.1"),
            ],
        ),
    ],
)
def test_plan_drops_the_oldest_and_moves_the_others(backups: int, plan: list[Step]) -> None:
    """Drop .N, rename .N-1 to .N and so on, the log itself to .1; without backups, delete it."""
    assert rotation_plan("log", backups) == plan


@pytest.mark.parametrize(
    ("backups", "existing", "depth"),
    [
        (0, {1, 2}, 0),
        (1, {1, 2}, 1),
        (5, set(), 1),
        (5, {1, 2}, 3),
        (5, {1, 3}, 2),
        (2, {1, 2, 3}, 2),
        (10**9, {1, 2}, 3),
    ],
)
def test_rotation_reaches_to_the_first_free_name(
    backups: int, existing: set[int], depth: int
) -> None:
    """The work depends on the files there are, not on the number that is allowed."""
    names = {f"log.{number}" for number in existing}

    assert rotation_depth("log", backups, names.__contains__) == depth


def test_rotation_tolerates_missing_files(tmp_path: Path) -> None:
    """Missing files during rename are tolerated."""
    (tmp_path / "log.2").write_text("two")

    carry_out(rotation_plan(str(tmp_path / "log"), 3))

    assert [path.name for path in tmp_path.iterdir()] == ["log.3"]


def test_rotation_that_cannot_free_a_name_overwrites_nothing(tmp_path: Path) -> None:
    """A step that fails ends the rotation, so that no backup is overwritten by a younger one."""
    (tmp_path / "log").write_text("now")
    (tmp_path / "log.1").write_text("before")
    (tmp_path / "log.2").mkdir()

    with pytest.raises(OSError):
        rotate(str(tmp_path / "log"), 2)

    assert (tmp_path / "log").read_text() == "now"
    assert (tmp_path / "log.1").read_text() == "before"
