"""What the status page shows of the processes, before it is HTML."""

from supervisor.core.component import Now
from supervisor.core.snapshot import GroupRoll, GroupSnapshot, ProcessSnapshot
from supervisor.hints import Generator, Iterable
from supervisor.rpc.ports import Services
from supervisor.states import ProcessStates, getProcessStateDescription
from supervisor.tuples import NamedTuple
from supervisor.web.views.words import ago, sentence, span

BAD_EXIT = "bad-exit"
"""How EXITED looks if it was not expected."""

LOOKS = (
    "FATAL",
    "BACKOFF",
    "UNKNOWN",
    BAD_EXIT,
    "STARTING",
    "STOPPING",
    "RUNNING",
    "EXITED",
    "STOPPED",
)
"""The worst first."""

PROBLEMS = frozenset(LOOKS[:4])
RECENT_S = 60 * 60
"""What happened to a process that runs again is told for so long."""

SLICE_COUNT = 250
"""Processes that are looked at in one turn: about 1.5 ms of work."""

_TOO_QUICKLY = "Exited too quickly"
_RANKS = {look: rank for rank, look in enumerate(LOOKS)}
_LOOK_OF_STATE = {
    code: getProcessStateDescription(code) or "UNKNOWN"
    for name, code in vars(ProcessStates).items()
    if name.isupper()
}


def look_of(process: ProcessSnapshot) -> str:
    """One of `LOOKS`."""
    if process.state == ProcessStates.EXITED and process.spawnerr is not None:
        return BAD_EXIT
    return _LOOK_OF_STATE[process.state]


def rank_of(look: str) -> int:
    """The worse, the lower."""
    return _RANKS[look]


def filter_word(look: str) -> str:
    """What rows say that they are, for the filter: the state, and whether it is a bad one."""
    return "EXITED bad" if look == BAD_EXIT else look


class Member(NamedTuple):
    """A process on the page."""

    process: ProcessSnapshot
    look: str
    namespec: str


class Section(NamedTuple):
    """A group on the page; the programs without a group are one, too, whose name is empty."""

    name: str
    kind: str
    members: tuple[Member, ...]

    @property
    def worst(self) -> int:
        """Rank of its worst member."""
        return min((rank_of(member.look) for member in self.members), default=len(LOOKS))


class Picture(NamedTuple):
    """All processes that the caller may see, at one moment."""

    now: Now
    sections: tuple[Section, ...]

    @property
    def members(self) -> list[Member]:
        """All of them."""
        return [member for section in self.sections for member in section.members]

    def count_looks(self) -> dict[str, int]:
        """Number of processes by look, the worst first."""
        return count_looks(self.members)


def take(services: Services) -> Picture:
    """The picture of this moment: groups by name, the programs without a group at the end."""
    work = taking(services)
    while True:
        try:
            next(work)
        except StopIteration as end:
            picture: Picture = end.value
            return picture


def taking(services: Services) -> Generator[None, None, Picture]:
    """Take a picture in slices, and yield between them: it shows what is there at its end."""
    control = services.control
    sections = []
    single: list[Member] = []
    left_count = SLICE_COUNT
    for roll in sorted(control.rolls(), key=lambda each: each.name):
        members = []
        for _, process_id in sorted(roll.members):
            if not left_count:
                yield
                left_count = SLICE_COUNT
            left_count -= 1
            if process_id in control.marks():
                members.append(member_of(control.process(process_id)))
        if is_single(roll):
            single += members
        elif members:
            sections.append(Section(roll.name, roll.kind, tuple(members)))
    if single:
        sections.append(Section("", "program", tuple(single)))
    return Picture(services.clock.now(), tuple(sections))


def is_single(roll: GroupRoll) -> bool:
    """Whether a group is nothing but the program that it is named after."""
    return len(roll.members) == 1 and roll.members[0][0] == roll.name


def members_of(group: GroupSnapshot) -> list[Member]:
    """The processes of a group."""
    return [member_of(each) for each in group.processes]


def member_of(process: ProcessSnapshot) -> Member:
    """A process as the page shows it."""
    return Member(process, look_of(process), process.namespec)


def count_looks(members: Iterable[Member]) -> dict[str, int]:
    """Number of processes by look, the worst first."""
    counts = dict.fromkeys(LOOKS, 0)
    for member in members:
        counts[member.look] += 1
    return {look: count for look, count in counts.items() if count}


# -- what happened, in words


def what_happened(services: Services, member: Member, now: Now) -> str:
    """The words beside a state; empty for a process that simply runs."""
    process, look = member.process, member.look
    if look == "RUNNING":
        return _last_trouble(services, process, now)
    if look == "STARTING":
        return f"Starting for {span(now.mono_s - process.started_mono_s)}"
    if look == "STOPPED":
        return (
            f"Stopped {ago(now.wall_s - process.stopped_wall_s)}"
            if _has_run(process)
            else "Not started yet"
        )
    if look in PROBLEMS:
        return problem(services, member, now)
    if look == "EXITED":
        last = services.histories.career(process.id).last_exit or "ended as expected"
        return f"{_capital(last)}, {ago(now.wall_s - process.stopped_wall_s)}"
    return ""


def problem(services: Services, member: Member, now: Now) -> str:
    """What is wrong, without guesses: what is known of the end, and of the next try."""
    process, look = member.process, member.look
    last = services.histories.career(process.id).last_exit
    reason = process.spawnerr or ""
    if reason.startswith(_TOO_QUICKLY):
        reason = f"{_TOO_QUICKLY}: {last}" if last else _TOO_QUICKLY
    if look == BAD_EXIT:
        return f"{_capital(last) or reason}, not expected"
    if look == "UNKNOWN":
        alive = f" The process may still run as pid {process.pid}." if process.pid else ""
        return f"{sentence(reason or 'the system refused a signal to it')}{alive}"
    reason = sentence(reason or "it could not be started")
    if look == "FATAL":
        return f"{reason} Gave up."
    wait = ""
    if process.retry_mono_s is not None:
        wait = f" in {span(process.retry_mono_s - now.mono_s)}"
    failed = "Failed once" if process.backoff == 1 else f"Failed {process.backoff} times"
    return f"{reason} {failed}; next try{wait}."


def _last_trouble(services: Services, process: ProcessSnapshot, now: Now) -> str:
    if process.spawns < 2 or now.wall_s - process.stopped_wall_s > RECENT_S:
        return ""
    career = services.histories.career(process.id)
    if not career.exits_unexpected or not career.last_exit:
        return ""
    return f"Last exit {ago(now.wall_s - process.stopped_wall_s)}: {career.last_exit}"


def when(services: Services, member: Member) -> float:
    """Wall time since which a problem is there, as far as it is known; 0.0 if it is not."""
    moments = services.histories.moments(member.process.id)
    return moments[-1].wall_s if moments else member.process.stopped_wall_s


def _has_run(process: ProcessSnapshot) -> bool:
    return bool(process.started_wall_s and process.stopped_wall_s)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
