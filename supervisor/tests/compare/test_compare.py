"""Plays every scenario against the reference and against ours, and asks for the same results."""

import os
from collections import Counter

import pytest

from supervisor.tests.compare import scenarios
from supervisor.tests.compare.known_differences import KNOWN
from supervisor.tests.support.scenario import Scenario
from supervisor.tests.support.scenario_lanes import complaints, play, reference_is_missing

SCENARIO_COUNT_MIN = 40

pytestmark = pytest.mark.timeout(180)
"""Four daemons with a tick of one second take a while on a busy machine."""


@pytest.fixture(scope="session", autouse=True)
def reference() -> None:
    """Skips without the reference release; on a build machine that is a failure."""
    if why := reference_is_missing():
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)


@pytest.mark.parametrize("scenario", scenarios.ALL, ids=lambda scenario: scenario.name)
def test_both_observe_the_same(scenario: Scenario) -> None:
    """Whoever swaps the package keeps everything, apart from the listed differences."""
    found = complaints(scenario, play(scenario), KNOWN)
    assert not found, "\n\n".join([f"{len(found)} differences in {scenario.name}:", *found])


def test_there_are_enough_scenarios_and_no_name_twice() -> None:
    """The suite is one set of at least 40 scenarios."""
    names = Counter(scenario.name for scenario in scenarios.ALL)
    assert len(names) >= SCENARIO_COUNT_MIN
    assert [name for name, count in names.items() if count > 1] == []


def test_known_differences_name_scenarios_that_exist() -> None:
    """A list of differences is worth only as much as it is true."""
    names = {scenario.name for scenario in scenarios.ALL}
    assert [known.scenario for known in KNOWN if known.scenario not in names] == []
