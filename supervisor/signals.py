"""The signals of this system: numbers, names, and what to do about them.

The module `signal` makes enumerations of all names when it is imported; beneath it is one in C that
has the same functions and plain numbers (decision 0010, and `supervisor.lean`).
"""

from supervisor.hints import TYPE_CHECKING, Final, Mapping

if TYPE_CHECKING:
    import signal as signal
else:
    try:
        import _signal as signal
    except ImportError:
        import signal as signal

NUMBERS: Final[Mapping[str, int]] = {
    name: int(number)
    for name, number in vars(signal).items()
    # SIG_DFL and its like are no signals.
    if name.startswith("SIG") and not name.startswith("SIG_")
}
"""By name, ``SIGTERM`` and the like; some have two."""

NAMES: Final[Mapping[int, str]] = {
    number: name for name, number in sorted(NUMBERS.items(), reverse=True)
}
"""By number; of two names the first in the alphabet, as `signal.Signals` has it."""
