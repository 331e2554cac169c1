"""What became of a process: the strip of the last day, and the list of its changes of state."""

from supervisor.core.snapshot import ProcessSnapshot
from supervisor.hints import Sequence
from supervisor.rpc.ports import Moment, Services
from supervisor.states import ProcessStates, getProcessStateDescription
from supervisor.tuples import NamedTuple
from supervisor.web.views.kit import NOTHING, Html, Template, joined
from supervisor.web.views.picture import BAD_EXIT, PROBLEMS
from supervisor.web.views.words import (
    STATE_WORDS,
    clock_time,
    counted,
    date_time,
    machine_time,
    sentence,
    span,
)

STRIP_S = 24 * 60 * 60
"""What the strip shows."""

SHOWN_COUNT = 12
"""Changes in sight; the others are folded away."""

_PROCESS = Template("process.html")
_WIDTH = 1440
_KINDS = {
    ProcessStates.RUNNING: "RUNNING",
    ProcessStates.BACKOFF: "BACKOFF",
    ProcessStates.FATAL: "FATAL",
}
_WIDTH_MIN, _PROBLEM_WIDTH_MIN = 1, 4
"""Of what would be too short to be seen."""
_SAID_SPANS_MAX = 6


class Fault(NamedTuple):
    """Something that went wrong."""

    what: str
    look: str
    wall_s: float


class Stretch(NamedTuple):
    """A time in one state."""

    state: int
    begin_s: float
    end_s: float


def history(services: Services, process: ProcessSnapshot, exit_codes: frozenset[int]) -> Html:
    """The section about the states of a process."""
    moments = list(services.histories.moments(process.id))
    if not moments:
        return _PROCESS["history"](
            strip=NOTHING,
            changes=_PROCESS["quiet"](text="It has not been started since the daemon began."),
        )
    now_s = services.clock.now().wall_s
    newest_first = [_change(moments, at, exit_codes) for at in reversed(range(len(moments)))]
    rest = newest_first[SHOWN_COUNT:]
    return _PROCESS["history"](
        strip=joined((_strip(moments, now_s), _PROCESS["axis"]())),
        changes=joined(
            (
                _PROCESS["changes"](change=joined(newest_first[:SHOWN_COUNT])),
                _PROCESS["rest"](
                    words=f"{counted(len(rest))} earlier",
                    changes=_PROCESS["changes"](change=joined(rest)),
                )
                if rest
                else NOTHING,
            )
        ),
    )


def last_fault(
    services: Services, process: ProcessSnapshot, exit_codes: frozenset[int]
) -> Fault | None:
    """What went wrong last; None if nothing did, as far as is known."""
    moments = services.histories.moments(process.id)
    for at in reversed(range(len(moments))):
        look = look_of_moment(moments[at], exit_codes)
        if look in PROBLEMS:
            return Fault(_why(moments, at, look), look, moments[at].wall_s)
    return None


def stretches(moments: Sequence[Moment], now_s: float) -> list[Stretch]:
    """The last day, as far as it is known, oldest first."""
    begin_s = now_s - STRIP_S
    ends = [moment.wall_s for moment in moments[1:]] + [now_s]
    # A clock that was put back must not turn a stretch around.
    return [
        Stretch(moment.state, max(moment.wall_s, begin_s), min(end_s, now_s))
        for moment, end_s in zip(moments, ends, strict=True)
        if end_s > begin_s and end_s >= moment.wall_s and moment.wall_s <= now_s
    ]


def _strip(moments: Sequence[Moment], now_s: float) -> Html:
    found = stretches(moments, now_s)
    scale = _WIDTH / STRIP_S
    spans = []
    for each in found:
        x = (each.begin_s - now_s + STRIP_S) * scale
        width = (each.end_s - each.begin_s) * scale
        kind = _KINDS.get(each.state, "off")
        width = max(width, _PROBLEM_WIDTH_MIN if kind in ("BACKOFF", "FATAL") else _WIDTH_MIN)
        spans.append(_PROCESS["span"](kind=kind, x=f"{x:.1f}", width=f"{width:.1f}"))
    return _PROCESS["strip"](words=_in_words(found), spans=joined(spans))


def _in_words(found: Sequence[Stretch]) -> str:
    """The strip for those who do not see it."""
    said = [
        f"{STATE_WORDS[each.state].lower()} from {clock_time(each.begin_s)} for"
        f" {span(each.end_s - each.begin_s)}"
        for each in found[-_SAID_SPANS_MAX:]
    ]
    return "Last 24 hours: " + (", ".join(said) or "no change")


def _change(moments: Sequence[Moment], at: int, exit_codes: frozenset[int]) -> Html:
    moment = moments[at]
    look = look_of_moment(moment, exit_codes)
    return _PROCESS["change"](
        at=clock_time(moment.wall_s),
        at_utc=machine_time(moment.wall_s),
        date=date_time(moment.wall_s),
        look=look,
        word=STATE_WORDS[moment.state],
        why=_why(moments, at, look),
    )


def look_of_moment(moment: Moment, exit_codes: frozenset[int]) -> str:
    """How a state in the history looks: as a badge would."""
    if moment.state == ProcessStates.EXITED:
        word, _, code = moment.why.rpartition(" ")
        is_expected = word == "exit status" and code.isdigit() and int(code) in exit_codes
        return "EXITED" if is_expected else BAD_EXIT
    return getProcessStateDescription(moment.state) or "UNKNOWN"


def _why(moments: Sequence[Moment], at: int, look: str) -> str:
    moment = moments[at]
    why = sentence(moment.why).removesuffix(".")
    before = moments[at - 1] if at else None
    if before is None or before.state != ProcessStates.RUNNING:
        return why
    lasted = f"after {span(moment.wall_s - before.wall_s)}"
    if look == BAD_EXIT:
        return f"{why}, not expected, {lasted}" if why else f"Not expected, {lasted}"
    return f"{why}, {lasted}" if why else lasted.capitalize()
