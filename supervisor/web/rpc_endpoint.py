"""``/RPC2``: bytes of a call in, bytes of its result or fault out, now or later.

A long array is made in slices, while others are served; what is sent has a Content-Length all the
same, which clients of XML-RPC may count on.
"""

from supervisor.errors import Fault, ProtocolViolation, RequestRefused
from supervisor.hints import Any, Callable, Final, Generator, Sequence
from supervisor.levels import Level
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.listing import Listing
from supervisor.rpc.ports import Log
from supervisor.web.limits import JOIN_BYTES_MAX, LOGGED_BODY_BYTES_MAX
from supervisor.web.messages import Answer, Later, Request, Response, error_response
from supervisor.web.service import trace
from supervisor.web.turns import Turns
from supervisor.wire.xmlrpc import (
    NoMethodName,
    Unmarshallable,
    encode_fault,
    encode_response,
)
from supervisor.wire.xmlrpc_known import encode_elements, read_request
from supervisor.wire.xmlrpc_pieces import is_made_of_long, response_pieces

ANSWER_BYTES_MAX: Final = 64 * 1024 * 1024
"""Of an answer that is made in slices: many calls in one request may ask for more; then: FAILED."""

Call = Callable[[Request, str, Sequence[Any]], Any]
"""Makes the call of a request: returns a value or a Deferred; see `web.gateway`."""


class RpcEndpoint:
    """Answers with 200 and a result or a fault; with 400 to what is not a call.

    A method that returns nonsense is a fault. 500 means that one of ours failed in an unforeseen
    way: the main log has the traceback.
    """

    __slots__ = ("_call", "_encode", "_log", "_turns")

    def __init__(
        self,
        call: Call,
        log: Log,
        encode: Callable[[Any], bytes] = encode_response,
        turns: Turns | None = None,
    ) -> None:
        """Without `turns` every answer is made at once."""
        self._call = call
        self._log = log
        self._encode = encode
        self._turns = turns

    def __call__(self, request: Request) -> Answer:
        """Make the call that the request asks for."""
        if request.method != "POST":
            return error_response(400)
        data = request.body
        try:
            method, params = read_request(data)
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
        if isinstance(value, Listing) and value.is_quick:
            return Response(200, "text/xml", encode_elements(value.texts() or ()))
        if self._turns is not None and is_made_of_long(value):
            later = Later()
            self._make_in_turns(later, self._turns, method, value)
            return later
        return self._result(method, value)

    def _make_in_turns(self, later: Later, turns: Turns, method: str, value: Any) -> None:
        later.on_abandoned = turns.do(self._slices(method, value), later.resolve)

    def _slices(self, method: str, value: Any) -> Generator[None, None, Response]:
        """Make the answer to a call, yielding between two slices of the work."""
        pieces: list[bytes] = []
        made_bytes = 0
        try:
            for piece in response_pieces(value):
                if pieces and len(pieces[-1]) < JOIN_BYTES_MAX:
                    # Each costs a system call.
                    pieces[-1] += piece
                else:
                    pieces.append(piece)
                made_bytes += len(piece)
                if made_bytes > ANSWER_BYTES_MAX:
                    why = f"the answer has more than {ANSWER_BYTES_MAX >> 20} MiB: ask for less"
                    return _failed(f"{why} in one request")
                yield
        except Unmarshallable:
            # A plug-in may know a way.
            return self._result(method, value)
        except Exception as error:
            # Elements may be a plug-in's, and raise anything when they are looked at.
            return self._unreadable(method, error)
        # Joined, thousands of processes would take their megabytes twice.
        return Response(200, "text/xml", b"", more=pieces)

    def _later(self, method: str, deferred: Deferred, data: bytes) -> Later:
        later = Later(deferred.abandon)
        # Only what a log line would quote is kept while waiting.
        quotable = data[: LOGGED_BODY_BYTES_MAX + 1]

        def answer(known: Deferred) -> None:
            if known.error is not None:
                later.resolve(self._refusal(known.error, quotable))
            elif self._turns is not None and is_made_of_long(known.value):
                self._make_in_turns(later, self._turns, method, known.value)
            else:
                later.resolve(self._result(method, known.value))

        deferred.then(answer)
        return later

    def _result(self, method: str, value: Any) -> Response:
        try:
            return Response(200, "text/xml", self._encode(value))
        except Unmarshallable as error:
            why = f"{method} returned what XML-RPC cannot carry: {error}"
            self._log(Level.CRIT, f"{why} (it must return what XML-RPC has a type for)")
            return _failed(why)
        except BaseException as error:
            return self._unreadable(method, error)

    def _unreadable(self, method: str, error: BaseException) -> Response:
        """A plug-in returned something that breaks when it is looked at."""
        why = f"{method} returned what cannot be read: {type(error)}"
        self._log(Level.CRIT, f"{why}: {trace(error)}")
        return _failed(why)

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


def _failed(why: str) -> Response:
    return Response(200, "text/xml", encode_fault(Fault.FAILED, f"{Fault.FAILED.name}: {why}"))


def _quoted(data: bytes) -> str:
    text = repr(data[:LOGGED_BODY_BYTES_MAX].decode("utf-8", "backslashreplace"))
    return text if len(data) <= LOGGED_BODY_BYTES_MAX else f"{text}..."
