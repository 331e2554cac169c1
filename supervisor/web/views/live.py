"""``/live``: what changes on an open page, as server-sent events.

One stream for each page, with everything that is on it: ``html`` replaces an element, ``usage`` is
numbers and curves of processes, ``line`` and ``anew`` are about logs, ``event`` is a row for the
page of events, and ``reload`` says that the page shows other processes than there are.
"""

from supervisor.hints import Callable, cast
from supervisor.lean import import_module
from supervisor.web.late import cannot_load
from supervisor.web.messages import Answer, Request, Response
from supervisor.web.site import Site
from supervisor.web.sse import EventSource
from supervisor.web.views import errors
from supervisor.web.views.arguments import query_arguments
from supervisor.web.views.sending import Opening

Begin = Callable[[Opening], Response | None]
"""Begins to send; gives the answer instead if there is nothing to be sent."""

_MODULES = {
    "status": "supervisor.web.views.live_status",
    "process": "supervisor.web.views.live_process",
    "log": "supervisor.web.views.live_log",
    "events": "supervisor.web.views.live_events",
}
"""Who sends what, by the name of the page; loaded with the first such page."""


def view(request: Request, site: Site) -> Answer:
    """The stream for a page."""
    said = query_arguments(request)
    module = _MODULES.get(said.get("page", ""))
    if module is None:
        return errors.not_found(request, site)
    try:
        begin = cast(Begin, import_module(module).begin)
    except (ImportError, AttributeError, SyntaxError, TypeError) as error:
        return cannot_load(module, error, site.services.log)
    services = site.gateway.services(request)
    source = EventSource(site.timers, services.clock)
    refused = begin(Opening(request, site, services, source, said))
    if refused is None:
        return source
    source.close()
    return refused
