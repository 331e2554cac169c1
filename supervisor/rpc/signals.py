"""Signals as clients name them."""

from supervisor.errors import Fault, RequestRefused
from supervisor.rpc.oneline import told_name
from supervisor.signals import NAMES, NUMBERS

PROBE = 0
"""Sends nothing: asks the system whether the process can be signalled."""

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
    if number is None or (number != PROBE and number not in NAMES):
        raise RequestRefused(Fault.BAD_SIGNAL, told_name(str(value)))
    return number


def _number_of_text(text: str) -> int | None:
    if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX:
        return int(text)
    return NUMBERS.get(text if text.startswith("SIG") else f"SIG{text}")
