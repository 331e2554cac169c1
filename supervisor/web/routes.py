"""From a path to who answers it; the first match wins (HTTP reference of the manual).

A route answers its own path and everything below it, and nothing that merely begins like it:
``/RPC2`` and ``/RPC2/x``, but not ``/RPC2x``.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from supervisor.web.messages import Answer, Handler, Request, Response, error_response


class Guests(Protocol):
    """What plug-ins serve: each method gives None if they do not."""

    def page(self, request: Request) -> Answer | None:
        """A page, in place of one of ours if it has the same path."""
        ...

    def rest(self, request: Request) -> Answer | None:
        """What we have no answer to."""
        ...


class Routes:
    """The application of a server: a handler made of handlers.

    `routes` are (path, handler) in the order in which they are tried. `pages` are for GET and POST,
    by path without leading slashes. `guests` are asked for what no route answers.
    """

    __slots__ = ("_guests", "_pages", "_routes")

    def __init__(
        self,
        routes: Sequence[tuple[str, Handler]],
        pages: Mapping[str, Handler],
        guests: Guests | None = None,
    ) -> None:
        self._routes = tuple(routes)
        self._pages = dict(pages)
        self._guests = guests

    def __call__(self, request: Request) -> Answer:
        """Answer a request."""
        path = request.path
        for route, handler in self._routes:
            if path.startswith(route) and path[len(route) : len(route) + 1] in ("", "/"):
                return handler(request)
        if request.method in ("GET", "POST"):
            made = None if self._guests is None else self._guests.page(request)
            if made is not None:
                return made
            page = self._pages.get(path.lstrip("/"))
            if page is not None:
                return page(request)
        if self._guests is not None:
            answer = self._guests.rest(request)
            if answer is not None:
                return answer
        # What is left are files, which are only read; there are none without the pages.
        return error_response(404 if request.method in ("GET", "HEAD") else 400)


def answer_ok(request: Request) -> Response:
    """``/ok.html``: says OK as long as the daemon answers at all, also while it shuts down."""
    return Response(200, "text/plain", b"OK")


def answer_index(request: Request) -> Response:
    """``/``: tells a person with a browser what is here."""
    return Response(200, "text/plain;charset=utf-8", _INDEX)


_INDEX = b"""\
This is supervisord.

/RPC2                         XML-RPC (POST)
/logtail/GROUP:NAME           log of a process, followed; /stderr at the end for stderr
/mainlogtail                  log of supervisord itself, followed
/ok.html                      says OK

Try: supervisorctl status
"""
