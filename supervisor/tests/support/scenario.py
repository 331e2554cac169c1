"""The vocabulary of the differential suite: a scenario is data, its steps are small functions.

The rule of this module: nothing here runs a daemon. A scenario says what is written to disk, which
steps follow and nothing about who is driven; the lanes (scenario_lanes) decide that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from supervisor.tests.support.scenario_stage import Stage

Act: TypeAlias = Callable[["Stage"], str | None]
"""What a step does; the text it returns is observed, None means nothing to compare."""


class StageError(AssertionError):
    """A step could not be carried out: a deadline passed or a daemon refused to start."""


@dataclass(frozen=True, slots=True)
class Step:
    """One action and the name under which its outcome is compared."""

    label: str
    act: Act


@dataclass(frozen=True, slots=True)
class Scenario:
    """A configuration, some files, and the steps to take.

    `config` is appended to the base configuration of LiveDaemon; `{dir}` and `{port}` in it, in
    `files` and in `environment` stand for the directory and for a free port of the loopback
    interface. Without `starts`, no daemon runs before the first step. A scenario about what
    supervisorctl and the daemon say to each other is `crossed`: each of the two supervisorctl
    drives each daemon.
    """

    name: str
    config: str
    steps: tuple[Step, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ("-n",)
    environment: Mapping[str, str] = field(default_factory=dict)
    starts: bool = True
    crossed: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """What one step of one lane brought to light, normalised."""

    label: str
    value: str


class Side(StrEnum):
    """Which of our two programs brings a difference about."""

    DAEMON = "daemon"
    CTL = "supervisorctl"


@dataclass(frozen=True, slots=True)
class KnownDifference:
    """An allowed difference: where it shows, what changes, and the row that allows it.

    `change` is a regular expression for exactly the lines that differ, first those of the
    reference, each behind `- `, then ours behind `+ `: a permission to differ in one line is not a
    permission to be wrong in another.
    """

    scenario: str
    observation: str
    row: str
    change: str
    side: Side = Side.DAEMON
