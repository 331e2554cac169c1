"""Numbers of events: in the whole daemon, and in each pool."""

from supervisor.hints import Final

SERIAL_MAX: Final = 2**63 - 1
"""Serials begin at 0 again after this one (the largest integer of the platform)."""


def next_serial(serial: int) -> int:
    """The number after this one."""
    return serial + 1 if serial < SERIAL_MAX else 0
