"""Who calls, and what he may do.

Rights are two questions: how much somebody may do (`Role`), and to which programs. Each server
finds out who calls before a request is read; a server that asks nobody lets everybody do all.
"""

from supervisor.enums import IntEnum
from supervisor.tuples import NamedTuple


class Role(IntEnum):
    """What somebody may do; each may do what those below it may."""

    READ = 1
    """Look at everything but secrets."""
    OPERATE = 2
    """Start, stop and signal processes, write to their stdin, clear their logs."""
    ADMIN = 3
    """Change the daemon: its configuration, its logs, its end."""


class Caller(NamedTuple):
    """Who calls."""

    name: str = ""
    """User name; empty if nobody was asked."""
    role: Role = Role.ADMIN
    programs: tuple[str, ...] = ()
    """Patterns of the programs he may see and act on, as in a shell; empty for all of them."""
    how: str = "open"
    """How he was recognised: open, password, token, session or peer."""
    mark: str = ""
    """Stands for what proved it, by which it is known whether that still counts; else empty."""

    def may(self, role: Role) -> bool:
        """Whether he may do what that role may."""
        return self.role >= role

    def sees(self, group: str, name: str) -> bool:
        """Whether a process is one of his: a pattern matches its name, its group or ``group:name``.

        Others are for him as if they did not exist.
        """
        if not self.programs:
            return True
        texts = (f"{group}:{name}", group, name)
        return any(_matches(text, pattern) for pattern in self.programs for text in texts)

    def names(self, group: str) -> bool:
        """Whether his patterns name a group, whatever is in it: alone, or before a colon."""
        return not self.programs or any(
            _matches(group, pattern) or group == pattern.partition(":")[0]
            for pattern in self.programs
        )


def _matches(text: str, pattern: str) -> bool:
    # Late: users of some programs alone are few, and expressions a tenth of a start.
    from fnmatch import fnmatchcase

    return fnmatchcase(text, pattern)


ANYBODY = Caller()
"""Whoever comes to a server that asks nobody."""
