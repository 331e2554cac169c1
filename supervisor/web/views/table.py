"""Which view answers which path: a line for each page.

A view is a function of the request and the site. It looks at processes through
`site.gateway.services(request)` and changes them through `site.gateway.call` alone.
"""

from supervisor.hints import Callable, Mapping
from supervisor.lean import import_module
from supervisor.tuples import NamedTuple
from supervisor.web.late import cannot_load
from supervisor.web.messages import Answer, Request
from supervisor.web.site import Site
from supervisor.web.views import statics, theme

View = Callable[[Request, Site], Answer]

_READ = ("GET", "HEAD")


class LateView:
    """A view whose module is loaded by the first request for it: few readers see all pages."""

    __slots__ = ("_module", "_name")

    def __init__(self, module: str, name: str = "view") -> None:
        self._module = f"supervisor.web.views.{module}"
        self._name = name

    def __call__(self, request: Request, site: Site) -> Answer:
        """Answer a request."""
        try:
            view: View = getattr(import_module(self._module), self._name)
        except (ImportError, AttributeError, SyntaxError, TypeError) as error:
            return cannot_load(self._module, error, site.services.log)
        return view(request, site)


class Page(NamedTuple):
    """A path and who answers it."""

    view: View
    methods: tuple[str, ...] = ("GET", "HEAD", "POST")


def pages() -> Mapping[str, Page]:
    """Path without leading slashes -> page."""
    found = {
        "": Page(LateView("status")),
        "index.html": Page(LateView("status")),
        "rows.html": Page(LateView("status", "view_rows"), _READ),
        "act": Page(LateView("actions"), ("POST",)),
        "confirm.html": Page(LateView("confirm"), _READ),
        "sign-in": Page(LateView("login", "sign_in")),
        "logout": Page(LateView("login", "sign_out"), ("POST",)),
        "theme": Page(lambda request, site: theme.choose(request), ("POST",)),
        "process.html": Page(LateView("process"), _READ),
        "signal": Page(LateView("tell", "send_signal"), ("POST",)),
        "stdin": Page(LateView("tell", "send_line"), ("POST",)),
        "log.html": Page(LateView("mainlog"), _READ),
        "clearlog": Page(LateView("tell", "clear_main_log")),
        "events.html": Page(LateView("events"), _READ),
        "tail.html": Page(LateView("tail")),
        "ends.html": Page(LateView("ends"), _READ),
        "live": Page(LateView("live"), _READ),
        "download": Page(LateView("download"), _READ),
    }
    static = Page(lambda request, site: statics.serve(request), _READ)
    found.update(dict.fromkeys(statics.FILES, static))
    return found
