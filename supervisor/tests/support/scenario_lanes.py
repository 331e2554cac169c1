"""Plays a scenario in all lanes at once and tells the differences.

The rule of this module: the reference driven by its own supervisorctl is the measure; every other
lane must observe the same, apart from the known differences, and those must really occur.
"""

import difflib
import os
import re
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from supervisor.tests.support.daemon import (
    OUR_CTL,
    OUR_DAEMON,
    reference_ctl,
    reference_daemon,
)
from supervisor.tests.support.scenario import KnownDifference, Observation, Scenario, Side
from supervisor.tests.support.scenario_stage import Lane, Stage

CALIBRATE = "SUPERVISOR_TEST_CALIBRATE"
"""With this variable set every lane is the reference: whatever differs then is noise."""

MISSING = "(nothing observed)"

SIDES = {
    "ours": frozenset({Side.DAEMON, Side.CTL}),
    "our daemon, reference's supervisorctl": frozenset({Side.DAEMON}),
    "reference's daemon, our supervisorctl": frozenset({Side.CTL}),
}
"""Lanes that are compared with the reference, and which of our programs takes part in each."""


def calibrating() -> bool:
    """Whether the harness measures its own noise instead of our programs."""
    return bool(os.environ.get(CALIBRATE))


def lanes(crossed: bool) -> list[Lane]:
    """The reference's lane, ours, and the two crossed ones if they are asked for."""
    daemon, ctl = reference_daemon(), reference_ctl()
    assert daemon is not None and ctl is not None, "the reference is not installed"
    our_daemon, our_ctl = (daemon, ctl) if calibrating() else (OUR_DAEMON, OUR_CTL)
    drivers = {
        "ours": (our_daemon, our_ctl),
        "our daemon, reference's supervisorctl": (our_daemon, ctl),
        "reference's daemon, our supervisorctl": (daemon, our_ctl),
    }
    names = list(SIDES) if crossed else ["ours"]
    return [Lane("reference", daemon, ctl), *(Lane(name, *drivers[name]) for name in names)]


def play(scenario: Scenario) -> dict[str, list[Observation]]:
    """What each lane observed; all lanes run at the same time."""
    chosen = lanes(scenario.crossed)
    with ThreadPoolExecutor(len(chosen)) as pool:
        observed = pool.map(lambda lane: _play_in(scenario, lane), chosen)
        return dict(zip((lane.name for lane in chosen), observed, strict=True))


def _play_in(scenario: Scenario, lane: Lane) -> list[Observation]:
    with Stage(scenario, lane) as stage:
        return stage.play()


def complaints(
    scenario: Scenario,
    seen: dict[str, list[Observation]],
    known: Sequence[KnownDifference],
) -> list[str]:
    """Every unlisted difference and every listed one that does not occur, ready to print."""
    measure = {o.label: o.value for o in seen["reference"]}
    if "the play ends early" in measure:
        return [f"the reference itself cannot play it: {measure['the play ends early']}"]
    allowed = [] if calibrating() else [k for k in known if k.scenario == scenario.name]
    found: list[str] = []
    for lane in seen.keys() - {"reference"}:
        mine = {o.label: o.value for o in seen[lane]}
        excused = [k for k in allowed if k.side in SIDES[lane]]
        found.extend(f"in lane {lane}: {text}" for text in _differences(measure, mine, excused))
    return sorted(found)


def _differences(
    measure: dict[str, str], mine: dict[str, str], excused: Sequence[KnownDifference]
) -> Iterable[str]:
    listed: dict[str, list[KnownDifference]] = {}
    for difference in excused:
        listed.setdefault(difference.observation, []).append(difference)
    for label in sorted(measure.keys() | mine.keys()):
        expected, got = measure.get(label, MISSING), mine.get(label, MISSING)
        rows = listed.pop(label, [])
        names = ", ".join(row.row for row in rows)
        if not rows and expected != got:
            yield f"{label} differs:\n{_diff(expected, got)}"
        elif rows and expected == got:
            yield f"{label} is listed as different ({names}) but is the same: stale list"
        elif rows and not _is_allowed(rows, changed_lines(expected, got)):
            allowed = " or ".join(repr(row.change) for row in rows)
            yield (
                f"{label} may differ ({names}) but not like this; allowed is {allowed}:\n"
                f"{_diff(expected, got)}"
            )
    for label in listed:
        yield f"{label} is listed as different but was never observed"


def changed_lines(expected: str, got: str) -> str:
    """Lines that only the reference has, then lines that only ours has, marked as in a diff."""
    marked = list(difflib.ndiff(expected.splitlines(), got.splitlines()))
    return "\n".join(line.rstrip() for mark in "-+" for line in marked if line.startswith(mark))


def _is_allowed(rows: Sequence[KnownDifference], changed: str) -> bool:
    return any(re.fullmatch(row.change, changed) for row in rows)


def _diff(expected: str, got: str) -> str:
    lines = difflib.ndiff(expected.splitlines(), got.splitlines())
    return "\n".join(f"    {line}" for line in lines if not line.startswith("?"))


def reference_is_missing() -> str | None:
    """Why the suite cannot run here, or None."""
    if reference_daemon() is not None:
        return None
    return (
        "the reference release is not installed: make it with `make compare`, or name its "
        f"supervisord in SUPERVISOR_TEST_REFERENCE (looked beside {Path(sys.executable)})"
    )
