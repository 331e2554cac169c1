"""The page of events while it is open."""

from supervisor.rpc.ports import News
from supervisor.web.messages import Response
from supervisor.web.news import NewsFollower
from supervisor.web.views.events import event_html, matcher, wish_of
from supervisor.web.views.sending import Opening, Sender


def begin(opening: Opening) -> Response | None:
    """Send each event of the topic that is shown; the page itself filters by words."""
    wish = wish_of(opening.request)._replace(query="", before=None)
    wanted = matcher(wish)
    sender = Sender(opening.source)

    def tell(news: News, id: str) -> None:
        if wanted(news):
            sender.send("event", {"html": event_html(news)}, id)

    NewsFollower(opening.source, opening.services.feed, tell, opening.resume)
    return None
