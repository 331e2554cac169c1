"""``ends.html``: the ends of the logs of all processes of a group, or of all that there are.

One process for each turn of the loop: each costs two looks at files.
"""

from supervisor.hints import Iterator, Sequence
from supervisor.web.messages import Answer, Request
from supervisor.web.site import Site
from supervisor.web.views import errors, layout, words
from supervisor.web.views.arguments import arguments
from supervisor.web.views.kit import Html, Template, joined, quoted
from supervisor.web.views.picture import Member
from supervisor.web.views.pieces import PieceStream
from supervisor.web.views.tail import BYTES_MIN, ends
from supervisor.web.views.targets import ALL, Target, target_of

PROCESSES_MAX = 500
"""Shown at most: nobody reads more, and each costs reading two files."""

_ENDS = Template("ends.html")


def view(request: Request, site: Site) -> Answer:
    """The page; `name` is ``group:*``, ``*`` for all, or the name of a process."""
    name = arguments(request).get("name", ALL)
    target = target_of(request, site, name)
    if target is None:
        return errors.no_such_process(request, site, name)
    page = layout.Page(f"{_whose(target)} – ends of logs", "processes")
    pieces = _pieces(request, site, target, page)
    return PieceStream(pieces, layout.HTML, layout.headers_of(request, page))


def _whose(target: Target) -> str:
    if target.is_one:
        return target.name
    return target.group or ("All of yours" if target.is_scoped else "All")


def _pieces(request: Request, site: Site, target: Target, page: layout.Page) -> Iterator[Html]:
    before, after = layout.around(site, request, page)
    shown = target.members[:PROCESSES_MAX]
    yield before
    yield _ENDS["top"](
        whose=_whose(target),
        note=_note(shown, len(target.members)),
        address=f"ends.html?name={quoted(target.name)}",
    )
    for member in shown:
        yield _process(request, site, member)
    yield after


def _note(shown: Sequence[Member], count: int) -> str:
    told = f"The last {BYTES_MIN} bytes of each log of {words.processes(len(shown))}."
    if len(shown) < count:
        told += f" There are {words.counted(count)}: for the others ask for one group, or process."
    return told


def _process(request: Request, site: Site, member: Member) -> Html:
    parts = []
    for stream, text in ends(request, site, member.namespec, BYTES_MIN):
        if text and stream:
            parts.append(_ENDS["heading"](stream=stream))
        if text:
            parts.append(_ENDS["text"](text=text))
    return _ENDS["process"](
        q=quoted(member.namespec),
        ns=member.namespec,
        state=words.STATE_WORDS[member.process.state],
        texts=joined(parts) or _ENDS["nothing"](),
    )
