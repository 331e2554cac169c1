"""Several calls in one request, strictly one after another."""

from itertools import chain

from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any, Callable, Final, Iterator
from supervisor.rpc.deferred import Deferred

MULTICALL = "system.multicall"
"""Name of the method that is not allowed within itself."""

CALLS_PER_TURN_MAX: Final = 64
"""Calls made before others have their turn: about 3 ms for small ones. Shorter turns cost more than
they bring: with 16 calls a burst of events takes a twentieth longer."""

Later = Callable[[Callable[[], None]], object]
"""Calls back when all others who are ready have had their turn of the loop."""

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
            try:
                result = self._make(wanted)
            except Exception as error:
                # As for a call alone: whatever goes wrong is the answer to that call.
                result = self._fault(error)
            if isinstance(result, Deferred):
                if not result.done:
                    self.answer.on_abandoned = result.abandon
                    result.then(self._resume)
                    return
                result = self._bare(result)
            self._results.append(result)
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
        return one.value if one.error is None else self._fault(one.error)

    def _fault(self, error: Exception) -> dict[str, Any]:
        if isinstance(error, RequestRefused):
            return {"faultCode": int(error.fault), "faultString": error.text}
        self._on_surprise(error)
        text = f"{Fault.FAILED.name}: {type(error)}:{error}"
        return {"faultCode": int(Fault.FAILED), "faultString": text}
