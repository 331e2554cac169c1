"""What is active: the groups, their processes, and what is known of each.

The rule: nothing of that is written anywhere else. What is known of a process is replaced as a
whole (`keep`), and with it go its deadline and its place among the members that have yet to stop.
"""

from supervisor.core.deadlines import Deadlines
from supervisor.core.group import Group
from supervisor.core.policies import GroupSpec, ProcessSpec
from supervisor.core.process_values import Process
from supervisor.hints import Iterable
from supervisor.states import STOPPED_STATES
from supervisor.tuples import NamedTuple

_STOPPED_STATES = frozenset(STOPPED_STATES)


class _Member(NamedTuple):
    """What never changes of an active process, unless a plug-in changes it."""

    spec: ProcessSpec
    group: Group


class Roster:
    """All active groups and processes. Methods raise KeyError for what is not active."""

    __slots__ = ("_groups", "_members", "by_id", "deadlines", "revision")

    def __init__(self) -> None:
        self._groups: dict[str, Group] = {}
        self._members: dict[int, _Member] = {}
        self.by_id: dict[int, Process] = {}
        """What is known of each process; only looked at by others."""
        self.revision = 0
        """Another number whenever a process has come, gone or been given other policies."""
        self.deadlines = Deadlines()
        """When something has to happen to a process by itself."""

    # -- looking ---------------------------------------------------------------------------------

    def groups(self) -> list[Group]:
        """All groups, in the order in which they became active."""
        return list(self._groups.values())

    def find_group(self, name: str) -> Group | None:
        """The group of that name, if there is one."""
        return self._groups.get(name)

    def group(self, name: str) -> Group:
        """The group of that name."""
        return self._groups[name]

    def group_of(self, process_id: int) -> Group:
        """The group that a process belongs to."""
        return self._members[process_id].group

    def spec(self, process_id: int) -> ProcessSpec:
        """The policies of a process, and its name."""
        return self._members[process_id].spec

    def process(self, process_id: int) -> Process:
        """What is known of a process."""
        return self.by_id[process_id]

    def processes(self) -> list[Process]:
        """What is known of all of them."""
        return list(self.by_id.values())

    def unstopped_names(self) -> list[str]:
        """Names of the processes that have yet to stop, as they are configured."""
        return [
            self.spec(process_id).name
            for group in self._groups.values()
            for process_id in group.ids
            if process_id in group.unstopped
        ]

    # -- writing ---------------------------------------------------------------------------------

    def add_group(self, spec: GroupSpec, process_ids: tuple[int, ...]) -> Group:
        """A group with the processes of its specification, which get these ids in order."""
        group = self._groups[spec.name] = Group(spec, process_ids)
        for process_id, member in zip(process_ids, spec.processes, strict=True):
            self._enter(process_id, member, group)
        return group

    def remove_group(self, name: str) -> tuple[int, ...]:
        """Forget a group whose members have stopped; returns their ids."""
        group = self._groups[name]
        assert not group.unstopped, f"group {name!r} is removed while it runs"
        del self._groups[name]
        self._forget(group.ids)
        return group.ids

    def add_process(self, process_id: int, spec: ProcessSpec) -> None:
        """Another member of its group, the last one."""
        group = self._groups[spec.group]
        group.add(process_id, spec)
        self._enter(process_id, spec, group)

    def remove_process(self, process_id: int) -> None:
        """Forget a member that has stopped."""
        group = self.group_of(process_id)
        assert process_id not in group.unstopped, "a process is removed while it runs"
        group.remove(process_id)
        self._forget([process_id])

    def revise_process(self, process_id: int, spec: ProcessSpec) -> None:
        """From now on these are its policies."""
        group = self.group_of(process_id)
        group.revise(process_id, spec)
        self._members[process_id] = _Member(spec, group)
        self.revision += 1

    def keep(self, process: Process) -> None:
        """From now on this is what is known of it."""
        process_id = process.id
        self.by_id[process_id] = process
        self.deadlines.set(process_id, process.deadline_s)
        unstopped = self._members[process_id].group.unstopped
        if process.state in _STOPPED_STATES:
            unstopped.discard(process_id)
        else:
            unstopped.add(process_id)

    def _enter(self, process_id: int, spec: ProcessSpec, group: Group) -> None:
        self._members[process_id] = _Member(spec, group)
        self.by_id[process_id] = Process(process_id)
        self.revision += 1

    def _forget(self, process_ids: Iterable[int]) -> None:
        self.revision += 1
        for process_id in process_ids:
            self.deadlines.set(process_id, None)
            del self.by_id[process_id], self._members[process_id]
