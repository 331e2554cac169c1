"""The namespace `system`: what can be called here, and many calls at once."""

from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any, Callable, Mapping
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.introspection import (
    find_method,
    help_of_docstring,
    method_names,
    signature_of,
)
from supervisor.rpc.multicall import Call, Later, Multicall


class SystemInterface:
    """Methods about methods. They have no state check: they answer while the daemon leaves."""

    def __init__(
        self,
        interfaces: Mapping[str, object],
        call: Call,
        on_surprise: Callable[[Exception], None],
        later: Later | None = None,
    ) -> None:
        self._interfaces = interfaces
        self._call = call
        self._on_surprise = on_surprise
        self._later = later

    def listMethods(self) -> list[str]:
        """Return the names of all methods that can be called.

        @return array names  Sorted names in the form ``namespace.method``.
        @role read
        @http GET /methods
        """
        return sorted(
            f"{namespace}.{name}"
            for namespace, interface in self._interfaces.items()
            for name in method_names(interface)
        )

    def methodHelp(self, name: str) -> str:
        """Return the documentation of a method.

        @param string name    Full name of the method.
        @return string text   Its documentation, empty if it has none.
        @raise SIGNATURE_UNSUPPORTED  There is no such method.
        @role read
        @http GET /methods/{name}
        """
        return help_of_docstring(self._docstring(name))

    def methodSignature(self, name: str) -> list[str]:
        """Return the types of the result and of the parameters of a method.

        @param string name      Full name of the method.
        @return array types     Type of the result, then the type of each parameter.
        @raise SIGNATURE_UNSUPPORTED  There is no such method, or its documentation does not tell.
        @role read
        @http GET /methods/{name}
        """
        signature = signature_of(self._docstring(name))
        if signature is None:
            raise RequestRefused(Fault.SIGNATURE_UNSUPPORTED)
        return signature

    def multicall(self, calls: list[Any]) -> list[Any] | Deferred:
        """Make several calls, one after another, and return all results at once.

        A call that has to be waited for is finished before the next one begins. Each result is
        the bare value, not wrapped in an array, so ``xmlrpc.client.MultiCall`` cannot read it. A
        call that was refused contributes a struct of ``faultCode`` and ``faultString`` instead,
        and the calls after it are made all the same. Each call takes the role that it takes alone.

        @param array calls      Structs of ``methodName`` and ``params`` (an array, may be left
                                out).
        @return array results   One result for each call, in their order.
        @raise INCORRECT_PARAMETERS  The calls are not in an array.
        @role read
        @http POST /rpc/system.multicall
        """
        return call_many(calls, self._call, self._on_surprise, self._later)

    def _docstring(self, name: object) -> str:
        method = find_method(self._interfaces, name)
        if method is None:
            raise RequestRefused(Fault.SIGNATURE_UNSUPPORTED)
        return method.__doc__ or ""


def call_many(
    calls: object, call: Call, on_surprise: Callable[[Exception], None], later: Later | None
) -> Deferred:
    """Make the calls of a `system.multicall`. Raises RequestRefused if they are no array."""
    if not isinstance(calls, list):
        raise RequestRefused(Fault.INCORRECT_PARAMETERS)
    run = Multicall(calls, call, on_surprise, later)
    run.go_on()
    return run.answer
