"""Any method by its name: those of plug-ins, several at once, and all others."""

from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any, Final, Iterator
from supervisor.levels import Level
from supervisor.rpc.listing import Listing
from supervisor.tracebacks import traceback_of
from supervisor.web.api.arrays import answer_array
from supervisor.web.api.calls import Call, answer_json, answer_value
from supervisor.web.api.fields import Field
from supervisor.web.api.operations import Operation
from supervisor.web.messages import Answer, Response
from supervisor.web.pieces import PieceStream
from supervisor.wire.xmlrpc import Unmarshallable

_PARAMS: Final = Field("params", ("array",), "The parameters, in order.", default=[])

_TEXT: Final = """\
Whatever XML-RPC offers can be called so, methods of plug-ins included. Bytes in a result are
base64, times ISO 8601. The role that it takes is the one of the method.

`system.multicall` makes several calls in one request: its parameter is an array of objects with
`methodName` and `params`."""


def _call_method(call: Call) -> Answer:
    value = call.rpc(call.path["method"], *call.body["params"])
    return answer_value(call, value, _result)


def _result(call: Call, value: Any) -> Response | PieceStream:
    try:
        if isinstance(value, Listing):
            return answer_array(call, "result", value)
        return answer_json({"result": value})
    except Unmarshallable as error:
        why = f"it returned what JSON has no form for: {error}"
    except BaseException as error:
        # A plug-in returned something that breaks when it is looked at.
        call.site.services.log(
            Level.CRIT, f"{call.path['method']} returned what cannot be read: {traceback_of(error)}"
        )
        why = f"it returned what cannot be read: {type(error)}"
    raise RequestRefused(Fault.FAILED, why)


def operations() -> Iterator[Operation]:
    """All of them."""
    yield Operation(
        "POST",
        "/rpc/{method}",
        _call_method,
        "Done",
        "Call a method by its name",
        _TEXT,
        body=(_PARAMS,),
        methods=("system.multicall",),
        statuses=frozenset({400, 403, 404, 409}),
        is_bulky=True,
    )
