"""From a path to who answers it; the first match wins (HTTP reference of the manual).

A route answers its own path and everything below it, and nothing that merely begins like it:
``/RPC2`` and ``/RPC2/x``, but not ``/RPC2x``.
"""

from supervisor.hints import Mapping, Protocol, Sequence
from supervisor.rpc.caller import Caller, Role
from supervisor.web.messages import Answer, Handler, Request, Response, error_response


class Guests(Protocol):
    """What plug-ins serve: each method gives None if they do not."""

    def page(self, request: Request) -> Answer | None:
        """A page, in place of one of ours if it has the same path."""

    def rest(self, request: Request) -> Answer | None:
        """What we have no answer to."""


class Routes:
    """The application of a server: a handler made of handlers.

    `routes` are (path, handler) in the order in which they are tried. `pages` are for GET and POST,
    by path without leading slashes. `guests` are asked for what no route answers. `rest` answers
    what nobody else does; what it does not know either, 404, is left to the guests.
    """

    __slots__ = ("_guests", "_pages", "_rest", "_routes")

    def __init__(
        self,
        routes: Sequence[tuple[str, Handler]],
        pages: Mapping[str, Handler],
        guests: Guests | None = None,
        rest: Handler | None = None,
    ) -> None:
        self._routes = tuple(routes)
        self._pages = dict(pages)
        self._guests = guests
        self._rest = rest

    def __call__(self, request: Request) -> Answer:
        """Answer a request."""
        path = request.path
        for route, handler in self._routes:
            if path.startswith(route) and path[len(route) : len(route) + 1] in ("", "/"):
                return handler(request)
        guests = self._guests if _may_ask_guests(request.caller) else None
        if request.method in ("GET", "POST"):
            made = None if guests is None else guests.page(request)
            if made is not None:
                return made
            page = self._pages.get(path.lstrip("/"))
            if page is not None:
                return page(request)
        answer = self._answer_rest(request)
        if guests is not None and (answer is None or _is_unknown(answer)):
            answer = guests.rest(request) or answer
        # What is left are files, which are only read.
        return answer or error_response(404 if request.method in ("GET", "HEAD") else 400)

    def _answer_rest(self, request: Request) -> Answer | None:
        if self._rest is None or request.method not in ("GET", "HEAD", "POST"):
            return None
        return self._rest(request)


def _may_ask_guests(caller: Caller) -> bool:
    """Whether pages of plug-ins are for somebody: they see, and do, whatever there is."""
    return caller.may(Role.ADMIN) and not caller.programs


def _is_unknown(answer: Answer) -> bool:
    return isinstance(answer, Response) and answer.status == 404


def answer_ok(request: Request) -> Response:
    """``/ok.html``: says OK as long as the daemon answers at all, also while it shuts down."""
    return Response(200, "text/plain", b"OK")
