"""Which view answers which path: a line for each page.

A view is a function of the request and the site. It looks at processes through
`site.gateway.services(request)` and changes them through `site.gateway.call` alone.
"""

from collections.abc import Callable, Mapping

from supervisor.tuples import NamedTuple
from supervisor.web.messages import Answer, Request
from supervisor.web.site import Site
from supervisor.web.views import (
    actions,
    confirm,
    download,
    events,
    live,
    login,
    mainlog,
    process,
    statics,
    status,
    tail,
    tell,
    theme,
)

View = Callable[[Request, Site], Answer]


class Page(NamedTuple):
    """A path and who answers it."""

    view: View
    methods: tuple[str, ...] = ("GET", "HEAD", "POST")


def pages() -> Mapping[str, Page]:
    """Path without leading slashes -> page."""
    found = {
        "": Page(status.view),
        "index.html": Page(status.view),
        "rows.html": Page(status.view_rows, ("GET", "HEAD")),
        "act": Page(actions.view, ("POST",)),
        "confirm.html": Page(confirm.view, ("GET", "HEAD")),
        "sign-in": Page(login.sign_in),
        "logout": Page(login.sign_out, ("POST",)),
        "theme": Page(lambda request, site: theme.choose(request), ("POST",)),
        "process.html": Page(process.view, ("GET", "HEAD")),
        "signal": Page(tell.send_signal, ("POST",)),
        "stdin": Page(tell.send_line, ("POST",)),
        "log.html": Page(mainlog.view, ("GET", "HEAD")),
        "clearlog": Page(tell.clear_main_log),
        "events.html": Page(events.view, ("GET", "HEAD")),
        "tail.html": Page(tail.view),
        "live": Page(live.view, ("GET", "HEAD")),
        "download": Page(download.view, ("GET", "HEAD")),
    }
    static = Page(lambda request, site: statics.serve(request), ("GET", "HEAD"))
    found.update(dict.fromkeys(statics.FILES, static))
    return found
