"""The page of the daemon's own log."""

from supervisor.rpc.caller import Role
from supervisor.web.messages import Answer, Request, Response
from supervisor.web.site import Site
from supervisor.web.views import errors, layout, logs
from supervisor.web.views.arguments import query_arguments
from supervisor.web.views.kit import NOTHING, Template
from supervisor.web.views.sources import MAIN, main_log

PAGE = "log.html"

_LOG = Template("log.html")


def may_see_main_log(request: Request) -> bool:
    """It tells about all programs, so it is for those who may see all of them."""
    return not request.caller.programs


def view(request: Request, site: Site) -> Answer:
    """The page."""
    if not may_see_main_log(request):
        trouble = errors.Trouble(
            403, "You may not see the main log", "It tells about all programs; you see only some."
        )
        return errors.page(request, site, trouble)
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
