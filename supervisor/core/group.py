"""Groups: who belongs together, and in which order members are started and stopped."""

from collections.abc import Iterable

from supervisor.core.policies import GroupSpec


class Group:
    """An active group: its specification, the ids of its members, and who has yet to stop."""

    __slots__ = ("ascending", "by_name", "ids", "spec", "unstopped")

    def __init__(self, spec: GroupSpec, ids: tuple[int, ...]) -> None:
        self.spec = spec
        self.ids = ids
        """In configuration order, which is the order of autostart (C24)."""
        priorities = {
            process_id: member.priority
            for process_id, member in zip(ids, spec.processes, strict=True)
        }
        self.ascending = tuple(sorted(ids, key=priorities.__getitem__))
        """By process priority, ties as configured: the order of requests, stops included (L35)."""
        self.by_name = {
            member.name: process_id for process_id, member in zip(ids, spec.processes, strict=True)
        }
        self.unstopped: set[int] = set()
        """Members which are in none of the stopped states."""

    @property
    def descending(self) -> tuple[int, ...]:
        """The order in which shutdown stops the members."""
        return self.ascending[::-1]


def by_priority(groups: Iterable[Group]) -> list[Group]:
    """Groups in ascending (priority, name): the order of start; shutdown takes it backwards."""
    return sorted(groups, key=lambda group: (group.spec.priority, group.spec.name))
