"""What programs are like, by chance: policies, and how a program behaves once it is started."""

from dataclasses import replace
from random import Random

from supervisor.core.policies import (
    Delay,
    GroupSpec,
    ProcessSpec,
    Restart,
    RestartPolicy,
    Rung,
    StartPolicy,
    StopPolicy,
)
from supervisor.tests.fakes.kernel import Behaviour

SHORT_S = 600.0
"""A run that is shorter could fill a whole day with restarts."""


def make_group(random: Random, name: str) -> GroupSpec:
    """A group of one to four programs."""
    processes = tuple(
        make_spec(random, name, f"{name}p{number}") for number in range(random.randint(1, 4))
    )
    return GroupSpec(name, random.choice((1, 5, 999)), "program", processes)


def make_spec(random: Random, group: str, name: str) -> ProcessSpec:
    """Policies as people write them, extremes included."""
    choose = random.choice
    wait_s = choose((0.0, 1.0, 10.0))
    delay = Delay() if random.random() < 0.8 else Delay(first_s=30.0)
    return ProcessSpec(
        name,
        group,
        choose((1, 999)),
        StartPolicy(choose((True, True, False)), choose((0.0, 1.0, 10.0)), choose((0, 1, 3))),
        RestartPolicy(choose(list(Restart)), choose(((0,), (0, 2), ())), delay),
        StopPolicy((Rung(choose((15, 2, 1)), "SIG", wait_s), Rung(9, "SIGKILL", wait_s))),
    )


def make_behaviour(random: Random) -> Behaviour:
    """What the program does: run for ever or end, on signals or by itself, well or badly."""
    runs_s = random.choice((None, None, 0.0, 0.5, 1.0, 60.0, 3600.0, 20_000.0))
    if runs_s is not None:
        runs_s *= 0.5 + random.random()
    ignores = frozenset({15, 2, 1}) if random.random() < 0.2 else frozenset()
    catches = {15: 0} if not ignores and random.random() < 0.5 else {}
    return Behaviour(
        runs_s,
        exitcode=random.choice((0, 1, 2)),
        signum=random.choice((0, 0, 0, 11)),
        ignores=ignores,
        catches=catches,
        takes_s=random.choice((0.0, 0.2, 5.0, 100.0)),
    )


def is_short(behaviour: Behaviour) -> bool:
    """Whether it ends by itself so soon that somebody will mend it before long."""
    return behaviour.runs_s is not None and behaviour.runs_s < SHORT_S


def mended(behaviour: Behaviour) -> Behaviour:
    """The same program, but it runs until it is told to stop."""
    return replace(behaviour, runs_s=None)
