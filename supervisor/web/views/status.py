"""The status page: what runs, what does not and why, and what can be done about it."""

from supervisor.hints import Callable, Generator, Iterator, Sequence
from supervisor.rpc.caller import Role
from supervisor.rpc.ports import Services
from supervisor.states import SupervisorStates
from supervisor.web.messages import Answer, Request, Response
from supervisor.web.sampling import after_sample, answer_in_turns
from supervisor.web.site import Site
from supervisor.web.views import errors, layout, rows, words
from supervisor.web.views.arguments import arguments
from supervisor.web.views.attention import attention, problems
from supervisor.web.views.back import here
from supervisor.web.views.kit import NOTHING, Html, Template, attributes, joined, quoted
from supervisor.web.views.picture import Member, Picture, Section, rank_of, taking, what_happened
from supervisor.web.views.pieces import PieceStream
from supervisor.web.views.sending import position
from supervisor.web.views.table import LateView
from supervisor.web.views.wishes import Wishes, order, wishes_of

WHOLE_MAX = 200
"""With more processes the page is sent piece by piece."""
ROWS_MAX = 50
"""Of one piece."""

_act_as_of_old = LateView("old", "act_as_of_old")
_STATUS = Template("status.html")
_EMPTY = Template("empty.html")
_CUT = Html("\ufdd1")
_LEAVING = (SupervisorStates.SHUTDOWN, SupervisorStates.RESTARTING)
_SHARE_WIDTH = 1000


def view(request: Request, site: Site) -> Answer:
    """``/`` and ``/index.html``: the page, or one of the actions of old."""
    if arguments(request).get("action"):
        return _act_as_of_old(request, site)
    services = site.gateway.services(request)
    if services.control.mood() in _LEAVING:
        return errors.leaving(request, site)

    def page() -> Answer:
        return answer_in_turns(request, site.turns, services, _making(request, site, services))

    # Numbers of this moment also for those who have no script; not more often than they change.
    return after_sample(request, services, page)


def _making(
    request: Request, site: Site, services: Services
) -> Generator[None, None, Response | PieceStream]:
    # What happens while the picture is taken is told to the open page: it may not be missing.
    since = position(services.feed)
    seen = yield from taking(services)
    if not seen.sections:
        return _empty(request, site, services)
    return StatusPage(request, site, services, seen, since).answer()


