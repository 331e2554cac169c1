"""Calls of methods, one after the other, and an answer when all of them have been answered."""

from collections.abc import Callable, Sequence
from typing import Any

from supervisor.errors import RequestRefused
from supervisor.rpc.deferred import Deferred
from supervisor.tuples import NamedTuple
from supervisor.web.gateway import Gateway
from supervisor.web.messages import Answer, Later, Request, Response


class Call(NamedTuple):
    """A method and its parameters."""

    method: str
    """Without its namespace, which is ``supervisor``."""
    params: tuple[Any, ...] = ()


class Result(NamedTuple):
    """What became of a call."""

    value: Any
    error: Exception | None = None

    @property
    def statuses(self) -> list[dict[str, Any]]:
        """Structs of a call for several processes; none for another call."""
        return self.value if isinstance(self.value, list) else []


Finish = Callable[[list[Result]], Response]


def call_in_turn(
    gateway: Gateway, request: Request, calls: Sequence[Call], finish: Finish
) -> Answer:
    """Make the calls; each is made whatever became of those before it.

    Returns what `finish` makes of the results: now, or later if one of them is to be waited for.
    """
    turns = _Turns(gateway, request, calls, finish)
    turns.go_on()
    return turns.later if turns.response is None else turns.response


class _Turns:
    """Where a sequence of calls has got to."""

    def __init__(
        self, gateway: Gateway, request: Request, calls: Sequence[Call], finish: Finish
    ) -> None:
        self._gateway = gateway
        self._request = request
        self._left = list(calls)
        self._finish = finish
        self._results: list[Result] = []
        self._waiting: Deferred | None = None
        self.later = Later(self._abandon)
        self.response: Response | None = None

    def go_on(self) -> None:
        """Make calls until one has to be waited for, or there are no more."""
        while self._left:
            call = self._left.pop(0)
            try:
                value = self._gateway.call(self._request, f"supervisor.{call.method}", call.params)
            except RequestRefused as refused:
                self._results.append(Result(None, refused))
                continue
            if isinstance(value, Deferred):
                self._waiting = value
                value.then(self._known)
                return
            self._results.append(Result(value))
        self.response = self._finish(self._results)
        self.later.resolve(self.response)

    def _known(self, known: Deferred) -> None:
        self._waiting = None
        self._results.append(Result(known.value, known.error))
        self.go_on()

    def _abandon(self) -> None:
        # What has been asked for goes on, but nothing else is begun on behalf of who has left.
        self._left.clear()
        if self._waiting is not None:
            self._waiting.abandon()
