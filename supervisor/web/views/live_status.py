"""The status page while it is open: rows, groups and problems as they change, numbers every 5 s."""

from supervisor.rpc.ports import News
from supervisor.web.messages import Response
from supervisor.web.news import NewsFollower
from supervisor.web.views import rows, status, words
from supervisor.web.views.attention import attention
from supervisor.web.views.curves import cpu_curve, memory_curve
from supervisor.web.views.picture import Member, Picture, Section, take
from supervisor.web.views.sending import Opening, Pacer, Sender
from supervisor.web.views.wishes import wishes_of
from supervisor.wire.namespec import make_namespec

_BEGINS = "SUPERVISOR_STATE_CHANGE_RUNNING"


def begin(opening: Opening) -> Response | None:
    """Send what changes."""
    StatusLive(opening)
    return None


class StatusLive:
    """The status page of one reader."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._wishes = wishes_of(opening.request)
        self._sender = Sender(opening.source)
        self._pacer = Pacer(opening.site.timers, opening.services.clock, opening.source.wake)
        self._changed: set[str] = set()
        """Processes whose rows are to be sent."""
        self._is_in_between = False
        """Whether some of them did not fit into what the page could take."""
        self._has_sample = False
        self._names = frozenset(each.namespec for each in take(opening.services).members)
        """Processes that the page shows."""
        source, services = opening.source, opening.services
        NewsFollower(source, services.feed, self._tell, opening.resume)
        source.add(self._refill, services.figures.look(self._take_sample))
        source.add(lambda: None, self._pacer.close)

    def _tell(self, news: News, id: str) -> None:
        if news.name:
            self._changed.add(make_namespec(news.group, news.name))
        elif news.group or news.type == _BEGINS:
            # Not when the daemon leaves: it has no other page to show; this one goes on.
            self._reload()

    def _reload(self) -> None:
        self._sender.send("reload", {})
        self._opening.source.finish()

    def _take_sample(self) -> None:
        self._has_sample = True
        self._opening.source.wake()

    def _refill(self) -> None:
        if not (self._changed or self._has_sample):
            return
        if not self._is_in_between and not self._pacer.ready():
            return
        seen = take(self._opening.services)
        if frozenset(each.namespec for each in seen.members) != self._names:
            self._reload()
            return
        style = rows.style_for(
            self._opening.request, len(seen.members), is_flat=self._wishes.is_flat
        )
        if self._changed:
            self._send_rows(seen, style)
        if self._has_sample and not self._changed:
            self._has_sample = False
            self._send_usage(seen, style)
        self._send_summaries(seen, style)
        if not self._changed:
            self._opening.source.tell_position()

    def _send_rows(self, seen: Picture, style: rows.Style) -> None:
        for section in seen.sections:
            touched = [each for each in section.members if each.namespec in self._changed]
            for member in touched:
                if not self._opening.source.has_room:
                    self._is_in_between = True
                    return
                self._changed.discard(member.namespec)
                row = rows.row(self._opening.services, member, seen, style)
                self._sender.send("html", {"id": f"p-{member.namespec}", "html": row})
            if touched and not style.is_flat:
                self._send_head(section, seen, style)
        self._changed.clear()
        self._is_in_between = False

    def _send_head(self, section: Section, seen: Picture, style: rows.Style) -> None:
        is_open = status.is_open_at_first(section, len(seen.members))
        address = self._wishes.folded(section.name).address()
        head = rows.head(section, style, address, is_open)
        self._sender.put(rows.head_id(section), head)

    def _send_summaries(self, seen: Picture, style: rows.Style) -> None:
        self._sender.put("share", status.share(seen))
        self._sender.put("chips", status.chips(seen, self._wishes))
        self._sender.put("attention", attention(self._opening.services, seen, style))

    def _send_usage(self, seen: Picture, style: rows.Style) -> None:
        told = [self._usage(member, seen, style) for member in seen.members if member.process.pid]
        news = [each for each in told if each and self._sender.is_news(f"u-{each[0]}", each)]
        if news:
            self._sender.send("usage", news)

    def _usage(self, member: Member, seen: Picture, style: rows.Style) -> tuple[str, ...]:
        usage = self._opening.services.figures.usage(member.process.id)
        if usage is None:
            return ()
        return (
            member.namespec,
            words.percent(usage.cpu_percent),
            words.size(usage.memory_bytes),
            cpu_curve(usage.cpu_curve) if style.has_curves else "",
            memory_curve(usage.memory_curve) if style.has_curves else "",
            words.span(seen.now.mono_s - member.process.started_mono_s),
        )
