"""The way from a request to a method of the daemon, for XML-RPC, the API and the pages alike.

Here it is decided whether the caller may do that, also for each call within a multicall, and every
action leaves its line in the log.
"""

from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any, Callable, Final, Protocol, Sequence
from supervisor.lean import partial
from supervisor.levels import Level
from supervisor.rpc.caller import Caller, Role
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.multicall import MULTICALL, Call
from supervisor.rpc.oneline import printable, told_name
from supervisor.rpc.ports import Log, Services
from supervisor.rpc.registry import Registry
from supervisor.web.messages import Request

SHOWN_CHARS_MAX: Final = 80
"""Of a parameter in the log."""
REFUSAL_CHARS_MAX: Final = 400
"""Of the text of a refusal in the log."""

_CONTENTS: Final = frozenset({"sendProcessStdin", "sendRemoteCommEvent", "queryListener"})
"""Methods with content behind their first parameter, which may be secret: only its length is
logged, however many parameters there are."""

_MESSAGES: Final = "sendRemoteCommEvent"
"""Changes nothing by itself, and daemons talk to each other by it many times a second: where nobody
is asked who he is, there is no line for each."""


class Offer(Protocol):
    """What one server offers its callers."""

    def registry(self, caller: Caller) -> Registry:
        """The methods, with the programs of that caller."""

    def role_of(self, method: str) -> Role:
        """Which role a method takes; ADMIN for those that do not say."""


class Gateway:
    """Makes calls for the clients of one server."""

    def __init__(self, offer: Offer, services: Services, log: Log) -> None:
        self._offer = offer
        self._services = services
        self._log = log

    @property
    def whole(self) -> Services:
        """The daemon as it is: for its clock, log and identity, not to look at processes."""
        return self._services

    def services(self, request: Request) -> Services:
        """The daemon as the caller may see it, for whoever only looks."""
        if not request.caller.programs:
            return self._services
        # Late: few users are limited to some programs.
        from supervisor.rpc.scope import scoped

        return scoped(self._services, request.caller)

    def may(self, request: Request, method: str) -> bool:
        """Whether the caller's role is enough for a method."""
        return request.caller.may(self._offer.role_of(method))

    def call(self, request: Request, method: str, params: Sequence[Any]) -> Any:
        """Make a call: returns a value, or a Deferred to be waited for.

        Raises RequestRefused: FORBIDDEN if the caller may not do that, else what the method says.
        """
        registry = self._offer.registry(request.caller)
        if method == MULTICALL:
            return registry.dispatch(method, params, self._each_judged(request, registry.call))
        return self._judged(request, registry.dispatch, method, params)

    def _each_judged(self, request: Request, make: Call) -> Call:
        """Makes the calls of a multicall: a method that needs no line is judged once for all."""
        judged: set[str] = set()
        caller = request.caller

        def call(method: str, params: Sequence[Any]) -> Any:
            if method not in judged:
                role = self._offer.role_of(method)
                if not caller.may(role) or _has_line(caller, method, role):
                    return self._judged(request, make, method, params)
                judged.add(method)
            return make(method, list(params))

        return call

    def _judged(self, request: Request, make: Call, method: str, params: Sequence[Any]) -> Any:
        role = self._offer.role_of(method)
        caller = request.caller
        audit = None
        if _has_line(caller, method, role):
            audit = partial(self._audit, caller, request.peer, method, params)
        try:
            if not caller.may(role):
                raise RequestRefused(
                    Fault.FORBIDDEN, f"{told_name(method)} takes the role {role.name.lower()}"
                )
            value = make(method, list(params))
        except Exception as error:
            if audit is not None:
                audit(error)
            raise
        if audit is not None:
            if isinstance(value, Deferred):
                value.then(partial(_when_known, audit))
            else:
                audit(None)
        return value

    def _audit(
        self,
        caller: Caller,
        peer: str,
        method: str,
        params: Sequence[Any],
        error: Exception | None,
    ) -> None:
        outcome = "done"
        if error is not None:
            outcome = f"refused: {printable(_reason(method, error), REFUSAL_CHARS_MAX)}"
        who = printable(caller.name, SHOWN_CHARS_MAX) or "anybody"
        # The log of a daemon that knows no users is what it has always been.
        self._log(
            Level.DEBG if caller.how == "open" else Level.INFO,
            f"audit: {who} ({caller.how}) from {peer}: {shown_call(method, params)}: {outcome}",
        )


def _has_line(caller: Caller, method: str, role: Role) -> bool:
    """Whether the log tells of a call."""
    return role > Role.READ and not (caller.how == "open" and method.endswith(_MESSAGES))


def _when_known(audit: Callable[[Exception | None], None], known: Deferred) -> None:
    audit(known.error)


def shown_call(method: str, params: Sequence[Any]) -> str:
    """A call as the log shows it: one line, bounded, without what may be secret."""
    shown = [_shown(value) for value in params]
    if _has_contents(method):
        shown[1:2] = [_length(content) for content in params[1:2]]
        shown[2:] = [
            _length(rest) if isinstance(rest, str) else _shown(rest) for rest in params[2:]
        ]
    return f"{printable(method, SHOWN_CHARS_MAX)}({', '.join(shown)})"


def _has_contents(method: str) -> bool:
    return method.rpartition(".")[2] in _CONTENTS


def _reason(method: str, error: Exception) -> str:
    """Why a call was refused. What is no text at all is quoted by the refusal."""
    is_quoted = isinstance(error, RequestRefused) and error.fault is Fault.INCORRECT_PARAMETERS
    return Fault.INCORRECT_PARAMETERS.name if is_quoted and _has_contents(method) else str(error)


def _length(content: Any) -> str:
    return f"{len(content)} characters" if isinstance(content, str) else "no text"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        text = ascii(value[:SHOWN_CHARS_MAX])
        return text if len(value) <= SHOWN_CHARS_MAX else f"{text}..."
    if isinstance(value, list | tuple | dict):
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, bool | float | None) or (isinstance(value, int) and abs(value) < 2**64):
        return str(value)
    return type(value).__name__
