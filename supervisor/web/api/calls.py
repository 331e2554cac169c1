"""One request to the API as its operation sees it, and how what it asked for becomes an answer."""

from supervisor.core.component import Timer, Timers
from supervisor.errors import RequestRefused
from supervisor.hints import Any, Callable, Final, Mapping
from supervisor.levels import Level
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.ports import Services
from supervisor.tracebacks import traceback_of
from supervisor.tuples import NamedTuple
from supervisor.web.api.fields import JSON_TYPE
from supervisor.web.api.jsons import write_json
from supervisor.web.api.problems import Problem, refusal_response
from supervisor.web.messages import Answer, Later, Request, Response, Stream
from supervisor.web.site import Site
from supervisor.web.turns import Turns


class Call(NamedTuple):
    """A request, with what it says sorted out."""

    request: Request
    site: Site
    path: Mapping[str, str]
    """Values of the names in the path."""
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    turns: Turns
    """For long answers."""

    @property
    def services(self) -> Services:
        """The daemon as the caller may see it."""
        return self.site.gateway.services(self.request)

    def rpc(self, method: str, *params: Any) -> Any:
        """Call a method: a value or a Deferred. Raises RequestRefused."""
        return self.site.gateway.call(self.request, method, params)


NO_STORE: Final = (("Cache-Control", "no-store"),)


def answer_json(struct: Any, status: int = 200) -> Response:
    """A complete answer."""
    return Response(status, JSON_TYPE, write_json(struct), NO_STORE)


Shape = Callable[[Call, Any], Response | Stream]
"""Makes the answer from what a method returned. Raises RequestRefused."""


def answer_value(
    call: Call, value: Any, shape: Shape, wait_s: float | None = None, unfinished: Any = None
) -> Answer:
    """The answer to what a method returned: at once, or when it is known.

    After `wait_s` seconds, if that is given, `unfinished(call)` is answered instead.
    """
    if not isinstance(value, Deferred):
        return shape(call, value)
    return _Waiting(call, value, shape).begin(wait_s, unfinished)


class _Waiting:
    """A client that waits for what is not known yet."""

    __slots__ = ("_call", "_deferred", "_later", "_shape", "_timer")

    def __init__(self, call: Call, deferred: Deferred, shape: Shape) -> None:
        self._call = call
        self._deferred = deferred
        self._shape = shape
        self._timer: Timer | None = None
        self._later = Later(self._abandon)

    def begin(
        self, wait_s: float | None, unfinished: Callable[[Call], Response | Stream] | None
    ) -> Later:
        if wait_s is not None and unfinished is not None:
            timers: Timers = self._call.site.timers
            when_s = self._call.site.services.clock.now().mono_s + wait_s
            self._timer = timers.call_at(when_s, lambda: self._give_up(unfinished))
        self._deferred.then(self._known)
        return self._later

    def _known(self, deferred: Deferred) -> None:
        self._cancel()
        call = self._call
        self._later.resolve(outcome(call, lambda: self._shape(call, deferred.result())))

    def _give_up(self, unfinished: Callable[[Call], Response | Stream]) -> None:
        self._later.resolve(outcome(self._call, lambda: unfinished(self._call)))

    def _abandon(self) -> None:
        self._cancel()
        self._deferred.abandon()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def outcome(call: Call, answer: Callable[[], Response | Stream]) -> Response | Stream:
    """The answer, or what was refused; a mistake is logged."""
    try:
        return answer()
    except RequestRefused as refused:
        return refusal_response(refused)
    except Problem as problem:
        return problem.response()
    except Exception as error:
        # It must not hit whoever has just made the answer known: a change of state, a timer.
        text = f'Answering "{call.request.line}" raised an unexpected exception: '
        call.site.services.log(Level.CRIT, text + traceback_of(error))
        return Problem(500, "The daemon made a mistake; its log has the traceback.").response()
