"""Routes whose code is loaded by the first request for them.

Most daemons are never asked for a page. A daemon may be asked for its first one months after its
start, when the package on disk is another version or gone: that must harm nothing else and be told
in clear words.
"""

from supervisor.hints import TYPE_CHECKING, Callable
from supervisor.lean import import_module
from supervisor.levels import Level
from supervisor.rpc.ports import Log
from supervisor.web.messages import Answer, Handler, Request, Response
from supervisor.web.refusals import in_form_of

if TYPE_CHECKING:
    from supervisor.web.site import Site


class LateHandler:
    """A handler that is made, by a function of a module, when the first request comes.

    While that fails, requests are answered with 503, and the next one tries again.
    """

    __slots__ = ("_factory", "_handler", "_log", "_module", "_site")

    def __init__(self, module: str, factory: str, site: "Callable[[], Site]", log: Log) -> None:
        self._module = module
        self._factory = factory
        self._site = site
        self._log = log
        self._handler: Handler | None = None

    def __call__(self, request: Request) -> Answer:
        """Answer a request."""
        handler = self._handler
        if handler is None:
            try:
                handler = self._make()
            except Exception as error:
                return in_form_of(request, cannot_load(self._module, error, self._log))
            self._handler = handler
        return handler(request)

    def _make(self) -> Handler:
        made: Handler = getattr(import_module(self._module), self._factory)(self._site())
        return made


def cannot_load(module: str, error: Exception, log: Log) -> Response:
    """The answer to a request whose code cannot be loaded; the log is told why."""
    log(
        Level.ERRO,
        f"cannot load {module}: {error!r} (if another version of supervisor has been"
        " installed since this daemon was started, restart the daemon)",
    )
    body = (
        "This part of supervisord cannot be loaded; its log says why. If another version has"
        " been installed since it was started, restart it.\n"
    )
    return Response(503, "text/plain;charset=utf-8", body.encode("ascii"))
