"""What all families of methods share: the state check, and finding what a name means.

Clients send values of any type: whatever is looked up or computed with is checked first.
"""

from supervisor.core.snapshot import GroupSnapshot, ProcessSnapshot
from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any, Iterator
from supervisor.rpc.listing import SLICE_COUNT, Listing
from supervisor.rpc.oneline import told_name
from supervisor.rpc.ports import Services
from supervisor.states import SupervisorStates
from supervisor.wire.namespec import split_namespec


def as_text(value: object, what: str) -> str:
    """A value that must be a string. Raises RequestRefused INCORRECT_PARAMETERS."""
    if not isinstance(value, str):
        raise RequestRefused(Fault.INCORRECT_PARAMETERS, f"{what} must be a string")
    return value


def as_group_name(value: object) -> str:
    """A value that must be the name of a group.

    Raises RequestRefused: INCORRECT_PARAMETERS for arrays and structs; other values that are no
    strings have always been names that do not exist, BAD_NAME.
    """
    if isinstance(value, list | dict):
        raise RequestRefused(Fault.INCORRECT_PARAMETERS)
    if not isinstance(value, str):
        raise RequestRefused(Fault.BAD_NAME, told_name(str(value)))
    return value


def as_whole_number(value: object, what: str) -> int:
    """A value that must be a number; strings of digits and doubles have always been taken, too.

    Raises RequestRefused: BAD_ARGUMENTS for a string or double that is no whole number,
    INCORRECT_PARAMETERS for any other type.
    """
    if not isinstance(value, int | float | str):
        raise RequestRefused(Fault.INCORRECT_PARAMETERS)
    try:
        return int(value)
    except (ValueError, OverflowError):
        raise RequestRefused(Fault.BAD_ARGUMENTS, f"{what} must be an int") from None


class Family:
    """Base of the families: `SupervisorInterface` is all of them in one."""

    def __init__(self, services: Services, *, is_patient: bool = False) -> None:
        self._services = services
        self._is_patient = is_patient
        """Whether long arrays may be a `Listing`: whoever calls makes them slice by slice."""

    def _array(self, listing: Listing) -> Any:
        """An array as whoever calls can take it."""
        if self._is_patient and (len(listing) > SLICE_COUNT or listing.is_quick):
            return listing
        return listing.whole()

    def _refuse_while_leaving(self) -> None:
        """Raises RequestRefused SHUTDOWN_STATE once the daemon shuts down or restarts."""
        if self._services.control.mood() < SupervisorStates.RUNNING:
            raise RequestRefused(Fault.SHUTDOWN_STATE)

    def _group(self, name: object) -> GroupSnapshot:
        """The group of that name. Raises RequestRefused BAD_NAME."""
        group_name = as_group_name(name)
        group = self._services.control.group(group_name)
        if group is None:
            raise RequestRefused(Fault.BAD_NAME, told_name(group_name))
        return group

    def _process(self, name: object) -> ProcessSnapshot:
        """The process with that namespec. Raises RequestRefused BAD_NAME, also for a group."""
        found = self._group_or_process(name)
        if isinstance(found, GroupSnapshot):
            raise RequestRefused(Fault.BAD_NAME, told_name(as_text(name, "name")))
        return found

    def _group_or_process(self, name: object) -> GroupSnapshot | ProcessSnapshot:
        """The process with that namespec, or the group if it names a whole group.

        Raises RequestRefused BAD_NAME.
        """
        namespec = as_text(name, "name")
        group_name, process_name = split_namespec(namespec)
        control = self._services.control
        found: GroupSnapshot | ProcessSnapshot | None
        if process_name is None:
            found = control.group(group_name)
        else:
            found = control.find(group_name, process_name)
        if found is None:
            raise RequestRefused(Fault.BAD_NAME, told_name(namespec))
        return found

    def _all_processes(self) -> Iterator[ProcessSnapshot]:
        """All processes in ascending priority of their groups, then their own."""
        for group in self._services.control.groups():
            yield from group.processes
