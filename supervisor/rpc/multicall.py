"""Several calls in one request, strictly one after another."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Any, Final

from supervisor.errors import Fault, RequestRefused
from supervisor.rpc.deferred import Deferred

MULTICALL = "system.multicall"
"""Name of the method that is not allowed within itself."""

CALLS_PER_TURN_MAX: Final = 64
"""Calls made before others have their turn: about 3 ms for small ones. Shorter turns cost more than
they bring: with 16 calls a burst of events takes a twentieth longer."""

Later = Callable[[Callable[[], None]], object]
"""Calls back in the next turn of the loop."""

Call = Callable[[str, list[Any]], Any]
"""Calls a method by its full name: returns a value or a Deferred."""


class Multicall:
    """A run over a list of calls; a deferred one is finished before the next begins.

    Each contributes its bare value, or a struct of `faultCode` and `faultString`. Dashboards rely
    on bare values, although elsewhere it is usual to wrap each in an array of one element.
    """

    __slots__ = ("_call", "_later", "_on_surprise", "_remaining", "_results", "answer")

    def __init__(
        self,
        calls: list[Any],
        call: Call,
        on_surprise: Callable[[Exception], None],
        later: Later | None = None,
    ) -> None:
        self._call = call
        self._on_surprise = on_surprise
        self._later = later
        """None: all calls that answer at once are made in one turn."""
        self._remaining: Iterator[Any] = iter(calls)
        self._results: list[Any] = []
        self.answer = Deferred()
        """All results, in the order of the calls."""

    def go_on(self) -> None:
        """Make calls until one has to be waited for: a loop, however many answer at once."""
        for made_count, wanted in enumerate(self._remaining):
            if made_count == CALLS_PER_TURN_MAX and self._later is not None:
                self._remaining = chain((wanted,), self._remaining)
                self._later(self.go_on)
                return
            one = Deferred()
            one.settle(partial(self._make, wanted))
            if not one.done:
                self.answer.on_abandoned = one.abandon
                one.then(self._resume)
                return
            self._results.append(self._bare(one))
        self.answer.settle(lambda: self._results)

    def _resume(self, one: Deferred) -> None:
        self._results.append(self._bare(one))
        self.go_on()

    def _make(self, wanted: Any) -> Any:
        if not isinstance(wanted, dict):
            raise RequestRefused(Fault.INCORRECT_PARAMETERS, "a call must be a struct")
        method, params = wanted.get("methodName"), wanted.get("params", [])
        if method is None:
            raise RequestRefused(Fault.INCORRECT_PARAMETERS, "No methodName")
        if method == MULTICALL:
            raise RequestRefused(Fault.INCORRECT_PARAMETERS, "Recursive system.multicall forbidden")
        if not isinstance(method, str):
            raise RequestRefused(Fault.INCORRECT_PARAMETERS, "methodName must be a string")
        if not isinstance(params, list):
            raise RequestRefused(Fault.INCORRECT_PARAMETERS, "params must be an array")
        return self._call(method, params)

    def _bare(self, one: Deferred) -> Any:
        if one.error is None:
            return one.value
        if isinstance(one.error, RequestRefused):
            return {"faultCode": int(one.error.fault), "faultString": one.error.text}
        self._on_surprise(one.error)
        text = f"{Fault.FAILED.name}: {type(one.error)}:{one.error}"
        return {"faultCode": int(Fault.FAILED), "faultString": text}
