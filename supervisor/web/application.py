"""What a server of the daemon offers: one line per route."""

from collections.abc import Callable
from typing import Any

from supervisor.rpc.ports import Services
from supervisor.rpc.registry import Registry
from supervisor.web.log_stream import MainLogTail, ProcessLogTail
from supervisor.web.routes import Guests, Routes, answer_index, answer_ok
from supervisor.web.rpc_endpoint import RpcEndpoint
from supervisor.wire.xmlrpc import encode_response


def make_application(
    registry: Registry,
    services: Services,
    encode: Callable[[Any], bytes] = encode_response,
    guests: Guests | None = None,
) -> Routes:
    """Everything that is served to the clients of one server.

    `registry` is that server's own; `encode` makes the bytes of an answer to an XML-RPC call;
    `guests` are the pages of plug-ins.
    """
    return Routes(
        routes=[
            ("/RPC2", RpcEndpoint(registry, services.log, encode)),
            ("/logtail", ProcessLogTail(services)),
            ("/mainlogtail", MainLogTail(services)),
        ],
        pages={"": answer_index, "index.html": answer_index, "ok.html": answer_ok},
        guests=guests,
    )
