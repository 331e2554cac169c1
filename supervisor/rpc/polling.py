"""Answers that plug-ins give later: plain functions, asked again and again until they know.

That is the contract of old: a method returns a function with an attribute `delay`, in seconds. It
is called no more often than that, until it returns something else than `NOT_DONE_YET`. Between
two calls nobody is kept busy.
"""

import math

from supervisor.core.component import Clock, Timer, Timers
from supervisor.hints import Any, Callable, Final
from supervisor.lean import FunctionType
from supervisor.rpc.deferred import Deferred

DELAY_S_MIN: Final = 0.02
"""Seconds between two calls, at least: some plug-ins ask for 0."""


class NOT_DONE_YET:
    """What a function returns that does not know its answer yet: the class itself."""


class Polling:
    """Asks functions until they answer."""

    def __init__(self, timers: Timers, clock: Clock) -> None:
        self._timers = timers
        self._clock = clock

    def answer_of(self, value: Any, ask: Callable[[Callable[[], Any]], Any]) -> Any:
        """What a method returned, or a Deferred if that is a function that will know.

        `ask` makes each call of the function, and raises RequestRefused if that fails. Raises
        TypeError for a function that does not say how often it wants to be called, or not in
        seconds that ever pass.
        """
        if not isinstance(value, FunctionType):
            return value
        deferred = getattr(value, "deferred", None)
        if isinstance(deferred, Deferred):
            # One of our own answers, in the clothes that plug-ins know.
            return deferred
        delay = getattr(value, "delay", None)
        if not isinstance(delay, int | float):
            raise TypeError(f"{value!r} has no delay, so it cannot be waited for")
        return self.poll(lambda: ask(value), delay)

    def poll(self, ask: Callable[[], Any], delay_s: float) -> Deferred:
        """What a call returns as soon as that is something else than NOT_DONE_YET.

        Raises TypeError for a delay that is no number of seconds.
        """
        poll = _Poll(self._timers, self._clock, max(_finite(delay_s), DELAY_S_MIN), ask)
        poll.begin()
        return poll.answer


def _finite(delay_s: float) -> float:
    try:
        seconds = float(delay_s)
    except OverflowError:
        seconds = math.inf
    if not math.isfinite(seconds):
        raise TypeError(f"its delay is {seconds}, so it cannot be waited for")
    return seconds


class _Poll:
    """One function that is asked until it answers, or until nobody wants to know any more."""

    __slots__ = ("_ask", "_clock", "_delay_s", "_timer", "_timers", "answer")

    def __init__(
        self, timers: Timers, clock: Clock, delay_s: float, ask: Callable[[], Any]
    ) -> None:
        self._timers = timers
        self._clock = clock
        self._delay_s = delay_s
        self._ask = ask
        self._timer: Timer | None = None
        self.answer = Deferred()

    def begin(self) -> None:
        """Ask for the first time in the next turn of the loop."""
        self.answer.on_abandoned = self._end
        self._call_in(0.0)

    def _call_in(self, seconds: float) -> None:
        self._timer = self._timers.call_at(self._clock.now().mono_s + seconds, self._call)

    def _call(self) -> None:
        try:
            value = self._ask()
        except Exception as error:
            # Whoever asked finds it in the answer; the timer has nobody to tell it to.
            refused = error
        else:
            if value is NOT_DONE_YET:
                self._call_in(self._delay_s)
            else:
                self.answer.settle(lambda: value)
            return
        self.answer.fail(refused)

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
