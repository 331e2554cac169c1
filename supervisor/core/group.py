"""Groups: who belongs together, and in which order members are started and stopped."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from supervisor.core.policies import GroupSpec


@dataclass(slots=True)
class Group:
    """An active group: its specification, the ids of its members, and who has yet to stop."""

    spec: GroupSpec
    ids: tuple[int, ...]
    """In configuration order, which is the order of autostart (C24)."""
    ascending: tuple[int, ...] = field(init=False)
    """By process priority, ties as configured: the order of requests, stops included (L35)."""
    by_name: dict[str, int] = field(init=False)
    unstopped: set[int] = field(default_factory=set)
    """Members which are in none of the stopped states."""

    def __post_init__(self) -> None:
        self.by_name = {
            spec.name: process_id
            for process_id, spec in zip(self.ids, self.spec.processes, strict=True)
        }
        priorities = {
            process_id: spec.priority
            for process_id, spec in zip(self.ids, self.spec.processes, strict=True)
        }
        self.ascending = tuple(sorted(self.ids, key=priorities.__getitem__))

    @property
    def descending(self) -> tuple[int, ...]:
        """The order in which shutdown stops the members."""
        return self.ascending[::-1]


def by_priority(groups: Iterable[Group]) -> list[Group]:
    """Groups in ascending (priority, name): the order of start; shutdown takes it backwards."""
    return sorted(groups, key=lambda group: (group.spec.priority, group.spec.name))