class StatusPage:
    """One status page in the making."""

    def __init__(
        self, request: Request, site: Site, services: Services, seen: Picture, since: str
    ) -> None:
        """`since` is where the events begin that the picture may not show."""
        self._since = since
        self._request = request
        self._site = site
        self._services = services
        self._seen = seen
        self._wishes = wishes_of(request)
        self._total = len(seen.members)
        self._style = rows.style_for(request, self._total, is_flat=self._wishes.is_flat)

    def answer(self) -> Response | PieceStream:
        """The page, whole or piece by piece."""
        request, site = self._request, self._site
        page = layout.Page(self._title(), nav="processes", live=self._live())
        if self._total <= WHOLE_MAX:
            return layout.answer(site, request, page, joined(self._content()))
        return PieceStream(self._pieces(page), layout.HTML, layout.headers_of(request, page))

    def _pieces(self, page: layout.Page) -> Iterator[Html]:
        before, after = layout.around(self._site, self._request, page)
        yield before
        yield from self._content()
        yield after

    def _title(self) -> str:
        wrong = len(problems(self._seen))
        told = f"{words.plural(wrong, 'problem')}, " if wrong else ""
        return f"{told}{words.processes(self._total)}"

    def _live(self) -> str:
        sort = f"&sort={quoted(self._wishes.sort)}" if self._wishes.is_flat else ""
        return f"page=status{sort}&from={self._since}"

    # -- the content, from top to bottom

    def _content(self) -> Iterator[Html]:
        before, _, after = self._around_rows().partition(_CUT)
        yield Html(before)
        if self._wishes.is_flat:
            yield from self._flat()
        else:
            yield from self._grouped()
        yield Html(after)

    def _around_rows(self) -> Html:
        request, services, seen = self._request, self._services, self._seen
        identity, wishes = services.identity, self._wishes
        path = self._site.server.config_path
        return _STATUS["page"](
            identifier=identity.identifier,
            daemon=daemon_words(services),
            pid=identity.pid,
            version=identity.version,
            config=_STATUS["config"](path=path) if path else NOTHING,
            scope=_STATUS["scope"]() if self._style.is_scoped else NOTHING,
            **_for_all(self._style),
            share=share(seen),
            token=self._site.forms.token(request),
            back=here(request.path, request.query),
            trouble=trouble(request, services),
            attention=attention(services, seen, self._style),
            calm=NOTHING,
            query=wishes.query,
            keep=_kept(wishes),
            chips=chips(seen, wishes),
            sections=_CUT,
            hidden=attributes(hidden=not wishes.is_filtered or self._has_match()),
            count=words.counted(self._total),
            **_heads(wishes),
        )

    def _has_match(self) -> bool:
        return any(self._hits(self._seen.members))

    def _words(self, member: Member) -> str:
        return what_happened(self._services, member, self._seen.now)

    def _flat(self) -> Iterator[Html]:
        members = order(self._seen.members, self._services, self._wishes.sort)
        return self._body("r-all", members, self._hits(members), hidden=False)

    def _grouped(self) -> Iterator[Html]:
        backwards = self._wishes.sort.startswith("-")
        sections = self._seen.sections
        for section in reversed(sections) if backwards else sections:
            members = section.members[::-1] if backwards else section.members
            yield from self._section(section, members)

    def _section(self, section: Section, members: Sequence[Member]) -> Iterator[Html]:
        wishes, body_id = self._wishes, rows.body_id(section)
        is_open = is_open_at_first(section, self._total) != (section.name in wishes.folds)
        address = wishes.folded(section.name).address()
        hits = self._hits(members)
        # Whoever looks for something wants to see it, folded or not.
        is_out = wishes.is_filtered and not any(hits)
        yield rows.head(section, self._style, address, is_open, hidden=is_out)
        if wishes.is_filtered:
            yield from self._body(body_id, members, hits, hidden=is_out)
        elif is_open or self._total <= rows.SENT_MAX:
            yield from self._body(body_id, members, hits, hidden=not is_open)
        else:
            missing_at = f"rows.html?group={quoted(section.name)}"
            yield rows.body(body_id, NOTHING, hidden=True, missing_at=missing_at)

    def _hits(self, members: Sequence[Member]) -> list[bool]:
        """Which of them are wanted."""
        if not self._wishes.is_filtered:
            return [True] * len(members)
        matches = self._wishes.matcher()
        return [matches(each, self._words(each)) for each in members]

    def _body(
        self, body_id: str, members: Sequence[Member], hits: Sequence[bool], *, hidden: bool
    ) -> Iterator[Html]:
        services, seen, style = self._services, self._seen, self._style
        before, _, after = rows.body(body_id, _CUT, hidden=hidden).partition(_CUT)
        yield Html(before)
        for start in range(0, len(members), ROWS_MAX):
            yield joined(
                rows.row(services, each, seen, style, hidden=not hit)
                for each, hit in zip(
                    members[start : start + ROWS_MAX], hits[start : start + ROWS_MAX], strict=True
                )
            )
        yield Html(after)


def is_open_at_first(section: Section, total: int) -> bool:
    """Whether a group is shown unfolded to who has not folded anything."""
    return total <= rows.OPEN_MAX or section.worst <= rank_of("bad-exit")


def view_rows(request: Request, site: Site) -> Answer:
    """``/rows.html?group=NAME``: the rows of one group, for a page that was sent without them."""
    services = site.gateway.services(request)
    return answer_in_turns(request, site.turns, services, _finding(request, site, services))


def _finding(
    request: Request, site: Site, services: Services
) -> Generator[None, None, Response | PieceStream]:
    wanted = arguments(request).get("group", "")
    seen = yield from taking(services)
    style = rows.style_for(request, len(seen.members))
    for section in seen.sections:
        if section.name == wanted:

            def rows_of(members: Sequence[Member]) -> Html:
                return joined(rows.row(services, each, seen, style) for each in members)

            pieces = _in_pieces(rows.body(rows.body_id(section), _CUT), section.members, rows_of)
            # No client keeps more of it in our memory than a piece.
            return PieceStream(pieces, layout.HTML, layout.NO_CACHE)
    return errors.not_found(request, site)


def _in_pieces(
    body: Html, members: Sequence[Member], rows_of: Callable[[Sequence[Member]], Html]
) -> Iterator[Html]:
    before, _, after = body.partition(_CUT)
    yield Html(before)
    for start in range(0, len(members), ROWS_MAX):
        yield rows_of(members[start : start + ROWS_MAX])
    yield Html(after)


