"""The way from a request to a method of the daemon, for XML-RPC, the API and the pages alike.

Here it is decided whether the caller may do that, and every action leaves its line in the log.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from supervisor.errors import Fault, RequestRefused
from supervisor.levels import Level
from supervisor.rpc.caller import Caller, Role
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.ports import Log, Services
from supervisor.rpc.registry import Registry
from supervisor.rpc.scope import scoped
from supervisor.web.messages import Request


class Offer(Protocol):
    """What one server offers its callers."""

    def registry(self, caller: Caller) -> Registry:
        """The methods, with the programs of that caller."""
        ...

    def role_of(self, method: str) -> Role:
        """Which role a method takes; ADMIN for those that do not say."""
        ...


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
        return scoped(self._services, request.caller)

    def call(self, request: Request, method: str, params: Sequence[Any]) -> Any:
        """Make a call: returns a value, or a Deferred to be waited for.

        Raises RequestRefused: FORBIDDEN if the caller may not do that, else what the method says.
        """
        role = self._offer.role_of(method)
        audit = self._auditor(request, method, params) if role > Role.READ else None
        try:
            if not request.caller.may(role):
                raise RequestRefused(
                    Fault.FORBIDDEN, f"{method} takes the role {role.name.lower()}"
                )
            value = self._offer.registry(request.caller).dispatch(method, params)
        except RequestRefused as refused:
            if audit is not None:
                audit(refused)
            raise
        if audit is None:
            return value
        if isinstance(value, Deferred):
            value.then(lambda known: audit(known.error))
        else:
            audit(None)
        return value

    def _auditor(
        self, request: Request, method: str, params: Sequence[Any]
    ) -> Callable[[Exception | None], None]:
        caller = request.caller
        who = caller.name or "anybody"
        what = f"{method}({', '.join(map(_shown, params))})"

        def audit(error: Exception | None) -> None:
            outcome = "done" if error is None else f"refused: {error}"
            self._log(
                Level.INFO, f"audit: {who} ({caller.how}) from {request.peer}: {what}: {outcome}"
            )

        return audit


def _shown(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
