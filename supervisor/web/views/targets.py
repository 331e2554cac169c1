"""Whom an action is for: a process, a group, or all of them; by the names that forms carry."""

from supervisor.rpc.ports import Services
from supervisor.tuples import NamedTuple
from supervisor.web.messages import Request
from supervisor.web.site import Site
from supervisor.web.views.picture import Member, members_of
from supervisor.web.views.words import processes
from supervisor.wire.namespec import split_namespec

ALL = "*"


class Target(NamedTuple):
    """Whom an action is for."""

    name: str
    """As in the form: ``name``, ``group:name``, ``group:*`` or ``*``."""
    group: str
    """Empty for all."""
    members: tuple[Member, ...]
    is_one: bool
    is_scoped: bool = False
    """Whoever asks sees only some of the programs: there may be others of that place."""

    def counted(self, number: int) -> str:
        """That many of them: ``3 processes in web``, ``3 of your processes in web``."""
        return f"{processes(number, are_yours=self.is_scoped)}{self.place}"

    @property
    def place(self) -> str:
        """Where the processes are, to be put behind their number: `` in web``, or nothing."""
        return f" in {self.group}" if self.group else ""


def target_of(request: Request, site: Site, name: str) -> Target | None:
    """The target of that name, with the processes that the caller may see; None if there is none.

    A group is only ever meant by ``group:*``: a name that was mistyped never acts on more than one.
    """
    target = _find_target(site.gateway.services(request), name)
    return target and target._replace(is_scoped=bool(request.caller.programs))


def _find_target(services: Services, name: str) -> Target | None:
    if name == ALL:
        groups = services.control.groups()
        return Target(ALL, "", tuple(m for each in groups for m in members_of(each)), False)
    group_name, process_name = split_namespec(name)
    if process_name is not None:
        group = services.control.group(group_name)
        found = [m for m in members_of(group) if m.process.name == process_name] if group else []
        return Target(found[0].namespec, group_name, tuple(found), True) if found else None
    if not name.endswith(":*"):
        return None
    group = services.control.group(group_name)
    return None if group is None else Target(name, group_name, tuple(members_of(group)), False)
