"""Levels of the main log; the numbers and short names are a public contract."""

from supervisor.enums import IntEnum


class Level(IntEnum):
    """Severity of a line in the main log; the member name is what the line shows."""

    CRIT = 50
    ERRO = 40
    WARN = 30
    INFO = 20
    DEBG = 10
    TRAC = 5
    BLAT = 3


LEVELS_BY_DESCRIPTION: dict[str, Level] = {
    "critical": Level.CRIT,
    "error": Level.ERRO,
    "warn": Level.WARN,
    "info": Level.INFO,
    "debug": Level.DEBG,
    "trace": Level.TRAC,
    "blather": Level.BLAT,
}
"""Configuration spelling of each level, most severe first."""
