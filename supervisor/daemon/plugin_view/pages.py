"""What plug-ins serve beside their methods: pages in `VIEWS`, and handlers put into a server.

Whatever they raise, or whatever nonsense they return, is told in the main log with the path that
was asked for; the client gets a status 500.
"""

from supervisor.config.sections.servers import ServerSettings
from supervisor.daemon.guard import Guard
from supervisor.daemon.plugin_view.servers import ServerView
from supervisor.hints import Any, Callable, Final, Iterator
from supervisor.lean import partial
from supervisor.promised.request import PluginRequest, response_of
from supervisor.promised.views import ViewContext, page_of_plug_in
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.polling import NOT_DONE_YET, Polling
from supervisor.web.limits import LOGGED_LINE_CHARS_MAX
from supervisor.web.messages import Answer, Later, Request, Response, error_response

_INDEX: Final = "index.html"


class _Failed(Exception):
    """A plug-in raised something; it was told already."""


class GuestPages:
    """The pages and handlers of one server. Implements `web.routes.Guests`."""

    def __init__(
        self, supervisord: Any, server: ServerSettings, guard: Guard, polling: Polling
    ) -> None:
        self._supervisord = supervisord
        self._server = server
        self._guard = guard
        self._polling = polling

    def page(self, request: Request) -> Answer | None:
        """The page that a plug-in has for this path."""
        entry = page_of_plug_in(request.path.lstrip("/") or _INDEX)
        if entry is None:
            return None
        asked = PluginRequest(request, self._server)
        try:
            form = asked.form()
        except ValueError:
            return error_response(400)
        name = f"page {request.path!r}"
        try:
            view = self._run(name, lambda: self._view(entry, asked, form))
            ask = self._ask(name, view)
            made = ask()
            if made is NOT_DONE_YET:
                poll = partial(self._poll, ask, view)
                return _later(self._run(name, poll))
        except _Failed:
            return error_response(500)
        answer: Response = made
        return answer

    def rest(self, request: Request) -> Answer | None:
        """What a handler of a plug-in answers, the first one that takes the request."""
        name = f"handler of {request.path[:LOGGED_LINE_CHARS_MAX]!r}"
        asked = PluginRequest(request, self._server)
        try:
            for handler in self._handlers():
                if self._run(name, partial(_takes, handler, asked)):
                    self._run(name, partial(_handle, handler, asked))
                    return asked.response
        except _Failed:
            return error_response(500)
        return None

    def _view(self, entry: dict[str, Any], asked: PluginRequest, form: dict[str, Any]) -> Any:
        context = ViewContext(
            template=entry.get("template"),
            request=asked,
            form=form,
            response={"headers": {}},
            supervisord=self._supervisord,
        )
        return entry["view"](context)

    def _ask(self, name: str, view: Callable[[], Any]) -> Callable[[], Any]:
        def show() -> Any:
            made = view()
            return made if made is NOT_DONE_YET else response_of(made)

        return lambda: self._run(name, show)

    def _poll(self, ask: Callable[[], Any], view: Any) -> Deferred:
        return self._polling.poll(ask, float(view.delay))

    def _handlers(self) -> Iterator[Any]:
        for _, server in self._supervisord.options.httpservers:
            if isinstance(server, ServerView) and server.section == self._server.section:
                yield from server.guests()

    def _run(self, name: str, call: Callable[[], Any]) -> Any:
        try:
            return self._guard.run(name, call)
        except BaseException as error:
            self._guard.blame(name, "of a plug-in raised an unexpected exception")
            raise _Failed from error


def _takes(handler: Any, request: PluginRequest) -> bool:
    return bool(handler.match(request))


def _handle(handler: Any, request: PluginRequest) -> None:
    handler.handle_request(request)
    if request.response is None:
        raise ValueError(f"{handler!r} has not answered: it must call done() or error()")


def _later(answer: Deferred) -> Later:
    later = Later(answer.abandon)
    answer.then(lambda known: later.resolve(error_response(500) if known.error else known.result()))
    return later
