"""The page of the main log while it is open."""

from supervisor.web.messages import Response
from supervisor.web.views import errors
from supervisor.web.views.live_logs import Pane, follow
from supervisor.web.views.mainlog import may_see_main_log
from supervisor.web.views.sending import Opening, Sender
from supervisor.web.views.sources import main_log


def begin(opening: Opening) -> Response | None:
    """Send what is written; the answer instead if the caller may not see that."""
    if not may_see_main_log(opening.request):
        return errors.not_found(opening.request, opening.site)
    source = main_log(opening.services.logbook)
    follow(opening, Sender(opening.source), source, Pane("log-main"))
    return None
