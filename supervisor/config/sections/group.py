"""``[group:NAME]``: programs under a common name; and what every kind of group comes to."""

from supervisor.config.option import Scope, option, options_of
from supervisor.config.record import record, uncompared
from supervisor.config.sections.fcgi import FcgiSettings
from supervisor.config.sections.listener import ListenerSettings
from supervisor.config.sections.program import PRIORITY_DEFAULT, ProcessSettings
from supervisor.config.values import Origin
from supervisor.config.valuetypes import INTEGER, WORDS
from supervisor.hints import Literal

PREFIX = "group:"

GroupKind = Literal["program", "eventlistener", "fcgi"]


class GroupSection:
    """The keys of a ``[group:NAME]`` section."""

    programs: tuple[str, ...] = option(
        WORDS,
        "Programs and FastCGI programs that belong to the group, with commas between them.",
        default=(),
        scope=Scope.GROUP,
        sample="web,worker",
    )
    priority: int = option(
        INTEGER,
        "Lower numbers start first and stop last.",
        default=PRIORITY_DEFAULT,
        shown_default="999",
        scope=Scope.GROUP,
        sample="999",
    )


@record
class GroupSettings:
    """A named set of processes; equal if a reread would see no change."""

    name: str
    priority: int
    kind: GroupKind
    processes: tuple[ProcessSettings, ...]
    """In ``programs=`` order, those of one program by priority and name."""
    origin: Origin = uncompared()
    listener: ListenerSettings | None = None
    """Set for kind eventlistener."""
    fcgi: FcgiSettings | None = None
    """Set for kind fcgi."""


OPTIONS = options_of(GroupSection)
