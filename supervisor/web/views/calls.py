"""Calls of methods, one after the other, and an answer when all of them have been answered."""

from supervisor.core.component import Timer
from supervisor.errors import RequestRefused
from supervisor.hints import Any, Callable, Sequence
from supervisor.rpc.deferred import Deferred
from supervisor.tuples import NamedTuple
from supervisor.web.gateway import Gateway
from supervisor.web.messages import Answer, Later, Request, Response
from supervisor.web.site import Site


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


class Patience(NamedTuple):
    """For how long an answer is waited for, and what is answered then."""

    site: Site
    seconds: float
    answer: Callable[[], Response]
    """What has been asked for goes on all the same."""


def call_in_turn(
    gateway: Gateway,
    request: Request,
    calls: Sequence[Call],
    finish: Finish,
    patience: Patience | None = None,
) -> Answer:
    """Make the calls; each is made whatever became of those before it.

    Returns what `finish` makes of the results: now, or later if one of them is to be waited for.
    """
    turns = _Turns(gateway, request, calls, finish)
    turns.go_on()
    if turns.response is not None:
        return turns.response
    if patience is not None:
        turns.wait(patience)
    return turns.later


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
        self._timer: Timer | None = None
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
        self._end_waiting()
        self.response = self._finish(self._results)
        self.later.resolve(self.response)

    def wait(self, patience: Patience) -> None:
        """Wait no longer than that."""
        when_s = patience.site.services.clock.now().mono_s + patience.seconds
        self._timer = patience.site.timers.call_at(
            when_s, lambda: self.later.resolve(patience.answer())
        )

    def _end_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _known(self, known: Deferred) -> None:
        self._waiting = None
        self._results.append(Result(known.value, known.error))
        self.go_on()

    def _abandon(self) -> None:
        # What has been asked for goes on, but nothing else is begun on behalf of who has left.
        self._left.clear()
        self._end_waiting()
        if self._waiting is not None:
            self._waiting.abandon()
