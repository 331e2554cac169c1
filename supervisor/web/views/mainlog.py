"""The page of the daemon's own log."""

from supervisor.rpc.caller import Role
from supervisor.web.messages import Answer, Request, Response
from supervisor.web.site import Site
from supervisor.web.views import layout, logs
from supervisor.web.views.arguments import query_arguments
from supervisor.web.views.kit import NOTHING, Template
from supervisor.web.views.sources import MAIN, main_log

PAGE = "log.html"

_LOG = Template("log.html")


def view(request: Request, site: Site) -> Answer:
    """The page."""
    source = main_log(site.gateway.services(request).logbook)
    pane = logs.pane(source, logs.wish_of(request, MAIN), logs.Place(PAGE, is_tall=True))
    if query_arguments(request).get("only") == MAIN:
        return Response(200, layout.HTML, pane.encode(), layout.NO_CACHE)
    main = _LOG["page"](
        daemon=site.services.identity.identifier,
        pid=site.services.identity.pid,
        controls=_LOG["controls"]() if request.caller.may(Role.ADMIN) else NOTHING,
        pane=pane,
        ask=NOTHING,
    )
    return layout.answer(site, request, layout.Page("Main log", "log", live="page=log"), main)
