"""Signals as clients name them."""

import signal

from supervisor.errors import Fault, RequestRefused
from supervisor.rpc.oneline import told_name

PROBE = 0
"""Sends nothing: asks the system whether the process can be signalled."""

_NUMBERS = frozenset({PROBE, *(int(each) for each in signal.Signals)})
_DIGITS_MAX = 9


def signal_number(value: object) -> int:
    """Number of a signal given as number or as name, with or without SIG, in any case.

    Raises RequestRefused: BAD_SIGNAL with what was sent, INCORRECT_PARAMETERS for other types.
    """
    number: int | None
    if isinstance(value, str):
        number = _number_of_text(value.strip().upper())
    elif isinstance(value, int):
        number = int(value)
    elif isinstance(value, float):
        number = int(value) if value.is_integer() else None
    else:
        raise RequestRefused(Fault.INCORRECT_PARAMETERS, "signal must be a string or an int")
    if number not in _NUMBERS:
        raise RequestRefused(Fault.BAD_SIGNAL, told_name(str(value)))
    return number


def _number_of_text(text: str) -> int | None:
    if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX:
        return int(text)
    # Only members of the enumeration: SIG_IGN or SIG_BLOCK are no signals.
    found = signal.Signals.__members__.get(text if text.startswith("SIG") else f"SIG{text}")
    return None if found is None else int(found)
