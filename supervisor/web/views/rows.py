"""Rows of the list of processes, for the page and for what keeps it up to date alike.

A thousand rows take some milliseconds: a row is one format, filled in once.
"""

from functools import cache

from supervisor.rpc.caller import Role
from supervisor.rpc.figures import Usage
from supervisor.rpc.ports import Services
from supervisor.states import ProcessStates
from supervisor.tuples import NamedTuple
from supervisor.web.messages import Request
from supervisor.web.views import picture, words
from supervisor.web.views.curves import cpu_curve, memory_curve
from supervisor.web.views.kit import (
    NOTHING,
    Fragment,
    Html,
    Template,
    attributes,
    escape,
    joined,
    quoted,
)
from supervisor.web.views.picture import BAD_EXIT, Member, Picture, Section

CURVES_MAX = 200
"""With more processes there are numbers without curves."""
OPEN_MAX = 100
"""With more processes groups without a problem start folded."""
SENT_MAX = 2000
"""With more processes the rows of folded groups are sent when they are unfolded."""

_ROWS = Template("rows.html")
_NONE = Html("–")
_NIL = Html(" nil")
_HOT = Html(" hot")
_ZERO = Html("0")
_HIDDEN = attributes(hidden=True)
_KINDS = {"eventlistener": "event listeners", "fcgi": "FastCGI"}

_BUSY = ("STARTING", "STOPPING")
_CHIPS = (
    (("FATAL",), "FATAL", "fatal"),
    (("BACKOFF",), "BACKOFF", "backoff"),
    (("UNKNOWN",), "UNKNOWN", "unknown"),
    ((BAD_EXIT,), BAD_EXIT, "unexpected exit"),
    (_BUSY, "busy", "in transition"),
    (("RUNNING",), "RUNNING", "running"),
    (("EXITED",), "EXITED", "exited"),
    (("STOPPED",), "STOPPED", "stopped"),
)
"""What is counted together: looks, class, words. The worst first."""


class Tally(NamedTuple):
    """How many processes are in states that are counted together."""

    kind: str
    """Class in the style sheet."""
    words: str
    states: str
    """For the filter."""
    number: int

    @property
    def icon(self) -> str:
        """Name of its icon."""
        return "STARTING" if self.kind == "busy" else self.kind


class Style(NamedTuple):
    """How rows of one page look."""

    may_act: bool = False
    has_curves: bool = True
    is_flat: bool = False
    """One list without groups: names are complete."""
    is_scoped: bool = False
    """The caller sees only some of the programs there are."""


def style_for(request: Request, count: int, *, is_flat: bool = False) -> Style:
    """How the rows look for a caller, if there are that many."""
    caller = request.caller
    may_act, is_scoped = caller.may(Role.OPERATE), bool(caller.programs)
    return Style(may_act, count <= CURVES_MAX, is_flat, is_scoped)


def tallies(counts: dict[str, int]) -> list[Tally]:
    """Counts by look as they are told: the worst first, none that is nothing."""
    found = []
    for looks, kind, told in _CHIPS:
        count = sum(counts.get(look, 0) for look in looks)
        if count:
            states = "bad" if kind == BAD_EXIT else "|".join(looks)
            found.append(Tally(kind, told, states, count))
    return found


# -- a process


def row(
    services: Services, member: Member, seen: Picture, style: Style, hidden: bool = False
) -> Html:
    """One process."""
    process = member.process
    namespec = escape(member.namespec)
    has_pid, is_up = process.pid != 0, process.pid != 0 and member.look != "STOPPING"
    usage = services.figures.usage(process.id) if has_pid else None
    restarts = process.spawns - 1 if process.spawns > 1 else 0
    details = picture.what_happened(services, member, seen.now)
    values = {
        "ns": namespec,
        "q": quoted(member.namespec),
        "name": namespec if style.is_flat else escape(process.name),
        "details": escape(details) if details else NOTHING,
        "pid": Html(process.pid) if has_pid else _NONE,
        "no_pid": NOTHING if has_pid else _NIL,
        "uptime": Html(words.span(seen.now.mono_s - process.started_mono_s)) if is_up else _NONE,
        "no_uptime": NOTHING if is_up else _NIL,
        "restarts": Html(words.counted(restarts)) if restarts else _ZERO,
        "hot": _HOT if restarts and is_hot(services, member, seen) else NOTHING,
        "hidden": _HIDDEN if hidden else NOTHING,
    }
    values.update(_usage(usage, style.has_curves))
    return _row_of(member.look, style.may_act).fill(values)


