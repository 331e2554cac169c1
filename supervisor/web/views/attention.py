"""What needs attention: the problems, the worst first, in words; or one calm line."""

from supervisor.core.component import Now
from supervisor.errors import RequestRefused
from supervisor.rpc.ports import Services
from supervisor.web.views import picture, rows, words
from supervisor.web.views.kit import NOTHING, Html, Template, escape, joined, quoted
from supervisor.web.views.picture import PROBLEMS, Member, Picture
from supervisor.web.views.wishes import Wishes
from supervisor.wire.ansi import AnsiStripper

SHOWN_MAX = 5
"""Problems that are listed; more are counted, with a link to them."""

LINE_CHARS_MAX = 300
_TAIL_BYTES = 2048
_STATES = "FATAL|BACKOFF|UNKNOWN|bad"

_STATUS = Template("status.html")


def problems(seen: Picture) -> list[Member]:
    """The worst first, of equal ones the latest."""
    found = [member for member in seen.members if member.look in PROBLEMS]
    return sorted(
        found, key=lambda each: (picture.rank_of(each.look), -each.process.stopped_wall_s)
    )


def attention(services: Services, seen: Picture, style: rows.Style) -> Html:
    """The card with the problems; says so if there is none."""
    found = problems(seen)
    if not found:
        return _STATUS["calm"](text=_calm(seen, style))
    more = len(found) - SHOWN_MAX
    address = Wishes(states=_STATES).address()
    return _STATUS["attention"](
        count=words.counted(len(found)),
        problem=joined(
            _problem(services, each, seen.now, style.may_act) for each in found[:SHOWN_MAX]
        ),
        more=_STATUS["more"](count=words.counted(more), address=address, states=_STATES)
        if more > 0
        else NOTHING,
    )


def last_line(services: Services, process_id: int) -> str:
    """The last line that a process wrote, to stderr or else to stdout; empty if there is none."""
    for channel in ("stderr", "stdout"):
        try:
            data, _, _ = services.logbook.tail(process_id, channel, 0, _TAIL_BYTES)
        except RequestRefused:
            continue
        lines = AnsiStripper().feed(data).decode("utf-8", "replace").split("\n")
        written = [line.strip() for line in lines if line.strip()]
        if written:
            return written[-1][:LINE_CHARS_MAX]
    return ""


def _calm(seen: Picture, style: rows.Style) -> str:
    counts = seen.count_looks()
    total, running = len(seen.members), counts.get("RUNNING", 0)
    yours = "your " if style.is_scoped else ""
    if running == total:
        many = f"All {total:,} of your" if style.is_scoped else f"All {total:,}"
        one = "The process is running." if total == 1 else f"{many} processes are running."
        return f"Nothing needs attention. {one}"
    some = f"{running:,}" if running else "None"
    be = "is" if running <= 1 else "are"
    return f"Nothing needs attention. {some} of {yours}{words.processes(total)} {be} running."


def _problem(services: Services, member: Member, now: Now, may_act: bool) -> Html:
    namespec = escape(member.namespec)
    since_s = picture.when(services, member)
    line = last_line(services, member.process.id) if _has_written(member) else ""
    return _STATUS["problem"](
        look=Html(member.look),
        word=words.STATE_WORDS[member.process.state],
        ns=namespec,
        q=quoted(member.namespec),
        why=words.sentence(picture.problem(services, member, now)),
        line=_STATUS["line"](text=line) if line else NOTHING,
        when=words.ago(now.wall_s - since_s) if since_s else "",
        controls=rows.controls(member, may_act),
    )


def _has_written(member: Member) -> bool:
    """Whether its last words can have to do with the problem: there was a child."""
    process = member.process
    return process.spawns > 0 and process.stopped_wall_s >= process.started_wall_s