# -- parts that also change while the page is open


def daemon_words(services: Services) -> str:
    """State of the daemon and how long it has been up."""
    up_s = services.clock.now().mono_s - services.identity.started_mono_s
    return f"{words.MOOD_WORDS[services.control.mood()]}, up {words.span(up_s)}"


def share(seen: Picture) -> Html:
    """The bar of shares: a rectangle for each kind of states."""
    tallies = rows.tallies(seen.count_looks())
    total = sum(each.number for each in tallies)
    shown = []
    x = 0.0
    for each in tallies:
        # Every kind is visible, however few they are.
        width = max(8.0, _SHARE_WIDTH * each.number / total)
        kind = "BACKOFF" if each.kind == "bad-exit" else each.kind
        kind = "off" if kind in ("EXITED", "STOPPED") else kind
        shown.append((kind, x, width))
        x += width
    scale = _SHARE_WIDTH / x if x else 1.0
    return _STATUS["share"](
        rect=joined(
            _STATUS["rect"](
                kind=kind, x=f"{at * scale:.0f}", width=f"{max(1.0, width * scale - 2):.0f}"
            )
            for kind, at, width in shown
        )
    )


def chips(seen: Picture, wishes: Wishes) -> Html:
    """The filter by state, with counts."""
    return _STATUS["chips"](
        chip_all=_STATUS["chip_all"](
            address=wishes._replace(states="").address(),
            current=attributes(aria_current=False if wishes.states else "true"),
            count=words.counted(len(seen.members)),
        ),
        chip=joined(
            _STATUS["chip"](
                kind=each.kind,
                icon=each.icon,
                address=wishes._replace(states=each.states).address(),
                states=each.states,
                current=attributes(aria_current="true" if each.states == wishes.states else False),
                word=each.words.capitalize(),
                count=words.counted(each.number),
            )
            for each in rows.tallies(seen.count_looks())
        ),
    )


def trouble(request: Request, services: Services) -> Html:
    """What the system refuses the daemon, if it does."""
    told = services.control.trouble()
    if told is None:
        return NOTHING
    accept = _STATUS["accept"]() if request.caller.may(Role.ADMIN) else NOTHING
    return _STATUS["trouble"](text=words.sentence(told), accept=accept)


def _for_all(style: rows.Style) -> dict[str, Html]:
    """What is done to all; whoever sees only some is told that it is those."""
    all_of, whose = ("all of yours", "your") if style.is_scoped else ("all", "all")
    logs = "All your logs" if style.is_scoped else "All logs"
    if not style.may_act:
        return {"all": NOTHING, "look": _STATUS["look"](logs=logs)}
    shown = _STATUS["all"](all=all_of, whose=whose, logs=logs)
    return {"all": shown, "look": NOTHING}


def _kept(wishes: Wishes) -> Html:
    """What a new filter leaves as it is."""
    kept = [("state", wishes.states), ("refresh", wishes.refresh)]
    if wishes.sort != "name":
        kept.append(("sort", wishes.sort))
    return joined(_STATUS["keep"](name=name, value=value) for name, value in kept if value)


def _heads(wishes: Wishes) -> dict[str, str]:
    column = wishes.sort.lstrip("-")
    direction = "descending" if wishes.sort.startswith("-") else "ascending"
    found: dict[str, str] = {}
    for each in ("name", "state", "uptime", "restarts", "cpu", "memory"):
        found[f"by_{each}"] = attributes(aria_sort=direction if each == column else False)
        found[f"to_{each}"] = wishes.sorted_by(each).address()
    return found


def _empty(request: Request, site: Site, services: Services) -> Response:
    identity = services.identity
    path = site.server.config_path
    is_hidden = bool(request.caller.programs)
    main = _EMPTY["page"](
        identifier=identity.identifier,
        daemon=daemon_words(services),
        pid=identity.pid,
        version=identity.version,
        config=path or "the configuration file",
        trouble=trouble(request, services),
        token=site.forms.token(request),
        none=NOTHING if is_hidden else _EMPTY["none"](path=path or "the configuration file"),
        hidden=_EMPTY["hidden"]() if is_hidden else NOTHING,
    )
    page = layout.Page("No programs", nav="processes", live="page=status")
    return layout.answer(site, request, page, main)
