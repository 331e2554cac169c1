"""``/RPC2``: bytes of a call in, bytes of its result or fault out, now or later."""

from collections.abc import Callable, Sequence
from typing import Any

from supervisor.errors import Fault, ProtocolViolation, RequestRefused
from supervisor.levels import Level
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.ports import Log
from supervisor.web.limits import LOGGED_BODY_BYTES_MAX
from supervisor.web.messages import Answer, Later, Request, Response, error_response
from supervisor.web.service import trace
from supervisor.wire.xmlrpc import (
    NoMethodName,
    Unmarshallable,
    decode_request,
    encode_fault,
    encode_response,
)

Call = Callable[[Request, str, Sequence[Any]], Any]
"""Makes the call of a request: returns a value or a Deferred; see `web.gateway`."""


class RpcEndpoint:
    """Answers with 200 and a result or a fault; with 400 to what is not a call.

    A method that returns nonsense is a fault. 500 means that one of ours failed in an unforeseen
    way: the main log has the traceback.
    """

    __slots__ = ("_call", "_encode", "_log")

    def __init__(
        self, call: Call, log: Log, encode: Callable[[Any], bytes] = encode_response
    ) -> None:
        self._call = call
        self._log = log
        self._encode = encode

    def __call__(self, request: Request) -> Answer:
        """Make the call that the request asks for."""
        if request.method != "POST":
            return error_response(400)
        data = request.body
        try:
            method, params = decode_request(data)
        except ProtocolViolation as violation:
            why = "no method name" if isinstance(violation, NoMethodName) else "unmarshallable"
            self._log(Level.ERRO, f"XML-RPC request data {_quoted(data)} is invalid: {why}")
            return error_response(400)
        try:
            value = self._call(request, method, params)
        except Exception as error:
            return self._refusal(error, data)
        if isinstance(value, Deferred):
            return self._later(method, value, data)
        return self._result(method, value)

    def _later(self, method: str, deferred: Deferred, data: bytes) -> Later:
        later = Later(deferred.abandon)
        # Only what a log line would quote is kept while waiting.
        quotable = data[: LOGGED_BODY_BYTES_MAX + 1]
        deferred.then(
            lambda known: later.resolve(
                self._result(method, known.value)
                if known.error is None
                else self._refusal(known.error, quotable)
            )
        )
        return later

    def _result(self, method: str, value: Any) -> Response:
        try:
            return Response(200, "text/xml", self._encode(value))
        except Unmarshallable as error:
            why = f"{method} returned what XML-RPC cannot carry: {error}"
            self._log(Level.CRIT, f"{why} (it must return what XML-RPC has a type for)")
        except BaseException as error:
            # A plug-in returned something that breaks when it is looked at.
            why = f"{method} returned what cannot be read: {type(error)}"
            self._log(Level.CRIT, f"{why}: {trace(error)}")
        return Response(200, "text/xml", encode_fault(Fault.FAILED, f"{Fault.FAILED.name}: {why}"))

    def _refusal(self, error: Exception, data: bytes) -> Response:
        """A fault if the method refused; whatever else a method raises stops here."""
        if isinstance(error, RequestRefused):
            return Response(200, "text/xml", encode_fault(error.fault, error.text))
        self._log(
            Level.CRIT,
            f"Handling XML-RPC request with data {_quoted(data)} raised an unexpected "
            f"exception: {trace(error)}",
        )
        return error_response(500)


def _quoted(data: bytes) -> str:
    text = repr(data[:LOGGED_BODY_BYTES_MAX].decode("utf-8", "backslashreplace"))
    return text if len(data) <= LOGGED_BODY_BYTES_MAX else f"{text}..."
