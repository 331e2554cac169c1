"""What a server of the daemon offers: one line per route."""

from supervisor.hints import TYPE_CHECKING, Any, Callable
from supervisor.web.gate import NOBODY
from supervisor.web.gateway import Gateway
from supervisor.web.late import LateHandler
from supervisor.web.log_stream import MainLogTail, ProcessLogTail
from supervisor.web.messages import Answer, Handler, Request
from supervisor.web.routes import Guests, Routes, answer_ok
from supervisor.web.rpc_endpoint import RpcEndpoint
from supervisor.web.turns import Turns
from supervisor.wire.xmlrpc import encode_response

if TYPE_CHECKING:
    from supervisor.web.site import Site


def make_application(
    gateway: Gateway,
    site: "Callable[[], Site]",
    *,
    encode: Callable[[Any], bytes] = encode_response,
    guests: Guests | None = None,
    turns: Turns | None = None,
) -> Handler:
    """Everything that is served to the clients of one server.

    `gateway` leads to the methods of that server; `site` makes what pages, API and metrics are
    given, when the first of them is asked for; `encode` makes the bytes of an answer to an XML-RPC
    call; `guests` are the pages of plug-ins;
    `turns` are for long answers, which are made at once without.
    """
    clock, log = gateway.whole.clock, gateway.whole.log
    metrics = LateHandler("supervisor.web.metrics", "make_metrics", site, log)
    pages = LateHandler("supervisor.web.views", "make_pages", site, log)
    routes = Routes(
        routes=[
            ("/RPC2", RpcEndpoint(gateway.call, log, encode, turns)),
            ("/logtail", ProcessLogTail(gateway, clock)),
            ("/mainlogtail", MainLogTail(gateway, clock)),
            ("/api", LateHandler("supervisor.web.api", "make_api", site, log)),
            ("/metrics", metrics),
            ("/healthz", metrics),
            ("/readyz", metrics),
        ],
        pages={"ok.html": answer_ok},
        rest=pages,
        guests=guests,
    )
    return Doorway(routes, LateHandler("supervisor.web.views.login", "make_sign_in", site, log))


class Doorway:
    """In front of all routes: whoever has yet to say who he is gets no further than to sign in."""

    __slots__ = ("_routes", "_sign_in")

    def __init__(self, routes: Handler, sign_in: Handler) -> None:
        self._routes = routes
        self._sign_in = sign_in

    def __call__(self, request: Request) -> Answer:
        """Answer a request."""
        return (self._sign_in if request.caller is NOBODY else self._routes)(request)
