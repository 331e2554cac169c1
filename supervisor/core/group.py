"""Groups: who belongs together, and in which order members are started and stopped."""

from supervisor.core.policies import GroupSpec, ProcessSpec
from supervisor.hints import Iterable, Mapping


class Group:
    """An active group: its specification, the ids of its members, and who has yet to stop."""

    __slots__ = ("ascending", "by_name", "ids", "spec", "unstopped")

    def __init__(self, spec: GroupSpec, ids: tuple[int, ...]) -> None:
        self.ids = ids
        """In configuration order, which is the order of autostart (C24)."""
        self.unstopped: set[int] = set()
        """Members which are in none of the stopped states."""
        self._arrange(spec)

    def _arrange(self, spec: GroupSpec) -> None:
        self.spec = spec
        members = dict(zip(self.ids, spec.processes, strict=True))
        self.ascending = tuple(sorted(self.ids, key=lambda each: members[each].priority))
        """By process priority, ties as configured: the order of requests, stops included (L35)."""
        self.by_name = {member.name: process_id for process_id, member in members.items()}

    def give_priority(self, priority: int) -> None:
        """From now on its place among the groups is another one."""
        self.spec = self.spec._replace(priority=priority)

    def add(self, process_id: int, spec: ProcessSpec) -> None:
        """Take in another member, as the last one of the configuration."""
        self.ids = (*self.ids, process_id)
        self._arrange(self.spec._replace(processes=(*self.spec.processes, spec)))

    def revise(self, process_id: int, spec: ProcessSpec) -> None:
        """Give a member other policies."""
        self._arrange(self.spec._replace(processes=self._specs_with({process_id: spec})))

    def remove(self, process_id: int) -> None:
        """Let a member go."""
        specs = self._specs_with({process_id: None})
        self.ids = tuple(each for each in self.ids if each != process_id)
        self.unstopped.discard(process_id)
        self._arrange(self.spec._replace(processes=specs))

    def _specs_with(self, other: Mapping[int, ProcessSpec | None]) -> tuple[ProcessSpec, ...]:
        """Those of the members, some replaced or left out."""
        specs = (
            other.get(process_id, spec)
            for process_id, spec in zip(self.ids, self.spec.processes, strict=True)
        )
        return tuple(spec for spec in specs if spec is not None)

    @property
    def descending(self) -> tuple[int, ...]:
        """The order in which shutdown stops the members."""
        return self.ascending[::-1]


def by_priority(groups: Iterable[Group]) -> list[Group]:
    """Groups in ascending (priority, name): the order of start; shutdown takes it backwards."""
    return sorted(groups, key=lambda group: (group.spec.priority, group.spec.name))
