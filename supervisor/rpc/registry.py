"""From the name of a method to its answer: the only way by which clients reach anything."""

from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any, Callable, Mapping, Protocol, Sequence
from supervisor.lean import MethodType, partial
from supervisor.levels import Level
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.introspection import find_method
from supervisor.rpc.multicall import MULTICALL, Call, Later
from supervisor.rpc.oneline import printable
from supervisor.rpc.ports import Log
from supervisor.rpc.system import SystemInterface, call_many
from supervisor.tracebacks import traceback_of


class Guest(Protocol):
    """How the methods of a plug-in are called, which may do anything."""

    def find(self, method: str, look: Callable[[], MethodType | None]) -> MethodType | None:
        """What a look at the interface finds: a property may run code of the plug-in.

        Raises RequestRefused, whatever the plug-in raises.
        """

    def call(self, method: str, function: MethodType, params: Sequence[Any]) -> Any:
        """Call a method, given with its full name: returns a value or a Deferred.

        Raises RequestRefused, whatever the plug-in raises.
        """


LOGGED_CHARS_MAX = 4096
"""Of the name of a method, and of the text of a fault, in the log."""

_NO_GUESTS: Mapping[str, Guest] = {}


class Registry:
    """The namespaces of one server, in the order of their sections; `system` is always the last.

    Of two with the same name the later one counts. `guests` are the namespaces of plug-ins.
    With `later` a long multicall is made in several turns.
    """

    def __init__(
        self,
        interfaces: Sequence[tuple[str, object]],
        log: Log,
        guests: Mapping[str, Guest] = _NO_GUESTS,
        later: Later | None = None,
    ) -> None:
        self._log = log
        self._guests = guests
        self._later = later
        self._interfaces: dict[str, object] = dict(interfaces)
        self._found: dict[str, MethodType] = {}
        """Methods of ours that were called; unlike those of plug-ins they stay what they are."""
        self._lines: dict[str, tuple[str, str]] = {}
        """What the log tells of calls to these."""
        self._interfaces["system"] = SystemInterface(
            self._interfaces, self.call, self._surprised, later
        )

    @property
    def interfaces(self) -> Mapping[str, object]:
        """All namespaces by name."""
        return self._interfaces

    def docstring_of(self, method: str) -> str | None:
        """Documentation of a method, '' if it has none; None if there is no such method.

        Nothing of a plug-in is run to find out: whatever its interface may have is said to exist.
        """
        namespace, _, name = method.partition(".")
        interface = self._interfaces.get(namespace)
        if interface is None or not name or name.startswith("_") or "." in name:
            return None
        found = getattr(type(interface), name, None)
        if found is None:
            return "" if namespace in self._guests else None
        return getattr(found, "__doc__", None) or ""

    def dispatch(self, method: str, params: Sequence[Any], inner: Call | None = None) -> Any:
        """Make a call for a client and log it: returns a value, or a Deferred to be waited for.

        `inner` makes the calls within a multicall, if they are to be judged one by one. Raises
        RequestRefused, which becomes a fault; everything else is our mistake, or a plug-in's.
        """
        lines = self._lines.get(method)
        if lines is None:
            lines = _lines_about(method)
            if method in self._found:
                self._lines[method] = lines
        self._log(Level.TRAC, lines[0])
        try:
            if inner is not None and method == MULTICALL:
                value = self._call_many(params, inner)
            else:
                value = self.call(method, params)
        except RequestRefused as refused:
            self._log_outcome(method, refused)
            raise
        if not isinstance(value, Deferred):
            self._log(Level.TRAC, lines[1])
            return value
        value.then(lambda answer: self._log_outcome(method, answer.error))
        return value.result() if value.done else value

    def call(self, method: str, params: Sequence[Any]) -> Any:
        """Make a call: returns a value or a Deferred. Raises RequestRefused."""
        function = self._found.get(method)
        if function is None:
            guest = self._guests.get(method.partition(".")[0])
            if guest is not None:
                return self._call_guest(guest, method, params)
            function = find_method(self._interfaces, method)
            if function is None:
                raise RequestRefused(Fault.UNKNOWN_METHOD)
            self._found[method] = function
        try:
            return function(*params)
        except TypeError as error:
            if not is_misfit(error):
                self._surprised(error)
            raise RequestRefused(Fault.INCORRECT_PARAMETERS) from error

    def _call_many(self, params: Sequence[Any], inner: Call) -> Any:
        if len(params) != 1:
            raise RequestRefused(Fault.INCORRECT_PARAMETERS)
        return call_many(params[0], inner, self._surprised, self._later)

    def _call_guest(self, guest: Guest, method: str, params: Sequence[Any]) -> Any:
        function = guest.find(method, partial(find_method, self._interfaces, method))
        if function is None:
            raise RequestRefused(Fault.UNKNOWN_METHOD)
        return guest.call(method, function, params)

    def _log_outcome(self, method: str, error: Exception | None) -> None:
        if error is None:
            self._log(Level.TRAC, _lines_about(method)[1])
        elif isinstance(error, RequestRefused):
            self._log(
                Level.TRAC,
                f"XML-RPC method {_shown(method)}() returned fault:"
                f" [{error.fault:d}] {_shown(error.text)}",
            )

    def _surprised(self, error: Exception) -> None:
        lines = traceback_of(error)
        self._log(Level.ERRO, f"XML-RPC method raised an unexpected exception: {lines}")


def _lines_about(method: str) -> tuple[str, str]:
    """What the log tells of a call: that it was made, and that all went well."""
    shown = f"XML-RPC method {_shown(method)}()"
    return f"XML-RPC method called: {_shown(method)}()", f"{shown} returned successfully"


def _shown(text: str) -> str:
    return printable(text, LOGGED_CHARS_MAX)


def is_misfit(error: TypeError) -> bool:
    """Whether the call itself did not fit the signature; asked by who made the call.

    Such a call fails right there. From deeper inside it may be how a plug-in answers arguments of
    a wrong type, or as well a mistake.
    """
    if getattr(error, "is_misfit", False):
        # Who stands between has judged it.
        return True
    return error.__traceback__ is None or error.__traceback__.tb_next is None
