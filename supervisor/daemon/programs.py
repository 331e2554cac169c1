"""Which groups are active: the one place where groups come and go."""

from itertools import count

from supervisor.config.record import replaced
from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.program import ProcessSettings
from supervisor.core import inputs
from supervisor.daemon.assemble import group_spec, process_spec
from supervisor.daemon.children import Children
from supervisor.daemon.late import load_for_groups
from supervisor.hints import Any, Callable, Protocol, Sequence


class Pools(Protocol):
    """The pools that groups of event listeners are."""

    def add(self, group: GroupSettings, process_ids: Sequence[int]) -> None: ...

    def remove(self, name: str) -> None:
        """End the pool of that name, if there is one."""

    def add_listener(self, name: str, process_id: int, process: ProcessSettings) -> None:
        """Another listener for a pool."""

    def remove_listener(self, process_id: int) -> None:
        """One listener less."""


class ActiveGroups:
    """Active groups by name, in order of creation, with the ids of their processes."""

    def __init__(self, children: Children, pools: Pools, submit: Callable[[Any], None]) -> None:
        self._children = children
        self._pools = pools
        self._submit = submit
        self._settings: dict[str, GroupSettings] = {}
        self._ids: dict[str, tuple[int, ...]] = {}
        self._next_id = count(1)
        self._added: set[int] = set()
        """Processes that plug-ins have put in."""
        self.on_grown: Callable[[], None] | None = None
        """Told when there are more processes than before, unless a restart has just begun."""
        self.on_removed: Callable[[Sequence[int]], None] | None = None
        """Told of the ids of processes that are no more."""

    def __contains__(self, name: str) -> bool:
        return name in self._settings

    def settings(self) -> list[GroupSettings]:
        """Settings of the active groups."""
        return list(self._settings.values())

    def group(self, name: str) -> GroupSettings:
        """Settings of an active group. Raises KeyError."""
        return self._settings[name]

    def process_ids(self, name: str) -> tuple[int, ...]:
        """Ids of the members of an active group, in configuration order."""
        return self._ids[name]

    def configured_ids(self) -> set[int]:
        """Ids of all processes, but for those that plug-ins have put in."""
        return {process_id for ids in self._ids.values() for process_id in ids} - self._added

    def add(self, settings: GroupSettings) -> None:
        """Make a group active; once supervision has begun its autostart members are started.

        Raises HostError if a FastCGI socket of it cannot be made, or what only such a group needs
        cannot be loaded; nothing has changed then.
        """
        load_for_groups([settings])
        self._children.fcgi_sockets.probe([settings])
        ids = tuple(next(self._next_id) for _ in settings.processes)
        self._settings[settings.name] = settings
        self._ids[settings.name] = ids
        for process_id, process in zip(ids, settings.processes, strict=True):
            self._children.add(process_id, process)
        if settings.listener is not None:
            self._pools.add(settings, ids)
        self._tell_grown()
        self._submit(inputs.GroupAdded(group_spec(settings), ids))

    def remove(self, name: str) -> None:
        """Take out a group of which every process has stopped."""
        del self._settings[name]
        ids = self._ids.pop(name)
        self._pools.remove(name)
        self._submit(inputs.GroupRemoved(name))
        for process_id in ids:
            self._children.remove(process_id)
        self._tell_removed(ids)

    # -- at the wish of plug-ins -----------------------------------------------------------------

    def revise(self, name: str, priority: int) -> None:
        """Give an active group another priority."""
        self._settings[name] = replaced(self._settings[name], priority=priority)
        self._submit(inputs.GroupRevised(name, priority))

    def add_process(self, settings: ProcessSettings) -> int:
        """Make a process the last member of its group, which is active; returns its id."""
        group = self._settings[settings.group]
        process_id = next(self._next_id)
        self._children.add(process_id, settings)
        self._added.add(process_id)
        self._ids[group.name] = (*self._ids[group.name], process_id)
        self._keep(group, (*group.processes, settings))
        if group.listener is not None:
            self._pools.add_listener(group.name, process_id, settings)
        self._tell_grown()
        self._submit(inputs.ProcessAdded(process_spec(settings), process_id))
        return process_id

    def remove_process(self, group_name: str, process_id: int) -> None:
        """Take a process, which has stopped, out of an active group."""
        group, ids = self._settings[group_name], self._ids[group_name]
        index = ids.index(process_id)
        self._ids[group_name] = ids[:index] + ids[index + 1 :]
        self._keep(group, group.processes[:index] + group.processes[index + 1 :])
        self._pools.remove_listener(process_id)
        self._submit(inputs.ProcessRemoved(process_id))
        self._children.remove(process_id)
        self._tell_removed((process_id,))

    def revise_process(self, process_id: int, settings: ProcessSettings) -> None:
        """Give a member of an active group other settings; its name stays."""
        group = self._settings[settings.group]
        index = self._ids[group.name].index(process_id)
        processes = list(group.processes)
        processes[index] = settings
        self._keep(group, tuple(processes))
        self._children.revise(process_id, settings)
        self._submit(inputs.ProcessRevised(process_id, process_spec(settings)))

    def added(self, name: str) -> list[ProcessSettings]:
        """Members of an active group that plug-ins have put in."""
        members = zip(self._ids[name], self._settings[name].processes, strict=True)
        return [settings for process_id, settings in members if process_id in self._added]

    def _keep(self, group: GroupSettings, processes: tuple[ProcessSettings, ...]) -> None:
        # A group that is not as the file says: the next reread will find it changed.
        self._settings[group.name] = replaced(group, processes=processes)

    def _tell_grown(self) -> None:
        if self.on_grown is not None:
            self.on_grown()

    def _tell_removed(self, ids: Sequence[int]) -> None:
        self._added.difference_update(ids)
        if self.on_removed is not None:
            self.on_removed(ids)
