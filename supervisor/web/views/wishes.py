"""How the list of processes is asked for: filter, states, order and folds, all in the address.

Whatever the address says, there is a list: what is not understood is left out.
"""

from supervisor.hints import Callable
from supervisor.rpc.ports import Services
from supervisor.tuples import NamedTuple
from supervisor.web.messages import Request
from supervisor.web.views.arguments import every_query_argument
from supervisor.web.views.kit import quoted
from supervisor.web.views.picture import Member, filter_word, rank_of

SORTS = ("name", "state", "uptime", "restarts", "cpu", "memory")
BIGGEST_FIRST = frozenset({"uptime", "restarts", "cpu", "memory"})
"""Columns that are first sorted downwards."""

WORDS_MAX = 10
"""Of a filter; further ones are left out."""
FOLDS_MAX = 200
"""Groups that were folded or unfolded."""


class Wishes(NamedTuple):
    """What the reader wants to see."""

    query: str = ""
    states: str = ""
    """Joined by ``|``; ``bad`` is an unexpected exit. Empty for all."""
    sort: str = "name"
    """A column, with a minus before it for downwards."""
    folds: tuple[str, ...] = ()
    """Groups that are not folded as they would be, but the other way round."""
    refresh: str = ""

    @property
    def is_flat(self) -> bool:
        """Sorted by something else than names: one list, without groups."""
        return self.sort.lstrip("-") != "name"

    @property
    def is_filtered(self) -> bool:
        """Whether not all processes are wanted."""
        return bool(self.query or self.states)

    def address(self) -> str:
        """The status page with these wishes, relative to any page of ours."""
        said = [
            *((("q", self.query),) if self.query else ()),
            *((("state", self.states),) if self.states else ()),
            *((("sort", self.sort),) if self.sort != "name" else ()),
            *(("fold", name) for name in self.folds),
            *((("refresh", self.refresh),) if self.refresh else ()),
        ]
        return "./" + ("?" if said else "") + "&".join(f"{k}={quoted(v)}" for k, v in said)

    def folded(self, name: str) -> "Wishes":
        """The same with a group folded, or unfolded again."""
        if name in self.folds:
            return self._replace(folds=tuple(each for each in self.folds if each != name))
        return self._replace(folds=(*self.folds, name)[-FOLDS_MAX:])

    def sorted_by(self, column: str) -> "Wishes":
        """What a click on the head of a column leads to."""
        downwards = column in BIGGEST_FIRST
        if self.sort.lstrip("-") == column:
            downwards = not self.sort.startswith("-")
        return self._replace(sort=f"-{column}" if downwards else column)

    def matcher(self) -> Callable[[Member, str], bool]:
        """Whether a process, with the words that stand beside it, is one that is wanted."""
        needed = self.query.lower().split()[:WORDS_MAX]
        states = frozenset(filter(None, self.states.split("|")))

        def matches(member: Member, words: str) -> bool:
            state = filter_word(member.look)
            if states and state not in states and state.rpartition(" ")[2] not in states:
                return False
            text = f"{member.namespec} {state} {words}".lower()
            return all(word in text for word in needed)

        return matches


def wishes_of(request: Request) -> Wishes:
    """What the address of a request asks for."""
    folds: dict[str, None] = {}
    said: dict[str, str] = {}
    for name, value in every_query_argument(request):
        if name == "fold":
            folds[value] = None
        else:
            said.setdefault(name, value)
    sort = said.get("sort", "name")
    return Wishes(
        said.get("q", "").strip(),
        said.get("state", ""),
        sort if sort.removeprefix("-") in SORTS else "name",
        tuple(folds)[:FOLDS_MAX],
        said.get("refresh", ""),
    )


def order(members: list[Member], services: Services, sort: str) -> list[Member]:
    """The members in that order; those that are equal by name."""
    named = sorted(members, key=lambda member: member.namespec)
    if sort.endswith("name"):
        return named[::-1] if sort.startswith("-") else named
    return sorted(named, key=_key(services, sort.lstrip("-")), reverse=sort.startswith("-"))


def _key(services: Services, column: str) -> Callable[[Member], float]:
    usage = services.figures.usage

    def memory(member: Member) -> float:
        used = usage(member.process.id)
        return -1 if used is None else used.memory_bytes

    def cpu(member: Member) -> float:
        used = usage(member.process.id)
        return -1 if used is None else used.cpu_percent

    keys: dict[str, Callable[[Member], float]] = {
        "state": lambda member: rank_of(member.look),
        "uptime": lambda member: -member.process.started_mono_s if member.process.pid else -1e300,
        "restarts": lambda member: member.process.spawns,
        "cpu": cpu,
        "memory": memory,
    }
    return keys[column]
