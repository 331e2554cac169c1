"""Days of supervision: the invariants hold whatever programs, clients and the system do."""

from pathlib import Path

import pytest

from supervisor.tests.sim.world import HOURS, World
from supervisor.tests.support.budget import tries

SEEDS = tries(2_000)
SEEDS_PER_TEST = 50
SEEDS_WITH_LISTENERS = tries(40)
"""Fewer: such a day takes five times as long."""
SEEDS_WITH_LISTENERS_PER_TEST = 4

KEPT = [
    int(line)
    for line in (Path(__file__).parent / "seeds.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS_PER_TEST))
def test_days_with_faults_end_well(first: int) -> None:
    for seed in range(first, first + SEEDS_PER_TEST):
        World(seed).run()


@pytest.mark.parametrize("first", range(0, SEEDS_WITH_LISTENERS, SEEDS_WITH_LISTENERS_PER_TEST))
def test_days_with_listeners_end_well(first: int) -> None:
    """Each event that a pool accepted is delivered, waiting, or counted as dropped."""
    for seed in range(first, first + SEEDS_WITH_LISTENERS_PER_TEST):
        World(seed, with_listeners=True).run()


@pytest.mark.parametrize("seed", KEPT)
def test_day_that_once_found_a_mistake_ends_well(seed: int) -> None:
    World(seed).run()


def test_days_are_whole() -> None:
    """No crowd of crash-loopers, and nothing else, shortens the day."""
    for seed in range(20):
        world = World(seed)
        began_s = world.clock.mono_s
        world.run()
        assert world.clock.mono_s >= began_s + HOURS * 3600.0


def test_same_seed_gives_the_same_day() -> None:
    def day() -> tuple[int, float, dict[int, int]]:
        world = World(7).run()
        states = {each: world.core.process(each).state for each in world.specs}
        return world.turns, world.clock.mono_s, states

    assert day() == day()
