"""Which groups are active: the one place where groups come and go."""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Protocol

from supervisor.config.sections.group import GroupSettings
from supervisor.core import inputs
from supervisor.daemon.assemble import group_spec
from supervisor.daemon.children import Children


class Pools(Protocol):
    """The pools that groups of event listeners are."""

    def add(self, group: GroupSettings, process_ids: Sequence[int]) -> None: ...

    def remove(self, name: str) -> None:
        """End the pool of that name, if there is one."""
        ...


class ActiveGroups:
    """Active groups by name, in order of creation, with the ids of their processes."""

    def __init__(self, children: Children, pools: Pools, submit: Callable[[Any], None]) -> None:
        self._children = children
        self._pools = pools
        self._submit = submit
        self._settings: dict[str, GroupSettings] = {}
        self._ids: dict[str, tuple[int, ...]] = {}
        self._next_id = count(1)

    def __contains__(self, name: str) -> bool:
        return name in self._settings

    def settings(self) -> list[GroupSettings]:
        """Settings of the active groups."""
        return list(self._settings.values())

    def process_ids(self, name: str) -> tuple[int, ...]:
        """Ids of the members of an active group, in configuration order."""
        return self._ids[name]

    def add(self, settings: GroupSettings) -> None:
        """Make a group active; once supervision has begun its autostart members are started.

        Raises HostError if a FastCGI socket of it cannot be made; nothing has changed then.
        """
        self._children.fcgi_sockets.probe([settings])
        ids = tuple(next(self._next_id) for _ in settings.processes)
        self._settings[settings.name] = settings
        self._ids[settings.name] = ids
        for process_id, process in zip(ids, settings.processes, strict=True):
            self._children.add(process_id, process)
        if settings.listener is not None:
            self._pools.add(settings, ids)
        self._submit(inputs.GroupAdded(group_spec(settings), ids))

    def remove(self, name: str) -> None:
        """Take out a group of which every process has stopped."""
        del self._settings[name]
        ids = self._ids.pop(name)
        self._pools.remove(name)
        self._submit(inputs.GroupRemoved(name))
        for process_id in ids:
            self._children.remove(process_id)
