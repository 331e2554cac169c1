"""The daemon as one caller may see it: processes that are not his do not exist for him."""

from collections.abc import Sequence
from typing import Any

from supervisor.core.control import Control
from supervisor.core.snapshot import GroupSnapshot, ProcessSnapshot
from supervisor.rpc.caller import Caller
from supervisor.rpc.ports import Services


class ScopedControl:
    """A `Control` that knows only the processes of one caller.

    What is asked by process id is handed on: an id is only got from a picture that was seen.
    """

    def __init__(self, control: Control, caller: Caller) -> None:
        self._control = control
        self._caller = caller

    def __getattr__(self, name: str) -> Any:
        return getattr(self._control, name)

    def groups(self) -> Sequence[GroupSnapshot]:
        """His groups, with his processes."""
        seen = (self._seen(group) for group in self._control.groups())
        return [group for group in seen if group is not None]

    def group(self, name: str) -> GroupSnapshot | None:
        """The group of that name, if it is one of his."""
        group = self._control.group(name)
        return None if group is None else self._seen(group)

    def find(self, group_name: str, name: str) -> ProcessSnapshot | None:
        """The process of that name, if it is one of his."""
        return self._control.find(group_name, name) if self._caller.sees(group_name, name) else None

    def _seen(self, group: GroupSnapshot) -> GroupSnapshot | None:
        mine = tuple(each for each in group.processes if self._caller.sees(group.name, each.name))
        return group._replace(processes=mine) if mine else None


class ScopedServices:
    """Everything of `Services`, with the control of one caller."""

    def __init__(self, services: Services, caller: Caller) -> None:
        self._services = services
        self.control = ScopedControl(services.control, caller)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._services, name)


def scoped(services: Services, caller: Caller) -> Services:
    """The services as a caller may use them: themselves, if he may see all programs."""
    if not caller.programs:
        return services
    seen: Any = ScopedServices(services, caller)
    return seen  # type: ignore[no-any-return]
