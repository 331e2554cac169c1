"""Tools around XML-RPC interfaces: what plug-ins and their tests do with objects full of methods.

The daemon dispatches in its own way (`supervisor.rpc`); the rules about what can be called are
the same, because both ask `supervisor.rpc.introspection`.
"""

import re
import xmlrpc.client as xmlrpclib
from datetime import datetime
from types import FunctionType

from supervisor.errors import Fault, RPCError
from supervisor.hints import Any, Callable, Iterable, Iterator
from supervisor.lean import import_module
from supervisor.rpc.introspection import method_names, method_of, signature_of

MULTICALL_DELAY_S = 0.05
"""How often a call of `multicall` that takes its time is asked for its result."""

_TAG = re.compile(r"@(\S*)\s*(\S*)\s*(\S*)\s*(.*)")
_DATE_FORMAT = "%Y%m%dT%H:%M:%S"

Tag = tuple[int, str | None, str | None, str | None, str]
"""Number of the line, tag, type, name, text; only the text for what comes before all tags."""


def _refusal(fault: Fault, extra: str | None = None) -> RPCError:
    return RPCError(int(fault), extra)


def capped_int(value: Any) -> int:
    """A whole number, or the bound of XML-RPC's 32 bits that it exceeds."""
    return max(xmlrpclib.MININT, min(xmlrpclib.MAXINT, int(value)))


def make_datetime(text: str) -> datetime:
    """The date that XML-RPC writes as `20261122T01:02:03`. Raises ValueError."""
    return datetime.strptime(text, _DATE_FORMAT)


def xmlrpc_marshal(value: Any) -> str:
    """The document that answers a call with a value or a Fault. Raises TypeError, OverflowError."""
    if isinstance(value, xmlrpclib.Fault):
        return xmlrpclib.dumps(value)
    return xmlrpclib.dumps(value if isinstance(value, tuple) else (value,), methodresponse=True)


def gettags(comment: str) -> list[Tag]:
    """The description of a docstring, and its lines `@TAG TYPE NAME TEXT`, in order."""
    tags: list[Tag] = [(0, None, None, None, "")]
    for number, line in enumerate(comment.split("\n")):
        text = line.strip()
        if not text:
            continue
        match = _TAG.fullmatch(text)
        if match is not None:
            kind, type_name, name, rest = match.groups()
            tags.append((number, kind, type_name, name, rest))
        else:
            *head, before = tags[-1]
            tags[-1] = (*head, f"{before}\n{text}" if before else text)  # type: ignore[assignment]
    return tags


class RootRPCInterface:
    """The namespaces of a server as attributes."""

    def __init__(self, subinterfaces: Iterable[tuple[str, Any]]) -> None:
        for name, interface in subinterfaces:
            setattr(self, name, interface)


def traverse(ob: Any, method: str, params: Iterable[Any]) -> Any:
    """Call `namespace.method` of a RootRPCInterface.

    Raises RPCError: UNKNOWN_METHOD for what clients may not call, INCORRECT_PARAMETERS for
    arguments that a method does not take.
    """
    namespace, _, name = method.partition(".")
    interface = None if namespace.startswith("_") else getattr(ob, namespace, None)
    found = None if interface is None or "." in name else method_of(interface, name)
    if found is None:
        raise _refusal(Fault.UNKNOWN_METHOD)
    try:
        return found(*params)
    except TypeError as error:
        raise _refusal(Fault.INCORRECT_PARAMETERS) from error


class SystemNamespaceRPCInterface:
    """The methods about methods, for the given (name, interface) pairs and itself."""

    def __init__(self, namespaces: Iterable[tuple[str, Any]]) -> None:
        self.namespaces: dict[str, Any] = {**dict(namespaces), "system": self}

    def _listMethods(self) -> dict[str, str]:
        """Docstring of each method by its full name."""
        return {
            f"{namespace}.{name}": str(getattr(interface, name).__doc__ or "")
            for namespace, interface in self.namespaces.items()
            for name in method_names(interface)
        }

    def listMethods(self) -> list[str]:
        """Return the names of all methods.

        @return array names  Sorted names in the form ``namespace.method``.
        """
        return sorted(self._listMethods())

    def _docstring(self, name: str) -> str:
        docstring = self._listMethods().get(name)
        if docstring is None:
            raise _refusal(Fault.SIGNATURE_UNSUPPORTED)
        return docstring

    def methodHelp(self, name: str) -> str:
        """Return the documentation of a method.

        @param string name   Full name of the method.
        @return string text  Its documentation, empty if it has none.
        """
        return self._docstring(name)

    def methodSignature(self, name: str) -> list[str]:
        """Return the types of the result and of the parameters of a method.

        @param string name   Full name of the method.
        @return array types  Type of the result, then the type of each parameter.
        """
        signature = signature_of(self._docstring(name))
        if signature is None:
            raise _refusal(Fault.SIGNATURE_UNSUPPORTED)
        return signature

    def multicall(self, calls: list[dict[str, Any]]) -> Any:
        """Make several calls, one after another; a function with a delay if one takes its time.

        @param array calls     Structs of ``methodName`` and ``params``.
        @return array results  For each call its bare value, or a struct of a fault.
        """
        run = _Multicall(RootRPCInterface(self.namespaces.items()), calls)
        if not run.is_waiting:
            return run.results
        not_done_yet = import_module("supervisor.http").NOT_DONE_YET

        def wait() -> Any:
            run.go_on(not_done_yet)
            return not_done_yet if run.is_waiting else run.results

        wait.delay = MULTICALL_DELAY_S  # type: ignore[attr-defined]
        return wait


class _Multicall:
    """A run over a list of calls, which stops where a method returns a function to ask again."""

    def __init__(self, root: RootRPCInterface, calls: list[dict[str, Any]]) -> None:
        self.results: list[Any] = []
        self._root = root
        self._calls: Iterator[dict[str, Any]] = iter(calls)
        self._pending: FunctionType | None = None
        self._make_calls()

    @property
    def is_waiting(self) -> bool:
        """Whether a call has no result yet."""
        return self._pending is not None

    def go_on(self, not_done_yet: Any) -> None:
        """Ask the call that is waited for; make the next ones if it is done."""
        assert self._pending is not None, "nothing is waited for"
        value = self._outcome(self._pending)
        if value is not not_done_yet:
            self._pending = None
            self.results.append(value)
            self._make_calls()

    def _make_calls(self) -> None:
        for call in self._calls:
            value = self._outcome(lambda call=call: self._make(call))  # type: ignore[misc]
            if isinstance(value, FunctionType):
                self._pending = value
                return
            self.results.append(value)

    def _make(self, call: dict[str, Any]) -> Any:
        name = call.get("methodName")
        if name is None:
            raise _refusal(Fault.INCORRECT_PARAMETERS, "No methodName")
        if name == "system.multicall":
            why = "Recursive system.multicall forbidden"
            raise _refusal(Fault.INCORRECT_PARAMETERS, why)
        return traverse(self._root, name, call.get("params", []))

    @staticmethod
    def _outcome(compute: Callable[[], Any]) -> Any:
        try:
            return compute()
        except RPCError as error:
            return {"faultCode": error.code, "faultString": error.text}
        except Exception as error:
            # One call that fails in a way of its own is the business of its own result.
            text = f"FAILED: {type(error)}:{error}"
            return {"faultCode": int(Fault.FAILED), "faultString": text}