@cache
def _row_of(look: str, may_act: bool) -> Fragment:
    """The row of processes that look so: what all of them have in common is in it already."""
    state = "EXITED" if look == BAD_EXIT else look
    return _ROWS["row"].holding(
        state=Html(picture.filter_word(look)),
        look=Html(look),
        word=Html(words.STATE_WORDS[getattr(ProcessStates, state)]),
        controls=_controls_of(look, may_act, clears=True),
    )


def _usage(usage: Usage | None, has_curves: bool) -> dict[str, Html]:
    if usage is None:
        return _UNKNOWN_USAGE
    return {
        "cpu": Html(words.percent(usage.cpu_percent)),
        "no_cpu": NOTHING,
        "cpu_curve": curve(cpu_curve(usage.cpu_curve)) if has_curves else NOTHING,
        "memory": Html(words.size(usage.memory_bytes)),
        "no_memory": NOTHING,
        "memory_curve": curve(memory_curve(usage.memory_curve)) if has_curves else NOTHING,
    }


_UNKNOWN_USAGE = {
    "cpu": _NONE,
    "no_cpu": _NIL,
    "cpu_curve": NOTHING,
    "memory": _NONE,
    "no_memory": _NIL,
    "memory_curve": NOTHING,
}


def curve(path: Html) -> Html:
    """A small curve; its space is kept while there is nothing to draw."""
    return _ROWS["curve"](path=path)


def is_hot(services: Services, member: Member, seen: Picture) -> bool:
    """Whether it has been restarted because it failed, not long ago."""
    if seen.now.wall_s - member.process.started_wall_s > picture.RECENT_S:
        return False
    career = services.histories.career(member.process.id)
    return bool(career.exits_unexpected or career.failed_starts)


def controls(member: Member, may_act: bool) -> Html:
    """What can be done with a process now, as far as a list of problems offers it."""
    names = {"ns": escape(member.namespec), "q": quoted(member.namespec)}
    return joined(each(**names) for each in _controls_of(member.look, may_act, clears=False))


def _controls_of(look: str, may_act: bool, *, clears: bool) -> list[Fragment]:
    """The controls in an order that never changes; with `clears` the rarer ones fold on a phone."""
    if not may_act:
        return [_ROWS["logs"]]
    acts = [_ROWS[name] for name in _ACTS_OF[look]]
    if not clears:
        return [*acts, _ROWS["logs"]]
    return [*acts, _ROWS["menu"].holding(more=[_ROWS["clear"], _ROWS["logs"]])]


_ACTS_OF: dict[str, tuple[str, ...]] = {
    "FATAL": ("start",),
    "BACKOFF": ("stop",),
    "UNKNOWN": (),
    BAD_EXIT: ("start",),
    "STARTING": ("stop",),
    "STOPPING": (),
    "RUNNING": ("restart", "stop"),
    "EXITED": ("start",),
    "STOPPED": ("start",),
}


# -- a group


def head_id(section: Section) -> str:
    """Id of the head of a group."""
    return f"g-{section.name}" if section.name else "singles"


def body_id(section: Section) -> str:
    """Id of the rows of a group."""
    return f"r-{section.name}" if section.name else "singles-rows"


def head(section: Section, style: Style, address: str, is_open: bool, hidden: bool = False) -> Html:
    """The line above the rows of a group; `address` is where folding it leads."""
    counts = picture.count_looks(section.members)
    kind = _KINDS.get(section.kind)
    group = escape(section.name)
    return _ROWS["head"](
        id=head_id(section),
        rows=body_id(section),
        name=group or "Programs without a group",
        open="true" if is_open else "false",
        address=address,
        tag=_ROWS["tag"](text=kind) if kind else NOTHING,
        sum=joined(
            _ROWS["sum"](kind=each.kind, icon=each.icon, text=f"{each.number:,} {each.words}")
            for each in tallies(counts)
        ),
        acts=_acts(section, may_act=style.may_act),
        hidden=attributes(hidden=True) if hidden else NOTHING,
    )


def _acts(section: Section, *, may_act: bool) -> Html:
    if not section.name:
        # They are no group: nothing can be done to them together.
        return _ROWS["no_acts"]()
    return _ROWS["acts" if may_act else "look"](group=escape(section.name), q=quoted(section.name))


def body(section_id: str, rows: Html, *, hidden: bool = False, missing_at: str = "") -> Html:
    """The rows of a group; `missing_at` is where they are, if they are not here."""
    return _ROWS["body"](
        id=section_id,
        rows=rows,
        hidden=attributes(hidden=hidden, data_rows=missing_at or False),
    )
