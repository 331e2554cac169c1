"""Code of others in our own process, called at arm's length.

Whatever it raises, or however long it takes, is told in the main log under its name, and harms
nobody but who asked it. That is every BaseException: a SystemExit, KeyboardInterrupt or
GreenletExit of theirs says that *they* are done. The daemon has children to look after, and signals
raise nothing in it (`host.signals`).
"""

from supervisor.core.component import Clock
from supervisor.hints import Any, Callable, Final
from supervisor.levels import Level
from supervisor.rpc.ports import Log
from supervisor.tracebacks import traceback_of

SLOW_S: Final = 1.0
"""A call that takes longer is told about: meanwhile nothing else was supervised."""


class Guard:
    """Runs code of plug-ins."""

    __slots__ = ("_clock", "_log")

    def __init__(self, clock: Clock, log: Log) -> None:
        self._clock = clock
        self._log = log

    def run(self, name: str, call: Callable[[], Any]) -> Any:
        """Make a call, and tell if it took long. Raises whatever the plug-in raises."""
        began_s = self._clock.now().mono_s
        try:
            return call()
        finally:
            took_s = self._clock.now().mono_s - began_s
            if took_s > SLOW_S:
                self._log(
                    Level.WARN,
                    f"{name} took {took_s:.1f} s; nothing else was supervised meanwhile",
                )

    def tell(self, callback: Callable[[Any], object], event: Any) -> None:
        """Tell a subscriber of an event; what it raises ends here (`Subscriptions.call`)."""
        name = _name_of(callback)
        try:
            self.run(name, lambda: callback(event))
        except BaseException:
            self.blame(name, f"failed on {type(event).__name__}")

    def blame(self, name: str, what: str) -> None:
        """Tell what a plug-in has just raised."""
        self._log(Level.ERRO, f"{name} {what}; everything else goes on: {traceback_of()}")


def _name_of(callback: Callable[..., object]) -> str:
    module = getattr(callback, "__module__", None)
    name = getattr(callback, "__qualname__", None)
    return f"subscriber {module}.{name}" if module and name else f"subscriber {shown(callback)}"


def shown(thing: object) -> str:
    """The repr of a thing of a plug-in, or at least its class."""
    try:
        return repr(thing)
    except BaseException:
        return object.__repr__(thing)


def told(error: BaseException) -> str:
    """What a plug-in raised, as its callers are told: the class, and its text if it has one."""
    try:
        return f"{type(error)}:{error}"
    except BaseException:
        return f"{type(error)}:"
